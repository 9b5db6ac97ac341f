"""Values against their JSON Schemas: coercion of what is right in substance, plain words for what is not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from dsl.catalog import Schema
from dsl.plan import Json
from dsl.schemas import kind_of, kinds_of, words_for
from dsl.suggestion import closest


@dataclass(frozen=True, slots=True)
class InputError:
    """``path`` is the field ("customer.email", "items[2]", "" for the whole); ``message`` goes behind it."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def coerce(value: Json, schema: Schema | None) -> Json:
    """Whole numbers as decimals where the schema says number, and decimals without a fraction as whole numbers
    where it says integer, at any depth. What the schema does not speak of, or does not fit it, stays as it is."""
    if not schema or not isinstance(schema, dict):
        return value
    match value:
        case bool():
            return value
        case int():
            kinds = kinds_of(schema)
            return float(value) if "number" in kinds and "integer" not in kinds else value
        case float():
            kinds = kinds_of(schema)
            whole = (
                "integer" in kinds and "number" not in kinds and math.isfinite(value) and value.is_integer()
            )
            return int(value) if whole else value
        case list():
            return [coerce(item, _below(schema, None, value)) for item in value]
        case dict():
            return {name: coerce(item, _below(schema, name, value)) for name, item in value.items()}
        case _:
            return value


def _below(schema: Schema, name: str | None, value: Json) -> Schema | None:
    """The schema of a field (or, without a name, of a list's items)."""
    for one in _branches(schema, value):
        if name is None and isinstance(one.get("items"), dict):
            return dict(one["items"])
        if name is not None:
            properties = one.get("properties")
            if isinstance(properties, dict) and isinstance(properties.get(name), dict):
                return dict(properties[name])
            if isinstance(one.get("additionalProperties"), dict):
                return dict(one["additionalProperties"])
    return None


def _branches(schema: Schema, value: Json) -> Iterator[Schema]:
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        members = schema.get(word)
        fitting = [m for m in members if isinstance(m, dict)] if isinstance(members, list) else []
        # The branch that fits best first, so that an object takes its own branch of a union.
        yield from sorted(fitting, key=lambda member: sum(1 for _ in _errors(value, member, "", 8)))


def validate_input(value: Json, schema: Schema) -> list[InputError]:
    """What is wrong with the input of a run, one entry a problem, at most fifty; empty when it is right."""
    errors: list[InputError] = []
    for error in _errors(value, schema, "", 32):
        errors.append(error)
        if len(errors) == 50:
            break
    return errors


def _errors(value: Json, schema: Schema, path: str, depth: int) -> Iterator[InputError]:
    if depth == 0 or not isinstance(schema, dict):
        return
    kinds = kinds_of(schema)
    kind = kind_of(value)
    if kinds and not _is_of(value, kind, kinds):
        yield InputError(path, f"must be {words_for(schema)}, not {_describe(value)}")
        return
    values = schema.get("enum")
    if isinstance(values, list) and value not in values:
        yield InputError(path, f"must be {words_for(schema)}{_meant(value, values)}")
        return
    if "const" in schema and value != schema["const"]:
        yield InputError(path, f"must be {schema['const']!r}")
        return
    members = schema.get("anyOf", schema.get("oneOf"))
    if isinstance(members, list):
        tried = [list(_errors(value, m, path, depth - 1)) for m in members if isinstance(m, dict)]
        if tried and all(tried):
            yield from min(tried, key=len)
            return
    match value:
        case dict():
            yield from _object_errors(value, schema, path, depth)
        case list():
            yield from _list_errors(value, schema, path, depth)
        case str():
            yield from _text_errors(value, schema, path)
        case int() | float() if not isinstance(value, bool):
            yield from _number_errors(value, schema, path)


def _object_errors(value: dict[str, Json], schema: Schema, path: str, depth: int) -> Iterator[InputError]:
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name not in value:
            yield InputError(_join(path, str(name)), "is required")
    rest = schema.get("additionalProperties", True)
    for name, item in value.items():
        at = _join(path, name)
        if name in known:
            yield from _errors(item, known[name], at, depth - 1)
        elif rest is False:
            suggestion = closest(name, known)
            hint = f", did you mean {suggestion}?" if suggestion else ""
            yield InputError(at, f"is not known here{hint}")
        elif isinstance(rest, dict):
            yield from _errors(item, rest, at, depth - 1)


def _list_errors(value: list[Json], schema: Schema, path: str, depth: int) -> Iterator[InputError]:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if isinstance(least, int) and len(value) < least:
        yield InputError(path, f"needs at least {least} item{'s' if least != 1 else ''}")
    if isinstance(most, int) and len(value) > most:
        yield InputError(path, f"may have at most {most} item{'s' if most != 1 else ''}")
    items = schema.get("items")
    if isinstance(items, dict):
        for index, item in enumerate(value):
            yield from _errors(item, items, f"{path}[{index}]", depth - 1)


def _text_errors(value: str, schema: Schema, path: str) -> Iterator[InputError]:
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int) and len(value) < least:
        yield InputError(path, "must not be empty" if least == 1 else f"needs at least {least} characters")
    if isinstance(most, int) and len(value) > most:
        yield InputError(path, f"may have at most {most} characters")
    match schema.get("format"):
        case "date-time":
            try:
                aware = datetime.fromisoformat(value).tzinfo is not None
            except ValueError:
                aware = False
            if not aware:
                yield InputError(path, "must be a time such as 2026-01-31T09:00:00Z")
        case "date":
            try:
                date.fromisoformat(value)
            except ValueError:
                yield InputError(path, "must be a date such as 2026-01-31")


def _number_errors(value: int | float, schema: Schema, path: str) -> Iterator[InputError]:
    if not math.isfinite(value):
        yield InputError(path, "must be a number")
        return
    for word, words in _BOUNDS.items():
        bound = schema.get(word)
        if isinstance(bound, int | float) and not isinstance(bound, bool) and not _within(value, word, bound):
            yield InputError(path, f"must be {words} {bound}")


_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def _within(value: int | float, word: str, bound: int | float) -> bool:
    match word:
        case "minimum":
            return value >= bound
        case "exclusiveMinimum":
            return value > bound
        case "maximum":
            return value <= bound
        case _:
            return value < bound


def _is_of(value: Json, kind: str, kinds: frozenset[str]) -> bool:
    if kind in kinds or (kind == "integer" and "number" in kinds):
        return True
    return kind == "number" and "integer" in kinds and math.isfinite(value) and value.is_integer()


def _describe(value: Json) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case str():
            shown = value if len(value) <= 40 else value[:37] + "..."
            return f'the text "{shown}"'
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case _:
            return "an object"


def _meant(value: Json, values: list[Json]) -> str:
    suggestion = closest(value, [v for v in values if isinstance(v, str)]) if isinstance(value, str) else None
    return f'; did you mean "{suggestion}"?' if suggestion else f", not {_describe(value)}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
