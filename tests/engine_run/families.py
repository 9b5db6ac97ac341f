"""A family of runs: a random plan is played, cancelled or killed somewhere, run again from somewhere, with another
input or on another version, cancelled again, run again from any of them. Whatever happens, a yes lets its call happen
in one run alone, the one that has claimed it; and what a run takes over is what its own input and version would have
sent.

Nothing here knows how forks are planned: it sees the plans that come out, the journals, and who holds which yes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from dsl import plan as p
from engine.errors import BadInput
from engine.forking.happened import deeds
from engine.forking.pair import Side
from engine.forking.planning import ForkPlan, Kin, plan_fork
from engine.forking.record import Record, around, static
from engine.journal import Event
from engine.memory import ENDS
from engine.runtime import Execution, Invocation
from engine.runtime.outline import walk
from tests.engine_run.anyplan import BLOCKS, Builder
from tests.engine_run.forked import step_paths, take_over, wanted
from tests.engine_run.guarding import guarded, rebuilt
from tests.engine_run.kit import approve, call, cel, const, do, plan
from tests.engine_run.played import Played, audit

Json = Any

FORKS = 4
MOST_PLACES = 40
"""Of a run, at one of which it is cancelled."""


class Trying(Builder):
    """Approvals and calls in blocks that are tried again, and little else."""

    def plan(self, depth: int = 3, **rest: Any) -> p.Plan:
        if self.one_in(2):
            return super().plan(depth, **rest)
        return plan(approve(self.id()), self.tried(1, False), self.ending())

    def one(self, depth: int, calm: bool) -> p.PlanStep:
        kinds = ["call", "call", "flaky", "let"]
        kinds += ["gate"] * 3 if self.gates > 0 else []
        kinds += ["tried"] * 4 + ["do", "parallel", "foreach", "if", "race", "settle"] if depth > 0 else []
        kind = self.random.choice(kinds)
        if kind == "gate":
            self.gates -= 1
            return approve(self.id())
        if kind == "tried":
            return self.tried(depth, calm)
        return self.nested(kind, depth, calm) if kind in BLOCKS else self.leaf(kind, depth, calm)

    def tried(self, depth: int, calm: bool) -> p.PlanStep:
        id = self.id()
        effect = self.random.choice(["read", "write"])
        fails = {"fails": self.random.randint(1, 2)}
        once = call(id, tool="flaky", effect=effect, args=fails, key=const(f"key/{id}"))
        inner = [*self.steps(depth - 1, calm), *self.steps(depth - 1, calm)]
        inner.insert(self.random.randint(0, len(inner)), once)
        retry = p.Retry(max=self.random.randint(1, 2), backoff_ms=0)
        return do(self.id(), *inner, retry=retry, compensate=self.maybe_undo())


def reading(made: p.Plan, dice: random.Random) -> p.Plan:
    """The plan where some calls send what the run was given."""
    return _with_args(made, {path: {"given": cel("input.n")} for path in _calls(made) if dice.random() < 0.3})


def changed(made: p.Plan, dice: random.Random) -> p.Plan:
    """Another version: one of its calls sends something more."""
    calls = _calls(made)
    return _with_args(made, {dice.choice(calls): {"more": const(dice.random())}} if calls else {})


def _calls(made: p.Plan) -> list[str]:
    return [step.path for step, _ in walk(made.body, "") if isinstance(step.do, p.ToolCall)]


def _with_args(made: p.Plan, more: dict[str, dict[str, p.Expression]]) -> p.Plan:
    def add(step: p.PlanStep) -> p.PlanStep:
        if not isinstance(step.do, p.ToolCall) or step.path not in more:
            return step
        return step.model_copy(
            update={"do": step.do.model_copy(update={"args": step.do.args | more[step.path]})}
        )

    return rebuilt(made, add)


@dataclass
class Member:
    """``source``: the run that it goes on from; ``planned``: how. ``made``, ``given``: its version and its input."""

    made: p.Plan
    given: Json
    played: Played
    ended: Execution
    how: str
    source: Member | None = None
    planned: ForkPlan | None = None
    at: str = ""

    @property
    def id(self) -> UUID:
        return self.played.stage.run.lease.run_id

    @property
    def events(self) -> list[Event]:
        return self.played.stage.run.events


@dataclass
class Household:
    """``holder``: by approval, the run that may rely on its yes."""

    members: list[Member] = field(default_factory=list)
    holder: dict[str, UUID] = field(default_factory=dict)
    used: dict[tuple[str, str], UUID] = field(default_factory=dict)
    """By approval and place of a call: the run in which it happened."""
    problems: list[str] = field(default_factory=list)

    def add(self, member: Member) -> None:
        self.members.append(member)
        for event in member.events:
            if event.kind == "gate.opened" and "approval_id" in event.data and "reused" not in event.data:
                self.holder[event.data["approval_id"]] = member.id
        self.problems += audit(member.played)
        self.problems += self.misused(member)
        self.problems += self.missent(member)

    def missent(self, member: Member) -> Iterator[str]:
        """A call, of its own or taken over, that this run's version and input would not have sent so."""
        steps = {step.path: step for step, _ in walk(member.made.body, "")}
        for event in member.events:
            do = steps[static(event.path)].do if static(event.path) in steps else None
            if not isinstance(do, p.ToolCall) or "args" not in event.data:
                continue
            wish = {
                name: said.value if isinstance(said, p.ConstantExpr) else member.given["n"]
                for name, said in do.args.items()
                if isinstance(said, p.ConstantExpr) or name == "given"
            }
            sent = event.data["args"]
            if sent.keys() != do.args.keys() or any(sent[name] != wish[name] for name in wish):
                yield f"{event.kind} {event.path} of {member.how} says {sent}, and it is {wish}"

    def claim(self, planned: ForkPlan, source: Member, heir: Played) -> None:
        """What the birth of a run does."""
        for approval in planned.relied_on:
            if self.holder[approval] != source.id:
                self.problems.append(f"{approval} is taken from {source.id}, which does not hold it")
            self.holder[approval] = heir.stage.run.lease.run_id

    def misused(self, member: Member) -> Iterator[str]:
        """Where a call happened under a yes that this run does not hold, or that let it happen in another."""
        steps = {step.path: step for step, _ in walk(member.made.body, "")}
        yes: dict[str, Event] = {}
        opened = {e.path: e for e in member.events if e.kind == "gate.opened" and "approval_id" in e.data}
        for event in member.events:
            if event.kind == "gate.answered" and event.data["answer"] == "approved" and event.path in opened:
                yes[event.path] = opened[event.path]
            if "reused" in event.data or not happens(event):
                continue
            for gate, asked in yes.items():
                do = steps[static(gate)].do
                assert isinstance(do, p.Approve)
                if static(event.path) not in do.guards or not stands_before(gate, event.path):
                    continue
                approval = asked.data["approval_id"]
                if self.holder[approval] != member.id:
                    yield f"{event.path} of {member.how} relies on the yes of {gate}, which another run holds"
                if event.kind == "step.started":
                    continue
                place = (
                    approval,
                    event.path,
                )  # tries of a block in one run and then another: the yes is for all
                if self.used.setdefault(place, member.id) != member.id:
                    yield f"the yes of {gate} let {event.path} happen in two runs, the second {member.how}"

    def kin(self, source: Member) -> tuple[Kin, ...]:
        found = []
        for one in self.members:
            if one is not source:
                steps = {step.path: step for step, _ in walk(one.made.body, "")}
                own = Record.of(event for event in one.events if "reused" not in event.data)
                found.append(Kin(one.id, True, tuple(deeds(own, steps))))
        return tuple(found)


