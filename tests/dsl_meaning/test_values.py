"""Values against schemas."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import tree
from dsl.parse import parse
from dsl.schemas import declared_types, fields_of, resolved, schema_of_fields
from dsl.values import coerce, validate_input
from tests.dsl_meaning.sample import ORDER, fields

NUMBER, TEXT = {"type": "number"}, {"type": "string"}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (250, NUMBER, 250.0),
        (250, {"type": ["number", "null"]}, 250.0),
        (250, {"anyOf": [NUMBER, {"type": "null"}]}, 250.0),
        (250.0, {"type": "integer"}, 250),
        (250.5, {"type": "integer"}, 250.5),
        (250, {"type": ["integer", "number"]}, 250),
        (True, NUMBER, True),
        ("250", NUMBER, "250"),
        ([1, 2], {"type": "array", "items": NUMBER}, [1.0, 2.0]),
        ({"a": 1, "b": 1}, fields(a=NUMBER), {"a": 1.0, "b": 1}),
        ({"a": 1}, {"additionalProperties": NUMBER}, {"a": 1.0}),
        (
            {"kind": "b", "n": 1},
            {"anyOf": [fields("x", n=TEXT), fields("n", n=NUMBER)]},
            {"kind": "b", "n": 1.0},
        ),
        (1, None, 1),
        (1, {}, 1),
    ],
)
def test_coercion_changes_the_kind_of_numbers_and_nothing_else(
    value: Any, schema: Any, expected: Any
) -> None:
    found = coerce(value, schema)
    assert found == expected
    assert repr(found) == repr(expected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
SCHEMA = st.recursive(
    st.sampled_from([{}, NUMBER, TEXT, {"type": "integer"}, {"type": ["number", "null"]}]),
    lambda inner: (
        st.builds(lambda one: {"type": "array", "items": one}, inner)
        | st.builds(lambda one, two: fields(a=one, b=two), inner, inner)
        | st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner)
    ),
    max_leaves=6,
)


@given(JSON, SCHEMA)
def test_coercion_keeps_the_value_and_doing_it_twice_changes_nothing(value: Any, schema: Any) -> None:
    once = coerce(value, schema)
    assert once == value
    assert repr(coerce(once, schema)) == repr(once)


def input_schema(text: str) -> dict[str, Any]:
    workflow = parse(f"workflow t {{ {text} }}").workflow
    return schema_of_fields(fields_of(workflow, "input"), declared_types(workflow))


def test_the_types_of_an_input_become_a_schema() -> None:
    schema = input_schema(
        """
        type Line: { sku: string, price: float?, }
        input {
          /// As on the invoice.
          number: string,
          lines: Line[],
          kind: "a" | "b" = "a",
          note: string?,
          scores: map<int>,
        }
        """
    )
    assert schema == {
        "type": "object",
        "properties": {
            "number": {"type": "string", "description": "As on the invoice."},
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"sku": {"type": "string"}, "price": {"type": ["number", "null"]}},
                    "required": ["sku"],
                },
            },
            "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "note": {"type": ["string", "null"]},
            "scores": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        "required": ["number", "lines", "scores"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"order_id": "A"}, []),
        ({}, ["order_id: is required"]),
        ({"order_id": 7}, ["order_id: must be a text, not the number 7"]),
        ({"order_id": "A", "count": 1.5}, ["count: must be a whole number, not the number 1.5"]),
        ({"order_id": "A", "count": 2.0}, []),
        ({"order_id": "A", "level": "hgh"}, ['level: must be one of "low", "high"; did you mean "high"?']),
        ({"order_id": "A", "zzz": "x"}, ["zzz: is not known here"]),
        ({"order_id": "A", "cuont": 1}, ["cuont: is not known here, did you mean count?"]),
        ({"order_id": "A", "lines": [{"sku": "x"}, {}]}, ["lines[1].sku: is required"]),
        ({"order_id": "A", "at": "tomorrow"}, ["at: must be a time such as 2026-01-31T09:00:00Z"]),
        ("A", ['must be an object, not the text "A"']),
    ],
)
def test_a_wrong_input_is_told_in_plain_words(value: Any, expected: list[str]) -> None:
    schema = input_schema(
        'input { order_id: string, count: int?, level: ("low" | "high")?, lines: ({ sku: string })[]?, at: timestamp? }'
    )
    assert [str(error) for error in validate_input(value, schema)] == expected


def test_a_huge_wrong_input_gives_a_bounded_list() -> None:
    schema = {"type": "array", "items": TEXT}
    assert len(validate_input(list(range(1000)), schema)) == 50


def test_references_of_a_schema_are_put_in_place_and_recursion_ends() -> None:
    found = resolved(ORDER)
    assert "$defs" not in found
    assert found["properties"]["items"]["items"]["properties"]["price"] == NUMBER
    node = {"$ref": "#/$defs/N", "$defs": {"N": fields(next={"$ref": "#/$defs/N"})}}
    assert resolved(node)["properties"]["next"] == {}


def test_a_type_that_names_itself_allows_anything_in_the_end() -> None:
    workflow = parse("workflow t { type A: { next: A? } input { a: A } }").workflow
    assert isinstance(workflow.heads[0], tree.TypeDecl)
    schema = schema_of_fields(fields_of(workflow, "input"), declared_types(workflow))
    assert validate_input({"a": {"next": None}}, schema) == []
