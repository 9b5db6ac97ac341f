"""JSON Schemas as lists of places: every field one can name, with its words and its type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from dsl.catalog import Schema
from studio.designer.builtin.words import name_stems

Sort: TypeAlias = Literal["string", "number", "integer", "boolean", "array", "object", "any"]


@dataclass(frozen=True, slots=True)
class Place:
    """One field: ``path`` is how an expression names it, ``words`` the stems along the way, outermost first.

    ``leaf`` are the stems of the last name alone. ``certain`` is false when a field on the way may be missing.
    """

    path: str
    words: tuple[str, ...]
    leaf: tuple[str, ...]
    schema: Schema
    certain: bool = True

    @property
    def sort(self) -> Sort:
        return sort_of(self.schema)


def plain(schema: Schema, root: Schema | None = None) -> Schema:
    """The schema without references and without "or null"."""
    root = schema if root is None else root
    for _ in range(8):
        if "$ref" in schema and isinstance(schema["$ref"], str):
            found: Any = root
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found.get(part, {}) if isinstance(found, dict) else {}
            schema = found
            continue
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            real = [o for o in options if o.get("type") != "null"]
            schema = (
                {**{k: v for k, v in schema.items() if k in ("description", "title")}, **real[0]}
                if len(real) == 1
                else {}
            )
            continue
        break
    # What lies below may refer to the definitions of the whole.
    if "$defs" in root and "$defs" not in schema and ("items" in schema or "properties" in schema):
        return {**schema, "$defs": root["$defs"]}
    return schema


def nullable(schema: Schema) -> bool:
    kind = schema.get("type")
    options = schema.get("anyOf") or schema.get("oneOf") or ()
    return (isinstance(kind, list) and "null" in kind) or any(o.get("type") == "null" for o in options)


def sort_of(schema: Schema) -> Sort:
    schema = plain(schema)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), None)
    if kind is None:
        if "properties" in schema:
            return "object"
        values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
        if values and all(isinstance(v, str) for v in values):
            return "string"
        return "any"
    return kind if kind in ("string", "number", "integer", "boolean", "array", "object") else "any"


def choices(schema: Schema) -> tuple[str, ...]:
    """The strings an enum allows; empty when it is none."""
    schema = plain(schema)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return tuple(v for v in values if isinstance(v, str))


def fits(source: Schema, target: Schema) -> bool:
    """Whether a value of one schema can stand where the other is wanted, as far as types tell."""
    have, want = sort_of(source), sort_of(target)
    if want == "any":
        return True
    if have == "any":
        return False
    if want == "number":
        return have in ("number", "integer")
    if have != want:
        return False
    allowed = choices(target)
    return not allowed or set(choices(source) or ("\0",)) <= set(allowed)


def properties(schema: Schema) -> dict[str, Schema]:
    schema_plain = plain(schema)
    return {
        name: sub if isinstance(sub, dict) else {}
        for name, sub in (schema_plain.get("properties") or {}).items()
    }


def required(schema: Schema) -> frozenset[str]:
    return frozenset(plain(schema).get("required") or ())


def item_schema(schema: Schema, root: Schema | None = None) -> Schema:
    root = schema if root is None else root
    items = plain(schema, root).get("items")
    return plain(items, root) if isinstance(items, dict) else {}


def places(path: str, words: tuple[str, ...], schema: Schema, depth: int = 4) -> Iterator[Place]:
    """The value itself and every field below it, nearest first."""
    yield Place(path, words, words[-1:], plain(schema))
    yield from _below(path, words, schema, schema, depth, certain=not nullable(schema))


def _below(
    path: str, words: tuple[str, ...], schema: Schema, root: Schema, depth: int, *, certain: bool
) -> Iterator[Place]:
    if depth == 0:
        return
    resolved = plain(schema, root)
    must = required(resolved)
    deeper: list[tuple[str, tuple[str, ...], Schema, bool]] = []
    for name, sub in properties(resolved).items():
        if not name.isidentifier():
            continue
        leaf = name_stems(name)
        sub_plain = plain(sub, root)
        sure = certain and not nullable(sub) and (name in must or not must)
        yield Place(f"{path}.{name}", words + leaf, leaf, sub_plain, sure)
        if sort_of(sub_plain) == "object":
            deeper.append((f"{path}.{name}", words + leaf, sub_plain, sure))
    for sub_path, sub_words, sub, sure in deeper:
        yield from _below(sub_path, sub_words, sub, root, depth - 1, certain=sure)
