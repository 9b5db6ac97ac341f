"""Numbers, money, percentages and lengths of time as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dsl.wording.spelling import deadline_words

NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100,
}  # fmt: skip

_UNITS = {
    "millisecond": "ms", "ms": "ms", "second": "s", "sec": "s", "s": "s", "minute": "m", "min": "m", "m": "m",
    "hour": "h", "h": "h", "hr": "h", "day": "d", "d": "d", "week": "w", "w": "w",
}  # fmt: skip
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD",
    "dollars": "USD", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "chf": "CHF", "franc": "CHF",
    "francs": "CHF", "¥": "JPY", "yen": "JPY", "jpy": "JPY", "sek": "SEK", "kronor": "SEK",
}  # fmt: skip

_CURRENCY = r"(?:€|\$|£|¥|euros?|eur|dollars?|usd|pounds?|gbp|chf|francs?|yen|jpy|sek|kronor)"
_DIGITS = r"\d{1,3}(?:[ ,']\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_WORDS = "|".join(sorted((w for w in NUMBER_WORDS if len(w) > 2), key=len, reverse=True))

QUANTITY = (
    rf"(?:(?P<pre>{_CURRENCY})\s?)?(?P<num>{_DIGITS}|\b(?:{_WORDS})\b)(?P<scale>\s?(?:k(?![a-z])|thousand|million|m(?=\b)))?"
    rf"\s?(?P<unit>{_CURRENCY}(?![a-z])|%|percent\b|per cent\b|[a-z]+\b)?"
)
DURATION = (
    r"(?P<dnum>\d+(?:\.\d+)?|an?\b|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty)\s*"
    r"(?:working |business |full )?"
    r"(?P<dunit>milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|ms|[smhdw])\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what stood beside it. ``unit`` is a currency code, "percent", another word, or ""."""

    value: float
    unit: str
    sort: Literal["money", "percent", "plain"]

    def spoken(self) -> str:
        number = f"{self.value:g}" if self.value == int(self.value) else f"{self.value}"
        return f"{number} {self.unit}".strip()


def quantity(text: str) -> Quantity | None:
    """The whole text as one quantity: "100 euros", "€1,250.50", "20 %", "5k", "three"."""
    match = re.fullmatch(QUANTITY, text.strip().lower())
    if match is None:
        return None
    digits = match["num"]
    if digits in NUMBER_WORDS:
        value = float(NUMBER_WORDS[digits])
    else:
        digits = re.sub(r"[ ']", "", digits)
        if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits):
            digits = digits.replace(",", "")
        value = float(digits.replace(",", "."))
    scale = (match["scale"] or "").strip()
    value *= {"k": 1e3, "thousand": 1e3, "million": 1e6, "m": 1e6}.get(scale, 1)
    unit = match["unit"] or ""
    currency = CURRENCIES.get(match["pre"] or "") or CURRENCIES.get(unit)
    if currency:
        return Quantity(value, currency, "money")
    if unit in ("%", "percent", "per cent"):
        return Quantity(value, "percent", "percent")
    return Quantity(value, unit, "plain")


def duration_text(number: str, unit: str) -> str:
    """ "two", "days" -> "2d", as the language writes it."""
    value = float(NUMBER_WORDS.get(number.lower(), 0)) or float(number)
    short = _UNITS.get(unit.lower()) or _UNITS[unit.lower().rstrip("s")]
    if value != int(value):
        return f"{int(value * _MS[short])}ms"
    return f"{int(value)}{short}"


def spoken_duration(text: str) -> str:
    """ "3d", as the language writes it, as "3 days"."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h|d|w)", text)
    return text if match is None else deadline_words(int(match[1]) * _MS[match[2]])


def find_duration(text: str, before: str = "") -> tuple[str, int, int] | None:
    """The first length of time in a text that follows the pattern ``before``: (Weft text, start, end)."""
    match = re.search(before + DURATION, text, re.IGNORECASE)
    if match is None:
        return None
    return duration_text(match["dnum"], match["dunit"]), match.start(), match.end()


def number_text(value: float, *, floating: bool) -> str:
    if floating:
        return f"{value:.1f}" if value == int(value) else repr(value)
    return str(int(value))
