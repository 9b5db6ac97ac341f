"""Three texts become one: what two people made of the same text, line by line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from dsl import Placement, Spot
from dsl.graph.placement import NOWHERE
from studio.editor.splice import difference, rebase

Side: TypeAlias = Literal["mine", "theirs", "both"]


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that both changed, each in another way; ``line`` is where it begins in ``mine``, from 1."""

    line: int
    base: str
    mine: str
    theirs: str

    def as_(self, side: Side) -> str:
        match side:
            case "mine":
                return self.mine
            case "theirs":
                return self.theirs
            case "both":
                ended = self.mine if not self.mine or self.mine.endswith("\n") else f"{self.mine}\n"
                return ended + self.theirs


@dataclass(frozen=True)
class Parted:
    """Two texts that were made of one."""

    base: str
    mine: str
    theirs: str


Piece: TypeAlias = str | Clash


def three_way(base: str, mine: str, theirs: str) -> tuple[Piece, ...]:
    """What both made of ``base``: texts that are settled, and clashes between them."""
    pieces: list[Piece] = []
    for line, old, own, other in _regions(_lines(base), _lines(mine), _lines(theirs)):
        piece = _settled(line, "".join(old), "".join(own), "".join(other))
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        elif piece != "":
            pieces.append(piece)
    return tuple(pieces)


def clashes(pieces: Sequence[Piece]) -> tuple[Clash, ...]:
    return tuple(piece for piece in pieces if isinstance(piece, Clash))


def settled(pieces: Sequence[Piece], chosen: Sequence[str] = ()) -> str:
    """The text with what was chosen for each clash; mine where nothing was."""
    left = iter(chosen)
    return "".join(piece if isinstance(piece, str) else next(left, piece.mine) for piece in pieces)


def moved_by(before: Placement, after: Placement) -> Mapping[str, Spot]:
    """The spots that somebody changed."""
    paths = before.spots.keys() | after.spots.keys()
    pairs = {path: (before.spots.get(path, NOWHERE), after.spots.get(path, NOWHERE)) for path in paths}
    return {path: now for path, (then, now) in pairs.items() if then != now}


def _settled(line: int, base: str, mine: str, theirs: str) -> Piece:
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    moved = rebase(difference(base, theirs), difference(base, mine))
    return Clash(line, base, mine, theirs) if moved is None else moved.apply(mine)


_Lines: TypeAlias = list[str]


def _regions(base: _Lines, mine: _Lines, theirs: _Lines) -> Iterator[tuple[int, _Lines, _Lines, _Lines]]:
    """Lines that all three have alternate with places where they differ."""
    own, other = _matches(base, mine), _matches(base, theirs)
    b = m = t = 0
    while b < len(base) or m < len(mine) or t < len(theirs):
        same = b
        while own.get(same) == m + same - b and other.get(same) == t + same - b:
            same += 1
        if same > b:
            yield m + 1, base[b:same], base[b:same], base[b:same]
            b, m, t = same, m + same - b, t + same - b
            continue
        end = next((n for n in range(b, len(base)) if n in own and n in other), len(base))
        to_m, to_t = own.get(end, len(mine)), other.get(end, len(theirs))
        yield m + 1, base[b:end], mine[m:to_m], theirs[t:to_t]
        b, m, t = end, to_m, to_t


def _matches(base: _Lines, other: _Lines) -> dict[int, int]:
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)}


def _lines(text: str) -> _Lines:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
