"""Many failed runs run again from the list, and what is started when a run fails, as the pages' states see them."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg
import pytest

from engine.rescuing import setting
from engine.runner import Runner, RunnerSettings
from studio.runs.bulk_retry import BulkRetry
from studio.runs.rescue import RescueForm
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, block, call, const, plan, ret, until
from tests.studio.conftest import Tab, Workspace

FAILING = plan(
    call("book", tool="blind", honours=False, compensate=block(call("unbook"))), call("pay", tool="bad")
)


@pytest.fixture
def ground(workspace: Workspace, owner_url: str) -> Ground:
    ground = Ground(owner_url, workspace.owner.account_id, uuid4())
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s)",
            (ground.workflow_id, ground.account_id, f"w{ground.workflow_id.hex}"),
        )
    return ground


async def test_failed_runs_are_run_again_together_with_a_yes_a_tool(
    signed_in: Tab, workspace: Workspace, ground: Ground
) -> None:
    witness = Witness()
    runner = Runner(workspace.runner_url, RunnerSettings(poll_s=0.2), witness)
    await runner.open()
    try:
        ids = ground.start(ground.publish(FAILING), {}, 3)
        await until(lambda: ground.states(ids) == {"failed": 3})
        await signed_in.send(BulkRetry.ask("retry", [*map(str, ids), str(uuid4())]))
        page = await signed_in.state(BulkRetry)
        assert (page.open, page.plan["runs"], len(page.plan["left"])) == (True, 3, 1)
        assert [(one["tool"], one["effects"]) for one in page.plan["again"]] == [("w.blind", 3)]
        await signed_in.send(BulkRetry.start(page.plan["hash"], []))
        assert "Nobody said yes to w.blind" in (await signed_in.state(BulkRetry)).message
        await signed_in.send(BulkRetry.start(page.plan["hash"], ["w.blind"]))
        async with asyncio.timeout(30):
            while not (page := await signed_in.state(BulkRetry)).job.get("over"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert (page.job["done"], page.job["total"], page.message) == (3, 3, "")
        await until(lambda: witness.effects["book"] == 6)
    finally:
        await runner.stop()


async def test_the_error_workflow_is_set_and_what_does_not_fit_is_said(
    signed_in: Tab, workspace: Workspace, ground: Ground
) -> None:
    version = ground.publish(plan(ret("end", const(1))))
    live = "UPDATE workflows SET live_version_id = %s WHERE id = %s RETURNING 1"
    ground.query(live, version, ground.workflow_id)
    await signed_in.send(RescueForm.load())
    page = await signed_in.state(RescueForm)
    assert page.said == "When a run fails, nothing else is started." and page.may_change
    await signed_in.send(RescueForm.ask())
    assert (await signed_in.state(RescueForm)).open
    await signed_in.send(RescueForm.choose(str(ground.workflow_id)))
    await signed_in.send(RescueForm.tick("failed", False))
    await signed_in.send(RescueForm.tick("timed_out", False))
    await signed_in.send(RescueForm.save())
    page = await signed_in.state(RescueForm)
    assert page.open and "Not states" in page.message
    await signed_in.send(RescueForm.tick("failed", True))
    await signed_in.send(RescueForm.save())
    page = await signed_in.state(RescueForm)
    assert not page.open and page.said.startswith("When a run is failed")
    found = await setting.get(workspace.db, workspace.owner)
    assert found is not None and found.states == ("failed",)
    await signed_in.send(RescueForm.choose(""))
    await signed_in.send(RescueForm.save())
    assert await setting.get(workspace.db, workspace.owner) is None
