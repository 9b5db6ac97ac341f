"""Two steps that are one another's, and the ways to say how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dsl.changes.change import PartChanged, StepRetargeted, Weight
from dsl.changes.meaning import Spot
from dsl.changes.safety import deeds_of
from dsl.changes.view import View
from dsl.wording.spelling import capital, clip


@dataclass(frozen=True, slots=True)
class Pair:
    view: View
    old: Spot
    new: Spot

    @property
    def it(self) -> str:
        return f"`{self.new.step.id}`"

    @property
    def spots(self) -> tuple[Spot, Spot]:
        return self.old, self.new

    def same(self, old: Any, new: Any) -> bool:
        return self.view.same(old, new, self.spots)

    def new_effects(self) -> tuple[str, ...]:
        had = {name for name, _ in self.view.old_ground.tools(self.old)}
        return tuple(
            f"It can now call `{name}`, which {deeds_of(nature)}"
            for name, nature in self.view.new_ground.tools(self.new)
            if name not in had
        )

    def retargeted(self, was: str, now: str, sentence: str, risks: Sequence[str] = ()) -> StepRetargeted:
        return StepRetargeted(
            old=self.old.path,
            new=self.new.path,
            old_span=self.old.step.kind.span,
            new_span=self.new.step.kind.span,
            weight="safety" if risks else "behaviour",
            sentence=sentence,
            risks=tuple(risks),
            was=was,
            now=now,
        )

    def part(
        self,
        part: str,
        old: Any,
        new: Any,
        sentence: str | None = None,
        risks: Sequence[str] = (),
        weight: Weight = "behaviour",
    ) -> PartChanged:
        """``old`` and ``new`` are nodes, or texts that say what there was."""
        was = old if isinstance(old, str) else self.view.was(old)
        now = new if isinstance(new, str) else self.view.now(new)
        return PartChanged(
            old=self.old.path,
            new=self.new.path,
            old_span=self.old.step.kind.span if isinstance(old, str) or old is None else old.span,
            new_span=self.new.step.kind.span if isinstance(new, str) or new is None else new.span,
            weight="safety" if risks else weight,
            sentence=sentence or became(f"the {part} of {self.it}", was, now),
            risks=tuple(risks),
            part=part,
            was=was,
            now=now,
        )


def became(what: str, was: str | None, now: str | None) -> str:
    subject = capital(what)
    if was is None:
        return f"{subject} is new: `{clip(now or '', 80)}`"
    if now is None:
        return f"{subject} is gone (it was `{clip(was, 80)}`)"
    if was == now:
        return f"{subject} changed: `{clip(now, 80)}`"
    before, after = contrast(was, now)
    return f"{subject} is now `{after}` instead of `{before}`"


def contrast(was: str, now: str, limit: int = 80) -> tuple[str, str]:
    """Two texts cut to a line so that where they differ can be seen."""
    before, after = clip(was, limit), clip(now, limit)
    if before != after:
        return before, after
    same = next(
        (n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now))
    )
    start = max(0, same - limit // 3)
    return "…" + clip(was[start:], limit), "…" + clip(now[start:], limit)
