"""Who of a run is alive, and what happens when nobody can go on: the replay barrier, and parking.

A run starts as one token. A ``parallel`` or ``foreach`` makes one more a branch (``Family``). A token *runs*, or is
*blocked*: at the barrier, at a gate, or waiting for its own children. Every block and wake goes through here, so the
number that runs is exact, and when it falls to zero the run is quiet and one thing happens, the first that applies:

1. While replaying, a scope whose end is recorded (or that saw a branch fail) waits for the quiet before it acts, so
   that everything recorded inside it has been applied. They act one at a time, in the order of the journal.
2. While replaying, a cancel that was asked for, then deadlines that have passed.
3. The barrier opens: steps without a record, which waited until all recorded decisions were applied, go on. From
   here on nothing is replayed any more.
4. All that lives is parked at gates: the run waits, and the invocation ends.

Nothing is ever cancelled in mid-air. A branch that must stop is flagged; a blocked one wakes up and unwinds, a
running one sees the flag before its next step. So an effect in flight is always finished and recorded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from engine.journal import LOOK, Answer
from engine.runtime.outcome import Parked, Stopped

NEAR_S = 2.0
"""A deadline nearer than this is waited for in the process: parking and claiming again would cost more."""

DAY_S = 86_400
"""The longest that a timer of this process runs at a stretch."""

FAR = 1 << 60
"""Later than anything that is recorded."""


class Branch:
    """A line of steps that can be told to stop, with all its descendants."""

    __slots__ = ("_children", "_wait", "parent", "stopped")

    def __init__(self, parent: Branch | None = None) -> None:
        self.parent = parent
        self.stopped: bool = parent.stopped if parent is not None else False
        self._children: list[Branch] | None = None
        self._wait: Callable[[BaseException], None] | None = None

    def child(self) -> Branch:
        born = Branch(self)
        if self._children is None:
            self._children = []
        self._children.append(born)
        return born

    def forget(self, child: Branch) -> None:
        if self._children is not None and child in self._children:
            self._children.remove(child)

    def check(self) -> None:
        if self.stopped:
            raise Stopped

    def stop(self) -> None:
        if self.stopped:
            return
        self.stopped = True
        for child in self._children or ():
            child.stop()
        if self._wait is not None:
            self._wait(Stopped())


class Tokens:
    """``park(paths, due_at, seen)`` writes running -> waiting and returns {} or the answers that came meanwhile.

    ``heard`` counts the news there may be for waits for events: who looks notes it before, and looks again when it
    has grown meanwhile."""

    def __init__(
        self,
        replaying: bool,
        park: Callable[[list[str], float | None, dict[str, int]], Awaitable[dict[str, Answer]]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.running = 1
        self.replaying = replaying
        self.clock = clock
        self.cancelling: Branch | None = None
        self._park = park
        self._parking = False
        self._barrier: list[asyncio.Future[None]] = []
        self._quiet: list[tuple[tuple[int, int], asyncio.Future[None]]] = []
        self._alarms: list[Alarm] = []
        self.heard = 0
        self._gates: dict[str, tuple[asyncio.Future[Answer | None], float | None]] = {}
        self._seen: dict[str, int] = {}
        self._late: dict[str, Answer] = {}
        self._early: dict[str, Answer] = {}

    # ---- blocking and waking ------------------------------------------------------------------------

    async def _block(self, branch: Branch | None, future: asyncio.Future[Any]) -> Any:
        def wake(error: BaseException) -> None:
            self._wake(future, error=error)

        self.running -= 1
        if branch is not None:
            branch._wait = wake
        try:
            if self.running == 0:
                await self._settle()
            return await future
        finally:
            if branch is not None:
                branch._wait = None

    def _wake(
        self, future: asyncio.Future[Any], value: Any = None, error: BaseException | None = None
    ) -> None:
        if future.done():
            return
        self.running += 1
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)

    async def barrier(self, branch: Branch) -> None:
        """A step without a record waits here until the run is quiet for the first time. Then a no-op."""
        if self.replaying:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._barrier.append(future)
            await self._block(branch, future)

    async def quiet(self, place: tuple[int, int]) -> None:
        """While the run replays: until everything recorded has been applied, and it is this scope's turn to act."""
        if self.replaying:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._quiet.append((place, future))
            await self._block(None, future)

    async def pause(self, branch: Branch, seconds: float) -> None:
        """Sleep; a stop wakes it. Counts as running: it goes on by itself."""
        branch.check()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake(error: BaseException | None = None) -> None:
            if not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

        timer = asyncio.get_running_loop().call_later(max(seconds, 0), wake)
        branch._wait = wake
        try:
            await future
        finally:
            branch._wait = None
            timer.cancel()

    async def gate(
        self, branch: Branch, path: str, due_at: float | None, seen: int | None = None
    ) -> Answer | None:
        """Wait for the answer of a gate; None when its time has come. Raises ``Parked`` when the whole run waits.
        ``seen``: a wait for events has looked so far; it is told ``LOOK`` when there may be more."""
        branch.check()
        if (early := self._early.pop(path, None)) is not None:
            return early
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer | None] = loop.create_future()
        timer = None
        if due_at is not None:
            remaining = due_at - self.clock()
            if remaining <= 0:
                return None
            if remaining < DAY_S:
                timer = loop.call_later(remaining, self._due, future)
        self._gates[path] = (future, due_at)
        if seen is not None:
            self._seen[path] = seen
        try:
            return await self._block(branch, future)  # type: ignore[no-any-return]
        finally:
            del self._gates[path]
            self._seen.pop(path, None)
            if timer is not None:
                timer.cancel()

    def _due(self, future: asyncio.Future[Answer | None]) -> None:
        if not self._parking:
            self._wake(future)

    def deliver(self, path: str, answer: Answer) -> None:
        """An answer came while the run is alive. One that comes while the run is about to park is kept: whether it
        parks is not known yet. So is one that comes before its step knows that the gate is open."""
        if self._parking:
            self._late[path] = answer
        elif path in self._gates:
            self._wake(self._gates[path][0], answer)
        elif answer is not LOOK:
            self._early[path] = answer

    def look(self) -> None:
        """Events may have come."""
        self.heard += 1
        for path in list(self._seen):
            self.deliver(path, LOOK)

    def open_gates(self) -> list[str]:
        return list(self._gates)

    # ---- quiet --------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        while self.running == 0 and not self._parking:
            if self._quiet:
                self._quiet.sort(key=lambda item: item[0])
                self._wake(self._quiet.pop(0)[1])
            elif self.replaying:
                self._go_live()
            elif self._gates:
                if not await self._try_park():
                    return
            else:
                return

    def _go_live(self) -> None:
        if self.cancelling is not None and not self.cancelling.stopped:
            self.cancelling.stop()
            return
        now = self.clock()
        due = [alarm for alarm in self._alarms if alarm.at <= now and not alarm.rung]
        if due:
            min(due, key=lambda alarm: alarm.at).ring()
            return
        self.replaying = False
        for alarm in self._alarms:
            alarm.arm()
        waiting, self._barrier = self._barrier, []
        for future in waiting:
            self._wake(future)

    async def _try_park(self) -> bool:
        """True: something woke up. False: a timer in this process will wake it."""
        now = self.clock()
        self._wake_due(now)
        if self.running:
            return True
        dues = [due for _, due in self._gates.values() if due is not None]
        dues += [alarm.at for alarm in self._alarms if not alarm.rung]
        due_at = min(dues, default=None)
        if due_at is not None and due_at - now < NEAR_S:
            return False
        self._parking = True
        try:
            answers = await self._park(list(self._gates), due_at, dict(self._seen))
        except BaseException as error:
            self._parking = False
            for future, _ in list(self._gates.values()):
                self._wake(future, error=error)
            return True
        self._parking = False
        late, self._late = self._late, {}
        if answers:
            for path, answer in (late | answers).items():
                self.deliver(path, answer)
            self._wake_due(self.clock())  # timers that went off meanwhile were not heard
        else:
            for future, _ in list(self._gates.values()):
                self._wake(future, error=Parked())
        return True

    def _wake_due(self, now: float) -> None:
        for future, due in list(self._gates.values()):
            if due is not None and due <= now:
                self._wake(future)
        for alarm in self._alarms:
            if alarm.at <= now:
                alarm.ring()


