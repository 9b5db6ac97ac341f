"""Entries of a list with commas between them: arguments, fields."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dsl.edits.ground import INDENT, Ground, Spanned
from dsl.edits.models import Splice

_COMMA = re.compile(r"\s*,")


def with_entry(ground: Ground, entries: Sequence[Spanned], opening: int, text: str) -> Splice:
    """One more at the end; ``opening`` is the place behind the opening bracket. ``text`` may have several lines."""
    if not entries:
        return _first(ground, opening, text)
    last = entries[-1]
    end = last.span.end
    lined = ground.first_on_line(last.span.start)
    comma = _comma(ground, end)
    if not lined:
        end = comma or end
        space = "\n" if "\n" in text or "//" in ground.text[end : ground.line_end(end)] else " "
        return Splice(end, end, f"{space}{text}" if comma else f",{space}{text}")
    indent = ground.indent(last.span.start)
    new = "\n" + "\n".join(indent + line for line in text.split("\n"))
    if comma:
        end = ground.code_end(comma)
        return Splice(end, end, f"{new},")
    return Splice(end, end, f",{new}")


def _first(ground: Ground, opening: int, text: str) -> Splice:
    if "\n" not in text:
        return Splice(opening, opening, text)
    outer = ground.indent(opening - 1)
    lines = "".join(f"\n{outer}{INDENT}{line}" for line in text.split("\n"))
    return Splice(opening, opening, lines + f"\n{outer}")


def _comma(ground: Ground, end: int) -> int | None:
    found = _COMMA.match(ground.text, end)
    return found.end() if found else None


def without_entry(ground: Ground, entries: Sequence[Spanned], index: int) -> Splice:
    start, end = entries[index].span.start, entries[index].span.end
    if comma := _comma(ground, end):
        end = comma
        line_end = ground.code_end(end)
        if ground.first_on_line(start) and not ground.text[line_end : ground.line_end(line_end)].strip():
            return Splice(ground.line_start(start), min(ground.line_end(line_end) + 1, len(ground.text)), "")
        if index + 1 < len(entries) and "//" not in ground.text[end : entries[index + 1].span.start]:
            return Splice(start, entries[index + 1].span.start, "")
    if index > 0:
        # The comma before it goes too, unless a comment stands between.
        before = entries[index - 1].span.end
        if "//" not in ground.text[before:start]:
            start = before
    return Splice(start, end, "")
