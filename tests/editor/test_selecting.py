"""What the canvas asks for with selected steps, heard by the editor: what is then there, selected and told."""

from __future__ import annotations

from typing import Any

import pytest

from engine import people
from studio.editor.selecting import Selecting
from studio.editor.state import EditorState
from tests.editor.conftest import Editor


async def own(editor: Editor) -> Selecting:
    found = await editor.tab.state(Selecting)
    assert isinstance(found, Selecting)
    return found


async def test_the_text_of_what_is_selected_is_at_hand(editor: Editor) -> None:
    await editor.gesture("pick", steps=["notify", "refund"], rev=3)
    copied = (await own(editor)).copied
    assert (copied["steps"], copied["rev"]) == (["notify", "refund"], 3)
    assert copied["text"].startswith('use shop: mcp "shop"\nuse mail: mcp "mail"\n\nstep refund: call')


async def test_what_is_looked_for_is_found_in_the_text_too(editor: Editor) -> None:
    await editor.gesture("find", words="input.reason")
    assert (await own(editor)).hits == {"words": "input.reason", "steps": ["eligibility", "refund"]}


async def test_what_came_of_a_gesture_is_selected_and_one_undo_takes_it_back(editor: Editor) -> None:
    before = await editor.text()
    await editor.gesture("duplicate", steps=["order", "eligibility"])
    assert (await own(editor)).picked == {"seq": 1, "steps": ["order_2", "eligibility_2"]}
    assert (await editor.state()).selected == "order_2"
    await editor.gesture("wrap", steps=["order_2", "eligibility_2"], into="parallel")
    assert (await own(editor)).picked["steps"] == ["together"]
    await editor.gesture("undo")
    await editor.gesture("undo")
    assert await editor.text() == before


async def test_moved_steps_stay_selected_where_they_are_now(editor: Editor) -> None:
    await editor.gesture("shift", steps=["refund"], way="in")
    assert (await own(editor)).picked["steps"] == ["gate.refund"]
    await editor.gesture("rename", step="gate.refund", id="pay_back")
    assert (await own(editor)).picked["steps"] == ["gate.pay_back"]
    await editor.gesture("drop", steps=["order", "gate.pay_back"], container="ineligible/else")
    assert (await own(editor)).picked["steps"] == ["ineligible.order", "ineligible.pay_back"]


async def test_deleting_tells_who_reads_what_is_gone_and_offers_to_undo(editor: Editor) -> None:
    before = await editor.text()
    await editor.gesture("delete", steps=["refund"])
    assert "step refund" not in await editor.text()
    told = editor.told()
    assert "Deleted Refund." in told and "read by done" in told and "Undo" in told
    await editor.tab.send(EditorState.undo())
    assert await editor.text() == before


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"type": "paste", "text": "Dear Ms. Weaver"}, "no workflow step"),
        ({"type": "wrap", "steps": ["order", "gate"], "into": "if"}, "other steps between these"),
        ({"type": "shift", "steps": ["order"], "way": "up"}, "first of its block"),
        ({"type": "delete", "steps": ["nowhere"]}, "no longer there"),
        ({"type": "rename", "step": "order", "id": "not a name"}, "is no name"),
    ],
)
async def test_what_cannot_be_done_says_why_and_changes_nothing(
    editor: Editor, said: dict[str, Any], told: str
) -> None:
    before = await editor.text()
    await editor.says("on_gesture", said)
    assert await editor.text() == before
    assert told in editor.told()


@pytest.mark.parametrize(
    "said",
    [
        {"type": "pick", "steps": "order"},
        {"type": "delete", "steps": []},
        {"type": "wrap", "steps": ["order"], "into": "moon"},
        {"type": "shift", "steps": ["order"], "way": "sideways"},
        {"type": "paste", "text": 7},
    ],
)
async def test_what_makes_no_sense_is_dropped(editor: Editor, said: dict[str, Any]) -> None:
    before = await editor.text()
    await editor.says("on_gesture", said)
    assert await editor.text() == before
    assert (await own(editor)).copied == {}


async def test_a_paste_goes_behind_the_selected_step_or_into_the_slot_that_is_meant(editor: Editor) -> None:
    await editor.gesture("paste", text="step one: let 1", after="order")
    await editor.gesture("paste", text="step two: let 2", container="gate/else")
    await editor.gesture("paste", text="step three: let 3")
    steps = (await editor.state())._desk.reading.steps
    where = {id: (place.container, place.index) for id, place in steps.items()}
    assert (where["one"], where["gate.two"]) == (("", 1), ("gate/else", 0))
    assert where["three"][1] == where["done"][1] - 1


async def test_a_viewer_may_copy_and_find_but_not_arrange(editor: Editor) -> None:
    db, owner = editor.workspace.db, editor.workspace.owner
    email = f"{editor.workflow_id}@example.com"
    await people.add_user(
        db, owner.account_id, email=email, name="V", role="viewer", password="some words here"
    )
    token, _ = await people.sign_in(db, email, "some words here")
    editor.tab.cookie, editor.tab.token = f"weft_session={token}", "viewers-tab"
    await editor.tab.send(EditorState.load())
    before = await editor.text()
    await editor.gesture("pick", steps=["order"])
    await editor.gesture("find", words="order")
    assert (await own(editor)).copied["text"] and (await own(editor)).hits["steps"]
    for gesture in (
        {"type": "delete", "steps": ["order"]},
        {"type": "duplicate", "steps": ["order"]},
        {"type": "paste", "text": "step one: let 1"},
    ):
        await editor.says("on_gesture", gesture)
    assert await editor.text() == before
    assert "may not do this" in editor.told()
