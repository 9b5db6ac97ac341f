"""Which sum of money a clause means: "the fee" of what sends fee notices, "what is open", "that amount"."""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.scope import Scope, is_amount
from studio.designer.builtin.shapes import Place, places
from studio.designer.builtin.tools import Known
from studio.designer.builtin.verbs import KNOWN_VERBS
from studio.designer.builtin.words import stem, stems, word_list

_MONEY: Final = frozenset(
    map(
        stem,
        word_list(
            "fee charge deposit fine rent due outstanding budget premium tax owed open arrears debt spend spent price"
            " cost total amount sum balance value penalty"
        ),
    )
)
_GENERIC: Final = frozenset(map(stem, word_list("total amount value price sum cost balance")))
_OWED: Final = frozenset(map(stem, word_list("due outstanding open owed arrears debt balance unpaid")))
_IS_OPEN: Final = re.compile(
    r"\b(?:what(?:ever)?|how much|(?:sum|amount|rest|money|everything))\b(?: \w+){0,3}? ?\b(?:open|owes?|owed|owing|due"
    r"|outstanding|unpaid|left to pay|to pay)\b|\bhow much(?= *(?:$|[,.;]|and\b|it is\b))",
    re.IGNORECASE,
)
_THAT_SUM: Final = re.compile(
    r"\b(?:that|this|the (?:resulting|same|calculated|computed)) (?:amount|sum|total|figure|fee|price|value)\b",
    re.IGNORECASE,
)
_NUMBERS: Final = ("number", "integer")


def sum_meant(scope: Scope, known: Known, words: str) -> Place | None:
    """The number that an amount of a call of ``known`` is; None when neither the words nor the tool tell one."""
    if (that := _newest_number(scope, words)) is not None:
        return that
    said = set(stems(words))
    # "refunded" is what was paid back already, not what a refund pays.
    own = set(known.name) - KNOWN_VERBS
    best: tuple[float, int, Place] | None = None
    for age, thing in enumerate(t for t in scope.things if t.step):
        for place in places(thing.name, thing.words, thing.schema):
            leaf = set(place.leaf)
            if (
                place.path.endswith("ed")
                or place.sort not in _NUMBERS
                or place.path == thing.name
                or not leaf & _MONEY
                or leaf <= _GENERIC
            ):
                continue
            score = 2.0 if leaf <= said else 1.5 if leaf <= own else 0.0
            if not score and leaf & _OWED and _IS_OPEN.search(words):
                score = 1.8
            # The item that is gone through is nearer than what is read about it.
            score += 0.3 if score and thing.noun.startswith("item:") else 0.0
            if score and (best is None or (score, age) > best[:2]):
                best = score, age, place
    return best[2] if best is not None else None


def owed(scope: Scope, words: str) -> Place | None:
    """The sum that "how much", "what is open" means: the one a condition spoke of, else what is owed."""
    if _IS_OPEN.search(words) is None:
        return None
    sums = [
        p for t, p in scope.places() if p.sort in _NUMBERS and (set(p.leaf) & _MONEY or is_amount(p.leaf))
    ]
    favoured = [p for p in sums if p.path in scope.favoured]
    due = [p for p in sums if set(p.leaf) & _OWED]
    return next(iter((*favoured, *due)), None)


def _newest_number(scope: Scope, words: str) -> Place | None:
    """The one number of the step before, where the clause says "that amount", "the resulting sum"."""
    steps = [t for t in scope.things if t.step]
    if not steps or not _THAT_SUM.search(words):
        return None
    newest = steps[-1]
    found = [p for p in places(newest.name, newest.words, newest.schema) if p.sort in _NUMBERS]
    return found[0] if len(found) == 1 else None
