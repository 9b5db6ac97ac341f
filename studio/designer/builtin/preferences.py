"""What an account wants remembered ("amounts in euros", "finance_manager approves"), as defaults for what is written.

A preference only fills what a request leaves open; what the request says itself always wins. A sentence that no rule
here understands changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.amounts import CURRENCIES, DURATION, NUMBER_WORDS, duration_text
from studio.designer.builtin.zones import find_zone

_APPROVER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:the )?(?P<who>[\w \-]{2,40}?) (?:always |usually )?(?:approves?|decides?|signs? off)\b",
        r"\b(?:approvals?|approved|sign-?offs?)\b.*?\b(?:by|from|to|go to|with|is|are)\b (?:the )?(?P<who>[\w \-]+)$",
        r"^(?:always |please )?ask (?:the )?(?P<who>[\w \-]+?)(?: (?:for approval|to approve|to decide).*)?$",
        r"^approver:? (?:is )?(?:the )?(?P<who>[\w \-]+)$",
    )
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CHANNEL = re.compile(r"#[\w-]+")
_NO_RETRY = re.compile(r"\b(?:never|no|not|don't|do not|without)\b.{0,20}\bretr(?:y|ies|ied|ying)\b", re.I)
_RETRY = re.compile(r"\bretry\b.*?(?P<n>\d+|twice|two|three|four|five)\b", re.I)
_AT_ONCE = re.compile(
    r"\b(?P<n>\d+|two|three|four|five|ten)\b.*\b(?:at once|at a time|in parallel|at the same time)\b", re.I
)
_DEADLINE = re.compile(rf"\b(?:approv\w*|approver|decide|answer|deadline)\b.*?{DURATION}", re.I)
_TIMEOUT = re.compile(rf"\btime-? ?outs?\b.*?{DURATION}", re.I)
_MONEY = re.compile(r"\b(?:amounts?|money|prices?|currency|everything|totals?|sums?)\b", re.I)


@dataclass(frozen=True, slots=True)
class Preferences:
    """``currency`` is an ISO code; ``within`` and ``timeout`` are durations of the language; ``retries`` is None for
    the usual and 0 for never; ``address`` is where "me" is written to."""

    currency: str = ""
    approver: str = ""
    within: str = ""
    retries: int | None = None
    timeout: str = ""
    timezone: str = ""
    address: str = ""
    channel: str = ""
    at_once: int | None = None


NO_PREFERENCES: Final = Preferences()


def read_preferences(sentences: Iterable[str]) -> Preferences:
    """All the sentences together; of two that contradict each other the later one counts."""
    found: dict[str, object] = {}
    for sentence in sentences:
        found |= dict(_read(sentence.strip().rstrip(".!")))
    return Preferences(**found)  # type: ignore[arg-type]


def _read(text: str) -> Iterable[tuple[str, object]]:
    if address := _ADDRESS.search(text):
        yield "address", address[0]
        return
    if channel := _CHANNEL.search(text):
        yield "channel", channel[0]
        return
    if _NO_RETRY.search(text):
        yield "retries", 0
    elif retry := _RETRY.search(text):
        yield "retries", 2 if retry["n"].lower() == "twice" else _number(retry["n"])
    if _MONEY.search(text) and (code := _currency(text)):
        yield "currency", code
    if limit := _AT_ONCE.search(text):
        yield "at_once", _number(limit["n"])
    if zone := find_zone(text):
        yield "timezone", zone.name
    if timeout := _TIMEOUT.search(text):
        yield "timeout", duration_text(timeout["dnum"], timeout["dunit"])
        return
    if deadline := _DEADLINE.search(text):
        yield "within", duration_text(deadline["dnum"], deadline["dunit"])
        text = text[: deadline.start("dnum")]
    for pattern in _APPROVER:
        if match := pattern.search(text):
            who = re.split(r"\b(?:within|in|for|before|above|over)\b", match["who"])[0].strip()
            if who.lower() not in ("", "they", "somebody", "someone", "who", "everybody"):
                yield "approver", who
                return


def _currency(text: str) -> str:
    words = re.findall(r"[€$£¥]|[a-z]+", text.lower())
    return next((CURRENCIES[word] for word in words if word in CURRENCIES), "")


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS.get(word.lower(), 1)
