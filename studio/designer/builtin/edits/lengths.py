""" "Valid for three years": a length of time that a call takes as a plain number, in the unit its name says."""

from __future__ import annotations

import re
from typing import Final

import dsl
from studio.designer.builtin.amounts import NUMBER_WORDS, number_text
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.numbers import Number, numbers_of
from studio.designer.builtin.words import STOP, likeness, stem, stems
from studio.designer.writing import Said

_IN_DAYS: Final = {
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 365 / 12,
    "year": 365.0,
}
_COUNT: Final = (
    r"\d+(?:\.\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty"
)
_LENGTH: Final = re.compile(
    rf"\b(?P<n>half an?|{_COUNT})\s+(?P<u>minute|hour|day|week|month|year)s?\b", re.IGNORECASE
)
_SPEAKS: Final = re.compile(
    r"\b(?:make|set|change|let|should|must|shall|extend|shorten|instead|rather|only|is to|be)\b",
    re.IGNORECASE,
)
_OLD: Final = re.compile(rf"\b(?:instead of|rather than|not|and not) (?:{_COUNT})\b.*$", re.IGNORECASE)
_OTHER: Final = re.compile(
    r"\b(?:wait|pause|retr|time-?\s?out|deadline|approv|decid|answer|ask)\w*", re.IGNORECASE
)


def length(clause: str, existing: Existing) -> Found | None:
    """The number of a call whose name tells a unit, put at the length that is said; None where no name fits."""
    if not _SPEAKS.search(clause) or _OTHER.search(clause):
        return None
    said = _OLD.sub("", clause)
    match = _LENGTH.search(said)
    if match is None:
        return None
    words = set(stems(said[: match.start()])) - STOP
    near = [
        (number, unit)
        for number in numbers_of(existing)
        if (unit := _unit_of(number)) and any(_alike(w, own) for w in words for own in number.words)
    ]
    if not near:
        return None
    if len(near) == 1:
        return _changed(existing, *near[0], match)
    return Choice(
        "Which of them should change?",
        tuple(Option(number.about, _changed(existing, number, unit, match)) for number, unit in near[:8]),
    )


def _alike(one: str, two: str) -> bool:
    """ "Validity" is of "valid"."""
    return likeness(one, two) > 0 or (min(len(one), len(two)) >= 5 and one[:5] == two[:5])


def _unit_of(number: Number) -> str:
    return next(
        (unit for unit in _IN_DAYS if stem(unit) in number.words or stem(f"{unit}s") in number.words), ""
    )


def _changed(existing: Existing, number: Number, unit: str, match: re.Match[str]) -> Found:
    word = match["n"].lower()
    count = 0.5 if word.startswith("half") else NUMBER_WORDS.get(word) or float(word)
    value = count * _IN_DAYS[match["u"].lower()] / _IN_DAYS[unit]
    whole = round(value)
    if not number.floating and abs(value - whole) > 0.05:
        return Said(f"{number.about} counts whole {unit}s, and {match[0]} are no whole number of them.")
    text = number_text(float(whole) if abs(value - whole) < 0.05 else value, floating=number.floating)
    before = existing.text[number.start : number.end]
    if text == before:
        return Said(f"{number.about} is {before} already.")
    edit = dsl.ReplaceText(start=number.start, end=number.end, text=text)
    about = number.place.step.id if number.place else ""
    return Change((edit,), f"{number.about} is now {text} instead of {before}.", about=about)


__all__ = ["length"]
