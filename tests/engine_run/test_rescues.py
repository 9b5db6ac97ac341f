"""The account's error workflow: started once for each run that fails, whoever dies, and never in a circle."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from dsl.plan import Plan
from engine import runs
from engine.actor import Actor
from engine.database import Database, Urls
from engine.errors import BadInput, Conflict, Forbidden
from engine.identity import new_id
from engine.rescuing import rescuer, setting
from engine.rescuing.rescuer import Rescuer
from engine.runner import Runner, RunnerSettings
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Crash,
    Witness,
    call,
    cel,
    const,
    fail,
    pinned,
    plan,
    ret,
    run,
    template,
    until,
)

FAILING = plan(call("pay", tool="bad"))
STARTED = "SELECT caused_by FROM runs WHERE account_id = %s AND trigger = 'error' ORDER BY caused_by"


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def actor(ground: Ground) -> Actor:
    return Actor(ground.account_id, uuid4(), "o@example.com", "O", "operator", ())


@pytest.fixture
async def runner(urls: Urls) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), Witness())
    await one.open()
    yield one
    await one.stop()


def workflow(ground: Ground, made: Plan, *, live: bool = True) -> Ground:
    """Another workflow of the account, with a version."""
    other = replace(ground, workflow_id=new_id())
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s)",
            (other.workflow_id, other.account_id, f"w{other.workflow_id.hex}"),
        )
    version = other.publish(made)
    if live:
        ground.query(
            "UPDATE workflows SET live_version_id = %s WHERE id = %s RETURNING 1", version, other.workflow_id
        )
    return other


def a_test(ground: Ground) -> UUID:
    """A test of a draft."""
    version, trial = new_id(), new_id()
    with psycopg.connect(ground.owner_url) as connection:
        connection.execute(
            "INSERT INTO versions (id, account_id, workflow_id, number, text, pins, plan, content_hash)"
            " VALUES (%s, %s, %s, 0, '', '[]', %s, 'x')",
            (version, ground.account_id, ground.workflow_id, FAILING.model_dump_json()),
        )
        connection.execute(
            "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trial, due_at)"
            " VALUES (%s, %s, %s, %s, 'x', '{}', '{}', now() + interval '1 day')",
            (trial, ground.account_id, ground.workflow_id, version),
        )
    return trial


def told(**more: object) -> Plan:
    """Takes everything that is known of a failed run, and gives it back."""
    wanted = {"run_id": "string", "workflow": "string", "state": "string", "link": "string"}
    properties = {name: {"type": kind} for name, kind in wanted.items()} | {"error": {"type": "object"}}
    schema = {"type": "object", "properties": {**properties, **more}, "additionalProperties": False}
    said = template(cel("input.state", "input"), " ", cel("input.error.code", "input"))
    return plan(ret("end", said)).model_copy(update={"input_schema": schema})


async def test_a_run_that_fails_starts_the_error_workflow_with_what_is_known_of_it(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    rescue = workflow(ground, told())
    await setting.put(db, actor, rescue.workflow_id, ["failed"])
    (failed,) = ground.start(ground.publish(FAILING), {})
    await until(lambda: len(ground.query(STARTED, ground.account_id)) == 1)
    (call_,) = await setting.calls(db, actor)
    assert (call_.run_id, call_.state, call_.problem) == (failed, "failed", None)
    assert call_.started is not None
    await until(lambda: ground.states([call_.started]) == {"succeeded": 1})
    detail = await runs.get_run(db, actor, call_.started)
    assert (detail.summary.trigger, detail.summary.caused_by) == ("error", failed)
    assert detail.summary.requested_by == actor.user_id
    assert detail.output == "failed broken"
    assert detail.input["link"].endswith(f"/runs/{failed}") and detail.input["run_id"] == str(failed)
    assert detail.input["error"] == {"code": "broken", "message": "never works", "step": "pay"}


async def test_nothing_goes_in_a_circle_and_tests_children_and_other_states_start_nothing(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    rescue = workflow(ground, plan(fail("again", "also_broken")))
    await setting.put(db, actor, rescue.workflow_id, ["failed"])
    inner = ground.publish(FAILING)
    outer = ground.publish(plan(run("child"), workflows=(pinned(version=str(inner)),)))
    (parent,) = ground.start(outer, {})
    (well,) = ground.start(ground.publish(plan(ret("end", const(1)))), {})
    (own,) = rescue.start(rescue.publish(plan(fail("mine", "broken"))), {})
    await until(lambda: ground.states([parent, own]) == {"failed": 2})
    await until(lambda: len(ground.query(STARTED, ground.account_id)) == 1)
    (started,) = [one.started for one in await setting.calls(db, actor) if one.started]
    await until(lambda: ground.states([started]) == {"failed": 1})
    assert [(one.run_id, one.problem) for one in await setting.calls(db, actor)] == [(parent, None)]
    assert ground.states([well]) == {"succeeded": 1}
    trial = a_test(ground)
    ground.query("UPDATE runs SET state = 'running' WHERE id = %s RETURNING 1", trial)
    ground.query("UPDATE runs SET state = 'failed' WHERE id = %s RETURNING 1", trial)
    assert len(await setting.calls(db, actor)) == 1


async def test_a_workflow_that_needs_more_is_refused_and_one_that_came_to_need_it_is_told_of(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    demanding = told(colour={"type": "string"})
    demanding.input_schema["required"] = ["colour"]
    other = workflow(ground, demanding)
    with pytest.raises(BadInput, match="not known when a run fails") as refused:
        await setting.put(db, actor, other.workflow_id, ["failed"])
    assert [path for path, _ in refused.value.problems] == ["colour"]
    with pytest.raises(BadInput):
        await setting.put(db, actor, other.workflow_id, ["succeeded"])
    with pytest.raises(Conflict):
        await setting.put(db, actor, workflow(ground, told(), live=False).workflow_id, ["failed"])
    with pytest.raises(Forbidden):
        await setting.put(db, replace(actor, role="builder"), other.workflow_id, ["failed"])
    fine = workflow(ground, told())
    await setting.put(db, actor, fine.workflow_id, ["failed"])
    worse = fine.publish(demanding)
    ground.query(
        "UPDATE workflows SET live_version_id = %s WHERE id = %s RETURNING 1", worse, fine.workflow_id
    )
    ground.start(ground.publish(FAILING), {})
    problem = "SELECT problem FROM rescue_calls WHERE account_id = %s AND done_at IS NOT NULL"
    await until(lambda: len(ground.query(problem, ground.account_id)) == 1)
    assert "colour" in ground.query(problem, ground.account_id)[0][0]
    await setting.clear(db, actor)
    assert await setting.get(db, actor) is None


async def test_many_that_fail_at_once_start_one_run_each_whoever_dies(
    urls: Urls, db: Database, ground: Ground, actor: Actor
) -> None:
    """Three rescuers at once, each of which dies every third time, before or after the commit."""
    rescue = workflow(ground, told())
    await setting.put(db, actor, rescue.workflow_id, ["failed"])
    failed = ground.start(ground.publish(FAILING), {}, 40)
    for state in ("running", "failed"):
        ground.query("UPDATE runs SET state = %s WHERE id = ANY(%s) RETURNING 1", state, failed)
    deaths = 0

    def deadly() -> Rescuer:
        count = 0

        def watch(where: str) -> None:
            nonlocal count, deaths
            count += 1
            if count % 3 == 0:
                deaths += 1
                raise Crash(where)

        return Rescuer(urls.runner, watch=watch)

    async def work() -> None:
        left = True
        while left:
            async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
                one = deadly()
                try:
                    while left:
                        left = await one.one(connection)
                except Crash:
                    continue

    async with asyncio.timeout(30):
        await asyncio.gather(work(), work(), work())
    caused = Counter(cause for (cause,) in ground.query(STARTED, ground.account_id))
    assert caused == Counter(failed) and deaths > 10


async def test_an_account_starts_so_many_a_minute_and_the_others_wait(
    urls: Urls, db: Database, ground: Ground, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescuer, "A_MINUTE", 3)
    rescue = workflow(ground, told())
    await setting.put(db, actor, rescue.workflow_id, ["failed"])
    failed = ground.start(ground.publish(FAILING), {}, 5)
    for state in ("running", "failed"):
        ground.query("UPDATE runs SET state = %s WHERE id = ANY(%s) RETURNING 1", state, failed)
    one = Rescuer(urls.runner)
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        assert [await one.one(connection) for _ in range(5)] == [True] * 3 + [False] * 2
        late = "UPDATE rescue_calls SET done_at = done_at - interval '2 minutes' WHERE account_id = %s RETURNING 1"
        ground.query(late, ground.account_id)
        assert [await one.one(connection) for _ in range(3)] == [True, True, False]


async def test_what_waits_of_an_account_that_had_its_share_is_not_walked_through(
    urls: Urls, db: Database, ground: Ground, actor: Actor, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two thousand of one account wait; another account's one call is found without looking at them."""
    monkeypatch.setattr(rescuer, "A_MINUTE", 3)
    other = Ground.lay(owner_url)
    for one, count in ((ground, 2_000), (other, 1)):
        who = replace(actor, account_id=one.account_id)
        await setting.put(db, who, workflow(one, told()).workflow_id, ["failed"])
        ids = one.start(one.publish(FAILING), {}, count)
        for state in ("running", "failed"):
            one.query("UPDATE runs SET state = %s WHERE id = ANY(%s) RETURNING 1", state, ids)
    ground.query(
        "UPDATE rescue_calls SET done_at = clock_timestamp(), started = gen_random_uuid()"
        " WHERE run_id IN (SELECT run_id FROM rescue_calls WHERE account_id = %s LIMIT 3) RETURNING 1",
        ground.account_id,
    )
    about = {"most": rescuer.A_MINUTE, "at_once": rescuer.AT_ONCE}
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        read = await connection.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {rescuer.TAKE}".encode(), about
        )
        (explained,) = (await read.fetchone() or ())[0]
        assert explained["Plan"]["Actual Rows"] == 1
        assert explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"] < 500
        assert await Rescuer(urls.runner).one(connection)
    assert len(ground.query(STARTED, other.account_id)) == 1


async def test_a_run_that_is_reviewed_and_then_fails_starts_it_once(
    db: Database, ground: Ground, actor: Actor
) -> None:
    rescue = workflow(ground, told())
    await setting.put(db, actor, rescue.workflow_id, ["failed", "needs_review"])
    (one,) = ground.start(ground.publish(FAILING), {})
    for state in ("running", "needs_review", "failed"):
        ground.query("UPDATE runs SET state = %s WHERE id = %s RETURNING 1", state, one)
    assert [(c.run_id, c.state) for c in await setting.calls(db, actor)] == [(one, "needs_review")]
