"""What a runner learns about a connector by calling it is where the Connectors page looks."""

from __future__ import annotations

import psycopg

from engine.database import Urls
from engine.identity import new_id
from engine.lease import Leases
from tests.engine_run.ground import Ground


async def test_an_open_circuit_is_kept_in_the_health_of_that_account_s_connector_alone(
    urls: Urls, owner_url: str
) -> None:
    mine, theirs = Ground.lay(owner_url), Ground.lay(owner_url)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for ground in (mine, theirs):
            connection.execute(
                "INSERT INTO connectors (id, account_id, name, transport, health)"
                """ VALUES (%s, %s, 'shop', '{}', '{"state": "ok", "new": ["x"]}')""",
                (new_id(), ground.account_id),
            )
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        await Leases(connection, "me", 10).connector_health(mine.account_id, "shop", "down", "no\0 answer")

    def health(ground: Ground) -> object:
        return ground.query("SELECT health FROM connectors WHERE account_id = %s", ground.account_id)[0][0]

    assert health(mine) == {"state": "down", "message": "no answer", "new": ["x"]}
    assert health(theirs) == {"state": "ok", "new": ["x"]}
