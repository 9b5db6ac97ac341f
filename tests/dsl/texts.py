"""Texts the tests share: the examples, and one that uses every form of the header and the steps."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from dsl import tree
from dsl.tree import Span
from dsl.walk import walk

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.weft"))
}
REFUND = EXAMPLES["refund"]


def meaning(node: Any) -> Any:
    """A tree without its places: equal for texts that say the same."""
    if isinstance(node, tuple):
        return tuple(meaning(item) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        values = ((f.name, getattr(node, f.name)) for f in fields(node))
        return (
            type(node).__name__,
            *((n, meaning(v)) for n, v in values if not isinstance(v, Span) and n != "lines"),
        )
    return node


def step_ids(workflow: tree.Workflow) -> list[str]:
    return [node.id for node in walk(workflow) if isinstance(node, tree.Step)]
