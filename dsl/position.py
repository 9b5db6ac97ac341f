"""Where an offset is, in lines and columns."""

from __future__ import annotations

from dsl.diagnostic import Position


def position(text: str, offset: int) -> Position:
    """``offset`` is clamped to the text. Lines end at a line feed; a carriage return before it counts as a column."""
    offset = max(0, min(offset, len(text)))
    line_start = text.rfind("\n", 0, offset) + 1
    return Position(offset, text.count("\n", 0, line_start) + 1, offset - line_start + 1)
