"""Going through a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from dsl.tree import Approver, Span, Step

_LEAVES = frozenset({"span", "inner", "doc", "id", "name", "lines"})


def walk(root: Any) -> Iterator[Any]:
    """Every node below and with ``root``, in the order they are written; spans and plain values are left out."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(reversed(node))
        elif is_dataclass(node):
            yield node
            waiting.extend(getattr(node, name) for name in reversed(parts_of(type(node))))


def parts_of(sort: Any) -> tuple[str, ...]:
    """The fields of a node type that may hold other nodes, in the order they are written."""
    return _parts_of(sort)


@cache
def _parts_of(sort: Any) -> tuple[str, ...]:
    if sort is Span:
        return ()
    names = [f.name for f in fields(sort) if f.name not in _LEAVES and not f.name.endswith("_span")]
    if sort is Step:
        names = ["annotations", "kind", "clauses"]
    if sort is Approver:
        names = ["name"]
    return tuple(names)
