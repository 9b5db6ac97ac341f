"""The inspector's fields: made from schemas, and spelled back into Weft as a person would write it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsl
from dsl import tree
from studio.editor.desk import Desk
from studio.editor.document import Change, Refused
from studio.editor.edits import edit_of
from studio.editor.gesture import SetField
from studio.editor.inspector import inspect
from studio.editor.palette import palette
from studio.editor.spelling import plain_of, quoted, spelled
from tests.editor.conftest import CATALOG, REFUND


def fields(desk: Desk, path: str) -> dict[str, dict[str, Any]]:
    shown = inspect(desk.reading, CATALOG, path)
    return {field["key"]: field for section in shown["sections"] for field in section["fields"]}


def opened(text: str = REFUND) -> Desk:
    return Desk("w", text, CATALOG, "e")


def test_arguments_come_from_the_tools_schema_required_ones_first() -> None:
    found = fields(opened(), "refund")
    assert [key for key in found if key.startswith("arg:")] == ["arg:order_id", "arg:amount", "arg:reason"]
    assert found["arg:amount"]["required"] and not found["arg:reason"]["required"]


def test_a_key_that_the_engine_fills_in_is_not_asked_for() -> None:
    assert "arg:idempotency_key" not in fields(opened(), "refund")


@pytest.mark.parametrize(
    ("name", "control", "options"),
    [
        ("limit", "number", ()),
        ("status", "select", ("paid", "shipped")),
        ("open", "toggle", ("true", "false")),
        ("customer_email", "text", ()),
    ],
)
def test_a_control_fits_the_type(name: str, control: str, options: tuple[str, ...]) -> None:
    text = 'workflow w {\n  use shop: mcp "shop"\n\n  step all: call shop.list_orders()\n}\n'
    field = fields(opened(text), "all")[f"arg:{name}"]
    assert (field["control"], tuple(field["options"]), field["mode"]) == (control, options, "plain")


def test_a_text_with_holes_is_shown_as_text_and_anything_else_as_an_expression() -> None:
    text = (
        'workflow w {\n  use mail: mcp "mail"\n\n  input { name: string }\n\n'
        '  step hello: call mail.send(to: input.name, subject: "Hi ${input.name}!", body: "a" + input.name)\n}\n'
    )
    found = fields(opened(text), "hello")
    assert [
        (found[f"arg:{name}"]["mode"], found[f"arg:{name}"]["value"]) for name in ("to", "subject", "body")
    ] == [
        ("expression", "input.name"),
        ("plain", "Hi ${input.name}!"),
        ("expression", '"a" + input.name'),
    ]


def test_a_required_argument_that_is_missing_says_so_at_its_field() -> None:
    text = 'workflow w {\n  use shop: mcp "shop"\n\n  step one: call shop.get_order()\n}\n'
    assert fields(opened(text), "one")["arg:order_id"]["problem"] == "This argument is required."


@pytest.mark.parametrize("path", ["order", "ineligible", "gate", "gate.approval", "refund", "notify", "done"])
def test_every_kind_of_step_of_the_example_has_fields(path: str) -> None:
    assert fields(opened(), path)


@pytest.mark.parametrize(
    ("path", "key", "mode", "value", "written"),
    [
        ("gate", "expr:arms[0].test", "expression", "order.total > 250.0", "if order.total > 250.0 {"),
        ("gate.approval", "expr:title", "plain", "Pay ${order.total}?", 'title "Pay ${order.total}?"'),
        ("gate.approval", "expr:approvers[0]", "plain", "support", 'by role "support"'),
        ("gate.approval", "expr:within", "expression", "2h", "within 2h"),
        ("order", "clause:timeout", "expression", "45s", "timeout 45s"),
        ("order", "clause:retry", "expression", "2 backoff 1s to 5s", "retry 2 backoff 1s to 5s"),
        ("order", "doc", "plain", "What was bought", "/// What was bought"),
        ("refund", "arg:amount", "plain", "12.5", "amount: 12.5"),
        ("refund", "arg:amount", "expression", "order.total", "amount: order.total"),
    ],
)
def test_a_field_that_is_set_is_in_the_text(path: str, key: str, mode: str, value: str, written: str) -> None:
    desk = opened()
    said = SetField(type="set", step=path, key=key, value=value, mode=mode)  # type: ignore[arg-type]
    edit = edit_of(said, desk.reading, CATALOG)
    assert not isinstance(edit, Refused)
    told = desk.apply(Change("canvas", desk.document.revision, edit))
    assert not isinstance(told, Refused), told
    assert written in desk.document.text
    assert desk.reading.errors == 0


def test_an_optional_field_that_is_emptied_leaves_the_text() -> None:
    desk = opened()
    edit = edit_of(SetField(type="set", step="refund", key="arg:reason", value=""), desk.reading, CATALOG)
    assert not isinstance(edit, Refused)
    desk.apply(Change("canvas", 0, edit))
    assert "arg:reason" in fields(desk, "refund")
    assert fields(desk, "refund")["arg:reason"]["value"] == ""


def value_of(expression: str) -> tree.Expr:
    parsed = dsl.parse(f"workflow w {{\n  step it: let {expression}\n}}\n")
    assert parsed.diagnostics == (), (expression, parsed.diagnostics)
    kind = parsed.workflow.body.steps[0].kind
    assert isinstance(kind, tree.Let)
    return kind.value


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).filter(
        lambda text: "$" not in text
    )
)
def test_whatever_is_typed_as_plain_text_is_that_text(text: str) -> None:
    assert value_of(quoted(text)) == tree.Constant(text, value_of(quoted(text)).span)


@given(st.lists(st.text(alphabet="ab \"\\'{}", max_size=12), min_size=2, max_size=4).map("\n".join))
def test_several_lines_are_a_prompt_that_says_the_same(text: str) -> None:
    spelt = quoted(text)
    read = value_of(spelt)
    said = plain_of(read, f"workflow w {{\n  step it: let {spelt}\n}}\n", "text")
    assert said is not None
    # The space at the ends of lines and around the whole is the prompt's own.
    assert [line.strip() for line in said.strip().split("\n")] == [
        line.strip() for line in text.strip().split("\n")
    ]


def test_holes_stay_holes_and_can_be_written_off() -> None:
    assert quoted('for ${order.id} at "${order.items[0]}"') == '"for ${order.id} at \\"${order.items[0]}\\""'
    assert value_of(quoted("costs \\${5}")) == tree.Constant(
        "costs ${5}", value_of(quoted("costs \\${5}")).span
    )


@pytest.mark.parametrize(
    ("value", "control", "written"),
    [
        ("12", "number", "12"),
        (" -1.5 ", "number", "-1.5"),
        ("true", "toggle", "true"),
        ("paid", "select", '"paid"'),
    ],
)
def test_plain_values_are_spelled_by_their_type(value: str, control: Any, written: str) -> None:
    assert spelled(value, control) == written


def test_the_palette_has_the_kinds_of_steps_and_every_tool_with_its_effect() -> None:
    groups = {group["title"]: group["items"] for group in palette(CATALOG)}
    assert list(groups) == ["Steps", "Mail", "Shop"]
    assert [item["key"] for item in groups["Steps"]][:3] == ["approve", "if", "switch"]
    assert groups["Shop"][0] == {
        "key": "shop.get_order",
        "kind": "call",
        "tool": "shop.get_order",
        "title": "Get an order",
        "description": "Look up one order by its number",
        "about": "Look up one order by its number. Fast.",
        "args": [{"name": "order_id", "words": "a text, required"}],
        "effect": "read",
        "money": False,
    }
    assert groups["Mail"][0]["effect"] == "write"


def test_every_item_of_the_palette_can_be_put_on_the_canvas() -> None:
    from studio.editor.gesture import Add

    for group in palette(CATALOG):
        for item in group["items"]:
            desk = opened()
            said = Add(type="add", item=item["key"], container="", before="refund")
            edit = edit_of(said, desk.reading, CATALOG)
            assert not isinstance(edit, Refused), (item, edit)
            told = desk.apply(Change("canvas", 0, edit))
            assert not isinstance(told, Refused), (item, told)
            assert len(told.fresh) >= 1, item
            assert not any(found.code == "E001" for found in desk.reading.diagnostics), item


def test_arguments_that_a_new_step_cannot_know_are_problems_that_say_what_to_do() -> None:
    from studio.editor.gesture import Add

    desk = opened("workflow w {\n  input { order_id: string }\n}\n")
    edit = edit_of(Add(type="add", item="shop.process_refund"), desk.reading, CATALOG)
    assert not isinstance(edit, Refused)
    desk.apply(Change("canvas", 0, edit))
    found = fields(desk, "process_refund")
    assert found["arg:order_id"]["value"] == "input.order_id"
    assert found["arg:amount"]["problem"] == "This argument is required."
    problems = [
        one for one in desk.reading.diagnostics if one.step == "process_refund" and one.severity == "error"
    ]
    assert [one.code for one in problems] == ["E202"]
    assert all(one.help for one in problems)
