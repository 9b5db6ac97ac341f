"""The list of workflows: narrowed by words, state and tag; copies, tags, the archive and back; templates; imports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine import workflows
from studio.workflows.gallery import Gallery
from studio.workflows.import_dialog import Import
from studio.workflows.rowmenu import RowMenu
from studio.workflows.rows import WorkflowRow, fitting, tags_in, tags_of
from studio.workflows.state import WorkflowList
from tests.studio.conftest import Tab, Workspace

N8N = """{"name": "Tell me", "nodes": [
  {"name": "Go", "type": "n8n-nodes-base.manualTrigger"},
  {"name": "Write", "type": "n8n-nodes-base.emailSend",
   "parameters": {"toEmail": "a@example.com", "subject": "x", "text": "y"}},
  {"name": "Run it", "type": "n8n-nodes-base.code", "parameters": {"jsCode": "return 1"}}],
 "connections": {"Go": {"main": [[{"node": "Write"}]]}, "Write": {"main": [[{"node": "Run it"}]]}}}"""


def row(title: str, **more: Any) -> WorkflowRow:
    known: dict[str, Any] = {"live": "", "changed": True, "tags": [], "archived": False}
    return WorkflowRow(
        id=title, name=title, title=title, updated="", run_id="", run_state="", run_at="", **{**known, **more}
    )


def test_rows_are_narrowed_by_words_state_and_tag():
    rows = [
        row("refunds", live="v1", changed=False, tags=["money"]),
        row("digest", tags=["mail", "money"]),
        row("old", archived=True, tags=["money"]),
    ]

    def titles(*how: str) -> list[str]:
        return [each.title for each in fitting(rows, *how)]

    assert titles("") == ["refunds", "digest"]
    assert titles("MAIL") == ["digest"]
    assert titles("", "live") == ["refunds"]
    assert titles("", "unpublished") == ["digest"]
    assert titles("", "archived") == ["old"]
    assert titles("", "all", "mail") == ["digest"]
    assert tags_of(rows) == ["money", "mail"]
    assert tags_in(" money ,, to  look at,") == ["money", "to look at"]


async def test_title_and_tags_are_kept_and_what_is_refused_stays_in_the_form(
    signed_in: Tab, workspace: Workspace
):
    made = await workflows.create_workflow(workspace.db, workspace.owner, "First")
    identifier = str(made.workflow_id)
    await signed_in.send(RowMenu.pick(identifier, "First", [], "details"))
    await signed_in.send(RowMenu.keep({"title": "Second", "tags": ", ".join("x" * n for n in range(1, 20))}))
    menu = await signed_in.state(RowMenu)
    assert menu.workflow == identifier and menu.title == "Second" and "12" in menu.problem
    await signed_in.send(RowMenu.keep({"title": "Second", "tags": "money, mail"}))
    listed = await signed_in.state(WorkflowList)
    (found,) = [each for each in listed.rows if each.id == identifier]
    assert (found.title, found.tags) == ("Second", ["money", "mail"])


async def test_what_is_archived_can_be_put_back(signed_in: Tab, workspace: Workspace):
    made = await workflows.create_workflow(workspace.db, workspace.owner, "Away and back")
    identifier = str(made.workflow_id)
    await signed_in.send(WorkflowList.ask_archive(identifier, "Away and back"))
    await signed_in.send(WorkflowList.archive())
    listed = await signed_in.state(WorkflowList)
    assert identifier not in {each.id for each in listed.shown} and "Undo" in signed_in.scripts
    await signed_in.send(WorkflowList.unarchive(identifier))
    assert identifier in {each.id for each in (await signed_in.state(WorkflowList)).shown}


async def test_a_template_taken_twice_makes_two_workflows(signed_in: Tab, workspace: Workspace):
    for _ in range(2):
        await signed_in.send(Gallery.take("recall"))
    texts = []
    for address in signed_in.redirects[-2:]:
        draft = await workflows.get_draft(workspace.db, workspace.owner, UUID(address.rsplit("/", 1)[1]))
        texts.append((draft.name, draft.title))
    assert texts == [("recall", "Recall a bad batch"), ("recall_2", "Recall a bad batch 2")]


async def test_an_import_shows_what_it_found_before_it_makes_anything(signed_in: Tab, workspace: Workspace):
    before = len(await workflows.list_workflows(workspace.db, workspace.owner))
    await signed_in.send(Import.ask())
    await signed_in.send(Import.look({"name": "x.json", "text": N8N}))
    shown = await signed_in.state(Import)
    assert shown.title == "Tell me" and "2 steps" in shown.told
    assert [note["where"] for note in shown.notes] == ["Run it"]
    assert len(await workflows.list_workflows(workspace.db, workspace.owner)) == before
    await signed_in.send(Import.create({"title": "Told"}))
    draft = await workflows.get_draft(
        workspace.db, workspace.owner, UUID(signed_in.redirects[-1].rsplit("/", 1)[1])
    )
    assert draft.title == "Told" and "step write: call mail.send(" in draft.text


async def test_a_file_that_is_no_workflow_keeps_what_was_given(signed_in: Tab):
    await signed_in.send(Import.ask())
    await signed_in.send(Import.look({"name": "", "text": "once upon a time"}))
    shown = await signed_in.state(Import)
    assert (shown.title, shown.text) == ("", "once upon a time") and shown.problem and shown.help
