"""How far the journal of one run carries another: the walk that finds what is taken over. Pure.

A plan is walked as the runtime would walk it, with the journal for an answer to everything. A step that the journal
carries is taken over; where it does not carry on, that line of steps ends (``OPEN``) and nothing behind it is looked
at. Lines side by side go on by themselves: branches of a ``parallel``, rounds of a ``foreach`` that may run at once.

A line also ends at a **root**: the step that a person chose, and what must not be taken over. The walk finds more of
these by itself, and is walked again until it finds no more:

- a step whose compensation has run, unless the failure that undid it is taken over, too: what it did is not there any
  more;
- an approval that stands before a call which may still happen, where that yes cannot be relied on for it (``yes``);
- with another input or version, what is not provably the same: a step that is defined otherwise, that reads a name
  whose value differs or is not at hand, or whose block ended in any way but the plain one.

A block that ended oddly (one branch failed, or won, or its time was up) is taken over as it was as long as no root is
inside it; otherwise its end never happened, and its branches stand where they stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dsl import plan as p
from dsl.plan import Block, PlanStep
from engine.forking.cover import Cover, Mark
from engine.forking.pair import Pair, Side
from engine.forking.record import Opaque, Record, in_attempt
from engine.forking.sameness import same_choice, same_step, value
from engine.runtime.outline import walk
from engine.runtime.scope import Scope, is_inside

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class End:
    """``leaves``: of a failure, the steps that it began with."""

    name: str
    leaves: tuple[str, ...] = ()


DONE: Final = End("done")
OPEN: Final = End("open")
RETURNED: Final = End("returned")

LIMIT = 200  # walks; each but the last finds a root


@dataclass(slots=True)
class Retraced:
    """``ended``: the steps that came to an end that is taken over. ``gates``: the approvals that are, with their
    steps. ``roots``: where lines end, but for those that simply never went on."""

    cover: Cover
    roots: set[str]
    ended: set[str]
    gates: dict[str, PlanStep]
    end: End


Yes: TypeAlias = Callable[[str, "Retraced"], bool]


def retrace(
    before: Side,
    now: Side,
    record: Record,
    roots: set[str],
    *,
    resume: bool,
    yes: Yes,
    pinned: frozenset[str] = frozenset(),
) -> Retraced:
    """``resume``: what failed, and was not handled, is a root, too. ``yes``: whether the approval at a path can be
    relied on for what may still happen behind it. ``pinned``: steps whose results a test was given."""
    roots = set(roots)
    found: Retraced | None = None
    for _ in range(LIMIT):
        one = _Walk(before, now, record, roots, pinned)
        found = one.walk()
        more = one.more - roots
        if resume and found.end.leaves:
            more |= set(found.end.leaves) - roots
        if not more:
            more = _undone(one, found, record) - roots
        if not more:
            more = {path for path in found.gates if not yes(path, found)} - roots
        if not more:
            return found
        roots |= more
    raise RecursionError("the walk comes to no end")


def _undone(walked: _Walk, found: Retraced, record: Record) -> set[str]:
    """What would be taken over although it was undone."""
    return {
        path
        for path in record.undone
        if found.cover.covers(path) and not any(handled(path) for handled in walked.handlers)
    }


@dataclass(slots=True)
class _Walk:
    before: Side
    now: Side
    record: Record
    roots: set[str]
    pinned: frozenset[str]
    cover: Cover = field(default_factory=Cover)
    more: set[str] = field(default_factory=set)
    handlers: list[Callable[[str], bool]] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    gates: dict[str, PlanStep] = field(default_factory=dict)
    differing: set[str] = field(default_factory=set)
    """Blocks of rounds that give something else than before."""
    old: dict[str, PlanStep] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Nothing differs: what is recorded is so."""
        return self.before is self.now

    def walk(self) -> Retraced:
        names = ({}, {}) if self.exact else (self.before.names(), self.now.names())
        self.old = {} if self.exact else {step.path: step for step, _ in walk(self.before.plan.body, "")}
        end = self.block(self.now.plan.body, Pair(Scope(names[0]), Scope(names[1])))
        return Retraced(self.cover, self.roots, self.ended, self.gates, end)

    # ---- blocks and steps ---------------------------------------------------------------------------

    def block(self, block: Block, pair: Pair) -> End:
        for step in block.steps:
            end = self.step(step, pair)
            if end is not DONE:
                return end
        return DONE

    def step(self, step: PlanStep, pair: Pair) -> End:
        path = pair.now.path(step.path)
        if path in self.roots:
            return OPEN
        if not self.exact and not same_step(
            step, self.old.get(step.path), self.before.plan, self.now.plan, pair
        ):
            return self.root(path)
        end = self.attempts(step, pair, path)
        if end.leaves and step.catches and not self.is_cut(path, body=True):
            end = self.caught(end, step, pair, path)
        if end is OPEN or self.is_cut(path):
            self.more.update(end.leaves)
            return OPEN
        self.ended.add(path)
        if self.exact and not end.leaves:
            self.cover.mark(path, Mark.WHOLE)
        if not self.exact:
            known = step.path in self.pinned
            pair.put(step.id, value(step, pair, path, self.record, known, path in self.differing))
        return end

    def root(self, path: str) -> End:
        self.more.add(path)
        return OPEN

    def is_cut(self, path: str, *, body: bool = False) -> bool:
        """Whether a line ends inside, or the block's recorded end is taken back. ``body``: what caught it aside."""
        return f"{path}!" in self.roots or any(
            is_inside(root, path) and not (body and root.startswith(f"{path}~catch")) for root in self.roots
        )

    def caught(self, end: End, step: PlanStep, pair: Pair, path: str) -> End:
        if not self.exact:
            return self.root(path)
        for number, one in enumerate(step.catches):
            place = f"{path}~catch{number}"
            if place not in self.record.closed:
                continue
            self.cover.mark(path, Mark.BODY)
            self.cover.add(place, "scope.closed")
            if not isinstance(step.do, p.ToolCall):
                self.handlers.append(lambda at: is_inside(at, path) and not at.startswith(f"{path}~catch"))
            return self.block(one.block, pair.inner())
        return end

    def attempts(self, step: PlanStep, pair: Pair, path: str) -> End:
        """A block that is tried again runs under a path of its own."""
        if step.retry is None or isinstance(step.do, p.Agent | p.ToolCall) or step.path in self.pinned:
            return self.timed(step, pair, path)
        attempt = 1
        while True:
            place = path if attempt == 1 else f"{path}#{attempt}"
            here = pair if attempt == 1 else pair.respelled(step.path, place)
            end = self.timed(step, here, place)
            if f"{place}!" in self.roots or any(in_attempt(root, place) for root in self.roots):
                self.more.update(end.leaves)
                return OPEN
            if not end.leaves or place not in self.record.retrying:
                return end
            if not self.exact:
                return self.root(path)
            self.cover.mark(place, Mark.ATTEMPT)
            self.handlers.append(lambda at, place=place: in_attempt(at, place))  # type: ignore[misc]
            attempt += 1

    def timed(self, step: PlanStep, pair: Pair, path: str) -> End:
        """A block with its recorded end, where it has one that is not the plain one."""
        if step.path in self.pinned:
            return self.leaf(path)
        end = self.kind(step, pair, path)
        closed = self.record.closed.get(path)
        if closed is None or f"{path}!" in self.roots or any(in_attempt(root, path) for root in self.roots):
            return end
        if not self.exact:
            return self.root(path)
        match closed.data.get("outcome"):
            case "any":
                return DONE
            case "returned":
                return RETURNED
            case "timeout":
                return End("failed", (f"{path}!",))
            case _:
                return end if end.leaves else End("failed", (f"{path}!",))

    # ---- kinds --------------------------------------------------------------------------------------

    def kind(self, step: PlanStep, pair: Pair, path: str) -> End:
        record = self.record
        if isinstance(step.do, p.Do | p.Parallel | p.Foreach | p.Loop):
            # A block that the journal does not know is new to the runtime, which then replays nothing any more.
            self.cover.add(path, "step.started")
        match step.do:
            case p.ToolCall() | p.Agent():
                return self.leaf(path)
            case p.Let():
                if record.failed(path):
                    return self.leaf(path)
                self.cover_value(step, pair, path)
                return DONE
            case p.Return():
                if record.failed(path):
                    return self.leaf(path)
                if path in record.done:
                    self.cover_value(step, pair, path)
                    return RETURNED
                return OPEN
            case p.Fail():
                return self.leaf(path)
            case p.RunWorkflow():
                if path in record.done and path not in record.opened:
                    return self.leaf(path)
                return self.gate(path)
            case p.Wait():
                return self.gate(path)
            case p.Approve() as do:
                return self.approve(step, do, pair, path)
            case p.If() | p.Switch() as do:
                if path not in record.arms:
                    return self.leaf(path) if record.failed(path) else OPEN
                arm = record.arms[path]
                if not self.exact and not same_choice(do, arm, pair):
                    return self.root(path)
                self.cover.add(path, "branch.taken")
                block = do.arms[arm].block if arm >= 0 else do.otherwise
                return DONE if block is None else self.block(block, pair)
            case p.Do(block=block):
                return self.block(block, pair)
            case p.Parallel() as do:
                return self.parallel(do, pair, path)
            case p.Foreach() as do:
                return self.foreach(step, do, pair, path)
            case p.Loop() as do:
                return self.loop(step, do, pair, path)

    def leaf(self, path: str) -> End:
        if self.record.succeeded(path):
            self.cover.mark(path, Mark.BODY)
            return DONE
        if self.record.failed(path):
            if not self.exact:
                return self.root(path)
            self.cover.mark(path, Mark.BODY)
            return End("failed", (path,))
        return OPEN

    def gate(self, path: str) -> End:
        answered = self.record.answered.get(path)
        if answered is None or answered.data["answer"] == "cancelled":
            return OPEN
        if self.record.failed(path) or "error" in answered.data:
            if not self.exact:
                return self.root(path)
            self.cover.mark(path, Mark.BODY)
            return End("failed", (path,))
        self.cover.mark(path, Mark.BODY)
        return DONE

    def approve(self, step: PlanStep, do: p.Approve, pair: Pair, path: str) -> End:
        answered = self.record.answered.get(path)
        if answered is None or answered.data["answer"] == "cancelled":
            return OPEN
        if not self.exact and answered.data["answer"] != "approved":
            return self.root(path)
        handled = {"rejected": do.on_reject, "expired": do.on_timeout}
        block = handled.get(answered.data["answer"])
        if answered.data["answer"] == "approved" or block is None:
            if answered.data["answer"] == "approved":
                self.gates[path] = step
            return self.gate(path)
        self.cover.add(path, "gate.opened", "gate.answered", "gate.escalated", "step.started")
        return self.block(block, pair)

    def parallel(self, do: p.Parallel, pair: Pair, path: str) -> End:
        ends: dict[str, End] = {}
        left = list(do.block.steps)
        settle = do.join == "settle"
        while True:
            ready = [s for s in left if all(before in ends for before in s.after)]
            if not ready:
                break
            for step in ready:
                left.remove(step)
                before = [ends[name] for name in step.after]
                if settle and any(end.leaves for end in before) and all(end is not OPEN for end in before):
                    ends[step.id] = End("skipped", ("",))
                elif all(end is DONE for end in before):
                    ends[step.id] = end = self.step(step, pair)
                    if settle and end.leaves:
                        place = pair.now.path(step.path)
                        self.cover.mark(place, Mark.WHOLE)
                        self.handlers.append(lambda at, place=place: is_inside(at, place))  # type: ignore[misc]
                else:
                    ends[step.id] = OPEN
        if settle:
            over = all(end is DONE or end.leaves for end in ends.values())
            return DONE if over else _worst(ends.values(), failures=False)
        if do.join == "any" and not all(end.leaves for end in ends.values()):
            return OPEN  # who won is what the scope's recorded end says
        return _worst(ends.values())

    def foreach(self, step: PlanStep, do: p.Foreach, pair: Pair, path: str) -> End:
        ends = []
        for index in range(self.record.rounds.get(path, 0)):
            inner = pair.round(step.path, f"{path}[{index}]", {do.variable: Opaque()})
            end = self.block(do.block, inner)
            self.note_yield(do.block, inner, path)
            if end is not DONE and do.concurrency <= 1:
                return end
            ends.append(end)
        if ends and _worst(ends) is not DONE:
            return _worst(ends)
        return self.over(path)

    def loop(self, step: PlanStep, do: p.Loop, pair: Pair, path: str) -> End:
        names: dict[str, Json] = {step.id: Opaque()}
        if do.carry is not None:
            names[do.carry] = Opaque()
        if not self.exact and not pair.inner(names).agree(do.test, computed=False):
            return self.root(path)
        for index in range(self.record.rounds.get(path, 0)):
            inner = pair.round(step.path, f"{path}[{index}]", names)
            end = self.block(do.block, inner)
            self.note_yield(do.block, inner, path)
            if end is not DONE:
                return end
        return self.over(path)

    def note_yield(self, block: Block, inner: Pair, path: str) -> None:
        if not self.exact and block.result is not None and not inner.agree(block.result):
            self.differing.add(path)

    def over(self, path: str) -> End:
        """Whether a block of rounds has come to its end: that there are no more rounds is known only then."""
        if self.record.failed(path):
            return self.leaf(path)
        return DONE if self.record.succeeded(path) else OPEN

    # ---- another input, another version -------------------------------------------------------------

    def cover_value(self, step: PlanStep, pair: Pair, path: str) -> None:
        """What is computed again is taken over where it comes to the same: the runtime believes what is recorded."""
        assert isinstance(step.do, p.Let | p.Return)
        if self.exact or pair.agree(step.do.value):
            self.cover.mark(path, Mark.BODY)


def _worst(ends: Iterable[End], *, failures: bool = True) -> End:
    """Of branches side by side: what one of them leaves open stays open; all that failed count as one."""
    ends = list(ends)
    is_open = any(end is OPEN for end in ends)
    if any(end is RETURNED for end in ends) and not is_open:
        return RETURNED
    failed = tuple(leaf for end in ends for leaf in end.leaves)
    return End("failed", failed) if failed and failures else OPEN if is_open else DONE
