"""Whether whatever fits one JSON Schema fits another: what a change of a type means for those who give or get it."""

from __future__ import annotations

from typing import Any

from dsl.catalog import Schema
from dsl.schemas import kinds_of, words_for, words_for_kinds

_DEPTH = 24


def excess(given: Schema, wanted: Schema, at: str = "", depth: int = _DEPTH) -> str | None:
    """What a value that fits ``given`` can be and ``wanted`` does not take, in words; None when it takes all.

    ``at`` is the field's name, for the words. Careful: what it cannot tell apart counts as fitting.
    """
    if depth == 0 or not wanted or given == wanted:
        return None
    members = given.get("anyOf")
    if isinstance(members, list):
        return next((found for m in members if (found := excess(m, wanted, at, depth - 1))), None)
    choices = wanted.get("anyOf")
    if isinstance(choices, list):
        tried = [excess(given, choice, at, depth - 1) for choice in choices]
        return None if None in tried else tried[0]
    return (
        _other_kind(given, wanted, at)
        or _other_values(given, wanted, at)
        or _other_items(given, wanted, at, depth)
        or _other_fields(given, wanted, at, depth)
    )


def _other_kind(given: Schema, wanted: Schema, at: str) -> str | None:
    has, takes = kinds_of(given), kinds_of(wanted)
    if not takes:
        return None
    if not has:
        return f"{_it(at)} can be anything, and only {words_for(wanted)} is taken"
    extra = {kind for kind in has - takes if not (kind == "integer" and "number" in takes)}
    if not extra:
        return None
    if extra == {"null"}:
        return f"{_it(at)} may be null"
    return f"{_it(at)} may be {words_for_kinds(frozenset(extra))}, and not {words_for(wanted)}"


def _other_values(given: Schema, wanted: Schema, at: str) -> str | None:
    takes = wanted.get("enum")
    if not isinstance(takes, list):
        if "format" in wanted and wanted.get("format") != given.get("format") and "string" in kinds_of(given):
            return f"{_it(at)} may be any text, and not {_article(str(wanted['format']))}"
        return None
    has = given.get("enum")
    if not isinstance(has, list):
        return f"{_it(at)} may be {words_for(given)}, and not only {words_for(wanted)}"
    extra = [value for value in has if value not in takes]
    return f'{_it(at)} may be "{extra[0]}"' if extra else None


def _article(format_: str) -> str:
    return {"date-time": "a time", "date": "a date", "duration": "a duration"}.get(format_, f"a {format_}")


def _other_items(given: Schema, wanted: Schema, at: str, depth: int) -> str | None:
    inner = wanted.get("items")
    if not isinstance(inner, dict) or "array" not in kinds_of(given):
        return None
    has = given.get("items")
    return excess(
        has if isinstance(has, dict) else {}, inner, f"an item of {at}" if at else "an item", depth - 1
    )


def _other_fields(given: Schema, wanted: Schema, at: str, depth: int) -> str | None:
    if "object" not in kinds_of(given):
        return None
    has, takes = _properties(given), _properties(wanted)
    sure = set(given.get("required") or ())
    for name in wanted.get("required") or ():
        if name not in sure:
            return f"`{_join(at, name)}` may be missing"
    for name, schema in takes.items():
        if name in has and (found := excess(has[name], schema, _join(at, name), depth - 1)):
            return found
    rest, others = wanted.get("additionalProperties"), given.get("additionalProperties")
    if isinstance(rest, dict) and "properties" not in wanted:
        inner = others if isinstance(others, dict) else {}
        return excess(inner, rest, f"a field of {at}" if at else "a field", depth - 1)
    return None


def _properties(schema: Schema) -> dict[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, dict) else {}


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _it(at: str) -> str:
    return at if at.startswith(("an item", "a field")) else f"`{at}`" if at else "it"


__all__ = ["excess"]
