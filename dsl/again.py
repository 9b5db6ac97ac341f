"""Reading a text again after a change: what the change did not touch is taken over, not read.

Somebody edits a text in one place; hundreds of steps around it stay. A step that is written in an unchanged part, and
that the parser comes to in the state it came to it before, would be read to the same tree: the reader puts the known
one on its stack and goes on behind it. Its places are moved when the text before it has grown or shrunk.

"Untouched" is meant strictly, so that nothing but the time tells the difference (``tests/dsl/test_again.py``): what is
read of a step depends on its own characters, on the token behind it (which may have been one more clause), and on the
line that token stands on. None of these may have changed, and no problem may have been found in or right behind the
step.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple

from dsl.outline import slots
from dsl.tree import Block, Comment, Span, Step, Workflow

_BETWEEN = re.compile(r"(?:[ \t\r\n]+|//(?:\n|[^/\n][^\n]*|//[^\n]*))*")
"""White space and comments, as the grammar leaves them out."""
_MARGIN = 200
"""Steps this near before the change are read again, for what comes behind them may be explained by their last words."""


class Footing(NamedTuple):
    """Where the parser stood when it came to a step: its state, and how deep its stack was."""

    state: int
    depth: int


@dataclass(frozen=True, slots=True)
class Trail:
    """What reading a text leaves behind for the next one.

    ``footings`` by the place where a step may begin; ``scars`` are where reading had to be mended; ``deepest`` is a
    bound of how many levels the tree has. ``clean`` is the text as it was read.
    """

    clean: str = ""
    footings: Mapping[int, Footing] = field(default_factory=dict)
    scars: tuple[Span, ...] = ()
    deepest: int = 0


class Taken(NamedTuple):
    """A step that is known, and what was noted while it was read, at its place in the new text."""

    step: Step
    comments: list[Comment]
    footings: dict[int, Footing]


class Known:
    """What a new text still has of one that was read before."""

    def __init__(
        self,
        workflow: Workflow,
        comments: tuple[Comment, ...],
        problems: Iterable[Span],
        trail: Trail,
        text: str,
    ) -> None:
        self._body = workflow.body
        self._comments = comments
        self._trail = trail
        self._places = sorted(trail.footings)
        self._bad = [*problems, *trail.scars]
        old = trail.clean
        self._same_until = shared(old, text)
        self._same_from = len(old) - shared(
            old[::-1], text[::-1], min(len(old), len(text)) - self._same_until
        )
        self._shift = len(text) - len(old)
        self.deepest = trail.deepest
        self.refused: set[int] = set()
        """Places (in the new text) of steps that are to be read whatever is known of them."""

    @property
    def worthwhile(self) -> bool:
        """Whether enough of the text stayed."""
        return self._same_until + len(self._trail.clean) - self._same_from > len(self._trail.clean) // 2

    def at(self, start: int, footing: Footing) -> Taken | None:
        """The step that begins at ``start`` of the new text, when it is known for sure."""
        shift = 0 if start < self._same_until else self._shift
        place = start - shift
        if start in self.refused or self._trail.footings.get(place) != footing:
            return None
        step = _step_at(self._body, place)
        if step is None or not self._stayed(step.span, shift):
            return None
        return self._taken(step, shift)

    def _stayed(self, span: Span, shift: int) -> bool:
        text = self._trail.clean
        between = _BETWEEN.match(text, span.end)
        behind = span.end if between is None else between.end()
        line_end = text.find("\n", behind)
        if span.start < self._same_from and (
            shift or line_end < 0 or max(line_end, span.end + _MARGIN) >= self._same_until
        ):
            return False
        return not any(one.start <= behind and one.end >= span.start for one in self._bad)

    def _taken(self, step: Step, by: int) -> Taken:
        start, end = step.span.start, step.span.end
        first = bisect_left(self._comments, start, key=_start)
        last = bisect_left(self._comments, end, key=_start)
        comments = [moved(comment, by) for comment in self._comments[first:last]]
        low, high = bisect_right(self._places, start), bisect_left(self._places, end)
        footings = {place + by: self._trail.footings[place] for place in self._places[low:high]}
        return Taken(moved(step, by), comments, footings)


def moved(node: Any, by: int) -> Any:
    """A node of the tree with all its places ``by`` characters further on; itself when that is none."""
    return _moved(node, by) if by else node


def shared(one: str, two: str, most: int | None = None) -> int:
    """How many characters two texts share at their beginning; halving, since slices compare far faster than loops."""
    low, high = 0, min(len(one), len(two)) if most is None else most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _start(comment: Comment) -> int:
    return comment.span.start


def _step_at(block: Block, start: int) -> Step | None:
    """The step of a block, or of one inside it, that begins at ``start``."""
    while True:
        number = bisect_right(block.steps, start, key=lambda step: step.span.start) - 1
        if number < 0:
            return None
        step = block.steps[number]
        if step.span.start == start:
            return step
        inner = (slot.block for slot in slots(step) if slot.block.span.start < start < slot.block.span.end)
        found = next(inner, None)
        if found is None:
            return None
        block = found


def _moved(value: Any, by: int) -> Any:
    sort: Any = type(value)
    if sort is Span:
        return Span(value.start + by, value.end + by)
    if sort is tuple:
        return tuple([_moved(item, by) for item in value])
    plan = _plan(sort)
    if plan is None:
        return value
    return sort(
        *[_moved(getattr(value, name), by) if placed else getattr(value, name) for name, placed in plan]
    )


_PLAIN = frozenset({"str", "int", "bool", "int | None", "str | None", "tuple[str, ...]"})


@cache
def _plan(sort: Any) -> tuple[tuple[str, bool], ...] | None:
    """The fields of a sort of node, and whether they may hold places; None for what is no node."""
    if not isinstance(sort, type) or not is_dataclass(sort):
        return None
    return tuple(
        (one.name, not (one.type in _PLAIN or str(one.type).startswith("Literal"))) for one in fields(sort)
    )
