"""What is said about a place while somebody writes: in the text as it is being typed, and in a field of a form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.editor.asking import asked
from studio.editor.assistant import Assistant
from studio.editor.assisting import answer, formatted
from studio.editor.desk import Desk
from studio.editor.document import Change, Typed
from tests.editor.conftest import CATALOG, REFUND, Editor


def opened(text: str = REFUND) -> Desk:
    return Desk("w", text, CATALOG, "e")


def told(desk: Desk, want: str, place: dict[str, Any], **rest: Any) -> dict[str, Any]:
    question = asked({"seq": 7, "want": want, "place": place, **rest})
    assert question is not None
    found = answer(question, desk)
    assert (found.pop("seq"), found.pop("want")) == (7, want)
    return found


def at(text: str, words: str, behind: int = 0) -> dict[str, Any]:
    """A place in the text pane, ``behind`` characters into ``words``."""
    return {"epoch": "e", "base": 0, "offset": text.index(words) + behind}


def labels(found: dict[str, Any]) -> list[str]:
    return [item["label"] for item in found["items"]]


def test_completion_knows_what_is_typed_and_not_sent_yet() -> None:
    start = REFUND.index("step eligibility")
    typed = "step twice: let input."
    place = {
        "epoch": "e",
        "base": 0,
        "splice": [start, start, typed + "\n\n  "],
        "offset": start + len(typed),
    }
    found = told(opened(), "complete", place)
    assert found["span"] == [start + len(typed), start + len(typed)]
    assert "order_id" in labels(found)


def test_a_tool_is_offered_with_its_arguments_to_fill_in() -> None:
    text = REFUND.replace("shop.get_order(order_id: input.order_id)", "")
    found = told(opened(text), "complete", at(text, "step order: call ", 17))
    tool = next(item for item in found["items"] if item["label"] == "shop.get_order")
    assert tool["snippet"] == "shop.get_order(order_id: ${1})"
    assert "Look up one order" in tool["doc"]


def test_a_place_in_an_older_revision_is_answered_in_that_revision() -> None:
    desk = opened()
    desk.apply(Change("text", 0, Typed(0, 0, "// a line more\n")))
    place = at(REFUND, "order.total", 2)
    assert told(desk, "definition", place)["span"] == told(opened(), "definition", place)["span"]


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": "another"},
        {"base": 99},
        {"offset": 9_999_999},
        {"splice": [5, 2, ""]},
        {"splice": [0, 9_999_999, ""]},
    ],
)
def test_a_place_that_is_gone_is_answered_as_stale(change: dict[str, Any]) -> None:
    assert told(opened(), "hover", {**at(REFUND, "order.total"), **change}) == {"stale": True}


def test_a_name_is_explained() -> None:
    found = told(opened(), "hover", at(REFUND, "order.total", 1))
    start, end = found["span"]
    assert REFUND[start:end] == "order" and "step `order`" in found["markdown"]


def test_nothing_of_interest_is_answered_with_nothing() -> None:
    assert told(opened("workflow w {\n\n\n}\n"), "hover", {"epoch": "e", "base": 0, "offset": 13}) == {}


def test_the_call_that_is_written_is_shown_with_its_parameters() -> None:
    found = told(opened(), "signature", at(REFUND, "get_order(order_id", 10))
    assert found["label"] == "shop.get_order(order_id)" and found["active"] == 0
    assert [one["label"] for one in found["parameters"]] == ["order_id"]


def test_every_place_of_a_name_is_found_and_its_beginning() -> None:
    desk = opened()
    spans = told(desk, "references", at(REFUND, "order.total", 1))["spans"]
    assert len(spans) > 2 and {REFUND[start:end] for start, end in spans} == {"order"}
    assert told(desk, "definition", at(REFUND, "order.total", 1))["span"] == spans[0]


def test_a_name_gets_another_everywhere() -> None:
    desk = opened()
    place = at(REFUND, "step order:", 6)
    assert told(desk, "renameable", place)["name"] == "order"
    edits = told(desk, "rename", place, name="purchase")["edits"]
    text = REFUND
    for one in sorted(edits, key=lambda one: -one["start"]):
        text = text[: one["start"]] + one["text"] + text[one["end"] :]
    assert "step purchase:" in text and "purchase.total" in text and "order.total" not in text


def test_a_name_that_cannot_be_given_says_why() -> None:
    found = told(opened(), "rename", at(REFUND, "step order:", 6), name="not a name")
    assert found["error"] and found["help"]


def test_formatting_keeps_the_cursor_where_it_was() -> None:
    text = "workflow w {\n    step a:   let   1\n  step b: let 2\n}\n"
    found = formatted(text, text.index("1"))
    new = text
    for one in reversed(found["edits"]):
        new = new[: one["start"]] + one["text"] + new[one["end"] :]
    assert "  step a: let 1\n" in new
    assert new[found["cursor"]] == "1"


def test_a_text_with_mistakes_is_not_formatted_and_says_so() -> None:
    desk = opened("workflow w {\n  step a: let\n}\n")
    assert "cannot be formatted" in told(desk, "format", {"epoch": "e", "base": 0, "offset": 0})["error"]


@pytest.mark.parametrize("key", ["arg:amount", "arg:reason"])
def test_a_field_offers_what_can_be_read_at_its_place_in_the_workflow(key: str) -> None:
    place = {"step": "refund", "key": key, "value": "input.or", "offset": 8}
    found = told(opened(), "complete", place)
    assert found["span"] == [6, 8] and labels(found) == ["order_id"]
    names = told(opened(), "complete", {**place, "value": "", "offset": 0})
    assert {"input", "order", "eligibility"} <= set(labels(names))


def test_a_field_does_not_offer_what_runs_later() -> None:
    names = told(opened(), "complete", {"step": "order", "key": "arg:order_id", "value": "", "offset": 0})
    assert "input" in labels(names) and "refund" not in labels(names)


def test_in_words_only_a_hole_is_completed_and_counted_in_the_field() -> None:
    words = 'Your "refund" for ${ord} is\ndone'
    inside = words.index("ord}") + 3
    place = {"step": "notify", "key": "arg:subject", "mode": "plain", "value": words, "offset": inside}
    found = told(opened(), "complete", place)
    assert found["span"] == [inside - 3, inside] and "order" in labels(found)
    assert told(opened(), "complete", {**place, "offset": 3}) == {"items": []}


@pytest.mark.parametrize("key", ["id", "doc", "clause:timeout", "nothing", "expr:no.such[9]"])
def test_a_field_that_takes_no_expression_has_nothing_to_offer(key: str) -> None:
    found = told(opened(), "complete", {"step": "refund", "key": key, "value": "x", "offset": 1})
    assert found == {"stale": True}


def test_a_field_offers_nothing_that_would_change_the_text_elsewhere() -> None:
    found = told(opened(), "complete", {"step": "refund", "key": "arg:amount", "value": "", "offset": 0})
    assert all(item["edits"] == [] for item in found["items"])


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"seq": 1, "want": "hover", "place": "here"},
        {"seq": 1, "want": "everything", "place": {"epoch": "e", "base": 0, "offset": 0}},
        {"seq": 1, "want": "hover", "place": {"epoch": "e", "base": 0, "offset": -1}},
        {"seq": 1, "want": "hover", "place": {"epoch": "e", "base": 0, "offset": "x"}},
        {"seq": 1, "want": "hover", "place": {"epoch": "e", "base": 0, "offset": 0, "splice": [0, 0]}},
        {"seq": 1, "want": "rename", "place": {"epoch": "e", "base": 0, "offset": 0}, "name": "x" * 300},
    ],
)
def test_what_is_no_question_is_dropped(said: Any) -> None:
    assert asked(said) is None


@given(st.text(max_size=60), st.integers(0, 80), st.sampled_from(["complete", "hover", "signature"]))
def test_no_value_and_no_place_breaks_an_answer(value: str, offset: int, want: str) -> None:
    desk = opened()
    for mode in ("plain", "expression"):
        place = {"step": "refund", "key": "arg:reason", "mode": mode, "value": value, "offset": offset}
        told(desk, want, place)
    typed = {"epoch": "e", "base": 0, "splice": [600, 640, value], "offset": 600 + min(offset, len(value))}
    told(desk, want, typed)


def test_a_rule_explains_itself_in_the_words_of_its_page() -> None:
    question = asked({"seq": 1, "want": "explain", "name": "E106"})
    assert question is not None
    found = answer(question, opened())
    assert found["what"] and found["why"] and found["fix"] and found["bad"] != found["good"]


def test_a_code_without_a_page_is_explained_with_nothing() -> None:
    question = asked({"seq": 1, "want": "explain", "name": "X999"})
    assert question is not None
    assert answer(question, opened()) == {"seq": 1, "want": "explain"}


async def test_the_page_is_answered(editor: Editor) -> None:
    desk = (await editor.state())._desk
    text = desk.document.text
    place = {"epoch": desk.epoch, "base": 0, "offset": text.index("order.total") + 1}
    await editor.tab.send(Assistant.ask({"seq": 3, "want": "hover", "place": place}))
    found = (await editor.tab.state(Assistant)).answer
    assert found["seq"] == 3 and "step `order`" in found["markdown"]


async def test_a_question_that_is_none_leaves_the_last_answer(editor: Editor) -> None:
    await editor.tab.send(Assistant.ask({"seq": 4, "want": "nonsense", "place": {}}))
    assert (await editor.tab.state(Assistant)).answer == {}
