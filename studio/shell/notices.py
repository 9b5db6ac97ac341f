"""What other people wrote, for use in a notice.

The framework takes a certain mark in any text that it sends as a call for one of its own expressions, and fails when
there is none: a title could keep the notice, and all that comes after it, from appearing.
"""

from __future__ import annotations

_MARK = "<reflex.Var>"


def plain(text: str) -> str:
    """The text, without the mark taking effect."""
    return text.replace(_MARK, "<\u200breflex.Var>")
