"""The gallery: real workflows over the connectors that ship, each with its picture. Read once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import dsl
from dsl.graph.svg import DARK
from dsl.outline import uses

_HERE: Final = Path(__file__).parent / "templates"
_EXAMPLES: Final = Path(__file__).parents[2] / "examples"

# In the order in which they are shown: (file, title, what it shows).
_SHELF: Final = (
    (_EXAMPLES / "refund.weft", "Refund an order", ("money", "approval")),
    (_EXAMPLES / "escalation.weft", "Sort a complaint by the order's state", ("tickets",)),
    (_HERE / "complaint.weft", "Let a model read a complaint", ("tickets", "model")),
    (_HERE / "goodwill.weft", "Goodwill that two people agree to", ("money", "approval")),
    (_HERE / "recall.weft", "Recall a bad batch", ("money", "approval", "list")),
    (_HERE / "reminders.weft", "Remind until it is collected", ("loop", "wait")),
    (_HERE / "stuck_orders.weft", "Orders that nobody shipped", ("schedule", "list")),
    (_EXAMPLES / "order_digest.weft", "A digest every morning", ("schedule", "list")),
    (_EXAMPLES / "order_review.weft", "Look at an order from three sides", ("parallel",)),
    (_HERE / "order_to_erp.weft", "Book an order in another system", ("webhook", "undo", "approval")),
)


@dataclass(frozen=True, slots=True)
class Template:
    """``pictures`` are SVG by theme ("light", "dark"), ``width`` pixels wide; ``connectors`` are what it uses."""

    key: str
    title: str
    about: str
    tags: tuple[str, ...]
    connectors: tuple[str, ...]
    text: str
    pictures: Mapping[str, str]
    width: int


@cache
def gallery() -> tuple[Template, ...]:
    """All of them, in order."""
    return tuple(_read(path, title, tags) for path, title, tags in _SHELF)


def template(key: str) -> Template | None:
    return next((one for one in gallery() if one.key == key), None)


def _read(path: Path, title: str, tags: tuple[str, ...]) -> Template:
    text = path.read_text(encoding="utf-8")
    parsed = dsl.parse(text)
    graph = dsl.layout(dsl.view(parsed))
    used = [use.name for use in uses(parsed.workflow).values()]
    return Template(
        key=path.stem,
        title=title,
        about=parsed.workflow.doc,
        tags=tags,
        connectors=tuple(dict.fromkeys(used)),
        text=text,
        pictures={"light": dsl.svg(graph), "dark": dsl.svg(graph, DARK)},
        width=graph.width,
    )
