"""Slips of the pen mended before anything is read: "aproved invoce" is "approved invoice".

A word is only touched when nobody here knows it and a word of the catalog or of this trade is one slip away (two in a
long word). Names, addresses, numbers and quoted texts are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from studio.designer.builtin.thesaurus import COMMON, SYNONYMS, VERBS
from studio.designer.builtin.words import STOP, raw_tokens, stem

_WORD: Final = re.compile(r"(?<![\w@.#/\-])[A-Za-z][a-z']{2,}(?![\w@/\-])(?!\.\w)")
_GOVERNING: Final = (
    "before after within without until unless otherwise whenever approval approves approve approved refuse"
    " consent consents"
    " refused reject "
    "rejected deadline answer answers nobody somebody hours minutes weeks provided lies workload"
)
_BASE: Final = frozenset({*COMMON.split(), *SYNONYMS.split(), *VERBS.split(), *STOP, *_GOVERNING.split()})
_CONFUSED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"\b(more|less|fewer|higher|lower|larger|smaller|greater|bigger) then\b", r"\1 than"),
        (r"\b(and|,) than (?=\w)", r"\1 then "),
        (r"(^|[.;\n]\s*)than (?=\w)", r"\1then "),
        (r"\band there (?=\w+)(?! (?:is|are|was|were)\b)", "and their "),
        (r"\b(?:pls|plz|plese|pleas)\b", "please"),
        (r"\bthx\b|\bcheers\b", ""),
        (r"\bu\b(?= (?:can|could|would|should|please))", "you"),
        (r"\bw/o\b", "without"),
        (r"\bw/(?= ?\w)", "with "),
        (r"\bmin\b(?=[ ,.])", "minutes"),
        (r"\bsvc\b", "service"),
        (r"\bsb\b\.?(?= \w)", "somebody"),
        (r"\bmsg\b", "message"),
        (r"\bmgr\b", "manager"),
        (r"\bacct\b", "account"),
        (r"\bcust\b\.?(?= |$)", "customer"),
        (r"\bPO\b(?!-)", "purchase order"),
        (r"\btheyre\b", "they are"),
        (r"\b(dont|doesnt|isnt|arent|wasnt|hasnt|cant|wont|didnt)\b", lambda m: m[1][:-1] + "'t"),
    )
)


def mended(text: str, names: Iterable[str]) -> str:
    """The text with slips put right; ``names`` are what the catalog calls things."""
    for pattern, instead in _CONFUSED:
        text = pattern.sub(instead, text)
    known = _known(frozenset(names))

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        inside = match.start() > 0 and not re.match(
            r"[.!?\n]\s*$", match.string[max(match.start() - 2, 0) : match.start()]
        )
        if (
            word[0].isupper()
            and inside
            and match.string[match.start() - 1] == " "
            and not match.string.isupper()
        ):
            return word
        better = known.nearest(word.lower())
        return word if better is None else (better.capitalize() if word[0].isupper() else better)

    return _WORD.sub(mend, text)


def mended_outside_quotes(text: str, names: Iterable[str]) -> str:
    """The same for a text whose quoted parts stay as they are."""
    parts = re.split(r'("[^"]*"|“[^”]*”)', text)
    return "".join(part if index % 2 else mended(part, names) for index, part in enumerate(parts))


class _Known:
    def __init__(self, words: frozenset[str]) -> None:
        self.words = words
        self.stems = frozenset(map(stem, words))
        self.by_first: dict[str, list[str]] = {}
        for word in sorted(words):
            if len(word) >= 4:
                self.by_first.setdefault(word[0], []).append(word)

    @lru_cache(maxsize=2048)  # noqa: B019 - the instances are few and kept
    def nearest(self, word: str) -> str | None:
        if len(word) < 4 or word in self.words or stem(word) in self.stems or word.endswith("'s"):
            return None
        best: tuple[int, int, str] | None = None
        for ending in ("", "s", "ed", "ing", "d"):
            if not word.endswith(ending):
                continue
            core = word[: len(word) - len(ending)] if ending else word
            if len(core) < 4:
                continue
            most = 1 if len(core) < 8 else 2
            for other in self.by_first.get(core[0], ()):
                if abs(len(other) - len(core)) > 1 or (
                    len(core) < 6 and len(other) == len(core) and sorted(other) != sorted(core)
                ):
                    # A short word with one letter changed is rather another word that is not known here.
                    continue
                apart = distance(core, other, most)
                if apart <= most and (best is None or (apart, len(ending)) < best[:2]):
                    best = apart, len(ending), other + ending
        return best[2] if best else None


@lru_cache(maxsize=16)
def _known(names: frozenset[str]) -> _Known:
    words = {word for name in names for word in raw_tokens(name) if word.isalpha()}
    return _Known(frozenset(words) | _BASE)


def distance(left: str, right: str, most: int) -> int:
    """Letters to insert, drop, change or swap with a neighbour; more than ``most`` is ``most`` + 1."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, row = row, current
    return row[-1]
