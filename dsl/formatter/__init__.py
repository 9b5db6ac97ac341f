"""The canonical form of a text.

The tokens stay as they are; only white space between them changes, and commas at the ends of broken lists. So the
formatted text says the same, keeps every comment, and formatting it again changes nothing.
"""

from __future__ import annotations

from dsl.formatter.pieces import source
from dsl.formatter.statements import Statements
from dsl.parse import parse

__all__ = ["format_text"]


def format_text(text: str) -> str:
    """The text in canonical form; a text with syntax errors comes back unchanged."""
    parsed = parse(text)
    if parsed.diagnostics:
        return text
    return Statements(source(parsed)).format()
