"""The dialogs that run a run again and that stop waiting for one, as their states see them."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import psycopg
import pytest

from engine import runs
from engine.forking.service import Change, fork_plan, forks_of
from engine.runner import Runner, RunnerSettings
from studio.runs.forking import ForkRun
from studio.runs.forking_dialog import StopRun
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, call, cel, plan, ret, until
from tests.studio.conftest import Tab, Workspace

SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "fails": {"type": "integer"}},
    "required": ["id", "fails"],
    "additionalProperties": False,
}
FAILING = plan(
    call("book", tool="blind", honours=False, args={"id": cel("input.id", "input")}),
    call("pay", tool="flaky", args={"fails": cel("input.fails", "input")}),
    ret("end", cel("pay.name", "pay")),
).model_copy(update={"input_schema": SCHEMA})


@pytest.fixture
def ground(workspace: Workspace, owner_url: str) -> Ground:
    ground = Ground(owner_url, workspace.owner.account_id, uuid4())
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s)",
            (ground.workflow_id, ground.account_id, f"w{ground.workflow_id.hex}"),
        )
    return ground


async def test_a_person_ticks_what_happens_again_and_the_new_run_is_shown(
    signed_in: Tab, workspace: Workspace, ground: Ground
) -> None:
    db, actor, witness = workspace.db, workspace.owner, Witness()
    runner = Runner(workspace.runner_url, RunnerSettings(poll_s=0.2), witness)
    await runner.open()
    try:
        (first,) = ground.start(ground.publish(FAILING), {"id": "A", "fails": 1})
        await until(lambda: ground.states([first]) == {"failed": 1})
        await signed_in.send(ForkRun.ask(str(first), ""))
        page = await signed_in.state(ForkRun)
        assert (page.open, page.busy, page.message, page.stage) == (True, False, "", "plan")
        assert [each["path"] for each in page.steps] == ["book", "pay"]
        assert page.plan["again"] == [] and [e["path"] for e in page.plan["reused"]] == ["book"]

        await signed_in.send(ForkRun.choose("book", page.version))
        page = await signed_in.state(ForkRun)
        assert [(e["path"], e["first"]) for e in page.plan["again"]] == [("book", "did")]
        await signed_in.send(ForkRun.start(page.plan["hash"], []))
        page = await signed_in.state(ForkRun)
        assert "nobody said yes" in page.message and page.open and not page.busy
        assert await forks_of(db, actor, first) == ()
        await signed_in.send(ForkRun.start(page.plan["hash"], ["book"]))
        (made,) = await forks_of(db, actor, first)
        assert signed_in.redirects[-1] == f"/runs/{made.id}"
        await until(lambda: ground.states([made.id]) == {"succeeded": 1})
        assert witness.effects["book"] == 2
    finally:
        await runner.stop()


async def test_another_input_is_checked_and_what_it_touches_runs_again(
    signed_in: Tab, workspace: Workspace, ground: Ground
) -> None:
    runner = Runner(workspace.runner_url, RunnerSettings(poll_s=0.2), Witness())
    await runner.open()
    try:
        (first,) = ground.start(ground.publish(FAILING), {"id": "A", "fails": 9})
        await until(lambda: ground.states([first]) == {"failed": 1})
    finally:
        await runner.stop()
    await signed_in.send(ForkRun.ask_input(str(first)))
    page = await signed_in.state(ForkRun)
    assert (page.open, page.stage) == (True, "form")
    assert page.schema["properties"]["id"]["default"] == "A"
    await signed_in.send(ForkRun.take_input({"id": "A", "fails": "many"}))
    page = await signed_in.state(ForkRun)
    assert page.stage == "form" and [each["path"] for each in page.problems] == ["fails"]
    await signed_in.send(ForkRun.take_input({"id": "A", "fails": 0}))
    page = await signed_in.state(ForkRun)
    assert (page.open, page.stage, page.problems) == (True, "plan", [])
    assert [e["path"] for e in page.plan["reused"]] == ["book"] and page.plan["again"] == []
    wish = Change(input={"id": "A", "fails": 0})
    assert (await fork_plan(workspace.db, workspace.owner, first, wish)).hash == page.plan["hash"]


async def test_a_run_that_does_not_stop_is_left_by_force(
    signed_in: Tab, workspace: Workspace, ground: Ground
) -> None:
    db, actor, witness = workspace.db, workspace.owner, Witness()
    witness.hold["book"] = asyncio.Event()
    runner = Runner(workspace.runner_url, RunnerSettings(poll_s=0.2, drain_s=1), witness)
    await runner.open()
    try:
        (run_id,) = ground.start(ground.publish(FAILING), {"id": "A", "fails": 0})
        await until(lambda: "book" in witness.entered)
        await signed_in.send(StopRun.ask(str(run_id)))
        await signed_in.send(StopRun.choose("leave"))
        await signed_in.send(StopRun.stop())
        page = await signed_in.state(StopRun)
        assert page.open and "not asked to stop" in page.message
        await runs.cancel_run(db, actor, run_id)
        await signed_in.send(StopRun.stop())
        assert not (await signed_in.state(StopRun)).open
        assert (await runs.get_summary(db, actor, run_id)).state == "cancelled"
    finally:
        witness.hold["book"].set()
        await runner.stop()
