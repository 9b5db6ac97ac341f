"""What another system does to set a workflow off, told anywhere in a request: a path it calls, an event it publishes.

A path ("/bookings") or an event's name ("order.paid") is the sign; the phrases around it that only tell who calls,
when, and what is sent along are taken out, and what is left is what is to be done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.starting import Happening, Hook
from studio.designer.builtin.verbs import starts_with_verb
from studio.designer.builtin.words import raw_tokens

_PATH: Final = re.compile(r"(?<![\w:./@])/[a-z][\w\-]*+(?:/[\w\-]++)*+(?!\.\w)", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"(?<![\w@./])(?:(?P<word>events?)\s+(?:called\s+|named\s+|of\s+)?)?(?P<name>[a-z][a-z_\-]*(?:\.[a-z][a-z_\-]*)+)\b"
    r"(?:\s+(?P<behind>events?))?(?!@)",
)
_NO_EVENT: Final = re.compile(
    r"\.(?:com|org|net|io|example|de|fr|eu|pdf|csv|json|txt|py|html?|xlsx?|docx?|e|i|g)$|^(?:e\.g|i\.e|a\.m|p\.m)"
)
_WAITS: Final = re.compile(
    r"\bwait(?:s|ing)?\b(?:\s+(?:there|then|here))?\s+(?:for|until|till)\s+(?P<it>it|that|this|(?:this|that"
    r"|the) event|it"
    r" (?:comes|arrives|happens|occurs)|(?:this|that|the) (?:one|event) (?:comes|arrives|happens|occurs|to"
    r" (?:come|arrive"
    r"|happen)))(?=\s*(?:[,.;]|$|and\b|then\b|before\b))",
    re.IGNORECASE,
)
_ONLY_TELLS: Final = re.compile(
    r"^(?:(?:and|but|so|well)\s+)?(?:there(?:'s| is| will be)|we(?:'d| would| will|'ll)?\s+(?:get|have|receive)"
    r"|(?:its|the) name is|(?:it|the event|that|this) is called|for (?:that|this)|(?:the|an) event)\b",
    re.IGNORECASE,
)
_AS_SOON: Final = (
    r"(?:when(?:ever)?|each time|every time|as soon as|once|if|on(?= (?:the |an? )?(?:event|web ?hook|call"
    r"|post)\b)|upon"
    r"|for each|for every|after|by(?= (?:the |an? )?(?:event|web ?hook)\b))"
)
_TRAILING: Final = re.compile(rf"^(?P<deed>.+?)[,;]?\s+(?P<when>{_AS_SOON}\b.*)$", re.IGNORECASE)
_ARRIVES: Final = re.compile(
    r"^\s*(?:events?\s+)?(?:(?:is|has been|was|gets)\s+\w+(?:\s+to"
    r" us)?|occurs?|comes?(?:\s+in)?|arrives?|happens?|fires?"
    r"|appears?)?\s*(?:with|carrying|including|has|contains)?",
    re.IGNORECASE,
)
_HAPPENED: Final = re.compile(
    r"^(?:and\s+|then\s+|so\s+)*(?:(?:when(?:ever)?|once|as soon as|each time|every time|if|on)\s+(?:that|this"
    r"|it|they|those)\b"
    r"(?:\s+(?:happens?|occurs?|is the case|arrives?|comes?(?: in)?|fires|calls?(?: us)?|do(?:es)?(?: so| it| that)?"
    r"|has happened))?|in (?:that|this) case|on (?:each |every )?(?:such )?(?:a )?call|for each (?:such )?call"
    r"|after that"
    r"|then|thereupon|steps?|what to do|on call|do this)\s*[,:]?\s*",
    re.IGNORECASE,
)
_BRINGS: Final = re.compile(
    r"\b(?:sends?|posts?|contains?|has|have|there(?:'s| is| are)|carr(?:y|ies)|brings?|gives?|hands?|pass(?:es)?|comes?"
    r"|includes?|holds?|delivers?|gets?|is in|are in|is part|payload|body|names?|with it|along|calls?)\b",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"^(?:and\s+|which\s+|where\s+)*(?:it|they|that|this|which|what|in (?:the|its|this|that|it)\b|with\b|the"
    r" (?:call|event|body"
    r"|payload|request|message|sender)|calls?\b|the\b|we get|its?\b|payload|body|from\b|sent\b|inputs?\b"
    r"|carries|contains"
    r"|as soon as|when(?:ever)?|each time|every time|\()",
    re.IGNORECASE,
)
_DOES: Final = re.compile(
    r"\b(?:must|should|shall|has to|have to|needs? to|is to|are to|(?:i|we)(?:'d| would) like|please|we"
    r" (?:then )?(?:want"
    r"|need)|i want)\b",
    re.IGNORECASE,
)
_CUT: Final = re.compile(
    r"\s*[,;](?!\d)\s*|\s*:(?=\s|$)\s*|\s*(?:->|=>|→)\s*|\s+-\s+|\s+and then\s+|\s+then\s+", re.IGNORECASE
)
_HOOK: Final = re.compile(r"\bweb-?\s?hooks?\b|\bhit (?:a|the) hook\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SetOff:
    """``rest`` is the request without what sets it off."""

    start: Hook | Happening | None
    rest: str


def set_off(text: str, verbs: frozenset[str]) -> SetOff | None:
    """What sets a workflow off, with the rest of the request; None when no path and no event is named."""
    named = _event(text)
    if named is not None and (waits := _WAITS.search(text)):
        return SetOff(None, _awaited(text, waits, named))
    if named is not None and re.search(r"\bwait\w*\b[^.]{0,40}$", text[: named.start()], re.IGNORECASE):
        return None
    path = _PATH.search(text)
    if path is None and named is None:
        return None
    sign = path or named
    assert sign is not None
    segments = [s for s in re.split(r"(?<=[.!?])(?=\s)|(?<=\n)|(?=\n)", text) if s]
    at = 0
    kept: list[str] = []
    told: list[str] = []
    seen = False
    for segment in segments:
        begins, at = at, at + len(segment)
        if not seen and begins <= sign.start() < at:
            seen = True
            rest, dropped = _around(segment, sign.start() - begins, sign.end() - begins, verbs)
            told.append(dropped)
            kept.append(rest)
            continue
        if not segment.strip():
            kept.append(segment)
            continue
        bare = segment.strip()
        if _tells(bare, verbs, seen=seen):
            told.append(bare)
            continue
        kept.append(_lead(segment) if seen else segment)
    words = " ".join(t.strip() for t in told if t.strip())
    if path is not None:
        start: Hook | Happening = Hook(_who(words), path[0].lower(), words)
    else:
        assert named is not None
        name = named["name"].lower()
        start = Happening(name, name.split(".")[0], "", words)
    return SetOff(start, re.sub(r"[ \t]{2,}", " ", "".join(kept)).strip())


def _event(text: str) -> re.Match[str] | None:
    for match in _NAMED.finditer(text):
        if _NO_EVENT.search(match["name"]):
            continue
        spoken = match["word"] or match["behind"] or re.search(r"\bevents?\b", text, re.IGNORECASE)
        before = re.search(
            rf"\b{_AS_SOON}\s+(?:we (?:get|receive)\s+)?(?:an?\s+|the\s+|some\s+)?$|\blisten (?:for|to) $",
            text[: match.start()],
            re.I,
        )
        if spoken or before:
            return match
    return None


def _awaited(text: str, waits: re.Match[str], named: re.Match[str]) -> str:
    """ "There is an event for it, x.done. So wait for it": said in one."""
    name = named["name"]
    text = f"{text[: waits.start('it')]}the event {name}{text[waits.end('it') :]}"
    sentences = re.split(r"(?<=[.!?:;])\s+", text)
    return " ".join(s for s in sentences if not (_ONLY_TELLS.match(s) and "wait" not in s.lower()))


def _around(segment: str, start: int, end: int, verbs: frozenset[str]) -> tuple[str, str]:
    """The deeds of the sentence with the sign in it, and what else it tells."""
    space = segment[: len(segment) - len(segment.lstrip())]
    cuts = [(m.start(), m.end()) for m in _CUT.finditer(segment)]
    bounds = [0, *[e for _, e in cuts]]
    ends = [*[s for s, _ in cuts], len(segment)]
    pieces = list(zip(bounds, ends, strict=True))
    index = next((i for i, (a, b) in enumerate(pieces) if a <= start < max(b, a + 1)), 0)
    dropped: list[str] = []
    deeds: list[str] = []
    for number, (a, b) in enumerate(pieces):
        piece = segment[a:b].strip(" .()")
        if not piece:
            continue
        if number < index:
            if _deed(piece, verbs) and not re.match(rf"{_AS_SOON}\b", piece, re.I):
                deeds.append(piece)
            else:
                dropped.append(piece)
        elif number == index:
            trailing = _TRAILING.match(segment[a:b].strip())
            if trailing and _deed(trailing["deed"], verbs) and trailing.start("when") <= start - a + 2:
                deeds.append(trailing["deed"])
                dropped.append(trailing["when"])
                continue
            tail = segment[end:b]
            arrived = _ARRIVES.match(tail)
            behind = tail[arrived.end() :].strip() if arrived else tail.strip()
            if (
                behind
                and (
                    starts_with_verb(behind, verbs, lone=False)
                    or re.match(r"(?:wait|pause|ask|check)\b", behind, re.I)
                )
                and not _BRINGS.match(behind)
            ):
                deeds.append(behind)
                dropped.append(segment[a:end])
            else:
                dropped.append(piece)
        elif (
            not deeds
            and not _deed(piece, verbs)
            and (_SUBJECT.match(piece) or re.fullmatch(r"[\w {}]{2,40}", piece))
        ) or (deeds and number > index and _SUBJECT.match(piece) and _tells(piece, verbs, seen=True)):
            dropped.append(piece)
        else:
            return _joined(space, [*deeds, _lead(segment[a:].strip())]), " , ".join(dropped)
    return _joined(space, deeds), " , ".join(dropped)


def _joined(space: str, deeds: list[str]) -> str:
    said = ", ".join(d.strip(" .") for d in deeds if d.strip(" ."))
    return f"{space}{said[:1].upper()}{said[1:]}." if said else space


def _lead(text: str) -> str:
    """Without "when that happens"."""
    space = text[: len(text) - len(text.lstrip())]
    bare = _HAPPENED.sub("", text.strip(), count=1)
    return f"{space}{bare}"


def _deed(piece: str, verbs: frozenset[str]) -> bool:
    bare = _HAPPENED.sub("", piece.strip())
    bare = re.sub(r"^(?:and|then|please|also|just|we|you|it|i)\s+(?=\w)", "", bare, flags=re.I)
    if re.match(
        r"(?:posts?|calls?|hits?|pings?|web ?hook|trigger\w*|event|start(?:s|ed)?(?= (?:by|when|on|with|it"
        r"|from)\b)|sent)\b",
        bare,
        re.I,
    ):
        return False
    return (
        starts_with_verb(bare, verbs, lone=False)
        or bool(re.match(r"(?:wait|pause|ask)\b", bare, re.I))
        or bool(_DOES.search(piece) and not _PATH.search(piece))
    )


def _tells(sentence: str, verbs: frozenset[str], *, seen: bool) -> bool:
    """Whether a sentence only says who calls or what is sent along."""
    bare = sentence.strip(" .!")
    if _HAPPENED.fullmatch(bare) or re.fullmatch(r"(?:trigger|payload|steps?|input)s?:?", bare, re.I):
        return True
    if _HAPPENED.match(bare) and len(_HAPPENED.sub("", bare)) > 3:
        return False
    if not seen or _DOES.search(bare) or len(bare.split()) > 16:
        return False
    label = re.match(
        r"^(?:payload|body|input|it has|data|fields?|has|with)s?\s*:?\s*(?P<what>[\w ,]+)$", bare, re.I
    )
    if label and not starts_with_verb(label["what"], verbs, lone=False):
        return True
    if re.search(
        r"\b(?:in|part of|with|inside) (?:the |its |that )?(?:body|event|call|payload|request|it)$",
        bare,
        re.I,
    ):
        return not starts_with_verb(bare, verbs, lone=False)
    return bool(_SUBJECT.match(bare) and _BRINGS.search(bare)) and not re.search(r",\s*(?:and|then)\b", bare)


def _who(words: str) -> str:
    """Who calls."""
    match = re.search(
        r"\b(?:from|by|our|the|my) (?:the |our |an? )?(?P<who>[\w\- ]{2,24}?(?:site|form|portal|system"
        r"|provider|shop|scanner"
        r"|box|monitoring|platform|app|erp|software))\b",
        words,
        re.IGNORECASE,
    )
    return " ".join(raw_tokens(match["who"])[-3:]) if match else ""


__all__ = ["SetOff", "set_off"]
