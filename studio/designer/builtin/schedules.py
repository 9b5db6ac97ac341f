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
from studio.designer.builtin.clock import Plan
from studio.designer.builtin.timetable import DAY, LIST, ORDINALS, SPAN, WORKING, grown, spelled, weekdays

_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                  "november", "december")  # fmt: skip
_ORDINALS: Final = ORDINALS | {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_MONTH = "|".join(_MONTHS)
_NUMBER = r"\d+|" + "|".join(w for w in NUMBER_WORDS if w not in ("a", "an", "hundred"))
_EACH = r"(?:every|each)(?:\s+single)?"
_NTH = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join(w for w in _ORDINALS if w.isalpha())})(?![\w:.])"
_NTHS = rf"{_NTH}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+(?:on\s+)?|\s*[&+/]\s*)(?:the\s+)?{_NTH})*"
_OF_MONTH = r"(?:of|in)\s+(?:the|each|every|a)\s+(?:calendar\s+)?month|of\s+every\s+single\s+month|monthly"
r"|(?:each|every)\s+month"

_NOT_THEN: Final = re.compile(
    r"(?:\buntil|\bbefore|\bby|\bwait(?: for)?|\bonce|\bafter|\bfor|\bwithin|\bin|\bsince)\s*(?:the\s+)?(?:next\s+)?$",
    re.IGNORECASE,
)
_LOOPS: Final = re.compile(
    r"\buntil\b(?! \d|\s+noon)|\b(?:at most|up to|max(?:imum)?) (?:\d+|\w+) (?:times|tries|attempts)\b"
    r"|\bwhile\b|\bas long as\b|"
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
    said = text
    text, at = spelled(text)
    for pattern, build in _ANCHORS:
        for match in pattern.finditer(text):
            if _NOT_THEN.search(text[: match.start()]) or _LOOPS.search(text[match.end() :][:80]):
                continue
            plan = Plan()
            if build(plan, match) is False:
                continue
            found = grown(text, match.start(), match.end(), plan)
            _settled(plan)
            start, end = at[found.start], at[found.end]
            if end < len(said) and said[end] == ")":
                end += 1
            return Schedule(
                plan.cron(), found.zone, said[start:end].strip(" ,"), start, end, tuple(plan.assumed)
            )
    return None


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
    day = weekdays(match["d"])
    nth = _ORDINALS.get(match["n"].lower(), 1)
    plan.weekday = f"{day}L" if nth == 0 else f"{day}#{nth}"


def _day_of_month(plan: Plan, match: re.Match[str]) -> None:
    if match.groupdict().get("nw"):
        plan.day = "LW" if match["nw"].lower() == "last" else "1W"
        return
    plan.day = days_of_month(match["n"] or "1")


def days_of_month(words: str) -> str:
    """ "the 1st and the 15th" as cron says it."""
    found: list[str] = []
    for word in re.findall(_NTH, words.lower()):
        nth = _ORDINALS.get(word)
        nth = int(re.sub(r"\D", "", word)) if nth is None else nth
        found.append("L" if nth == 0 else str(min(max(nth, 1), 31)))
    return ",".join(dict.fromkeys(found))


def _half_hour(plan: Plan, match: re.Match[str]) -> None:
    plan.period, plan.minute, plan.hour = True, "*/30", "*"


def _nightly(plan: Plan, match: re.Match[str]) -> None:
    plan.part = "night"


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


def _on_dates(plan: Plan, match: re.Match[str]) -> None:
    if match["ms"]:
        named = re.findall(_MONTH, match["ms"].lower())
        plan.month = ",".join(str(_MONTHS.index(m) + 1) for m in named)
        plan.day = days_of_month(re.split(r"\bof\b", match[0], flags=re.I)[0])
    else:
        _yearly(plan, match)


def _as_cron(plan: Plan, match: re.Match[str]) -> bool | None:
    fields = match["cron"].split()
    if "*" not in fields or not all(re.fullmatch(r"[\d*/,-]+|[A-Z]{3}(?:[-,][A-Z]{3})*", f) for f in fields):
        return False
    plan.minute, plan.hour, plan.day, plan.month, plan.weekday = fields
    plan.period = True
    return None


def _days_of_week(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = weekdays(match["days"])


def _working_days(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = "MON-FRI"
    plan.part = (match.groupdict().get("part") or "").lower()


def _part_daily(plan: Plan, match: re.Match[str]) -> None:
    plan.part = match["part"].lower().rstrip("s")


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
    plan.open = {"once": "", "twice": "9,17"}.get(match["n"].lower(), "9,13,17")


def _per_week(plan: Plan, match: re.Match[str]) -> None:
    plan.open = "twice a week" if match["n"].lower() == "twice" else "week"


def _every_days(plan: Plan, match: re.Match[str]) -> None:
    plan.day = f"*/{_count(match['n'])}"
    plan.assumed.append("the days are counted within each month, as cron does")


def _daily(plan: Plan, match: re.Match[str]) -> None:
    return None


def _weekend(plan: Plan, match: re.Match[str]) -> None:
    plan.weekday = "SAT" if re.match(r"every|each", match[0], re.I) else "SAT,SUN"
    if plan.weekday == "SAT":
        plan.assumed.append("the weekend is Saturday")


def _weekly(plan: Plan, match: re.Match[str]) -> None:
    plan.open = "week"
    if re.search(r"\b(?:other|two|2)\b|bi-?weekly|fortnight", match[0], re.I):
        plan.assumed.append("cron knows no “every other week”: it runs every week")


def _monthly(plan: Plan, match: re.Match[str]) -> None:
    plan.open = "month"


def _quarterly(plan: Plan, match: re.Match[str]) -> None:
    plan.month, plan.open = "1,4,7,10", "quarter"


def _settled(plan: Plan) -> None:
    """What was left open, filled in and said."""
    if plan.open in ("week", "twice a week") and plan.weekday == "*":
        plan.weekday = "MON" if plan.open == "week" else "MON,THU"
        often = "once a week" if plan.open == "week" else plan.open
        plan.assumed.append(f"{often} is on {plan.weekday.replace(',', ' and ')}")
    elif plan.open in ("month", "quarter") and (plan.day, plan.weekday) == ("*", "*"):
        plan.day = "1"
        plan.assumed.append(f"once a {plan.open} is on its first day")
    elif plan.open[:1].isdigit() and plan.hour is None:
        plan.hour, plan.minute = plan.open, "0"
        plan.assumed.append(f"so often a day is at {' and '.join(plan.open.split(','))} o'clock")
    if plan.hour is None and not plan.period:
        plan.hour, plan.minute = "9", "0"
        plan.assumed.append("at 9:00, as no time of day was said")


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)


_THE = r"(?:on\s+)?(?:the\s+)?"
_PERIOD = r"(?P<p>month|quarter|year|week)"
_PLURAL = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days"
_PLURALS = rf"{_PLURAL}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+(?:on\s+)?|\s*[&+/]\s*){_PLURAL[:-1]}s?)*"
_DATE = (
    rf"(?:(?P<mon>{_MONTH})\s+(?P<d>\d+(?:st|nd|rd|th)?)"
    rf"|(?P<d2>\d+(?:st|nd|rd|th)?)\s+(?:of\s+)?(?P<mon2>{_MONTH}))"
)
_ANCHORS: tuple[tuple[re.Pattern[str], Callable[[Plan, re.Match[str]], bool | None]], ...] = (
    (
        _rx(
            rf"(?:on\s+)?(?:(?:the|every)\s+)*(?P<n>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<d>{DAY})\s+(?:{_OF_MONTH})"
        ),
        _nth_weekday,
    ),
    (_rx(rf"{_THE}(?P<nw>first|last)\s+{WORKING}\s+(?:{_OF_MONTH})"), _day_of_month),
    (_rx(rf"{_THE}(?:every\s+)?(?:day\s+)?(?P<n>{_NTHS})(?:\s+day)?\s+(?:{_OF_MONTH})"), _day_of_month),
    (
        _rx(
            rf"(?:(?:every|each)\s+month|monthly)\s*,?\s+(?:on\s+(?:the\s+)?(?:day\s+)?|day\s+)(?P<n>{_NTHS})(?:\s+day)?"
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
    (
        _rx(
            rf"(?:on\s+)?(?:{_EACH}\s+{_DATE}|the\s+{_NTH}\s+of\s+(?P<ms>(?:{_MONTH})(?:(?:\s*,\s*(?:and\s+)?"
            rf"|\s+and\s+)(?:{_MONTH}))+))"
        ),
        _on_dates,
    ),
    (_rx(rf"{_EACH}\s+half[- ](?:an\s+)?hour|half-hourly"), _half_hour),
    (_rx(rf"{_EACH}\s+(?:(?P<n>{_NUMBER}|other)\s+)?(?P<u>minutes?|mins?|hours?|hrs?)"), _every_minutes),
    (_rx(r"hourly|once an hour|on the hour,?\s+(?:every|each) hour|on the hour"), _hourly),
    (_rx(r"(?P<n>once|twice|three times|3 times)\s+(?:(?:a|per|every|each)\s+day|daily)"), _per_day),
    (_rx(r"(?P<n>once|twice)\s+(?:a|per|every|each)\s+week"), _per_week),
    (
        _rx(rf"(?:on\s+)?(?P<days>{SPAN}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+(?:on\s+)?){DAY})*)"),
        _days_of_week,
    ),
    (_rx(rf"{_EACH}\s+{WORKING}(?:\s+(?P<part>morning|afternoon|evening))?"), _working_days),
    (
        _rx(r"(?:on\s+)?(?:weekdays|working days|business days|work ?days)"),
        _working_days,
    ),
    (_rx(rf"{_EACH}\s+(?P<days>{DAY})\s+(?P<part>morning|afternoon|evening|night)"), _part_of_weekday),
    (_rx(rf"(?:(?:on\s+)?{_EACH}\s+|always\s+on\s+)(?P<days>{LIST})"), _days_of_week),
    (_rx(rf"(?:on\s+)?(?P<days>{LIST})\s+(?P<part>mornings|afternoons|evenings|nights)"), _part_of_weekday),
    (_rx(rf"(?:on\s+)?(?P<days>{_PLURALS})"), _days_of_week),
    (_rx(r"(?P<cron>[\d*/,-]+(?:\s+[\d*/,A-Z#-]+){3}\s+[\d*/,A-Z#-]*[\d*A-Z])"), _as_cron),
    (
        _rx(rf"(?<![a-z] )(?:on\s+)?(?P<days>{LIST})(?=,?\s+(?:at\s+)?\d{{1,2}}(?:[:.]\d\d|\s*[ap]m))"),
        _days_of_week,
    ),
    (_rx(rf"{_EACH}\s+(?P<part>morning|afternoon|evening|night)"), _part_daily),
    (_rx(r"nightly"), _nightly),
    (_rx(rf"{_EACH}\s+weekend|(?:on|at)\s+(?:the\s+)?weekends?"), _weekend),
    (_rx(rf"{_EACH}\s+(?P<n>{_NUMBER}|other)\s+days"), _every_days),
    (_rx(rf"(?:on\s+)?{_EACH}\s+day|daily"), _daily),
    (
        _rx(rf"{_EACH}\s+(?:(?:other|two|2|second)\s+)?weeks?|(?:bi-?)?weekly|once a week|every fortnight"),
        _weekly,
    ),
    (_rx(rf"{_EACH}\s+month|monthly|once a month"), _monthly),
    (_rx(rf"{_EACH}\s+quarter|quarterly|once a quarter"), _quarterly),
)
