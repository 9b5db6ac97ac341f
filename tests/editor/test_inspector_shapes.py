"""Every form of JSON Schema has its control, filled with what is written, and writes back only its own part."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.catalog import Catalog, Connector, Tool
from studio.editor.desk import Desk
from studio.editor.document import Change, Refused
from studio.editor.gesture import SetField
from studio.editor.inspection.field import Field, walked
from studio.editor.inspection.form import step_sections
from studio.editor.inspection.part import moved_item, with_part
from studio.editor.inspection.shape import shape_of
from studio.editor.inspection.writing import field_edit

TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {**TEXT, "title": "Full name", "description": "As on the card", "examples": ["Ada"]},
        "mail": {**TEXT, "format": "email"},
        "page": {**TEXT, "format": "uri"},
        "day": {**TEXT, "format": "date"},
        "moment": {**TEXT, "format": "date-time"},
        "count": {"type": "integer", "default": 5},
        "price": {"type": ["number", "null"]},
        "gift": {"type": "boolean"},
        "size": {"enum": ["S", "M", None]},
        "stars": {"enum": [1, 2, 3]},
        "tags": {"type": "array", "items": TEXT},
        "marks": {"type": "array", "items": {"type": "number"}},
        "sizes": {"type": "array", "items": {"enum": ["S", "M"]}},
        "address": {
            "type": "object",
            "properties": {"city": TEXT, "zip": TEXT, "geo": {"$ref": "#/$defs/geo"}},
            "required": ["zip", "city"],
        },
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "title": "Line",
                "properties": {"sku": TEXT, "n": {"type": "integer"}},
                "required": ["sku"],
            },
        },
        "pay": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"kind": {"const": "card"}, "card": TEXT},
                    "required": ["kind"],
                },
                {
                    "type": "object",
                    "properties": {"kind": {"const": "bank"}, "iban": TEXT},
                    "required": ["kind"],
                },
            ]
        },
        "either": {"anyOf": [{"type": "integer"}, TEXT]},
        "loose": {"type": "object"},
    },
    "required": ["name", "address"],
    "$defs": {"geo": {"type": "object", "properties": {"lat": {"type": "number"}}}},
}
CATALOG = Catalog(connectors={"c": Connector(name="c", tools={"do": Tool(name="do", input_schema=SCHEMA)})})


def opened(args: str = "") -> Desk:
    return Desk("w", f'workflow w {{\n  use c: mcp "c"\n\n  step it: call c.do({args})\n}}\n', CATALOG, "e")


def fields(desk: Desk) -> list[Field]:
    place = desk.reading.steps["it"]
    return [
        field for section in step_sections(place, desk.reading, CATALOG) for field in walked(section.fields)
    ]


def field(desk: Desk, key: str, *at: str | int, control: str = "") -> Field:
    return next(
        one
        for one in fields(desk)
        if (one.key, one.at) == (f"arg:{key}", at) and control in ("", one.control)
    )


def said(desk: Desk, key: str, *at: str | int, **rest: Any) -> str:
    """The arguments after a field said this."""
    gesture = SetField(type="set", step="it", key=f"arg:{key}", at=at, **{"mode": "plain", **rest})
    edit = field_edit(gesture, desk.reading, CATALOG)
    assert not isinstance(edit, Refused), edit
    told = desk.apply(Change("canvas", desk.document.revision, edit))
    assert not isinstance(told, Refused), told
    return desk.document.text.partition("c.do(")[2].rpartition(")")[0]


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("name", "text"),
        ("mail", "text"),
        ("day", "date"),
        ("moment", "moment"),
        ("count", "number"),
        ("price", "number"),
        ("gift", "toggle"),
        ("size", "select"),
        ("stars", "select"),
        ("tags", "chips"),
        ("marks", "chips"),
        ("sizes", "picks"),
        ("address", "group"),
        ("lines", "rows"),
        ("pay", "choice"),
        ("either", "choice"),
        ("loose", "expression"),
    ],
)
def test_each_form_of_schema_has_its_control(name: str, control: str) -> None:
    assert field(opened(), name).control == control


def test_words_around_a_field_come_from_its_schema() -> None:
    desk = opened()
    name, count, mail = (field(desk, one) for one in ("name", "count", "mail"))
    assert (name.label, name.help, name.placeholder, name.required) == (
        "Full name",
        "As on the card",
        "Ada",
        True,
    )
    assert (count.placeholder, count.default, count.label) == ("5", "5", "Count")
    assert (mail.sort, mail.placeholder) == ("email", "name@example.com")
    assert name.problem == "This argument is required."


def test_what_is_required_comes_first_in_the_authors_order() -> None:
    inner = [one.at[-1] for one in field(opened(), "address").fields]
    assert inner == ["zip", "city", "geo"]


def test_an_object_is_filled_in_field_by_field() -> None:
    desk = opened()
    assert said(desk, "address", "city", value="Paris") == 'address: { city: "Paris" }'
    assert said(desk, "address", "zip", value="75000") == 'address: { city: "Paris", zip: "75000" }'
    assert said(desk, "address", "geo", "lat", value="48.8") == (
        'address: { city: "Paris", zip: "75000", geo: { lat: 48.8 } }'
    )
    assert said(desk, "address", "zip", value="") == 'address: { city: "Paris", geo: { lat: 48.8 } }'
    assert field(desk, "address", "geo", "lat").value == "48.8"


def test_an_expression_in_an_object_stays_one() -> None:
    desk = opened('address: { city: "P" + "aris", zip: "1" }')
    city = field(desk, "address", "city")
    assert (city.mode, city.value) == ("expression", '"P" + "aris"')
    assert said(desk, "address", "city", value="input.city", mode="expression") == (
        'address: { city: input.city, zip: "1" }'
    )


def test_a_list_of_objects_gets_rows_that_move_and_go() -> None:
    desk = opened()
    said(desk, "lines", op="add")
    said(desk, "lines", 0, "sku", value="a")
    said(desk, "lines", op="add")
    assert said(desk, "lines", 1, "sku", value="b") == 'lines: [{ sku: "a" }, { sku: "b" }]'
    assert field(desk, "lines").adds == "Add line"
    assert said(desk, "lines", 1, op="up") == 'lines: [{ sku: "b" }, { sku: "a" }]'
    assert said(desk, "lines", 0, op="drop") == 'lines: [{ sku: "a" }]'
    assert said(desk, "lines", 0, op="drop") == ""


@pytest.mark.parametrize(
    ("name", "values", "written"),
    [
        ("tags", ('say "hi"', "b"), 'tags: ["say \\"hi\\"", "b"]'),
        ("marks", ("1", "2.5"), "marks: [1, 2.5]"),
        ("sizes", ("S",), 'sizes: ["S"]'),
        ("tags", (), ""),
    ],
)
def test_lists_of_plain_values_are_chips(name: str, values: tuple[str, ...], written: str) -> None:
    desk = opened()
    assert said(desk, name, values=values, control=field(desk, name).control) == written
    assert field(desk, name).values == values


def test_words_among_numbers_are_refused_before_they_are_written() -> None:
    gesture = SetField(
        type="set", step="it", key="arg:marks", values=("1", "x"), mode="plain", control="chips"
    )
    assert isinstance(field_edit(gesture, opened().reading, CATALOG), Refused)


def test_one_of_several_shapes_is_the_one_that_is_written() -> None:
    desk = opened('pay: { kind: "bank", iban: "FR1" }')
    pay = field(desk, "pay")
    assert (pay.value, pay.labels) == ("1", ("Card", "Bank"))
    assert field(desk, "pay", "iban").value == "FR1"


def test_a_shapes_only_value_is_written_with_the_first_of_its_fields() -> None:
    desk = opened()
    assert said(desk, "pay", "card", value="4111", control="text") == 'pay: { card: "4111", kind: "card" }'


def test_a_number_or_a_text_is_spelled_by_the_shape_that_was_chosen() -> None:
    desk = opened()
    assert said(desk, "either", value="5", control="number") == "either: 5"
    assert said(desk, "either", value="5", control="text") == 'either: "5"'
    assert field(desk, "either").value == "1"


def test_an_option_that_is_a_number_is_written_as_one() -> None:
    desk = opened()
    assert said(desk, "stars", value="3", control="select") == "stars: 3"
    assert said(desk, "size", value="M", control="select") == 'stars: 3, size: "M"'


def test_a_schema_without_end_is_an_expression_where_nobody_could_follow() -> None:
    deep: dict[str, Any] = {"type": "object", "properties": {}}
    deep["properties"]["inner"] = deep
    assert shape_of(deep).control == "group"
    assert shape_of(deep, depth=9).control == "expression"


def test_parts_that_stand_on_lines_of_their_own_stay_there() -> None:
    source = "{\n    a: 1,\n    b: 2,\n  }"
    assert with_part(source, ("c",), "3") == "{\n    a: 1,\n    b: 2,\n    c: 3,\n  }"
    assert with_part(source, ("a",), "9") == "{\n    a: 9,\n    b: 2,\n  }"
    assert with_part("[1, 2, 3]", (1,), None) == "[1, 3]"
    assert with_part("order", ("a",), "1") == "{ a: 1 }"
    assert with_part("{ a: 1 }", ("a",), None) is None
    assert with_part("{ a: 1 }", ("b-c",), "1") == '{ a: 1, "b-c": 1 }'
    assert moved_item("[a, b, c]", (), 2, 1) == "[a, c, b]"
    assert moved_item("[a]", (), 0, 1) == "[a]"
