"""The tokens of a whole text, each with the sort the parser took it for."""

from __future__ import annotations

from functools import lru_cache

from lark import Token

from dsl.assist.sketch import fed
from dsl.parse import MAX_CHARACTERS
from dsl.recovery import grammar_word
from dsl.tree import Span


@lru_cache(maxsize=4)
def tokens_of(text: str) -> tuple[Token, ...]:
    """In order; what fits nowhere is left out, and nothing is read of a text that is too long."""
    return fed(text)[0] if len(text) <= MAX_CHARACTERS else ()


def token_at(text: str, offset: int) -> Token | None:
    """The token that covers ``offset`` or ends there."""
    tokens = tokens_of(text)
    low, high = 0, len(tokens)
    while low < high:
        middle = (low + high) // 2
        if (tokens[middle].end_pos or 0) < offset:
            low = middle + 1
        else:
            high = middle
    for token in tokens[low : low + 2][::-1]:
        if (token.start_pos or 0) <= offset <= (token.end_pos or 0):
            return token
    return None


def is_keyword(token: Token) -> bool:
    return bool(token) and token[0].isalpha() and grammar_word(token.type) == token


def extent(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)
