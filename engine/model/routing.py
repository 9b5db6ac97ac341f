"""Which models answer for a tier or a name, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.model.entry import TIERS, ModelEntry


def route(entries: Sequence[ModelEntry], wanted: str = "") -> tuple[ModelEntry, ...]:
    """The models to try, in order.

    A tier: those that are named for it; where none is, those that are named for none; else all of them, nearest tier
    first. A model's own name: those of that name, else the first server is asked for it, at a price nobody knows.
    Nothing: all, as they stand.
    """
    if not entries:
        return ()
    named = [entry for entry in entries if wanted in entry.tiers]
    if named:
        return tuple(named)
    general = [entry for entry in entries if not entry.tiers]
    if wanted in TIERS:
        place = TIERS.index(wanted)
        return tuple(general or sorted(entries, key=lambda entry: _distance(entry, place)))
    if not wanted:
        return tuple(entries)
    called = [entry for entry in entries if entry.model == wanted]
    return tuple(called or [replace(entries[0], model=wanted, price=None, tiers=(), can=None)])


def _distance(entry: ModelEntry, place: int) -> int:
    return min((abs(TIERS.index(tier) - place) for tier in entry.tiers if tier in TIERS), default=len(TIERS))
