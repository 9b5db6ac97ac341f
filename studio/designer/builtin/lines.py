"""A request as lines with what is listed below them: bullets, numbers and indentation, sentences within a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_BULLET: Final = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>(?:\d{1,2}[.)]|[a-z]\)|[-*•–]|step \d+[:.)]?)\s+)?", re.IGNORECASE
)
_INLINE: Final = re.compile(r"(?<=\s)(?:[*•]\s|\(?\d\)\s|(?:\d\.)\s(?=[A-Za-z]))")


@dataclass
class Line:
    """One sentence. ``inner`` are the lines listed below it; ``heads`` says that it ended in a colon."""

    text: str
    inner: list[Line] = field(default_factory=list)
    heads: bool = False


def lines_of(text: str) -> list[Line]:
    """The sentences of a text, in order, each with those that a list puts below it."""
    top: list[Line] = []
    open_: list[tuple[int, Line]] = []
    for raw in text.replace("\t", "    ").split("\n"):
        if not raw.strip():
            continue
        match = _BULLET.match(raw)
        assert match is not None
        # A bullet right below a line that ends in a colon belongs to it, however it is indented.
        depth = len(match["indent"]) * 2 + (1 if match["mark"] else 0)
        body = raw[match.end() :].strip()
        while open_ and open_[-1][0] >= depth:
            open_.pop()
        sentences = [Line(part) for part in _sentences(body)]
        if not sentences:
            continue
        if body.rstrip().endswith(":"):
            sentences[-1].heads = True
        parent = (
            open_[-1][1]
            if open_ and (match["mark"] or open_[-1][1].heads) and _holds(open_[-1], depth)
            else None
        )
        (parent.inner if parent else top).extend(sentences)
        open_.append((depth, sentences[-1]))
    return top


def _holds(above: tuple[int, Line], depth: int) -> bool:
    """Whether what stands at ``depth`` is listed below the line above: indented, or its bullets after a colon."""
    return above[1].heads or depth - above[0] >= 2


def _sentences(line: str) -> list[str]:
    found = []
    for piece in _INLINE.split(line):
        for part in re.split(r";", piece):
            found += re.split(
                r"(?<=[a-z0-9)%€\"?!])[.!?]+(?=\s|$)(?<!\bno\.)(?<!\be\.g\.)(?<!\bdr\.)(?<!\bmr\.)(?<!\bmrs\.)(?<!\bms\.)",
                part,
                flags=re.IGNORECASE,
            )
    return [part.strip(" ,.-:") for part in found if part.strip(" ,.-:?!")]
