"""The runner on a real database: runs from the queue to their end, waits, fences, deaths."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from dsl import plan as p
from engine.database import Urls
from engine.journal import Answer, Entry, Fenced, Lease
from engine.runner import Runner, RunnerSettings
from engine.writer import Writer
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Witness,
    approve,
    block,
    call,
    cel,
    const,
    foreach,
    parallel,
    plan,
    ret,
    step,
    until,
)


@pytest.fixture(scope="module")
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def runner(urls: Urls, witness: Witness) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), witness)
    await one.open()
    yield one
    await one.stop()


async def test_queued_runs_are_carried_to_their_end(runner: Runner, ground: Ground, witness: Witness) -> None:
    version = ground.publish(plan(call("a", args={"n": cel("input.n")}), ret("done", cel("a.n"))))
    ids = ground.start(version, {"n": 1.5}, 100)
    await until(lambda: ground.states(ids) == {"succeeded": 100})
    assert sum(witness.effects.values()) == 100 and max(witness.effects.values()) == 100
    (output, owner, lease, due), *_ = ground.query(
        "SELECT output, lease_owner, lease_until, due_at FROM runs WHERE id = %s", ids[0]
    )
    assert (output, owner, lease, due) == (1.5, None, None, None)
    events = ground.events(ids[0])
    assert [(seq, kind) for seq, kind, _, _ in events] == [
        (1, "run.accepted"),
        (2, "run.claimed"),
        (3, "step.succeeded"),
        (4, "step.succeeded"),
        (5, "run.succeeded"),
    ]
    assert events[2][3]["args"] == {"n": 1.5} and events[2][3]["key"] == f"{ids[0]}/a"


async def test_a_run_waits_for_two_approvals_and_goes_on(runner: Runner, ground: Ground) -> None:
    steps = (
        parallel(
            "p", approve("x", guards=("p.ax",)), approve("y"), call("ax", after=("x",), args={"v": const(1)})
        ),
        ret("done", cel("x.by")),
    )
    (run_id,) = ground.start(ground.publish(plan(*steps)), {})
    await until(lambda: ground.states([run_id]) == {"waiting": 1})
    (waiting_on, attempt, owner) = ground.query(
        "SELECT waiting_on, attempt, lease_owner FROM runs WHERE id = %s", run_id
    )[0]
    assert sorted(waiting_on) == ["p.x", "p.y"] and (attempt, owner) == (0, None)
    await until(lambda: runner.active == 0)  # a run that waits holds no memory in a runner
    rows = ground.query("SELECT path, effects, state FROM approvals WHERE run_id = %s ORDER BY path", run_id)
    effect = {"path": "p.ax", "connector": "w", "tool": "write", "arguments": {"v": 1}, "pending": []}
    assert rows == [("p.x", [effect], "open"), ("p.y", [], "open")]
    ground.answer(run_id, "p.y")
    await until(lambda: ground.states([run_id]) == {"waiting": 1} and runner.active == 0)
    ground.answer(run_id, "p.x")
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
    assert ground.query("SELECT output FROM runs WHERE id = %s", run_id) == [(["m@example.com"],)]


async def test_an_answer_reaches_a_run_that_is_alive(
    runner: Runner, ground: Ground, witness: Witness
) -> None:
    steps = (parallel("p", approve("x"), call("slow"), call("ax", after=("x",))),)
    (run_id,) = ground.start(ground.publish(plan(*steps)), {})
    release = witness.hold["p.slow"] = asyncio.Event()
    await until(lambda: ground.query("SELECT 1 FROM approvals WHERE run_id = %s", run_id) != [])
    ground.answer(run_id, "p.x")
    await until(lambda: witness.effects["p.ax"] == 1)
    release.set()
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})


async def test_a_timer_and_an_expiry_make_their_run_due(runner: Runner, ground: Ground) -> None:
    wait = ground.publish(plan(step("w", p.Wait(ms=2500)), ret("done", const("waited"))))
    late = block(ret("late", const("late")))
    gate = ground.publish(plan(approve("g", within_ms=2500, on_timeout=late)))
    ids = [*ground.start(wait, {}), *ground.start(gate, {})]
    await until(lambda: ground.states(ids) == {"waiting": 2})
    await until(lambda: ground.states(ids) == {"succeeded": 2})
    assert [ground.query("SELECT output FROM runs WHERE id = %s", one)[0][0] for one in ids] == [
        "waited",
        "late",
    ]
    assert ground.query("SELECT state FROM approvals WHERE run_id = %s", ids[1]) == [("expired",)]


async def test_cancel_stops_a_running_run_and_undoes(
    runner: Runner, ground: Ground, witness: Witness
) -> None:
    steps = (call("a", compensate=block(call("undo"))), call("slow"), call("never"))
    (run_id,) = ground.start(ground.publish(plan(*steps)), {})
    release = witness.hold["slow"] = asyncio.Event()
    await until(lambda: any(event[1:3] == ("step.started", "slow") for event in ground.events(run_id)))
    ground.query(
        "UPDATE runs SET cancel_requested_at = now() WHERE id = %s"
        " RETURNING pg_notify('weft_runs', id::text)::text",
        run_id,
    )
    await asyncio.sleep(0.2)  # told, it still finishes what it is in the middle of
    release.set()
    await until(lambda: ground.states([run_id]) == {"cancelled": 1})
    assert witness.order == ["a", "slow", "a~comp.undo"]


async def test_a_run_that_never_ends_an_attempt_is_dead_lettered(ground: Ground, urls: Urls) -> None:
    class Broken(Witness):
        async def call(self, *_: object) -> object:  # type: ignore[override]
            raise RuntimeError("a defect of ours")

    one = Runner(urls.runner, RunnerSettings(poll_s=0.1, most_attempts=3), Broken())
    await one.open()
    (run_id,) = ground.start(ground.publish(plan(call("a"))), {})
    await until(lambda: ground.states([run_id]) == {"failed": 1})
    await one.stop()
    assert ground.query("SELECT error->>'code', attempt FROM runs WHERE id = %s", run_id) == [
        ("dead_letter", 4)
    ]


async def test_a_stopped_runner_gives_its_runs_back(ground: Ground, urls: Urls) -> None:
    witness = Witness()
    release = witness.hold["a"] = asyncio.Event()
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), witness)
    await one.open()
    (run_id,) = ground.start(ground.publish(plan(call("a"), call("b"), ret("done", const(1)))), {})
    await until(lambda: one.active == 1)
    stopping = asyncio.create_task(one.stop())
    await asyncio.sleep(0.1)
    release.set()
    await stopping
    assert ground.states([run_id]) == {"queued": 1}
    assert ground.query("SELECT 1 FROM runners WHERE id = %s", one.id) == []
    other = Runner(urls.runner, RunnerSettings(poll_s=0.1), witness)
    await other.open()
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
    await other.stop()
    assert witness.effects == {"a": 1, "b": 1}


async def test_a_stale_epoch_is_refused_and_its_neighbours_commit(ground: Ground, urls: Urls) -> None:
    version = ground.publish(plan(foreach("f", const([]))))
    mine, theirs = ground.start(version, {}, 2)
    ground.query(
        "UPDATE runs SET state = 'running', lease_owner = 'me', lease_until = now() + interval '1 h',"
        " epoch = CASE WHEN id = %s THEN 1 ELSE 2 END WHERE id = ANY(%s) RETURNING 1",
        mine,
        [mine, theirs],
    )
    writer = Writer(urls.runner, "me")
    await writer.open()
    good = Lease(mine, ground.account_id, ground.workflow_id, "me", 1)
    stale = Lease(theirs, ground.account_id, ground.workflow_id, "me", 1)
    entry = Entry("step.succeeded", "a", '{"result":1}')
    results = await asyncio.gather(
        writer.append(good, [entry]), writer.append(stale, [entry]), return_exceptions=True
    )
    with pytest.raises(Fenced):
        await writer.park(stale, ["x"], None, {})
    with pytest.raises(Fenced):
        await writer.close_gate(stale, "x", Answer("expired"))
    await writer.close()
    assert results[0] is None and isinstance(results[1], Fenced)
    assert len(ground.events(mine)) == 2 and len(ground.events(theirs)) == 1
    ground.query("UPDATE runs SET state = 'cancelled' WHERE id = ANY(%s) RETURNING 1", [mine, theirs])


async def test_an_event_postgres_refuses_hurts_its_own_run_only(ground: Ground, urls: Urls) -> None:
    version = ground.publish(plan(foreach("f", const([]))))
    one, two = ground.start(version, {}, 2)
    ground.query(
        "UPDATE runs SET state = 'running', lease_owner = 'me', lease_until = now() + interval '1 h'"
        " WHERE id = ANY(%s) RETURNING 1",
        [one, two],
    )
    writer = Writer(urls.runner, "me")
    await writer.open()
    lease = [Lease(run, ground.account_id, ground.workflow_id, "me", 0) for run in (one, two)]
    poison = Entry("step.succeeded", "a", '{"result":"\\u0000"}')
    fine = Entry("step.succeeded", "a", '{"result":1}')
    results = await asyncio.gather(
        writer.append(lease[0], [poison]), writer.append(lease[1], [fine]), return_exceptions=True
    )
    await writer.close()
    assert isinstance(results[0], Exception) and results[1] is None
    assert len(ground.events(one)) == 1 and len(ground.events(two)) == 2
    ground.query("UPDATE runs SET state = 'cancelled' WHERE id = ANY(%s) RETURNING 1", [one, two])


async def test_calls_are_counted_by_how_long_they_took(
    runner: Runner, urls: Urls, ground: Ground, witness: Witness
) -> None:
    ground.query("DELETE FROM tallies RETURNING 1")
    version = ground.publish(
        plan(call("a"), call("b", tool="flaky", args={"fails": 1}, retry=p.Retry(max=1, backoff_ms=1)))
    )
    ids = ground.start(version, {}, 3)
    await until(lambda: ground.states(ids) == {"succeeded": 3})
    await runner.stop()
    rows = ground.query(
        "SELECT labels[1], sum(n)::int, sum(total) < 3 FROM tallies WHERE name = 'step_duration_seconds'"
        " GROUP BY 1 ORDER BY 1"
    )
    assert rows == [("failed", 1, True), ("succeeded", 6, True)]
