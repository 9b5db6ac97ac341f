"""Handlers of the pages against a real database: what a person does, and what the page holds afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from engine import approvals, connections, limits, policy, runs, workflows
from engine.database import Database
from engine.identity import new_id
from engine.tables import Approval
from studio.approvals import History, Inbox
from studio.approvals import state as inbox
from studio.connectors import ConnectorList
from studio.runs import RunDialogs, RunList, RunPage, StartRun, detail
from studio.runs.comparing import Comparison
from studio.sample import SampleBusiness
from studio.shell.state import Shell
from studio.workflows import WorkflowList
from tests.conftest import Samples
from tests.studio.conftest import Tab, Workspace

REFUND = (Path(__file__).resolve().parents[2] / "examples" / "refund.weft").read_text()


@pytest.fixture
async def refund(workspace: Workspace, samples: Samples, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """The sample connectors are pinned and the refund workflow is live."""
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", samples.token)
    db, actor = workspace.db, workspace.owner
    await connections.connect_samples(db, actor.account_id, samples.url)
    await connections.refresh(db, actor)
    for known in await workflows.list_workflows(db, actor):
        if known.name == "refund" and known.live_version:
            return known.id
    draft = await workflows.create_workflow(db, actor, "Refund an order", REFUND)
    await workflows.publish(db, actor, draft.workflow_id, "first")
    return draft.workflow_id


async def test_the_frame_shows_who_where_and_how_the_engine_is(signed_in: Tab) -> None:
    await signed_in.send(Shell.load())
    shell = await signed_in.state(Shell)
    assert (shell.email, shell.workspace, shell.role, shell.ready) == (
        "owner@weft.local",
        "Sample workspace",
        "admin",
        True,
    )
    assert shell.engine in ("starting", "down")


async def test_a_described_workflow_opens_the_editor_with_its_sentence(signed_in: Tab) -> None:
    await signed_in.send(WorkflowList.create({"sentence": "Send a report & count 100%", "name": ""}))
    [address] = signed_in.redirects
    assert address.startswith("/workflows/")
    assert address.endswith("?ask=Send%20a%20report%20%26%20count%20100%25")
    await signed_in.send(WorkflowList.create({"sentence": "Send a report & count 100%", "name": ""}))
    await signed_in.send(WorkflowList.load())
    titles = {each.title for each in (await signed_in.state(WorkflowList)).rows}
    assert {"Send report & count 100%", "Send report & count 100% 2"} <= titles


async def test_a_name_that_is_taken_is_said_in_the_dialog(signed_in: Tab) -> None:
    await signed_in.send(WorkflowList.create({"sentence": "", "name": "Weekly report"}))
    await signed_in.send(WorkflowList.create({"sentence": "", "name": "Weekly report"}))
    listed = await signed_in.state(WorkflowList)
    assert "already" in listed.problem
    assert not listed.creating


async def test_an_empty_dialog_asks_for_something(signed_in: Tab) -> None:
    await signed_in.send(WorkflowList.create({"sentence": "  ", "name": ""}))
    assert (await signed_in.state(WorkflowList)).problem.startswith("Describe")
    assert signed_in.redirects == []


async def test_the_start_form_comes_from_the_live_version_in_the_order_of_its_text(
    signed_in: Tab, refund: UUID
) -> None:
    await signed_in.send(StartRun.ask(str(refund)))
    form = await signed_in.state(StartRun)
    assert (form.open, form.version) == (True, "v1")
    assert list(form.schema["properties"]) == ["order_id", "reason"]
    assert form.schema["properties"]["reason"]["default"] == "requested by the customer"
    assert form.schema["required"] == ["order_id"]


async def test_input_that_does_not_fit_is_said_at_its_field(signed_in: Tab, refund: UUID) -> None:
    await signed_in.send(StartRun.ask(str(refund)))
    await signed_in.send(StartRun.start({"order_id": 7}))
    form = await signed_in.state(StartRun)
    assert [each["path"] for each in form.problems] == ["order_id"]
    assert (form.open, form.busy) == (True, False)


async def test_a_full_queue_is_said_in_the_form_which_stays_open_and_works_later(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    await limits.set_account_limits(workspace.db, workspace.owner, limits.AccountLimits(max_queued=1))
    first = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1001"})
    await signed_in.send(StartRun.ask(str(refund)))
    await signed_in.send(StartRun.start({"order_id": "A-1002"}))
    form = await signed_in.state(StartRun)
    assert (form.open, form.busy, form.problems, signed_in.redirects) == (True, False, [], [])
    assert form.message.startswith("The queue is full: 1 run may wait") and "Try again" in form.message
    await runs.cancel_run(workspace.db, workspace.owner, first.id)
    await limits.set_account_limits(workspace.db, workspace.owner, limits.AccountLimits())
    await signed_in.send(StartRun.start({"order_id": "A-1002"}))
    assert len(signed_in.redirects) == 1


async def test_one_opened_form_starts_one_run_however_often_it_is_sent(signed_in: Tab, refund: UUID) -> None:
    await signed_in.send(StartRun.ask(str(refund)))
    await signed_in.send(StartRun.start({"order_id": "A-1001"}))
    await signed_in.send(StartRun.start({"order_id": "A-1001"}))
    assert len(set(signed_in.redirects)) == 1
    assert signed_in.redirects[0].startswith("/runs/")


async def test_runs_are_listed_filtered_and_paged(signed_in: Tab, workspace: Workspace, refund: UUID) -> None:
    many = [runs.NewRun({"order_id": "A-1002"}) for _ in range(60)]
    await runs.start_runs(workspace.db, workspace.owner, refund, many)
    await signed_in.send(RunList.load())
    listed = await signed_in.state(RunList)
    assert (len(listed.shown()), listed.patches[-1]["rest"]["more"]) == (50, True)
    await signed_in.send(RunList.load_more())
    shown = (await signed_in.state(RunList)).shown()
    assert len(shown) == len({each.id for each in shown}) >= 60
    await signed_in.send(RunList.ask({"state": "succeeded"}))
    listed = await signed_in.state(RunList)
    assert (listed.shown(), listed.empty, listed.patches[-1]["rest"]["count"]) == ((), True, "0")
    await signed_in.send(RunList.ask({"state": "no such state"}))
    assert (await signed_in.state(RunList)).asked == {"state": "succeeded"}


async def test_a_refresh_sends_what_changed_and_nothing_when_nothing_did(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    run = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1003"})
    await signed_in.send(RunList.load())
    before = (await signed_in.state(RunList)).patches[-1]
    await signed_in.send(RunList.refresh())
    assert (await signed_in.state(RunList)).patches[-1] == before
    await signed_in.send(RunList.bulk("cancel", [str(run.id)]))
    after = (await signed_in.state(RunList)).patches[-1]
    assert (after["rev"], after["order"], list(after["rows"])) == (before["rev"] + 1, None, [str(run.id)])
    assert after["rows"][str(run.id)]["state"] == "cancelled"


async def test_a_view_is_kept_with_its_filter(signed_in: Tab, refund: UUID) -> None:
    await signed_in.send(RunList.load())
    await signed_in.send(RunList.ask({"state": "failed,timed_out", "span": "24h"}))
    await signed_in.send(RunList.keep("What went wrong", True))
    [kept] = (await signed_in.state(RunList)).kept
    assert (kept["name"], kept["asked"]["state"], kept["shared"], kept["mine"]) == (
        "What went wrong",
        "failed,timed_out",
        True,
        True,
    )
    await signed_in.send(RunList.forget(kept["key"]))
    assert (await signed_in.state(RunList)).kept == []


async def test_a_run_is_shown_and_cancelled(signed_in: Tab, workspace: Workspace, refund: UUID) -> None:
    run = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1001"})
    signed_in.url = f"http://localhost:3000/runs/{run.id}"
    async with asyncio.timeout(30):
        loading = asyncio.create_task(signed_in.send(RunPage.load()))
        while not (page := await signed_in.state(RunPage)).run.id:
            await asyncio.wait([loading], timeout=0.05)
    assert (page.run.state, page.run.live, page.given["order_id"]) == ("queued", True, "A-1001")
    assert {"order", "eligibility"} <= {node["id"] for node in page.graph["nodes"]}
    await signed_in.send(RunPage.cancel())
    page = await signed_in.state(RunPage)
    assert (page.run.state, page.run.live) == ("cancelled", False)
    async with asyncio.timeout(30):
        await loading  # following ends with the run


async def test_a_run_that_is_not_there_says_so(signed_in: Tab) -> None:
    for wrong in (str(new_id()), "not-an-id"):
        signed_in.url = f"http://localhost:3000/runs/{wrong}"
        await signed_in.send(RunPage.load())
        assert (await signed_in.state(RunPage)).missing


async def open_approval(
    workspace: Workspace, refund: UUID, others: Sequence[Approval] = (), age: timedelta = timedelta(0)
) -> Approval:
    """``others``: of the same run, put there along with it."""
    run = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1001"})
    row = Approval(
        account_id=workspace.owner.account_id,
        run_id=run.id,
        workflow_id=refund,
        path="gate.approval",
        step_id="approval",
        title="Refund 249.90 EUR?",
        effects=[
            {
                "path": "refund",
                "connector": "shop",
                "tool": "process_refund",
                "arguments": {"amount": 249.9},
                "pending": [],
            }
        ],
        shown={"order": {"id": "A-1001"}},
        approvers=[{"by": "role", "name": "manager"}],
        args_hash="ab" * 32,
        decisions=[],
        created_at=datetime.now(UTC) - age,
    )
    runner = await Database.open(workspace.runner_url)
    try:
        async with runner.account(workspace.owner) as session:  # only a runner may open one
            session.add(row)
            same = {name: getattr(row, name) for name in ("account_id", "run_id", "workflow_id", "step_id")}
            for number, other in enumerate(others):
                rest = {
                    "path": f"gate.{number}",
                    "args_hash": "x",
                    "effects": [],
                    "shown": {},
                    "decisions": [],
                }
                for name, value in (same | rest | {"approvers": other.approvers or []}).items():
                    setattr(other, name, value)
                session.add(other)
    finally:
        await runner.close()
    return row


async def test_an_approval_shows_what_would_happen_and_is_decided_once(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    row = await open_approval(workspace, refund)
    await signed_in.send(Inbox.load())
    card = next(each for each in (await signed_in.state(Inbox)).mine if each.id == str(row.id))
    assert (card.title, card.asked_by, card.approvers, card.refusal) == (
        "Refund 249.90 EUR?",
        "Owner",
        "role manager",
        "",
    )
    assert [(each.tool, each.arguments) for each in card.effects] == [
        ("shop.process_refund", {"amount": 249.9})
    ]
    await signed_in.send(Inbox.decide(str(row.id), row.args_hash, "approve", "fine"))
    await signed_in.send(Inbox.decide(str(row.id), row.args_hash, "approve", "again"))
    decided = await approvals.get(workspace.db, workspace.owner, row.id)
    assert (decided.state, [said["comment"] for said in decided.decisions]) == ("approved", ["fine"])
    await signed_in.send(Inbox.show("history"))
    assert str(row.id) in [each.id for each in (await signed_in.state(History)).rows]


async def test_what_waits_for_the_reader_is_first_however_many_newer_ones_wait_for_others(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    others = [Approval(approvers=[{"by": "role", "name": "nobody"}]) for _ in range(inbox.MOST)]
    row = await open_approval(workspace, refund, others, timedelta(days=1))
    await signed_in.send(Inbox.load())
    shown = await signed_in.state(Inbox)
    assert (str(row.id) in [each.id for each in shown.mine], len(shown.others)) == (True, inbox.MOST)
    await runs.cancel_run(workspace.db, workspace.owner, row.run_id)


async def test_older_decisions_follow_to_the_microsecond(
    signed_in: Tab, workspace: Workspace, refund: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC).replace(microsecond=999_000) + timedelta(hours=1)
    closed = [
        Approval(state="rejected", created_at=at + timedelta(microseconds=n), decided_at=at) for n in range(3)
    ]
    row = await open_approval(workspace, refund, closed)
    monkeypatch.setattr("studio.approvals.history.PAGE", 1)
    await signed_in.send(History.load())
    for _ in range(2):
        await signed_in.send(History.older())
    shown = [each.id for each in (await signed_in.state(History)).rows]
    assert shown == [str(one.id) for one in reversed(closed)]
    await runs.cancel_run(workspace.db, workspace.owner, row.run_id)


async def test_only_what_the_page_showed_can_be_approved(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    row = await open_approval(workspace, refund)
    await signed_in.send(Inbox.decide(str(row.id), row.args_hash, "approve", ""))
    assert (await approvals.get(workspace.db, workspace.owner, row.id)).state == "open"


async def test_connectors_show_health_and_pins(signed_in: Tab, refund: UUID) -> None:
    await signed_in.send(ConnectorList.load())
    listed = {each.name: each for each in (await signed_in.state(ConnectorList)).rows}
    assert {name: each.health for name, each in listed.items()} == {"shop": "ok", "mail": "ok", "http": "ok"}
    tools = {each.name: each for each in listed["shop"].tools}
    assert (tools["process_refund"].effect, tools["get_order"].effect) == ("write", "read")
    assert all(each.state == "pinned" and len(each.sha256) == 64 for each in tools.values())


async def test_an_administrator_says_what_a_tool_may_do(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    await signed_in.send(ConnectorList.load())
    await signed_in.send(ConnectorList.edit("http.request"))
    asked = await signed_in.state(ConnectorList)
    assert (asked.editing, asked.said_does) == ("http.request", ["delete", "money", "send", "write"])
    assert "url" in asked.said_arguments and "manager" in [each.words for each in asked.said_roles]
    await signed_in.send(ConnectorList.save({"approval": "bounded", "amount": ""}))
    asked = await signed_in.state(ConnectorList)
    assert asked.problem.startswith("Say which argument is the amount") and asked.editing
    await signed_in.send(ConnectorList.save({"does_send": "yes", "approval": "free"}))
    after = await signed_in.state(ConnectorList)
    (request,) = [tool for row in after.rows for tool in row.tools if tool.full_name == "http.request"]
    assert (after.editing, [mark.words for mark in request.marks]) == ("", ["sends outside"])
    rule = (await policy.get_policy(workspace.db, workspace.owner)).rules[-1]
    assert (rule.tool, rule.does, rule.approval) == ("http.request", ("send",), "free")


async def test_the_sample_business_is_read_through_its_connectors(signed_in: Tab, refund: UUID) -> None:
    await signed_in.send(SampleBusiness.load())
    sample = await signed_in.state(SampleBusiness)
    assert (sample.message, sample.loaded, sample.reading) == ("", True, False)
    assert "249.90 EUR" in {each.total for each in sample.orders}


async def test_a_run_is_compared_with_another_of_its_workflow(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    first = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1001"})
    second = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1002"})
    for run in (first, second):
        await runs.cancel_run(workspace.db, workspace.owner, run.id)
    signed_in.url = f"http://localhost:3000/runs/{first.id}"
    await signed_in.send(RunPage.load())
    await signed_in.send(Comparison.ask())
    offered = (await signed_in.state(Comparison)).offered
    assert str(second.id) in {each.id for each in offered} and str(first.id) not in {
        each.id for each in offered
    }
    await signed_in.send(Comparison.choose(str(second.id)))
    found = await signed_in.state(Comparison)
    assert found.given == [{"where": "input.order_id", "left": '"A-1001"', "right": '"A-1002"'}]
    assert (found.rows, found.differing, found.message) == ([], 0, "")
    # It stays open while its run is looked at, and is no dialog of another run.
    await signed_in.send(RunDialogs.arrive())
    assert (await signed_in.state(Comparison)).open
    signed_in.url = f"http://localhost:3000/runs/{second.id}"
    await signed_in.send(RunDialogs.arrive())
    assert not (await signed_in.state(Comparison)).open


async def test_a_link_to_a_step_that_is_not_there_shows_the_run(
    signed_in: Tab, workspace: Workspace, refund: UUID
) -> None:
    run = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1001"})
    await runs.cancel_run(workspace.db, workspace.owner, run.id)
    signed_in.url = f"http://localhost:3000/runs/{run.id}?step=no.such.step"
    await signed_in.send(RunPage.load())
    page = await signed_in.state(RunPage)
    assert (page.run.id, page.step, page.detail, page.missing) == (str(run.id), "", {}, False)


async def test_a_page_that_nobody_looks_at_is_not_followed_until_it_is_heard_again(
    signed_in: Tab, workspace: Workspace, refund: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail, "SILENT_S", -1.0)
    run = await runs.start_run(workspace.db, workspace.owner, refund, {"order_id": "A-1001"})
    signed_in.url = f"http://localhost:3000/runs/{run.id}"
    async with asyncio.timeout(30):
        await signed_in.send(RunPage.load())  # ends by itself, although the run goes on
    assert (await signed_in.state(RunPage)).run.live
    monkeypatch.setattr(detail, "SILENT_S", 60.0)
    async with asyncio.timeout(30):
        following = asyncio.create_task(signed_in.send(RunPage.beat()))
        await runs.cancel_run(workspace.db, workspace.owner, run.id)
        await following  # it follows again, and ends with the run
    assert (await signed_in.state(RunPage)).run.state == "cancelled"
