"""When a cron line of five fields fires, by the clock on the wall of its place."""

from __future__ import annotations

from datetime import datetime, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NAMES = {name: number for number, name in enumerate(_MONTHS, 1)} | {
    name: number for number, name in enumerate(_DAYS)
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


class CronError(ValueError):
    """A line that this cannot read."""


def next_fires(cron: str, after: datetime, count: int) -> tuple[datetime, ...]:
    """The next times after ``after``, at most two years on. Raises CronError."""
    fields = cron.split()
    if len(fields) != 5:
        raise CronError(f"{cron!r} has {len(fields)} fields, not 5")
    last_day = fields[2].upper() == "L"
    minutes, hours, days, months, weekdays = (
        frozenset({31}) if number == 2 and last_day else _field(field, *_RANGES[number])
        for number, field in enumerate(fields)
    )
    weekdays = frozenset(day % 7 for day in weekdays)
    found: list[datetime] = []
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(740):
        at_end = last_day and (day + timedelta(days=1)).month != day.month
        by_month, by_week = day.day in days or at_end, (day.isoweekday() % 7) in weekdays
        either = fields[2] != "*" and fields[4] != "*"
        fits = (by_month or by_week) if either else (by_month and by_week)
        if fits and day.month in months:
            for hour in sorted(hours):
                for minute in sorted(minutes):
                    moment = day.replace(hour=hour, minute=minute)
                    if moment > after:
                        found.append(moment)
                        if len(found) == count:
                            return tuple(found)
        day += timedelta(days=1)
    return tuple(found)


def _field(field: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if span == "*" else _number(first)
        end = high if span == "*" or (step and not dash) else _number(last) if dash else start
        if end < start or start < low or end > high or (step and not step.isdigit()):
            raise CronError(f"{part!r} is nothing between {low} and {high}")
        found.update(range(start, end + 1, int(step or 1) or 1))
    return frozenset(found)


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    if word.upper() in _NAMES:
        return _NAMES[word.upper()]
    raise CronError(f"{word!r} is no number of a cron line")
