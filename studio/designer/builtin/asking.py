"""Clauses with a shape of their own: approvals, waits, retries, time-outs, stops."""

from __future__ import annotations

import re

from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS, duration_text, find_duration
from studio.designer.builtin.reading import Again, Ask, GiveUp, Item, Pause, Stop

_ROLE = (
    r"(?:(?:the|an?|our|my|his|her|their|one of the|someone (?:in|from)|somebody (?:in|from))\s+)"
    r"?(?P<role>(?:(?:two|three|four|2|3|4) )?[a-z][\w\- ]{0,40}?)"
)
_YES = (
    r"(?:approve|approves|confirm|confirms|sign (?:it )?off|signs? off|decide|okay|ok|authori[sz]e|"
    r"agree|accept|give (?:the )?(?:ok|go-ahead|approval|permission))"
)
_YES_NOUN = (
    r"(?:approval|sign-?off|permission|authori[sz]ation|go-ahead|confirmation|consent|okay|ok|decision)"
)

_ASK = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:asks?|have|has|let|lets|gets?|requests?|requires?|wants?|needs?|tell|make)"
        rf"\s+{_ROLE}\s+(?:to |must |should |has to )?(?:review and |first )?{_YES}\b",
        rf"^(?:asks?|requests?|requires?)\s+{_ROLE}\s+for\s+(?:an? |his |her |their )?{_YES_NOUN}\b",
        rf"^{_ROLE}\s+(?:must|has to|have to|should|needs? to|will|shall|is to|first)\s+(?:first )?{_YES}\b",
        rf"^(?:get|obtain|request|require|ask for|seek|wait for|needs?|requires?|it needs|it requires|"
        rf"with|await|collect)\s+(?:an? |the )?{_YES_NOUN}\s+(?:of|from|by|through)\s+{_ROLE}(?=$|,| "
        rf"within| in | before| first| no later)",
        rf"^(?:get|obtain|request|require|wait for|needs?|requires?|it needs|await|seek)"
        rf"\s+{_ROLE}(?:'s|s'|’s)?\s+{_YES_NOUN}\b",
        rf"^(?:(?:upon|with|after|on) )?(?:(?:an?|the|prior|written|explicit) )*{_YES_NOUN} (?:by|from) {_ROLE}(?=$|,"
        rf"| within| in | before| first)",
        rf"^.{{0,60}}?\b(?:must|has to|have to|needs to|should) be (?:approved|signed off|confirmed|"
        rf"authori[sz]ed|okayed|decided) by\s+{_ROLE}(?=$|,| within| in | before| first)",
    )
)
_LOOSE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^asks?\s+(?:also\s+)?{_ROLE}(?:\s+(?:first|too|as well|about it))?$",
        rf"^{_ROLE}\s+(?:has |have )?(?:approves|approved|confirms|confirmed|signs off|signed off|"
        rf"decides|agreed|agrees|authori[sz]es)\b",
    )
)
PERSON = re.compile(
    r"\b(?:manager|director|boss|chief|team|finance|legal|hr|c[a-z]o|supervisor|lead|leader|head|owner|admin\w*"
    r"|support|"
    r"accountant|accounting|controller|buyer|purchasing|somebody|someone|me|person|people|colleague|department"
    r"|officer|"
    r"partner|customer|approver|clerk|agent|assistant|operator|engineer|specialist|representative|rep|sre"
    r"|on-?call|nurse|"
    r"doctor|teacher|principal|editor|committee|board|council|human|personnel|security|compliance|warehouse"
    r"|sales|planner)"
    r"s?\b",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"\b(?:if|when|unless|only|to|of|for|status|set|the \w+ of|time|how|why|what|price|rate|number|date)\b",
    re.IGNORECASE,
)
_ASK_NOBODY = re.compile(
    rf"^(?:(?:it )?(?:ask for|needs?|requires?|get|request|wait for|await|obtain)\s+(?:an? |the )"
    rf"?(?:human |manual )?{_YES_NOUN}|.{{0,40}}(?:must|has to|needs to|should) be approved|ask "
    rf"(?:someone|somebody|a human|a person|me) to approve)\b",
    re.IGNORECASE,
)
_QUORUM = {"two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
_NOT_ROLES = frozenset(["it", "they", "them", "this", "that", "the", "a", "we", "you", "i"])


def read_shape(text: str) -> Item | None:
    """The clause as an approval, a wait, a retry, a time-out or a stop; None when it is none of them."""
    for reader in (_ask, _pause, _again, _give_up, _stop):
        found = reader(text)
        if found is not None:
            return found
    return None


def _ask(text: str) -> Item | None:
    for pattern in _ASK:
        match = pattern.match(text)
        if match and match["role"].strip().lower() not in _NOT_ROLES:
            role = match["role"].strip()
            quorum = _QUORUM.get(role.split()[0].lower())
            if quorum:
                role = " ".join(role.split()[1:])
            return Ask(text, role.lower(), _deadline(text), quorum)
    for pattern in _LOOSE:
        match = pattern.match(text)
        if match and PERSON.search(match["role"]) and not _NO_PERSON.search(match["role"]):
            return Ask(text, match["role"].strip().lower(), _deadline(text))
    if _ASK_NOBODY.match(text):
        return Ask(text, "", _deadline(text))
    return None


def asked_in(words: str, role: str) -> Ask:
    """A question that a deed's own words speak of: "refund it with the approval of two managers within a day"."""
    said = re.split(r",|\b(?:within|no later than|in at most|before|first)\b", role)[0].strip().lower()
    first = said.split(" ", 1)
    quorum = _QUORUM.get(first[0]) if len(first) == 2 else None
    return Ask(words, first[1] if quorum else said, _deadline(words), quorum)


def _deadline(text: str) -> str | None:
    found = find_duration(
        text, r"(?:within|no later than|in less than|in at most|in|for up to|has|have)\s+(?:the next )?"
    )
    return found[0] if found else None


def _pause(text: str) -> Item | None:
    match = re.match(
        rf"^(?:wait|pause|sleep|hold on|hold)\s+(?:for\s+|about\s+)*{DURATION}", text, re.IGNORECASE
    )
    match = match or re.match(rf"^{DURATION}\s+later$", text, re.IGNORECASE)
    match = match or re.match(
        rf"^(?:an? |the )?{DURATION}(?: long)?[ -](?:wait|pause|delay|break)$", text, re.IGNORECASE
    )
    return Pause(duration_text(match["dnum"], match["dunit"]), text) if match else None


def _again(text: str) -> Item | None:
    match = re.match(
        r"^(?:retry|retrying|try again|try|repeat|attempt)\b(?:\s+(?:it|that|this|the [\w ]{2,25}?|them))"
        r"?(?:\s+(?:up to|at most))?\s*(?P<n>\d+|twice|\w+)(?:\s+more)?(?:\s+times?)?(?:\s+if\s+.*|"
        r"\s+when\s+.*|\s+on\s+.*)?$",
        paused[0] if (paused := _without_pause(text)) else text,
        re.IGNORECASE,
    )
    if match is None:
        return None
    word = match["n"].lower()
    times = 2 if word == "twice" else int(word) if word.isdigit() else NUMBER_WORDS.get(word, 0)
    return Again(times, text, paused[1] if paused else "") if times else None


_BETWEEN = re.compile(
    rf",?\s*(?:with |waiting |and )?(?:a |an )?(?:(?:pause|delay|wait|break"
    rf"|gap)s? of )?{DURATION}(?: (?:in )?between.*| apart|"
    rf" (?:pause|delay|wait|break)s?(?: in)?(?: between.*)?)$"
    rf"|,?\s*every {DURATION.replace('dnum', 'enum').replace('dunit', 'eunit')}$",
    re.IGNORECASE,
)


def _without_pause(text: str) -> tuple[str, str] | None:
    """ "retry twice with 10 seconds in between" without its pause, and that."""
    match = _BETWEEN.search(text)
    if match is None:
        return None
    number, unit = match["dnum"] or match["enum"], match["dunit"] or match["eunit"]
    return text[: match.start()], duration_text(number, unit)


def _give_up(text: str) -> Item | None:
    found = find_duration(
        text, r"^(?:give up|time ?out|stop trying|(?:with |set )?an? time-?out of)\s*(?:after\s+)?"
    )
    return GiveUp(found[0], text) if found else None


def _stop(text: str) -> Item | None:
    match = re.match(
        r"^(?:just\s+)?(?:stop|end|quit|exit|finish|do nothing|we(?:'re| are) done|that's it|skip the rest|return)\b"
        r"(?P<rest>\s+(?:here|there|it|the (?:process|workflow|run|request)|everything|with .*|as .*)*)?$",
        text,
        re.IGNORECASE,
    )
    if match is None:
        return None
    status = re.search(
        r"\b(?:as|with(?: status)?)\s+['\"]?([a-z][\w \-]*)", match["rest"] or "", re.IGNORECASE
    )
    return Stop(status[1].strip() if status else None, text)
