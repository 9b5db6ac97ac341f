"""Schemas come from servers nobody knows: odd, huge and hostile ones stop nothing and refuse nothing that is right."""

from __future__ import annotations

import time
from typing import Any

import pytest

from dsl.cel.shapes import DYN, shape_of
from dsl.schemas import resolved
from tests.dsl_types.ground import refused


def test_definitions_that_stand_for_millions_are_read_in_good_time() -> None:
    definitions: dict[str, Any] = {
        f"D{n}": {
            "type": "object",
            "properties": {key: {"$ref": f"#/$defs/D{n + 1}"} for key in ("a", "b", "c", "d")},
        }
        for n in range(20)
    }
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/D0"}}, "$defs": definitions}
    started = time.process_time()
    assert refused("s.x.a + 1 > 2 || s.x.b.c == 3", schema) != []
    assert time.process_time() - started < 5


def test_what_refers_to_itself_is_known_to_its_first_turn() -> None:
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}},
        "required": ["name"],
    }
    schema = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
    assert [one.message for one in refused("s.nmae", schema)] == [
        "`s` has no field `nmae`, did you mean `name`?"
    ]
    assert refused("s.next.next.whatever + 1 > 0", schema) == []


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"type": []},
        {"type": "nonsense"},
        {"type": ["object", 3]},
        {"properties": None},
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"a": True, "b": 3}},
        {"type": "array", "items": True},
        {"type": "array", "items": [{"type": "string"}]},
        {"anyOf": []},
        {"anyOf": [True, {"type": "object"}]},
        {"anyOf": {"type": "string"}},
        {"allOf": [{"properties": {"a": {"type": "string"}}}]},
        {"enum": "x"},
        {"enum": []},
        {"const": {"a": 1}},
        {"$ref": "#/nowhere"},
        {"$ref": 3},
        {"$defs": []},
        {"type": "object", "properties": {"a": {}}, "required": "a"},
        {"type": "object", "properties": {"a": {}}, "patternProperties": {"^x": {"type": "string"}}},
        {"type": "object", "properties": {"a": {}}, "unevaluatedProperties": True},
    ],
)
def test_a_schema_that_says_little_or_nonsense_refuses_nothing(schema: Any) -> None:
    for source in ("s.a", "s.a + 1 > 2", "s.a.map(x, x.y).size()", '"${s.a}"', "{ b: s.a }"):
        found = [one.message for one in refused(source, schema)]
        # Of what says that it is a list or a text, a field is refused with right.
        assert found == [] or schema.get("type") == "array", (source, found)


@pytest.mark.parametrize(
    "name", ["two words", "Größe", "a-b", "$x", "", "1st", "\ud800", "f_a", "x_61", "__proto__"]
)
def test_a_field_of_any_name_has_its_kind(name: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "integer"}, "a": {"type": "string"}}}
    (shape,) = [inner for field, inner in shape_of(schema).fields if field == name]
    assert shape.signature == "int"
    if name.isprintable() and "$" not in name:
        assert [one.code for one in refused(f"s['{name}'] + 'x'", schema)] == ["E204"]
        assert refused(f"s['{name}'] + 1", schema) == []


def test_names_that_are_one_to_descriptors_are_two_here() -> None:
    schema = {
        "type": "object",
        "properties": {"aB": {"type": "string"}, "a_b": {"type": "integer"}, "A_B": {"type": "boolean"}}
        | {
            key: {"type": "object", "additionalProperties": {"type": "integer"}}
            for key in ("m", "M", "m_", "_m")
        },
    }
    assert refused("s.aB + 'x'", schema) == []
    assert refused("s.a_b + 1", schema) == []
    assert refused("!s.A_B && s.m.a + s.M.a + s.m_.a + s._m.a > 3", schema) == []
    assert [one.code for one in refused("s.a_b + 'x'", schema)] == ["E204"]


def test_an_object_of_very_many_fields_is_typed() -> None:
    for many in (900, 25_000):
        properties = {f"f{n}": {"type": "integer"} for n in range(many)}
        schema = {"type": "object", "properties": properties}
        assert [one.code for one in refused("s.f800 + 'x'", schema)] == ["E204"]
        assert [one.code for one in refused("s.f800.upper()", schema)] == (["E204"] if many == 900 else [])


def test_what_is_below_all_measure_is_not_known() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        schema = {"type": "array", "items": schema}
    inner = shape_of(resolved(schema))
    while inner.item is not None:
        inner = inner.item
    assert inner == DYN
