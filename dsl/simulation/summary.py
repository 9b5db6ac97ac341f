"""A simulation in words, for people: what can change outside, and how a run ends. Ways that end alike and change the
same are told once, with the plainest of them as the example."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeAlias

from dsl.simulation.result import Effect, Ending, Path, Simulation
from dsl.wording.spelling import listed

SHOWN = 40
"""Groups of ways that are told."""

_ROUNDS = re.compile(r"\[\d+\]|#\d+")
_ASIDE = re.compile(r"~(catch|comp)\d*\.")
_ENDINGS: dict[Ending, tuple[str, str]] = {
    "succeeded": ("succeeds", "succeed"),
    "failed": ("fails", "fail"),
    "needs_review": ("stops for a person", "stop for a person"),
    "waiting": ("waits forever", "wait forever"),
    "unfinished": ("goes on for longer than is looked at", "go on for longer than is looked at"),
}

_Deed: TypeAlias = tuple[str, str, str, tuple[str, ...]]
"""How a tool is called ("calls", "may call", ...), the tool, the step in the plan, and the approvals before it."""


def summary(found: Simulation) -> str:
    """Several lines; no line end at the last."""
    return "\n".join(_lines(found))


def _lines(found: Simulation) -> Iterator[str]:
    count = len(found.paths)
    counts = Counter(path.outcome.ending for path in found.paths)
    ends = listed([f"{_all(n, count)} {_ENDINGS[end][n != 1]}" for end, n in counts.items()])
    more = " There are more that were not looked at." if found.cut else ""
    yield f"{count} {'way' if count == 1 else 'ways'} through it: {ends}.{more}"
    yield from _outside(found)
    yield from _ways(found.paths)
    if found.unreached:
        yield "Never reached:"
        yield from (f"  {one.path}: {one.reason}" for one in found.unreached)


def _all(some: int, count: int) -> str:
    if some < count:
        return str(some)
    return "it" if count == 1 else "all"


def _outside(found: Simulation) -> Iterator[str]:
    """Every tool that changes something, at each step, with how often and behind what."""
    places: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
    for path in found.paths:
        here: dict[tuple[str, str], list[Effect]] = {}
        for effect in path.effects:
            here.setdefault((effect.tool, _plain(effect.path)), []).append(effect)
        for key, those in here.items():
            told = (all(one.may for one in those), all(one.approved_by for one in those))
            places.setdefault(key, []).append(told)
    if not places:
        yield "Nothing is changed outside."
        return
    yield "What can change outside:"
    for (tool, step), ways in places.items():
        sure = sum(not may for may, _ in ways)
        perhaps = len(ways) - sure
        often = [f"on {sure} {'way' if sure == 1 else 'ways'}"] if sure else []
        often += (
            [f"perhaps on {perhaps}{' more' if sure else ' way' if perhaps == 1 else ' ways'}"]
            if perhaps
            else []
        )
        bare = sum(not approved for _, approved in ways)
        behind = "always behind an approval" if not bare else "without an approval"
        if 0 < bare < len(ways):
            behind = f"{bare} of them without an approval"
        yield f"  {tool} at {_place(step)}: {' and '.join(often)}, {behind}"


def _ways(paths: Sequence[Path]) -> Iterator[str]:
    groups: dict[str, dict[frozenset[_Deed], list[Path]]] = {}
    for path in sorted(paths, key=lambda path: path.outcome.ending != "succeeded"):
        deeds = frozenset(map(_deed, path.effects))
        groups.setdefault(path.outcome.words, {}).setdefault(deeds, []).append(path)
    always = _always(paths)
    left = SHOWN
    for words, alike in groups.items():
        count = sum(map(len, alike.values()))
        yield f"It {words}, on {count} {'way' if count == 1 else 'ways'}:"
        for those in list(alike.values())[:left]:
            more = len(those) - 1
            ways = f" (and {more} {'way' if more == 1 else 'ways'} more)" if more else ""
            yield f"  {those[0].told(always)}{ways}"
            yield from _deeds(those[0].effects)
        if len(alike) > left:
            yield f"  ... and {len(alike) - left} groups of ways more"
        left = max(left - len(alike), 0)


def _always(paths: Sequence[Path]) -> frozenset[str]:
    """What happens on every way, and so tells none from another."""
    if len(paths) < 2:
        return frozenset()
    return frozenset.intersection(*(frozenset(one.words for one in path.choices) for path in paths))


def _deeds(effects: Sequence[Effect]) -> Iterator[str]:
    """A line for all that is called in the same manner behind the same approvals."""
    lines: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (verb, tool, step, approvals), count in Counter(map(_deed, effects)).items():
        times = f", {count} times" if count > 1 else ""
        lines.setdefault((verb, approvals), []).append(f"{tool} ({step.rsplit('.', 1)[-1]}{times})")
    for (verb, approvals), tools in lines.items():
        behind = "behind" if verb.startswith("may") else "approved at"
        asked = f", {behind} {', '.join(approvals)}" if approvals else ""
        yield f"    {verb} {', '.join(tools)}{asked}"
    if not lines:
        yield "    changes nothing outside"


def _deed(effect: Effect) -> _Deed:
    verbs = ("calls", "may call", "undoes with", "may undo with")
    verb = verbs[effect.may + 2 * effect.undoing]
    return verb, effect.tool, _plain(effect.path), tuple(dict.fromkeys(map(_plain, effect.approved_by)))


def _plain(path: str) -> str:
    """A step's path as in the plan."""
    return _ROUNDS.sub("", path)


def _place(path: str) -> str:
    """Where a step stands, in words, as in "pay.back (to undo pay)"."""
    parts = _ASIDE.split(path)
    name = ".".join((parts[0], *parts[2::2]))
    words = [
        f"to undo {around}" if kind == "comp" else f"when {around} fails"
        for around, kind in zip(_grown(parts[0::2]), parts[1::2], strict=False)
    ]
    return f"{name} ({', '.join(words)})" if words else name


def _grown(parts: Sequence[str]) -> Iterator[str]:
    return accumulate(parts, lambda left, right: f"{left}.{right}")


__all__ = ["summary"]
