"""What is in a block that is folded away, in a few words."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.graph.nodes import Node

_NO_STEPS = frozenset({"lane", "empty", "start", "end", "note"})


def summary_of(inside: Sequence[Node]) -> str:
    """Such as "3 steps · 1 approval · changes something outside"."""
    steps = [node for node in inside if node.kind not in _NO_STEPS]
    asked = sum(node.kind == "approve" for node in steps)
    parts = [_count(len(steps), "step")]
    if asked:
        parts.append(_count(asked, "approval"))
    if any(node.money for node in steps):
        parts.append("moves money")
    elif any(node.effect == "write" for node in steps):
        parts.append("changes something outside")
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
