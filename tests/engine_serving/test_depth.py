"""The one count of what is due: what is in it, and that runs which are over cost it nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import psycopg
import pytest

from engine import depth
from engine.database import Urls
from engine.lease import Leases
from tests.engine_run.ground import Ground
from tests.engine_run.kit import const, plan, ret

OVER = 20_000


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE runs SET state = 'cancelled' WHERE state NOT IN ('succeeded', 'cancelled')"
        )
    return Ground.lay(owner_url)


@pytest.fixture
async def connection(urls: Urls) -> AsyncIterator[psycopg.AsyncConnection]:
    connection = await psycopg.AsyncConnection.connect(urls.runner, autocommit=True)
    yield connection
    await connection.close()


async def test_what_a_claim_would_take_is_counted_and_nothing_else(
    ground: Ground, connection: psycopg.AsyncConnection
) -> None:
    ids = ground.start(ground.publish(plan(ret("done", const(1)))), {}, 9)
    changes = {
        "state = 'queued', due_at = now() + interval '1 hour'": ids[1:2],
        "state = 'waiting', due_at = now() - interval '1 s'": ids[2:3],
        "state = 'waiting', due_at = NULL": ids[3:4],
        "state = 'running', due_at = NULL, lease_until = now() - interval '1 s'": ids[4:5],
        "state = 'running', due_at = NULL, lease_until = now() + interval '1 hour'": ids[5:6],
        "state = 'succeeded', due_at = NULL": ids[6:7],
    }
    for change, runs in changes.items():
        if "queued" not in change:
            ground.query("UPDATE runs SET state = 'running' WHERE id = ANY(%s) RETURNING id", runs)
        ground.query(f"UPDATE runs SET {change} WHERE id = ANY(%s) RETURNING id", runs)
    counted = await depth.due(connection)
    claimed = (await Leases(connection, "somebody", 10).claim(100)).runs
    assert counted == 5 == len(claimed)
    assert {claim.lease.run_id for claim in claimed} == {ids[0], ids[2], ids[4], *ids[7:]}


async def test_the_count_stops_where_more_makes_no_difference(
    ground: Ground, connection: psycopg.AsyncConnection
) -> None:
    ground.start(ground.publish(plan(ret("done", const(1)))), {}, 30)
    assert await depth.due(connection, most=20) == 20


async def test_runs_that_are_over_cost_the_count_nothing(
    ground: Ground, connection: psycopg.AsyncConnection
) -> None:
    version = ground.publish(plan(ret("done", const(1))))
    ids = ground.start(version, {}, OVER)
    ground.finish(ids)
    due = ground.start(version, {}, 10)
    with psycopg.connect(ground.owner_url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE runs")
    cursor = await connection.execute(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + depth.DUE, {"most": depth.MOST}
    )
    row = await cursor.fetchone()
    assert row is not None
    told = row[0] if not isinstance(row[0], str) else json.loads(row[0])
    root = told[0]["Plan"]
    assert root["Shared Hit Blocks"] + root["Shared Read Blocks"] < 50, (
        "the table alone has hundreds of pages"
    )
    assert await depth.due(connection) == len(due)
