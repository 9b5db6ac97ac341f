"""Which words begin a clause: the verbs people use for work, and those a catalog's tools are named by."""

from __future__ import annotations

import re
from collections.abc import Iterable

from studio.designer.builtin.words import (
    CHECK_VERBS,
    NOUNISH_VERBS,
    READ_VERBS,
    SEND_VERBS,
    STOP,
    WORK_VERBS,
    raw_tokens,
    stem,
    word_list,
)

KNOWN_VERBS = WORK_VERBS | READ_VERBS | SEND_VERBS | CHECK_VERBS
_DETERMINERS = frozenset(
    word_list(
        "the a an it its them they him her his each every all any this that these those our my your their us me to "
        "for with on in by at up down out back off as whoever everyone everybody someone somebody one two three "
        "new when if"
    )
)


def _opens_object(word: str) -> bool:
    return word in _DETERMINERS or word[0].isdigit() or word.startswith("quoted")


_NOUN_AFTER = frozenset(["address", "of", "is", "are", "was", "were", "number", "id", "status", "which"])


def verb_stems(tool_names: Iterable[str]) -> frozenset[str]:
    """The known verbs and the first words of tools' names."""
    return KNOWN_VERBS | {stem(words[0]) for name in tool_names if (words := raw_tokens(name))}


def starts_with_verb(text: str, verbs: frozenset[str], *, lone: bool = True) -> bool:
    """Whether a clause could begin here: an imperative, or its third person.

    ``lone`` is false in the middle of a sentence, where "refunds" after "and" is more likely a thing than a deed.
    """
    words = raw_tokens(re.split(r"[,.;:]", text.strip(), maxsplit=1)[0])
    if not words or words[0] in STOP - {"do", "have"} or stem(words[0]) not in verbs:
        return False
    if not lone and stem(words[0]) in NOUNISH_VERBS:
        bare = not words[0].endswith("s")
        if len(words) == 1 or not (bare or _opens_object(words[1])):
            return False
    return not (len(words) > 1 and words[1] in _NOUN_AFTER)


_ACTION = re.compile(
    r"(?P<verb>[a-z]{3,})\s+(?:the|it|them|him|her|an?|us|me|every|each|all|everyone)\b", re.IGNORECASE
)


def looks_like_action(text: str) -> bool:
    """Whether an unknown word stands where a verb would ("greet the customer"): better asked about than swallowed."""
    match = _ACTION.match(text)
    return match is not None and match["verb"].lower() not in STOP | _NO_VERBS


_NO_VERBS = frozenset(
    word_list("with without within during per until unless since between against among like")
)
_GERUND_PASSIVE = re.compile(
    r"^(?P<obj>(?:the |an? |its? |their |they )?[\w\- ]{1,75}?) "
    r"(?:is|are|gets|must be|should be|has to be|have to be|needs to be|shall be|will be|can be)"
    r"(?: then| also| automatically)? (?P<verb>[a-z\-]+(?:ed|en|id|nt|ld))\b(?P<rest>.*)$",
    re.IGNORECASE,
)


def passive(text: str, verbs: frozenset[str]) -> tuple[str, str] | None:
    """ "the customer is notified by mail" as ("notified", "the customer by mail")."""
    match = _GERUND_PASSIVE.match(text.strip())
    if match is None or stem(match["verb"].lower().replace("-", "")) not in verbs:
        return None
    return match["verb"], f"{match['obj']}{match['rest']}"
