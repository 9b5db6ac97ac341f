"""Slips of the fingers in a request about a workflow: "insted", "acountant", mended by the words that are known.

Only a word that is in no list here and is one slip away from exactly one word that matters is changed. Quoted text,
names and numbers are never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from dsl import tree
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.words import raw_tokens, word_list

_WORDS = frozenset(
    word_list(
        """
        instead before after approval approve approved approver escalate escalation remove rename delete insert replace
        message email notify customer manager finance accountant director supplier employee invoice order refund payment
        limit threshold timeout retry retries schedule trigger weekday monday tuesday wednesday thursday friday saturday
        sunday every branch condition parallel rejected refused nobody answers deadline subject text setting default
        optional required should always unless channel workflow process request report reminder between beginning times
        hours minutes seconds weeks months change raise lower increase decrease please because without another
        """
    )
)
_TOKEN = re.compile(r"\"[^\"]*\"|“[^”]*”|`[^`]*`|[\w.+-]+@[\w.-]+|#[\w-]+|\b[A-Za-z]+(?:'[a-z]+)?\b")


def mended(clause: str, existing: Existing) -> str:
    """The clause with its slips mended."""
    known = _WORDS | _names(existing)

    def word(match: re.Match[str]) -> str:
        written = match[0]
        if (
            not written.isalpha()
            or not written.islower()
            or len(written) < 5
            or written in known
            or _plain(written) in known
        ):
            return written
        near = [
            w
            for w in known
            if abs(len(w) - len(written)) <= 1 and w[0] == written[0] and _one_slip(written, w)
        ]
        return near[0] if len(near) == 1 else written

    return _TOKEN.sub(word, clause)


def _plain(word: str) -> str:
    return re.sub(r"(?:ies|es|s|ed|d|ing)$", "", word)


def _names(existing: Existing) -> frozenset[str]:
    found: set[str] = set()
    for place in existing.steps:
        found.update(raw_tokens(place.step.id))
        if isinstance(place.step.kind, tree.Call):
            found.update(raw_tokens(place.step.kind.tool))
    for role in existing.catalog.roles or ():
        found.update(raw_tokens(role))
    found.update(_tool_words(tuple(_tools(existing))))
    return frozenset(w for w in found if len(w) >= 5)


def _tools(existing: Existing) -> Iterable[str]:
    for name, connector in existing.catalog.connectors.items():
        yield name
        yield connector.title
        yield from connector.tools


@lru_cache(maxsize=64)
def _tool_words(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for name in names for word in raw_tokens(name))


@lru_cache(maxsize=8192)
def _one_slip(written: str, meant: str) -> bool:
    """One letter too many, missing, wrong, or two changed about. An ending that makes another form is no slip."""
    if written == meant:
        return False
    if len(written) == len(meant):
        differ = [i for i, (a, b) in enumerate(zip(written, meant, strict=True)) if a != b]
        if len(differ) == 1:
            return differ[0] < len(written) - 1
        return (
            len(differ) == 2
            and differ[1] == differ[0] + 1
            and written[differ[0]] == meant[differ[1]]
            and written[differ[1]] == meant[differ[0]]
        )
    long, short = (written, meant) if len(written) > len(meant) else (meant, written)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long) - 1))


__all__ = ["mended"]
