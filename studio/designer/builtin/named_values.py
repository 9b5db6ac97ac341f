"""Values that are named without quotes: "group managers", "the monuments board", "radio to porters", "for Austria".

A word is a value by where it stands: right beside the argument's own name, behind the "to" of a message that goes to no
person, or as a proper name that no tool speaks of.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.draft import quote
from studio.designer.builtin.thesaurus import COMMON
from studio.designer.builtin.verbs import KNOWN_VERBS
from studio.designer.builtin.words import STOP, name_stems, raw_tokens, stem, word_list

ROOMS: Final = frozenset(
    map(
        stem,
        word_list(
            "channel room board group zone team queue topic screen terminal desk department crew shift"
        ),
    )
)
"""Last words of arguments that say where a message is put, rather than to whom it goes."""

_SLOTLESS: Final = frozenset(
    map(
        stem,
        word_list(
            "text message note reason title subject body description content comment remark amount email address to"
            " from day date time name id type kind state status key number code value url link phone quantity count"
            " summary query customer user guest patient member order invoice item purpose grounds field"
        ),
    )
)
_FIELDS: Final = frozenset(
    map(
        stem,
        word_list(
            "id ids number numbers no name names code codes key email emails address status state condition detail"
            " details info information type kind date day time message messages text list link url member members"
            " lead leader head mate call calls manager owner work service services price total value level today"
            " tomorrow page one ones"
        ),
    )
)
_COMMON: Final = frozenset(COMMON.split())
_ENDS: Final = (
    r"(?=\s*$|[,.;:)!?]|\s+(?:and|with|that|to|for|by|in|on|if|when|then|over|via|about|saying|because|so|while|at|from"
    r"|as|how|who|what|which|again|please|first|before|after|until|unless)\b)"
)
_WORD: Final = r'(?:"[^"]{1,40}"|[A-Za-z][\w\-]*)'


def beside(text: str, name: str, known: frozenset[str], own: frozenset[str] = frozenset()) -> str | None:
    """The word or quoted text that stands right beside an argument's own name, as an expression.

    ``known`` are stems of what the tool and the scope speak of: behind "the" such a word is no value.
    ``own`` are those of the tool's name: they are none anywhere.
    """
    words = name_stems(name)
    if len(words) > 1 or words[-1] in _SLOTLESS:
        return None
    called = re.escape(raw_tokens(name)[-1])
    for match in re.finditer(
        rf"(?:\b(?P<the>the|a|an|its|their|this|that|each|every|our|my) )?\b{called} (?P<v>{_WORD}){_ENDS}",
        text,
        re.I,
    ):
        value = match["v"]
        if value.startswith('"'):
            return quote(value[1:-1])
        low = value.lower()
        if low in STOP and not (value.isupper() and len(value) == 1 and value != "I"):
            continue
        if stem(low) in _FIELDS or (low.endswith(("s", "ed", "ing")) and stem(low) in KNOWN_VERBS):
            continue
        if stem(low) in own or (match["the"] and stem(low) in known):
            continue
        return quote(value)
    for match in re.finditer(rf"(?P<v>{_WORD})(?:'s?)? {called}\b(?! (?:number|id|no|code)\b)", text, re.I):
        value = match["v"]
        if value.startswith('"'):
            return quote(value[1:-1])
        low = value.lower()
        if low in STOP or low in _COMMON or stem(low) in known or stem(low) in own | _FIELDS:
            continue
        if stem(low) in KNOWN_VERBS and not low.endswith(("ments", "ings", "ions", "ers", "ors")):
            continue
        return quote(value)
    return None


def receiving(text: str) -> str | None:
    """What a message that goes to no single person is put to: "radio to porters", "post it on the monuments"."""
    outside = re.sub(r'"[^"]*"', '""', text)
    for match in re.finditer(
        rf"\b(?:to|on|in|at) (?:the |all |our |all the )?(?P<v>[A-Za-z][\w\-]*){_ENDS}", outside, re.I
    ):
        low = match["v"].lower()
        if low in STOP or low in _NOT_PUT or stem(low) in KNOWN_VERBS & _PLAIN_VERBS:
            continue
        return quote(match["v"])
    return None


_NOT_PUT: Final = frozenset(
    word_list(
        "me us him her them it everybody everyone somebody radio phone slack chat teams email mail sms board screen"
        " channel group room zone terminal intranet customer guest patient time once least most last first end"
        " start begin monday tuesday wednesday thursday friday saturday sunday today tomorrow morning evening noon"
    )
)
_PLAIN_VERBS: Final = frozenset(map(stem, word_list("say tell know be do have get see look come go make")))


def proper(text: str, known: frozenset[str]) -> str | None:
    """The one proper name of a clause that no tool and no role speaks of, as an expression: "the rep for Austria"."""
    outside = re.sub(r'"[^"]*"|\S*@\S+|#[\w-]+', " ", text)
    found = []
    for match in re.finditer(
        r"(?:(?<=\s)|^)(?:(?P<t>Dr|Mr|Mrs|Ms|Prof)\.? )?(?P<v>[A-Z][a-z]+(?:-[A-Z][a-z]+)?(?: [A-Z][a-z]+)*)\b",
        outside,
    ):
        front = outside[: match.start()].rstrip()
        if not match["t"] and (not front or front[-1] in ".!?:"):
            continue
        words = raw_tokens(match["v"])
        if any(stem(w) in known or w in _CALENDAR or w in STOP for w in words):
            continue
        found.append(match[0].strip())
    distinct = list(dict.fromkeys(found))
    return quote(distinct[0]) if len(distinct) == 1 else None


_CALENDAR: Final = frozenset(
    word_list(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
        " september october november december eur euro euros usd please thanks hi hello dear"
    )
)
