"""One thing that could be written at a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.diagnostic import Replacement

Kind: TypeAlias = Literal[
    "keyword",
    "snippet",
    "name",
    "field",
    "method",
    "function",
    "tool",
    "argument",
    "value",
    "type",
    "role",
    "user",
    "connector",
    "workflow",
    "secret",
    "step",
    "code",
    "operator",
]


@dataclass(frozen=True, slots=True)
class Offer:
    """``group`` and ``rank`` put offers in order, least first. ``text``: it is a text, written in quotes unless the
    cursor is between some; ``insert`` is the label where it is empty."""

    label: str
    kind: Kind
    insert: str = ""
    snippet: str = ""
    detail: str = ""
    documentation: str = ""
    edits: tuple[Replacement, ...] = ()
    group: int = 5
    rank: int = 0
    text: str | None = None
