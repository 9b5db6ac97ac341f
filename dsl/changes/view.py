"""The two texts side by side, with all that comparing their parts asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from dsl import tree
from dsl.catalog import Catalog
from dsl.cel import show_expression
from dsl.changes.matching import Matching
from dsl.changes.meaning import Spot, form
from dsl.changes.safety import Bounds, Direction, Ground, direction, settings_of
from dsl.parse import Parsed
from dsl.wording.phrases import condition_words
from dsl.wording.sentences import sentence_of
from dsl.wording.spelling import clip
from dsl.wording.terms import Terms, terms_of


@dataclass(frozen=True, slots=True)
class View:
    old: Parsed
    new: Parsed
    matching: Matching
    old_ground: Ground
    new_ground: Ground
    old_terms: Terms
    new_terms: Terms

    def same(self, old: Any, new: Any, spots: tuple[Spot, Spot]) -> bool:
        """Whether two parts of two steps that are one another's mean the same."""
        matching, (before, after) = self.matching, spots
        if old is None or new is None:
            return old is new
        return bool(
            form(old, matching.old, before.names, matching.old_token)
            == form(new, matching.new, after.names, matching.new_token)
        )

    def was(self, node: Any) -> str | None:
        """A part of the old text as it is written, on one line."""
        return None if node is None else _written(self.old, node)

    def now(self, node: Any) -> str | None:
        return None if node is None else _written(self.new, node)

    def direction(self, old: tree.Expr, new: tree.Expr, spots: tuple[Spot, Spot]) -> Direction:
        bounds = Bounds(settings_of(self.old.workflow), settings_of(self.new.workflow))
        return direction(old, new, spots, (self.matching.old, self.matching.new), bounds)

    def conditions(self, old: tree.Expr, new: tree.Expr) -> tuple[str, str]:
        """Two conditions in words that differ."""
        first, second = condition_words(old, self.old_terms), condition_words(new, self.new_terms)
        if first != second:
            return first, second
        return f"`{clip(self.was(old) or '', 80)}`", f"`{clip(self.now(new) or '', 80)}`"

    def says(self, spot: Spot, *, new: bool) -> str:
        """What a step does, as it goes on behind a colon."""
        return sentence_of(spot.step.kind, self.new_terms if new else self.old_terms)


def view_of(old: Parsed, new: Parsed, matching: Matching, catalog: Catalog) -> View:
    return View(
        old,
        new,
        matching,
        Ground(matching.old, catalog),
        Ground(matching.new, catalog),
        terms_of(old.workflow, catalog),
        terms_of(new.workflow, catalog),
    )


_EXPRESSIONS = get_args(tree.Expr)


def _written(parsed: Parsed, node: Any) -> str:
    if isinstance(node, _EXPRESSIONS):
        return " ".join(show_expression(node).split())
    text, at = "", node.span.start
    for comment in parsed.comments:
        if at <= comment.span.start < node.span.end:
            text += parsed.text[at : comment.span.start] + " "
            at = comment.span.end
    return " ".join((text + parsed.text[at : node.span.end]).split())
