from __future__ import annotations

import itertools
import re

import pytest

from dsl import EditError
from dsl.assist import (
    definition,
    folding,
    references,
    rename,
    renameable,
    semantic_tokens,
    signature,
    symbols,
)
from dsl.parse import parse
from tests.dsl_assist.desk import CATALOG, HEADER, REFUND, split, step


def at(word: str, more: int = 1, text: str = REFUND) -> int:
    return text.index(word) + more


def renamed(text: str, offset: int, name: str) -> str:
    for one in sorted(rename(text, offset, name), key=lambda one: -one.span.start):
        text = text[: one.span.start] + one.text + text[one.span.end :]
    return text


@pytest.mark.parametrize(
    ("use", "origin"),
    [
        ("order.total", "order: call"),
        ("config.threshold", "config {"),
        ("threshold {", "threshold: float"),
        ("shop.get_order", "shop: mcp"),
        ("problem.message", "problem {"),
        ("refund_id: null", "refund_id: string?"),
    ],
)
def test_a_name_leads_to_where_it_is_introduced(use: str, origin: str):
    span = definition(REFUND, at(use), CATALOG)
    assert span is not None
    assert span.start == REFUND.index(origin)


def test_names_inside_holes_are_references_too():
    spans = references(REFUND, at("order.total"), CATALOG)
    assert len(spans) == 1 + REFUND.count("order.") + REFUND.count("show order")
    assert all(REFUND[span.start : span.end] == "order" for span in spans)


def test_a_variable_of_a_filter_is_another_one_in_every_filter():
    text = HEADER + "  step a: let [1].filter(i, i > 0).map(i, i + 1)\n}"
    assert len(references(text, text.index("i, i >"), CATALOG)) == 2


def test_a_step_is_renamed_wherever_it_is_read():
    new = renamed(REFUND, at("order: call"), "purchase")
    assert "step purchase: call" in new
    assert "${purchase.customer.name}" in new
    assert not parse(new).diagnostics


def test_variables_connectors_and_types_can_be_renamed():
    assert "catch as trouble {" in renamed(REFUND, at("problem.message"), "trouble")
    assert "call store.get_order" in renamed(REFUND, at("shop.get_order"), "store")


EVERYWHERE = """\
workflow names {
  input { order_id: string }
  config { limit: int = 3 }
  secret key
  output { n: int }
  step all: let [1, 2]
  step each: foreach one in all {
    step a: let (
      // one of all
      one) + all.filter(two, two > config["limit"]).size() + secrets["key"].size()
  }
  step rounds: loop with count = 0 until rounds > 2 max 3 {
    step b: let count + 1
    yield b
  }
  step try: let 1
    catch as problem { step x: return { n: problem.code.size() } }
  step done: return { n: config.limit + input.order_id.size() }
}
"""


@pytest.mark.parametrize(
    ("at_word", "name", "pieces"),
    [
        ("all: let", "items", ("step items:", "in items {", "+ items.filter", "// one of all")),
        ("one in", "item", ("foreach item in", "      item) +", "// one of all")),
        ("two,", "item", ("filter(item, item > ",)),
        ("count =", "sum", ("with sum = 0", "let sum + 1")),
        ("problem {", "trouble", ("as trouble {", "trouble.code")),
        ("key\n", "token", ("secret token", 'secrets["token"]')),
        ("limit: int", "most", ("config { most: int", 'config["most"]', "config.most +")),
        ("n: int", "count", ("output { count: int", "return { count: problem", "return { count: config")),
        ("order_id: string", "number", ("input { number: string", "input.number.size()")),
    ],
)
def test_a_name_changes_wherever_it_stands_and_in_no_comment(
    at_word: str, name: str, pieces: tuple[str, ...]
) -> None:
    old = re.split(r"[^a-z_]", at_word)[0]
    new = renamed(EVERYWHERE, at(at_word, 0, EVERYWHERE), name)
    assert not parse(new).diagnostics
    assert [piece for piece in pieces if piece not in new] == []
    assert renamed(new, new.index(name), old) == EVERYWHERE


def test_a_word_in_a_comment_is_no_name():
    assert renameable(EVERYWHERE, EVERYWHERE.index("one of all")) is None
    found = references(EVERYWHERE, at("one in", 0, EVERYWHERE), CATALOG)
    assert [EVERYWHERE[: span.start].count("\n") for span in found] == [6, 9]


def test_a_name_that_is_taken_or_is_none_is_refused():
    with pytest.raises(EditError):
        rename(REFUND, at("order: call"), "refund")
    with pytest.raises(EditError):
        rename(REFUND, at("problem.message"), "order")
    with pytest.raises(EditError):
        rename(REFUND, at("problem.message"), "two words")
    assert renameable(REFUND, at("timeout 10s")) is None


def test_the_call_being_written_is_shown_with_its_active_parameter():
    def shown(marked: str) -> tuple[str, str | None]:
        text, offset = split(marked)
        found = signature(text, offset, CATALOG)
        assert found is not None
        return found.label, None if found.active is None else found.parameters[found.active].name

    assert shown(step("step x: call shop.get_order(¦")) == ("shop.get_order(order_id)", "order_id")
    refund = "shop.process_refund(amount, order_id, reason?)"
    assert shown(step("step x: call shop.process_refund(amount: 1.0, reason: ¦)")) == (refund, "reason")
    assert shown(step("step x: call shop.process_refund(amount: order.total ¦)")) == (refund, "amount")
    assert shown(step("step x: let round(order.total, ¦)")) == ("round(number, digits?): number", "digits")
    assert shown(step("step x: let order.items.filter(item, ¦)"))[1] == "condition"
    assert shown(step("step x: call shop.get_order(order_id: text(¦"))[0] == "text(value): string"


def test_there_is_no_call_outside_of_calls():
    text, offset = split(step("step x: let order ¦"))
    assert signature(text, offset, CATALOG) is None


def test_the_outline_has_the_header_and_the_steps_inside_steps():
    (whole,) = symbols(REFUND)
    names = {one.name: [inner.name for inner in one.children] for one in whole.children}
    assert names["input"] == ["order_id", "reason"]
    assert names["gate"] == ["approval"]
    assert names["notify"] == ["notify_failed"]
    assert symbols("nothing") == ()


def test_what_goes_over_lines_can_be_folded():
    starts = {REFUND[fold.start : fold.start + 1] for fold in folding(REFUND)}
    assert {"{", "("} <= starts


def test_every_word_gets_one_colour_in_order():
    found = semantic_tokens(REFUND)
    assert all(one.span.end <= two.span.start for one, two in itertools.pairwise(found))
    colours = {REFUND[one.span.start : one.span.end]: one.colour for one in found}
    assert colours["get_order"] == "function"
    assert colours["shop"] == "namespace"
    assert colours["problem"] == "parameter"
    assert colours["float"] == "type"
