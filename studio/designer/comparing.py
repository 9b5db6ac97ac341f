"""What a proposal changes in meaning, and what can happen with it: both found, neither taken from who wrote it."""

from __future__ import annotations

from collections import Counter

import dsl
from dsl.changes import changes
from dsl.simulation import Limits, Simulation
from dsl.wording.spelling import listed
from studio.designer.events import ChangeLine
from studio.designer.proving import Proved, has_steps

_LIMITS = Limits(runs=200, paths=80, work=8_000)
"""Less than the Test tab walks: a person waits for this."""

_ENDS = {
    "succeeded": ("succeeds", "succeed"),
    "failed": ("fails", "fail"),
    "needs_review": ("stops for a person", "stop for a person"),
    "waiting": ("waits forever", "wait forever"),
    "unfinished": ("goes on for longer than is looked at", "go on for longer than is looked at"),
}


def change_lines(base: str, proved: Proved) -> tuple[ChangeLine, ...]:
    """What is different from ``base`` in meaning; empty where ``base`` says nothing yet."""
    if not has_steps(base):
        return ()
    found = changes(dsl.parse(base), proved.parsed, proved.catalog)
    return tuple(
        ChangeLine(
            sort=one.kind,
            weight=one.weight,
            sentence=f"{one.sentence}.",
            risks=tuple(f"{risk}." for risk in one.risks),
            old=one.old or "",
            new=one.new or "",
        )
        for one in found.changes
    )


def walked(proved: Proved) -> Simulation | None:
    """Every way through a sound text, as far as is looked; None where it cannot be walked."""
    try:
        plan = dsl.lower(proved.parsed, proved.catalog)
        return dsl.simulate(plan, proved.catalog, limits=_LIMITS)
    except ValueError:
        return None


def in_one_sentence(found: Simulation | None) -> str:
    """ "12 ways through it: 8 succeed and 4 fail; shop.process_refund can be called, always behind an approval." """
    if found is None or not found.paths:
        return ""
    count = len(found.paths)
    ends = Counter(path.outcome.ending for path in found.paths)
    told = listed([f"{'it' if count == n == 1 else n} {_ENDS[end][n != 1]}" for end, n in ends.items()])
    ways = f"{'More than ' if found.cut else ''}{count} {'way' if count == 1 else 'ways'} through it: {told}"
    return f"{ways}; {_outside(found)}."


def _outside(found: Simulation) -> str:
    asked: dict[str, set[bool]] = {}
    for path in found.paths:
        for effect in path.effects:
            asked.setdefault(effect.tool, set()).add(bool(effect.approved_by))
    if not asked:
        return "nothing is changed outside"
    parts = []
    for sort, words in (
        ({True}, "only behind an approval"),
        ({True, False}, "not always behind an approval"),
        ({False}, "without an approval"),
    ):
        tools = [tool for tool, one in asked.items() if one == sort]
        parts += [f"{listed(tools)} {words}"] if tools else []
    return f"it can call {'; '.join(parts)}"


__all__ = ["change_lines", "in_one_sentence", "walked"]
