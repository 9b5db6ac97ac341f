"""A condition in words as a CEL expression over what is in scope."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from studio.designer.builtin.amounts import Quantity, number_text
from studio.designer.builtin.draft import quote
from studio.designer.builtin.reading import Both, Compare, CompareTo, Contains, Empty, Enough, Is, Same, Test
from studio.designer.builtin.scope import Scope, is_amount
from studio.designer.builtin.shapes import Place, choices, places, plain
from studio.designer.builtin.units import scale_of
from studio.designer.builtin.words import STOP, likeness, opposites, raw_tokens, stem, stems

_NUMBERS = ("number", "integer")


@dataclass(frozen=True, slots=True)
class Resolved:
    """``test`` is CEL; ``spoken`` the same in words; ``about`` the places it reads."""

    test: str
    spoken: str
    about: tuple[Place, ...] = ()
    notes: tuple[str, ...] = ()
    name: str = ""
    weak: bool = False
    """A guess at the word a free-text status uses; a tool that answers the question is better."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """``wanted`` is what nothing in scope provides."""

    wanted: str
    quantity: Quantity | None = None


def resolve(test: Test, scope: Scope, last: Resolved | None) -> Resolved | Unresolved:
    match test:
        case Compare():
            return _compare(test, scope)
        case CompareTo(subject, op, other):
            left = scope.for_subject(stems(subject), _NUMBERS)
            right = scope.for_subject(stems(other), _NUMBERS)
            if left is None or right is None:
                return Unresolved(subject if left is None else other)
            if left.sort != right.sort:
                sides = [f"double({p.path})" if p.sort == "integer" else p.path for p in (left, right)]
            else:
                sides = [left.path, right.path]
            return Resolved(
                f"{sides[0]} {op} {sides[1]}",
                f"the {subject} is {_SPOKEN[op]} the {other}",
                (left, right),
                name=_slug(left),
            )
        case Is():
            return _is(test, scope)
        case Empty(subject, negated):
            place = scope.for_subject(stems(subject), ("array",)) or (
                None if stems(subject) else _any_list(scope)
            )
            if place is None:
                return Unresolved(subject or "the list")
            return Resolved(
                f"{place.path}.size() {'>' if negated else '=='} 0",
                f"there are {'some' if negated else 'no'} {subject or 'results'}",
                (place,),
                name=("some" if negated else "no") + "_" + "_".join(place.path.split(".")[-1:]),
            )
        case Enough(subject, negated):
            return _enough(subject, scope, negated=negated)
        case Contains(subject, text, negated):
            place = scope.for_subject(stems(subject), ("string",))
            if place is None:
                return Unresolved(subject)
            bang = "!" if negated else ""
            return Resolved(
                f"{bang}{place.path}.contains({quote(text)})",
                f"{subject} contains {text}",
                (place,),
                name=_slug(place),
            )
        case Same(negated):
            if last is None:
                return Unresolved("what was asked before")
            return inverted(last) if negated else last
        case Both(op, left_test, right_test):
            first, second = resolve(left_test, scope, last), resolve(right_test, scope, last)
            if isinstance(first, Unresolved):
                return first
            if isinstance(second, Unresolved):
                return second
            joint = "and" if op == "&&" else "or"
            return Resolved(
                f"{_wrapped(first.test)} {op} {_wrapped(second.test)}",
                f"{first.spoken} {joint} {second.spoken}",
                first.about + second.about,
                first.notes + second.notes,
                f"{first.name}_{joint}_{second.name}",
            )
        case _:
            assert_never(test)


def inverted(found: Resolved) -> Resolved:
    """The opposite condition."""
    if (parts := re.fullmatch(r"(\S+) (==|!=|<=|>=|<|>) (\S+|\"[^\"]*\")", found.test)) is not None:
        test = f"{parts[1]} {_OPPOSITE[parts[2]]} {parts[3]}"
        name = found.name.removeprefix("not_") if found.name.startswith("not_") else f"not_{found.name}"
        return replace(found, test=test, spoken=opposite(found.spoken), name=name)
    if found.test.startswith("!") and not any(c in found.test for c in " ("):
        return Resolved(
            found.test[1:], opposite(found.spoken), found.about, found.notes, found.name.removeprefix("not_")
        )
    test = f"!({found.test})" if any(c in found.test for c in " (") else f"!{found.test}"
    return Resolved(test, opposite(found.spoken), found.about, found.notes, f"not_{found.name}")


_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def opposite(spoken: str) -> str:
    """The same condition denied, in words."""
    if " is not " in spoken:
        return spoken.replace(" is not ", " is ", 1)
    return spoken.replace(" is ", " is not ", 1) if " is " in spoken else f"not so: {spoken}"


def _wrapped(test: str) -> str:
    return f"({test})" if " || " in test or " && " in test else test


def _compare(test: Compare, scope: Scope) -> Resolved | Unresolved:
    subject = tuple(s for s in stems(test.subject) if s not in ("number", "count", "valu"))
    counting = test.quantity.sort == "plain"
    place = None
    if not stems(test.subject) and counting and test.quantity.unit:
        # "7 days or less": days are meant, whatever was compared last.
        place = scope.for_subject(stems(test.quantity.unit), _NUMBERS)
    place = place or scope.for_subject(subject, _NUMBERS, money=test.quantity.sort == "money")
    if place is None and counting and test.quantity.unit:
        place = scope.for_subject((*subject, *stems(test.quantity.unit)), _NUMBERS) or scope.for_subject(
            stems(test.quantity.unit), _NUMBERS
        )
    if place is None and len(head := _head(test.subject)) < len(subject):
        place = scope.for_subject(head, _NUMBERS, money=test.quantity.sort == "money") if head else None
    if place is None and len(subject) > 1:
        place = scope.for_subject(subject[-1:], _NUMBERS, money=test.quantity.sort == "money")
    if place is None and not subject and test.subject:
        place = scope.for_subject(stems(test.subject), _NUMBERS)
    if place is None and not stems(test.subject):
        place = _read_last(scope, test.quantity)
    if place is None and counting:
        items = scope.for_subject(subject, ("array",)) if subject else None
        if items is not None:
            number = number_text(test.quantity.value, floating=False)
            return Resolved(
                f"{items.path}.size() {test.op} {number}",
                f"there are {_SPOKEN[test.op]} {number} {test.subject}",
                (items,),
                name=f"when_{_slug(items)}",
            )
    if place is None:
        return Unresolved(test.subject or "the amount", test.quantity)
    value, notes = test.quantity.value, []
    if test.quantity.sort == "percent":
        top = plain(place.schema).get("maximum")
        if isinstance(top, int | float) and top <= 1:
            value /= 100
        else:
            notes.append(
                f"{place.path} counts percent from 0 to 100, so {test.quantity.value:g} % is written as {value:g}."
            )
    if scale_of(place) > 1:
        value *= scale_of(place)
        notes.append(f"{place.path} counts cents, so {test.quantity.spoken()} is written as {value:g}.")
    if test.quantity.sort == "money":
        currency = scope.currency_of(place.path)
        if currency is not None:
            notes.append(
                f"Amounts are compared as they are in {place.path}, in the currency of the "
                f"{currency.path.split('.')[0]}; nothing is converted to {test.quantity.unit}."
            )
        else:
            notes.append(f"{place.path} is taken to be in {test.quantity.unit}.")
    floating = place.sort == "number"
    if not floating and value != int(value):
        return Unresolved(test.subject or "the amount", test.quantity)
    number = number_text(value, floating=floating)
    word = {">": "over", ">=": "at_least", "<": "under", "<=": "at_most", "==": "is", "!=": "is_not"}[test.op]
    return Resolved(
        f"{place.path} {test.op} {number}",
        f"the {_noun(place)} is {_SPOKEN[test.op]} {test.quantity.spoken()}",
        (place,),
        tuple(notes),
        f"{_slug(place)}_{word}",
    )


def _head(subject: str) -> tuple[str, ...]:
    """ "deviation of the invoice from its order" -> deviation."""
    return stems(re.split(r"\b(?:of|from|in|for|to|against|with|on)\b", subject, maxsplit=1)[0])


def _read_last(scope: Scope, amount: Quantity) -> Place | None:
    """What "it" is after a read: the one number that was read last, or the one of that unit."""
    steps = [t for t in scope.things if t.step]
    if not steps:
        return None
    newest = steps[-1]
    found = [p for p in places(newest.name, newest.words, newest.schema) if p.sort in _NUMBERS and p.certain]
    if len(found) > 1:
        unit = {"money": is_amount, "percent": _counts_percent}.get(amount.sort)
        found = [p for p in found if unit is not None and unit(p.leaf)]
    return found[0] if len(found) == 1 else None


def _counts_percent(leaf: tuple[str, ...]) -> bool:
    return bool(set(leaf) & _PERCENT)


_PERCENT = frozenset(map(stem, ["percent", "percentage", "rate", "share", "probability", "ratio"]))


_SPOKEN = {
    ">": "more than",
    ">=": "at least",
    "<": "less than",
    "<=": "at most",
    "==": "exactly",
    "!=": "not",
}


_LEFT = frozenset(
    map(stem, ["left", "remaining", "available", "hand", "balance", "stock", "budget", "free", "rest"])
)
_WANTED_APART = frozenset(
    map(stem, ["taken", "reserved", "used", "level", "point", "cost", "price", "size", "age"])
)


def _enough(subject: str, scope: Scope, *, negated: bool) -> Resolved | Unresolved:
    """What there is ("days left", "on hand") against what is wanted ("days", "quantity"), both numbers in scope."""
    numbers = [p for _, p in scope.places() if p.sort in _NUMBERS and p.leaf]
    there = [p for p in numbers if set(p.leaf) & _LEFT]
    said = stems(subject)
    there.sort(key=lambda p: -sum(1 for s in said for w in p.words if likeness(s, w)))
    if not there:
        return Unresolved(f"{subject or 'amount'} left")
    have = there[0]
    kind = [w for w in (*have.leaf, *said) if w not in _LEFT] or [stem("quantity")]
    wanted = [
        p
        for p in numbers
        if p.path != have.path
        and not set(p.leaf) & (_LEFT | _WANTED_APART)
        and any(likeness(w, k) for w in p.leaf for k in kind)
    ]
    if not wanted:
        # An article has enough while it is above the level at which one orders again.
        wanted = [p for p in numbers if {stem("reorder"), stem("minimum")} & set(p.leaf)]
    if not wanted:
        return Unresolved(f"how many {subject or 'of them'} are wanted")
    need = wanted[0]
    sides = [have.path, need.path]
    if have.sort != need.sort:
        sides = [f"double({p.path})" if p.sort == "integer" else p.path for p in (have, need)]
    op, spoken = ("<", "not enough") if negated else (">=", "enough")
    name = "not_enough" if negated else "enough"
    return Resolved(
        f"{sides[0]} {op} {sides[1]}", f"there is {spoken} ({_noun(have)})", (have, need), name=name
    )


def _is(test: Is, scope: Scope) -> Resolved | Unresolved:
    wanted = tuple(stem(w) for w in raw_tokens(test.predicate) if w not in STOP)
    subject = stems(test.subject)
    if not wanted:
        return Unresolved(test.predicate)
    spoken = f"{test.subject or 'it'} is {'not ' if test.negated else ''}{test.predicate}"
    word = "_".join(raw_tokens(test.predicate))
    best: tuple[float, str, Place, tuple[str, ...]] | None = None
    for thing, place in scope.places():
        bonus = 0.3 * sum(1 for s in subject if any(likeness(s, w) for w in place.words)) + (
            0.1 if thing.step else 0.0
        )
        found: tuple[float, str, tuple[str, ...]] | None = None
        if (
            place.sort == "boolean"
            and place.leaf
            and all(any(w == leaf for leaf in place.leaf) for w in wanted)
        ):
            found = 3.0, f"!{place.path}" if test.negated else place.path, ()
        elif (
            place.sort == "boolean" and len(wanted) == 1 and any(opposites(wanted[0], w) for w in place.leaf)
        ):
            found = 2.8, place.path if test.negated else f"!{place.path}", ()
        elif choice := _choice(place, wanted):
            found = 2.0, f"{place.path} {'!=' if test.negated else '=='} {quote(choice)}", ()
        elif (
            place.sort == "string"
            and not choices(place.schema)
            and (not subject or any(likeness(s, w) for s in subject for w in place.words))
            and place.leaf[-1:] in (("status",), ("stat",))
        ):
            said = "_".join(raw_tokens(test.predicate))
            bonus += 1.5 if subject and place.leaf[-1] in subject else 0.0
            note = f'I took "{said}" to be the word that {place.path} uses; check its spelling.'
            found = 1.0, f"{place.path} {'!=' if test.negated else '=='} {quote(said)}", (note,)
        elif (
            place.sort == "string"
            and subject
            and place.leaf
            and all(s in place.words for s in subject)
            and subject[-1] in place.leaf
        ):
            found = 0.8, f"{place.path} {'!=' if test.negated else '=='} {quote(test.predicate)}", ()
        if found and not place.certain:
            found = found[0] - 0.5, found[1], found[2]
        if found and (best is None or found[0] + bonus > best[0]):
            best = found[0] + bonus, found[1], place, found[2]
    if best is None:
        return Unresolved(f"whether {spoken.replace(' is not ', ' is ')}")
    return Resolved(
        best[1], spoken, (best[2],), best[3], f"{'not_' if test.negated else ''}{word}", weak=best[0] < 1.5
    )


def _choice(place: Place, wanted: tuple[str, ...]) -> str | None:
    return next(
        (
            c
            for c in choices(place.schema)
            if stems(c.replace("-", "_")) == wanted or tuple(stem(w) for w in raw_tokens(c)) == wanted
        ),
        None,
    )


def _any_list(scope: Scope) -> Place | None:
    return next((place for _, place in scope.places() if place.sort == "array"), None)


def _slug(place: Place) -> str:
    return place.path.rpartition(".")[2]


def _noun(place: Place) -> str:
    return place.path.rpartition(".")[2].replace("_", " ")
