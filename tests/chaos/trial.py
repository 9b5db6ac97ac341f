"""One trial: parts, workload and nemesis together, then everything whole again, then the evidence."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from engine import audit
from engine.database import Database
from tests.chaos.caller import Caller
from tests.chaos.decider import decisions
from tests.chaos.nemesis import START_WITHIN_S, Killed, Nemesis
from tests.chaos.parts import OPERATOR, Parts
from tests.chaos.verdict import (
    Asked,
    Event,
    Evidence,
    Run,
    Transition,
    Violation,
    verdict,
)
from tests.chaos.witness import effects
from tests.chaos.workload import NotAnswered, Workload

TAKEN_OVER_S = 5.0
"""Beyond the lease: until a killed runner's runs are claimed again."""
MOST_OPEN = 120
"""Runs that are not over, at which the workload waits."""
OPEN = "SELECT count(*) FROM runs WHERE state IN ('queued', 'running', 'waiting')"
CHANGES = """
SELECT run_id, old, new FROM chaos_transitions t WHERE old <> new OR NOT EXISTS
  (SELECT FROM chaos_transitions b WHERE b.run_id = t.run_id AND b.tx = t.tx AND b.old <> b.new) ORDER BY n
"""
"""A run that is over may be written to once more in the transaction of its end."""
TAKEN = """
SELECT extract(epoch FROM min(at))::float8 FROM run_events
WHERE run_id = %s AND at > to_timestamp(%s) AND kind = 'run.claimed'
"""


@dataclass(frozen=True, slots=True)
class Order:
    """What a trial is to do: until ``runs`` were accepted, ``seconds`` are over, or every fault came ``rounds`` times,
    whichever is first. ``unfenced``: the control, in which violations must be found. ``slack`` is by how much a busy
    machine may be late."""

    seed: int
    seconds: float | None = None
    runs: int | None = None
    rounds: int | None = None
    unfenced: bool = False
    slack: float = 1.0
    drain_s: float = 90.0
    replicas: int = 3
    lease_s: float = 10.0
    gap_s: tuple[float, float] = (0.5, 4.0)
    kinds: tuple[str, ...] | None = None
    starters: int = 6
    keep: bool = False


@dataclass(slots=True)
class Outcome:
    """``taken_over``: seconds from a runner's kill to the claim of the last of its runs. ``started``: seconds from a
    Postgres fault to a start, by kind. ``fell``: processes that ended by themselves. ``complaints``: what the logs
    hold that nobody should have to read. ``kind``: the option that asks for this kind of trial."""

    order: Order
    violations: tuple[Violation, ...] = ()
    faults: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    taken_over: list[float] = field(default_factory=list)
    started: list[tuple[str, float]] = field(default_factory=list)
    complaints: Counter[str] = field(default_factory=Counter)
    raged_s: float = 0.0
    drained_s: float = 0.0
    runs: int = 0
    effects: int = 0
    home: str = ""
    kind: str = ""


async def hold(order: Order) -> Outcome:
    """A trial from nothing to its outcome; all it started is ended."""
    parts = Parts(order.seed, order.replicas, order.lease_s, order.unfenced, order.keep)
    try:
        await parts.open()
        return await _held(order, parts)
    finally:
        await parts.close()


async def _held(order: Order, parts: Parts) -> Outcome:
    caller = Caller(parts.url, OPERATOR)
    workload = Workload(parts, order.seed, caller)
    nemesis = Nemesis(parts, workload, random.Random(order.seed), gap_s=order.gap_s)
    outcome = Outcome(
        order, faults=nemesis.faults, started=nemesis.recoveries, answers=caller.counts, home=str(parts.home)
    )
    found: list[Violation] = []
    minding = asyncio.create_task(_mind(parts))
    try:
        await workload.accept(parts.workflows["linear"], {"delay_s": 0}, "first", 60)
        await _all_there(parts)
        began = time.monotonic()
        raging = asyncio.create_task(nemesis.rage(order.kinds, order.rounds))
        try:
            await _work(order, parts, workload, raging)
        except NotAnswered as error:
            found.append(Violation("a start is accepted in time", None, str(error)))
        raging.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await raging
        outcome.raged_s = time.monotonic() - began
        await nemesis.heal()
        await workload.settle()
        whole = time.monotonic()
        left = await _drain(parts, order.drain_s)
        outcome.drained_s = time.monotonic() - whole
        if left:
            found.append(
                Violation(
                    "the queue drains in time", None, f"{left} runs are left after {order.drain_s:.0f} s"
                )
            )
    finally:
        minding.cancel()
        await caller.close()
    await asyncio.to_thread(parts.parts["decider"].stop)
    evidence = await _evidence(parts, workload)
    outcome.taken_over = await _taken_over(parts, nemesis.killed)
    found += verdict(evidence)
    found += _late(order, outcome)
    outcome.violations = tuple(found)
    outcome.runs = len(evidence.runs)
    outcome.effects = sum(effect.new for effect in evidence.effects)
    outcome.ends = Counter(run.state for run in evidence.runs)
    outcome.shapes = Counter(run.shape for run in evidence.runs)
    outcome.fell = Counter({name: part.fell for name, part in parts.parts.items() if part.fell})
    outcome.complaints = _complaints(parts)
    return outcome


