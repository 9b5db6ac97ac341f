"""The parser built from ``grammar.lark``, once a process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token

from dsl.building import Builder

GRAMMAR = Path(__file__).with_name("grammar.lark")


class _WholeWords:
    """Lets the contextual lexer see an identifier everywhere.

    Keywords are then matched as whole words, and a word in a wrong place is one wrong token instead of wrong letters.
    """

    always_accept = ("ID",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """The parser, with the starts ``start`` (a workflow) and ``expr``; its results are nodes of :mod:`dsl.tree`."""
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=["start", "expr"],
        keep_all_tokens=True,
        maybe_placeholders=False,
        postlex=_WholeWords(),
        transformer=Builder(),
    )
