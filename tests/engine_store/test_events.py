"""Publishing events: stored once, numbered in the order of their commits, and told to whoever waits."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from engine import events, runs
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden
from engine.settings import Settings
from tests.engine_store.conftest import Workspace, bearer


@pytest.fixture
def listening(db: Database, runner: Database, workspace: Workspace) -> Any:
    """Makes a run that waits (or runs, or is queued) with a subscription."""

    async def make(name: str, state: str = "waiting", whose: Workspace | None = None) -> UUID:
        owner = whose or workspace
        run = await runs.start_run(db, owner.people["operator"], owner.workflow_id, {"order_id": "A-1001"})
        async with runner.platform() as session:
            for step in ("running", state) if state != "queued" else ():
                await session.execute(
                    text("UPDATE runs SET state = :state, due_at = NULL WHERE id = :id"),
                    {"id": run.id, "state": step},
                )
            await session.execute(
                text(
                    "INSERT INTO event_waits (run_id, path, account_id, name, seen)"
                    " VALUES (:id, 'w', :account, :name, 0)"
                ),
                {"id": run.id, "account": owner.account_id, "name": name},
            )
        return run.id

    return make


async def test_an_event_wakes_those_who_wait_for_its_name_and_nobody_else(
    db: Database, workspace: Workspace, neighbour: Workspace, listening: Any
):
    waiting, running = await listening("paid"), await listening("paid", "running")
    other, foreign = await listening("shipped"), await listening("paid", whose=neighbour)
    event = await events.publish(db, workspace.people["operator"], "paid", {"n": 1.5})
    assert (event.seq, event.name, event.payload, event.told) == (1, "paid", {"n": 1.5}, 2)
    states = {
        run: (await runs.get_summary(db, workspace.admin, run)).state for run in (waiting, running, other)
    }
    assert states == {waiting: "queued", running: "running", other: "waiting"}
    assert (await runs.get_summary(db, neighbour.admin, foreign)).state == "waiting"


async def test_twenty_events_at_a_barrier_are_numbered_without_a_gap(db: Database, workspace: Workspace):
    barrier = asyncio.Barrier(8)

    async def one(number: int) -> int:
        await barrier.wait()
        return (await events.publish(db, workspace.admin, "many", number)).seq

    assert sorted(await asyncio.gather(*(one(number) for number in range(8)))) == list(range(1, 9))


async def test_one_key_is_one_event(db: Database, workspace: Workspace, neighbour: Workspace, listening: Any):
    await listening("paid")
    said = [await events.publish(db, workspace.admin, "paid", {"n": 1}, "key-1") for _ in range(2)]
    assert (said[0].id, said[0].told, said[1].told) == (said[1].id, 1, 0)
    with pytest.raises(Conflict, match="another event") as conflict:
        await events.publish(db, workspace.admin, "paid", {"n": 2}, "key-1")
    assert conflict.value.current.id == said[0].id
    assert (await events.publish(db, neighbour.admin, "paid", {"n": 2}, "key-1")).id != said[0].id


@pytest.mark.parametrize(
    ("name", "payload", "field"),
    [
        (" ", 1, "name"),
        ("x" * 201, 1, "name"),
        ("a\0b", 1, "name"),
        ("ok", float("nan"), "payload"),
        ("ok", "\0", "payload"),
        ("ok", "x" * 300_000, "payload"),
    ],
)
async def test_what_does_not_fit_is_refused(
    db: Database, workspace: Workspace, name: str, payload: Any, field: str
):
    with pytest.raises(BadInput) as refused:
        await events.publish(db, workspace.admin, name, payload)
    assert [problem[0] for problem in refused.value.problems] == [field]


@pytest.mark.parametrize("role", ["viewer", "approver"])
async def test_only_roles_that_start_runs_publish_events(db: Database, workspace: Workspace, role: str):
    with pytest.raises(Forbidden):
        await events.publish(db, workspace.people[role], "paid", None)


async def test_the_route_publishes_and_says_so(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    body = {"name": "paid", "payload": {"n": 1}, "idempotency_key": "k"}
    assert (await client.post("/events", json=body)).status_code == 401
    viewer = await bearer(db, settings, workspace.people["viewer"])
    assert (await client.post("/events", json=body, headers=viewer)).status_code == 403
    operator = await bearer(db, settings, workspace.people["operator"])
    answer = await client.post("/events", json=body, headers=operator)
    assert answer.status_code == 201
    assert {**answer.json(), "id": "", "at": ""} == {
        "id": "", "at": "", "seq": 1, "name": "paid", "payload": {"n": 1}, "told": 0, "fires": 0,
    }  # fmt: skip
    changed = await client.post("/events", json={**body, "payload": 2}, headers=operator)
    assert changed.status_code == 409
