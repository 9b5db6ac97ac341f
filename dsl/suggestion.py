"""The name a person probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_NAMES = 300


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` most like ``name``, if any is like it; capitals and ``_`` against ``-`` weigh nothing."""
    # Of very many names the last ones: those of the steps nearest to the mistake.
    plain = {_plain(candidate): candidate for candidate in list(names)[-MAX_NAMES:]}
    found = get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
