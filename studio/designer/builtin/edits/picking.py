"""What a short reply picks of the choices that were asked about: "the second one", "the manager's", "yes", "all"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from studio.designer.builtin.edits.change import Choice, Found
from studio.designer.builtin.edits.request import plain, without_politeness
from studio.designer.builtin.words import STOP, likeness, raw_tokens, stem

Pick: TypeAlias = Callable[[Choice], Found | None]
"""What a reply chooses; None when it chooses nothing there."""

YES = re.compile(
    r"^(?:yes|yep|yeah|yup|sure|ok(?:ay)?|right|exactly|correct|please do|do (?:it|that|so)|go ahead|fine"
    r"|agreed|of course|that's right|"
    r"sounds good|ja|y)\b[\s,.!]*(?:please|do (?:it|that)|remove (?:it|them)(?: too)?|go ahead|thanks?)?["
    r"\s.!]*$",
    re.IGNORECASE,
)
NO = re.compile(
    r"^(?:no|nope|nah|don't|do not|neither|none(?: of (?:them|these))?|nothing|never mind|forget it|leave"
    r" it)[\s.!,]*(?:thanks?(?: you)?|it|that)?[\s.!]*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"^(?:(?:option|number|no\.?|nr\.?|choice|#)\s*)?(?:the\s+)?(?P<n>\d{1,2}|first|second|third|fourth"
    r"|fifth|last|1st|2nd|3rd|4th)(?:\s+(?:one|option|choice|of (?:them|these)))?$",
    re.IGNORECASE,
)
_WORDS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
}
_ALL = re.compile(
    r"^(?:all(?: of (?:them|these))?|both(?: of them)?|every one|each(?: of them)?|everything)$",
    re.IGNORECASE,
)


def pick(reply: str) -> Pick:
    """A reply as a choice among what it answers."""
    text = without_politeness(plain(reply)).strip(" .!,`'\"")

    def chosen(choice: Choice) -> Found | None:
        options = choice.options
        if YES.match(text):
            return options[0].found if len(options) == 1 else None
        if _ALL.match(text):
            return next((o.found for o in options if o.label == "all of them"), None)
        if match := _NUMBER.match(text):
            word = match["n"].lower()
            at = len(options) if word == "last" else _WORDS.get(word) or int(word)
            return options[at - 1].found if 1 <= at <= len(options) else None
        said = [stem(w) for w in raw_tokens(text) if w not in STOP and w not in ("one", "mean", "meant")]
        if not said:
            return None
        scored = []
        for option in options:
            known = [stem(w) for w in raw_tokens(option.label)]
            scored.append((sum(max((likeness(s, k) for k in known), default=-0.5) for s in said), option))
        best = max(score for score, _ in scored)
        found = [o for score, o in scored if score >= best - 0.01]
        return found[0].found if best > 0.5 * len(said) and len(found) == 1 else None

    return chosen


__all__ = ["NO", "YES", "Pick", "pick"]
