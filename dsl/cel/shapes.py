"""JSON Schemas as the types that CEL's checker knows.

Only what is sure at run time is kept: what a schema leaves open, what may be of several kinds, and what is not
brought to its kind when it comes in (``dsl.values.coerce``) is ``dyn``, which the checker lets pass everywhere. A
value that may be null has the shape it has when it is there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from dsl.catalog import Schema
from dsl.schemas import is_open, kinds_of

MAX_DEPTH = 12
"""Levels of a schema that are looked at; what is below is not checked."""


MAX_FIELDS = 1_000
"""Fields of an object that is typed; one with more may have any."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``signature`` says all: two shapes with one signature are one type.

    ``item`` is what a list or a map (whose keys are texts) holds; ``fields`` are those of an object with a known,
    closed set of them.
    """

    signature: str
    item: Shape | None = field(default=None, compare=False)
    fields: tuple[tuple[str, Shape], ...] = field(default=(), compare=False)

    @property
    def variable(self) -> str:
        """The name under which a value of this shape stands in a checked source."""
        return f"v_{self.signature}"


DYN = Shape("dyn")
STRING = Shape("string")
INT = Shape("int")
DOUBLE = Shape("double")
BOOL = Shape("bool")
DURATION = Shape("duration")
TIMESTAMP = Shape("timestamp")


def list_of(item: Shape) -> Shape:
    return Shape(f"l_{item.signature}", item)


def map_of(item: Shape) -> Shape:
    return Shape(f"m_{item.signature}", item)


def object_of(fields: tuple[tuple[str, Shape], ...]) -> Shape:
    whole = "\0".join(part for name, shape in fields for part in (name, shape.signature))
    digest = hashlib.blake2b(whole.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
    return Shape(f"o{digest}", None, fields)


_PLAIN = {"string": STRING, "integer": INT, "number": DOUBLE, "boolean": BOOL}


def shape_of(schema: Schema | bool | None, depth: int = 0) -> Shape:
    """The shape of the values a schema allows. Local ``$ref`` are expected to be put in place already."""
    if not isinstance(schema, dict) or not schema or depth > MAX_DEPTH:
        return DYN
    if "allOf" in schema or "$ref" in schema:
        return DYN
    members = schema.get("anyOf", schema.get("oneOf"))
    if isinstance(members, list):
        return DYN if "properties" in schema or "items" in schema else _one_of(members, depth)
    kinds = kinds_of(schema) - {"null"}
    if len(kinds) != 1:
        return DYN
    (kind,) = kinds
    if kind == "array":
        return list_of(DYN if "prefixItems" in schema else shape_of(schema.get("items"), depth + 1))
    if kind == "object":
        return _object(schema, depth)
    return _PLAIN.get(kind, DYN)


def _one_of(members: list[object], depth: int) -> Shape:
    found: set[Shape] = set()
    for member in members:
        if not isinstance(member, dict):
            return DYN
        if kinds_of(member) != {"null"}:
            found.add(shape_of(member, depth + 1))
    return found.pop() if len(found) == 1 else DYN


def _object(schema: Schema, depth: int) -> Shape:
    properties, rest = schema.get("properties"), schema.get("additionalProperties")
    if not is_open(schema) and isinstance(properties, dict) and len(properties) <= MAX_FIELDS:
        return object_of(
            tuple((str(name), shape_of(one, depth + 1)) for name, one in sorted(properties.items()))
        )
    plain = "properties" not in schema and "patternProperties" not in schema and isinstance(rest, dict)
    return map_of(shape_of(rest, depth + 1) if plain else DYN)
