"""A schedule in words, where it is one of the simple ones."""

from __future__ import annotations

import re

from dsl.wording.spelling import listed

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHORT = {day[:3].upper(): number for number, day in enumerate(_DAYS)}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def schedule_words(cron: str) -> str | None:
    """``0 8 * * MON-FRI`` as "At 08:00 from Monday to Friday"; None where short words would be wrong."""
    parts = cron.split()
    if len(parts) != 5:
        return None
    minute, hour, day, month, weekday = parts
    time = _time(minute, hour)
    days = _days(day, month, weekday)
    return None if time is None or days is None else f"{time}{days}"


def _time(minute: str, hour: str) -> str | None:
    if match := re.fullmatch(r"\*/([0-9]+)", minute):
        return f"Every {match[1]} minutes" if hour == "*" else None
    if minute == hour == "*":
        return "Every minute"
    if not re.fullmatch(r"[0-9]{1,2}", minute):
        return None
    if hour == "*":
        return f"Every hour at minute {int(minute)}"
    if not re.fullmatch(r"[0-9]{1,2}(,[0-9]{1,2})*", hour):
        return None
    return f"At {listed([f'{int(one):02}:{int(minute):02}' for one in hour.split(',')])}"


def _days(day: str, month: str, weekday: str) -> str | None:
    if month != "*" and not (month.isdigit() and 1 <= int(month) <= 12 and day.isdigit()):
        return None
    if day == "*" and weekday == "*":
        return " every day"
    if day == "*":
        return _weekdays(weekday)
    if weekday != "*" or not day.isdigit():
        return None
    return f" on {_MONTHS[int(month) - 1]} {day}" if month != "*" else f" on day {day} of the month"


def _weekdays(weekday: str) -> str | None:
    names = []
    for part in weekday.upper().split(","):
        ends = [_day(one) for one in part.split("-")]
        if None in ends or len(ends) > 2:
            return None
        names.append(" to ".join(str(end) for end in ends))
    if len(names) == 1 and " to " in names[0]:
        return f" from {names[0]}"
    return f" on {listed(names)}"


def _day(word: str) -> str | None:
    number = _SHORT.get(word, int(word) if word.isdigit() else -1)
    return _DAYS[number % 7] if 0 <= number <= 7 else None
