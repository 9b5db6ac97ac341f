"""A random plan is played to its end, another run is planned from a step of it, and that is played, too. Then both are
compared: what was taken over did not happen again, what happened again is exactly what the plan said, and the end is
the same.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from typing import Any

from engine.forking.pair import Side
from engine.forking.planning import ForkPlan, Wanted, plan_fork
from engine.journal import Event
from engine.memory import MemoryRun
from engine.runtime import Execution
from tests.engine_run.anyplan import Builder
from tests.engine_run.played import Played, audit, raced_in

Json = Any


def wanted(run: MemoryRun, plan: Any, at: str = "", given: Json = None, **rest: Any) -> Wanted:
    side = Side(plan, given or {})
    return Wanted(run.lease.run_id, run.lease.run_id, "hash", side, side, at, **rest)


def take_over(planned: ForkPlan, source: MemoryRun, heir: MemoryRun, now: float) -> None:
    """What the birth of a run does: the events that are taken over, numbered anew."""
    kept = [event for event in source.events if event.seq in set(planned.seqs)]
    heir.events = [
        replace(event, seq=seq, at=now, data=reused(event))
        for seq, event in enumerate(kept, len(heir.events) + 1)
    ]


def reused(event: Event) -> dict[str, Json]:
    data = {**event.data, "reused": True}
    return data | {"delay_ms": 0} if event.kind == "step.retrying" else data


def step_paths(events: list[Event]) -> list[str]:
    """The steps that a person could choose, in the order in which they began."""
    paths = (event.path for event in events if event.path and "~comp" not in event.path)
    plain = (re.sub(r"(~catch\d+|~turn\d+(\.tool\d+)?|#\d+)$", "", path) for path in paths)
    return list(dict.fromkeys(plain))


@dataclass
class Forked:
    """``first`` was played to its end; ``second`` goes on from ``at``."""

    first: Played
    ended: Execution
    at: str
    planned: ForkPlan
    second: Played
    other: Execution = field(init=False)


async def fork_seed(seed: int, places: int = 2) -> list[Forked]:
    """Raises ``AssertionError`` with all that is wrong."""
    builder = Builder(seed)
    made = builder.plan()
    first = Played(builder, made, random.Random(seed + 1))
    ended = await first.play()
    dice = random.Random(seed + 7)
    paths = step_paths(first.stage.run.events)
    chosen = dice.sample(paths, min(places, len(paths)))
    if ended.state == "failed":
        chosen.append("")
    forks = []
    for at in chosen:
        planned = plan_fork(wanted(first.stage.run, made, at), first.stage.run.events)
        second = Played(builder, made, random.Random(seed + 3))
        second.stage.now = first.stage.now
        take_over(planned, first.stage.run, second.stage.run, first.stage.now)
        one = Forked(first, ended, at, planned, second)
        one.other = await second.play()
        if problems := wrong(one):
            raise AssertionError(
                f"seed {seed} from {at!r}: {problems}\n{planned}\nfirst {first.stage.kinds()}\n"
                f"second {second.stage.kinds()}"
            )
        forks.append(one)
    return forks


def wrong(one: Forked) -> list[str]:
    first, second, planned = one.first.stage, one.second.stage, one.planned
    problems = audit(one.second)
    events = [(e.kind, e.path, e.data) for e in [*first.run.events, *second.run.events]]
    raced = bool(raced_in(events))
    if not one.first.builder.either:
        if (one.ended.state, one.ended.output) != (one.other.state, one.other.output):
            problems.append(f"{one.ended} became {one.other}")
        mine, theirs = (x.error and (x.error["code"], x.error["step"]) for x in (one.ended, one.other))
        if mine != theirs and not raced:
            problems.append(f"the error {mine} became {theirs}")
    called = {e.path for e in second.run.events if "key" in e.data and "reused" not in e.data}
    called |= {
        e.path
        for e in second.run.events
        if e.kind == "gate.opened" and "run_id" in e.data and "reused" not in e.data
    }
    writes = {
        e.path
        for e in second.run.events
        if e.data.get("tool") != "w.read" and "~comp" not in e.path and e.path in called
    }
    if twice := writes & {effect.path for effect in planned.reused}:
        problems.append(f"taken over, and done again: {twice}")
    again = {effect.path for effect in planned.again}
    did = {
        e.path
        for e in first.run.events
        if (e.kind == "step.succeeded" and e.data.get("tool") not in (None, "w.read"))
        or (e.kind == "gate.opened" and "run_id" in e.data)
    }
    did = {path for path in did if "~comp" not in path}
    if unsaid := (writes & did) - again:
        problems.append(f"done again, and the plan did not say so: {unsaid}")
    if not raced and (never := again - writes):
        problems.append(f"said to be done again, and was not: {never}")
    if gone := undone_at_the_end(first.run) & {effect.path for effect in planned.reused}:
        problems.append(f"taken over, although it was undone: {gone}")
    asked = {e.path for e in second.run.events if "approval_id" in e.data and "reused" not in e.data}
    told = {gate.path for gate in planned.asked}
    before = {e.path for e in first.run.events if "approval_id" in e.data}
    if not raced and (wrong_ones := (asked & before) - told):
        problems.append(f"asked again, and the plan did not say so: {wrong_ones}")
    return problems


def undone_at_the_end(run: MemoryRun) -> set[str]:
    """The steps that were undone because the whole run failed: behind the last step that was no undoing."""
    last = max((e.seq for e in run.events if e.path and "~comp" not in e.path), default=0)
    begun: dict[str, int] = {}
    for event in run.events:
        if "~comp" in event.path:
            begun.setdefault(event.path.split("~comp", 1)[0], event.seq)
    return {path for path, seq in begun.items() if seq > last}
