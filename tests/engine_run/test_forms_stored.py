"""``run``, ``wait event`` and ``escalate`` on a real database: born together, answered in one commit, not missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from dsl import plan as p
from engine import events, runs
from engine.actor import Actor
from engine.database import Database, Urls
from engine.identity import new_id
from engine.journal import Answer, ChildRequest, Entry, Fenced, Lease
from engine.runner import Runner, RunnerSettings
from engine.writer import Writer
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Witness,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    fail,
    foreach,
    hear,
    iff,
    parallel,
    pinned,
    plan,
    ret,
    run,
    template,
    until,
)


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def actor(ground: Ground) -> Actor:
    return Actor(ground.account_id, uuid4(), "o@example.com", "O", "operator", ())


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def runner(urls: Urls, witness: Witness) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), witness)
    await one.open()
    yield one
    await one.stop()


def calling(ground: Ground, child: p.Plan, *steps: p.PlanStep) -> UUID:
    """A published plan whose ``run`` steps start ``child``."""
    return ground.publish(plan(*steps, workflows=(pinned(version=str(ground.publish(child))),)))


CHILD = plan(
    call("made", key=template("made-", cel("input.n")), compensate=block(call("unmade"))),
    iff("odd", cel("input.n == 13", "input"), block(fail("unlucky", "unlucky"))),
    ret("done", cel("made.name")),
)


async def test_runs_start_runs_and_wait_for_their_ends(
    runner: Runner, ground: Ground, witness: Witness, db: Database, actor: Actor
) -> None:
    mended = catch(codes=("unlucky",), result=const("mended"))
    steps = (
        foreach(
            "each",
            const(list(range(20))),
            run("c", args={"n": cel("item")}, catches=(mended,)),
            concurrency=7,
            result=cel("c"),
        ),
        ret("done", cel("each")),
    )
    (run_id,) = ground.start(calling(ground, CHILD, *steps), {})
    await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 20)
    wanted = ["mended" if n == 13 else f"made-{n}" for n in range(20)]
    assert ground.query("SELECT output FROM runs WHERE id = %s", run_id) == [(wanted,)]
    assert {name: count for name, count in witness.effects.items() if count != 1} == {}
    children = await runs.list_runs(db, actor, parent_run_id=run_id)
    assert {(one.parent_path, one.trigger, one.parent_run_id) for one in children.items} == {
        (f"each[{n}].c", "workflow", run_id) for n in range(20)
    }
    detail = await runs.get_run(db, actor, run_id)
    step = detail.view.step("each[3].c")
    assert step is not None and UUID(step.waits[0].run_id or "") in {one.id for one in children.items}
    assert ground.query("SELECT count(*) FROM runs WHERE depth = 1 AND parent_run_id = %s", run_id) == [(20,)]


async def test_cancelling_a_run_cancels_what_it_started(
    runner: Runner, ground: Ground, witness: Witness, db: Database, actor: Actor
) -> None:
    child = plan(call("made", compensate=block(call("unmade"))), approve("sure"))
    (run_id,) = ground.start(calling(ground, child, run("c")), {})

    def states() -> list[str]:
        query = "SELECT state FROM runs WHERE id = %s OR parent_run_id = %s ORDER BY depth"
        return [state for (state,) in ground.query(query, run_id, run_id)]

    await until(lambda: states() == ["waiting", "waiting"])
    await runs.cancel_run(db, actor, run_id)
    await until(lambda: states() == ["cancelled", "cancelled"])
    assert witness.order == ["made", "made~comp.unmade"]
    assert ground.query(
        "SELECT a.state FROM approvals a JOIN runs r ON r.id = a.run_id WHERE r.parent_run_id = %s", run_id
    ) == [("cancelled",)]


async def test_a_started_run_that_somebody_cancels_fails_the_step(
    runner: Runner, ground: Ground, db: Database, actor: Actor
) -> None:
    child = plan(approve("sure"))
    handled = catch(codes=("cancelled",), result=const("gone on"))
    (run_id,) = ground.start(calling(ground, child, run("c", catches=(handled,)), ret("done", cel("c"))), {})
    query = "SELECT id FROM runs WHERE parent_run_id = %s AND state = 'waiting'"
    await until(lambda: ground.query(query, run_id) != [])
    await runs.cancel_run(db, actor, ground.query(query, run_id)[0][0])
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
    assert ground.query("SELECT output FROM runs WHERE id = %s", run_id) == [("gone on",)]


async def test_a_run_that_was_never_begun_answers_when_it_is_cancelled(
    ground: Ground, urls: Urls, db: Database, actor: Actor
) -> None:
    """No runner lives: the answer is the database's own doing, in the transaction of the cancel."""
    parent, child, writer = await _parent_and_child(ground, urls)
    await writer.park(parent, ["c"], None, {})
    await runs.cancel_run(db, actor, child)
    assert ground.states([parent.run_id]) == {"queued": 1}
    kind, path, data = ground.events(parent.run_id)[-1][1:]
    assert (kind, path, data["answer"], data["error"]["code"]) == (
        "gate.answered",
        "c",
        "finished",
        "cancelled",
    )
    await writer.close()


