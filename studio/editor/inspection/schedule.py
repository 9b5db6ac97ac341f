"""A schedule as a form: how often, when, and the moments that come of it. Pure: the time now is given."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from engine.triggers import moments

Often: TypeAlias = Literal["minutes", "hour", "day", "week", "month", "cron"]

OFTEN: Final[dict[Often, str]] = {
    "minutes": "Every few minutes",
    "hour": "Every hour",
    "day": "Every day",
    "week": "On days of the week",
    "month": "Every month",
    "cron": "Written as cron",
}
DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
DAY_WORDS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NUMBERS: Final = {name: (index + 1) % 7 for index, name in enumerate(DAYS)}


@dataclass(frozen=True, slots=True)
class Plan:
    """``days`` are of the week, 0 for Sunday; ``day`` of the month. ``cron`` is the whole as it is written."""

    often: Often
    step: int = 15
    minute: int = 0
    hour: int = 9
    days: tuple[int, ...] = ()
    day: int = 1
    cron: str = ""


def read_cron(cron: str) -> Plan:
    """The form of a schedule; "cron" for what has no simpler one."""
    other = Plan("cron", cron=cron)
    parts = cron.split()
    if len(parts) != 5 or parts[3] != "*":
        return other
    minute, hour, day, _, weekday = parts
    if (step := re.fullmatch(r"\*/([0-9]{1,2})", minute)) and [hour, day, weekday] == ["*"] * 3:
        return Plan("minutes", step=int(step[1]), cron=cron)
    if not re.fullmatch(r"[0-5]?[0-9]", minute):
        return other
    at = replace(other, minute=int(minute))
    if [hour, day, weekday] == ["*"] * 3:
        return replace(at, often="hour")
    if not re.fullmatch(r"[01]?[0-9]|2[0-3]", hour):
        return other
    at = replace(at, hour=int(hour))
    if day == weekday == "*":
        return replace(at, often="day")
    if day == "*":
        days = _values(weekday, 0, 7, _NUMBERS)
        return other if days is None else replace(at, often="week", days=tuple(sorted({n % 7 for n in days})))
    if weekday == "*" and re.fullmatch(r"[0-9]{1,2}", day) and 1 <= int(day) <= 31:
        return replace(at, often="month", day=int(day))
    return other


def spell_cron(plan: Plan) -> str:
    match plan.often:
        case "minutes":
            return f"*/{min(max(plan.step, 1), 59)} * * * *"
        case "hour":
            return f"{plan.minute} * * * *"
        case "day":
            return f"{plan.minute} {plan.hour} * * *"
        case "week":
            # Monday first, as people count; a run of working days in its short form.
            days = sorted(plan.days or (1,), key=lambda day: (day - 1) % 7)
            named = [DAYS[(day - 1) % 7] for day in days]
            written = "MON-FRI" if named == list(DAYS[:5]) else ",".join(named)
            return f"{plan.minute} {plan.hour} * * {written}"
        case "month":
            return f"{plan.minute} {plan.hour} {min(max(plan.day, 1), 31)} * *"
        case "cron":
            return plan.cron


def problem_of(cron: str, zone: str) -> str:
    """Why there will never be such a moment, in a sentence; "" when there will. As publishing says it."""
    said = moments.problem_of(cron, zone)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def next_moments(cron: str, zone: str, now: datetime, count: int = 3) -> list[datetime]:
    """The next moments after ``now`` (with a time zone), in the schedule's own zone, as the scheduler has them; fewer
    where there are no more."""
    if moments.problem_of(cron, zone):
        return []
    place = ZoneInfo(zone)
    return [moment.astimezone(place) for moment in moments.next_moments(cron, zone, now, count)]


def _values(part: str, low: int, high: int, names: dict[str, int]) -> frozenset[int] | None:
    """``1-5,7`` or ``*/15`` as numbers; None for what is none."""
    found: set[int] = set()
    for piece in part.upper().split(","):
        match = re.fullmatch(r"(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:/([0-9]{1,3}))?", piece)
        if match is None:
            return None
        begin, end, step = match.groups()
        if begin == "*":
            first, last = low, high
        else:
            start, stop = _number(begin, names), _number(end, names) if end else None
            if start is None or (end and stop is None):
                return None
            first = start
            last = stop if stop is not None else high if step else start
            if last < first and names is _NUMBERS:
                last += 7
        if (step and int(step) == 0) or not low <= first <= high or last > high + 7:
            return None
        if last > high and names is not _NUMBERS:
            return None
        found.update(range(first, last + 1, int(step or 1)))
    return frozenset(number % 7 if names is _NUMBERS else number for number in found)


def _number(word: str, names: dict[str, int]) -> int | None:
    if word in names:
        return names[word]
    return int(word) if word.isdigit() and len(word) <= 2 else None
