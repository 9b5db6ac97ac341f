"""Questions to people in a phrase: who has to say yes, for how long, how many, and who may instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.amounts import DURATION, duration_text
from studio.designer.builtin.asking import PERSON
from studio.designer.builtin.words import name_stems, raw_tokens, stem

_YES: Final = re.compile(
    r"\b(?:approv(?:e|es|ed|al|ing)|agree(?:s|d|ment)?|consent(?:s|ed)?|confirm(?:s|ed|ation)?|sign(?:s"
    r"|ed)?(?:[ -]?off)?"
    r"|sign-?off|signature|okay(?:s|ed)?|ok|yes|green light|go[ -]ahead|blessing|permission|authori[sz]\w*"
    r"|acknowledge\w*"
    r"|decides?|decided|decision|allow(?:s|ed)?|nod|permit(?:s|ted)?(?= it\b)|thumbs[ -]up|second pair of eyes"
    r"|clear(?:s|ed)? it"
    r"|sanction(?:s|ed)?|vet(?:s|ted)?|is asked|are asked|asked first|must be asked|has to be asked|ask)\b",
    re.IGNORECASE,
)
_NOT_ASKED: Final = re.compile(
    r"\b(?:no|nobody'?s?|without(?: any| an| asking| anybody'?s?)?|skip(?:ping)?|not (?:need|needed|require"
    r"|ask)|needs? no"
    r"|do not ask|does not need|w/o)\b[^,;]{0,30}?\b(?:approv\w*|ask\w*|sign\w*|consent|yes|ok|okay|permission"
    r"|decision)\b"
    r"|\bskip the\b|\bdo not ask\b",
    re.IGNORECASE,
)
_TELLS: Final = re.compile(
    r"^(?:please |then |we |i |just )*(?:e?mail|tell|inform|notify|write|message|post|remind|send|text"
    r"|ping)s?\b(?!.*\b(?:to approve|for (?:approval"
    r"|permission|an? ok)|must approve)\b)",
    re.IGNORECASE,
)
_NOT_HIM: Final = re.compile(
    r"[(,]?\s*\b(?:and )?not (?:the |our |a )?[\w ]{2,30}?(?=[,;)]|$)[^)]*\)?", re.IGNORECASE
)
_LONG: Final = re.compile(rf"(?<![\w.]){DURATION}", re.IGNORECASE)
_QUORUM: Final = {"two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4, "both": 2}


@dataclass(frozen=True, slots=True)
class Question:
    """``roles`` in words, best first; with ``either`` any one of them is enough."""

    roles: tuple[str, ...]
    within: str | None
    quorum: int | None
    either: bool = False


class People:
    """Who can be asked in one account."""

    def __init__(self, roles: frozenset[str] | None) -> None:
        self.roles = tuple(sorted(roles or ()))

    def named(self, text: str) -> tuple[str, ...]:
        """The roles of the account that a phrase names, in the order of the phrase."""
        words = [stem(w) for w in raw_tokens(text)]
        found: list[tuple[int, int, str]] = []
        for role in self.roles:
            parts = name_stems(role)
            at = next(
                (i for i in range(len(words)) if list(parts) == [w for w in words[i : i + len(parts)]]), None
            )
            if at is None and len(parts) > 2:
                core = [p for p in parts if p not in ("of", "the")]
                at = next((i for i in range(len(words)) if words[i : i + len(core)] == core), None)
            if at is not None:
                found.append((at, -len(parts), role))
        found.sort()
        kept: list[tuple[int, int, str]] = []
        for at, size, role in found:
            if not any(a <= at < a - s for a, s, _ in kept):
                kept.append((at, size, role))
        return tuple(role for _, _, role in kept)

    def asked(self, text: str) -> Question | None:
        """The question a phrase puts to somebody; None when nobody is to say yes in it."""
        if self.unasked(text) or not _YES.search(text) or _TELLS.match(text):
            return None
        text = _NOT_HIM.sub(" ", text)
        roles = self.named(text)
        if not roles:
            who = self._loosely(text)
            if who is None:
                return None
            roles = (who,)
        return Question(
            roles, deadline(text), _quorum(text), either=bool(re.search(r"\b(?:either|or)\b", text, re.I))
        )

    def unasked(self, text: str) -> bool:
        """Whether a phrase says that nobody is asked."""
        match = _NOT_ASKED.search(text)
        # "Never without the treasurer's ok": somebody is.
        return match is not None and not (
            match[0].lower().startswith(("without", "w/o")) and self.named(match[0])
        )

    def around(self, text: str) -> tuple[str, str]:
        """What stands in front of and behind the first role that a phrase names."""
        for role in self.named(text) or ((self._loosely(text) or ""),):
            words = [w for w in raw_tokens(role) if w not in ("of", "the")]
            if words and (
                match := re.search(rf"\b{words[0]}\w*\b(?:[ \w]{{0,12}}?\b{words[-1]}\w*\b)?", text, re.I)
            ):
                return text[: match.start()], text[match.end() :]
        return text, ""

    def _loosely(self, text: str) -> str | None:
        """A person who is called by a part of a role's name, or by another word for it."""
        words = {stem(w) for w in raw_tokens(text)}
        for role in self.roles:
            parts = [p for p in name_stems(role) if p not in ("of", "the")]
            if parts and parts[-1] in words and parts[-1] not in ("team", "of"):
                return role
        match = PERSON.search(text)
        if match and not re.search(r"\bcustomer\b", match[0], re.I):
            front = re.search(r"([a-z]+ )?$", text[: match.start()], re.I)
            return f"{front[0] if front else ''}{match[0]}".strip()
        return None


