"""Comparisons with a number as people write them: "thirty kilos or more", "not above 5 %", "<= 2000 EUR"."""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.amounts import NUMBER_WORDS, QUANTITY, Quantity, quantity
from studio.designer.builtin.reading import Op

OPS: Final[tuple[tuple[Op, str], ...]] = (
    ("<=", r"(?:no more than|not more than|not (?:over|above|exceeding)|at (?:the )?most|up to|does not exceed"
    r"|a maximum of"
           r"|maximum|<=|≤|(?:less|lower|smaller|fewer) than or equal to)"),
    (">=", r"(?:no less than|not less than|not (?:under|below)|at (?:the very )?least|equals or exceeds"
    r"|reach(?:es)?|a minimum of"
           r"|minimum|>=|≥|starting (?:at|from)|from(?= [\d€$£]+[\w ]{0,12}(?:up|on|upwards?)\b)|(?:more"
           r"|greater|higher) than or"
           r" equal to)"),
    (">", r"(?:even )?(?:over|above|more than|greater than|higher (?:than|then)|bigger than|larger than|longer"
    r" than|older than"
          r"|heavier than|later than|beyond|in excess of|exceed(?:s|ing|ed)?|north of|tops"
          r"|surpass(?:es)?|worth more than"
          r"|costs? more than|weighs? more than|>)"),
    ("<", r"(?:under|below|less than|lower than|fewer than|smaller than|shorter than|younger than|lighter than"
    r"|cheaper than"
          r"|earlier than|short of|falls? below|drops? below|<)"),
)  # fmt: skip
_AFTER: Final[tuple[tuple[Op, str], ...]] = (
    (
        ">=",
        r"\s*(?:or|and|,|&)?\s*(?:more|above|higher|over|up|upwards?|longer|heavier|older|plus|onwards?)\b|\s?\+(?!\w)",
    ),
    ("<=", r"\s*(?:or|and|,)?\s*(?:less|below|lower|under|fewer|down|shorter|lighter|younger|smaller)\b"),
)


def amount_in(text: str) -> tuple[Op, Quantity, str] | None:
    """The comparison in a phrase: how, with what, and what is left of it."""
    lowered = re.sub(r"\b(\d+)[.,](\d{3})\b", r"\1\2", text)
    for op, pattern in OPS:
        sign = re.search(
            rf"(?<![\w])(?:{pattern})\s*(?=[\d€$£]|(?:eur|usd|gbp|chf)\b|(?:{_NUMS})\b)", lowered, re.I
        )
        if sign is None:
            continue
        number = re.match(QUANTITY, worded(lowered[sign.end() :].lower()))
        if number is None:
            continue
        amount = quantity(number[0].strip())
        if amount is None:
            continue
        return op, amount, f"{lowered[: sign.start()]} {worded(lowered[sign.end() :])[number.end() :]}"
    for match in re.finditer(QUANTITY, worded(lowered.lower())):
        if match["num"] in ("a", "an", "one"):
            continue
        told = worded(lowered.lower())
        for op, pattern in _AFTER:
            end, whole = match.end(), match[0]
            if match["unit"] in ("or", "and"):
                end -= len(match["unit"])
                whole = whole[: -len(match["unit"])]
            behind = re.match(pattern, told[end:])
            if behind is None:
                continue
            amount = quantity(whole.strip())
            if amount is not None:
                return op, amount, f"{told[: match.start()]} {told[end + behind.end() :]}"
    return None


_NUMS: Final = "|".join(sorted((w for w in NUMBER_WORDS if len(w) > 2), key=len, reverse=True)) + (
    "|eighty|forty|sixty|seventy|ninety|zero"
)
_TENS: Final = {"forty": 40, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "zero": 0}


def worded(text: str) -> str:
    """Numbers of several words in figures: "five thousand" is 5000, "two hundred" 200."""
    for word, value in _TENS.items():
        text = re.sub(rf"\b{word}\b", str(value), text)

    def product(match: re.Match[str]) -> str:
        one = match[1].lower()
        factor = 100 if match[2].lower() == "hundred" else 1000
        number = NUMBER_WORDS[one] if one in NUMBER_WORDS else float(one)
        return f"{int(number * factor)}"

    return re.sub(rf"\b({_NUMS}|an?|\d+) (hundred|thousand)\b", product, text, flags=re.I)
