"""Rows on their way to a page as patches: what changed, and the order only when it did. Pure but for the numbers.

A page keeps the rows it was given. A patch is ``{"epoch", "rev", "whole", "rows": {key: row}, "order": [at, cut, keys]
or None, "rest": {...}, "marks": {...}}``: rows that are new or changed, and how the order of those shown changed. A
page takes patches in the order of ``rev`` and forgets rows that are not in the order any more; a ``whole`` one stands
alone. Two patches that reach the browser at once may be seen as one, so the last few travel together; a page that finds
a gap asks for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import uuid4

Row: TypeAlias = dict[str, Any]
Patch: TypeAlias = dict[str, Any]

TOGETHER: Final = 3


def _splice(before: list[str], after: list[str]) -> list[Any]:
    """How one becomes the other: where, how many go, what comes in their place."""
    most = min(len(before), len(after))
    at = next((index for index in range(most) if before[index] != after[index]), most)
    left = most - at
    same = next((back for back in range(left) if before[-1 - back] != after[-1 - back]), left)
    return [at, len(before) - at - same, after[at : len(after) - same]]


class Patches:
    """What one page has, as far as this side knows. (No dataclass: the framework would wrap every read of it.)"""

    def __init__(self) -> None:
        self.epoch = ""
        self.rev = 0
        self.rows: dict[str, Row] = {}
        self.order: list[str] = []
        self.rest: dict[str, Any] = {}
        self.marks: dict[str, str] = {}
        self.last: list[Patch] = []

    def change(
        self,
        rows: Sequence[tuple[str, Row]],
        rest: Mapping[str, Any] | None = None,
        *,
        marks: Mapping[str, str] | None = None,
        whole: bool = False,
    ) -> list[Patch] | None:
        """The patches that a page should see when these are its rows now, by key and in this order; None when it has
        them. ``rest``: other things, each sent when it changed; ``marks``:
        many small things by key, of which those that changed are sent."""
        whole = whole or not self.epoch
        if whole:
            self.epoch, self.rows, self.order, self.rest, self.last = uuid4().hex[:12], {}, [], {}, []
            self.marks = {}
        order = [key for key, _ in rows]
        changed = {key: row for key, row in rows if (had := self.rows.get(key)) is not row and had != row}
        other = {key: value for key, value in (rest or {}).items() if self.rest.get(key, self) != value}
        marked = {key: mark for key, mark in (marks or {}).items() if self.marks.get(key) != mark}
        if not changed and not other and not marked and order == self.order and not whole:
            return None
        self.rev += 1
        patch: Patch = {
            "epoch": self.epoch,
            "rev": self.rev,
            "whole": whole,
            "rows": changed,
            "order": None if order == self.order and not whole else _splice(self.order, order),
            "rest": other,
            "marks": marked,
        }
        self.rows, self.order = dict(rows), order
        self.rest |= other
        self.marks |= marked
        # One that stands alone is large: it travels once, and a page that did not get it asks.
        self.last = [*(each for each in self.last if not each["whole"]), patch][-TOGETHER:]
        return self.last
