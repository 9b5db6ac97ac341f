"""Lines of steps side by side, in a time of their own: a small scheduler that always does the same.

Each branch is a generator. It asks for a *tick* (a call takes a moment: others come to their turn), for a *gate* (it
stands still until that is answered or due), or to *join* a family (the next of its branches that ends). When nobody
can go on, all gates that get an answer get it; when there is none, the time goes on to what is due next; when nothing
is, the run waits forever. Nothing is cancelled in the middle of a call: a branch that must stop sees that before its
next step.

A branch can be made to *lag*: its calls and gates are answered only when nobody else can go on, and then as late as
they can be. So any branch of a race can be the first one, and those beside it still have a call in flight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dsl.plan import Json
from dsl.simulation.outcome import Failure, Forever, Returned, Review, Stopped

START = 1_767_225_600.0
"""When every simulated run begins: 2026-01-01T00:00:00Z, in seconds since 1970."""


CALL_S = 60.0
"""How long a call takes at most that has no time limit of its own, in seconds."""


class Branch:
    """A line of steps that can be told to stop, with all its descendants."""

    __slots__ = ("_children", "_parent", "_slow", "stopped", "wake")

    def __init__(self, parent: Branch | None = None, slow: bool = False) -> None:
        self.stopped: bool = parent is not None and parent.stopped
        self.wake: Callable[[], None] | None = None
        self._children: list[Branch] = []
        self._parent = parent
        self._slow = slow
        if parent is not None:
            parent._children.append(self)

    @property
    def lags(self) -> bool:
        return self._slow or (self._parent is not None and self._parent.lags)

    def hurry(self) -> None:
        """Lag no longer."""
        self._slow = False

    def check(self) -> None:
        if self.stopped:
            raise Stopped

    def stop(self) -> None:
        if self.stopped:
            return
        self.stopped = True
        for child in self._children:
            child.stop()
        if self.wake is not None:
            self.wake()


@dataclass(slots=True, eq=False)
class Tick:
    """A call takes a moment; where it lags, up to ``longest`` seconds."""

    longest: float = CALL_S


@dataclass(slots=True, eq=False)
class Gate:
    """``answer``: what it gets as soon as nobody else can go on; None: only ``due_at`` opens it, with None."""

    path: str
    answer: Json = None
    due_at: float | None = None


@dataclass(slots=True, eq=False)
class Alarm:
    at: float
    ring: Callable[[], None]


Request: TypeAlias = "Tick | Gate | Family"
Job: TypeAlias = Generator[Request, Any, Json]


@dataclass(slots=True, eq=False)
class _Task:
    job: Job
    branch: Branch
    family: Family | None
    key: Any
    value: Json = None
    error: Failure | Returned | Review | Stopped | None = None
    gate: Gate | None = None


@dataclass(slots=True)
class Kernel:
    now: float = START
    alarms: list[Alarm] = field(default_factory=list)
    _ready: deque[tuple[_Task, Any, Stopped | None]] = field(default_factory=deque)
    _gates: dict[int, _Task] = field(default_factory=dict)

    def run(self, job: Job) -> Json:
        """The value of the first line of steps; raises how it ended otherwise, or ``Forever``."""
        root = _Task(job, Branch(), None, None)
        ended: list[_Task] = []
        self._ready.append((root, None, None))
        while not ended:
            while self._ready:
                task, value, error = self._ready.popleft()
                if self._advance(task, value, error) and task is root:
                    ended.append(root)
            if not ended:
                self._quiet()
        if root.error is not None:
            raise root.error
        return root.value

    def _advance(self, task: _Task, value: Any, error: Stopped | None) -> bool:
        """Whether the task has ended."""
        try:
            request = task.job.send(value) if error is None else task.job.throw(error)
        except StopIteration as end:
            task.value = end.value
        except (Failure, Returned, Review, Stopped) as ending:
            task.error = ending
        else:
            self._block(task, request)
            return False
        if task.family is not None:
            task.family._ended(task)
        return True

    def _block(self, task: _Task, request: Request) -> None:
        match request:
            case Tick(longest=longest):
                if not task.branch.lags or task.branch.stopped:
                    self._ready.append((task, None, None))
                    return
                # A call in flight is finished, also when its branch is told to stop.
                task.gate = Gate("", True, self.now + longest)
                self._gates[id(task)] = task
                task.branch.wake = lambda: self._leave(task, None)
            case Family() as family:
                family._waiter = task
                family._wake()
            case Gate() as gate:
                if task.branch.stopped:
                    self._ready.append((task, None, Stopped()))
                    return
                task.gate = gate
                self._gates[id(task)] = task
                task.branch.wake = lambda: self._leave(task, None, Stopped())

    def _leave(self, task: _Task, value: Any, error: Stopped | None = None) -> None:
        task.gate, task.branch.wake = None, None
        del self._gates[id(task)]
        self._ready.append((task, value, error))

    def _quiet(self) -> None:
        waiting = [(task, task.gate) for task in self._gates.values() if task.gate is not None]
        first = [(task, gate) for task, gate in waiting if not task.branch.lags]
        late = [(task, gate) for task, gate in waiting if task.branch.lags and gate.answer is not None]
        answered = [(task, gate) for task, gate in first if gate.answer is not None]
        if not answered and all(gate.due_at is None for _, gate in first):
            # Those in front wait for nothing that will be: the others come to their turn.
            answered = late
        if answered:
            for task, gate in answered:
                self._leave(task, gate.answer)
            return
        times = [gate.due_at for _, gate in waiting if gate.due_at is not None]
        times += [alarm.at for alarm in self.alarms]
        if not times:
            raise Forever(tuple(gate.path for _, gate in waiting))
        self.pass_to(min(times))
        if self._ready:
            return
        for task, gate in waiting:
            if gate.due_at is not None and gate.due_at <= self.now:
                self._leave(task, gate.answer)

    def pass_to(self, moment: float) -> None:
        """Let the time go on; alarms ring."""
        self.now = max(self.now, moment)
        for alarm in sorted(self.alarms, key=lambda alarm: alarm.at):
            if alarm.at <= self.now:
                self.alarms.remove(alarm)
                alarm.ring()


class Family:
    """The branches of one scope. Who starts them collects every one of them, whatever happens."""

    def __init__(self, kernel: Kernel, branch: Branch) -> None:
        self._kernel = kernel
        self._branch = branch
        self._open: dict[_Task, None] = {}
        self._done: list[_Task] = []
        self._waiter: _Task | None = None
        self.rung = False

    def __len__(self) -> int:
        return len(self._open) + len(self._done)

    def start(self, key: Any, run: Callable[[Branch], Job], slow: bool = False) -> None:
        branch = Branch(self._branch, slow)
        task = _Task(run(branch), branch, self, key)
        self._open[task] = None
        self._kernel._ready.append((task, None, None))

    def hurry(self) -> None:
        """No branch lags any longer."""
        for task in self._open:
            task.branch.hurry()

    def ring(self) -> None:
        """The scope's time is up: ``next`` comes back."""
        self.rung = True
        self._wake()

    def next(self) -> Generator[Request, Any, _Task | None]:
        """The next branch that ended; None when the alarm rang before."""
        while not self._done and not self.rung:
            yield self
        return self._done.pop(0) if self._done else None

    def collect(self) -> Generator[Request, Any, list[_Task]]:
        """Stop all that is open and wait for its end."""
        for task in list(self._open):
            task.branch.stop()
        found: list[_Task] = []
        while len(self):
            self.rung = False
            one = yield from self.next()
            if one is not None:
                found.append(one)
        return found

    def _ended(self, task: _Task) -> None:
        self._open.pop(task, None)
        self._done.append(task)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and (self._done or self.rung):
            waiter, self._waiter = self._waiter, None
            self._kernel._ready.append((waiter, None, None))
