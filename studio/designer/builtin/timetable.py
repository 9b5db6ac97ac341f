"""What stands beside "how often" in any order: times of day, days, days left out, hours from and to, a time zone.

A phrase that says how often is the seed; it is grown over its neighbours to both sides as long as they tell a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from studio.designer.builtin.amounts import NUMBER_WORDS
from studio.designer.builtin.clock import PART, TIME, Plan, set_clock, set_part
from studio.designer.builtin.words import word_list
from studio.designer.builtin.zones import find_zone

DAYS: Final = {
    "monday": "MON",
    "tuesday": "TUE",
    "wednesday": "WED",
    "thursday": "THU",
    "friday": "FRI",
    "saturday": "SAT",
    "sunday": "SUN",
}
DAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
TO: Final = r"(?:to|through|thru|till|until|-|–)"
SPAN: Final = rf"(?:from\s+)?{DAY}\s*{TO}\s*{DAY}"
LIST: Final = rf"(?:{SPAN}|{DAY})(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+(?:on\s+)?|\s*[&+/]\s*)(?:{SPAN}|{DAY}))*"
WORKING: Final = r"(?:week\s?days?|(?:working|business|work)\s?days?)"
_ORDER: Final = tuple(DAYS.values())

_SHORT_DAYS: Final = {
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "weds": "wednesday",
    "thu": "thursday",
    "thur": "thursday",
    "thurs": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}
_ABBREVIATED: Final = r"(?:mon|tues?|weds?|thurs?|thu|fri|sat|sun)"
_HOURS: Final = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_HOUR: Final = "|".join((*_HOURS, r"\d{1,2}"))
_MINUTES: Final = {"five": 5, "ten": 10, "twenty": 20, "twenty-five": 25, "a quarter": 15, "quarter": 15}


def _day_name(match: re.Match[str]) -> str:
    return _SHORT_DAYS[match[1].lower()]


def _past(match: re.Match[str]) -> str:
    said = match["m"].lower()
    minute = _MINUTES.get(said) or (int(said) if said.isdigit() else 0)
    word = match["h"].lower()
    hour = int(word) if word.isdigit() else _HOURS.index(word) + 1
    if match["to"].lower() == "to":
        hour, minute = hour - 1, 60 - minute
    return f"{hour % 24}:{minute:02d}"


_SPELLED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (
            rf"\b({_ABBREVIATED})\b\.?(?=\s*(?:[-–,+&/]|and\b|to\b|through\b|till\b)\s*(?:{_ABBREVIATED}|{DAY})\b"
            r"|,?\s+(?:at\s+)?\d)",
            _day_name,
        ),
        (
            rf"(?<=day)(?P<g>\s*(?:[-–,+&/]|and|to|through|till)\s*(?:and )?)(?P<d>{_ABBREVIATED})\b\.?",
            lambda m: f"{m['g']}{_SHORT_DAYS[m['d'].lower()]}",
        ),
        (r"\b(?P<e>every|each)\s+(?:second|other|2nd)\s+(?P<u>hour|day|minute)\b", r"\g<e> 2 \g<u>s"),
        (r"\b(?:a\s+)?quarter(?:\s+of)?(?:\s+an)?[ -]hour\b", "15 minutes"),
        (
            rf"\b(?P<m>a quarter|quarter|five|ten|twenty(?:-five)?|\d{{1,2}})(?:\s+minutes?)?\s+(?P<to>past|to"
            rf"|after)\s+"
            rf"(?P<h>{_HOUR})\b(?!\s*(?:%|percent|minutes?|days?|eur\w*|:))(?<!\d to \d)(?<!\d to \d\d)",
            _past,
        ),
        (r"(?<![\w:.])(\d{1,2})\s*o['’]?\s?clock\b", r"\1:00"),
        (
            r"(?P<h>(?:^|\bat|@|\bto|\band|days?|\bfrom|[,(–-])\s*)(?P<n>\d{1,2})\s?h\b(?!\s+(?:later|after|before|to|without|for))",
            lambda m: f"{m['h']}{m['n']}:00" if int(m["n"]) < 25 else m[0],
        ),
        (r"(?<!time )\bzone:? (?=[A-Z])", "time zone "),
        (r"(?<![\w:.])(\d{1,2})h(\d{2})\b", r"\1:\2"),
        (r"\b(from|between|at|to|until|till|and)\s+the\s+(?=\d{1,2}(?::\d\d)?(?!\w)(?!\.\d))", r"\1 "),
        (r"\b(?:of|at)\s+(?:the\s+)?(morning|afternoon|evening)\b", r"in the \1"),
        (r"\b(?:hour|hours|time)\s+of\s+(?=[A-Z])", "in "),
        (r"\bour\s+(?:local\s+)?time(?:\s+here)?\s+in\b", "in"),
        (r"\b(?:it\s+is\s+)?(?P<c>[A-Z]\w+)\s+(?:which|that)\s+counts\b", r"in \g<c>"),
        (
            r"\b(?:the\s+)?first\s+(?:time|one|run)\s+at\s+(?P<a>\S+?),?\s+(?:and\s+)?(?:the\s+)?last\s+(?:time|one|run)?\s*at"
            r"\s+(?P<b>\d[\d:]*)",
            r"from \g<a> to \g<b>",
        ),
        (r"\bof the week\b", ""),
    )
)


def spelled(text: str) -> tuple[str, list[int]]:
    """A text with times written in one way, and for each of its characters (and its end) where that stood before."""
    at = list(range(len(text) + 1))
    for pattern, instead in _SPELLED:
        parts: list[str] = []
        places: list[int] = []
        last = 0
        for match in pattern.finditer(text):
            said = match.expand(instead) if isinstance(instead, str) else instead(match)
            parts += [text[last : match.start()], said]
            places += at[last : match.start()]
            places += [at[match.start()]] * len(said)
            last = match.end()
        text, at = "".join((*parts, text[last:])), [*places, *at[last:]]
    return text, at


def weekdays(words: str) -> str:
    """ "mondays, wednesday to friday" as cron says it."""
    found: list[str] = []
    for match in re.finditer(rf"(?P<a>{DAY})(?:\s*{TO}\s*(?P<b>{DAY}))?", words, re.IGNORECASE):
        first = DAYS[match["a"].lower().rstrip("s")]
        last = DAYS[match["b"].lower().rstrip("s")] if match["b"] else first
        at, end = _ORDER.index(first), _ORDER.index(last)
        found += [_ORDER[i % 7] for i in range(at, (end if end >= at else end + 7) + 1)]
    return days_of(dict.fromkeys(found))


def days_of(days: dict[str, None] | list[str]) -> str:
    """Days as a list, or as a span where they follow each other."""
    chosen = [d for d in _ORDER if d in days]
    if len(chosen) == 7:
        return "*"
    at = [_ORDER.index(d) for d in chosen]
    if len(chosen) > 2 and at[-1] - at[0] == len(chosen) - 1:
        return f"{chosen[0]}-{chosen[-1]}"
    if len(chosen) > 2 and "SUN" in chosen and at[:-1] == list(range(len(chosen) - 1)):
        return f"SUN-{chosen[-2]}"
    return ",".join(chosen)


def _each_of(cron: str) -> list[str]:
    if cron == "*":
        return list(_ORDER)
    found: list[str] = []
    for part in cron.split(","):
        first, _, last = part.partition("-")
        at = _ORDER.index(first)
        end = _ORDER.index(last) if last else at
        found += [_ORDER[i % 7] for i in range(at, (end if end >= at else end + 7) + 1)]
    return found


_CLOCK: Final = (
    r"(?:\d{1,2}(?:[:.]\d\d)?\s*(?:[ap]\.?m\b\.?)?|" + "|".join((*_HOURS, "noon", "midnight")) + ")"
)
_WINDOW: Final = re.compile(
    rf"(?:between|from|as of|starting at|starting from)\s+(?:about\s+)?(?P<a>{_CLOCK})(?:\s*in the (?P<ap>morning"
    rf"|afternoon|evening))?\s*(?:and|to|until|till|up to|-|–)\s*(?P<b>{_CLOCK})(?:\s*in the (?P<bp>morning|afternoon"
    rf"|evening))?|(?P<a2>\d{{1,2}}(?:[:.]\d\d)?)\s*(?:to|until|till|-|–)\s*(?P<b2>\d{{1,2}}(?:[:.]\d\d)?)(?![\d:])",
    re.IGNORECASE,
)
_BARE_WINDOW: Final = re.compile(
    rf"(?:until|till|up to)\s+(?P<b>{_CLOCK})|(?:from|as of|starting at)\s+(?P<a>{_CLOCK})", re.IGNORECASE
)
_MORE: Final = re.compile(
    r"\s*(?:,\s*and|and|,|&|\+)\s*(?:at\s+)?(?P<h>\d{1,2})(?::00)?\s*(?P<ap>am|pm)?(?![\w:.])(?!\s*(?:%|\w+s\b))",
    re.I,
)
_BARE_HOURS: Final = re.compile(
    r"(?:at\s+)?\d{1,2}(?::00)?(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:at\s+)?\d{1,2}(?::00)?)+(?![\w:.])(?:\s?h\b)?"
)
_ON_DAYS: Final = re.compile(
    rf"(?:(?:but\s+)?only\s+)?(?:on\s+)?(?:(?P<days>{LIST})(?P<part>\s+(?:morning|afternoon|evening)s?)?|(?P<work>{WORKING})"
    r"|(?P<end>(?:the\s+)?weekends?))\b",
    re.IGNORECASE,
)
_BUT: Final = re.compile(
    rf"(?:but\s+not|not|except(?:\s+for)?|excluding|excl\.?|without|but|save)\s+(?:on\s+|the\s+|at\s+)*"
    rf"(?:(?P<days>{LIST})|(?P<end>weekends?))\b",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    r"(?:early\s+|late\s+|first thing\s+)?(?:in\s+the\s+)(?P<part>morning|afternoon|evening)s?\b"
    r"|at\s+(?P<night>night)\b",
    re.I,
)
_NTH_DAY: Final = re.compile(
    r"(?:on\s+)?(?:(?:the\s+)?day\s+(?=\d)|the\s+(?=\d|[a-z]+(?:th|st|nd|rd)\b)|(?=\d{1,2}(?:st|nd|rd|th)))"
    r"(?P<n>\d{1,2}(?:st|nd|rd|th)?|[a-z]+)(?![\w:.])(?:\s+day)?",
    re.IGNORECASE,
)


ORDINALS: Final = {
    word: number
    for number, word in enumerate(
        word_list(
            "last first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
            " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        )
    )
}
"""0 is the last."""


def _day_number(word: str) -> str:
    return str(ORDINALS.get(word.lower(), 0) or "L")


_NOISE: Final = re.compile(
    r"(?:during (?:working|business|office) hours|always|twice|once|three times|four times|(?:the )?first thing"
    r"|(?:at )?lunch ?time|sharp|exactly|please)\b",
    re.I,
)
_SKIP: Final = re.compile(r"[\s,;()]*(?:(?:and|that is|i\.e\.)\s+(?=at\b|on\b|only\b|in\b|always\b))?")


@dataclass
class Grown:
    """The cron plan with the words' place: ``zone`` is "" when none was said."""

    plan: Plan
    start: int
    end: int
    zone: str = ""
    left_out: list[str] = field(default_factory=list)
    timed: bool = False

    def take(self, text: str, *, first: bool) -> int:
        """How many characters of a text that begins here tell a time; they are taken into the plan."""
        plan = self.plan
        zone = find_zone(text)
        if not self.zone and zone and not text[: zone.start].strip(" ,("):
            self.zone = zone.name
            return zone.end
        if (but := _BUT.match(text)) and not plan.day.isdigit():
            out = _each_of(weekdays(but["days"])) if but["days"] else ["SAT", "SUN"]
            self.left_out += out
            return but.end()
        if plan.period and (window := _WINDOW.match(text)) and self._window(window):
            return window.end()
        if plan.period and plan.hour and (one := _BARE_WINDOW.match(text)):
            low, high = plan.hour.partition("-")[0], ""
            if one["a"] and (hour := _hour(one["a"], "")) is not None and "-" not in plan.hour:
                self._between(hour, 23)
                return one.end()
            if one["b"] and (hour := _hour(one["b"], "")) is not None:
                start = int(low) if low.isdigit() else 0
                self._between(start, hour)
                return one.end()
            del low, high
        if plan.open[:1].isdigit() and not self.timed and (bare := _BARE_HOURS.match(text)):
            plan.hour, plan.minute, self.timed = ",".join(re.findall(r"(?<!:)\b\d{1,2}", bare[0])), "0", True
            return bare.end()
        if not plan.period and not self.timed and (time := TIME.match(text)):
            clock = Plan()
            if (
                time.end()
                and set_clock(clock, time)
                and (not first or not re.match(r"\s*\d{1,2}\s*$", time[0]))
            ):
                plan.hour, plan.minute, self.timed = clock.hour, clock.minute, True
                if (said := (time["part"] or "").lower()) and said != "night":
                    plan.part = said
                end = time.end()
                while (more := _MORE.match(text[end:])) and plan.minute == "0":
                    hour = int(more["h"]) + (
                        12 if (more["ap"] or "").lower() == "pm" and int(more["h"]) < 12 else 0
                    )
                    if hour > 23:
                        break
                    plan.hour = f"{plan.hour},{hour}"
                    end += more.end()
                return end
        if plan.open in ("month", "quarter") and plan.day == "*" and (nth := _NTH_DAY.match(text)):
            plan.day = nth["n"].rstrip("stndrh") if nth["n"][0].isdigit() else _day_number(nth["n"])
            return nth.end()
        if (part := _PART.match(text)) and not plan.period:
            plan.part = plan.part or (part["part"] or part["night"]).lower()
            return part.end()
        if (days := _ON_DAYS.match(text)) and plan.day == "*" and not first:
            if days["days"]:
                if plan.weekday in ("*", "MON-FRI") or days["days"].lower().startswith("from"):
                    plan.weekday = weekdays(days["days"])
                elif plan.weekday != "*":
                    return 0
                if days["part"]:
                    plan.part = days["part"].strip().rstrip("s").lower()
            elif plan.weekday == "*":
                plan.weekday = "MON-FRI" if days["work"] else "SAT,SUN"
            return days.end()
        if noise := _NOISE.match(text):
            return noise.end()
        return 0

    def _window(self, match: re.Match[str]) -> bool:
        if match["a2"] and not re.search(r"[:(]|hour", match.string[:2]) and self.plan.hour is None:
            return False
        low = _hour(match["a"] or match["a2"], match["ap"] or "")
        high = _hour(match["b"] or match["b2"], match["bp"] or "")
        if low is None or high is None:
            return False
        if high <= low and high < 12:
            high += 12
        self._between(low, high)
        return True

    def _between(self, low: int, high: int) -> None:
        hour = self.plan.hour or "*"
        step = f"/{hour.rpartition('/')[2]}" if "/" in hour else ""
        self.plan.hour = f"{low}-{high}{step}"

    def settled(self) -> None:
        """What the parts mean together."""
        plan = self.plan
        if self.timed and plan.part in ("afternoon", "evening") and plan.hour:
            plan.hour = ",".join(str(int(h) + 12) if int(h) < 12 else h for h in plan.hour.split(","))
        elif not self.timed and plan.part and not plan.period:
            set_part(plan, plan.part)
        if self.left_out:
            plan.weekday = days_of([d for d in _each_of(plan.weekday) if d not in self.left_out])


