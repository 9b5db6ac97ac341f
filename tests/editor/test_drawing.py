"""Edges drawn and cut, and steps put behind others: what the canvas says, and what the text is then."""

from __future__ import annotations

import pytest

import dsl
from dsl.outline import after_of
from studio.editor.document import Refused
from studio.editor.drawing import Connect, Disconnect, Drawing, Follow, drawn_edit
from studio.editor.reading import Reader
from tests.editor.conftest import CATALOG, Editor

BESIDE = """workflow beside {
  use shop: mcp "shop"
  step facts: parallel {
    step one: let 1
    step two: let 2
    step three: let 3
      after one
  }
}
"""


def drawn(drawing: Connect | Disconnect | Follow, text: str = BESIDE) -> str:
    edit = drawn_edit(drawing, Reader(CATALOG).read(text), CATALOG)
    assert not isinstance(edit, Refused)
    return dsl.apply(text, edit).text


def waits(text: str, path: str) -> tuple[str, ...]:
    return after_of(Reader(CATALOG).read(text).steps[path].step)


def test_the_end_of_an_edge_that_is_taken_elsewhere_leaves_the_step_it_led_to() -> None:
    text = drawn(Connect(type="connect", source="facts.one", target="facts.two", cut="facts.three"))
    assert waits(text, "facts.two") == ("one",)
    assert waits(text, "facts.three") == ()


def test_an_edge_that_is_cut_is_no_longer_waited_for() -> None:
    assert (
        waits(drawn(Disconnect(type="disconnect", source="facts.one", target="facts.three")), "facts.three")
        == ()
    )


def test_a_step_put_behind_one_in_a_parallel_waits_for_it() -> None:
    text = drawn(Follow(type="follow", item="shop.list_orders", source="facts.two"))
    assert waits(text, "facts.list_orders") == ("two",)


def test_a_step_put_behind_one_in_a_row_is_the_next() -> None:
    text = "workflow row {\n  step one: let 1\n  step two: let 2\n}\n"
    after = drawn(Follow(type="follow", item="wait", source="one"), text)
    assert [step.id for step in dsl.parse(after).workflow.body.steps] == ["one", "pause", "two"]


def test_a_step_that_is_gone_cannot_be_followed() -> None:
    edit = drawn_edit(
        Follow(type="follow", item="wait", source="gone"), Reader(CATALOG).read(BESIDE), CATALOG
    )
    assert isinstance(edit, Refused)


@pytest.fixture
async def offered(editor: Editor) -> Editor:
    """An edge that leads backwards was drawn."""
    await editor.gesture("connect", source="notify", target="refund")
    return editor


async def test_an_edge_backwards_is_refused_with_a_loop_offered_instead(offered: Editor) -> None:
    before = await offered.text()
    refused = (await offered.tab.state(Drawing)).refused
    assert (refused["seq"], refused["instead"]) == (1, "Put them into a loop")
    assert "backwards" in refused["message"]
    assert await offered.text() == before


async def test_the_offer_is_taken_once(offered: Editor) -> None:
    await offered.gesture("instead")
    text = await offered.text()
    assert ": loop " in text
    await offered.gesture("instead")
    assert await offered.text() == text


async def test_an_offer_for_a_text_that_has_changed_since_is_no_longer_taken(offered: Editor) -> None:
    await offered.gesture("remove", step="done")
    before = await offered.text()
    await offered.gesture("instead")
    assert await offered.text() == before


async def test_tidying_leaves_notes_of_their_own_where_they_are(editor: Editor) -> None:
    spots = {"~note1": {"x": 80, "y": 16, "note": "Ask Ann."}, "order": {"x": 400, "y": 24}}
    await editor.gesture("place", spots=spots)
    placed = {node["id"]: node for node in (await editor.state())._desk.reading.graph["nodes"]}
    assert (placed["order"]["x"], placed["order"]["placed"], placed["~note1"]["note"]) == (
        400,
        True,
        "Ask Ann.",
    )
    await editor.gesture("tidy")
    tidied = {node["id"]: node for node in (await editor.state())._desk.reading.graph["nodes"]}
    assert not tidied["order"]["placed"]
    assert (tidied["~note1"]["x"], tidied["~note1"]["y"]) == (80, 16)