def happens(event: Event) -> bool:
    """Whether something changes outside, or is about to."""
    if "~comp" in event.path:
        return False
    if event.kind == "gate.opened":
        return "run_id" in event.data
    return event.kind in ("step.started", "step.succeeded") and event.data.get("tool") not in (None, "w.read")


def stands_before(gate: str, path: str) -> bool:
    """Whether a call at ``path`` comes behind just this gate: in the same try and the same round of all that is around
    both."""
    mine, theirs = spelled(gate), spelled(path)
    return all(theirs[block] == mine[block] for block in mine.keys() & theirs.keys())


def spelled(path: str) -> dict[str, str]:
    """By a block's path in the plan, how it is spelled in a path of a run."""
    found: dict[str, str] = {}
    for above, _ in around(path):
        if above != path:
            found.setdefault(static(above), above)
    return found


class Canceller:
    """Asks a run to stop at the n-th place where something is written or done."""

    def __init__(self, played: Played, at: int) -> None:
        self._played, self._left = played, at
        self._now: Invocation | None = None
        stage = played.stage
        begin = stage.invocation

        def invocation(*args: Any, **rest: Any) -> Invocation:
            made = begin(*args, **rest)
            if rest.get("run") in (None, stage.run):
                self._now = made
            return made

        stage.invocation = invocation  # type: ignore[method-assign]
        stage.ledger.before_write = stage.ledger.after_write = self.place
        stage.witness.before = stage.witness.after = self.place

    def place(self, name: str) -> None:
        run = self._played.stage.run
        if name == "park" and run.state == "running":
            return  # it looks for what came meanwhile, and this ledger knows of no cancel
        self._left -= 1
        if self._left != 0 or run.state in ENDS:
            return
        run.stopping = True
        if run.state == "waiting":
            run.state = "queued"
        elif self._now is not None:
            self._now.cancel()


