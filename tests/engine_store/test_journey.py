"""A whole refund over the HTTP API: publish, start, approve, look back; with a runner and the real connectors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from connectors import ToolDefinition
from engine import catalog, connections, runs, tables
from engine.database import Database, Urls
from engine.runner import Runner
from engine.settings import Settings
from tests.conftest import Samples
from tests.engine_store.conftest import Workspace, bearer

EXAMPLE = (Path(__file__).parents[2] / "examples" / "refund.weft").read_text()


@pytest.fixture
async def engine(urls: Urls, samples: Samples, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runner]:
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", samples.token)
    opened = Runner(urls.runner)
    await opened.open()
    yield opened
    await opened.stop()


@pytest.fixture
async def desk(
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    samples: Samples,
    engine: Runner,
) -> httpx.AsyncClient:
    """The API as the administrator, who is a manager too, with the sample connectors pinned."""
    await catalog.connect_samples(db, workspace.account_id, samples.url)
    await catalog.refresh_connectors(db, workspace.account_id)
    client.headers.update(await bearer(db, settings, workspace.admin))
    return client


async def until_waiting(db: Database, workspace: Workspace, run_id: Any) -> None:
    async for batch in runs.batches(db, workspace.admin, run_id, quiet_s=1):
        if any(event.kind == "run.waiting" for event in batch):
            return
    raise AssertionError("the run ended without waiting")


async def published(desk: httpx.AsyncClient, name: str) -> str:
    text = EXAMPLE.replace("workflow refund ", f"workflow {name} ")
    draft = (await desk.post("/workflows", json={"name": name, "text": text})).json()
    version = await desk.post(f"/workflows/{draft['workflow_id']}/publish", json={"message": "first"})
    assert version.status_code == 200, version.text
    return str(draft["workflow_id"])


async def test_a_refund_waits_for_a_manager_and_then_happens_once(
    desk: httpx.AsyncClient, db: Database, workspace: Workspace
):
    async with asyncio.timeout(40):
        workflow = await published(desk, "money_back")
        started = await desk.post(f"/workflows/{workflow}/runs", json={"input": {"order_id": "A-1001"}})
        run_id = started.json()["run_id"]
        await until_waiting(db, workspace, run_id)

        (asked,) = (await desk.get("/approvals")).json()
        (refund, *_) = asked["effects"]
        assert (refund["connector"], refund["tool"]) == ("shop", "process_refund")
        assert (refund["arguments"]["order_id"], refund["arguments"]["amount"]) == ("A-1001", 249.9)
        body = {"decision": "approve", "args_hash": asked["args_hash"]}
        assert (await desk.post(f"/approvals/{asked['id']}", json=body)).status_code == 200

        async for _ in runs.follow(db, workspace.admin, run_id):
            pass
        run = (await desk.get(f"/runs/{run_id}")).json()
    assert (run["summary"]["state"], run["output"]["status"]) == ("succeeded", "refunded")
    steps = {step["path"]: step["state"] for step in run["steps"]}
    assert {steps[path] for path in ("order", "eligibility", "gate.approval", "refund", "notify")} == {
        "succeeded"
    }
    (order,) = [o for o in (await desk.get("/orders?limit=200")).json()["orders"] if o["id"] == "A-1001"]
    assert (order["refunded"], order["total"]) == (249.9, 249.9)


async def test_a_cancelled_run_stays_cancelled_and_does_nothing(
    desk: httpx.AsyncClient, db: Database, workspace: Workspace
):
    async with asyncio.timeout(40):
        workflow = await published(desk, "money_kept")
        started = await desk.post(f"/workflows/{workflow}/runs", json={"input": {"order_id": "A-1005"}})
        run_id = started.json()["run_id"]
        await runs.cancel_run(db, workspace.admin, run_id)
        async for _ in runs.follow(db, workspace.admin, run_id):
            pass
        run = (await desk.get(f"/runs/{run_id}")).json()
    assert run["summary"]["state"] == "cancelled"
    assert "refund" not in {step["path"] for step in run["steps"]}


async def test_a_run_that_waits_is_cancelled_by_a_runner(
    desk: httpx.AsyncClient, db: Database, workspace: Workspace
):
    async with asyncio.timeout(40):
        workflow = await published(desk, "money_waits")
        started = await desk.post(f"/workflows/{workflow}/runs", json={"input": {"order_id": "A-1021"}})
        run_id = started.json()["run_id"]
        await until_waiting(db, workspace, run_id)
        asked = await runs.cancel_run(db, workspace.admin, run_id)
        assert asked.cancel_requested
        kinds = [event.kind async for event in runs.follow(db, workspace.admin, run_id)]
    assert kinds[-3:] == ["run.claimed", "gate.answered", "run.cancelled"]
    assert (await desk.get("/approvals")).json() == []


async def test_waiting_on_the_line_brings_the_result(desk: httpx.AsyncClient):
    workflow = await published(desk, "money_quick")
    answer = await desk.post(
        f"/workflows/{workflow}/runs", json={"input": {"order_id": "A-1012"}, "wait_seconds": 30}
    )
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded"), answer.text
    assert answer.json()["output"]["status"] == "refunded"


async def test_a_version_does_not_run_with_a_tool_that_was_accepted_anew_since(
    desk: httpx.AsyncClient, db: Database, workspace: Workspace
):
    text = """workflow looks {
  use shop: mcp "shop"
  step order: call shop.get_order(order_id: "A-1001")
    timeout 10s
}
"""
    made = (await desk.post("/workflows", json={"name": "looks", "text": text})).json()["workflow_id"]
    assert (await desk.post(f"/workflows/{made}/publish", json={})).status_code == 200
    async with db.account(workspace.account_id) as session:
        row = (
            await session.exec(select(tables.ConnectorRow).where(tables.ConnectorRow.name == "shop"))
        ).one()
        pin = row.pins["get_order"]
        newer = ToolDefinition.from_raw({**pin["definition"], "description": "Orders, and something else"})
        row.pins = {**row.pins, "get_order": connections.pin_of(newer)}
        session.add(row)
    answer = await desk.post(f"/workflows/{made}/runs", json={"wait_seconds": 30})
    error = answer.json()["error"]
    assert (answer.json()["state"], error["code"], error["step"]) == ("failed", "changed", "order")
    assert "publish it again" in error["message"]
