"""Weft types as JSON Schemas, and JSON Schemas in a few plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from dsl import tree
from dsl.catalog import Schema

BASIC: dict[str, Schema] = {
    "string": {"type": "string"},
    "int": {"type": "integer"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "boolean": {"type": "boolean"},
    "any": {},
    "json": {},
    "object": {"type": "object"},
    "null": {"type": "null"},
    "timestamp": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "duration": {"type": "string", "format": "duration"},
}
"""The types every text knows by name."""

GENERIC = frozenset({"map", "list"})
MAX_PARTS = 20_000
"""Schemas inside of one schema that are looked at."""


def schema_of(type_: tree.Type, declared: Mapping[str, tree.Type], depth: int = 0) -> Schema:
    """The JSON Schema of a type. An unknown or endlessly recursive name allows anything."""
    match type_:
        case tree.NamedType(name=name):
            if name in declared and depth < 32:
                return schema_of(declared[name], declared, depth + 1)
            return dict(BASIC.get(name, {}))
        case tree.LiteralType(value=value):
            return {"type": "string", "enum": [value]}
        case tree.ListType(item=item):
            return {"type": "array", "items": schema_of(item, declared, depth + 1)}
        case tree.OptionalType(item=item):
            return _nullable(schema_of(item, declared, depth + 1))
        case tree.UnionType(members=members):
            return _union([schema_of(member, declared, depth + 1) for member in members])
        case tree.GenericType(name=name, item=item):
            inner = schema_of(item, declared, depth + 1)
            if name == "list":
                return {"type": "array", "items": inner}
            return {"type": "object", "additionalProperties": inner}
        case tree.ObjectType(fields=fields):
            return _object(fields, declared, depth)
        case _:
            assert_never(type_)


def _object(
    fields: tuple[tuple[str, tree.Type], ...], declared: Mapping[str, tree.Type], depth: int
) -> Schema:
    properties: Schema = {}
    required: list[str] = []
    for name, type_ in fields:
        properties[name] = schema_of(type_, declared, depth + 1)
        if not isinstance(type_, tree.OptionalType):
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


def _nullable(schema: Schema) -> Schema:
    match schema:
        case {"type": str() as one, "enum": list() as values}:
            return {**schema, "type": [one, "null"], "enum": [*values, None]}
        case {"type": str() as one}:
            return {**schema, "type": [one, "null"]}
        case {"type": list() as several}:
            return {**schema, "type": [*several, *(() if "null" in several else ("null",))]}
        case _ if not schema:
            return {}
        case _:
            return {"anyOf": [schema, {"type": "null"}]}


def _union(members: list[Schema]) -> Schema:
    if all(set(member) == {"type", "enum"} for member in members):
        return {"type": "string", "enum": [value for member in members for value in member["enum"]]}
    return {"anyOf": members}


def declared_types(workflow: tree.Workflow) -> dict[str, tree.Type]:
    return {head.name: head.type for head in workflow.heads if isinstance(head, tree.TypeDecl)}


def fields_of(workflow: tree.Workflow, role: str) -> tuple[tree.Field, ...]:
    """The fields of the ``input``, ``output`` or ``config`` blocks of a text, in order."""
    return tuple(
        field
        for head in workflow.heads
        if isinstance(head, tree.Fields) and head.role == role
        for field in head.fields
    )


def schema_of_fields(fields: tuple[tree.Field, ...], declared: Mapping[str, tree.Type]) -> Schema:
    """The JSON Schema of an ``input``, ``output`` or ``config``: a closed object.

    A field is required when it has neither a ``?`` nor a default. Its documentation becomes its description; a
    constant default is shown as one, for forms.
    """
    properties: Schema = {}
    required: list[str] = []
    for field in fields:
        schema = schema_of(field.type, declared)
        if field.doc:
            schema = {**schema, "description": field.doc}
        if isinstance(field.default, tree.Constant):
            schema = {**schema, "default": field.default.value}
        properties[field.name] = schema
        if field.default is None and not isinstance(field.type, tree.OptionalType):
            required.append(field.name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


_KINDS = frozenset(_WORDS)


def kinds_of(schema: Schema | bool) -> frozenset[str]:
    """The JSON types a schema allows; empty when it says nothing about that."""
    if isinstance(schema, bool):
        return frozenset()
    match schema:
        case {"type": str() as one}:
            return frozenset({one}) & _KINDS
        case {"type": list() as several}:
            named = frozenset(map(str, several))
            return named if named <= _KINDS else frozenset()
        case {"const": value}:
            return frozenset({kind_of(value)})
        case {"enum": list() as values}:
            return frozenset(map(kind_of, values))
        case {"anyOf": list() as members} | {"oneOf": list() as members}:
            kinds = [kinds_of(member) for member in members if isinstance(member, dict)]
            return frozenset().union(*kinds) if kinds and all(kinds) else frozenset()
        case {"properties": dict()}:
            return frozenset({"object"})
        case _:
            return frozenset()


_MORE_FIELDS = frozenset(
    {
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "patternProperties",
        "if",
        "dependentSchemas",
        "unevaluatedProperties",
    }
)


def is_open(schema: Schema) -> bool:
    """Whether a value may have fields that its schema does not name. One that names some and does not speak of
    others is taken to name all: a server that means otherwise says ``additionalProperties``."""
    kinds = kinds_of(schema)
    if kinds and "object" not in kinds:
        return False
    if not schema.get("properties") or not schema.keys().isdisjoint(_MORE_FIELDS):
        return True
    return schema.get("additionalProperties") not in (None, False)


def kind_of(value: object) -> str:
    """The JSON type of a plain value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def fits(actual: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whether a value of one of the ``actual`` kinds may be passed where one of ``wanted`` is asked for.

    Lenient: it only says no when no kind fits. A number may turn out whole; null may turn out to be there.
    """
    if not actual or not wanted:
        return True
    present = actual - {"null"} or actual
    loose = wanted | ({"integer", "number"} if wanted & {"integer", "number"} else set())
    return bool(present & loose)


def words_for(schema: Schema) -> str:
    """A schema in plain words: "a text", "one of \\"low\\", \\"high\\"", "a list of objects"."""
    if "enum" in schema and isinstance(schema["enum"], list):
        shown = [f'"{value}"' for value in schema["enum"] if value is not None]
        return f"one of {', '.join(shown)}" if len(shown) > 1 else (shown[0] if shown else "null")
    return words_for_kinds(kinds_of(schema))


def words_for_kinds(kinds: frozenset[str]) -> str:
    shown = [word for kind, word in _WORDS.items() if kind in kinds and kind != "null"]
    if "number" in kinds and "integer" in kinds:
        shown.remove("a whole number")
    return " or ".join(shown) or ("null" if kinds else "anything")


def resolved(schema: Schema) -> Schema:
    """A schema with its local ``$ref`` put in place; what refers to itself allows anything from there on.

    So does what is left after ``MAX_PARTS`` parts: a few definitions that refer to each other can stand for millions.
    """
    definitions = {
        f"#/{word}/{name}": found
        for word in ("$defs", "definitions")
        for name, found in (schema.get(word) or {}).items()
        if isinstance(found, dict)
    }
    whole = _resolved(schema, definitions, frozenset(), [MAX_PARTS])
    return {key: value for key, value in whole.items() if key not in ("$defs", "definitions")}


def _resolved(
    schema: Schema, definitions: Mapping[str, Schema], inside: frozenset[str], left: list[int]
) -> Schema:
    left[0] -= 1
    if left[0] < 0:
        return {}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in inside or reference not in definitions or len(inside) > 16:
            return {}
        return _resolved(definitions[reference], definitions, inside | {reference}, left)
    found: Schema = {}
    for key, value in schema.items():
        if isinstance(value, dict) and key in ("properties", "patternProperties"):
            found[key] = {
                name: _resolved(item, definitions, inside, left) if isinstance(item, dict) else item
                for name, item in value.items()
            }
        elif isinstance(value, dict) and key in ("items", "additionalProperties"):
            found[key] = _resolved(value, definitions, inside, left)
        elif isinstance(value, list) and key in ("anyOf", "oneOf", "allOf"):
            found[key] = [
                _resolved(m, definitions, inside, left) if isinstance(m, dict) else m for m in value
            ]
        else:
            found[key] = value
    return found
