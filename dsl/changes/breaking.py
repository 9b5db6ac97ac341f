"""What a new text breaks for those who use the old one: its callers, and the runs that are on their way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from dsl.catalog import Catalog
from dsl.changes import (
    input_gone,
    input_narrowed,
    input_needed,
    output_changed,
    trigger_changed,
    waiting_moved,
    waiting_removed,
    waiting_retargeted,
)
from dsl.changes.passage import Passage, passage_of
from dsl.diagnostic import Diagnostic
from dsl.parse import Parsed

RULES: tuple[Callable[[Passage], Iterator[Diagnostic]], ...] = (
    input_needed.check,
    input_gone.check,
    input_narrowed.check,
    output_changed.check,
    trigger_changed.check,
    waiting_removed.check,
    waiting_retargeted.check,
    waiting_moved.check,
)


def breaking(
    old: Parsed, new: Parsed, catalog: Catalog, waiting: Collection[str] | None = None
) -> tuple[Diagnostic, ...]:
    """B701 to B713, with spans in the new text.

    ``waiting`` are the paths of the old text's steps where runs wait now, as in a plan or in a run (``each[2].ask``).
    None: runs may wait at any step where that is possible.
    """
    passage = passage_of(old, new, catalog, waiting)
    found = dict.fromkeys(diagnostic for rule in RULES for diagnostic in rule(passage))
    return tuple(sorted(found, key=lambda one: (one.code, one.span.start, one.span.end)))
