"""Drafts, publishing and versions, against the real sample connectors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine import audit, catalog, conversations, drafts, proposals, runs, versions, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound, Rejected
from engine.tables import ConnectorRow
from tests.conftest import Samples
from tests.engine_store.conftest import Workspace

EXAMPLE = (Path(__file__).parents[2] / "examples" / "refund.weft").read_text()
NAMED = EXAMPLE.replace("workflow refund ", "workflow money_back ")


@pytest.fixture
async def builder(
    db: Database, workspace: Workspace, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> Actor:
    """In a workspace that has the sample connectors."""
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", samples.token)
    await catalog.connect_samples(db, workspace.account_id, samples.url)
    await catalog.refresh_connectors(db, workspace.account_id)
    return workspace.people["builder"]


async def test_the_first_look_at_trusted_connectors_pins_their_tools(db: Database, builder: Actor):
    views = {view.name: view for view in await catalog.list_connectors(db, builder)}
    assert {name: view.health for name, view in views.items()} == {"shop": "ok", "mail": "ok", "http": "ok"}
    effects = {tool.name: (tool.effect, tool.idempotent, tool.state) for tool in views["shop"].tools}
    assert effects["get_order"][0] == "read"
    assert effects["process_refund"] == ("write", True, "pinned")
    known = await catalog.catalog(db, builder)
    tool = known.tool("shop", "process_refund")
    assert tool is not None and len(tool.pin) == 64
    assert known.roles is not None and known.roles >= {"manager", "support"}


async def test_publishing_makes_a_version_that_runs_start_from(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    assert (draft.name, draft.title, draft.live_version) == ("money_back", "Money back", None)
    version = await workflows.publish(db, builder, draft.workflow_id, "first")
    assert (version.number, version.text, len(version.content_hash)) == (1, NAMED, 64)
    assert {pin["tool"] for pin in version.pins} >= {"get_order", "process_refund", "send"}
    assert await versions.get_version(db, builder, version.id) == version
    run = await runs.start_run(db, builder, draft.workflow_id, {"order_id": "A-1001"})
    assert (run.version_id, run.version) == (version.id, 1)
    detail = await runs.get_run(db, builder, run.id)
    assert (detail.input["reason"], detail.plan) == ("requested by the customer", version.plan)


async def test_publishing_the_same_text_again_makes_no_new_version(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    first = await workflows.publish(db, builder, draft.workflow_id)
    assert await workflows.publish(db, builder, draft.workflow_id, "again") == first
    changed = NAMED.replace("100", "200", 1)
    saved = await workflows.save_draft(db, builder, draft.workflow_id, changed, draft.revision)
    second = await workflows.publish(db, builder, saved.workflow_id)
    assert (second.number, second.content_hash != first.content_hash) == (2, True)
    listed = await workflows.list_versions(db, builder, draft.workflow_id)
    assert [(summary.number, summary.live) for summary in listed] == [(2, True), (1, False)]


async def test_publishing_at_the_same_time_makes_one_version(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    made = await asyncio.gather(*(workflows.publish(db, builder, draft.workflow_id) for _ in range(8)))
    assert {version.number for version in made} == {1}


async def test_a_text_with_errors_is_refused_with_all_of_them(db: Database, builder: Actor):
    broken = NAMED.replace("shop.get_order", "shop.fetch_order")
    draft = await workflows.create_workflow(db, builder, "Money back", broken)
    with pytest.raises(Rejected) as caught:
        await workflows.publish(db, builder, draft.workflow_id)
    assert "E106" in {diagnostic.code for diagnostic in caught.value.diagnostics}
    assert await workflows.list_versions(db, builder, draft.workflow_id) == ()
    with pytest.raises(Conflict, match="not published"):
        await runs.start_run(db, builder, draft.workflow_id, {"order_id": "A-1001"})


async def test_publishing_tells_listeners_and_the_audit_log(
    db: Database, builder: Actor, workspace: Workspace
):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    async with db.notices.subscribe("weft_versions") as notices:
        version = await workflows.publish(db, builder, draft.workflow_id)
        assert await notices.wait(5)
    newest = (await audit.list_entries(db, workspace.admin, limit=1))[0]
    assert (newest.action, newest.data["content_hash"]) == ("version.publish", version.content_hash)


async def test_a_name_belongs_to_one_workflow(db: Database, builder: Actor):
    await workflows.create_workflow(db, builder, "Money back", NAMED)
    with pytest.raises(Conflict, match="money_back"):
        await workflows.create_workflow(db, builder, "Something else", NAMED)
    other = await workflows.create_workflow(db, builder, "Something else")
    assert other.name == "something_else"
    await workflows.save_draft(db, builder, other.workflow_id, NAMED, other.revision)
    with pytest.raises(Conflict, match="name"):
        await workflows.publish(db, builder, other.workflow_id)


async def test_an_archived_workflow_starts_nothing(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    await workflows.publish(db, builder, draft.workflow_id)
    await workflows.archive(db, builder, draft.workflow_id)
    assert draft.workflow_id not in {summary.id for summary in await workflows.list_workflows(db, builder)}
    for attempt in (
        runs.start_run(db, builder, draft.workflow_id, {"order_id": "A-1001"}),
        workflows.publish(db, builder, draft.workflow_id),
    ):
        with pytest.raises(Conflict, match="archived"):
            await attempt


async def test_an_archived_workflow_can_be_taken_back_as_it_was(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    await workflows.publish(db, builder, draft.workflow_id)
    await workflows.archive(db, builder, draft.workflow_id)
    await workflows.unarchive(db, builder, draft.workflow_id)
    (summary,) = [s for s in await workflows.list_workflows(db, builder) if s.id == draft.workflow_id]
    assert (summary.live_version, summary.archived) == (1, False)
    await runs.start_run(db, builder, draft.workflow_id, {"order_id": "A-1001"})


async def test_tags_are_evened_out_and_bounded(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    kept = await workflows.set_tags(db, builder, draft.workflow_id, ["  Money   back ", "urgent", "URGENT"])
    assert kept == ("Money back", "urgent")
    (summary,) = [s for s in await workflows.list_workflows(db, builder) if s.id == draft.workflow_id]
    assert summary.tags == kept
    for wrong in ([" "], ["x" * 41], [f"tag {n}" for n in range(13)]):
        with pytest.raises(BadInput):
            await workflows.set_tags(db, builder, draft.workflow_id, wrong)


async def test_a_copy_has_the_draft_under_another_name_and_nothing_live(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    await workflows.save_draft(
        db, builder, draft.workflow_id, NAMED, 1, {"spots": {"order": {"x": 1, "y": 2}}}
    )
    await workflows.set_tags(db, builder, draft.workflow_id, ["money"])
    await workflows.publish(db, builder, draft.workflow_id)
    first = await workflows.duplicate(db, builder, draft.workflow_id)
    second = await workflows.duplicate(db, builder, draft.workflow_id)
    assert (first.title, second.title) == ("Money back copy", "Money back copy 2")
    assert first.text == NAMED.replace("workflow money_back", "workflow money_back_copy")
    assert first.positions == {"spots": {"order": {"x": 1, "y": 2}}}
    assert first.live_version is None
    tags = {one.id: one.tags for one in await workflows.list_workflows(db, builder)}
    assert tags[first.workflow_id] == ("money",)


async def test_the_list_says_which_drafts_differ_from_what_is_live(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)

    async def seen() -> tuple[int | None, bool]:
        (summary,) = [s for s in await workflows.list_workflows(db, builder) if s.id == draft.workflow_id]
        return summary.live_version, summary.changed

    assert await seen() == (None, True)
    await workflows.publish(db, builder, draft.workflow_id)
    assert await seen() == (1, False)
    await workflows.save_draft(db, builder, draft.workflow_id, NAMED + "// later\n", 1)
    assert await seen() == (1, True)


async def test_nobody_overwrites_a_draft_they_have_not_seen(
    db: Database, builder: Actor, workspace: Workspace
):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    both = [
        drafts.save_draft(db, who, draft.workflow_id, f"{NAMED}// {who.role}\n", draft.revision)
        for who in (builder, workspace.admin)
    ]
    results = await asyncio.gather(*both, return_exceptions=True)
    (winner,) = [result for result in results if isinstance(result, drafts.Draft)]
    (loser,) = [result for result in results if isinstance(result, Conflict)]
    assert loser.current == winner == await drafts.get_draft(db, builder, draft.workflow_id)


async def test_saving_what_is_there_is_no_change_and_positions_are_kept(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Money back", NAMED)
    placed = await drafts.save_draft(db, builder, draft.workflow_id, NAMED, 1, {"order": {"x": 1, "y": 2}})
    again = await drafts.save_draft(db, builder, draft.workflow_id, NAMED, 1)
    assert (placed.revision, again) == (2, placed)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 1_000_001])
async def test_a_text_that_cannot_be_kept_is_refused(
    db: Database, builder: Actor, workspace: Workspace, text: str
):
    with pytest.raises(BadInput):
        await drafts.save_draft(db, builder, workspace.workflow_id, text, 1)


async def test_a_viewer_changes_nothing(db: Database, workspace: Workspace):
    viewer = workspace.people["viewer"]
    for attempt in (
        workflows.create_workflow(db, viewer, "x"),
        workflows.save_draft(db, viewer, workspace.workflow_id, "x", 1),
        workflows.publish(db, viewer, workspace.workflow_id),
        workflows.rename(db, viewer, workspace.workflow_id, "x"),
        workflows.archive(db, viewer, workspace.workflow_id),
        workflows.unarchive(db, viewer, workspace.workflow_id),
        workflows.duplicate(db, viewer, workspace.workflow_id),
        workflows.set_tags(db, viewer, workspace.workflow_id, ["x"]),
        conversations.create(db, viewer),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_changed_definition_is_noted_and_not_taken_over(
    db: Database, builder: Actor, workspace: Workspace
):
    """As after a "rug pull": the pin on our side is made to differ from what the server says."""
    pinned = (await catalog.catalog(db, builder, fresh=True)).tool("shop", "process_refund")
    async with db.account(workspace.account_id) as session:
        from sqlmodel import select

        row = (await session.exec(select(ConnectorRow).where(ConnectorRow.name == "shop"))).one()
        pins = dict(row.pins)
        old = pins["process_refund"]["definition"] | {"description": "Refunds an order."}
        pins["process_refund"] = {"definition": old, "sha256": "0" * 64}
        del pins["list_orders"]
        pins["gone"] = pins["get_order"] | {"definition": pins["get_order"]["definition"] | {"name": "gone"}}
        row.pins = pins
        session.add(row)
    await catalog.refresh_connectors(db, workspace.account_id)
    (shop,) = [view for view in await catalog.list_connectors(db, builder) if view.name == "shop"]
    states = {tool.name: tool.state for tool in shop.tools}
    assert (states["process_refund"], states["list_orders"], states["gone"]) == ("changed", "new", "missing")
    known = await catalog.catalog(db, builder)
    kept = known.tool("shop", "process_refund")
    assert kept is not None and kept.description == "Refunds an order."
    assert known.tool("shop", "list_orders") is None

    accepted = await catalog.accept_tools(db, workspace.people["operator"], "shop")
    assert {tool.state for tool in accepted.tools} == {"pinned"}
    assert (await catalog.catalog(db, builder)).tool("shop", "process_refund") == pinned
    with pytest.raises(NotFound):
        await catalog.accept_tools(db, workspace.admin, "shop", ["never_heard"])


async def test_a_connector_that_is_down_says_so_and_keeps_its_pins(
    db: Database, builder: Actor, workspace: Workspace
):
    await catalog.connect_samples(db, workspace.account_id, "http://127.0.0.1:9")
    await catalog.refresh_connectors(db, workspace.account_id)
    (shop,) = [view for view in await catalog.list_connectors(db, builder) if view.name == "shop"]
    assert (shop.health, bool(shop.message), len(shop.tools) >= 5) == ("down", True, True)
    assert (await catalog.catalog(db, builder)).tool("shop", "get_order") is not None


async def test_orders_are_read_through_the_connector(client, db: Database, builder: Actor, settings):
    from engine import tokens

    made = await tokens.issue_tokens(db, settings, builder)
    answer = await client.get("/orders?limit=3", headers={"Authorization": f"Bearer {made.access}"})
    assert (answer.status_code, len(answer.json()["orders"])) == (200, 3)


async def test_a_conversation_keeps_its_messages_and_one_answer_to_a_proposal(db: Database, builder: Actor):
    conversation = await conversations.create(db, builder, "Refunds")
    await conversations.append_message(db, builder, conversation.id, "user", "Refund orders.")
    said = await conversations.append_message(
        db, builder, conversation.id, "assistant", "Like this?", {"text": NAMED}
    )
    kept = await conversations.get(db, builder, conversation.id)
    assert [(m.seq, m.role, m.content) for m in kept.messages] == [
        (1, "user", "Refund orders."),
        (2, "assistant", "Like this?"),
    ]
    assert said.decision == kept.messages[1].decision is not None
    assert (said.decision.state, said.decision.text, said.decision.base) == ("open", NAMED, "")
    await proposals.decide(db, builder, said.decision.id, proposals.Verdict("accepted", ""))
    with pytest.raises(Conflict):
        await proposals.decide(db, builder, said.decision.id, proposals.Verdict("rejected", ""))
    assert [c.id for c in await conversations.list_(db, builder)] == [conversation.id]


async def test_messages_sent_at_the_same_time_each_get_a_place(db: Database, builder: Actor):
    conversation = await conversations.create(db, builder)
    await asyncio.gather(
        *(conversations.append_message(db, builder, conversation.id, "user", str(n)) for n in range(10))
    )
    kept = await conversations.get(db, builder, conversation.id)
    assert [message.seq for message in kept.messages] == list(range(1, 11))


CHARGE = """
workflow charge {
  input { amount: float, note: string = "as usual" }
  output { total: float }

  step done: return { total: input.amount }
}
"""
CALLER = """
workflow caller {
  use charge: workflow "charge"

  step paid: run charge(amount: 5.0)
    timeout 1h
}
"""


async def test_a_version_pins_the_versions_of_the_workflows_it_runs(db: Database, builder: Actor):
    charge = await workflows.create_workflow(db, builder, "Charge", CHARGE)
    caller = await workflows.create_workflow(db, builder, "Caller", CALLER)
    with pytest.raises(Rejected):
        await workflows.publish(db, builder, caller.workflow_id)
    first = await workflows.publish(db, builder, charge.workflow_id)
    version = await workflows.publish(db, builder, caller.workflow_id)
    (pin,) = version.plan.workflows
    assert (pin.workflow, pin.version, pin.sha256) == ("charge", str(first.id), first.content_hash)
    assert set(pin.input_schema["properties"]) == {"amount", "note"} and set(pin.input_defaults) == {"note"}
    again = await workflows.publish(db, builder, caller.workflow_id)
    assert again.number == 1
    changed = CHARGE.replace("input.amount }", "input.amount * 2.0 }")
    await workflows.save_draft(db, builder, charge.workflow_id, changed, charge.revision)
    second = await workflows.publish(db, builder, charge.workflow_id)
    assert (await versions.get_version(db, builder, version.id)).plan.workflows == (pin,)
    anew = await workflows.publish(db, builder, caller.workflow_id)
    assert (anew.number, anew.plan.workflows[0].version) == (2, str(second.id))


async def test_a_workflow_that_runs_itself_is_pinned_to_the_version_it_is_in(db: Database, builder: Actor):
    draft = await workflows.create_workflow(db, builder, "Charge", CHARGE)
    await workflows.publish(db, builder, draft.workflow_id)
    text = CHARGE.replace("  input {", '  use self: workflow "charge"\n  input {').replace(
        "  step done", "  step again: run self(amount: 1.0)\n    timeout 1h\n  step done"
    )
    await workflows.save_draft(db, builder, draft.workflow_id, text, draft.revision)
    version = await workflows.publish(db, builder, draft.workflow_id)
    assert [(pin.workflow, pin.version) for pin in version.plan.workflows] == [("charge", "")]
    assert (await workflows.publish(db, builder, draft.workflow_id)).number == version.number
