"""Which step of the new text is which of the old one.

In order, each on what is left: the same path; the same name elsewhere (moved); the same content, then the most alike
content, under another name (renamed). Content is compared without the names of steps that are not matched yet, so
that a rename is seen although everything that reads the step changed with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from dsl import tree
from dsl.changes.meaning import Form, Spot, Text, Token, form
from dsl.outline import slots

ALIKE = 0.5
"""From how much in common two steps of different names are taken for one that was renamed."""
MOST = 60_000
"""Pairs that are looked at for likeness; beyond, only equal content counts."""


@dataclass(slots=True)
class Matching:
    """``to_new`` and ``to_old`` by the keys of the spots."""

    old: Text
    new: Text
    to_new: dict[int, int] = field(default_factory=dict)
    to_old: dict[int, int] = field(default_factory=dict)
    _slots: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)

    def pair(self, old: Spot, new: Spot) -> None:
        self.to_new[old.key] = new.key
        self.to_old[new.key] = old.key

    def pairs(self) -> Iterator[tuple[Spot, Spot]]:
        """In the order of the new text."""
        for new in self.new.spots:
            if new.key in self.to_old:
                yield self.old.spots[self.to_old[new.key]], new

    def added(self) -> list[Spot]:
        return [spot for spot in self.new.spots if spot.key not in self.to_old]

    def removed(self) -> list[Spot]:
        return [spot for spot in self.old.spots if spot.key not in self.to_new]

    def old_token(self, key: int) -> str:
        """What stands for a step of the old text: the same as for its partner in the new one."""
        return f"#{key}" if key in self.to_new or key < 0 else f"old {key}"

    def new_token(self, key: int) -> str:
        return f"#{self.to_old[key]}" if key in self.to_old else f"#{key}" if key < 0 else f"new {key}"

    def same_block(self, old: Spot, new: Spot) -> bool:
        """Whether two steps stand in blocks that are one another's."""
        return self.block(old.parent, old.slot) == (new.parent, new.slot)

    def block(self, parent: int | None, slot: str) -> tuple[int | None, str] | None:
        """The block of the new text that is a block of the old one."""
        if parent is None:
            return None, slot
        partner = self.to_new.get(parent)
        if partner is None:
            return None
        known = self._slots.get((parent, partner))
        if known is None:
            known = dict(self.branches(self.old.spots[parent], self.new.spots[partner]))
            self._slots[parent, partner] = known
        found = known.get(slot)
        return None if found is None else (partner, found)

    def branches(self, old: Spot, new: Spot) -> list[tuple[str, str]]:
        """The slots of two steps that are one another's: branches by their conditions, catches by their codes."""
        olds, news = slots(old.step), slots(new.step)
        if [one.name for one in olds] == [one.name for one in news] and len(olds) < 2:
            return [(one.name, one.name) for one in olds]
        found = [
            (one.name, other.name)
            for one in olds
            for other in news
            if one.name == other.name and not _NUMBERED.match(one.name)
        ]
        for sort in ("arm", "catch"):
            first, second = _arms(old, sort), _arms(new, sort)
            forms = [repr(form(part, self.old, old.names, self.old_token)) for _, part in first]
            others = [repr(form(part, self.new, new.names, self.new_token)) for _, part in second]
            for index, other in aligned(forms, others):
                if index is not None and other is not None:
                    found.append((first[index][0], second[other][0]))
        return found


_NUMBERED = re.compile(r"(then|elif\d+|case\d+|catch\d+)$")


def _arms(spot: Spot, sort: str) -> list[tuple[str, Form]]:
    """The branches with a condition (or the catches) of a step: the slot's name, and what decides on it."""
    if sort == "catch":
        catches = [clause for clause in spot.step.clauses if isinstance(clause, tree.Catch)]
        return [(f"catch{number}", catch) for number, catch in enumerate(catches)]
    match spot.step.kind:
        case tree.If(arms=arms):
            return [("then" if n == 0 else f"elif{n}", arm.tests) for n, arm in enumerate(arms)]
        case tree.Switch(arms=arms):
            return [(f"case{n}", arm.tests) for n, arm in enumerate(arms)]
        case _:
            return []


