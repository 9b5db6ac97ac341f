"""Conditions in words, "orders over 50" and "VIP customers" too, as expressions at a place of an existing workflow."""

from __future__ import annotations

import re
from dataclasses import replace

from studio.designer.builtin.amounts import Quantity
from studio.designer.builtin.conditions import read_test
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.numbers import numbers_of
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.reading import Both, Compare, Contains, Empty, Is, Test
from studio.designer.builtin.testing import Resolved, Unresolved, resolve
from studio.designer.writing import Said

OP = (
    r"(?:over|above|more than|under|below|less than|at least|at most|up to|from|exceeding|worth|of"
    r"|beyond|smaller than|larger than|bigger than|higher than|lower than|no more than)"
)


def test_of(words: str, *, is_noun: bool) -> Test | None:
    """The condition that "orders over 50", "VIP customers" or "it is paid" says."""
    words = words.strip(" .,")
    if not is_noun and (found := read_test(words)) is not None:
        return found
    if match := re.fullmatch(
        r"(?:all\s+|the\s+|any\s+|an?\s+)?(?:(?P<s>[\w ]+?)\s+)?(?:that (?:is|are|costs?|cost)\s+|with "
        rf"(?:an? )?(?:\w+ )?|worth\s+)?(?P<rest>{OP}\s+.+)",
        words,
        re.I,
    ):
        subject = _one(match["s"] or "")
        rest = re.sub(r"^(?:of|from)\s+", "at least ", match["rest"], flags=re.I)
        rest = re.sub(r"^worth\s+", "", rest, flags=re.I)
        found = read_test(f"{('the ' + subject) if subject else 'it'} is {rest}")
        if found is not None:
            return found
    if match := re.fullmatch(r"(?:the\s+|all\s+)?(?P<p>[\w\-]+)\s+(?P<s>\w+?)", words):
        return Is(_one(match["s"]), match["p"], False)
    if re.fullmatch(r"[A-Z]{2,5}s?", words):
        return Is("", words.removesuffix("s") if len(words) > 3 else words, False)
    stated = re.fullmatch(r"(?:the |an? )?(?P<s>[\w ]+?) (?P<v>[a-z]{3,}(?:es|s))", words, re.I)
    if not is_noun and stated:
        return Is(stated["s"], stated["v"], False)
    return read_test(words) or (Is("", words, False) if re.fullmatch(r"\w+", words) else None)


def _one(noun: str) -> str:
    return re.sub(r"(?<=\w{3})(?<!s)s$", "", noun.strip())


def resolved(existing: Existing, container: str, before: str | None, test: Test) -> Resolved | Unresolved:
    """The condition as an expression at a place; an amount without a currency is looked for as one."""
    scope = scope_at(existing, container, before)
    # The amount that approvals hang on already is the one people speak of.
    scope.favoured += [n.about for n in numbers_of(existing) if n.weight == 3]
    found = resolve(test, scope, None)
    if isinstance(found, Resolved) and found.weak:
        # A word that a status might use is a guess: too little for what was there before.
        return Unresolved(f"whether {found.spoken}")
    if isinstance(found, Unresolved):
        found = resolve(as_money(test), scope, None)
        if isinstance(found, Resolved):
            found = replace(found, notes=tuple(n for n in found.notes if not n.endswith((" in .", " to ."))))
    return found


def as_money(test: Test) -> Test:
    match test:
        case Compare(subject, op, Quantity(value=value, sort="plain")):
            return Compare(subject, op, Quantity(value, "", "money"))
        case Both(op, left, right):
            return Both(op, as_money(left), as_money(right))
        case _:
            return test


def unknown(existing: Existing, found: Unresolved, test: Test) -> Said:
    what = found.wanted
    if not isinstance(test, Is | Contains | Empty) and what.startswith("whether"):
        what = what.removeprefix("whether ")
    return Said(
        f"I found nothing among the data that tells {what!r} there. It needs a step before it that looks"
        " this up, or an "
        "input of the workflow that says it."
    )


__all__ = ["OP", "as_money", "resolved", "test_of", "unknown"]
