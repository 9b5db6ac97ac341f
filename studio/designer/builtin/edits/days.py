""" "On Saturdays as well", "not on Fridays": other days of the week for a schedule that is there, at the same time."""

from __future__ import annotations

import re
from typing import Final

import dsl
from dsl import tree
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.triggers import given_by, schedules_of, spoken_trigger
from studio.designer.builtin.starting import WHEN_PUBLISHED
from studio.designer.writing import Said

_NAMES: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY: Final = re.compile(
    r"\b(?P<day>sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:days?|s)?\b|\b(?P<end>weekends?)\b",
    re.IGNORECASE,
)
_TOO: Final = re.compile(r"\b(?:as well|too|also|in addition|additionally|add|include)\b", re.IGNORECASE)
_NOT: Final = re.compile(
    r"\b(?:not|no|skip|except|without|never|no longer|leave out|drop|but not|closed)\b", re.IGNORECASE
)
_ONLY: Final = re.compile(r"\bonly\b", re.IGNORECASE)
_ALLOWED: Final = re.compile(
    r"\b(?:please|only|just|run|runs|start|starts|do|it|this|that|the|workflow|on|at|same|time|hour|hours|and|or|so|should|must|shall"
    r"|have|let|make|as|well|too|also|in|addition|additionally|add|include|not|no|longer|any|more|anymore|skip|except|never"
    r"|leave|out|drop|but|we|now|work|are|open|closed|for|trigger|schedule|of|to)\b",
    re.IGNORECASE,
)


def other_days(clause: str, existing: Existing) -> Found | None:
    """Days more or less for a schedule; None where the clause says more than that, or a time of its own."""
    there = schedules_of(existing)
    found = list(_DAY.finditer(clause))
    less = bool(_NOT.search(clause))
    only = bool(_ONLY.search(clause)) and not less
    if not there or not found or not (less or _TOO.search(clause) or _ONLY.search(clause)):
        return None
    rest = _ALLOWED.sub(" ", _DAY.sub(" ", re.sub(r"\(.*?\)", " ", clause)))
    if re.search(r"\w", rest):
        return None
    days = {n for m in found for n in ((6, 0) if m["end"] else (_number(m["day"]),))}
    if len(there) == 1:
        return _changed(existing, there[0], days, less=less, only=only)
    return Choice(
        "There are several schedules. Which one should change?",
        tuple(
            Option(f"`{t.name}` ({spoken_trigger(t)})", _changed(existing, t, days, less=less, only=only))
            for t in there
        ),
    )


def _number(word: str) -> int:
    return _NAMES.index(word[:3].upper())


def _of(field: str) -> set[int] | None:
    """The days of a cron field, Sunday as 0; None for what is no plain list of days."""
    days: set[int] = set()
    for part in field.upper().split(","):
        if part == "*":
            return set(range(7))
        match = re.fullmatch(r"(\w+)(?:-(\w+))?", part)
        if match is None:
            return None
        ends = [
            _NAMES.index(w) if w in _NAMES else int(w) % 7 if w.isdigit() else -1 for w in match.groups() if w
        ]
        if -1 in ends:
            return None
        at, last = ends[0], ends[-1]
        while True:
            days.add(at)
            if at == last:
                break
            at = (at + 1) % 7
    return days


def _written(days: set[int]) -> str:
    if len(days) == 7:
        return "*"
    week = [d for d in (1, 2, 3, 4, 5, 6, 0) if d in days]
    if len(week) > 2 and [(d - 1) % 7 for d in week] == list(
        range((week[0] - 1) % 7, (week[0] - 1) % 7 + len(week))
    ):
        return f"{_NAMES[week[0]]}-{_NAMES[week[-1]]}"
    return ",".join(_NAMES[d] for d in week)


def _changed(existing: Existing, trigger: tree.Trigger, days: set[int], *, less: bool, only: bool) -> Found:
    assert isinstance(trigger.on, tree.Schedule)
    fields = trigger.on.cron.split()
    old = _of(fields[4]) if len(fields) == 5 and fields[2] == "*" else None
    if old is None:
        return Said(f"I cannot tell the days of {trigger.name!r} ({trigger.on.cron}): say all of them.")
    new = days if only else old - days if less else old | days
    if new == old or not new:
        return Said(
            f"{trigger.name!r} does {'not run' if less else 'run'} on those days already."
            if new
            else "Then no day is left."
        )
    cron = " ".join([*fields[:4], _written(new)])
    text = f'schedule "{cron}" timezone "{trigger.on.timezone}"{given_by(existing, trigger)}'
    edit = dsl.SetHeader(part="trigger", name=trigger.name, text=text)
    spoken = ", ".join(_NAMES[d].capitalize() for d in (1, 2, 3, 4, 5, 6, 0) if d in new)
    return Change((edit,), f"{trigger.name!r} now runs on {spoken}, at the same time.", (WHEN_PUBLISHED,))


__all__ = ["other_days"]
