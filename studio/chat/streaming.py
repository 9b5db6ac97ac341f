"""Text on its way to the page: only what is new is sent, and a piece that a page missed is told as a gap.

The framework may hand two updates to the browser as one, so the last few pieces go along with each new one.
"""

from __future__ import annotations

from typing import Any, Final

AGAIN: Final = 4
"""How many earlier pieces are sent once more with a new one."""


class Tail:
    """One answer as it grows. ``id`` tells it from other answers; pieces are numbered from 1."""

    def __init__(self, id: int) -> None:
        self.id = id
        self.whole = ""
        self._told = 0
        self._pieces: list[list[Any]] = []
        self._number = 0

    def feed(self, piece: str) -> None:
        self.whole += piece

    def news(self) -> dict[str, Any] | None:
        """What the page has not been told: ``{"id", "pieces": [[number, text], ...]}``, None when there is nothing."""
        fresh = self.whole[self._told :]
        if not fresh:
            return None
        self._number += 1
        self._told = len(self.whole)
        self._pieces = [*self._pieces[-AGAIN:], [self._number, fresh]]
        return {"id": self.id, "pieces": self._pieces}

    def all(self) -> dict[str, Any]:
        """For a page with a gap: the whole text so far takes the place of what it has."""
        self._told = len(self.whole)
        self._pieces = []
        return {"id": self.id, "whole": [self._number, self.whole], "pieces": []}
