"""Which words begin a clause: the verbs people use for work, and those a catalog's tools are named by."""

from __future__ import annotations

import re
from collections.abc import Iterable

from studio.designer.builtin.words import (
    CHECK_VERBS,
    READ_VERBS,
    SEND_VERBS,
    STOP,
    raw_tokens,
    stem,
    word_list,
)

_WORK = word_list(
    """
    accept add adjust alert apply approve archive ask assign attach authorise authorize block book calculate
    call cancel capture change charge check classify close collect compare complete compute confirm contact
    convert copy count create deactivate decline deduct delete deliver deny disable dispatch do download
    draft email enable end enrich ensure enter escalate evaluate execute export extract fail fetch file fill
    find finish flag forward generate get give go grant handle hand hold import inform insert inspect invite
    issue keep label let list load lock log look mail make mark match merge message modify move note notify
    obtain open order pause pay perform ping place plan post prepare process publish pull purchase put query
    raise read rebook receive record refund register reject release remind remove renew reopen reorder
    repeat reply report request require reschedule reserve reset resolve respond restart restock retrieve
    retry return review revoke roll run save schedule score search see send set ship show sign skip start
    stop store submit suspend sync tag take tell test text transfer trigger triage try turn unlock update
    upload use validate verify void wait warn withdraw write reimburse repay reboot provision onboard
    offboard allocate delegate rate rank translate summarise summarize
    """
)

KNOWN_VERBS = frozenset(stem(word) for word in _WORK) | READ_VERBS | SEND_VERBS | CHECK_VERBS
_NOUN_AFTER = frozenset(["address", "of", "is", "are", "was", "were", "number", "id", "status", "which"])


def verb_stems(tool_names: Iterable[str]) -> frozenset[str]:
    """The known verbs and the first words of tools' names."""
    return KNOWN_VERBS | {stem(words[0]) for name in tool_names if (words := raw_tokens(name))}


def starts_with_verb(text: str, verbs: frozenset[str]) -> bool:
    """Whether a clause could begin here: an imperative, or its third person."""
    words = raw_tokens(re.split(r"[,.;:]", text.strip(), maxsplit=1)[0])
    if not words or words[0] in STOP - {"do", "have"} or stem(words[0]) not in verbs:
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
    r"^(?P<obj>(?:the |an? |its? |their |they )?[\w\- ]{1,40}?) "
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