async def test_an_end_and_its_answer_commit_together_or_not_at_all(ground: Ground, urls: Urls) -> None:
    parent, child, writer = await _parent_and_child(ground, urls)
    await writer.park(parent, ["c"], None, {})
    with psycopg.connect(urls.runner) as connection:
        connection.execute("UPDATE runs SET state = 'running' WHERE id = %s", (child,))
        connection.execute("UPDATE runs SET state = 'succeeded', output = '7' WHERE id = %s", (child,))
        connection.rollback()
    assert ground.states([parent.run_id, child]) == {"waiting": 1, "queued": 1}
    with psycopg.connect(urls.runner) as connection:
        connection.execute("UPDATE runs SET state = 'running' WHERE id = %s", (child,))
        connection.execute("UPDATE runs SET state = 'succeeded', output = '7' WHERE id = %s", (child,))
    assert ground.states([parent.run_id, child]) == {"queued": 1, "succeeded": 1}
    assert ground.events(parent.run_id)[-1][3] == {
        "answer": "finished",
        "run_id": str(child),
        "state": "succeeded",
        "value": 7,
    }
    await writer.close()


async def test_without_the_trigger_the_parent_would_wait_for_ever(ground: Ground, urls: Urls) -> None:
    """The control: the same end with the trigger switched off."""
    parent, child, writer = await _parent_and_child(ground, urls)
    await writer.park(parent, ["c"], None, {})
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE runs DISABLE TRIGGER runs_answer_parent")
        connection.execute("UPDATE runs SET state = 'cancelled' WHERE id = %s", (child,))
        connection.execute("ALTER TABLE runs ENABLE TRIGGER runs_answer_parent")
    assert ground.states([parent.run_id]) == {"waiting": 1}
    await writer.close()


async def test_a_stale_runner_starts_nothing(ground: Ground, urls: Urls) -> None:
    parent, _, writer = await _parent_and_child(ground, urls)
    stale = replace(parent, epoch=0)
    entry = Entry("gate.opened", "d", "{}")
    with pytest.raises(Fenced):
        await writer.start_child(stale, entry, ChildRequest(new_id(), None, {}))
    with pytest.raises(Fenced):
        await writer.subscribe(stale, "e", {}, "go")
    with pytest.raises(Fenced):
        await writer.escalate(stale, "a")
    assert ground.query("SELECT count(*) FROM runs WHERE parent_run_id = %s", parent.run_id) == [(1,)]
    await writer.close()


async def test_a_version_that_is_not_there_hurts_its_own_run_only(ground: Ground, urls: Urls) -> None:
    parent, _, writer = await _parent_and_child(ground, urls)
    with pytest.raises(LookupError):
        await writer.start_child(
            parent, Entry("gate.opened", "d", "{}"), ChildRequest(new_id(), new_id(), {})
        )
    await writer.append(parent, [Entry("step.succeeded", "a", '{"result":1}')])
    assert ground.events(parent.run_id)[-1][1:3] == ("step.succeeded", "a")
    await writer.close()


