"""Amounts in cents: which fields count them, and how they meet amounts in whole units."""

from __future__ import annotations

import re
from typing import Final

from dsl.catalog import Schema
from studio.designer.builtin.shapes import Place, plain
from studio.designer.builtin.words import raw_tokens

_MINOR: Final = frozenset(["cents", "cent", "pence", "minor", "rappen", "centimes"])
_DESCRIBED: Final = re.compile(
    r"\b(?:in|as) (?:euro |us )?(?:cents|pence|minor units?|the smallest (?:currency )?unit)\b", re.I
)


def scale(name: str, schema: Schema) -> int:
    """How many of a field's units make one euro: 100 where it counts cents, else 1."""
    if _MINOR & set(raw_tokens(name)):
        return 100
    described = plain(schema).get("description")
    return 100 if isinstance(described, str) and _DESCRIBED.search(described) else 1


def scale_of(place: Place) -> int:
    return scale(place.path.rpartition(".")[2], place.schema)


def converted(path: str, have: int, want: int, *, floating: bool) -> str:
    """The value at ``path`` in other units: cents as whole units, or the other way round."""
    if have == want:
        return path
    if have > want:
        return f"double({path}) / {have // want}.0"
    return f"{path} * {want // have}.0" if floating else f"int(round({path} * {want // have}.0))"
