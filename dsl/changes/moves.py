"""What came, went, was moved, or was put into a new block: found from where the matched steps stand now.

A step's *home* is the nearest block around it that is in both texts. A step whose home is another one was moved; one
that has only new blocks between itself and its home was wrapped. Within a home the longest run of steps that kept
their order stays, and the others were moved: moving one step is one change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from dsl import tree
from dsl.changes.matching import Matching
from dsl.changes.meaning import Spot

Home = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class Moves:
    """``added`` and ``removed`` are the outermost ones. ``moved``: the step in both texts, and whether it has another
    home. ``wrapped`` and ``unwrapped``: the block step, with the steps it was put around or taken from."""

    added: tuple[Spot, ...]
    removed: tuple[Spot, ...]
    moved: tuple[tuple[Spot, Spot, bool], ...]
    wrapped: tuple[tuple[Spot, tuple[tuple[Spot, Spot], ...]], ...]
    unwrapped: tuple[tuple[Spot, tuple[tuple[Spot, Spot], ...]], ...]


def moves_of(matching: Matching) -> Moves:
    old, new = matching.old, matching.new
    moved: list[tuple[Spot, Spot, bool]] = []
    wrapped: dict[int, list[tuple[Spot, Spot]]] = defaultdict(list)
    unwrapped: dict[int, list[tuple[Spot, Spot]]] = defaultdict(list)
    homes: dict[Home, list[tuple[Spot, Spot]]] = defaultdict(list)
    for before, after in matching.pairs():
        left, home = _home(matching, before, new_side=False)
        entered, there = _home(matching, after, new_side=True)
        if home is None or there is None or matching.block(*home) != there:
            moved.append((before, after, True))
            continue
        for spot in entered:
            wrapped[spot.key].append((before, after))
        for spot in left:
            unwrapped[spot.key].append((before, after))
        homes[there].append((before, after))
    for there, pairs in homes.items():
        if not _side_by_side(matching, there):
            moved += [(*pair, False) for pair in _out_of_order(pairs)]
    moved.sort(key=lambda one: one[1].key)
    return Moves(
        added=tuple(
            spot for spot in matching.added() if spot.key not in wrapped and not _inside_new(matching, spot)
        ),
        removed=tuple(
            spot
            for spot in matching.removed()
            if spot.key not in unwrapped and not _inside_gone(matching, spot)
        ),
        moved=tuple(moved),
        wrapped=tuple((new.spots[key], tuple(pairs)) for key, pairs in sorted(wrapped.items())),
        unwrapped=tuple((old.spots[key], tuple(pairs)) for key, pairs in sorted(unwrapped.items())),
    )


def _home(matching: Matching, spot: Spot, *, new_side: bool) -> tuple[list[Spot], Home | None]:
    """The blocks around a step that only its own text has, and the nearest block that both have."""
    text = matching.new if new_side else matching.old
    known = matching.to_old if new_side else matching.to_new
    crossed: list[Spot] = []
    parent, slot = spot.parent, spot.slot
    while parent is not None and parent not in known:
        if slot.startswith(("catch", "compensate")):
            return crossed, None
        around = text.spots[parent]
        crossed.append(around)
        parent, slot = around.parent, around.slot
    if not new_side and matching.block(parent, slot) is None:
        return crossed, None
    return crossed, (parent, slot)


def _side_by_side(matching: Matching, home: Home) -> bool:
    parent, slot = home
    if parent is None or slot != "body":
        return False
    before = matching.old.spots[matching.to_old[parent]].step.kind
    after = matching.new.spots[parent].step.kind
    return isinstance(after, tree.Parallel) or isinstance(before, tree.Parallel)


def _out_of_order(pairs: list[tuple[Spot, Spot]]) -> list[tuple[Spot, Spot]]:
    """``pairs`` come in the order of the new text; the answer leaves a longest run in the order of the old one."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (old, _) in enumerate(pairs):
        place = bisect_left(tails, old.key)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(old.key)
            ends.append(number)
        else:
            tails[place], ends[place] = old.key, number
    stays: set[int] = set()
    number = ends[-1] if ends else -1
    while number >= 0:
        stays.add(number)
        number = before[number]
    return [pair for number, pair in enumerate(pairs) if number not in stays]


def _inside_new(matching: Matching, spot: Spot) -> bool:
    """Whether a new step stands in another new step that is told of instead: one that wraps nothing."""
    around = matching.new.around(spot)
    return bool(around) and around[0].key not in matching.to_old and not _wraps(matching, around[0])


def _wraps(matching: Matching, spot: Spot) -> bool:
    return any(one.key in matching.to_old for one in matching.new.below(spot))


def _inside_gone(matching: Matching, spot: Spot) -> bool:
    around = matching.old.around(spot)
    if not around or around[0].key in matching.to_new:
        return False
    return not any(one.key in matching.to_new for one in matching.old.below(around[0]))
