"""What was done to a document and can be undone, by several people at once. Pure.

The history is one row of deeds in the order they happened. A deed is taken out of the middle of it by moving it behind
the later ones, which is possible as long as none of them changed what it had put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from dsl import Spot
from studio.editor.splice import Splice, beside, difference, transposed

Source: TypeAlias = Literal["text", "canvas", "chat", "restore", "paste"]

UNDO_STEPS = 200
UNDO_SIZE = 4_000_000
"""Characters that the deeds to be undone may hold."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done, and can be undone: ``moved`` are the spots of steps before it and after it, by the paths
    they had before the text was changed."""

    splice: Splice
    source: Source
    gesture: str = ""
    author: str = ""
    moved: Mapping[str, tuple[Spot, Spot]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.splice.removed) + len(self.splice.inserted)


@dataclass(frozen=True, slots=True)
class Undone:
    """A deed that was taken back, as it would be done now; ``by`` may do it again."""

    by: str
    deed: Deed


def lifted(done: tuple[Deed, ...], at: int) -> tuple[tuple[Deed, ...], Deed] | None:
    """The history without one deed, and the deed as if it had been the last; None where a later one builds on it."""
    deed = done[at]
    later = []
    for other in done[at + 1 :]:
        pair = transposed(deed.splice, other.splice)
        if pair is None:
            return None
        later.append(replace(other, splice=pair[0]))
        deed = replace(deed, splice=pair[1])
    return (*done[:at], *later), deed


def joined(done: tuple[Deed, ...], deed: Deed, before: str, after: str) -> tuple[Deed, ...] | None:
    """The history with the deed in one with the author's last, when both are of one gesture."""
    for at in reversed(range(len(done))):
        last = done[at]
        if last.author != deed.author:
            continue
        if (last.source, last.gesture) != (deed.source, deed.gesture) or last.moved or deed.moved:
            return None
        found = lifted(done, at)
        if found is None:
            return None
        rest, last = found
        return (*rest, replace(deed, splice=difference(last.splice.inverse.apply(before), after)))
    return None


def kept(undone: tuple[Undone, ...], splice: Splice, own: str | None = None) -> tuple[Undone, ...]:
    """What was undone, over a change of another than ``own``. Where it overlaps, what lies below cannot be redone."""
    over: dict[str, Splice | None] = {}
    left: list[Undone] = []
    for one in reversed(undone):
        if one.by == own:
            left.append(one)
            continue
        change = over.get(one.by, splice)
        pair = None if change is None else beside(one.deed.splice, change)
        over[one.by] = None if pair is None else pair[1]
        if pair is not None:
            left.append(replace(one, deed=replace(one.deed, splice=pair[0])))
    return tuple(reversed(left))


def bounded(done: tuple[Deed, ...]) -> tuple[Deed, ...]:
    done = done[-UNDO_STEPS:]
    size = sum(deed.size for deed in done)
    while size > UNDO_SIZE and len(done) > 1:
        size -= done[0].size
        done = done[1:]
    return done
