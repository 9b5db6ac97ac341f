"""Times of day in words, and the cron line that they end up in: "at half past 7", "5pm", "in the morning"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from studio.designer.builtin.amounts import NUMBER_WORDS

_HOURS = "|".join(
    w for w in (*NUMBER_WORDS, "eleven") if w not in ("a", "an", "hundred") and NUMBER_WORDS.get(w, 11) < 13
)
TIME: Final = re.compile(
    r"^[\s,]*(?:and\s+)?(?:always\s+)?(?:(?:at|@|from|around|starting at)\s+)?"
    r"(?:(?P<half>half past|quarter past|quarter to)\s+(?P<hh>\d{1,2}|\w+)|(?P<word>noon|midday|midnight)"
    r"|(?P<h>\d{1,2})(?:[:.h](?P<m>\d{2}))?\s*(?P<ap>a\.?m\b\.?|p\.?m\b\.?)?(?:\s*(?:o'?clock|h\b|hours|hrs|uhr))?"
    r"(?!\s*(?:%|percent|minutes?|times|days?|euros?\b|eur\b|of them|at once|\w*th\b))"
    rf"|(?P<written>{_HOURS})(?:\s+o'?clock)?)"
    r"(?:\s+(?:sharp|exactly))?(?:\s*(?:in the|every|each)?\s*(?P<part>morning|afternoon|evening|night)\b)?",
    re.IGNORECASE,
)
_AT: Final = re.compile(r"[\s,]*(?:and\s+)?(?:always\s+)?(?:at|@|from|around|starting at)\s", re.IGNORECASE)
PART: Final = re.compile(
    r"^[\s,]*(?:early\s+)?in the (?P<part>morning|afternoon|evening)\b|^[\s,]*at (?P<night>night)\b", re.I
)
_PARTS: Final = {"morning": 8, "afternoon": 14, "evening": 18, "night": 2}


@dataclass
class Plan:
    """A cron line in the making; None is "not said yet"."""

    minute: str | None = None
    hour: str | None = None
    day: str = "*"
    month: str = "*"
    weekday: str = "*"
    period: bool = False
    """Whether the anchor is shorter than a day, so that no time of day is wanted."""
    part: str = ""
    """The part of the day: "every evening"."""
    open: str = ""
    """What is still to be said: the day of a "week", or of a "month"."""
    assumed: list[str] = field(default_factory=list)

    def cron(self) -> str:
        return f"{self.minute or '0'} {self.hour or '0'} {self.day} {self.month} {self.weekday}"


def set_clock(plan: Plan, match: re.Match[str]) -> bool:
    minute = 0
    if match["half"]:
        hour = _hour_word(match["hh"])
        if hour is None:
            return False
        minute = {"half past": 30, "quarter past": 15, "quarter to": 45}[match["half"].lower()]
        hour -= 1 if match["half"].lower() == "quarter to" else 0
    elif match["word"]:
        hour = 0 if match["word"].lower() == "midnight" else 12
    elif match["written"]:
        if not _AT.match(match[0]):
            return False
        hour = _hour_word(match["written"]) or 9
    else:
        if not re.match(
            r"[\s,]*(?:and\s+)?(?:always\s+)?(?:at|@|from|around|starting at)\s", match[0], re.I
        ) and not (match["m"] or match["ap"] or match["part"]):
            return False
        hour, minute = int(match["h"]), int(match["m"] or 0)
    half = (match["ap"] or "").lower().replace(".", "")
    part = (match["part"] or "").lower()
    if hour < 12 and (half == "pm" or part in ("afternoon", "evening")):
        hour += 12
    if hour == 12 and half == "am":
        hour = 0
    if hour > 23 or minute > 59:
        return False
    plan.hour, plan.minute = str(hour % 24), str(minute)
    return True


def _hour_word(word: str) -> int | None:
    word = word.lower()
    hour = int(word) if word.isdigit() else 11 if word == "eleven" else NUMBER_WORDS.get(word)
    return hour if hour is not None and hour < 24 else None


def set_part(plan: Plan, part: str) -> None:
    plan.hour, plan.minute = str(_PARTS[part.lower()]), "0"
    plan.assumed.append(f"“{part.lower()}” is {plan.hour}:00")
