"""A random plan is played: undisturbed, and again with crashes, zombies and answers at any moment. Then both are
compared, and the journal is looked at for what it may never show.

Nothing here knows how the runtime works: it sees the journal, the effects, and how the run ended.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dsl import plan as p
from engine.journal import Answer, Fenced
from engine.memory import ENDS, MemoryRun
from engine.runtime import Execution
from tests.engine_run.anyplan import CHILD, TALK, Builder, hash_of
from tests.engine_run.crasher import Crasher
from tests.engine_run.kit import OTHER, Crash, Stage, Talker, reap

MOST_CRASHES = 8
MOST_ROUNDS = 400
STILL = 30
"""Rounds without a new event after which a run is stuck."""


class Stuck(AssertionError):
    """The run waits for something that has happened, or that can never happen."""


def outcome_of(seed: int, path: str) -> str:
    """The answer of an approval, always the same: "" is nobody's, so that it expires."""
    return ("approved", "rejected", "", *["approved"] * 5)[hash_of(seed, path) % 8]


@dataclass
class Played:
    """One plan on a stage of its own, and what happens around it."""

    builder: Builder
    made: p.Plan
    dice: random.Random
    lively: bool = False
    """Whether answers and events come at any moment, and branches take turns in another order each time."""
    stage: Stage = field(init=False)
    crashes: int = 0
    zombies: int = 0
    alone: bool = False
    """Nothing happens outside just now."""
    silent: bool = True
    """Whether some approvals are nobody's, so that they expire."""

    def __post_init__(self) -> None:
        self.stage = Stage(self.made, others={OTHER: CHILD}, talker=Talker(TALK))
        if self.lively:
            self.stage.witness.yields = lambda _: self.dice.randint(0, 4)

    # ---- what happens outside -------------------------------------------------------------------------

    def decidable(self) -> list[tuple[MemoryRun, str, str]]:
        """The open approvals that somebody will decide, and how."""
        found = []
        for run in self.stage.ledger.runs.values():
            if run.state in ENDS:
                continue
            for path in run.approvals:
                # A child is known by who started it: it has another id each time.
                name = f"child/{path}" if run.parent else path
                if outcome := outcome_of(self.builder.seed, name) or ("" if self.silent else "approved"):
                    found.append((run, path, outcome))
        return found

    def decide(self, run: MemoryRun, path: str, outcome: str) -> None:
        self.stage.ledger.answer(run.lease.run_id, path, Answer(outcome, ("m@example.com",)))

    def outside(self) -> None:
        """Something happens: some of the decisions, then events, and time goes by when nothing else is left."""
        stage, open_ = self.stage, self.decidable()
        waiting = [run for run in stage.ledger.runs.values() if run.state == "waiting"]
        for run in waiting:
            answered = {event.path for event in run.events if event.kind == "gate.answered"}
            if sleeps := answered.intersection(run.waiting_on):
                raise Stuck(f"{sleeps} was answered, and the run waits for it")
        if open_:
            for one in self.dice.sample(open_, self.dice.randint(1, len(open_))):
                self.decide(*one)
        elif any(name == "go" for run in waiting for name, _ in run.ears.values()):
            for id in self.builder.events:
                stage.ledger.publish("go", {"id": id})
        else:
            dues = [run.due_at for run in waiting if run.due_at is not None]
            if not dues:
                raise Stuck(f"nothing can happen any more: {stage.kinds()}")
            stage.now = max(stage.now, min(dues))

    def meanwhile(self, _: str) -> None:
        """At any write or effect somebody may decide, or publish."""
        if self.alone:
            return
        if self.dice.random() < 0.1 and (open_ := self.decidable()):
            self.decide(*self.dice.choice(open_))
        if self.dice.random() < 0.02:
            for id in self.builder.events:
                self.stage.ledger.publish("go", {"id": id})

    # ---- playing --------------------------------------------------------------------------------------

    async def play(self) -> Execution:
        """To its end, undisturbed."""
        for _ in range(MOST_ROUNDS):
            if (ended := await self.round()) is not None:
                return ended
        raise Stuck(f"no end after {MOST_ROUNDS} rounds: {self.stage.kinds()[-20:]}")

    async def play_with_crashes(self) -> Execution:
        stage, dice = self.stage, self.dice
        crasher = Crasher(stage, dice.randint(1, 14))
        place = stage.witness.before

        def at(name: str) -> None:
            place(name)
            self.meanwhile(name)

        stage.witness.before = stage.witness.after = at
        stage.ledger.before_write = stage.ledger.after_write = at
        most = dice.randint(2, MOST_CRASHES)
        still, length = 0, -1
        for _ in range(MOST_ROUNDS):
            events = sum(len(run.events) for run in stage.ledger.runs.values())
            still, length = (still + 1, length) if events == length else (0, events)
            if still > STILL:
                raise Stuck(f"no news in {STILL} rounds: {stage.kinds()[-20:]}")
            try:
                if dice.random() < 0.15:
                    await self.outlive_a_zombie()
                if (ended := await self.round()) is not None:
                    return ended
                continue
            except Crash:
                pass
            except ExceptionGroup as group:
                if not group.subgroup(Crash):
                    raise
            await reap()
            self.crashes += 1
            crasher.revive(dice.randint(1, 14) if self.crashes < most else None)
        raise Stuck(f"no end after {MOST_ROUNDS} rounds: {stage.kinds()[-20:]}")

    async def round(self) -> Execution | None:
        """The run and its children go on as far as they can; then something happens outside."""
        stage = self.stage
        run = stage.run
        if run.state in ENDS or run.state == "needs_review":
            return Execution(run.state, run.output, run.error)  # type: ignore[arg-type]
        for one in (run, *stage.children):
            if not self.is_still(one):
                await stage.invoke(run=one)
        if run.state == "waiting" and all(map(self.is_still, stage.ledger.runs.values())):
            self.outside()
        return None

    def is_still(self, run: MemoryRun) -> bool:
        """Whether a run is over, or waits for something that has not come."""
        due = run.due_at is not None and run.due_at <= self.stage.now
        return run.state in ENDS or (run.state == "waiting" and not due)

    async def outlive_a_zombie(self) -> None:
        """A runner sleeps in the middle of a call, another takes the run over, and the first one wakes up: it finishes
        the call it was in, and writes nothing any more."""
        stage = self.stage
        run = stage.run
        if run.state not in ("running", "queued"):
            return
        asleep, wake = asyncio.Event(), asyncio.Event()
        calm, calls = stage.witness.yields, self.dice.randint(1, 6)

        def sleep(name: str) -> int:
            nonlocal calls
            calls -= 1
            if calls == 0:
                stage.witness.hold_here = wake
                asleep.set()
            return calm(name)

        stage.witness.yields = sleep
        zombie = asyncio.create_task(stage.invocation("zombie").run())
        sleeping = asyncio.create_task(asleep.wait())
        try:
            await asyncio.wait({zombie, sleeping}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            sleeping.cancel()
            stage.witness.yields = calm
            if zombie.done():
                zombie.result()
                return
            self.zombies += 1
            stage.witness.hold_here = None
            ledger_run = stage.run
            stage.ledger.claim(run.lease.run_id, "heir")
            written = len(ledger_run.events)
            self.alone = True
            wake.set()
            try:
                async with asyncio.timeout(10):
                    await zombie
            except Fenced:
                pass
            assert len(ledger_run.events) == written, "a zombie wrote into a run that it had lost"
        finally:
            stage.witness.yields = calm
            self.alone = False
            wake.set()


# ---- what must be true -------------------------------------------------------------------------------

_INSIDE = re.compile(r"[.\[]")
_RACED = ("failed", "returned", "any")


def audit(played: Played) -> list[str]:
    """What a journal may never show, whatever happened."""
    stage, builder = played.stage, played.builder
    problems = [
        f"the effect {name} happened {count} times"
        for name, count in stage.witness.effects.items()
        if count != 1
    ]
    for run in stage.ledger.runs.values():
        problems += _of_one_run(run)
    results = {e.path: e.data["result"] for e in stage.run.events if e.kind == "step.succeeded"}
    for key, value in stage.witness.seen.items():
        path = key.split("/", 1)[1]
        before, id = path.rsplit(".", 1) if "." in path else ("", path)
        if id in builder.uses:
            read = results.get(f"{before}.{builder.uses[id]}")
            if read is None:
                problems.append(f"{path} was given what a read answered, and the read is not recorded")
            elif value["v"] != read["nonce"]:
                problems.append(f"{path} was given {value['v']}, but the read is recorded as {read['nonce']}")
    for event in stage.run.events:
        if event.kind == "scope.closed" and event.data["outcome"] == "any":
            around = event.path.rsplit(".", 1)[0]
            number = results.get(f"{event.path}.{event.data['winner']}")
            for key, value in stage.witness.seen.items():
                if key.split("/", 1)[1].rsplit(".", 1)[0] == around and value.get("won", number) != number:
                    problems.append(f"{key} was given {value['won']}, but {number} won")
    return problems


def _of_one_run(run: MemoryRun) -> list[str]:
    problems = []
    ends = Counter(
        event.path
        for event in run.events
        if event.kind == "step.succeeded" or (event.kind == "step.failed" and event.data["final"])
    )
    problems += [f"{path} ended {count} times" for path, count in ends.items() if count > 1]
    for kind in ("gate.opened", "gate.answered", "gate.escalated", "branch.taken", "scope.closed"):
        seen = Counter(event.path for event in run.events if event.kind == kind)
        problems += [f"{count} times {kind} {path}" for path, count in seen.items() if count > 1]
    opened = {event.path for event in run.events if event.kind == "gate.opened"}
    answered = {event.path for event in run.events if event.kind == "gate.answered"}
    problems += [f"{path} was answered and never opened" for path in answered - opened]
    if run.state in ENDS:
        problems += [f"the run is over and {path} stands open" for path in opened - answered]
        problems += [f"the run is over and {path} can be decided" for path in run.approvals]
    overs = [event.kind for event in run.events if event.kind in {f"run.{end}" for end in ENDS}]
    if len(overs) > 1 or (overs and run.events[-1].kind != overs[0]):
        problems.append(f"the run went on after its end: {[event.kind for event in run.events][-4:]}")
    closed: list[str] = []
    for event in run.events:
        for scope in closed:
            rest = event.path.removeprefix(scope)
            if rest != event.path and _INSIDE.match(rest) and "~comp" not in rest:
                problems.append(f"{event.kind} {event.path} after {scope} was closed")
        if event.kind == "scope.closed" and event.data["outcome"] != "caught":
            closed.append(event.path)
    return problems


def differences(calm: Played, ended: Execution, stormy: Played, other: Execution) -> list[str]:
    """How the two differ where they must not. Inside a scope in which branches raced, how far each came may differ."""
    raced = raced_in(
        (event.kind, event.path, event.data) for played in (calm, stormy) for event in played.stage.run.events
    )
    problems = []
    if not calm.builder.either:
        mine, theirs = (one.error and one.error["code"] for one in (ended, other))
        if (ended.state, ended.output) != (other.state, other.output):
            problems.append(f"{ended} became {other}")
        elif not raced and mine != theirs:
            problems.append(f"the error {mine} became {theirs}")
    elif {ended.state, other.state} - {"succeeded", "failed"}:
        problems.append(f"ended as {other}")
    mine, theirs = (effects_outside(played, raced) for played in (calm, stormy))
    if mine != theirs and not calm.builder.either:
        problems.append(f"effects only without crashes {mine - theirs}, only with {theirs - mine}")
    if not calm.builder.concurrent and calm.stage.witness.order != stormy.stage.witness.order:
        problems.append(f"the order {calm.stage.witness.order} became {stormy.stage.witness.order}")
    return problems


def raced_in(events: Iterable[tuple[str, str, dict[str, Any]]]) -> set[str]:
    """The scopes of a journal in which branches raced each other to their end."""
    return {path for kind, path, data in events if kind == "scope.closed" and data["outcome"] in _RACED}


def effects_outside(played: Played, raced: set[str]) -> set[str]:
    """The effects that must be the same: all of them that stand in no race."""
    stage = played.stage
    paths: dict[str, set[str]] = {}
    for event in stage.run.events:
        if "key" in event.data:
            paths.setdefault(str(event.data["key"]).split("/", 1)[-1], set()).add(event.path)
    found = set()
    for name in stage.witness.effects:
        places = paths.get(name, {name})
        inside = any(
            place.startswith(scope) and _INSIDE.match(place[len(scope) :])
            for place in places
            for scope in raced
        )
        if not inside and not (raced and name.startswith(("begun-", "left-", "made-", "child/"))):
            found.add(name)
    return found


async def play_seed(
    seed: int, built: Callable[[int], Builder] = Builder, after: Callable[[Played], Any] = lambda _: None
) -> Played:
    """One random plan, undisturbed and disturbed. Raises ``AssertionError`` with all that is wrong."""
    builder = built(seed)
    made = builder.plan()
    calm = Played(builder, made, random.Random(seed + 1))
    ended = await calm.play()
    stormy = Played(builder, made, random.Random(seed + 2), lively=True)
    after(stormy)
    other = await stormy.play_with_crashes()
    problems = [*audit(calm), *audit(stormy), *differences(calm, ended, stormy, other)]
    assert not problems, f"seed {seed}: {problems}\n{stormy.stage.kinds()}"
    return stormy
