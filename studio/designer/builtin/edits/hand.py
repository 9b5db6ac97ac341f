"""Several edits in a row, each seeing the text that the ones before it left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import dsl
from dsl.outline import Place
from studio.designer.builtin.edits.change import Change
from studio.designer.builtin.edits.finding import Existing


@dataclass
class Hand:
    """``existing`` is the workflow as it is after ``edits``. :meth:`make` raises ``dsl.EditError``."""

    existing: Existing
    edits: list[dsl.Edit] = field(default_factory=list)

    def make(self, *edits: dsl.Edit) -> None:
        for edit in edits:
            text = dsl.apply(self.existing.text, edit, self.existing.catalog).text
            old = self.existing
            self.existing = replace(Existing.of(text, old.catalog), focus=old.focus)
            self.edits.append(edit)

    def take(self, change: Change) -> None:
        self.make(*change.edits)

    def new_in(self, container: str, known: frozenset[str]) -> list[Place]:
        """Steps of a block that were not there before."""
        return [p for p in self.existing.steps if p.container == container and p.step.id not in known]

    def id_at(self, path: str) -> str:
        place = self.existing.at(path)
        return "" if place is None else place.step.id

    def change(
        self,
        said: str,
        about: str = "",
        assumptions: tuple[str, ...] = (),
        questions: tuple[str, ...] = (),
    ) -> Change:
        return Change(tuple(self.edits), said, assumptions, questions, about)
