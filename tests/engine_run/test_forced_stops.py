"""Stopping to wait for a call that does not come back: said, written down, and fenced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from dsl import plan as p
from engine import audit, runs
from engine.actor import Actor
from engine.database import Database, Urls
from engine.errors import Conflict, Forbidden
from engine.forking.service import Change, fork_plan
from engine.runner import Runner, RunnerSettings
from engine.stopping import force_stop
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, approve, block, call, parallel, plan, until


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def actor(ground: Ground) -> Actor:
    return Actor(ground.account_id, uuid4(), "o@example.com", "O", "operator", ("manager",))


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def runner(urls: Urls, witness: Witness) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2, lease_s=2, drain_s=2), witness)
    await one.open()
    yield one
    for hold in witness.hold.values():
        hold.set()
    await one.stop()


def book() -> p.PlanStep:
    return call("book", tool="blind", honours=False, compensate=block(call("unbook")))


def pay() -> p.PlanStep:
    return call("pay", tool="blind", honours=False)


async def hung(ground: Ground, witness: Witness, *steps: p.PlanStep) -> UUID:
    """A run whose step ``pay`` never comes back."""
    witness.hold["pay"] = asyncio.Event()
    (run_id,) = ground.start(ground.publish(plan(*steps)), {})
    await until(lambda: any(path.endswith("pay") for path in witness.entered))
    return run_id


async def test_a_run_is_asked_to_stop_before_anybody_stops_waiting_for_it(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    run_id = await hung(ground, witness, book(), pay())
    with pytest.raises(Conflict, match="not asked to stop"):
        await force_stop(db, actor, run_id, "leave")
    with pytest.raises(Forbidden):
        await force_stop(db, replace(actor, role="builder"), run_id, "leave")
    await runs.cancel_run(db, actor, run_id)
    assert (await runs.get_summary(db, actor, run_id)).state == "running"
    ended = await force_stop(db, actor, run_id, "leave", "the bank is away")
    assert (ended.state, ended.error and ended.error["unknown"]) == ("cancelled", ["pay"])
    assert (await force_stop(db, actor, run_id, "leave")).state == "cancelled"


async def test_what_is_left_is_left_and_what_comes_back_late_is_not_heard(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    run_id = await hung(ground, witness, book(), pay())
    await runs.cancel_run(db, actor, run_id)
    await force_stop(db, actor, run_id, "leave", "the bank is away")
    before = ground.events(run_id)
    witness.hold["pay"].set()
    await until(lambda: runner.active == 0)
    assert ground.events(run_id) == before
    assert witness.effects == {"book": 1, "pay": 1}
    detail = await runs.get_run(db, actor, run_id)
    step = detail.view.step("pay")
    assert step is not None and step.state == "failed"
    assert [(q.code, q.answer, q.by, q.comment) for q in step.questions] == [
        ("stopped", "fail", "o@example.com", "the bank is away")
    ]
    admin = replace(actor, role="admin")
    said = [one for one in await audit.list_entries(db, admin) if one.action == "run.force_stop"]
    assert [(one.data["undoing"], one.data["unknown"]) for one in said] == [("leave", ["pay"])]
    planned = await fork_plan(db, actor, run_id, Change())
    assert [(e.path, e.first) for e in planned.again] == [("pay", "unknown")]
    assert [e.path for e in planned.reused] == ["book"]


async def test_what_was_done_is_undone_by_another_claim_and_what_was_in_flight_stays_unknown(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    run_id = await hung(ground, witness, book(), pay())
    await runs.cancel_run(db, actor, run_id)
    await force_stop(db, actor, run_id, "undo")
    witness.hold["pay"].set()
    await until(lambda: ground.states([run_id]) == {"cancelled": 1})
    assert witness.effects == {"book": 1, "pay": 1, "book~comp.unbook": 1}
    summary = await runs.get_summary(db, actor, run_id)
    assert summary.error is not None and summary.error["unknown"] == ["pay"]


async def test_gates_and_approvals_beside_it_end_with_the_run(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    witness.hold["p.pay"] = asyncio.Event()
    (run_id,) = ground.start(ground.publish(plan(parallel("p", pay(), approve("gate")))), {})
    opened = "SELECT count(*) FROM approvals WHERE run_id = %s AND state = 'open'"
    await until(lambda: "p.pay" in witness.entered and ground.query(opened, run_id) == [(1,)])
    await runs.cancel_run(db, actor, run_id)
    await force_stop(db, actor, run_id, "leave")
    assert ground.query(opened, run_id) == [(0,)]
    detail = await runs.get_run(db, actor, run_id)
    gate = detail.view.step("p.gate")
    assert gate is not None and gate.state == "cancelled"
