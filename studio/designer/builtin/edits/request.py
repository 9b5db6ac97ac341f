"""A message about a workflow taken apart: one clause a change, without the politeness around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|`[^`]*`|(?<![\w])'[^'\n]*[^\s']'(?!\w)")
_MARK = "\x00{}\x00"
_POLITE = re.compile(
    r"^(?:(?:please|pls|kindly|now|ok(?:ay)?|so|well|and|but|then|also then|hi|hello|hey|thanks|thank you"
    r"|great|good|"
    r"nice|perfect|actually|oh|hm+|just|simply|maybe|first of all|next|finally|lastly|in addition,?"
    r" please|one more thing)"
    r"\b[,:.! ]+|"
    r"(?:can|could|would|will) (?:you|we) (?:please |also )?|(?:can|could) i have it so that |"
    r"(?:i|we)(?:'d| would) (?:like|love|prefer|rather)(?: you| it)?(?: to| that)? |"
    r"(?:i|we) (?:want|need) (?:you |it )?to |(?:i|we) want you to |"
    r"let us |let's |(?:we|you) (?:should|must|have to|need to|ought to) |"
    r"(?:it|the (?:workflow|process|flow)) (?:should|must|has to|needs to|ought to|shall) |"
    r"make sure (?:that )?(?:it |you )|go ahead and |be so kind (?:as )?to |"
    r"(?:i|we) (?:want|think|wish)(?: that)? (?=(?:the|it|they|a|an|only)\b))+",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"[,\s]*\b(?:please|pls|thanks|thank you|thx|for now|okay|from now on|henceforth|in future|in the future)\s*$",
    re.IGNORECASE,
)
_EDIT = (
    r"rename|raise|lower|remove|delete|drop|move|swap|change|set|add|insert|include|also|make|increase"
    r"|reduce|decrease|"
    r"ask|let|give|retry|wait|run|start|stop|skip|send|tell|notify|post|put|use|replace|escalate|show"
    r"|time ?out|e?mail|"
    r"don't|do not|no longer|keep|limit|wrap|only|call it|double|halve|require|log|take|get rid|allow"
    r"|have|turn|do"
)
_SENTENCE = re.compile(r"(?<=[\w)\"\x00%€$£])[.!?;]+(?:\s+|$)|\n+")
_AND = re.compile(
    rf"\s*,?\s+(?:and|but|plus)\s+(?:then\s+|also\s+(?={_EDIT})|please\s+)*(?=(?:{_EDIT})\b)"
    rf"|\s*,\s*(?:then\s+)?(?=(?:{_EDIT})\b)(?!\s*(?:then|only)\b)",
    re.IGNORECASE,
)
_FRONT = re.compile(
    r"^(?:only |also |but )?(?:if|when|whenever|in case|unless|once|after|before|instead of|for (?:each"
    r"|every|all|any)|as soon as|on)\b",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"^(?:about\s+|as for\s+|regarding\s+)?(?P<topic>(?:that|the|this|these|those)\s+[\w \-]{3,40}?)"
    r"\s*[,:–-]\s+"
    r"(?P<rest>(?:can|could|would|please|let's|we|you|i|it|do|make|move|only|don't|put|send|skip|remove"
    r"|drop|have)\b.*)$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """``text`` may be a change of its own; ``lead`` is what stood between it and the piece before."""

    text: str
    lead: str


def joined(pieces: Sequence[Piece]) -> str:
    """Pieces as they were written."""
    return pieces[0].text + "".join(piece.lead + piece.text for piece in pieces[1:])


def pieces_of(message: str) -> list[list[Piece]]:
    """Sentences, each as the clauses that may be changes of their own. Quoted text is never cut."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return _MARK.format(len(kept) - 1)

    def back(text: str) -> str:
        return re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], text)

    text = _QUOTED.sub(keep, plain(message))
    sentences = []
    for sentence in _SENTENCE.split(text):
        sentence = _untopped(without_politeness(_BULLET.sub("", sentence)))
        found, lead, at = [], "", 0
        for cut in [*_cuts(sentence), None]:
            part = without_politeness(sentence[at : cut.start() if cut else len(sentence)])
            if part:
                found.append(Piece(back(part), lead))
            lead, at = (cut[0], cut.end()) if cut else ("", at)
        if found:
            sentences.append(found)
    return sentences


def _untopped(sentence: str) -> str:
    """ "that message, can we do it only if ..." as "do that message only if ..."."""
    match = _TOPIC.match(sentence)
    if match is None:
        return sentence
    rest = without_politeness(match["rest"])
    topic = re.sub(r"^(?:that|this|these|those)\b", "the", match["topic"], flags=re.I)
    turned = re.sub(r"\b(?:it|that|this|them|those)\b", topic, rest, count=1, flags=re.I)
    return turned if turned != rest else sentence


def _cuts(sentence: str) -> list[re.Match[str]]:
    """Where a sentence may be cut. The comma behind "if ..." belongs to what stands in front of it."""
    cuts = list(_AND.finditer(sentence))
    if _FRONT.match(sentence):
        comma = sentence.find(",")
        cuts = [cut for cut in cuts if comma < 0 or cut.start() > comma]
    return cuts


def plain(message: str) -> str:
    """One spelling for what is written in several: apostrophes, "e-mail", spaces."""
    text = message.replace("’", "'").replace("\u00a0", " ").replace("…", "...")
    text = re.sub(r"\be-mail", "email", text)
    text = re.sub(r"\bE-mail", "Email", text)
    text = re.sub(r"(?<=\d)\s*per ?cent\b", " %", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def without_politeness(clause: str) -> str:
    text = clause.strip(" ,.!;:")
    while True:
        shorter = _AFTERWARDS.sub("", _POLITE.sub("", text)).strip(" ,.!;:")
        if shorter == text or not shorter:
            return text
        text = shorter


__all__ = ["Piece", "joined", "pieces_of", "plain", "without_politeness"]
