"""What a tool's name is made of: "getOrder", "order-get", "leads/list" and "LeadList" have a verb and a noun.

Servers name tools in every style. Which word is the verb is told by the word itself, by where it stands, and by the
first word of the description, which nearly always is the verb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from studio.designer.builtin.words import (
    NOUNISH_VERBS,
    READ_VERBS,
    STOP,
    WORK_VERBS,
    raw_tokens,
    stem,
    word_list,
)

_STRONG: Final = frozenset(
    stem(word)
    for word in word_list(
        "get list create update delete search find fetch add remove read set cancel send lookup upsert insert start "
        "stop check verify query retrieve approve reject enable disable close open assign recall reverse"
        " undo void revoke"
    )
)
"""Verbs that are hardly ever nouns in a tool's name; "order", "book", "post", "schedule" and "match" may be both."""

_MAKING: Final = frozenset(map(stem, ["process", "make", "perform", "execute", "issue", "do"]))
"""Verbs that say nothing: what is done is told by the noun behind them."""

_LISTING: Final = frozenset(["list", "search", "query"])

_CALLABLE: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_\-/]*")


@dataclass(frozen=True, slots=True)
class Anatomy:
    """``verb`` is one lower-case word, "" when the name has none; ``noun`` the other words in order."""

    verb: str
    noun: tuple[str, ...]


@lru_cache(maxsize=4096)
def anatomy(name: str, description: str, *, reads: bool) -> Anatomy:
    """The parts of one tool's name."""
    words = raw_tokens(name)
    if not words:
        return Anatomy("", ())
    if len(words) == 1:
        only = stem(words[0])
        deed = only in WORK_VERBS and not (reads and only in NOUNISH_VERBS)
        return Anatomy(words[0], ()) if deed else Anatomy("", words)
    says = description_verb(description)
    if (
        reads
        and len(words) > 2
        and (at := next((i for i, w in enumerate(words) if w in _LISTING), None)) is not None
    ):
        # "orders/list_open", "tickets_search_by_state": what stands beside it only says which ones.
        return _without(words, at)
    first, last = stem(words[0]), stem(words[-1])
    candidates = [(0, first), (len(words) - 1, last)]
    if first in _MAKING and last not in _STRONG:
        return _without(words, 0)
    for at, word in candidates:
        if word in _STRONG and not (at == 0 and last in _STRONG and last == says):
            return _without(words, at)
    for at, word in candidates:
        if word == says:
            return _without(words, at)
    inner = next((i for i, w in enumerate(words) if stem(w) in _STRONG), None)
    if inner is not None:
        return _without(words, inner)
    for at, word in candidates:
        if word in WORK_VERBS and (not reads or word in READ_VERBS or word not in NOUNISH_VERBS):
            return _without(words, at)
    return Anatomy("", words)


def _without(words: tuple[str, ...], at: int) -> Anatomy:
    noun = tuple(w for i, w in enumerate(words) if i != at)
    if all(w in STOP for w in noun):
        return Anatomy(words[at], ())
    return Anatomy(words[at], noun)


def description_verb(description: str) -> str:
    """The stem of the word a description begins with ("Refunds an order" -> "refund"); "" when it is no verb."""
    words = raw_tokens(description.split("\n")[0])[:1]
    found = stem(words[0]) if words else ""
    return found if found in WORK_VERBS else ""


def callable_name(name: str) -> bool:
    """Whether a text can call a tool of this name: a dot cannot be written in one."""
    return _CALLABLE.fullmatch(name) is not None
