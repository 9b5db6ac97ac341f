"""Whether a value of one schema can be handed over where another is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.catalog import Schema
from dsl.meaning.unions import members_of
from dsl.schemas import fits, is_open, kinds_of, words_for, words_for_kinds

MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Misfit:
    """``path`` leads to what is wrong inside of the value; ``actual`` is None for a field that is not there."""

    path: tuple[str, ...]
    wanted: Schema
    actual: Schema | None

    def words(self, shown: str) -> str:
        """What is wrong, for people; ``shown`` is how the whole value is written."""
        place = shown + "".join(self.path)
        if self.actual is None:
            *owner, field = self.path
            return f"`{shown + ''.join(owner)}` has no field `{field.removeprefix('.')}`"
        return (
            f"`{place}` must be {words_for(self.wanted)}, but it is {words_for_kinds(kinds_of(self.actual))}"
        )


def misfit(actual: Schema, wanted: Schema, path: tuple[str, ...] = ()) -> Misfit | None:
    """The first thing that is surely wrong; None when all may fit. What is not known fits everywhere."""
    if not actual or not wanted or len(path) > MAX_DEPTH:
        return None
    found: Misfit | None = None
    for one in members_of(actual):
        for other in members_of(wanted):
            wrong = _misfit(one, other, path)
            if wrong is None:
                return None
            # Of several ways to be wrong, the one that comes furthest says the most.
            if found is None or len(wrong.path) > len(found.path):
                found = wrong
    return found


def _misfit(actual: Schema, wanted: Schema, path: tuple[str, ...]) -> Misfit | None:
    have, want = kinds_of(actual), kinds_of(wanted)
    if not fits(have, want):
        return Misfit(path, wanted, actual)
    if have == {"array"} and "array" in want:
        items, other = actual.get("items"), wanted.get("items")
        plain = isinstance(items, dict) and isinstance(other, dict) and "prefixItems" not in wanted
        return (
            misfit(items, other, (*path, "[0]"))
            if plain and items is not None and other is not None
            else None
        )
    if have != {"object"} or "object" not in want:
        return None
    mine, theirs = actual.get("properties"), wanted.get("properties")
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return None
    for name in wanted.get("required", ()) if isinstance(wanted.get("required"), list) else ():
        if name not in mine and not is_open(actual):
            return Misfit((*path, f".{name}"), wanted, None)
    for name, other in theirs.items():
        inner = mine.get(name)
        if isinstance(inner, dict) and isinstance(other, dict):
            wrong = misfit(inner, other, (*path, f".{name}"))
            if wrong is not None:
                return wrong
    return None
