"""The canonical form of a text.

The tokens stay as they are; only white space between them changes, and commas at the ends of broken lists. So the
formatted text says the same, keeps every comment, and formatting it again changes nothing.
"""

from __future__ import annotations

from dsl.formatter.pieces import source
from dsl.formatter.statements import Statements
from dsl.parse import MAX_CHARACTERS, parse

__all__ = ["format_text"]


def format_text(text: str) -> str:
    """The text in canonical form; one with syntax errors, or that would become too long, comes back unchanged."""
    parsed = parse(text)
    if parsed.diagnostics:
        return text
    formatted = Statements(source(parsed)).format()
    return formatted if len(formatted) <= MAX_CHARACTERS else text
