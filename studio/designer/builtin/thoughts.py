"""What a model is to judge, in words: "let an AI classify the ticket as network, hardware or accounts"."""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.reading import Think

_WHO: Final = (
    r"(?:an? |the |our |some )?(?:ai agent|ai model|language model|ai|a\.i\.|llm|gpt|claude|model|machine)"
)
_LET: Final = re.compile(
    rf"^(?:let|have|ask|use|get|tell|make)\s+{_WHO}\s+(?:to\s+|should\s+)?(?P<verb>[a-z]+)\s+(?P<rest>.+)$",
    re.I,
)
_SHALL: Final = re.compile(
    rf"^{_WHO}\s+(?:should|must|shall|has to|is to|will)?\s*(?P<verb>[a-z]+?)s?\s+(?P<rest>.+)$", re.I
)
_WITH: Final = re.compile(
    rf"^(?P<verb>[a-z]+)\s+(?P<rest>.+?)\s+(?:with|using|by|through|via)\s+(?:the help of )?{_WHO}\b(?P<more>.*)$",
    re.I,
)
_BY: Final = re.compile(
    rf"^(?P<rest>(?:the |its )?[\w ]{{2,40}}?)\s+(?:is|are|must be|should be|gets)\s+(?P<verb>[a-z]+?)(?:ed"
    rf"|ied)\s+by\s+{_WHO}\b(?P<more>.*)$",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"^(?P<verb>classify|categori[sz]e|summari[sz]e|translate|rephrase|rewrite)\s+(?P<rest>.+)$", re.I
)
_CHOICES: Final = re.compile(
    r"\b(?:as|into|whether (?:it|this|that) is(?: about)?|is|either|between|to be)\s+(?:either"
    r" )?(?P<list>[\w\- ]+(?:, [\w\- ]+)*,? or [\w\- ]+)",
    re.IGNORECASE,
)
_NOT: Final = frozenset(["whether", "if", "for", "to"])


def read_thought(text: str) -> Think | None:
    for pattern in (_LET, _SHALL, _WITH, _BY, _BARE):
        match = pattern.match(text)
        if match is None or match["verb"].lower() in _NOT:
            continue
        rest = match["rest"] + (match.groupdict().get("more") or "")
        return Think(match["verb"].lower(), rest.strip(" ,."), _choices(rest), text)
    return None


def _choices(text: str) -> tuple[str, ...]:
    match = _CHOICES.search(text)
    if match is None:
        return ()
    parts = re.split(r",\s*(?:or\s+)?|\s+or\s+", match["list"])
    found = [re.sub(r"^(?:an?|the)\s+", "", part.strip()).strip() for part in parts]
    return tuple("_".join(part.lower().split()) for part in found if part and len(part.split()) <= 3)
