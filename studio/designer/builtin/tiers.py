"""Cases that exclude each other: "over 500 ..., from 100 to 500 ..., otherwise ..." as one chain of conditions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from studio.designer.builtin.reading import Both, Compare, Is, Item, Test, When
from studio.designer.builtin.words import stems


def in_the_end(items: list[Item], rest: tuple[Item, ...]) -> list[Item] | None:
    """The items with what happens otherwise: in no case of all those that end them; None when that was said before."""
    chained = in_tiers(items)
    last = chained[-1] if chained else None
    if not isinstance(last, When):
        return None
    ended = _ended(last, rest)
    return None if ended is None else [*chained[:-1], ended]


def _ended(item: When, rest: tuple[Item, ...]) -> When | None:
    if not item.other:
        return replace(item, other=rest)
    match item.other:
        case (When() as inner,):
            ended = _ended(inner, rest)
            return None if ended is None else replace(item, other=(ended,))
        case _:
            return None


def in_tiers(items: Iterable[Item]) -> list[Item]:
    """Conditions that follow each other and cannot hold together, each as the "else" of the one before."""
    found: list[Item] = []
    for item in items:
        last = found[-1] if found else None
        if (
            isinstance(item, When)
            and isinstance(last, When)
            and all(_apart(test, item.test) for test in _tests(last))
            and (chained := _ended(last, (item,))) is not None
        ):
            found[-1] = chained
        else:
            found.append(item)
    return found


def in_steps(items: Iterable[Item]) -> list[Item]:
    """Conditions of one sentence, each wider than the one before: "over 5000 ..., over 1000 ...".

    The wider one is for what the others leave.
    """
    found: list[Item] = []
    for item in items:
        last = found[-1] if found else None
        if (
            isinstance(item, When)
            and isinstance(last, When)
            and all(_wider(test, item.test) for test in _tests(last))
            and (chained := _ended(last, (item,))) is not None
        ):
            found[-1] = chained
        else:
            found.append(item)
    return found


def ended(item: When, rest: tuple[Item, ...]) -> When | None:
    """A chain of cases with what happens in none of them; None when that was said before."""
    return _ended(item, rest)


def _wider(left: Test, right: Test) -> bool:
    """Whether whatever passes the first test would pass the second as well."""
    one, two = _span(left), _span(right)
    if one is None or two is None or not _same(one[0], two[0]) or one[3] != two[3]:
        return False
    return two[1] <= one[1] and one[2] <= two[2] and one[1:3] != two[1:3]


def _tests(item: When) -> tuple[Test, ...]:
    match item.other:
        case (When() as inner,):
            return (item.test, *_tests(inner))
        case _:
            return (item.test,)


def _apart(left: Test, right: Test) -> bool:
    """Whether two tests speak of one thing and cannot both hold."""
    if isinstance(left, Is) and isinstance(right, Is):
        said, other = stems(left.predicate), stems(right.predicate)
        if left.negated or right.negated or not said or not other:
            return False
        return _same(left.subject, right.subject) and not set(said) & set(other)
    one, two = _span(left), _span(right)
    if one is None or two is None or not _same(one[0], two[0]) or one[3] != two[3]:
        return False
    return one[2] <= two[1] or two[2] <= one[1]


def _same(left: str, right: str) -> bool:
    """Whether a subject is the other one, or stands for it."""
    return not stems(right) or stems(left) == stems(right)


def _span(test: Test) -> tuple[str, float, float, str] | None:
    """(subject, from, to, sort) of a test on one number; a bound that two spans share counts for the first."""
    match test:
        case Compare(subject, ">" | ">=", amount):
            return subject, amount.value, math.inf, amount.sort
        case Compare(subject, "<" | "<=", amount):
            return subject, -math.inf, amount.value, amount.sort
        case Compare(subject, "==", amount):
            return subject, amount.value, amount.value, amount.sort
        case Both("&&", left, right):
            one, two = _span(left), _span(right)
            if one is None or two is None:
                return None
            return one[0], max(one[1], two[1]), min(one[2], two[2]), one[3]
        case _:
            return None
