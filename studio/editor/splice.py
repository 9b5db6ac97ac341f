"""A splice: one range of a text put in the place of another. Undo, rebasing and what goes over the wire are splices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Splice:
    """At ``start`` (characters from 0) stood ``removed``; now ``inserted`` stands there."""

    start: int
    removed: str
    inserted: str

    @property
    def end(self) -> int:
        """Where the removed text ended, in the text before the splice."""
        return self.start + len(self.removed)

    @property
    def shift(self) -> int:
        """How far everything behind the splice moves."""
        return len(self.inserted) - len(self.removed)

    @property
    def inverse(self) -> Splice:
        return Splice(self.start, self.inserted, self.removed)

    def apply(self, text: str) -> str:
        """The text after the splice. Raises ValueError when ``text`` is not the one the splice was made for."""
        if text[self.start : self.end] != self.removed:
            raise ValueError(f"expected {self.removed[:40]!r} at {self.start}")
        return text[: self.start] + self.inserted + text[self.end :]


def difference(before: str, after: str) -> Splice:
    """The smallest single splice that turns ``before`` into ``after``."""
    start = _common(before, after)
    limit = min(len(before), len(after)) - start
    tail = _common(before[::-1], after[::-1], limit)
    return Splice(start, before[start : len(before) - tail], after[start : len(after) - tail])


def rebase(splice: Splice, over: Splice) -> Splice | None:
    """``splice`` as it stands after ``over``, both made for one text; None where they touch the same place."""
    if splice.end < over.start or (splice.end == over.start and splice.start < splice.end):
        return splice
    if splice.start > over.end or (splice.start == over.end and over.start < over.end):
        return Splice(splice.start + over.shift, splice.removed, splice.inserted)
    return None


def carried(start: int, end: int, over: Splice) -> tuple[int, int]:
    """Where a change of ``[start, end)`` goes after ``over``, both made for one text.

    What ``over`` put in stays, except where the change took out all around it: it stands behind what was put in at the
    same place, and what both took out is taken out once.
    """
    put = over.start + len(over.inserted)
    if start >= over.end:
        return start + over.shift, end + over.shift
    if end <= over.start:
        return start, end
    if start <= over.start and end >= over.end:
        return start, end + over.shift
    if start < over.start:
        return start, over.start
    return (put, end + over.shift) if end > over.end else (put, put)


def transposed(first: Splice, then: Splice) -> tuple[Splice, Splice] | None:
    """The same two changes in the other order: ``then`` as if ``first`` were not there yet, and ``first`` behind it.
    None where ``then`` changed what ``first`` had put in."""
    if then.end <= first.start:
        return then, _shifted(first, then.shift)
    if then.start >= first.start + len(first.inserted):
        return _shifted(then, -first.shift), first
    return None


def beside(one: Splice, other: Splice) -> tuple[Splice, Splice] | None:
    """Two changes made for one text, each as it stands after the other; None where they overlap."""
    if one.end <= other.start:
        return one, _shifted(other, one.shift)
    if one.start >= other.end:
        return _shifted(one, other.shift), other
    return None


def _shifted(splice: Splice, by: int) -> Splice:
    return splice if by == 0 else Splice(splice.start + by, splice.removed, splice.inserted)


def _common(left: str, right: str, limit: int | None = None) -> int:
    """How many characters two texts share at their beginning; halving, since slices compare far faster than loops."""
    high = min(len(left), len(right)) if limit is None else limit
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
