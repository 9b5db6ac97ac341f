"""What somebody says that sounds as if it held for more than this workflow. Pure; nothing is kept by itself."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200

_LASTING: Final = re.compile(
    r"\b(always|never|from now on|by default|in (the )?future|every time|as a rule|we (always )?(use|prefer)|i prefer|"
    r"(keep in mind|remember) that|our (currency|time zone|timezone) is|all (amounts|times) (are )?in)\b",
    re.IGNORECASE,
)
_CORRECTED: Final = re.compile(
    r"^(no[,:]|not\b.*\bbut\b|actually[, ]|ask (the )?[\w' -]+ instead\b|(the )?[\w' -]+ (should|must) approve\b)",
    re.IGNORECASE,
)
_LEADS: Final = re.compile(
    r"^(no|actually|please|and|also|but|remember that|keep in mind that)[,:]?\s+", re.IGNORECASE
)


def preference_in(said: str) -> str:
    """The sentence that states a preference or a correction, without the words that lead to it; "" when none does."""
    sentences = [one.strip() for one in re.split(r"(?<=[.!?;])\s+|\n+", said) if one.strip()]
    for sentence in sentences:
        if sentence.endswith("?") or len(sentence) > LONGEST:
            continue
        if _LASTING.search(sentence) or _CORRECTED.search(sentence):
            bare = sentence.rstrip(".!; ")
            while (shorter := _LEADS.sub("", bare)) != bare:
                bare = shorter
            return bare
    return ""