async def test_a_workflow_that_runs_itself_is_stopped_at_the_depth_limit(
    runner: Runner, ground: Ground
) -> None:
    (run_id,) = ground.start(ground.publish(plan(run("again", "test"))), {})
    await until(lambda: ground.states([run_id]) == {"failed": 1}, 20)
    deep = "SELECT max(depth), count(*) FROM runs WHERE account_id = %s AND error->>'code' = 'too_deep'"
    assert ground.query(deep, ground.account_id) == [(8, 9)]


async def test_a_run_that_fails_for_good_stops_what_it_started(ground: Ground, urls: Urls) -> None:
    parent, child, writer = await _parent_and_child(ground, urls)
    ground.query("UPDATE runs SET state = 'failed' WHERE id = %s RETURNING 1", parent.run_id)
    assert ground.states([child]) == {"cancelled": 1}
    await writer.close()


async def test_events_reach_the_runs_that_wait_for_them(
    runner: Runner, ground: Ground, db: Database, actor: Actor
) -> None:
    version = ground.publish(
        plan(
            hear("paid", "payment.received", when=cel("event.id == input.id", "event", "input")),
            ret("done", cel("paid.amount")),
        )
    )
    ids = [ground.start(version, {"id": n})[0] for n in range(10)]
    await until(lambda: ground.states(ids) == {"waiting": 10})
    for n in (3, 99, *range(10)):
        await events.publish(db, actor, "payment.received", {"id": n, "amount": n * 1.5})
    await until(lambda: ground.states(ids) == {"succeeded": 10})
    assert [ground.query("SELECT output FROM runs WHERE id = %s", one)[0][0] for one in ids] == [
        n * 1.5 for n in range(10)
    ]
    assert ground.query("SELECT 1 FROM event_waits") == []


async def test_an_event_reaches_a_run_that_is_alive(
    runner: Runner, ground: Ground, witness: Witness, db: Database, actor: Actor
) -> None:
    steps = (parallel("p", hear("x", "go"), call("slow"), call("ax", after=("x",))),)
    (run_id,) = ground.start(ground.publish(plan(*steps)), {})
    release = witness.hold["p.slow"] = asyncio.Event()
    await until(lambda: ground.query("SELECT 1 FROM event_waits WHERE run_id = %s", run_id) != [])
    await events.publish(db, actor, "go", None)
    await until(lambda: witness.effects["p.ax"] == 1)
    release.set()
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})


async def test_no_event_is_missed_and_none_counts_twice_whenever_the_wait_begins(
    runner: Runner, ground: Ground, db: Database, actor: Actor
) -> None:
    """Runs subscribe, look and park while events are published without a pause: each run gets the first event that
    was published after its subscription, and none stays behind."""
    version = ground.publish(plan(hear("x", "tick"), ret("done", cel("x"))))
    ids: list[UUID] = []
    published = 0
    async with asyncio.timeout(60):
        for _ in range(12):
            ids += ground.start(version, {}, 5)
            for _ in range(4):
                published += 1
                await events.publish(db, actor, "tick", published)
        await until(lambda: set(ground.states(ids)) <= {"waiting", "succeeded"}, 20)
        await until(lambda: runner.active == 0)
        await events.publish(db, actor, "tick", published + 1)
        await until(lambda: ground.states(ids) == {"succeeded": len(ids)}, 20)
    for run_id in ids:
        (after,) = [data["after"] for _, kind, _, data in ground.events(run_id) if kind == "gate.opened"]
        assert ground.query("SELECT output FROM runs WHERE id = %s", run_id) == [(after + 1,)]


async def test_an_event_waits_for_a_subscription_that_is_being_made(ground: Ground, urls: Urls) -> None:
    """The lock: while somebody publishes, nobody subscribes; so the number that a subscription starts from is true."""
    parent, _, writer = await _parent_and_child(ground, urls)
    with psycopg.connect(ground.owner_url) as publishing:
        publishing.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"weft_events/{ground.account_id}",)
        )
        subscribing = asyncio.create_task(writer.subscribe(parent, "e", {"event": "go"}, "go"))
        done, _ = await asyncio.wait([subscribing], timeout=0.3)
        assert not done
        publishing.execute(
            "INSERT INTO events (id, account_id, seq, name, payload) VALUES (%s, %s, 1, 'go', '1')",
            (uuid4(), ground.account_id),
        )
    assert await asyncio.wait_for(subscribing, 10) == 1
    assert await writer.candidates(parent, "e", 1) == []
    await writer.close()


