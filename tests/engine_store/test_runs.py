"""Starting, listing, following and cancelling runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from engine import runs, tables
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.identity import new_id
from tests.engine_store.conftest import Workspace

INPUT = {"order_id": "A-1001"}


async def test_a_started_run_is_queued_with_its_defaults_and_first_event(db: Database, workspace: Workspace):
    run = await runs.start_run(
        db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001", "amount": 250}
    )
    detail = await runs.get_run(db, workspace.admin, run.id)
    assert (run.state, run.version, run.workflow_name, run.trigger) == ("queued", 1, "refund", "manual")
    assert detail.input == {"order_id": "A-1001", "amount": 250.0, "reason": "none given"}
    assert isinstance(detail.input["amount"], float)
    assert [(event.seq, event.kind, event.data) for event in detail.events] == [
        (1, "run.accepted", {"input": detail.input})
    ]
    assert detail.view.state == "queued"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["order_id"]),
        ({"order_id": 7}, ["order_id"]),
        ({"order_id": "x", "amount": "much", "colour": 1}, ["amount", "colour"]),
        ([], [""]),
        ({"order_id": "\ud800"}, [""]),
        ({"order_id": "a\0b"}, [""]),
        ({"order_id": "x", "amount": float("nan")}, [""]),
        ({"order_id": "x" * 300_000}, [""]),
    ],
)
async def test_an_input_that_does_not_fit_names_its_fields(
    db: Database, workspace: Workspace, given: Any, fields: Any
):
    with pytest.raises(BadInput) as caught:
        await runs.start_run(db, workspace.admin, workspace.workflow_id, given)
    assert sorted(path for path, _ in caught.value.problems) == fields
    assert (await runs.list_runs(db, workspace.admin)).items == ()


async def test_a_key_makes_one_run_however_often_and_however_fast(db: Database, workspace: Workspace):
    started = await asyncio.gather(
        *(runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT, "order-7") for _ in range(20))
    )
    assert len({run.id for run in started}) == 1
    assert len(await runs.events_after(db, workspace.admin, started[0].id)) == 1


async def test_a_key_with_another_input_is_a_conflict(db: Database, workspace: Workspace):
    first = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT, "order-7")
    with pytest.raises(Conflict) as caught:
        await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-2"}, "order-7")
    assert caught.value.current.id == first.id


async def test_the_same_key_in_another_account_is_another_run(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    ours = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT, "order-7")
    theirs = await runs.start_run(db, neighbour.admin, neighbour.workflow_id, INPUT, "order-7")
    assert ours.id != theirs.id
    with pytest.raises(NotFound):
        await runs.get_run(db, workspace.admin, theirs.id)


async def test_what_is_not_published_does_not_start(db: Database, workspace: Workspace):
    bare = new_id()
    async with db.account(workspace.account_id) as session:
        session.add(tables.Workflow(id=bare, account_id=workspace.account_id, name="bare"))
    with pytest.raises(Conflict, match="not published"):
        await runs.start_run(db, workspace.admin, bare, INPUT)


async def test_the_list_is_paged_newest_first_without_gaps(db: Database, workspace: Workspace):
    made = [(await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)).id for _ in range(7)]
    seen, cursor = [], None
    for _ in range(4):
        page = await runs.list_runs(
            db, workspace.admin, workflow_id=workspace.workflow_id, cursor=cursor, limit=2
        )
        seen += [run.id for run in page.items]
        cursor = page.next
    assert (seen, cursor) == (made[::-1], None)


async def test_the_list_is_filtered_by_state(db: Database, workspace: Workspace):
    first = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    second = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    await runs.cancel_run(db, workspace.admin, first.id)

    async def ids(state: Any) -> list[Any]:
        return [run.id for run in (await runs.list_runs(db, workspace.admin, state=state)).items]

    assert await ids("cancelled") == [first.id]
    assert await ids(["queued", "running"]) == [second.id]
    for bad in ({"state": "lost"}, {"cursor": "nonsense"}, {"cursor": "e30"}):
        with pytest.raises(BadInput):
            await runs.list_runs(db, workspace.admin, **bad)


async def test_cancelling_a_queued_run_ends_it_once(db: Database, workspace: Workspace):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    first = await runs.cancel_run(db, workspace.people["operator"], run.id)
    again = await runs.cancel_run(db, workspace.people["operator"], run.id)
    assert (first.state, again) == ("cancelled", first)
    kinds = [event.kind for event in await runs.events_after(db, workspace.admin, run.id)]
    assert kinds == ["run.accepted", "run.cancelled"]


async def test_cancelling_a_running_run_asks_its_runner(db: Database, runner: Database, workspace: Workspace):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    async with runner.platform() as session:
        await session.execute(
            text("UPDATE runs SET state = 'running', epoch = 1 WHERE id = :id"), {"id": run.id}
        )
    asked = await runs.cancel_run(db, workspace.admin, run.id)
    assert (asked.state, asked.cancel_requested) == ("running", True)


async def test_cancelling_what_has_begun_leaves_the_undoing_to_a_runner(
    db: Database, runner: Database, workspace: Workspace
):
    for state in ("waiting", "needs_review"):
        run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
        async with runner.platform() as session:
            for step in ("running", state):
                await session.execute(
                    text("UPDATE runs SET state = :s, epoch = 1 WHERE id = :id"), {"s": step, "id": run.id}
                )
        asked = await runs.cancel_run(db, workspace.admin, run.id)
        assert (asked.state, asked.cancel_requested, asked.finished_at) == ("queued", True, None)
        assert asked.due_at is not None
        assert await runs.cancel_run(db, workspace.admin, run.id) == asked


async def test_a_run_that_came_into_review_after_a_cancel_can_be_cancelled_again(
    db: Database, runner: Database, workspace: Workspace
):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    async with runner.platform() as session:
        await session.execute(
            text("UPDATE runs SET state = 'running', epoch = 1 WHERE id = :id"), {"id": run.id}
        )
    await runs.cancel_run(db, workspace.admin, run.id)
    async with runner.platform() as session:
        await session.execute(text("UPDATE runs SET state = 'needs_review' WHERE id = :id"), {"id": run.id})
    assert (await runs.cancel_run(db, workspace.admin, run.id)).state == "queued"


async def test_a_run_that_is_over_cannot_be_cancelled(db: Database, runner: Database, workspace: Workspace):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    async with runner.platform() as session:
        for state in ("running", "succeeded"):
            await session.execute(
                text("UPDATE runs SET state = :s WHERE id = :id"), {"s": state, "id": run.id}
            )
    with pytest.raises(Conflict, match="succeeded"):
        await runs.cancel_run(db, workspace.admin, run.id)


async def test_following_shows_each_event_as_it_comes_and_ends_with_the_run(
    db: Database, workspace: Workspace
):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    first_seen = asyncio.Event()

    async def watch() -> list[str]:
        kinds = []
        async for event in runs.follow(db, workspace.admin, run.id):
            kinds.append(event.kind)
            first_seen.set()
        return kinds

    async with asyncio.timeout(8):
        task = asyncio.create_task(watch())
        await first_seen.wait()
        await runs.cancel_run(db, workspace.admin, run.id)
        assert await task == ["run.accepted", "run.cancelled"]


async def test_following_goes_on_after_the_database_dropped_every_connection(
    db: Database, owner: Database, workspace: Workspace
):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, INPUT)
    seen = asyncio.Event()

    async def watch() -> list[str]:
        kinds = []
        async for batch in runs.batches(db, workspace.admin, run.id, quiet_s=0.5):
            kinds += [event.kind for event in batch]
            seen.set()
        return kinds

    async with asyncio.timeout(20):
        task = asyncio.create_task(watch())
        await seen.wait()
        async with owner.platform() as session:
            await session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'weft_app'")
            )
        await runs.cancel_run(db, workspace.admin, run.id)
        assert await task == ["run.accepted", "run.cancelled"]


async def test_looking_at_a_run_is_not_starting_one(db: Database, workspace: Workspace):
    with pytest.raises(Forbidden):
        await runs.start_run(db, workspace.people["viewer"], workspace.workflow_id, INPUT)
