"""Messages that only mean something after the one before: "no, the manager", "and the same for ...", "the second"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsl.catalog import Catalog
from studio.designer.builtin.amounts import DURATION, QUANTITY, quantity
from studio.designer.builtin.edits.changing import change
from studio.designer.builtin.edits.picking import NO, YES, Pick, pick
from studio.designer.builtin.edits.request import plain, without_politeness
from studio.designer.builtin.gates import find_role
from studio.designer.builtin.talk.turns import Exchange, Ground
from studio.designer.writing import Outcome, Said, Written

_CORRECTS = re.compile(
    r"^(?:no|nope|sorry|oops|wait|actually|hm+|rather|i mean(?:t)?|not that|wrong)\b[,:.! ]*(?:no\b[,"
    r" ]*)?(?:i mean(?:t)?\b[, ]*|rather\b[, ]*|better\b[, ]*|make (?:it|that) |(?:it )?(?:should|must)"
    r" be |not that(?: one)?[,.]? (?:but )?)?(?P<rest>.+)$",
    re.IGNORECASE,
)
_MAKE_IT = re.compile(
    r"^(?:make (?:it|that)|rather|better|(?:it|that) should be|let's say)\s+(?P<rest>.+?)(?:\s+(?:instead"
    r"|then|rather))?$",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"^(?:(?:and|also|now|do)\s+)*(?:the\s+)?same(?:\s+(?:thing|again|change|goes|applies))?\s+"
    r"(?:(?:for|with|to|at|on|in)\s+)?(?P<rest>.+)$"
    r"|^(?:and\s+)(?P<rest2>(?:for\s+|to\s+|when\s+|if\s+)?(?:the\s+|an?\s+)?[\w \-']{2,40}?)(?:\s+(?:too"
    r"|as well|also))$",
    re.IGNORECASE,
)
_CONFIRM = re.compile(
    r"^(?:yes|yep|yeah|sure|ok(?:ay)?|good|great|perfect|fine|thanks?(?: you)?|looks good|that's (?:it"
    r"|good|right|fine)|nice|cool)\b[ .!,]*(?:thanks?(?: you)?|please)?[ .!]*$",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"\b(?:the|an?|our|my)\s+(?P<noun>[a-z][\w\-]*(?:\s+(?!(?:to|for|in|on|of|before|after|when|if|is|by"
    r"|and|or|at|instead|too|should|must|with|from|into|first)\b)[a-z][\w\-]*)?)",
    re.IGNORECASE,
)
_ASKED = re.compile(r"(?:^|\n)1\. |\?\s*$|Which |Shall I ", re.MULTILINE)


def follow(message: str, ground: Ground, catalog: Catalog, base: str) -> Outcome | None:
    """The answer to a message that hangs on the one before; None when it stands by itself.

    ``base`` is the editor's text; ``ground.text`` the one with what is proposed.
    """
    text = without_politeness(plain(message)).strip(" .!")
    past = [one for one in ground.past if one.request]
    if not past:
        return None
    last = past[-1]
    if not last.proposal and _ASKED.search(last.answer):
        answered = _picked(message, past, catalog, base)
        if answered is not None:
            return answered
    if _CONFIRM.match(text) or YES.match(text):
        if last.proposal and last.state == "open":
            return Said("Then accept the proposal: nothing is saved before that.")
        return Said("Good. Tell me what else should change.") if not _ASKED.search(last.answer) else None
    if NO.match(text):
        return Said("Then it stays as it is. Tell me what should be different, and I propose that.")
    if match := _SAME.match(text):
        return _again_with(match["rest"] or match["rest2"], past, catalog, ground.text)
    if (match := _CORRECTS.match(plain(message).strip(" .!"))) or (match := _MAKE_IT.match(text)):
        rest = without_politeness(match["rest"]).strip()
        before = last.base or base
        corrected = _again_with(rest, past, catalog, before)
        if corrected is not None:
            return corrected
    if _bare_value(text) or re.match(r"^(?:under|below|over|above|less than|more than)\s+\S*\d", text, re.I):
        return _again_with(text, past, catalog, last.base or base)
    return None


def _picked(message: str, past: list[Exchange], catalog: Catalog, base: str) -> Outcome | None:
    """The request that led to a question, once more, with what was replied since."""
    replies: list[Pick] = [pick(message)]
    for index in range(len(past) - 1, -1, -1):
        one = past[index]
        start = one.base or _text_before(past, index, base)
        found = change(one.request, start, catalog, picks=replies)
        if isinstance(found, Written) and found.text.split() != (one.proposal or start).split():
            return found
        if (
            isinstance(found, Said)
            and found.text.strip() != one.answer.strip()
            and index == len(past) - 1
            and _ASKED.search(found.text)
        ):
            return found
        if not _short(one.request):
            break
        replies.insert(0, pick(one.request))
    return None


def _text_before(past: list[Exchange], index: int, base: str) -> str:
    for one in reversed(past[:index]):
        if one.proposal and one.state in ("open", "accepted"):
            return one.proposal
        if one.proposal:
            return one.base
    return base


def _short(request: str) -> bool:
    return len(request.split()) <= 5


def _bare_value(text: str) -> bool:
    return (
        len(text.split()) <= 3
        and bool(re.fullmatch(QUANTITY, text.lower()) or re.fullmatch(DURATION, text, re.IGNORECASE))
        and bool(re.search(r"\d", text))
    )


def _again_with(words: str, past: list[Exchange], catalog: Catalog, base: str) -> Outcome | None:
    """The last request that was one by itself, with ``words`` in the place of what they replace there."""
    words = words.strip(" .,!")
    for one in reversed(past):
        if _SAME.match(one.request) or _CORRECTS.match(one.request) or _short_reply(one.request):
            continue
        first: Outcome | None = None
        for request in _variants(plain(one.request), words, catalog):
            found = change(request, base, catalog)
            if isinstance(found, Written) and not any(q.startswith("Not done") for q in found.questions):
                return found
            first = first or found
        return first
    return None


def _short_reply(request: str) -> bool:
    text = without_politeness(plain(request)).strip(" .!")
    return bool(_CONFIRM.match(text) or NO.match(text) or YES.match(text)) or (
        len(text.split()) <= 3 and bool(re.fullmatch(r"(?:the )?(?:\w+)(?: one)?", text))
    )


def _variants(request: str, words: str, catalog: Catalog) -> Iterator[str]:
    """The request with the part replaced that the new words can stand for: a time, an amount, a role, a thing."""
    if re.match(r"^(?:when|if|in case)\b", words, re.IGNORECASE):
        yield re.sub(r",?\s*\b(?:when|if|in case)\b.+$", "", request, flags=re.I).rstrip(" .") + " " + words
        return
    if re.fullmatch(DURATION, words, re.IGNORECASE):
        times = list(re.finditer(DURATION, request, re.IGNORECASE))
        if times:
            yield request[: times[-1].start()] + words + request[times[-1].end() :]
        return
    if quantity(words) is not None and re.search(r"\d", words):
        numbers = [
            m
            for m in re.finditer(
                r"(?:[€$£]\s?)?\d[\d.,]*(?:\s?(?:€|%|euros?|eur|usd|dollars?|percent|k)\b)?", request
            )
        ]
        for number in reversed(numbers):
            yield request[: number.start()] + words + request[number.end() :]
        vague = re.search(
            r"\b(?:small|low|minor|large|big|high)(?:er)?\s+(?:amounts?|ones?|sums?|orders?|values?|\w+s)\b",
            request,
            re.I,
        )
        if vague:
            under = "under" if re.match(r"small|low|minor", vague[0], re.I) else "over"
            yield _bounded(request, vague, f"{under} {words}")
        return
    if re.match(r"^(?:under|below|over|above|less than|more than)\s+\S*\d", words, re.IGNORECASE):
        vague = re.search(
            r"\b(?:small|low|minor|large|big|high)(?:er)?\s+(?:amounts?|ones?|sums?|orders?|values?|\w+s)\b",
            request,
            re.I,
        )
        if vague:
            yield _bounded(request, vague, words)
        return
    bare = re.sub(r"^(?:for|with|to|at|on|in)\s+", "", words, flags=re.I)
    named = bare if re.match(r"^(?:the|an?|our|my)\b", bare, re.I) else f"the {bare}"
    role = find_role(bare, catalog.roles)
    if role is not None and role.sure:
        for known in _role_phrases(request, catalog):
            yield request[: known.start()] + named + request[known.end() :]
    nouns = list(_NOUN.finditer(request))
    for noun in nouns:
        first = noun["noun"].split()[0]
        if first != noun["noun"]:
            yield f"{request[: noun.start()]}{named}{request[noun.start('noun') + len(first) :]}"
        yield request[: noun.start()] + named + request[noun.end() :]
    for match in re.finditer(
        r"\b(?:ask|tell|notify|remove|delete|move|rename|let|email|give|escalate to|to|for)\s+"
        r"(?P<w>[a-z]+)\b",
        request,
        re.I,
    ):
        yield request[: match.start("w")] + bare + request[match.end("w") :]
    quoted = re.search(r"\"[^\"]*\"|“[^”]*”", request)
    if quoted and re.match(r"^[\"“]", words):
        yield request[: quoted.start()] + words + request[quoted.end() :]


def _bounded(request: str, vague: re.Match[str], bound: str) -> str:
    """ "skip it for small orders" with what small is: "skip it for orders under 50"."""
    noun = vague[0].split()[-1]
    if re.fullmatch(r"amounts?|ones?|sums?|values?", noun, re.IGNORECASE):
        head = re.sub(r"\b(?:for|on|with|at)\s+$", "", request[: vague.start()])
        return f"{head}{bound}{request[vague.end() :]}"
    return f"{request[: vague.start()]}{noun} {bound}{request[vague.end() :]}"


def _role_phrases(request: str, catalog: Catalog) -> Iterator[re.Match[str]]:
    for match in re.finditer(
        r"\b(?:the\s+|an?\s+)?[a-z]+(?:\s+(?:manager|lead|officer|director|commander|team|department))?\b",
        request,
        re.IGNORECASE,
    ):
        word = re.sub(r"^(?:the|an?)\s+", "", match[0], flags=re.I)
        found = find_role(word, catalog.roles)
        if (
            found is not None
            and found.sure
            and catalog.roles is not None
            and word.lower() not in ("ask", "let", "the", "a")
        ):
            yield match


__all__ = ["follow"]
