"""What a text means: its tree, what is wrong with it, its graph. Derived, never stored; the last few are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import dsl
from dsl.catalog import Catalog
from dsl.diagnostic import Diagnostic
from dsl.outline import Place, places

KEPT = 3
UNPLACED = dsl.Placement()


class Diagnosis:
    """What is wrong with a text, found when it is first asked for, or bit by bit before (:meth:`steps`)."""

    def __init__(self, parsed: dsl.Parsed, catalog: Catalog) -> None:
        self._parsed, self._catalog = parsed, catalog
        self._found: tuple[Diagnostic, ...] | None = None

    @classmethod
    def none(cls) -> Diagnosis:
        """For a text without any."""
        nothing = cls(dsl.parse(""), Catalog())
        nothing._found = ()
        return nothing

    @property
    def known(self) -> bool:
        return self._found is not None

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        if self._found is None:
            self._found = dsl.check(self._parsed, self._catalog)
        return self._found

    def steps(self) -> Iterator[None]:
        """Finds it, with breaks for others in between."""
        found = yield from dsl.checking(self._parsed, self._catalog)
        self._found = self._found or found


@dataclass(frozen=True)
class Reading:
    """A text read against a catalog. ``graph`` is the JSON the canvas draws, placed as ``placement`` says; what is
    wrong with the text is no part of it, for that takes longer to find out."""

    text: str
    parsed: dsl.Parsed
    graph: dict[str, Any]
    diagnosis: Diagnosis
    placement: dsl.Placement = field(default=UNPLACED)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.diagnosis.found

    @cached_property
    def steps(self) -> dict[str, Place]:
        """Every step with where it stands, by path."""
        return {place.path: place for place in places(self.parsed.workflow.body)}

    @property
    def so_far(self) -> Reading:
        """This, without problems as long as they are not known."""
        return self if self.diagnosis.known else replace(self, diagnosis=Diagnosis.none())

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @property
    def warnings(self) -> int:
        return sum(diagnostic.severity == "warning" for diagnostic in self.diagnostics)

    def step_at(self, offset: int) -> str | None:
        """The path of the innermost step around ``offset``."""
        best: Place | None = None
        for place in self.steps.values():
            span = place.step.span
            inside = span.start <= offset <= span.end
            if inside and (best is None or span.start >= best.step.span.start):
                best = place
        return None if best is None else best.path


class Reader:
    """Reads texts against one catalog and keeps the last few readings, so that undo and a second look cost nothing."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._kept: OrderedDict[str, Reading] = OrderedDict()

    def read(self, text: str, placement: dsl.Placement = UNPLACED) -> Reading:
        found = self._kept.pop(text, None) or self._read(text, placement)
        if found.placement is not placement and found.placement != placement:
            found = replace(found, graph=self._drawn(found.parsed, placement), placement=placement)
        self._kept[text] = found
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

    def _read(self, text: str, placement: dsl.Placement) -> Reading:
        last = next(reversed(self._kept.values()), None)
        tree = dsl.parse(text, last and last.parsed)
        return Reading(text, tree, self._drawn(tree, placement), Diagnosis(tree, self.catalog), placement)

    def _drawn(self, tree: dsl.Parsed, placement: dsl.Placement) -> dict[str, Any]:
        return dsl.graph_json(dsl.placed(dsl.view(tree, (), self.catalog), placement))
