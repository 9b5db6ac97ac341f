"""The numbers of a run's events have no gaps and never meet, whoever else writes to it and whatever is rolled back."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg
import pytest

from engine.database import Urls
from engine.journal import Entry, Interrupted, Lease
from engine.lease import Leases
from engine.rowlock import add, hold
from engine.writer import Connection, Writer
from tests.engine_run.ground import Ground
from tests.engine_run.kit import call, plan, until


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


async def test_a_run_given_back_while_a_service_writes_to_it_counts_that_event(
    ground: Ground, urls: Urls
) -> None:
    """Else its next claim takes a number twice, is refused, and with it every other run of that claim, for ever."""
    [run] = ground.start(ground.publish(plan(call("a"))), {})
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        leases = Leases(connection, "me", 10)
        [claim] = (await leases.claim(1)).runs
        with psycopg.connect(ground.owner_url) as service:
            service.execute("SELECT FROM runs WHERE id = %s FOR UPDATE", (run,))
            given_back = asyncio.create_task(leases.release(claim.lease, blameless=True))
            await until(lambda: bool(ground.query("SELECT FROM pg_locks WHERE NOT granted")))
            service.execute(
                "INSERT INTO run_events (account_id, run_id, seq, kind, path, data)"
                " VALUES (%s, %s, 3, 'gate.answered', 'g', '{}')",
                (ground.account_id, run),
            )
        await given_back
        assert ground.query("SELECT state, last_seq FROM runs WHERE id = %s", run) == [("queued", 3)]
        assert [again.lease.run_id for again in (await leases.claim(1)).runs] == [run]
    assert numbers(ground, run) == [1, 2, 3, 4]


async def test_an_act_that_is_rolled_back_leaves_no_gap(ground: Ground, urls: Urls) -> None:
    [run] = ground.start(ground.publish(plan(call("a"))), {})
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        [claim] = (await Leases(connection, "me", 10).claim(1)).runs
    writer = Writer(urls.runner, "me")
    await writer.open()

    async def breaks(connection: Connection, lease: Lease) -> None:
        await hold(connection, lease)
        await add(connection, lease, "gate.opened", "g", "{}")
        raise psycopg.OperationalError("the connection broke")

    try:
        with pytest.raises(Interrupted):
            await writer._act(claim.lease, breaks)
        await writer.append(claim.lease, (Entry("step.succeeded", "a", "{}"),))
    finally:
        await writer.close()
    assert numbers(ground, run) == [1, 2, 3]


def numbers(ground: Ground, run: UUID) -> list[int]:
    return [seq for seq, _, _, _ in ground.events(run)]