async def _all_there(parts: Parts) -> None:
    """Every runner has told the database that it is there. Raises ``TimeoutError``."""
    async with asyncio.timeout(90):
        while (await parts.query("SELECT count(*) FROM runners"))[0][0] < parts.replicas:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _mind(parts: Parts) -> None:
    while True:
        parts.mind()
        await asyncio.sleep(0.3)


async def _work(order: Order, parts: Parts, workload: Workload, raging: asyncio.Task[None]) -> None:
    until = None if order.seconds is None else time.monotonic() + order.seconds
    numbers = iter(range(1, 10**9 if order.runs is None else order.runs + 1))
    few = asyncio.Event()
    few.set()

    async def starter() -> None:
        for number in numbers:
            await few.wait()
            if raging.done() or (until is not None and time.monotonic() > until):
                return
            await workload.start(number)

    async def count() -> None:
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                open_ = int((await parts.query(OPEN))[0][0])
                few.set() if open_ <= MOST_OPEN else few.clear()
            await asyncio.sleep(0.3)

    counting = asyncio.create_task(count())
    try:
        await asyncio.gather(*(starter() for _ in range(order.starters)))
    finally:
        counting.cancel()


async def _drain(parts: Parts, seconds: float) -> int:
    """How many runs have no end when the time is up; 0 as soon as all have."""
    end = time.monotonic() + seconds
    while True:
        left = int((await parts.query(OPEN))[0][0])
        if not left or time.monotonic() > end:
            return left
        await asyncio.sleep(0.1)


async def _evidence(parts: Parts, workload: Workload) -> Evidence:
    names = {one.id: name for name, one in parts.workflows.items()}
    runs = await parts.query(
        "SELECT id, workflow_id, state, input, coalesce(error ->> 'code', ''), idempotency_key, parent_run_id, last_seq"
        " FROM runs"
    )
    events = await parts.query("SELECT run_id, seq, kind, path, data FROM run_events")
    transitions = await parts.query(CHANGES)
    asked = await parts.query("SELECT id, run_id, path, state, decisions FROM approvals")
    db = await Database.open(parts.app_url, pool_size=1)
    try:
        chain = await audit.verify(db, parts.account)
    finally:
        await db.close()
    return Evidence(
        shapes={name: one.shape for name, one in parts.workflows.items()},
        runs=[Run(row[0], names[row[1]], *row[2:]) for row in runs],
        events=[Event(*row) for row in events],
        transitions=[Transition(*row) for row in transitions],
        effects=effects(parts.witnessed),
        accepted=workload.accepted,
        asked=[Asked(*row[:4], tuple(said["decision"] for said in row[4])) for row in asked],
        decisions=decisions(parts.decided),
        cancelled=frozenset(workload.cancelled),
        keys=frozenset(workload.keys),
        odd=[*workload.caller.odd, *_odd(parts)],
        audit_broken_at=chain.broken_at,
    )


def _odd(parts: Parts) -> list[str]:
    """What the people who decide were told and should not have been."""
    return [line for line in parts.parts["decider"].log.read_text().splitlines() if " answered " in line]


async def _taken_over(parts: Parts, killed: Sequence[Killed]) -> list[float]:
    """For each killed runner that held runs: until the last of them was claimed again."""
    taken = []
    for one in killed:
        times = [(await parts.query(TAKEN, UUID(run), one.at))[0][0] for run in one.runs]
        if known := [at - one.at for at in times if at is not None]:
            taken.append(max(known))
    return taken


def _late(order: Order, outcome: Outcome) -> list[Violation]:
    most = (order.lease_s + TAKEN_OVER_S) * order.slack
    late = [
        Violation("a killed runner's runs are taken over in time", None, f"{seconds:.1f} s, not {most:.0f}")
        for seconds in outcome.taken_over
        if seconds > most
    ]
    return late + [
        Violation("a start succeeds soon after a Postgres fault", None, f"{kind}: {seconds:.1f} s")
        for kind, seconds in outcome.started
        if seconds > START_WITHIN_S * order.slack
    ]


def _complaints(parts: Parts) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, part in parts.parts.items():
        for line in part.log.read_text(errors="replace").splitlines():
            if re.search(r"Traceback|never retrieved|never awaited| ERROR |^\S*Error:|^\S+\.\S*Error", line):
                said = re.sub(r"[0-9a-f-]{36}|\d+", "#", line)[:160]
                found[f"{name.partition('-')[0]}: {said}"] += 1
    return found


__all__ = ["Order", "Outcome", "hold"]