def aligned(old: Sequence[str], new: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Two lists side by side: what is equal together, what changed in the same place together, the rest alone."""
    found: list[tuple[int | None, int | None]] = []
    for _, a, b, c, d in SequenceMatcher(a=list(old), b=list(new), autojunk=False).get_opcodes():
        both = min(b - a, d - c)
        found += [(a + n, c + n) for n in range(both)]
        found += [(n, None) for n in range(a + both, b)]
        found += [(None, n) for n in range(c + both, d)]
    return found


def match(old: Text, new: Text) -> Matching:
    matching = Matching(old, new)
    _same_path(matching)
    _same_name(matching)
    _alike(matching)
    _leftovers(matching)
    return matching


def _same_path(matching: Matching) -> None:
    waiting: dict[str, list[Spot]] = defaultdict(list)
    for spot in matching.old.spots:
        waiting[spot.path].append(spot)
    for spot in matching.new.spots:
        found = waiting.get(spot.path)
        if found and type(found[0].step.kind) is type(spot.step.kind):
            matching.pair(found.pop(0), spot)


def _same_name(matching: Matching) -> None:
    waiting: dict[tuple[str, type], list[Spot]] = defaultdict(list)
    for spot in matching.removed():
        waiting[spot.step.id, type(spot.step.kind)].append(spot)
    for spot in matching.added():
        found = waiting.get((spot.step.id, type(spot.step.kind)))
        if found:
            best = max(found, key=lambda old: _content(matching, old) == _content_new(matching, spot))
            found.remove(best)
            matching.pair(best, spot)


def _alike(matching: Matching) -> None:
    """Steps of other names: first those of equal content, then the most alike ones in the same place."""
    for _ in range(2):
        # A container that was renamed is found by what is in it; what is in it may be found by the container.
        waiting: dict[Form, list[Spot]] = defaultdict(list)
        for old in matching.removed():
            waiting[_content(matching, old)].append(old)
        for new in matching.added():
            found = waiting.get(_content_new(matching, new))
            if not found:
                continue
            best = max(found, key=lambda old: (matching.same_block(old, new), -abs(old.index - new.index)))
            if _telling(best) or matching.same_block(best, new):
                found.remove(best)
                matching.pair(best, new)
    removed, added = matching.removed(), matching.added()
    if len(removed) * len(added) > MOST:
        return
    scored = [
        (score, -abs(old.index - new.index), -old.key, -new.key)
        for new in added
        for old in removed
        if (score := _likeness(matching, old, new)) >= ALIKE
    ]
    for _, _, old_key, new_key in sorted(scored, reverse=True):
        if -old_key not in matching.to_new and -new_key not in matching.to_old:
            matching.pair(matching.old.spots[-old_key], matching.new.spots[-new_key])


def _leftovers(matching: Matching) -> None:
    """A step of the same name in the same block that became another kind of step."""
    waiting = {spot.path: spot for spot in matching.removed()}
    for spot in matching.added():
        found = waiting.get(spot.path)
        if found is not None and matching.same_block(found, spot):
            matching.pair(waiting.pop(spot.path), spot)


def _telling(spot: Spot) -> bool:
    """Whether content says enough to know a step by it anywhere in a text."""
    match spot.step.kind:
        case tree.Call(args=args) | tree.RunWorkflow(args=args):
            return bool(args)
        case tree.Agent() | tree.Approve():
            return True
        case _:
            return False


def _likeness(matching: Matching, old: Spot, new: Spot) -> float:
    """From 0 to 1, how much two steps of different names have in common."""
    if type(old.step.kind) is not type(new.step.kind) or not matching.same_block(old, new):
        return 0.0
    match old.step.kind, new.step.kind:
        case (tree.Call(), tree.Call()):
            first, second = _content(matching, old), _content_new(matching, new)
            if first[1][:3] != second[1][:3]:
                return 0.0
            return 0.5 + 0.5 * _common(set(first[1][3]), set(second[1][3]))
        case ((tree.If() | tree.Switch() | tree.Parallel() | tree.Do() | tree.Foreach() | tree.Loop()), _):
            kept = [matching.to_new.get(one.key) for one in matching.old.inner(old)]
            there = {one.key for one in matching.new.inner(new)}
            inside = len(there & set(kept)) / max(len(there), len(kept), 1)
            same = _content(matching, old)[1] == _content_new(matching, new)[1]
            return 0.6 * inside + (0.4 if same else 0.0)
        case ((tree.Let() | tree.Return() | tree.Fail()), _):
            return 0.0
        case _:
            first, second = _content(matching, old)[1], _content_new(matching, new)[1]
            parts = list(zip(first, second, strict=False))
            return sum(1 for a, b in parts if a == b) / max(len(first), len(second), 1)


def _common(first: set[Form], second: set[Form]) -> float:
    return len(first & second) / max(len(first | second), 1)


def _content(matching: Matching, spot: Spot) -> Form:
    return _loose(matching.old, spot, matching.old_token)


def _content_new(matching: Matching, spot: Spot) -> Form:
    return _loose(matching.new, spot, matching.new_token)


def _loose(text: Text, spot: Spot, token: Token) -> Form:
    def blind(key: int) -> str:
        found = token(key)
        return found if found.startswith("#") else "?"

    clauses = [clause for clause in spot.step.clauses if not isinstance(clause, tree.After)]
    return (
        tuple(sorted(repr(form(clause, text, spot.names, blind)) for clause in clauses)),
        form(spot.step.kind, text, spot.names, blind),
        len(text.inner(spot)),
    )
