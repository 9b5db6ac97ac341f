"""The text below the edits: where lines begin, and a piece of it replaced where the language has no edit of its own."""

from __future__ import annotations

import dsl
from studio.editor.document import Refused
from studio.editor.reading import Reading


def indent_of(text: str, at: int) -> str:
    """The white space that the line of ``at`` begins with."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:at]
    return line[: len(line) - len(line.lstrip())] if line.strip() else line


def replaced(reading: Reading, start: int, end: int, text: str) -> dsl.Edit | Refused:
    """``text`` for ``[start, end)``, refused where the whole could then not be read."""
    whole = reading.text[:start] + text + reading.text[end:]
    before = len(reading.parsed.diagnostics)
    parsed = dsl.parse(whole)
    if len(parsed.diagnostics) > before:
        here = [one for one in parsed.diagnostics if start - 1 <= one.span.start <= start + len(text) + 1]
        first = (here or list(parsed.diagnostics))[0]
        return Refused(first.message, first.help)
    return dsl.ReplaceText(start=start, end=end, text=text)


def swapped(text: str, first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int, str]:
    """Two pieces that do not touch, each in the place of the other: the range and what stands there then."""
    a, b = sorted((first, second))
    return a[0], b[1], text[b[0] : b[1]] + text[a[1] : b[0]] + text[a[0] : a[1]]
