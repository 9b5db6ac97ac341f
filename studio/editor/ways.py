"""What can happen: every way through the draft, told in groups, with the steps of each for painting it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import reflex as rx

import dsl
from dsl.catalog import Catalog
from dsl.simulation import Effect, Limits, Path, Simulation, simulate
from studio.editor.reading import Reading
from studio.editor.state import EditorState
from studio.shell import guarded

Json = dict[str, Any]

LIMITS: Final = Limits(runs=160, paths=80, steps=400, work=4_000, variants=5)
"""Of what is walked while somebody edits: a tenth of a second for most workflows, about one for the largest."""
MOST: Final = 40
"""Groups of ways that are shown."""
TONES: Final = {
    "succeeded": "good",
    "failed": "bad",
    "needs_review": "asks",
    "waiting": "asks",
    "unfinished": "open",
}
_ROUNDS: Final = re.compile(r"\[\d+\]|#\d+")


def told(found: Simulation) -> Json:
    """``ways``: those that end alike and change the same are one, told by the plainest; ``unreached``: by step, why."""
    groups: dict[tuple[Any, ...], list[Path]] = {}
    for path in sorted(found.paths, key=lambda path: path.outcome.ending != "succeeded"):
        groups.setdefault((path.outcome.words, _deeds(path.effects)), []).append(path)
    always = _always(found.paths)
    ways = [_way(number, alike, always) for number, alike in enumerate(list(groups.values())[:MOST])]
    counts = Counter(path.outcome.ending for path in found.paths)
    return {
        "ways": ways,
        "count": len(found.paths),
        "endings": [{"tone": TONES[end], "words": _ENDS[end], "count": n} for end, n in counts.items()],
        "more": max(0, len(groups) - MOST),
        "cut": found.cut,
        "unreached": [{"path": one.path, "reason": one.reason} for one in found.unreached],
    }


_ENDS: Final = {
    "succeeded": "succeed",
    "failed": "fail",
    "needs_review": "stop for a person to look",
    "waiting": "wait for ever",
    "unfinished": "go on for longer than is looked at",
}


def _way(number: int, alike: Sequence[Path], always: frozenset[str]) -> Json:
    path = alike[0]
    steps = list(dict.fromkeys(_ROUNDS.sub("", step.path) for step in path.steps))
    return {
        "id": number,
        "words": path.told(always),
        "ending": path.outcome.words,
        "tone": TONES[path.outcome.ending],
        "more": len(alike) - 1,
        "steps": [step for step in steps if step],
        "effects": [_effect(effect) for effect in _once(path.effects)],
    }


def _effect(effect: Effect) -> Json:
    verb = ("calls", "may call", "undoes with", "may undo with")[effect.may + 2 * effect.undoing]
    approvals = dict.fromkeys(_ROUNDS.sub("", one) for one in effect.approved_by)
    return {
        "verb": verb,
        "tool": effect.tool,
        "step": _ROUNDS.sub("", effect.path),
        "approved": ", ".join(approvals),
    }


def _once(effects: Sequence[Effect]) -> Sequence[Effect]:
    seen = {(effect.tool, _ROUNDS.sub("", effect.path), effect.undoing): effect for effect in effects}
    return list(seen.values())


def _deeds(effects: Sequence[Effect]) -> frozenset[Any]:
    return frozenset(
        (one.tool, _ROUNDS.sub("", one.path), one.undoing, one.may, bool(one.approved_by)) for one in effects
    )


def _always(paths: Sequence[Path]) -> frozenset[str]:
    """What happens on every way, and so tells none from another."""
    if len(paths) < 2:
        return frozenset()
    return frozenset.intersection(*(frozenset(one.words for one in path.choices) for path in paths))


def look(reading: Reading, catalog: Catalog) -> Json:
    """What can happen in a text, or ``why`` nothing can be said of it."""
    if reading.errors:
        count, they = (
            ("1 error", "it is") if reading.errors == 1 else (f"{reading.errors} errors", "they are")
        )
        return {"why": f"The draft has {count}. What can happen is shown when {they} corrected."}
    try:
        plan = dsl.lower(reading.parsed, catalog)
    except ValueError as error:
        return {"why": str(error)}
    return told(simulate(plan, catalog, limits=LIMITS))


class Ways(rx.State):
    """What the panel shows; it asks for it when it is open and the text is another. Painting is the browser's."""

    found: Json = {}
    busy: bool = False

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def look(self) -> None:
        """Walks the text as it is now, in a thread. Of many that are asked for, the last one counts."""
        async with self:
            editor = await self.get_state(EditorState)
            desk = editor._desk
            if desk is None:
                return
            self.busy = True
            reading, catalog, revision = desk.reading, desk.catalog, desk.document.revision
            epoch = desk.epoch
        found = await asyncio.to_thread(look, reading, catalog)
        async with self:
            self.found = {**found, "epoch": epoch, "rev": revision}
            self.busy = False
