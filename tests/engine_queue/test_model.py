"""The queue against a small model of it: whatever happens in whatever order, no run is lost, none is held twice, no
limit is gone over, and an account's runs go by what has begun, priority and time."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from engine import lease as lease_module
from engine.database import Urls
from engine.lease import Claim, Claims, Leases
from engine.queueing import CLAIM
from tests.engine_queue.claiming import Line, Queue, claimer


@dataclass
class Kept:
    """A run as the model has it. ``since``: a number that grows with the due time. ``due`` None: until an answer."""

    id: UUID
    line: Line
    priority: int
    since: int
    state: str = "queued"
    begun: bool = False
    holder: int | None = None
    claim: Claim | None = None
    lost: bool = False

    @property
    def order(self) -> tuple[int, int, int]:
        return (-int(self.begun), -self.priority, self.since)


@dataclass
class World:
    queue: Queue
    chance: random.Random
    runners: list[Leases]
    lines: list[Line]
    runs: dict[UUID, Kept] = field(default_factory=dict)
    limits: dict[UUID, int | None] = field(default_factory=dict)
    told: dict[int, frozenset[UUID]] = field(default_factory=dict)
    clock: int = 0
    claimed: int = 0

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def of(self, state: str) -> list[Kept]:
        return [run for run in self.runs.values() if run.state == state]

    def room(self, key: UUID, running: list[Kept]) -> float:
        most = self.limits.get(key)
        count = sum(key in (run.line.account_id, run.line.workflow_id) for run in running)
        return float("inf") if most is None else most - count

    def start(self) -> None:
        line, priority = self.chance.choice(self.lines), self.chance.choice((-9, 0, 0, 3))
        for run_id in self.queue.start(line, 1, priority=priority):
            self.runs[run_id] = Kept(run_id, line, priority, self.tick())

    async def claim(self) -> None:
        number = self.chance.randrange(len(self.runners))
        before = [run for run in self.of("running")]
        most = self.chance.choice((1, 2, 5, 20))
        found = await self.runners[number].claim(most, self.told.get(number, frozenset()))
        self.told[number] = found.limits
        assert len(found.runs) <= most
        self.check(found, number, before, complete=len(found.runs) < most and not found.again)

    def check(self, found: Claims, number: int, before: list[Kept], *, complete: bool) -> None:
        taken = [self.runs[claim.lease.run_id] for claim in found.runs]
        assert len({run.id for run in taken}) == len(taken)
        for run in taken:  # nobody else holds it: it waits in the line, or its holder lost it
            assert run.state == "queued" or run.lost, run
        fresh = [run for run in taken if run.state == "queued"]
        for key in {key for run in fresh for key in (run.line.account_id, run.line.workflow_id)}:
            mine = sum(key in (run.line.account_id, run.line.workflow_id) for run in fresh)
            assert mine <= self.room(key, before), "a limit was gone over"
        left = [run for run in self.of("queued") if run not in fresh]
        for one in fresh:  # nobody was passed over but by a limit of its own workflow
            for other in left:
                if other.line == one.line:
                    assert one.order < other.order, "the order within a workflow"
                elif other.line.account_id == one.line.account_id and self.unlimited(other.line):
                    assert one.order < other.order, "the order within an account"
        for claim, run in zip(found.runs, taken, strict=True):
            run.state, run.begun, run.holder, run.claim, run.lost = "running", True, number, claim, False
            self.claimed += 1
        if complete:  # it had room for more: so nothing that could have run was left
            running = self.of("running")
            for run in left:
                assert (
                    min(self.room(key, running) for key in (run.line.account_id, run.line.workflow_id)) <= 0
                )
            assert not [run for run in running if run.lost]

    def unlimited(self, line: Line) -> bool:
        return self.limits.get(line.workflow_id) is None

    def held(self) -> Kept | None:
        return self.chance.choice(known) if (known := [r for r in self.of("running") if not r.lost]) else None

    def finish(self) -> None:
        if (run := self.held()) is not None:
            self.queue.finish(run.id)
            del self.runs[run.id]

    def park(self) -> None:
        if (run := self.held()) is not None:
            if self.chance.random() < 0.5:
                self.queue.park(run.id, "0 s")
                run.state, run.since = "queued", self.tick()  # its time has come: as due as any
            else:
                self.queue.park(run.id)
                run.state = "waiting"

    def answer(self) -> None:
        if waiting := self.of("waiting"):
            run = self.chance.choice(waiting)
            self.queue.answer(run.id)
            run.state, run.since = "queued", self.tick()

    async def release(self) -> None:
        if (run := self.held()) is not None:
            assert run.claim is not None and run.holder is not None
            await self.runners[run.holder].release(run.claim.lease, blameless=True)
            run.state, run.since = "queued", self.tick()

    def lose(self) -> None:
        if (run := self.held()) is not None:
            self.queue.lose(run.id)
            run.lost = True

    def limit(self) -> None:
        line, most = self.chance.choice(self.lines), self.chance.choice((None, 1, 2, 4))
        table, key = self.chance.choice((("accounts", line.account_id), ("workflows", line.workflow_id)))
        self.queue.limit(table, key, max_running=most)
        self.limits[key] = most

    def compare(self) -> None:
        rows = self.queue.rows("SELECT id, state FROM runs WHERE id = ANY(%s)", list(self.runs))
        states = {
            run_id: "queued" if state == "waiting" and self.runs[run_id].state == "queued" else state
            for run_id, state in rows
        }
        assert states == {run.id: run.state for run in self.runs.values()}


@pytest.mark.parametrize("seed", range(6))
async def test_no_run_is_lost_or_held_twice_and_no_limit_is_gone_over(queue: Queue, urls: Urls, seed: int):
    await go(queue, urls, seed)


@pytest.mark.parametrize(
    ("guard", "without"),
    [
        ("i.nth <= i.of_workflow\n", "true OR i.nth <= i.of_workflow\n"),
        ("nth <= of_account - held", "true"),
        ("ORDER BY i.rank DESC, i.due_at", "ORDER BY i.due_at"),
        ("state = 'running' AND lease_until < now()", "state = 'running'"),
        (
            "r.due_at <= now()\n    ORDER BY r.due_at LIMIT",
            "r.due_at <= now()\n    ORDER BY r.due_at DESC LIMIT",
        ),
    ],
)
async def test_the_controls_without_a_part_of_the_claim_the_model_notices(
    queue: Queue, urls: Urls, monkeypatch: pytest.MonkeyPatch, guard: str, without: str
):
    assert guard in CLAIM
    monkeypatch.setattr(lease_module, "CLAIM", CLAIM.replace(guard, without))
    with pytest.raises(AssertionError):
        for seed in range(20):
            await go(queue, urls, seed)


async def go(queue: Queue, urls: Urls, seed: int) -> None:
    chance = random.Random(seed)
    async with AsyncExitStack() as resources:
        runners = [
            await resources.enter_async_context(claimer(urls.runner, f"runner-{seed}-{number}"))
            for number in range(3)
        ]
        accounts = [queue.account(weight=weight) for weight in (1, 3)]
        lines = [queue.workflow(account) for account in accounts for _ in range(2)]
        world = World(queue, chance, runners, lines)
        for _ in range(150):
            match chance.choices(
                ("start", "claim", "finish", "park", "answer", "release", "lose", "limit"),
                (10, 8, 4, 2, 2, 2, 1, 1),
            )[0]:
                case "claim":
                    await world.claim()
                case "release":
                    await world.release()
                case other:
                    getattr(world, other)()
        world.compare()
        for key in list(world.limits):
            for table in ("accounts", "workflows"):
                queue.limit(table, key, max_running=None)
            world.limits[key] = None
        for _ in range(500):  # and in the end every one of them runs
            if not world.runs:
                break
            world.answer()
            await world.claim()
            world.finish()
        assert world.runs == {}
        assert world.claimed > 30
