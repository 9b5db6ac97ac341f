from __future__ import annotations

import pytest

import dsl
from dsl.catalog import Catalog, Connector, Tool
from dsl.palette import KINDS, placeholder
from tests.dsl.texts import REFUND
from tests.policies import FREE

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "items": {"type": "array"},
        "status": {"enum": ["paid", "shipped"]},
    },
}
GET = Tool(
    name="get_order",
    input_schema={"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
    output_schema=ORDER,
)
SEND = Tool(
    name="send",
    input_schema={
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "copies": {"type": "integer"},
            "tone": {"enum": ["kind", "dry"]},
        },
        "required": ["to", "copies", "tone"],
    },
)
CATALOG = Catalog(
    connectors={
        "shop": Connector(name="shop", tools={"get_order": GET}),
        "post-office": Connector(name="post-office", tools={"send": SEND}),
    },
    roles=frozenset({"boss", "support"}),
    policy=FREE,
)
WITH_ORDER = """\
workflow a {
  use shop: mcp "shop"
  step order: call shop.get_order(order_id: "A")
  step last: let 1
}
"""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_can_be_put_in_as_it_comes(kind: str):
    new = dsl.new_step(kind, dsl.parse(REFUND), CATALOG)
    text = dsl.apply(REFUND, dsl.AddStep(before="done", text=new.text, uses=new.uses)).text
    assert dsl.parse(text).diagnostics == ()
    assert dsl.format_text(text) == text


def test_a_required_argument_is_taken_from_the_input_of_that_name():
    new = dsl.new_step("shop.get_order", dsl.parse(REFUND), CATALOG)
    assert new.text == "step get_order: call shop.get_order(order_id: input.order_id)\n  timeout 30s"
    assert new.uses == (dsl.UseLine(alias="shop", connector="shop"),)


def test_a_required_argument_is_taken_from_a_step_that_has_run():
    parsed = dsl.parse(WITH_ORDER)
    assert "order_id: order.id" in dsl.new_step("shop.get_order", parsed, CATALOG, "", "last").text
    assert 'order_id: ""' in dsl.new_step("shop.get_order", parsed, CATALOG).text


def test_what_nothing_fits_gets_an_empty_value_of_its_sort_and_a_name_that_can_be_written():
    new = dsl.new_step("post-office.send", dsl.parse(WITH_ORDER), CATALOG)
    assert new.text == 'step send: call post_office.send(to: "", copies: 0, tone: "kind")\n  timeout 30s'


def test_a_switch_and_a_foreach_use_what_is_there():
    parsed = dsl.parse(WITH_ORDER)
    assert 'switch order.status {\n  case "paid"' in dsl.new_step("switch", parsed, CATALOG, "", "last").text
    assert "foreach item in order.items" in dsl.new_step("foreach", parsed, CATALOG, "", "last").text


def test_an_approval_asks_a_role_that_exists():
    assert 'by role "boss"' in dsl.new_step("approve", dsl.parse(REFUND), CATALOG).text


def test_a_result_has_the_fields_of_the_output():
    assert 'return { status: "refunded" }' in dsl.new_step("return", dsl.parse(REFUND), CATALOG).text


def test_nothing_else_is_in_the_palette():
    with pytest.raises(ValueError, match=r"no step or tool 'shop\.fly'"):
        dsl.new_step("shop.fly", dsl.parse(REFUND), CATALOG)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, '""'),
        ({"type": ["number", "null"]}, "0.0"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "false"),
        ({"enum": ["a"]}, '"a"'),
        ({}, '""'),
    ],
)
def test_placeholders_have_the_sort_that_the_schema_asks_for(schema: dict[str, object], expected: str):
    assert placeholder(schema) == expected
