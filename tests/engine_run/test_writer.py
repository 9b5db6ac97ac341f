"""The group-commit writer: nobody holds a batch up, numbers stay a line, and the fence holds within one batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from dsl import plan as p
from engine.database import Urls
from engine.journal import Entry, Fenced, Finish, Lease, Numbers, Refused
from engine.writer import Writer
from tests.engine_run.ground import Ground

PLAN = p.Plan(workflow="w", input_schema={"type": "object"}, body=p.Block())


@pytest.fixture
def ground(owner_url: str, urls: Urls) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
async def writer(urls: Urls) -> AsyncIterator[Writer]:
    writer = Writer(urls.runner, "me")
    await writer.open()
    yield writer
    await writer.close()


def held(ground: Ground, count: int) -> list[Lease]:
    """Runs that "me" holds, in epoch 1."""
    runs = ground.start(ground.publish(PLAN), {}, count)
    ground.query(
        "UPDATE runs SET state = 'running', epoch = 1, lease_owner = 'me', lease_until = now() + interval '1 h'"
        " WHERE id = ANY(%s) RETURNING 1",
        runs,
    )
    return [Lease(run, ground.account_id, ground.workflow_id, "me", 1, numbers=Numbers(1)) for run in runs]


def entry(path: str) -> Entry:
    return Entry("step.succeeded", path, '{"result": 1}')


def paths(ground: Ground, run_id: UUID) -> list[tuple[int, str]]:
    return [(seq, path) for seq, _, path, _ in ground.events(run_id)][1:]


async def test_a_run_that_a_service_has_locked_holds_up_nobody_and_keeps_its_order(
    ground: Ground, writer: Writer
) -> None:
    locked, free = held(ground, 2)
    async with asyncio.timeout(20), await psycopg.AsyncConnection.connect(ground.owner_url) as service:
        await service.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (locked.run_id,))
        first = writer.append(locked, [entry("a")])
        writer.note(locked, entry("b"))
        await writer.append(free, [entry("x")])
        second = writer.append(locked, [entry("c")])
        await writer.append(free, [entry("y")], Finish("succeeded", "1"))
        assert not first.done() and not second.done()
        await service.rollback()
        await first
        await second
    assert paths(ground, locked.run_id) == [(2, "a"), (3, "b"), (4, "c")]
    assert paths(ground, free.run_id) == [(2, "x"), (3, "y")]


async def test_a_batch_that_waits_for_a_lock_would_hold_up_everybody(ground: Ground, writer: Writer) -> None:
    """The control: the same with a statement that waits."""
    locked, free = held(ground, 2)
    async with asyncio.timeout(20), await psycopg.AsyncConnection.connect(ground.owner_url) as service:
        await service.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (locked.run_id,))
        with pytest.MonkeyPatch.context() as patch:
            from engine import writer as module

            patch.setattr(module, "APPEND", module.APPEND.replace("SKIP LOCKED", ""))
            writer.append(locked, [entry("a")])
            other = writer.append(free, [entry("x")])
            done, _ = await asyncio.wait([other], timeout=0.3)
            assert not done
            await service.rollback()
            await other


async def test_a_gate_of_a_locked_run_holds_up_nobody_else(ground: Ground, writer: Writer) -> None:
    locked, free = held(ground, 2)
    async with asyncio.timeout(20), await psycopg.AsyncConnection.connect(ground.owner_url) as service:
        await service.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (locked.run_id,))
        waiting = asyncio.create_task(writer.park(locked, ["g"], None, {}))
        await writer.append(free, [entry("x")])
        assert await writer.park(free, ["g"], None, {}) == {}
        assert not waiting.done()
        await service.rollback()
        assert await waiting == {}
    assert ground.states([locked.run_id, free.run_id]) == {"waiting": 2}


async def test_a_number_that_a_service_has_given_is_not_given_again(ground: Ground, writer: Writer) -> None:
    runs = held(ground, 3)
    await asyncio.gather(*(writer.append(run, [entry("a")]) for run in runs))
    ground.query(
        "INSERT INTO run_events (account_id, run_id, seq, kind, path, data)"
        " VALUES (%s, %s, 3, 'gate.answered', 'g', '{}') RETURNING 1",
        ground.account_id,
        runs[1].run_id,
    )
    await asyncio.gather(*(writer.append(run, [entry("b"), entry("c")]) for run in runs))
    await asyncio.gather(*(writer.append(run, [entry("d")]) for run in runs))
    line = [(2, "a"), (3, "b"), (4, "c"), (5, "d")]
    assert paths(ground, runs[0].run_id) == paths(ground, runs[2].run_id) == line
    assert paths(ground, runs[1].run_id) == [(2, "a"), (3, "g"), (4, "b"), (5, "c"), (6, "d")]


async def test_of_two_leases_of_one_run_in_one_batch_only_the_younger_writes(
    ground: Ground, writer: Writer
) -> None:
    [heir] = held(ground, 1)
    zombie = replace(heir, epoch=0, numbers=Numbers(1))
    late = writer.append(zombie, [entry("late")])
    await writer.append(heir, [entry("a")])
    with pytest.raises(Fenced):
        await late
    assert paths(ground, heir.run_id) == [(2, "a")]


async def test_an_event_that_cannot_be_written_fails_its_run_and_no_other(
    ground: Ground, writer: Writer
) -> None:
    broken, sound = held(ground, 2)
    spoilt = writer.append(broken, [Entry("step.succeeded", "a", "no JSON")])
    await writer.append(sound, [entry("x")])
    with pytest.raises(Refused):
        await asyncio.wait_for(spoilt, 10)
    assert paths(ground, broken.run_id) == [] and paths(ground, sound.run_id) == [(2, "x")]


async def test_more_runs_than_a_batch_takes_are_all_written(ground: Ground, writer: Writer) -> None:
    runs = held(ground, 150)
    await asyncio.gather(*(writer.append(run, [entry("a")]) for run in runs))
    await asyncio.gather(*(writer.append(run, [entry("b")], Finish("succeeded", "2")) for run in runs))
    assert ground.states([run.run_id for run in runs]) == {"succeeded": 150}
    assert all(paths(ground, run.run_id) == [(2, "a"), (3, "b")] for run in runs)
