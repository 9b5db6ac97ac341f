"""Which runs a runner may take on after their runners have died, on a real database."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from engine.database import Urls
from engine.lease import Leases
from engine.queueing import OPTIONS
from engine.suspects import CALM_ATTEMPTS
from tests.engine_run.ground import Ground
from tests.engine_run.kit import plan


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


async def test_a_runner_holds_one_suspect_at_a_time_beside_all_others(ground: Ground, urls: Urls) -> None:
    ids = ground.start(ground.publish(plan()), {}, 5)
    attempts = [CALM_ATTEMPTS - 1, CALM_ATTEMPTS, CALM_ATTEMPTS, CALM_ATTEMPTS + 1, CALM_ATTEMPTS - 1]
    for place, (run_id, attempt) in enumerate(zip(ids, attempts, strict=True)):
        ground.query(
            "UPDATE runs SET state = 'running', lease_owner = 'dead', attempt = %s,"
            " lease_until = now() - make_interval(secs => %s) WHERE id = %s RETURNING 1",
            attempt,
            100 - place,
            run_id,
        )

    async def claim(me: str) -> set[UUID]:
        async with await psycopg.AsyncConnection.connect(
            urls.runner, autocommit=True, options=OPTIONS
        ) as connection:
            claims = await Leases(connection, me, 30).claim(10)
            return {claim.lease.run_id for claim in claims.runs}

    assert await claim("a") == {ids[0], ids[4], ids[1]}
    assert await claim("a") == set()
    assert await claim("b") == {ids[2]}
    ground.query("UPDATE runs SET state = 'cancelled' WHERE id = %s RETURNING 1", ids[1])
    assert await claim("a") == {ids[3]}
    ground.query(
        "UPDATE runs SET state = 'cancelled' WHERE id = ANY(%s) AND state = 'running' RETURNING 1", ids
    )
