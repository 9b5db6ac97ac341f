"""Some parts of a change: the text they make, or which other parts they need, found by trying. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from dsl.catalog import Catalog
from studio.designer.parts import NotApart, Part, parts, with_parts
from studio.designer.proving import Proved, prove
from studio.designer.safety import losses

TRIES: Final = 40
"""Texts that are checked to find out what a choice needs."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """``text`` keeps what was not chosen byte for byte and has no error that the base has not. ``safety`` is what it
    takes away, in sentences."""

    text: str
    safety: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """Why a choice will not do, in words, and the parts (ids) with which it would: empty when none were found."""

    message: str
    more: tuple[str, ...] = ()


def choose(base: str, text: str, chosen: Collection[str], catalog: Catalog) -> Chosen | Needs:
    """What the chosen parts make of ``base``. Raises ValueError for a part that is not there."""
    found = parts(base, text, catalog)
    trial = _Trial(base, text, catalog)
    ids = [part.id for part in found]
    taken = [id for id in ids if id in set(chosen)]
    if unknown := sorted(set(chosen) - set(ids)):
        raise ValueError(f"There is no part {unknown[0]!r}; there are {len(ids)}.")
    proved = trial.proved(taken)
    if proved is not None:
        return Chosen(with_parts(base, text, taken), losses(base, proved, catalog))
    if trial.proved(ids) is None:
        return Needs(f"These parts do not go together: {trial.trouble(taken)}")
    more = _fewest(trial, ids, taken)
    names = {part.id: part for part in found}
    wanting = [id for id in taken if trial.tries_left and trial.proved([one for one in taken if one != id])]
    first = ", ".join(_named(names[id]) for id in (wanting or taken))
    others = ", ".join(_named(names[id]) for id in more)
    verb = "needs" if len(wanting or taken) == 1 else "need"
    return Needs(f"{first} {verb} {others}, too: without it, {trial.trouble(taken)}", tuple(more))


def _fewest(trial: _Trial, ids: list[str], taken: list[str]) -> list[str]:
    """Parts to add so that the choice will do: one if one is enough, otherwise all but those it can do without."""
    missing = [id for id in ids if id not in taken]
    for id in missing:
        if trial.tries_left and trial.proved([one for one in ids if one in taken or one == id]) is not None:
            return [id]
    needed = list(missing)
    for id in missing:
        rest = [one for one in needed if one != id]
        if trial.tries_left and trial.proved([one for one in ids if one in taken or one in rest]) is not None:
            needed = rest
    return needed


class _Trial:
    """Choices as they turn out, each tried once."""

    def __init__(self, base: str, text: str, catalog: Catalog) -> None:
        self._base, self._text, self._catalog = base, text, catalog
        self._known: dict[tuple[str, ...], tuple[Proved | None, str]] = {}
        self._had = {d.message for d in prove(base, catalog).errors} if base.strip() else set()

    @property
    def tries_left(self) -> bool:
        return len(self._known) < TRIES

    def proved(self, ids: list[str]) -> Proved | None:
        return self._tried(tuple(ids))[0]

    def trouble(self, ids: list[str]) -> str:
        return self._tried(tuple(ids))[1]

    def _tried(self, ids: tuple[str, ...]) -> tuple[Proved | None, str]:
        if ids not in self._known:
            self._known[ids] = self._try(ids)
        return self._known[ids]

    def _try(self, ids: tuple[str, ...]) -> tuple[Proved | None, str]:
        try:
            made = with_parts(self._base, self._text, ids)
        except NotApart as refused:
            return None, _small(str(refused))
        proved = prove(made, self._catalog)
        fresh = [d.message for d in proved.errors if d.message not in self._had]
        if fresh:
            return None, _small(fresh[0])
        if proved.refusal and not self._had:
            return None, _small(proved.refusal)
        return proved, ""


def _named(part: Part) -> str:
    title = part.title if len(part.title) <= 70 else part.title[:69] + "…"
    return f"“{title}”"


def _small(sentence: str) -> str:
    """As it goes on behind a colon; what begins with code or a name stays."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


__all__ = ["Chosen", "Needs", "choose"]