def deadline(text: str) -> str | None:
    """The length of time a phrase names, as the language writes it."""
    match = _LONG.search(text)
    if match is None or (
        match["dnum"].lower() in ("a", "an")
        and not re.search(r"\b(?:within|in|for)\s+$", text[: match.start()])
    ):
        return None
    return duration_text(match["dnum"], match["dunit"])


def _quorum(text: str) -> int | None:
    match = re.search(
        r"\b(two|three|four|2|3|4)\b(?! ?(?:days?|hours?|hrs?|h|d|min\w*|weeks?|percent|%|k|eur\w*|€))(?: [a-z]+){0,3}",
        text,
        re.I,
    )
    if match is None or not re.search(r"s\b", match[0]):
        return None
    return _QUORUM[match[1].lower()]


def says_no(text: str) -> bool:
    """Whether a phrase is of a refusal: "if she refuses", "lead says no"."""
    return bool(
        re.search(
            r"\b(?:refus(?:es?|ed|al)|declin(?:es?|ed)|reject(?:s|ed|ion)?|says? no|said no|den(?:y|ies|ied)|disagrees?"
            r"|turn(?:s|ed) (?:it )?down|vetoes|against it|does not (?:approve|agree|want|consent)|is not"
            r" approved|no approval"
            r"|not (?:approved|agreed|granted)|the answer is no|(?:he|she|they) (?:does|do) not)\b",
            text,
            re.IGNORECASE,
        )
    )


def says_nothing(text: str) -> bool:
    """Whether a phrase is of no answer: "nobody reacts", "no decision has been taken"."""
    return bool(
        re.search(
            r"\b(?:nobody|no ?one|(?:he|she|they|it|who\w*|lead|manager|officer|\w+er|\w+or) (?:does|do|did"
            r"|has|have) not)\s+"
            r"(?:has |have )?(?:answer|react|respon|repl|decid|get back|sa(?:y|id) anything|approv|look)\w*"
            r"|\b(?:no|without (?:an? |any )?)(?:answer|reaction|response|reply|decision|word)\b|\b(?:no"
            r"|without(?: an?| any)?)"
            r" (?:answer|reaction|response|reply|decision|word)\b|\bunanswered\b|\btime (?:is up|runs out"
            r"|has run out)\b"
            r"|\b(?:expires|timed? out)\b|\bsilence\b|\b(?:does|do) not (?:answer|react|respond|reply|decide)\b",
            text,
            re.IGNORECASE,
        )
    )


_PASSED_ON: Final = re.compile(
    r"\b(?:escalat\w+|takes? over|steps? in|pass(?:ed|es)? (?:it |this |that )?(?:on|up)|hand(?:ed|s)? (?:it "
    r"|this )?(?:on|up|over)"
    r"|go(?:es)? to|(?:may|can|could|should) (?:also |then )?(?:decide|approve|say yes|agree|confirm|sign)"
    r"|(?:is|are|gets?|be) (?:also )?asked|decides?|asks?)\b",
    re.IGNORECASE,
)
_STILL: Final = re.compile(
    r"\b(?:silen\w+|still open|(?:has|have) (?:passed|gone by|elapsed))\b", re.IGNORECASE
)


def passed_on(text: str, roles: tuple[str, ...]) -> tuple[str, str] | None:
    """After how long a question goes to which of the roles that a sentence names, the last of them; None where it does
    not say so."""
    after = deadline(text)
    if not roles or after is None:
        return None
    silent = says_nothing(text) or _STILL.search(text)
    moves = _PASSED_ON.search(text)
    if silent and (moves or re.search(r"(?:->|=>|:|,)\s*(?:the |then |an? )*[\w ]{3,30}$", text)):
        return after, roles[-1]
    if (
        moves
        and re.search(r"\bafter\b", text, re.I)
        and re.match(r"escalat|take|step|pass|hand|go", moves[0], re.I)
    ):
        return after, roles[-1]
    return None


__all__ = ["People", "Question", "deadline", "passed_on", "says_no", "says_nothing"]
