"""Many runs at once: each run again once, whatever is sent twice or dies, and nothing that nobody agreed to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from engine import bulk, runs
from engine.actor import Actor
from engine.bulk import Again, Left, Selection
from engine.database import Database, Urls
from engine.errors import BadInput, Conflict, Forbidden
from engine.forking import service
from engine.runner import Runner, RunnerSettings
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Crash, Witness, approve, block, call, cel, plan, until

FAILING = plan(
    call("book", tool="blind", honours=False, compensate=block(call("unbook"))),
    call("note", args={"id": cel("input.id", "input")}),
    call("pay", tool="bad", honours=False),
)


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
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), witness)
    await one.open()
    yield one
    await one.stop()


async def failed(ground: Ground, count: int) -> list[UUID]:
    ids = ground.start(ground.publish(FAILING), {"id": "A"}, count)
    await until(lambda: ground.states(ids) == {"failed": count})
    return ids


async def test_failed_runs_are_run_again_with_one_yes_a_tool_and_what_is_unknown_is_left_out(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    ids = await failed(ground, 4)
    lost = plan(call("send", tool="lost", honours=True), call("pay", tool="bad"))
    (unclear,) = ground.start(ground.publish(lost), {})
    await until(lambda: ground.states([unclear]) == {"failed": 1})
    chosen = Selection(workflow_id=ground.workflow_id)
    planned = await bulk.plan_retry(db, actor, chosen)
    # What was undone happens again, and so does what stands behind it.
    assert planned.again == (Again("w.blind", 4, 4, 4), Again("w.write", 4, 4, 0))
    said = "Nobody knows whether w.lost at send happened: look at it by itself."
    assert planned.left == (Left(unclear, said),) and set(planned.runs) == set(ids)
    with pytest.raises(BadInput, match=r"Nobody said yes to w\.write"):
        await bulk.start(db, actor, "retry", chosen, "k", plan=planned.hash, confirmed=["w.blind"])
    with pytest.raises(Conflict):
        await bulk.start(db, actor, "retry", chosen, "k", plan="x", confirmed=["w.blind", "w.write"])
    yes = ["w.blind", "w.write"]
    job = await bulk.start(db, actor, "retry", chosen, "k", plan=planned.hash, confirmed=yes)
    assert (job.total, job.waiting, job.left_out, job.finished_at) == (5, 4, 1, None)
    done = await bulk.carry_on(db, actor, job.id)
    assert (done.done, done.left_out, done.waiting) == (4, 1, 0) and done.finished_at is not None
    again = await bulk.start(db, actor, "retry", chosen, "k", plan="anything")
    assert again.id == job.id and (await bulk.carry_on(db, actor, job.id)).done == 4
    born = ground.query(
        "SELECT forked_from FROM runs WHERE account_id = %s AND trigger = 'replay'", ground.account_id
    )
    assert Counter(source for (source,) in born) == Counter(ids)
    other = await bulk.plan_retry(db, actor, Selection(ids=tuple(ids)))
    assert other.runs == () and {one.reason for one in other.left} == {"It was run again already."}


async def test_a_job_that_dies_between_a_run_and_its_note_makes_that_run_once(
    db: Database, runner: Runner, ground: Ground, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await failed(ground, 3)
    chosen = Selection(ids=tuple(ids))
    planned = await bulk.plan_retry(db, actor, chosen)
    yes = [one.tool for one in planned.again]
    job = await bulk.start(db, actor, "retry", chosen, "k", plan=planned.hash, confirmed=yes)
    real, count = service.fork, 0

    async def deadly(*args: Any, **rest: Any) -> Any:
        nonlocal count
        made = await real(*args, **rest)
        count += 1
        if count % 2:
            raise Crash
        return made

    monkeypatch.setattr(service, "fork", deadly)
    for _ in range(10):
        try:
            await bulk.carry_on(db, actor, job.id)
            break
        except Crash:
            continue
    monkeypatch.setattr(service, "fork", real)
    both = await asyncio.gather(*(bulk.carry_on(db, actor, job.id) for _ in range(2)))
    assert [(one.done, one.left_out) for one in both] == [(3, 0)] * 2 and count >= 3
    born = ground.query(
        "SELECT forked_from FROM runs WHERE account_id = %s AND trigger = 'replay'", ground.account_id
    )
    assert Counter(source for (source,) in born) == Counter(ids)


async def test_runs_that_go_on_are_cancelled_together(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    ids = ground.start(ground.publish(plan(approve("gate"))), {}, 5)
    await until(lambda: ground.states(ids) == {"waiting": 5})
    with pytest.raises(Forbidden):
        await bulk.start(db, replace(actor, role="approver"), "cancel", Selection(ids=tuple(ids)), "c")
    job = await bulk.start(db, actor, "cancel", Selection(states=("waiting",)), "c")
    done = await bulk.carry_on(db, actor, job.id)
    assert (done.done, done.left_out) == (5, 0)
    await until(lambda: ground.states(ids) == {"cancelled": 5})
    with pytest.raises(BadInput, match="no run to do this with"):
        await bulk.start(db, actor, "cancel", Selection(ids=tuple(ids)), "d")
    assert (await runs.get_summary(db, actor, ids[0])).state == "cancelled"


async def test_the_same_key_twenty_times_at_once_is_one_job(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    ids = ground.start(ground.publish(plan(approve("gate"))), {}, 3)
    await until(lambda: ground.states(ids) == {"waiting": 3})
    made = await asyncio.gather(
        *(bulk.start(db, actor, "cancel", Selection(ids=tuple(ids)), "one key") for _ in range(20))
    )
    assert len({job.id for job in made}) == 1 and {job.total for job in made} == {3}


async def test_at_most_a_thousand_at_once(db: Database, ground: Ground, actor: Actor) -> None:
    with pytest.raises(BadInput, match="Too many runs at once"):
        await bulk.plan_retry(db, actor, Selection(ids=tuple(uuid4() for _ in range(1001))))
