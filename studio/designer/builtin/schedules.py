"""Times in words as cron lines: "every weekday at 9 in Paris", "on the first of the month", "twice a day".

A phrase is found by its anchor (how often), then grown over what stands beside it: a time of day, days, a time zone.
What was left open is filled in and said: ``assumed``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.amounts import NUMBER_WORDS
from studio.designer.builtin.clock import PART, TIME, Plan, set_clock, set_part
from studio.designer.builtin.zones import find_zone

_DAYS: Final = {"monday": "MON", "tuesday": "TUE", "wednesday": "WED", "thursday": "THU", "friday": "FRI",
                "saturday": "SAT", "sunday": "SUN"}  # fmt: skip
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                  "november", "december")  # fmt: skip
_ORDINALS: Final = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "tenth": 10,
    "last": 0,
}
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_LIST = rf"{_DAY}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+(?:on\s+)?|\s*&\s*){_DAY})*"
_MONTH = "|".join(_MONTHS)
_NUMBER = r"\d+|" + "|".join(w for w in NUMBER_WORDS if w not in ("a", "an", "hundred"))
_EACH = r"(?:every|each)(?:\s+single)?"
_WORKING = r"(?:week\s?days?|(?:working|business|work)\s?days?)"
_NTH = r"(?:\d{1,2}(?:st|nd|rd|th)?|first|second|third|fourth|fifth|tenth|last)"
_OF_MONTH = r"(?:of|in)\s+(?:the|each|every|a)\s+(?:calendar\s+)?month|of\s+every\s+single\s+month|monthly|each\s+month"

_BETWEEN: Final = re.compile(
    r"^[\s,]*(?:between|from)\s+(?P<a>\d{1,2})(?::00)?\s*(?P<pa>am|pm)?\s*(?:and|to|until|-|–)\s*"
    r"(?P<b>\d{1,2})(?::00)?\s*(?P<pb>am|pm)?",
    re.IGNORECASE,
)
_ON_DAYS: Final = re.compile(
    rf"^[\s,]*(?:but\s+only\s+|only\s+)?(?:on\s+)?(?:(?P<days>{_LIST})|(?P<work>{_WORKING})"
    r"|(?P<span>monday\s*(?:to|through|-|–)\s*friday))\b",
    re.IGNORECASE,
)
_AND_AT: Final = re.compile(
    r"^\s*(?:and|,|&)\s*(?:at\s+)?(?P<h>\d{1,2})(?::00)?\s*(?P<ap>am|pm)?\b(?!\s*(?:%"
    r"|\w+s\b))",
    re.I,
)
_NOT_THEN: Final = re.compile(
    r"(?:\buntil|\bbefore|\bby|\bwait(?: for)?|\bonce|\bafter|\bfor|\bwithin|\bin|\bsince)\s*(?:the\s+)?(?:next\s+)?$",
    re.IGNORECASE,
)
_LOOPS: Final = re.compile(
    r"\buntil\b|\b(?:at most|up to|max(?:imum)?) (?:\d+|\w+) (?:times|tries|attempts)\b|\bwhile\b|\bas long as\b|"
    r"\b(?:\d+|\w+) times at (?:the )?most\b|^ (?:whether|if) (?:it|they|the)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """``cron`` has five fields; ``zone`` is an IANA name or "" when none was said; ``words`` stand at start to end."""

    cron: str
    zone: str
    words: str
    start: int
    end: int
    assumed: tuple[str, ...] = ()


def find_schedule(text: str) -> Schedule | None:
    """The first phrase of a text that says how often it runs; None when there is none."""
    for pattern, build in _ANCHORS:
        for match in pattern.finditer(text):
            if _NOT_THEN.search(text[: match.start()]) or _LOOPS.search(text[match.end() :][:80]):
                continue
            plan = Plan()
            if build(plan, match) is False:
                continue
            return _grown(text, match.start(), match.end(), plan)
    return None


def _grown(text: str, start: int, end: int, plan: Plan) -> Schedule:
    zone = ""
    for _ in range(6):
        rest = text[end:]
        found_zone = find_zone(rest)
        if not zone and found_zone and not rest[: found_zone.start].strip(" ,()"):
            zone, end = found_zone.name, end + found_zone.end
        elif plan.period and (window := _BETWEEN.match(rest)):
            _window(plan, window)
            end += window.end()
        elif plan.hour is None and not plan.period and (time := TIME.match(rest)) and set_clock(plan, time):
            end += time.end()
        elif (
            plan.hour
            and any(a.startswith("“") for a in plan.assumed)
            and (time := TIME.match(rest))
            and set_clock(plan, time)
        ):
            plan.assumed = [a for a in plan.assumed if not a.startswith("“")]
            end += time.end()
        elif plan.hour and not plan.period and plan.minute == "0" and (more := _AND_AT.match(rest)):
            plan.hour += f",{int(more['h']) + (12 if (more['ap'] or '').lower() == 'pm' else 0)}"
            end += more.end()
        elif plan.hour is None and not plan.period and (part := PART.match(rest)):
            set_part(plan, part["part"] or part["night"])
            end += part.end()
        elif plan.weekday == "*" and plan.day == "*" and (days := _ON_DAYS.match(rest)):
            plan.weekday = _weekdays(days["days"]) if days["days"] else "MON-FRI"
            end += days.end()
        else:
            break
    # "At 9 every morning", "In Paris time, at 8 on Mondays": the time may stand in front.
    head = text[:start]
    if plan.hour is None and not plan.period:
        for before in re.finditer(r"(?:^|(?<=[\s,]))(?:at|@)\s+\S", head, re.I):
            time = TIME.match(head[before.start() :])
            tail = head[before.start() + time.end() :].strip(" ,") if time else "x"
            if time and not tail and set_clock(plan, time):
                start = before.start()
                break
            near = find_zone(tail) if time else None
            if time and near and near.start == 0 and near.end == len(tail) and set_clock(plan, time):
                start, zone = before.start(), zone or near.name
                break
    if plan.hour is None and not plan.period:
        plan.hour, plan.minute = "9", "0"
        plan.assumed.append("at 9:00, as no time of day was said")
    if end < len(text) and text[end] == ")":
        end += 1
    words = text[start:end].strip(" ,")
    return Schedule(plan.cron(), zone, words, start, end, tuple(plan.assumed))


def _window(plan: Plan, match: re.Match[str]) -> None:
    hours = []
    for number, half in ((match["a"], match["pa"]), (match["b"], match["pb"])):
        hour = int(number) % 24
        hours.append(hour + 12 if (half or "").lower() == "pm" and hour < 12 else hour)
    step = f"/{plan.hour[2:]}" if plan.hour and plan.hour.startswith("*/") else ""
    plan.hour = f"{hours[0]}-{hours[1]}{step}"


def _weekdays(words: str) -> str:
    found = [_DAYS[m.lower().rstrip("s")] for m in re.findall(_DAY, words, re.I)]
    order = list(_DAYS.values())
    return ",".join(sorted(dict.fromkeys(found), key=order.index))


def _count(word: str | None) -> int:
    if not word:
        return 1
    return (
        int(word)
        if word.isdigit()
        else {"other": 2, "half": 0}.get(word.lower(), NUMBER_WORDS.get(word.lower(), 1))
    )


# ---- anchors, the most telling first -----------------------------------------------------------------


def _nth_weekday(plan: Plan, match: re.Match[str]) -> None:
    day = _weekdays(match["d"])
    nth = _ORDINALS.get(match["n"].lower(), 1)
    plan.weekday = f"{day}L" if nth == 0 else f"{day}#{nth}"


def _day_of_month(plan: Plan, match: re.Match[str]) -> None:
    if match.groupdict().get("nw"):
        plan.day = "LW" if match["nw"].lower() == "last" else "1W"
        return
    word = (match["n"] or "1").lower()
    nth = _ORDINALS.get(word)
    nth = int(re.sub(r"\D", "", word)) if nth is None else nth
    plan.day = "L" if nth == 0 else str(min(max(nth, 1), 31))


def _half_hour(plan: Plan, match: re.Match[str]) -> None:
    plan.period, plan.minute, plan.hour = True, "*/30", "*"


def _nightly(plan: Plan, match: re.Match[str]) -> None:
    set_part(plan, "night")


def _part_of_weekday(plan: Plan, match: re.Match[str]) -> None:
    _days_of_week(plan, match)
    _part_daily(plan, match)


def _period_end(plan: Plan, match: re.Match[str]) -> None:
    plan.day = "L"
    plan.assumed.append("the end is the last day")
    if match["p"].lower().startswith("quarter"):
        plan.month = "3,6,9,12"
    elif match["p"].lower().startswith("year"):
        plan.day, plan.month = "31", "12"
    elif match["p"].lower().startswith("week"):
        plan.day, plan.weekday = "*", "FRI"
        plan.assumed[-1] = "the end of the week is Friday"


def _period_start(plan: Plan, match: re.Match[str]) -> None:
    plan.day = "1"
    if match["p"].lower().startswith("quarter"):
        plan.month = "1,4,7,10"
    elif match["p"].lower().startswith("year"):
        plan.month = "1"
    elif match["p"].lower().startswith("week"):
        plan.day, plan.weekday = "*", "MON"


def _yearly(plan: Plan, match: re.Match[str]) -> None:
    if match["mon"] or match["mon2"]:
        plan.month = str(_MONTHS.index((match["mon"] or match["mon2"]).lower()) + 1)
        plan.day = re.sub(r"\D", "", match["d"] or match["d2"])
    else:
        plan.month, plan.day = "1", "1"
        plan.assumed.append("once a year is the 1st of January")


def _days_of_week(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = _weekdays(match["days"])


def _working_days(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = "MON-FRI"
    if part := match.groupdict().get("part"):
        set_part(plan, part)


def _part_daily(plan: Plan, match: re.Match[str]) -> None:
    # A time beside it is better than what the part of the day is taken for.
    following = TIME.match(match.string[match.end() :])
    if following and set_clock(plan, following):
        if match["part"].lower() in ("evening", "afternoon") and int(plan.hour or 0) < 12:
            plan.evening = True
        plan.hour = None
        return
    if not re.search(r"\bat\s+\S+(?:\s+[ap]m)?\s*,?\s*$", match.string[: match.start()], re.I):
        set_part(plan, match["part"])


def _every_minutes(plan: Plan, match: re.Match[str]) -> bool | None:
    number, unit = match["n"], match["u"].lower()
    plan.period = True
    if unit.startswith("min"):
        step = _count(number)
        plan.minute, plan.hour = ("*" if step == 1 else f"*/{step}"), "*"
        if step > 59 or step < 1:
            return False
        if 60 % step:
            plan.assumed.append(f"every {step} minutes within each hour, as cron counts")
    else:
        step = _count(number)
        plan.minute, plan.hour = "0", ("*" if step == 1 else f"*/{step}")
    return None


def _hourly(plan: Plan, match: re.Match[str]) -> None:
    plan.period = True
    plan.minute, plan.hour = "0", "*"


def _per_day(plan: Plan, match: re.Match[str]) -> None:
    if re.match(r"[\s,]*at\s+\d", match.string[match.end() :]):
        return
    times = {"once": "9", "twice": "9,17"}.get(match["n"].lower(), "9,13,17")
    plan.hour, plan.minute = times, "0"
    plan.assumed.append(f"{match[0].strip().lower()} is at {' and '.join(times.split(','))} o'clock")


def _per_week(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = "MON,THU" if match["n"].lower() == "twice" else "MON"
    plan.assumed.append(f"{match[0].strip().lower()} is on {plan.weekday.replace(',', ' and ')}")


def _every_days(plan: Plan, match: re.Match[str]) -> None:
    plan.day = f"*/{_count(match['n'])}"
    plan.assumed.append("the days are counted within each month, as cron does")


def _daily(plan: Plan, match: re.Match[str]) -> None:
    return None


def _weekend(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = "SAT"
    plan.assumed.append("the weekend is Saturday")


def _weekly(plan: Plan, match: re.Match[str]) -> None:
    following = _ON_DAYS.match(match.string[match.end() :])
    if not following:
        plan.weekday = "MON"
        plan.assumed.append("once a week is on Monday")
    if re.search(r"\b(?:other|two|2)\b|bi-?weekly|fortnight", match[0], re.I):
        plan.assumed.append("cron knows no “every other week”: it runs every week")


def _monthly(plan: Plan, match: re.Match[str]) -> None:
    plan.day = "1"
    following = re.match(
        rf"\s*,?\s*on (?:the )?(?P<n>{_NTH})\b(?:\s+day)?", match.string[match.end() :], re.I
    )
    if following:
        _day_of_month(plan, following)
    else:
        plan.assumed.append("once a month is on the 1st")


def _quarterly(plan: Plan, match: re.Match[str]) -> None:
    plan.day, plan.month = "1", "1,4,7,10"
    plan.assumed.append("once a quarter is on its first day")


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)


_THE = r"(?:on\s+)?(?:the\s+)?"
_PERIOD = r"(?P<p>month|quarter|year|week)"
_SPAN = r"monday\s*(?:to|through|till|until|-|–)\s*friday"
_PLURAL = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days"
_PLURALS = rf"{_PLURAL}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+(?:on\s+)?|\s*&\s*){_PLURAL[:-1]}s?)*"
_DATE = (
    rf"(?:(?P<mon>{_MONTH})\s+(?P<d>\d+(?:st|nd|rd|th)?)"
    rf"|(?P<d2>\d+(?:st|nd|rd|th)?)\s+(?:of\s+)?(?P<mon2>{_MONTH}))"
)
_ANCHORS: tuple[tuple[re.Pattern[str], Callable[[Plan, re.Match[str]], bool | None]], ...] = (
    (
        _rx(
            rf"(?:on\s+)?(?:the|every)\s+(?P<n>first|second|third|fourth|last|1st)\s+(?P<d>{_DAY})\s+(?:{_OF_MONTH})"
        ),
        _nth_weekday,
    ),
    (_rx(rf"{_THE}(?P<nw>first|last)\s+{_WORKING}\s+(?:{_OF_MONTH})"), _day_of_month),
    (_rx(rf"{_THE}(?:every\s+)?(?P<n>{_NTH})(?:\s+day)?\s+(?:{_OF_MONTH})"), _day_of_month),
    (
        _rx(
            rf"(?:(?:every|each)\s+month|monthly)\s*,?\s+(?:on\s+(?:the\s+)?(?:day\s+)?|day\s+)(?P<n>{_NTH})(?:\s+day)?"
        ),
        _day_of_month,
    ),
    (_rx(r"always\s+on\s+the\s+(?P<n>\d{1,2}(?:st|nd|rd|th)|first|last)(?:\s+day)?"), _day_of_month),
    (_rx(rf"(?:at|on|by)\s+(?:the\s+)?(?:end|close)\s+of\s+(?:the|each|every|a)\s+{_PERIOD}"), _period_end),
    (_rx(r"(?:every|at|each)\s+(?P<p>month|quarter|year|week)[- ]?end"), _period_end),
    (
        _rx(rf"(?:at|on)\s+(?:the\s+)?(?:beginning|start|first day)\s+of\s+(?:the|each|every|a)\s+{_PERIOD}"),
        _period_start,
    ),
    (_rx(rf"(?:{_EACH}\s+year|yearly|annually|once a year)(?:\s*,?\s+on\s+(?:the\s+)?{_DATE})?"), _yearly),
    (_rx(rf"{_EACH}\s+half[- ](?:an\s+)?hour|half-hourly"), _half_hour),
    (_rx(rf"{_EACH}\s+(?:(?P<n>{_NUMBER}|other)\s+)?(?P<u>minutes?|mins?|hours?|hrs?)"), _every_minutes),
    (_rx(r"hourly|once an hour|on the hour"), _hourly),
    (_rx(r"(?P<n>once|twice|three times|3 times)\s+(?:a|per|every|each)\s+day"), _per_day),
    (_rx(r"(?P<n>once|twice)\s+(?:a|per|every|each)\s+week"), _per_week),
    (_rx(rf"{_EACH}\s+{_WORKING}(?:\s+(?P<part>morning|afternoon|evening))?"), _working_days),
    (
        _rx(rf"(?:on\s+)?(?:weekdays|working days|business days|work ?days)|(?:from\s+|every\s+)?{_SPAN}"),
        _working_days,
    ),
    (_rx(rf"{_EACH}\s+(?P<days>{_DAY})\s+(?P<part>morning|afternoon|evening|night)"), _part_of_weekday),
    (_rx(rf"(?:(?:on\s+)?{_EACH}\s+|always\s+on\s+)(?P<days>{_LIST})"), _days_of_week),
    (_rx(rf"(?:on\s+)?(?P<days>{_PLURALS})"), _days_of_week),
    (
        _rx(rf"(?<!.)(?:on\s+)?(?P<days>{_LIST})(?=,?\s+(?:at\s+)?\d{{1,2}}(?:[:.]\d\d|\s*[ap]m))"),
        _days_of_week,
    ),
    (_rx(rf"{_EACH}\s+(?P<part>morning|afternoon|evening|night)"), _part_daily),
    (_rx(r"nightly"), _nightly),
    (_rx(rf"{_EACH}\s+weekend|(?:on|at)\s+(?:the\s+)?weekends?"), _weekend),
    (_rx(rf"{_EACH}\s+(?P<n>{_NUMBER}|other)\s+days"), _every_days),
    (_rx(rf"{_EACH}\s+day|daily"), _daily),
    (
        _rx(rf"{_EACH}\s+(?:(?:other|two|2|second)\s+)?weeks?|(?:bi-?)?weekly|once a week|every fortnight"),
        _weekly,
    ),
    (_rx(rf"{_EACH}\s+month|monthly|once a month"), _monthly),
    (_rx(rf"{_EACH}\s+quarter|quarterly|once a quarter"), _quarterly),
)
