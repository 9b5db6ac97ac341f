"""RE2's patterns: compiled with a bound on their size, and silent about what they could not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import re2

MOST_MEMORY = 1 << 20
"""Bytes that one compiled pattern may take."""


class Match(Protocol):
    def span(self, group: int = 0) -> tuple[int, int]: ...

    def group(self, group: int = 0) -> str: ...


class Pattern(Protocol):
    """Positions are characters of the text, as everywhere."""

    def finditer(self, text: str) -> Iterator[Match]: ...


class BadPattern(ValueError):
    """RE2 does not take it: what it says of it is the message."""


def compiled(pattern: str, memory: int = MOST_MEMORY) -> Pattern:
    """Raises ``BadPattern``."""
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False  # a pattern may hold what it is to find
    try:
        found: Pattern = re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise BadPattern(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from None
    except UnicodeEncodeError:
        raise BadPattern("it holds half a character") from None
    return found
