"""An open text, and its places as an editor counts them: lines, and units of a line from 0."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lsprotocol import types

from dsl.diagnostic import Replacement
from dsl.tree import Span

# Only these end a line for the protocol; Python's own splitlines knows more.
_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDE = re.compile("[\U00010000-\U0010ffff]")


class Document:
    """``encoding`` says what a unit of a line is: "utf-16" (the usual), "utf-8" or "utf-32"."""

    def __init__(self, uri: str, text: str, version: int | None, encoding: str = "utf-16") -> None:
        self.uri = uri
        self.text = text
        self.version = version
        self.encoding = encoding

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line begins."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def _line(self, number: int) -> str:
        """A line without what ends it."""
        start = self._lines[number]
        end = self._lines[number + 1] if number + 1 < len(self._lines) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, position: types.Position) -> int:
        """A place behind the end of its line is at that end, one behind the last line at the end of the text."""
        if position.line >= len(self._lines):
            return len(self.text)
        line = self._line(position.line)
        return self._lines[position.line] + self._characters(line, position.character)

    def position(self, offset: int) -> types.Position:
        offset = max(0, min(offset, len(self.text)))
        number = bisect_right(self._lines, offset) - 1
        return types.Position(number, self._units(self.text[self._lines[number] : offset]))

    def range(self, span: Span) -> types.Range:
        return types.Range(self.position(span.start), self.position(span.end))

    def edit(self, replacement: Replacement) -> types.TextEdit:
        return types.TextEdit(self.range(replacement.span), replacement.text)

    def changed(self, change: types.TextDocumentContentChangeEvent, version: int | None) -> Document:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return Document(self.uri, change.text, version, self.encoding)
        start, end = self.offset(change.range.start), self.offset(change.range.end)
        text = self.text[:start] + change.text + self.text[max(start, end) :]
        return Document(self.uri, text, version, self.encoding)

    def _units(self, text: str) -> int:
        match self.encoding:
            case "utf-8":
                return len(text.encode("utf-8", "surrogatepass"))
            case "utf-32":
                return len(text)
            case _:
                return len(text) + (0 if text.isascii() else len(_WIDE.findall(text)))

    def _characters(self, line: str, units: int) -> int:
        """How many characters ``units`` are; a place inside of a character is before it."""
        if self.encoding == "utf-32" or line.isascii():
            return min(units, len(line))
        counted = 0
        for index, character in enumerate(line):
            counted += self._units(character)
            if counted > units:
                return index
        return len(line)
