"""Names, amounts and lists as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_DURATIONS = (
    (604_800_000, "week"),
    (86_400_000, "day"),
    (3_600_000, "hour"),
    (60_000, "minute"),
    (1_000, "second"),
    (1, "millisecond"),
)
_ABBREVIATIONS = frozenset(
    {"api", "crm", "csv", "erp", "http", "iban", "id", "pdf", "sku", "sms", "url", "vat"}
) | {
    "ceo",
    "cfo",
    "coo",
    "cto",
    "hr",
    "vip",
    "vp",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=4096)
def plain_words(name: str) -> str:
    """``not_eligible`` and ``notEligible`` as "not eligible", ``customer_email`` as "customer e-mail"."""
    words = re.split(r"[\s_/-]+", _HUMP.sub(" ", name).strip())
    return " ".join(filter(None, map(_word, words)))


def _word(word: str) -> str:
    lower = word.lower()
    if lower in _ABBREVIATIONS:
        return word.upper()
    if word.isupper() and len(word) > 1:
        return word
    return "e-mail" if lower == "email" else lower


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def small(text: str) -> str:
    """A sentence as it goes on behind a colon: "Refund an order" as "refund an order", "HTTP ..." as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def humanize(name: str) -> str:
    """``not_eligible`` as "Not eligible"."""
    return capital(plain_words(name)) or name


def clip(text: str, limit: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def singular(noun: str) -> str:
    """ "orders" as "order"; a word that is not a plural comes back as it is."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "sses", "xes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) else noun


def with_article(noun: str) -> str:
    """ "a manager", "an owner", "an HR manager", "a CFO"."""
    first = noun.partition(" ")[0]
    spelled = len(first) > 1 and first.isupper()
    vowel = noun[:1] in "AEFHILMNORSX" if spelled else noun[:1].lower() in "aeiou"
    return f"{'an' if vowel else 'a'} {noun}"


def duration_words(ms: int) -> str:
    """``90000`` as "1 minute 30 seconds"."""
    parts: list[str] = []
    rest = ms
    for size, unit in _DURATIONS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts[:2]) or "no time"


def deadline_words(ms: int) -> str:
    """Like :func:`duration_words`, but a day is "24 hours": a time limit does not care when the day begins."""
    return "24 hours" if ms == 86_400_000 else duration_words(ms)
