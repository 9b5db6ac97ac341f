"""Which tool a phrase asks for: every word that could be its verb is tried, and the tool that all the words speak for
most wins; where there is no verb, the thing that is named decides.

Three rules keep it honest. What takes something back or away is never meant unless its own verb is said. A thing named
with "a" is made, one named with "the" is looked at. What somebody else does ("a guest cancels") is no deed of ours.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from studio.designer.builtin.grounded.turns import plain_verbs
from studio.designer.builtin.named_values import ROOMS
from studio.designer.builtin.shapes import choices, properties, sort_of
from studio.designer.builtin.tools import Known, Toolbox
from studio.designer.builtin.verbs import KNOWN_VERBS
from studio.designer.builtin.words import (
    GENERIC_VERBS,
    PRONOUNS,
    READ_VERBS,
    STOP,
    likeness,
    raw_tokens,
    singular,
    stem,
    stems,
    word_list,
)

_UNDOING: Final = frozenset(
    map(
        stem,
        word_list(
            "cancel void delete remove revoke recall reverse release erase purge wipe close decline reject refuse undo"
            " withdraw terminate deactivate disable write_off scrap"
        ),
    )
)
_OURS: Final = frozenset(
    word_list(
        "please i we you it they system workflow computer bot process automation thing software then also now"
        " just first"
        " only always simply directly immediately automatically always to should shall must would will could"
        " can may might"
        " want wants need needs like would'd have has had going go be let us me would and or so do does there that"
        " which ought supposed is are get gets still even"
    )
)
_BE: Final = frozenset(word_list("is are was were be been being get gets got gotten"))
_THE: Final = frozenset(
    word_list(
        "the a an its their his her our my your this that these those each every some no any of in on for"
    )
)
_TELLING: Final = frozenset(word_list("gets get receives receive hears hear knows know"))
_MESSAGES: Final = frozenset(
    map(
        stem,
        word_list(
            "mail email message letter sms text notification reminder notice radio terminal board chat"
        ),
    )
)
_TELL: Final = frozenset(
    map(
        stem,
        word_list(
            "text sms radio slack ring phone thank greet welcome congratulate apologize apologise warn shout"
            " pin mail email write tell inform notify remind message ping report say announce"
        ),
    )
)
_MESSAGE_SAID: Final = re.compile(
    r"#|@|\b(?:e?mails?|messages?|letters?|sms|texts?|notes?|reminders?|words?|links?|numbers?|codes?|them|him|her|customer|guest"
    r"|patient|client|employee|applicant|driver|owner|supplier|person|contact|people|who|what|how|that)\b",
    re.IGNORECASE,
)
_WHICH: Final = frozenset(
    word_list("the a an all any each every many how which these those our of for with and other only open")
)
_ABOUT: Final = re.compile(
    r"^(?:for|given|with|about|of) (?:an?|one|the|any|this) (?:(?:given |certain |new )?[\w']+(?: (?:number|id"
    r"|no|request|card))?)(?=,|$| the | its )[, ]*",
    re.I,
)
_NO_VERBS: Final = frozenset(word_list("done thanks thx cheers used usual needed wanted based like"))
_BASES: Final = dict(
    pair.split("=")
    for pair in word_list(
        "left=leave gave=give given=give took=take taken=take kept=keep held=hold shown=show rang=ring"
        " rung=ring brought=bring"
        " bought=buy built=build made=make drawn=draw thrown=throw written=write wrote=write spoken=speak"
        " sent=send paid=pay"
        " told=tell put=put found=find chosen=choose"
    )
)
_PEOPLE: Final = re.compile(
    r"\b(?:customers?|guests?|clients?|somebody|someone|people|they|he|she|trainee|colleagues?|employees?|suppliers?"
    r"|courier|carrier|users?|patients?|tenants?|members?|students?|applicants?|visitors?|boss|everybody|nobody)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Deed:
    """``verb`` and ``rest`` are how the clause would be said plainly; ``sure`` how well its words fit the tool."""

    known: Known
    verb: str
    rest: str
    sure: float
    named: bool = False
    """Whether only the thing is named, without a verb."""
    others: frozenset[str] = frozenset()
    """Tools that fit nearly as well."""


class Deeds:
    """The deeds of one catalog."""

    def __init__(self, toolbox: Toolbox, topic: tuple[str, ...] = ()) -> None:
        self.toolbox = toolbox
        self.topic = topic
        self._verbs = (
            KNOWN_VERBS
            | {k.verb for k in toolbox.tools if k.verb}
            | {k.says for k in toolbox.tools if k.says}
        )
        self._nouns = {stem(singular(w)) for k in toolbox.tools for w in k.noun}
        self._found: dict[str, Deed | None] = {}

    def of(self, phrase: str, about: str = "") -> Deed | None:
        """The deed a phrase asks for; None when it asks for none of what the tools can do. ``about`` are words of what
        "it" stands for."""
        key = f"{phrase}|{about}"
        if key not in self._found:
            said = phrase.strip()
            plain = plain_verbs(said)
            best = self._best(plain, about)
            if plain != said and (other := self._best(said, about)) is not None:
                best = other if best is None or other.sure > best.sure + 0.5 else best
            self._found[key] = best
        return self._found[key]

    def _best(self, text: str, about: str) -> Deed | None:
        text = _ABOUT.sub("", text)
        if not text.strip():
            return None
        spoken = list(re.finditer(r"#?[\w'\-]+", text))
        only_it = not [w for w in stems(text) if w not in PRONOUNS and w not in self._verbs]
        where = self._where(text)
        best: Deed | None = None
        led, theirs = "", False
        told: dict[str, float] = {}
        later = [
            t[0].lower()
            for t in spoken
            if re.search(r"(?:ed|en|id|nt|ld|pt|ut)$", t[0].lower()) and t[0].lower() not in STOP
        ]
        for index, token in enumerate(spoken):
            word, given = token[0].lower(), False
            sense = stem(_BASES.get(word, word))
            if word in _NO_VERBS or (word == "thank" and text[token.end() :].startswith(" you")):
                continue
            if word in STOP or (sense not in self._verbs and sense not in _TELL):
                continue
            before = [t[0].lower() for t in spoken[:index]]
            after = spoken[index + 1][0].lower() if index + 1 < len(spoken) else ""
            if (
                word in _TAKES
                and index > 0
                and _GETS_MESSAGE.match(text[token.end() :])
                and text[: token.start()].strip()
            ):
                word, sense, given = "send", "send", True
            elif word in _TAKES and self._given(text[: token.start()], text[token.end() :]):
                # "silver customers get a voucher": what is given is named.
                continue
            elif word in _BE and any(
                w in later and stem(w) in self._verbs for w in (t[0].lower() for t in spoken[index + 1 :])
            ):
                # "gets blocked".
                continue
            if led and best is not None and best.sure >= _LEAST + 2:
                # The verb that leads a phrase is what it asks for.
                break
            done = bool(
                re.search(r"(?:ed|en|id|nt|ld|pt|ut|un|ne|set|hit|read|run|made|left|lost|won|built)$", word)
            )
            passive = bool(set(before[-3:]) & _BE) and done
            named = bool(before) and before[-1] in _THE and not passive
            before = [w for w in before if w not in _TAKES] if word == "send" else before
            if named and sense in self._nouns:
                continue
            if named and not word.endswith("ing") and after:
                continue
            if (
                index == 0
                and after
                and re.search(r"[^s]s$", word)
                and sense in self._nouns
                and after not in _THE | PRONOUNS
            ):
                # "Bills of 500 euros": things, no deed.
                continue
            if (
                done
                and not passive
                and after
                and stem(singular(after)) in self._nouns
                and (not before or before[-1] in _WHICH)
            ):
                # "all booked appointments".
                continue
            if not passive and not named and not given and self._of_others(before, word, after):
                theirs = theirs or best is None
                continue
            head = [t for t in spoken[:index]]
            while head and head[0][0].lower() in _OURS:
                head = head[1:]
            front = text[head[0].start() : token.start()] if head else ""
            front = re.sub(
                r"(?:\b(?:is|are|be|been|gets?|must|should|shall|to|will|has|have|may|can|not|then|also)\b\s*)+$",
                "",
                front,
            )
            rest = f"{front.strip()} {text[token.end() :].strip()}".strip(" ,")
            leading = not [w for w in before if w not in _OURS]
            led = led or (sense if leading and sense not in GENERIC_VERBS else "")
            aside = 3.0 if set(before) & _TELLS else 0.0
            aside += 2.5 if sense in GENERIC_VERBS and not leading else 0.0
            told_of = f"{rest} {about}" if only_it else rest
            ranked = self.toolbox.rank(_BASES.get(word, word), told_of, self.topic)[:5]
            if sense in _TELL:
                ranked = [*ranked, *self.toolbox.rank("message", f"{word} {told_of}", self.topic)[:5]]
            for match in ranked:
                sure = match.score + (1.5 if leading or passive else 0.0) - (1.0 if named else 0.0) - aside
                sure += self._by_choice(match.known, text, sense) + where(match.known)
                if (
                    not match.known.reads
                    and sense in map(stem, match.known.noun)
                    and match.known.verb in _MAKES
                ):
                    # "pay" is what "create_payment" does.
                    sure += 2.5
                sure -= (
                    3.0 if sense == "send" and match.known.sends and not _MESSAGE_SAID.search(text) else 0.0
                )
                said = {stem(t[0].lower()) for t in spoken}
                if not self._allowed(match.known, said) or _guessed(match.known, sense, said):
                    continue
                told[match.known.id] = max(told.get(match.known.id, 0.0), sure)
                if best is None or sure > best.sure:
                    best = Deed(match.known, word, rest, sure)
        if (best is None or best.sure < _LEAST) and not theirs:
            named_only = self._by_name(text, led)
            if named_only is not None and (best is None or named_only.sure > best.sure):
                best = named_only
        if best is None or best.sure < _LEAST:
            return None
        return replace(best, others=frozenset(id for id, sure in told.items() if sure > best.sure - 3.0))

    def _given(self, front: str, behind: str) -> bool:
        """Whether somebody is said to get something: "its owner gets a task", and we do not fetch it."""
        subject = [
            w for w in raw_tokens(front) if w not in STOP and w not in ("please", "then", "i", "we", "you")
        ]
        return (
            bool(subject) and re.match(r" (?:an?|one|\d+|another|the|nothing|no)\b", behind, re.I) is not None
        )

    def _where(self, text: str) -> Callable[[Known], float]:
        """What an address, a channel or "back" in the words says of the tool that is meant."""
        channel = bool(re.search(r"(?:^|\s)#\w|\bchannel\b", text))
        address = "@" in text
        back = bool(re.search(r"\b(?:back|again|undo)\b", text, re.I))
        named = set(stems(text)) - {"channel", "room"}
        whether = bool(
            re.search(
                r"\b(?:look|looks|see|sees|check|checks|find out|get|asks?) (?:\w+ )?(?:whether|if)\b",
                text,
                re.I,
            )
        )
        phone = bool(re.search(r"\b(?:sms|text (?:message|the|him|her|them)|phone)\b", text, re.I))

        def weight(known: Known) -> float:
            takes = known.fields["input"]
            found = 3.0 if takes & ROOMS & named else 0.0
            if whether and known.reads:
                # "look whether it may be refunded": what answers with yes or no.
                found += 2.5 if _answers(known) else 0.0
            if known.sends:
                to_room = bool(takes & ROOMS)
                found += 4.0 if channel and to_room else -4.0 if channel else 0.0
                found += 3.0 if address and not to_room else -3.0 if address else 0.0
                found += 3.0 if phone and "phon" in takes | known.fields["description"] else 0.0
            if back and {known.verb, known.says} & _UNDOING | (
                set() if "back" not in known.tool.description else {known.verb}
            ):
                found += 3.0 if known.verb in _UNDOING or "back" in known.tool.description else 0.0
            return found

        return weight

    def _by_choice(self, known: Known, text: str, sense: str = "") -> float:
        """A word that only this tool's argument takes speaks for it."""
        said = set(stems(text)) - {sense}
        found = [
            c
            for schema in properties(known.tool.input_schema).values()
            for c in choices(schema)
            if set(stems(c.replace("_", " "))) <= said
        ]
        return 0.8 * min(len(found), 2)

    def _taken(self, known: Known) -> set[str]:
        return {
            stem(c.lower())
            for schema in properties(known.tool.input_schema).values()
            for c in choices(schema)
            if len(raw_tokens(c)) == 1
        }

    def _of_others(self, before: list[str], word: str, after: str) -> bool:
        """Whether the words in front say that somebody else does it: "a guest cancels"."""
        subject = [w for w in before if w not in _OURS and w not in STOP]
        if not subject:
            return False
        if set(before) & {"should", "shall", "must", "to", "please", "let", "have"} and "to" in before[-2:]:
            return False
        if word in _TELLING:
            return False
        if (
            not after
            and re.search(r"[^s]s$", word)
            and set(before) & _THE
            and not set(before) & {"to", "and"}
        ):
            # "The team changes": it does so itself.
            return True
        return bool(_PEOPLE.search(" ".join(before[-4:]))) and not set(before) & {"i", "we", "you"}

    def _allowed(self, known: Known, said: set[str]) -> bool:
        own = {known.verb, known.says} & _UNDOING
        if not own:
            return True
        return any(likeness(word, verb) for word in said for verb in own)

    def _by_name(self, text: str, led: str = "") -> Deed | None:
        """A phrase that only names a thing: made where it is "a", looked at where it is "the"."""
        words = [w for w in stems(text)]
        tokens = raw_tokens(text)
        if not words or len(tokens) > 18:
            return None
        pairs = {f"{a}{b}" for a, b in itertools.pairwise(tokens)}
        words += [stem(p) for p in pairs if stem(p) in self._nouns]
        makes = bool(re.search(r"\b(?:an?|new|one|another)\b", text, re.I))
        definite = bool(re.match(r"(?:the|its|their|his|her|our)\b", text, re.I))
        best: Deed | None = None
        where = self._where(text)
        said = set(words)
        for known in self.toolbox.tools:
            if not self._allowed(known, said) or (led and led not in READ_VERBS and known.reads):
                continue
            # The thing itself must be named, not only what goes with it.
            nouns = {stem(singular(w)) for w in known.noun} or set(known.name)
            own = set(nouns)
            speaks = not known.reads and bool({"text", "messag", "body", "content"} & known.fields["input"])
            if speaks:
                own |= (
                    (known.fields["input"] & ROOMS)
                    | known.fields["connector"]
                    | (_MESSAGES & (known.fields["description"] | known.fields["input"]))
                )
            hit = [w for w in words if any(likeness(w, n) == 1.0 for n in own)]
            near = [w for w in words if w not in hit and any(likeness(w, n) for n in own)]
            if not hit and not near and not known.reads and makes:
                # "a P1": what a tool makes, called by a word that one of its arguments takes.
                near = [w for w in words if w in self._taken(known)]
            if not hit and not near:
                continue
            score = sum(self.toolbox._earned(known, w)[0] for w in dict.fromkeys(words)) / (
                1 + 0.06 * len(tokens)
            )
            score += self._by_choice(known, text) + where(known)
            kind = 0.0
            if speaks and re.match(
                r"(?:please )?(?:an?|the) (?:\w+ )?(?:e?mail|message|letter|sms|text|note|notice|reminder)\b",
                text,
                re.I,
            ):
                kind = 2.0
            elif speaks:
                kind = (
                    1.0 if re.search(r"\bto\b|#|:|\"|quoted|\bgets?\b|\breceives?\b|\ban?\b", text) else 0.0
                )
            elif known.reads:
                kind = 1.5 if not makes else 0.3
                if known.lists:
                    plural = any(t.endswith("s") and stem(singular(t)) in nouns for t in tokens)
                    kind += 1.0 if plural else -1.5
            else:
                kind = 1.5 if makes else (-1.0 if definite else -0.5)
            score += kind + (0.0 if hit else -1.5)
            if best is None or score > best.sure:
                best = Deed(known, "get" if known.reads else "", text, score, named=True)
        if best is None or best.sure < _LEAST + 0.5:
            return None
        if not best.known.reads:
            verb = next((w for w in raw_tokens(best.known.tool.name) if stem(w) == best.known.verb), "")
            sends = best.known.sends or bool(
                {"message", "messag", "text", "body", "content"} & best.known.fields["input"]
            )
            best = replace(best, verb="send" if sends else verb or "make")
        return best


def _answers(known: Known) -> bool:
    return any(sort_of(s) == "boolean" for s in properties(known.tool.output_schema or {}).values())


_TAKES: Final = frozenset(word_list("get gets receive receives got"))
_GETS_MESSAGE: Final = re.compile(
    r"^ (?:an?|the|some|our|your|one)? ?(?:[\w\-]+ ){0,2}?(?:e-?mails?|mails?|messages?|letters?|sms|text|reminder"
    r"|notification|notice|note|word)\b",
    re.I,
)


def _guessed(known: Known, sense: str, said: set[str]) -> bool:
    """Whether a verb that says nothing ("make", "do") would call what changes something, and no other word says so."""
    if known.reads or sense not in GENERIC_VERBS or known.verb in ("", *GENERIC_VERBS):
        return False
    return known.says != sense and not any(likeness(word, known.verb) for word in {sense, *said})


_MAKES: Final = GENERIC_VERBS | frozenset(map(stem, word_list("create make issue process perform open add")))
_LEAST: Final = 4.2
_TELLS: Final = frozenset(
    word_list("that saying telling whether what how which who whose because stating containing asking")
)
__all__ = ["Deed", "Deeds"]
