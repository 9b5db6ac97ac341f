"""A request cut into sentences, and these into phrases with the word that leads each: if, otherwise, after, each.

Cuts are made wherever one could be; whoever reads the phrases joins again what says nothing by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Lead: TypeAlias = Literal["", "if", "unless", "else", "after", "before", "until", "label", "while"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """``lead`` is what governs it, ``text`` what is left; ``joint`` stood in front of it (a comma, "and", ":")."""

    lead: Lead
    text: str
    joint: str = ""
    word: str = ""


_LEADS: Final[tuple[tuple[Lead, str], ...]] = (
    (
        "else",
        r"(?:or |and |but )?(?:otherwise|or else|else\b(?! to)|if not\b(?=[,:]? |$)|in (?:all|any|every)"
        r" (?:the )?(?:other|remaining)"
        r" cases?|in (?:the other|any other) case|failing that|for (?:everyone|everybody|everything|anything|all the)"
        r" (?:else|rest|others)|(?:everyone|everybody|everything|anything|anyone) else|(?:all |any )?(?:the"
        r" )?(?:others|rest)\b"
        r"(?! (?:is|of) (?:great|fine|good|ok))|(?:anything|everything) (?:smaller|lower|cheaper|less|below"
        r"|more|bigger|higher"
        r"|above|other)(?: than that)?|(?:in )?between(?! \w+ (?:and|\d))|(?:below|under|above|over|beyond)"
        r" (?:that|this)"
        r"|(?:any|every|all) (?:other|remaining) [a-z]+s?|less than that|more than that|(?:the )?(?:smaller"
        r"|lower|cheaper|bigger|larger|higher|other|remaining) (?:ones?|amounts)"
        r"|others)",
    ),
    (
        "unless",
        r"(?:unless|except (?:when|if|where|for when|that)|save (?:for )?(?:when|if|where)|but not (?:if|when|where)"
        r"|not (?:if|when)|(?:except(?: for)?|save for|apart from|excluding|other than|besides)"
        r"(?: (?:those|the ones|ones|all|any))?(?: (?:that|which|who|where))?(?= \w))",
    ),
    (
        "if",
        r"(?:(?:and |but |or |even |only |also )?(?:if|whenever|when|in case(?: that)?|in the (?:event|case)"
        r" (?:that|of)|where(?:ver)?"
        r"|provided(?: that)?|as long as|assuming(?: that)?|in which case|given that|on condition that|so long as)"
        r"(?! (?:i|we|somebody|someone) (?:give|enter|type|put)\b))",
    ),
    ("until", r"(?:until|till|til)"),
    (
        "after",
        r"(?:(?:only |right |shortly |directly |immediately )?(?:after|once|as soon as|upon|following)(?!"
        r" (?:that|this|it)\b[,.]?$))",
    ),
    ("before", r"(?:before|prior to)"),
    ("while", r"(?:while)"),
)
_LEAD: Final = re.compile(
    "|".join(rf"(?P<{lead}_>{pattern})" for lead, pattern in _LEADS).replace("_>", "_>"), re.IGNORECASE
)
_CUT: Final = re.compile(
    r"(?P<arrow>\s*(?:->|=>|→|⇒|>>|–>)\s*)"
    r"|(?P<colon>\s*(?:(?<!\d):(?=\s)|\s[-–—](?=\s))\s*)"
    r"|(?P<comma>\s*[,;(](?!\d{3}\b)\s*|\)\s*,?\s*(?=\S))"
    r"|(?P<then>\s+(?:and |but )?(?:then|thereafter|afterwards|subsequently|after that|after which)\b,?\s*)"
    r"|(?P<and>\s+(?:and|but|plus|\+)\s+(?!(?:up|more|above|over|less|below|under|upwards?)\b))"
    r"|(?P<mid>\s+(?=(?:if|when|whenever|unless|until|till|otherwise|else|once|before|after|as soon as|provided|except"
    r"|save for|apart from|excluding"
    r"|in case|in which case|only (?:if|when|after|with|once|upon)|where|upon)\b))",
    re.IGNORECASE,
)
_ONLY_THEN: Final = re.compile(
    r"^(?:and|but|so|then|please|also|now|just|first(?:ly)?|second(?:ly)?|third(?:ly)?|next|finally|lastly|at"
    r" last|later"
    r"|in the end|at the end|oh|ok(?:ay)?|well|afterwards|thereafter|after that|that is all|maybe)\b[,:]?\s+",
    re.IGNORECASE,
)


_INSIDE: Final = re.compile(
    r"\b(?P<be>is|are|be|gets?|will|shall|must|should|was|were|i|we|you|it|has|have) (?:then|thereafter|afterwards"
    r"|subsequently|also|immediately|only|just|first) (?=\w)",
    re.IGNORECASE,
)


_CASE: Final = re.compile(
    r"(?P<h>^|[.;:!?\n]\s*+|[*-]\s++)(?!(?:can|could|would|will|do|does|is that|how|what|why|who|where|when"
    r"|which|ok|right|shall)\b)"
    r"(?P<c>[^.;:,!?\n]{3,50})\?\s+(?:then\b,?\s*|if so,?\s*|yes[:,]\s*)?(?=[a-z#]|[A-Z][a-z]+\b)",
    re.IGNORECASE,
)


def sentences_in(text: str) -> list[str]:
    """Sentences of one line."""
    parts = re.split(
        r"(?<=[a-z0-9)%€\"?!'])[.!?]+(?=\s|$)(?<!\bno\.)(?<!\bnr\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bapprox\.)"
        r"(?<!\bdr\.)(?<!\bmr\.)(?<!\bmrs\.)(?<!\bms\.)(?<!\bprof\.)|\s*\.\.+\s*",
        text,
        flags=re.IGNORECASE,
    )
    return [p.strip(" ,.-:!?") for p in parts if p and p.strip(" ,.-:!?")]


def as_cases(text: str) -> str:
    """Questions that only open a case as such: "Allergic? Then write" is "if Allergic, write"."""
    text = _CASE.sub(lambda m: f"{m['h']}if {m['c'].strip()}, ", text)
    return re.sub(
        r"(?P<h>^|[.;!?\n]\s*)(?P<a>yes|no)\s*[:=]>?\s+(?=\w)", r"\g<h>if \g<a>, ", text, flags=re.I
    )


def phrases_of(sentence: str) -> list[Phrase]:
    """Every phrase that could stand for itself."""
    found: list[Phrase] = []
    sentence = _INSIDE.sub(r"\g<be> ", sentence)
    sentence = re.sub(
        r"\bbetween (\S+(?: (?:eur|euros?|%|percent))?) and (?=[\d€$£]|\w+ty\b)",
        r"from \1 to ",
        sentence,
        flags=re.I,
    )
    start, joint = 0, ""
    for match in _CUT.finditer(sentence):
        if match.start() < start:
            continue
        piece = sentence[start : match.start()]
        if piece.strip():
            found.append(led(piece, joint))
            joint = ""
        joint = joint or next(
            n for n in ("arrow", "colon", "comma", "then", "and", "mid") if match[n] is not None
        )
        start = match.end()
    if sentence[start:].strip():
        found.append(led(sentence[start:], joint))
    return [p for p in found if p.text or p.lead == "else"]


def led(text: str, joint: str = "") -> Phrase:
    """One phrase with its leading word taken off."""
    text = text.strip(" ,;:.()")
    while (match := _ONLY_THEN.match(text)) is not None:
        text = text[match.end() :]
    if match := _LEAD.match(text):
        lead = next(name for name, _ in _LEADS if match[f"{name}_"] is not None)
        end = match.end()
        if end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()):
            return Phrase(lead, text[end:].strip(" ,:;"), joint, match[0].lower())
    return Phrase("", text, joint)
