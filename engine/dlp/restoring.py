"""Marks in a model's answer, on their way to the person: an address comes back, a key never does.

The answer comes in pieces of any length. What may be the beginning of a mark is held back until it is one or is not.
"""

from __future__ import annotations

from collections.abc import Mapping


class Restorer:
    """``values``: by mark, without the brackets."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {f"[{mark}]": value for mark, value in values.items()}
        self._longest = max(map(len, self._values), default=0)
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be said now."""
        self._held += piece
        said = self.whole(self._held)
        open_at = said.rfind("[", max(0, len(said) - self._longest)) if self._longest else -1
        tail = said[open_at:] if open_at >= 0 else ""
        if tail and any(mark.startswith(tail) for mark in self._values):
            self._held = tail
            return said[:open_at]
        self._held = ""
        return said

    def end(self) -> str:
        """What was still held back."""
        said, self._held = self._held, ""
        return said

    def whole(self, text: str) -> str:
        for mark, value in self._values.items():
            text = text.replace(mark, value)
        return text
