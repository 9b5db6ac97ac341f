"""A runner that has just been started: what it has ready, and when it takes over from one that died."""

from __future__ import annotations

import psycopg
import pytest

from engine.database import Urls
from engine.identity import new_id
from engine.runner import Runner, RunnerSettings
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, call, const, plan, ret, until

NEVER_S = 600.0
"""A runner that only looks so often would fail the test that it is used in."""


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


def live(ground: Ground, version: object) -> None:
    ground.query(
        "UPDATE workflows SET live_version_id = %s WHERE id = %s RETURNING id", version, ground.workflow_id
    )


async def test_what_was_lately_used_is_ready_before_the_first_claim(urls: Urls, ground: Ground) -> None:
    never, used, fresh = (ground.publish(plan(ret("done", const(n)))) for n in range(3))
    ids = ground.start(used, {}, 3)
    ground.finish(ids)
    live(ground, fresh)
    runner = Runner(urls.runner, RunnerSettings(), Witness())
    assert not runner.ready(str(used))
    await runner.open()
    try:
        ready = {name: runner.ready(str(version)) for name, version in
                 {"used": used, "live": fresh, "never": never}.items()}  # fmt: skip
        assert ready == {"used": True, "live": True, "never": False}
    finally:
        await runner.stop()


async def test_a_version_that_cannot_be_made_ready_keeps_nobody_from_starting(
    urls: Urls, ground: Ground
) -> None:
    broken = new_id()
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO versions (id, account_id, workflow_id, number, text, pins, plan, content_hash)"
            " VALUES (%s, %s, %s, 77, '', '[]', '{}', %s)",
            (broken, ground.account_id, ground.workflow_id, str(broken)),
        )
    (bad,) = ground.start(broken, {})
    good = ground.start(ground.publish(plan(ret("done", const(1)))), {}, 3)
    runner = Runner(urls.runner, RunnerSettings(poll_s=0.2, most_attempts=1), Witness())
    await runner.open()
    try:
        await until(lambda: ground.states(good) == {"succeeded": 3})
        await until(lambda: ground.states([bad]) == {"failed": 1})
    finally:
        await runner.stop()


async def test_the_end_of_a_lease_is_looked_at_when_it_comes(urls: Urls, ground: Ground) -> None:
    version = ground.publish(plan(call("a"), ret("done", const(1))))
    (lost,) = ground.start(version, {})
    ground.query(
        "UPDATE runs SET state = 'running', due_at = NULL, lease_owner = 'one that died', epoch = 1, attempt = 1,"
        " lease_until = clock_timestamp() + interval '2 s' WHERE id = %s RETURNING id",
        lost,
    )
    runner = Runner(urls.runner, RunnerSettings(poll_s=NEVER_S), Witness())
    await runner.open()
    try:
        await until(lambda: ground.states([lost]) == {"succeeded": 1})
    finally:
        await runner.stop()
    (late,) = ground.query(
        "SELECT extract(epoch FROM min(at) - (SELECT queued_at FROM runs WHERE id = run_id))::float8"
        " FROM run_events WHERE run_id = %s AND kind = 'run.claimed' GROUP BY run_id",
        lost,
    )
    assert late[0] >= 2.0, "the lease alone decides"
