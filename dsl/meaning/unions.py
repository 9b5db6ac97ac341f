"""One schema for a value that comes from several places: the branches of an ``if``, the rounds of a ``loop``."""

from __future__ import annotations

from collections.abc import Iterable

from dsl.catalog import Schema
from dsl.schemas import kinds_of

MAX_MEMBERS = 8
NULL: Schema = {"type": "null"}

_STRUCTURE = frozenset(
    {"properties", "items", "additionalProperties", "patternProperties", "prefixItems"}
    | {"anyOf", "oneOf", "allOf", "not", "$ref", "if", "dependentSchemas"}
)


def union(schemas: Iterable[Schema]) -> Schema:
    """What a value may be that has one of these schemas; anything as soon as one of them allows anything."""
    members: list[Schema] = []
    for schema in schemas:
        for member in members_of(schema):
            if not member:
                return {}
            if member not in members:
                members.append(member)
    plain = [one for one in members if _is_plain(one)]
    lists = [one for one in members if _is_list(one)]
    others = [one for one in members if not _is_plain(one) and not _is_list(one)]
    merged = ([_plain(plain)] if plain else []) + ([_list(lists)] if lists else []) + others
    if len(merged) > MAX_MEMBERS:
        return {}
    return merged[0] if len(merged) == 1 else ({"anyOf": merged} if merged else {})


def nullable(schema: Schema) -> Schema:
    return union([schema, NULL])


def members_of(schema: Schema) -> list[Schema]:
    """The schemas of which one holds: those of an ``anyOf``, or the schema itself."""
    members = schema.get("anyOf", schema.get("oneOf"))
    if not isinstance(members, list) or not members or "properties" in schema:
        return [schema]
    return [inner for one in members for inner in (members_of(one) if isinstance(one, dict) else [{}])]


def _is_plain(schema: Schema) -> bool:
    kinds = kinds_of(schema)
    return bool(kinds) and not kinds & {"array", "object"} and schema.keys().isdisjoint(_STRUCTURE)


def _is_list(schema: Schema) -> bool:
    return kinds_of(schema) == {"array"} and not schema.keys() & (_STRUCTURE - {"items"})


def _plain(members: list[Schema]) -> Schema:
    if len(members) == 1:
        return members[0]
    kinds = sorted(frozenset().union(*map(kinds_of, members)))
    whole: Schema = {"type": kinds[0] if len(kinds) == 1 else kinds}
    lists = [values_of(member) for member in members]
    if all(values is not None for values in lists):
        values: list[object] = []
        for value in (value for one in lists for value in one or ()):
            if not any(value == other and type(value) is type(other) for other in values):
                values.append(value)
        # Texts stand for cases; that a number is 1 or 2 is a chance of the moment.
        if all(isinstance(value, str) or value is None for value in values):
            whole["enum"] = values
    formats = {member.get("format") for member in members if kinds_of(member) != {"null"}}
    if len(formats) == 1 and None not in formats:
        whole["format"] = formats.pop()
    return whole


def values_of(schema: Schema) -> list[object] | None:
    """The values a schema lists, if it lists them."""
    members = members_of(schema)
    if len(members) > 1:
        lists = [values_of(one) for one in members]
        return None if None in lists else [value for one in lists for value in one or ()]
    schema = members[0]
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    if "const" in schema:
        return [schema["const"]]
    return [None] if kinds_of(schema) == {"null"} else None


def _list(members: list[Schema]) -> Schema:
    if len(members) == 1:
        return members[0]
    items = [one["items"] if isinstance(one.get("items"), dict) else {} for one in members]
    return {"type": "array", "items": union(items)}