class Alarm:
    """A block's deadline. Rings once; while the run replays, only when it is quiet."""

    def __init__(self, tokens: Tokens, at: float, ring: Callable[[], None]) -> None:
        self.at = at
        self.rung = False
        self._tokens = tokens
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        tokens._alarms.append(self)
        if not tokens.replaying:
            self.arm()

    def arm(self) -> None:
        if not self.rung and self._timer is None:
            left = self.at - self._tokens.clock()
            timer = asyncio.get_running_loop().call_later
            self._timer = timer(max(left, 0), self.ring) if left <= DAY_S else timer(DAY_S, self._again)

    def _again(self) -> None:
        self._timer = None
        self.arm()

    def ring(self) -> None:
        if not self.rung and not self._tokens._parking:
            self.rung = True
            self._ring()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._tokens._alarms.remove(self)


class Family:
    """The branches of one scope. Who starts them collects every one of them, whatever happens."""

    def __init__(self, tokens: Tokens, branch: Branch) -> None:
        self._tokens = tokens
        self._branch = branch
        self._ready: list[asyncio.Task[Any]] = []
        self._open: dict[asyncio.Task[Any], tuple[Any, Branch]] = {}
        self._future: asyncio.Future[None] | None = None
        self.rung = False

    def __len__(self) -> int:
        return len(self._open)

    def start(self, key: Any, run: Callable[[Branch], Coroutine[Any, Any, Any]]) -> None:
        branch = self._branch.child()
        self._tokens.running += 1
        task = asyncio.create_task(run(branch))
        self._open[task] = (key, branch)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._ready.append(task)
        if self._future is not None:
            self._tokens._wake(self._future)

    def ring(self) -> None:
        """The scope's time is up: ``next`` returns."""
        self.rung = True
        if self._future is not None:
            self._tokens._wake(self._future)

    async def next(self, quiet: tuple[int, int] | None = None) -> tuple[Any, asyncio.Task[Any]] | None:
        """The next branch that ended, as (key, task). None: the alarm rang, or, with ``quiet`` (a place in the
        order in which quiet scopes act) while replaying, the run is quiet."""
        if not self._ready and not (self.rung and self._tokens.replaying is False):
            tokens = self._tokens
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._future = future
            item = None
            if quiet is not None and tokens.replaying:
                item = (quiet, future)
                tokens._quiet.append(item)
            try:
                await tokens._block(None, future)
            finally:
                self._future = None
                if item is not None and item in tokens._quiet:
                    tokens._quiet.remove(item)
        if not self._ready:
            return None
        task = self._ready.pop(0)
        self._tokens.running -= 1
        key, branch = self._open.pop(task)
        self._branch.forget(branch)
        return key, task

    def stop(self) -> None:
        for _, branch in self._open.values():
            branch.stop()

    async def collect(self) -> list[tuple[Any, asyncio.Task[Any]]]:
        """Stop all that is open and wait for its end."""
        self.stop()
        ended = []
        while self._open:
            self.rung = False
            if (one := await self.next()) is not None:
                ended.append(one)
        return ended