async def play(played: Played, how: str, dice: random.Random) -> Execution:
    """To its end: undisturbed, over crashes, or until it is cancelled somewhere."""
    match how:
        case "crashed":
            return await played.play_with_crashes()
        case "cancelled":
            Canceller(played, dice.randint(1, MOST_PLACES))
            return await played.play()
        case _:
            return await played.play()


async def raise_family(seed: int, build: type[Builder] = Builder) -> Household:
    """Raises ``AssertionError`` with all that is wrong."""
    builder, dice = build(seed), random.Random(seed + 11)
    made, given = guarded(reading(builder.plan(), dice)), {"n": 0}
    house = Household()
    first = Played(builder, made, random.Random(seed + 1))
    first.stage.given = given
    how = dice.choice(["calm", "cancelled", "cancelled"])
    house.add(Member(made, given, first, await play(first, how, dice), how))
    for number in range(FORKS):
        source = dice.choice(house.members)
        made, given = source.made, source.given
        match dice.choice(["same", "same", "input", "version"]):
            case "input":
                given = {"n": number + 1}
            case "version":
                made = changed(made, dice)
        over = source.ended.state != "succeeded" or (made, given) != (source.made, source.given)
        at = "" if over and dice.random() < 0.7 else dice.choice(step_paths(source.events))
        about = wanted(
            source.played.stage.run,
            source.made,
            at,
            source.given,
            free=lambda one, mine=source.id: house.holder.get(one) == mine,
            kin=house.kin(source),
        )
        if (made, given) != (source.made, source.given):
            about = replace(about, now=Side(made, given))
        try:
            planned = plan_fork(about, source.events)
        except BadInput:
            continue
        heir = Played(builder, made, random.Random(seed + 3 + number))
        heir.stage.given, heir.stage.now = given, source.played.stage.now
        take_over(planned, source.played.stage.run, heir.stage.run, heir.stage.now)
        house.claim(planned, source, heir)
        how = dice.choice(["calm", "cancelled", "crashed"])
        house.add(Member(made, given, heir, await play(heir, how, dice), how, source, planned, at))
    if house.problems:
        told = "\n".join(
            f"{one.how} {one.id} from {one.source and one.source.id} at {one.at!r}: {one.ended.state}\n"
            f"  {one.planned}\n  {one.played.stage.kinds()}"
            for one in house.members
        )
        raise AssertionError(f"seed {seed}: {house.problems}\n{told}")
    return house
