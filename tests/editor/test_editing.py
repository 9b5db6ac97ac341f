"""Handlers of the editor, without a browser: what the page says, and what is then there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine import people, workflows
from studio.editor.choosing import Choosing
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.publishing import Publishing, Versions
from studio.editor.room import ROOMS
from studio.editor.state import EditorState
from tests.editor.conftest import Editor, unheard


async def saved(editor: Editor) -> str:
    draft = await workflows.get_draft(editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id))
    return draft.text


async def test_opening_shows_the_graph_the_text_and_what_is_wrong(editor: Editor) -> None:
    state = await editor.state()
    canvas, text = await editor.tab.state(CanvasFeed), await editor.tab.state(TextFeed)
    assert (state.ready, state.title, state.save_state) == (True, "Refund an order", "saved")
    assert {"order", "gate", "gate.approval", "done"} <= {node["id"] for node in canvas.snapshot["nodes"]}
    assert text.snapshot["text"] == await editor.text()
    assert not canvas.patches and not text.patches


async def test_an_address_that_is_no_workflow_says_so(signed_in: Any) -> None:
    signed_in.url = "http://localhost:3000/workflows/not-an-id"
    await signed_in.send(EditorState.load())
    assert (await signed_in.state(EditorState)).failure == "There is no such workflow."


async def test_a_tool_dropped_on_an_edge_becomes_a_step_there_and_is_selected(editor: Editor) -> None:
    await editor.gesture("add", item="shop.list_orders", container="", before="eligibility")
    state = await editor.state()
    steps = [place.path for place in state._desk.reading.steps.values() if place.container == ""]
    assert steps[:3] == ["order", "list_orders", "eligibility"]
    assert state.selected == "list_orders"
    assert state.inspected["tool"] == "shop.list_orders"
    canvas = await editor.tab.state(CanvasFeed)
    assert canvas.selected["id"] == "list_orders"
    assert canvas.patches[-1]["rev"] == state._desk.document.revision
    assert "step list_orders: call shop.list_orders(" in await saved(editor)


async def test_a_picked_item_goes_behind_the_selected_step_and_never_behind_the_end(editor: Editor) -> None:
    await editor.gesture("add", item="wait", after="order")
    await editor.gesture("add", item="wait", after="done")
    top = [
        place.step.id
        for place in (await editor.state())._desk.reading.steps.values()
        if place.container == ""
    ]
    assert top[1] != "eligibility" and top[-1] == "done"


async def test_an_argument_set_in_the_inspector_changes_the_text(editor: Editor) -> None:
    says = {"type": "set", "step": "notify", "key": "arg:subject", "mode": "plain"}
    await editor.says("on_inspector", {**says, "value": 'Your "refund" for ${order.id}'})
    assert 'subject: "Your \\"refund\\" for ${order.id}"' in await editor.text()
    assert await saved(editor) == await editor.text()


async def test_a_step_that_is_renamed_stays_selected(editor: Editor) -> None:
    await editor.gesture("select", step="order")
    await editor.says("on_inspector", {"type": "set", "step": "order", "key": "id", "value": "purchase"})
    state = await editor.state()
    assert state.selected == "purchase"
    assert "purchase.total" in await editor.text()


async def test_an_edit_that_cannot_be_made_is_told_at_its_field_and_nothing_changes(editor: Editor) -> None:
    before = await editor.text()
    await editor.gesture("select", step="order")
    await editor.says("on_inspector", {"type": "set", "step": "order", "key": "id", "value": "not a name"})
    assert await editor.text() == before
    trouble = (await editor.state()).inspected["trouble"]
    assert (trouble["key"], trouble["seq"]) == ("id", 1)
    assert "not a name" in trouble["message"]
    await editor.says("on_inspector", {"type": "set", "step": "order", "key": "id", "value": "purchase"})
    assert "trouble" not in (await editor.state()).inspected


async def test_typing_is_answered_and_paints_what_is_wrong(editor: Editor) -> None:
    text = await editor.text()
    at = text.index("shop.process_refund") + len("shop.process")
    await editor.type(at, "x")
    state, feed = await editor.state(), await editor.tab.state(TextFeed)
    assert state.errors == 1
    assert feed.patches[-1]["seen"] == 1
    assert state.problems[0]["code"] == "E106"
    assert state.problems[0]["step"] == "refund", "where it is painted on the canvas"


async def test_a_problem_with_a_fix_goes_away_by_one_click(editor: Editor) -> None:
    text = await editor.text()
    await editor.type(text.index("shop.process_refund") + len("shop.process"), "x")
    found = (await editor.state()).problems[0]
    await editor.says("on_problems", {"type": "mend", "index": found["index"], "code": found["code"]})
    assert (await editor.state()).errors == 0
    assert await editor.text() == text


async def test_where_steps_are_put_is_seen_kept_beside_the_text_and_undone(editor: Editor) -> None:
    def box(state: Any) -> tuple[int, int]:
        return next((n["x"], n["y"]) for n in state._desk.reading.graph["nodes"] if n["id"] == "order")

    before, text = box(await editor.state()), await editor.text()
    await editor.gesture("place", spots={"order": {"x": before[0] + 600, "y": before[1] + 40}})
    await editor.gesture("place", spots={"order": {"note": "First of all"}})
    assert box(await editor.state()) == (before[0] + 600, before[1] + 40)
    assert (await editor.tab.state(CanvasFeed)).patches[-1]["put"]
    draft = await workflows.get_draft(editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id))
    spot = {"x": before[0] + 600, "y": before[1] + 40, "note": "First of all"}
    assert (draft.text, draft.positions) == (text, {"spots": {"order": spot}})
    await editor.tab.send(EditorState.load())
    assert box(await editor.state()) == (before[0] + 600, before[1] + 40)
    await editor.gesture("tidy")
    assert box(await editor.state()) == before
    await editor.gesture("undo")
    assert box(await editor.state()) == (before[0] + 600, before[1] + 40)
    assert (await editor.state()).save_state == "saved"


async def test_the_way_that_proves_a_problem_is_painted_until_it_is_gone(editor: Editor) -> None:
    await editor.gesture("remove", step="done")
    problem = next(one for one in (await editor.state()).problems if one["code"] == "E105")
    assert problem["shows"] and problem["way"].startswith("order → ")
    await editor.says("on_inspector", {"type": "way", "index": problem["index"]})
    way = (await editor.tab.state(CanvasFeed)).way
    assert (way["code"], way["severity"], way["step"]) == ("E105", "error", problem["step"])
    assert " → ".join(way["steps"]) == problem["way"]
    await editor.gesture("select", step="order")
    assert (await editor.tab.state(CanvasFeed)).way == {}
    await editor.tab.send(EditorState.go_to_problem(problem["index"]))
    assert (await editor.tab.state(CanvasFeed)).way == way
    await editor.gesture("undo")
    assert (await editor.tab.state(CanvasFeed)).way == {}


async def test_undo_takes_back_the_last_gesture_whoever_made_it(editor: Editor) -> None:
    first = await editor.text()
    await editor.gesture("remove", step="notify")
    second = await editor.text()
    await editor.tab.send(EditorState.take_text("workflow other {\n}\n", "chat"))
    await editor.gesture("undo")
    assert await editor.text() == second
    await editor.says("on_text", {"type": "undo"})
    assert await editor.text() == first
    await editor.tab.send(EditorState.redo())
    assert await editor.text() == second


async def test_the_cursor_selects_the_node_and_a_node_shows_its_text(editor: Editor) -> None:
    desk = (await editor.state())._desk
    offset = desk.document.text.index("approve by role")
    said = {"type": "cursor", "epoch": desk.epoch, "base": desk.document.revision, "offset": offset}
    await editor.says("on_text", said)
    assert (await editor.state()).selected == "gate.approval"
    await editor.gesture("select", step="refund")
    place = (await editor.tab.state(TextFeed)).place
    assert desk.document.text[place["start"] : place["end"]].lstrip().startswith("step refund")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"type": "explode"},
        {"type": "add"},
        {"type": "move", "step": 7},
        {"type": "select", "step": ["a"]},
        {"type": "typed", "epoch": "x"},
    ],
)
async def test_what_makes_no_sense_is_dropped(editor: Editor, said: dict[str, Any]) -> None:
    before = await editor.text()
    for where in ("on_gesture", "on_text", "on_inspector"):
        await editor.says(where, said)
    assert await editor.text() == before


async def test_a_viewer_sees_but_changes_nothing(editor: Editor) -> None:
    db, owner = editor.workspace.db, editor.workspace.owner
    await people.add_user(
        db,
        owner.account_id,
        email=f"{editor.workflow_id}@example.com",
        name="V",
        role="viewer",
        password="some words here",
    )
    token, _ = await people.sign_in(db, f"{editor.workflow_id}@example.com", "some words here")
    editor.tab.cookie, editor.tab.token = f"weft_session={token}", "viewers-tab"
    await editor.tab.send(EditorState.load())
    before = await editor.text()
    assert (await editor.state()).save_state == "readonly"
    await editor.gesture("remove", step="notify")
    await editor.type(0, "// mine")
    await editor.tab.send(EditorState.take_text("gone", "chat"))
    await editor.gesture("undo")
    assert await editor.text() == before
    assert "may not do this" in editor.told()


async def test_somebody_elses_save_is_never_overwritten_and_either_text_can_be_kept(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    await workflows.save_draft(db, owner, workflow, "// theirs\n" + draft.text, draft.revision)
    await editor.type(0, "// mine\n")
    assert (await editor.state()).save_state == "conflict"
    assert (await saved(editor)).startswith("// theirs\n")
    await editor.tab.send(Choosing.take_all("theirs"))
    assert (await editor.text()).startswith("// theirs\n")
    await editor.gesture("undo")
    assert (await editor.text()).startswith("// mine\n")
    assert await saved(editor) == await editor.text()


async def test_keeping_mine_after_a_conflict_saves_it(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    await workflows.save_draft(db, owner, workflow, "// theirs\n" + draft.text, draft.revision)
    await editor.type(0, "// mine\n")
    await editor.tab.send(Choosing.take_all("mine"))
    assert (await saved(editor)).startswith("// mine\n")
    assert (await editor.state()).save_state == "saved"


async def test_changes_of_two_people_in_different_places_are_joined_and_saved(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    await workflows.save_draft(db, owner, workflow, draft.text + "// theirs\n", draft.revision)
    await editor.type(0, "// mine\n")
    both = f"// mine\n{draft.text}// theirs\n"
    assert (await editor.text(), await saved(editor)) == (both, both)
    assert (await editor.state()).save_state == "saved"
    assert "Somebody else" in editor.told()
    await editor.gesture("undo")
    assert await editor.text() == f"// mine\n{draft.text}"


async def test_a_page_loaded_again_in_a_conflict_still_has_both_texts(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    await workflows.save_draft(db, owner, workflow, "// theirs\n" + draft.text, draft.revision)
    await editor.type(0, "// mine\n")
    await editor.tab.send(EditorState.load())
    state = await editor.state()
    assert (state.ready, state.save_state) == (True, "conflict")
    assert (await editor.tab.state(TextFeed)).snapshot["text"] == f"// mine\n{draft.text}"
    await editor.tab.send(Choosing.take_all("theirs"))
    assert await editor.text() == f"// theirs\n{draft.text}"


async def test_the_text_pane_hears_which_revision_is_in_the_draft(editor: Editor) -> None:
    await editor.type(0, "// mine\n")
    desk = (await editor.state())._desk
    heard = (await editor.tab.state(TextFeed)).saved
    assert heard == {"epoch": desk.epoch, "rev": desk.document.revision}
    assert await saved(editor) == desk.document.text


async def test_every_opening_of_the_draft_is_told_as_another_one(editor: Editor) -> None:
    first = (await editor.state()).opened
    await editor.type(0, "// mine\n")
    assert first and (await editor.state()).opened == first
    await editor.tab.send(EditorState.load())
    assert (await editor.state()).opened not in ("", first)


async def test_publishing_what_has_errors_is_refused_with_the_list(editor: Editor) -> None:
    text = await editor.text()
    at = text.index("step done: return")
    await editor.type(at, "step twice: let missing_name\n  step twice: let 2\n  ")
    await editor.tab.send(Publishing.ask())
    known = {found["code"] for found in (await editor.tab.state(Publishing)).refused}
    await editor.tab.send(Publishing.publish())
    dialog = await editor.tab.state(Publishing)
    assert dialog.open and not dialog.busy and dialog.trouble
    assert known == {found["code"] for found in dialog.refused} == {"E101", "E103"}
    assert (await editor.state()).live_version == 0


async def test_a_version_taken_into_the_draft_is_one_undo(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    plain = f"workflow plain_{editor.workflow_id[-6:]} {{\n  step hello: let 1\n}}\n"
    before = await editor.text()
    await editor.tab.send(EditorState.take_text(plain, "chat"))
    await editor.tab.send(Publishing.ask())
    await editor.tab.send(Publishing.say("only a greeting"))
    await editor.tab.send(Publishing.publish())
    state = await editor.state()
    assert (state.live_version, state.changed) == (1, False)
    await editor.gesture("undo")
    assert await editor.text() == before and (await editor.state()).changed
    await editor.tab.send(Versions.load())
    rows = (await editor.tab.state(Versions)).rows
    assert [(row["number"], row["message"], row["live"]) for row in rows] == [(1, "only a greeting", True)]
    await editor.tab.send(Versions.restore(rows[0]["id"]))
    assert await editor.text() == plain
    assert (await workflows.list_versions(db, owner, workflow))[0].number == 1


async def test_what_was_typed_for_an_earlier_opening_is_left_to_the_page_to_send_again(
    editor: Editor,
) -> None:
    """After a restart the page gets a snapshot of another epoch, puts on it what it holds, and sends that."""
    before = (await editor.state())._desk
    late = {
        "type": "typed",
        "epoch": before.epoch,
        "base": 0,
        "seq": 1,
        "start": 0,
        "end": 0,
        "text": "// a\n",
    }
    ROOMS.end()
    await editor.tab.send(EditorState.load())
    snapshot = (await editor.tab.state(TextFeed)).snapshot
    assert snapshot["epoch"] != before.epoch and snapshot["id"] == editor.workflow_id
    await editor.says("on_text", {**late, "gesture": ""})
    assert await editor.text() == snapshot["text"]
    await editor.says("on_text", {**late, "epoch": snapshot["epoch"], "base": snapshot["rev"], "gesture": ""})
    assert await editor.text() == "// a\n" + snapshot["text"] == await saved(editor)
