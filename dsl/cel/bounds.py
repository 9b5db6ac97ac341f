"""How much an expression may read and make. It runs on the loop that all runs of a process share, so the bounds are
times: reading costs about 0.3 microseconds a value, making one about 1.5.

Plain paths (``order.items``) are outside of this: they hand on what is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dsl.cel.errors import ExpressionError
from dsl.cel.functions import MACROS
from dsl.plan import Json

MAX_READ = 100_000
"""Values (items, fields, and the lists and objects themselves) in what an expression reads: a list of 10,000 objects
of nine fields."""
MAX_MADE = 20_000
"""Values in what it makes: a list of 10,000 numbers or texts, 4,000 objects of four fields."""
MAX_TEXT = 2_000_000
"""Characters in what it makes: twenty documents of 100 kB."""
MAX_JOINED = 16_000_000
"""Characters while it is being made: the longest text, times the additions in the source."""
MAX_LIST = 4_000
"""Items of the longest list an expression may loop over with `all` and `exists`."""
MAX_MAPPED = 1_000
"""The same where it says `map` or `filter`, which take the library a time that grows with the square of the list: 15
milliseconds for 1,000 items, 290 for 4,000. In both cases a loop within a loop gets a quarter."""
MAX_WORK = 64_000_000
"""Characters a loop may touch: rounds times the longest text times the additions in the source."""

_LOOP = re.compile(rf"\.({'|'.join(sorted(MACROS))})\(")
_PLUS = " + "
_PLAIN = frozenset({int, float, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Measure:
    """``values`` in all; ``items`` of the longest list or object, and characters of the longest ``text``."""

    values: int
    items: int
    text: int


def measure(data: Json) -> Measure:
    """What an expression is about to read. Raises ExpressionError, early, for more than it may."""
    values = items = text = 0
    stack = [(data,)]
    while stack:
        inside = stack.pop()
        count = len(inside)
        values += count
        if values > MAX_READ:
            raise ExpressionError(
                f"it reads more than {MAX_READ:,} values (items and fields in all); read a part of them, or use a "
                "`foreach` step"
            )
        if _PLAIN.issuperset(map(type, inside)):
            continue
        for one in inside:
            kind = type(one)
            if kind is str:
                if len(one) > text:
                    text = len(one)
            elif kind is dict:
                if len(one) > items:
                    items = len(one)
                stack.append(one.values())
            elif kind is list:
                if len(one) > items:
                    items = len(one)
                stack.append(one)
    return Measure(values, items, text)


@dataclass(frozen=True, slots=True)
class Work:
    """What a source does: its ``loops``, and whether one of them is ``map`` or ``filter``; its ``additions``, and
    how many of those may make the list longer that is looped over."""

    loops: int = 0
    maps: bool = False
    additions: int = 0
    joins: int = 0

    @staticmethod
    def of(source: str) -> Work:
        loops = list(_LOOP.finditer(source))
        additions = source.count(_PLUS)
        joins = source.count(_PLUS, 0, loops[0].start()) if len(loops) == 1 else additions
        maps = any(loop.group(1) in ("map", "filter") for loop in loops)
        return Work(len(loops), maps, additions, joins)


def check(found: Measure, work: Work) -> None:
    """Raises ExpressionError where an expression would take too long."""
    if found.text * (1 + work.additions) > MAX_JOINED:
        raise ExpressionError(
            f"a text of {found.text:,} characters is too long to be put together here; use a part of it"
        )
    if not work.loops:
        return
    limit = (MAX_MAPPED if work.maps else MAX_LIST) // (1 if work.loops == 1 else 4) // (1 + work.joins)
    if found.items > limit:
        raise ExpressionError(
            f"a list of {found.items:,} items is too long to loop over here (the limit is {limit:,}); use a `foreach` "
            "step"
        )
    rounds = found.items * (1 + work.joins) if work.loops == 1 else 10_000
    if rounds * found.text * (1 + work.additions) > MAX_WORK:
        raise ExpressionError("the texts are too long to loop over here; use a `foreach` step")


class Room:
    """What is left for the result of one expression."""

    __slots__ = ("_text", "_values")

    def __init__(self) -> None:
        self._values = MAX_MADE
        self._text = MAX_TEXT

    def take(self, values: int) -> None:
        """Raises ExpressionError."""
        self._values -= values
        if self._values < 0:
            raise ExpressionError(
                f"the result is too large: more than {MAX_MADE:,} values (items and fields in all); make less in one "
                "step, or use a `foreach` step"
            )

    def take_text(self, text: str) -> str:
        """Raises ExpressionError."""
        self._text -= len(text)
        if self._text < 0:
            raise ExpressionError(
                f"the result is too large: more than {MAX_TEXT:,} characters of text; make less in one step"
            )
        return text
