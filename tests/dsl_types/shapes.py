"""Random JSON Schemas, data that conforms to them, and expressions over them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

Schema = dict[str, Any]
NAMES = ("id", "total", "items", "note", "in", "size", "type", "map", "x1", "loop", "a_b", "owner", "true_")
ODD_NAMES = ("two words", "Größe", "a-b", "$ref", "1st", "")
TEXTS = ("", "a", "12", "Zoë", "a,b", "2026-01-31T09:00:00Z", "x" * 20)


def schema(random: Random, depth: int = 3, *, loose: bool) -> Schema:
    """``loose`` also makes what may be null, missing, of several kinds or anything."""
    plain: list[Schema] = [
        {"type": "string"},
        {"type": "string", "title": "Text", "minLength": 0},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "string", "enum": ["low", "normal", "high"]},
        {"type": "string", "format": "date-time"},
    ]
    if loose:
        plain += [
            {},
            {"type": ["string", "null"]},
            {"anyOf": [{"type": "number"}, {"type": "null"}]},
            {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            {"type": ["integer", "number"]},
            {"const": 3},
            {"allOf": [{"type": "number"}]},
            {"type": "object"},
            {"type": "array"},
        ]
    kind = random.random()
    if depth == 0 or kind < 0.45:
        return random.choice(plain)
    if kind < 0.7:
        # Of a list in a list, or in a map, the checker knows no more than that it is one.
        inner = schema(random, depth - 1, loose=loose)
        if not loose and inner["type"] in ("array", "object") and "properties" not in inner:
            inner = {"type": "string"}
        return (
            {"type": "array", "items": inner}
            if kind < 0.6
            else {"type": "object", "additionalProperties": inner}
        )
    return record(random, depth, loose=loose)


def record(random: Random, depth: int = 3, *, loose: bool) -> Schema:
    names = random.sample(NAMES, random.randint(1, 5))
    if loose and random.random() < 0.3:
        names += random.sample(ODD_NAMES, 2)
    made: Schema = {
        "type": "object",
        "properties": {name: schema(random, depth - 1, loose=loose) for name in names},
        "required": names if not loose else random.sample(names, random.randint(0, len(names))),
    }
    if loose and random.random() < 0.3:
        made["additionalProperties"] = random.choice([True, {}, {"type": "string"}])
    if loose and random.random() < 0.1:
        made = {"anyOf": [made, {"type": "null"}]}
    return made


def value(random: Random, of: Schema, *, full: bool = False) -> Any:
    """A value that conforms; ``full``: every field is there and no list is empty."""
    if "const" in of:
        return of["const"]
    if "allOf" in of:
        return value(random, of["allOf"][0], full=full)
    if "anyOf" in of:
        return value(random, random.choice(of["anyOf"]), full=full)
    if "enum" in of:
        return random.choice(of["enum"])
    kind = of.get("type")
    if isinstance(kind, list):
        kind = random.choice(kind)
    match kind:
        case "string":
            return "2026-01-31T09:00:00Z" if of.get("format") == "date-time" else random.choice(TEXTS)
        case "integer":
            return random.choice([0, 1, 2, 7, -3])
        case "number":
            # A server may well send 250 for a number.
            return random.choice([0, 1.5, 2.0, 250, -0.25])
        case "boolean":
            return random.random() < 0.5
        case "null":
            return None
        case "array":
            count = random.randint(1 if full else 0, 3)
            return [value(random, of.get("items", {}), full=full) for _ in range(count)]
        case "object":
            return _object(random, of, full=full)
        case _:
            return random.choice([None, 1, 2.5, "a", True, [1, "a"], {"id": "a", "total": 2}])


def _object(random: Random, of: Schema, *, full: bool) -> dict[str, Any]:
    made = {}
    for name, inner in of.get("properties", {}).items():
        if full or name in of.get("required", ()) or random.random() < 0.6:
            made[name] = value(random, inner, full=full)
    rest = of.get("additionalProperties")
    if isinstance(rest, dict) and "properties" not in of:
        for name in ("a", "b", "total"):
            made[name] = value(random, rest, full=full)
    return made


@dataclass(frozen=True)
class Source:
    """An expression as it is written, and the schema its author has in mind for its value."""

    text: str
    schema: Schema


def paths(root: str, of: Schema, depth: int = 4) -> list[Source]:
    """Every value that can be reached for sure from a name, with its schema."""
    found = [Source(root, of)]
    if depth == 0:
        return found
    if of.get("type") == "array" and isinstance(of.get("items"), dict):
        found += paths(f"{root}[0]", of["items"], depth - 1)
    if of.get("type") != "object":
        return found
    required = of.get("required", ())
    for name, inner in of.get("properties", {}).items():
        if name in required:
            link = f".{name}" if name.isascii() and name.isidentifier() else f"['{name}']"
            found += paths(root + link, inner, depth - 1)
    rest = of.get("additionalProperties")
    if isinstance(rest, dict) and rest and "properties" not in of:
        found += paths(f"{root}.a", rest, depth - 1)
    return found