def _hour(word: str, part: str) -> int | None:
    word = word.lower().strip().replace(".", "")
    half = 12 if "pm" in word or part in ("afternoon", "evening") else 0
    word = re.sub(r"\s*[ap]m$", "", word).partition(":")[0]
    hour = {"noon": 12, "midnight": 0}.get(word)
    if hour is None:
        hour = (
            int(word)
            if word.isdigit()
            else NUMBER_WORDS.get(word, _HOURS.index(word) + 1 if word in _HOURS else 99)
        )
    hour += half if hour < 12 else 0
    return hour if hour < 25 else None


_BACK: Final = re.compile(
    rf"(?:^|(?<=[\s,(:]))(?P<what>(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night|(?:in|at)\s+(?:the\s+)?[A-Z]\w+(?:"
    rf"\s[A-Z]\w+)?(?:\s+time)?|[A-Z]\w+\s+time|(?:from|between|as of|starting at)\s+{_CLOCK}(?:\s*in the (?:morning"
    rf"|afternoon|evening))?\s*(?:(?:and|to|until|till|-|–)\s*{_CLOCK}(?:\s*in the (?:morning|afternoon|evening))?)?"
    rf"|(?:(?:at|@)\s+)?(?:half past \w+|quarter (?:past|to) \w+|noon|midday|midnight|\d{{1,2}}[:.]\d\d"
    rf"|\d{{1,2}}\s*[ap]\.?m\b\.?"
    rf"|(?:(?:at|@)\s+)\d{{1,2}}|(?:(?:at|@)\s+)(?:{'|'.join(_HOURS)}))(?:\s*(?:in the|every"
    rf"|each)?\s*(?:morning|afternoon"
    rf"|evening|night)\b)?|(?:at )?lunch ?time|twice|once|three times|always|schedule[d]?|cron|weekly|daily|on"
    rf" the hour|every|each"
    rf"|(?:(?:run|start|do)s?|(?:the (?:thing|workflow|whole thing|process)|it|this) (?:should|must|shall|has"
    rf" to) (?:run|start|happen))(?: (?:it|this|that))?))"
    rf"[\s,:;(]*(?:and\s+|on\s+|but\s+|then\s+)?$",
    re.IGNORECASE,
)


def grown(text: str, start: int, end: int, plan: Plan) -> Grown:
    """A phrase that says how often, with all beside it that says when."""
    found = Grown(plan, start, end, timed=False)
    for _ in range(10):
        rest = text[found.end :]
        skip = _SKIP.match(rest)
        gap = skip.end() if skip else 0
        taken = found.take(rest[gap:], first=False) or (found.take(rest, first=False) if gap else 0)
        if not taken:
            break
        found.end += taken + (gap if rest[gap:] and taken <= len(rest) - gap else 0)
        found.end = min(found.end, len(text))
    for _ in range(5):
        match = _BACK.search(text[: found.start])
        if match is None:
            break
        said = match["what"]
        if _NOISE.fullmatch(said) or re.match(
            r"(?:schedule|cron|weekly|daily|on the hour|every|each|run|start|do|the |it |this )", said, re.I
        ):
            found.start = match.start()
            continue
        taken = found.take(said, first=True)
        if taken < len(said.rstrip()):
            break
        found.start = match.start()
    found.settled()
    return found


__all__ = ["DAY", "LIST", "PART", "SPAN", "WORKING", "Grown", "days_of", "grown", "spelled", "weekdays"]