async def test_without_the_lock_a_wait_would_sleep_through_an_event(ground: Ground, urls: Urls) -> None:
    """The control: somebody publishes without the lock, a wait begins in the meantime, and nobody wakes it."""
    parent, _, writer = await _parent_and_child(ground, urls)
    with psycopg.connect(ground.owner_url) as publishing:
        publishing.execute(
            "INSERT INTO events (id, account_id, seq, name, payload) VALUES (%s, %s, 1, 'go', '1')",
            (uuid4(), ground.account_id),
        )
        waiting = "SELECT run_id FROM event_waits WHERE account_id = %s"
        assert publishing.execute(waiting, (ground.account_id,)).fetchall() == []
        assert await writer.subscribe(parent, "e", {"event": "go"}, "go") == 0
        assert await writer.park(parent, ["e"], None, {"e": 0}) == {}
    assert ground.states([parent.run_id]) == {"waiting": 1}
    assert [event.seq for event in await writer.candidates(parent, "e", 0)] == [1]
    await writer.close()


async def test_parking_looks_for_events_once_more(
    ground: Ground, urls: Urls, db: Database, actor: Actor
) -> None:
    """And the control: a run that parks without looking sleeps on."""
    for looks, state in ((True, "running"), (False, "waiting")):
        parent, _, writer = await _parent_and_child(ground, urls)
        after = await writer.subscribe(parent, "e", {"event": "go"}, "go")
        await events.publish(db, actor, "go", None)
        answers = await writer.park(parent, ["e"], None, {"e": after} if looks else {})
        assert {path: answer.outcome for path, answer in answers.items()} == ({"e": "look"} if looks else {})
        assert ground.states([parent.run_id]) == {state: 1}
        await writer.close()


async def test_an_approval_escalates_in_time_and_somebody_else_may_decide(
    runner: Runner, ground: Ground
) -> None:
    asked = approve(
        "gate",
        within_ms=60_000,
        escalate_after_ms=2500,
        escalate_to=p.Approver(by="role", name=const("boss")),
    )
    (run_id,) = ground.start(ground.publish(plan(asked, ret("done", cel("gate.approved")))), {})
    await until(lambda: ground.states([run_id]) == {"waiting": 1})
    row = "SELECT escalation, escalates_at IS NOT NULL, escalated_at IS NOT NULL FROM approvals WHERE run_id = %s"
    assert ground.query(row, run_id) == [({"by": "role", "name": "boss"}, True, False)]
    kinds = lambda: [kind for _, kind, _, _ in ground.events(run_id)]  # noqa: E731
    await until(lambda: "gate.escalated" in kinds())
    await until(lambda: ground.states([run_id]) == {"waiting": 1} and runner.active == 0)
    assert ground.query(row, run_id) == [({"by": "role", "name": "boss"}, True, True)]
    ground.answer(run_id, "gate")
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
    assert kinds().count("gate.escalated") == 1


async def _parent_and_child(ground: Ground, urls: Urls) -> tuple[Lease, UUID, Writer]:
    """A run held by nobody in particular, which has just started another."""
    version = ground.publish(plan(run("c", "test")))
    (run_id,) = ground.start(version, {})
    ground.query(
        "UPDATE runs SET state = 'running', lease_owner = 'me', lease_until = now() + interval '1 h', epoch = 1"
        " WHERE id = %s RETURNING 1",
        run_id,
    )
    writer = Writer(urls.runner, "me")
    await writer.open()
    lease = Lease(run_id, ground.account_id, ground.workflow_id, "me", 1)
    child = ChildRequest(new_id(), None, {"n": 1})
    data = json.dumps({"run_id": str(child.id)})
    await writer.start_child(lease, Entry("gate.opened", "c", data), child)
    assert Answer.of({"answer": "finished", "value": 1}).value == 1
    return lease, child.id, writer
