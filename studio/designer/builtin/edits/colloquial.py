"""A message about a workflow said plainly: reasons and asides left out, "that" named, numbers as digits.

Only the manner of speaking is changed; what is left is read by the same readers as any other message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dsl import tree
from studio.designer.builtin.amounts import NUMBER_WORDS
from studio.designer.builtin.edits.approvals import approvals_of, approve_of, approver_name
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.triggers import schedules_of
from studio.designer.builtin.words import name_stems, stems

_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SMALL: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_NUMBER: Final = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[ -](?P<one>one|two|three|four|five|six|seven|eight|nine))?"
    rf"|(?P<teen>eleven|thirteen|fourteen|sixteen|seventeen|eighteen|nineteen)"
    rf"|(?P<h>an?|{'|'.join(_SMALL)}) hundred(?: and (?P<rest>{'|'.join(_TENS)}))?)\b(?! (?:past|to)\b)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"(\"[^\"]*\"|“[^”]*”|`[^`]*`)")
_LENGTH: Final = r"(?:\d+|an?|half an?|one|two|three|four|five|six|seven|ten|twelve)\s*\w*"
_WHO: Final = r"(?:somebody|someone|we|you|they|i|people|one)"
_PHRASES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"\b(?:pls|plz)\b\.?", ""),
        (r"^(?:please|kindly) ", ""),
        (
            r"^(?:[^,.;:\n]{0,24}\b(?:nice|good|great|fine|perfect|ok|okay|thanks|lovely)\b[^,.;:\n]{0,24}[,;:]?\s*"
            r"\bbut\b[:,]?)\s*",
            "",
        ),
        (
            r"\b(?:amend|adapt|modify|adjust|alter|revise|extend|change|update)\s+(?:the |this )?(?:procedure|process"
            r"|workflow|flow|automation|thing|it)\s+(?:such|so)\s+that,?\s*",
            "",
        ),
        (
            r",?\s*\b(?:from now on|henceforth|henceforward|in future|in the future|going forward|as of (?:now|today)"
            r"|from today(?: on)?|hereafter)\b,?",
            "",
        ),
        (
            r",\s*(?:the |my |our )?(?:boss|chef|manager|management|team|lawyers?|auditors?|customers?|they)\s+"
            r"(?:says?|said|wants?|wanted|insists?|asked)(?: so| it| this| that)?(?=\s*[.!;]|\s*$)",
            "",
        ),
        (
            r"(?:(?<=[.!?;])|(?<=\n))\s*(?:nothing else|the rest|everything else|all else|the others?)\b"
            r"[^.!?;\n]{0,60}(?:[.!?]|$)",
            "",
        ),
        (r"^(?:we|you|i) only (?:need|have|want) to\s+(?P<do>.+?)\s+if\b", r"only \g<do> if"),
        (r"(?:(?<=^)|(?<=[.!?;] ))where (?=(?:the|a|an|our|nobody|no one)\b)", "if "),
        (r"\b(?:upon|on) (?:the )?(?:\w{3,}(?:ance|tion|sion|ment|al)) of (?=(?:the|a|an)\b)", "after "),
        (r"(\w) (?:was|were)\s+(?:>|greater than)\s*", r"\1 is more than "),
        (r"(\w) (?:was|were)\s+(?:<|less than)\s*", r"\1 is less than "),
        (
            r"^(?:nobody|no one|no-one) (?:needs|has|is) to (?:say yes|approve|be asked|agree|decide)"
            r"(?: it)? (?:when|if) ",
            "no approval needed if ",
        ),
        (r"\b(?:does not|doesn't|do not|don't) (?:need|have) to be \w+(?: any ?more)?$", "is not needed"),
        (
            r"^after (?P<d>[\w ]{2,20}?) without (?:an |any )?(?:answer|reply|reaction|decision),? (?:the |our )?"
            r"(?P<who>[\w ]+?) (?:takes over|decides|may decide|is asked|steps in|can decide)(?: instead)?$",
            r"after \g<d> ask the \g<who>",
        ),
        (
            r"^(?:the |our )?(?P<who>[\w ]+?) (?:takes over|steps in) (?:after|when nobody answers (?:within|in|for)) "
            r"(?P<d>\w+ \w+)$",
            r"after \g<d> ask the \g<who>",
        ),
        (r"\bshould rather be\b", "should be"),
        (
            r"^only (?P<w>when|if) (?P<t>.+?) (?:should|must|shall|may) (?P<x>the [\w ]+?) "
            r"(?:go out|be sent|go|happen|be done)$",
            r"\g<x> only if \g<t>",
        ),
        (r"^(?P<n>\w+) at once (?:is|are|would be) (?:fine|ok|okay|enough|good)$", r"\g<n> at once"),
        (
            r"\b(?:just |simply )?(?P<go>carry on|go on|continue|proceed) with the (?:next|others?|rest"
            r"|remaining)(?: \w+)?",
            r"\g<go>",
        ),
        (r"^(?:please )?(?:use|take) (?P<city>[A-Z]\w+(?: [A-Z]\w+)?) time$", r"set the time to \g<city> time"),
        (
            r"^(?P<n>\d[\d.,]*) (?:is|would be) (?:enough|fine|plenty|ok|okay)(?: already| too)?$",
            r"the limit should be \g<n>",
        ),
        (
            r"^(?:the |our )?(?P<who>[\w ]+?) (?:has to|must|needs to|should|shall) (?:first )?"
            r"(?:agree|approve|say yes|ok it|okay it|sign off|consent) before "
            r"(?:anything|something|it|the \w+|an? \w+) (?:is|gets) (?P<v>\w+ed)"
            r"(?:,? within (?P<d>\w+ \w+))?$",
            lambda m: f"ask the {m['who']} to approve before the {m['v']}"
            + (f". Give the {m['who']} {m['d']}" if m["d"] else ""),
        ),
        (r",? (?:once|when|as soon as) (?:it|that|this)(?:'s| is| has been| was) (?P<v>\w+)$", r" after \g<v>"),
        (r"(\w)\s*>=\s*(?=\d)", r"\1 at least "),
        (r"(\w)\s*<=\s*(?=\d)", r"\1 at most "),
        (r"\bone (?!hundred)[a-z]+ at a time\b", "one at a time"),
        (
            r"\b(?:the|an?) (?P<n>[\w ]{2,60}?) (?:is|are|shall be|should be|must be|has to be|have to be|is to be"
            r"|are to be|needs to be|gets) (?P<v>informed|notified|told|emailed|mailed|warned|reminded|texted) "
            r"(?P<how>(?:by|via|through) \w+ )?",
            r"\g<v> the \g<n> \g<how>",
        ),
        (
            rf"\b(?:if|when|once|after|as soon as) (?:the|an?) (?P<n>[\w ]{{2,30}}?) (?:is|has|was) (?:been )?"
            rf"(?:out|done|through|ready|there|over|in|\w+ed),? {_WHO} (?:always |then |still |also )*"
            r"(?:has|have|must|needs?)"
            rf"(?: to)? (?P<do>.+?)(?:,? (?:and|but) \w+ (?:\w+ )?(?:forgets?|never|always|hates?|misse?s?)\b[^.!?]*)?"
            rf"[.!?]+\s*(?:can you |could you |please )?(?:put|add|build|include|do|bring)\s+(?:that|it|this)\b[^.!?]*",
            r"also \g<do> after the \g<n>",
        ),
        (
            rf"\b(?P<w>{_LENGTH}) (?:is|are) (?:far |much |way )?too (?:short|long|little|much|tight|few) for "
            rf"(?:the |our )?(?P<who>[\w ]+?)[.!;,]\s*(?:so |please )*(?:make|let) (?:it|that)(?: be)? ",
            r"give the \g<who> ",
        ),
        (
            r"\b(?P<length>\d+|an?|half an?|one|two|three|five|ten)\s*(?P<u>hours?|minutes?|min|h) "
            r"(?:earlier|later|sooner),? (?:so |that is,? |i\.?e\.? |namely )?(?=at \d)",
            "",
        ),
        (r"^(?P<w>after (?:the |an? )[\w ]{2,40}?), (?=(?:an?|the) [\w ]+? (?:is|are|be|gets?) \w)", r"\g<w>, also "),
        (r"(wait [\w ]*?(?:seconds?|minutes?|hours?|days?|min|sec)) (?:in )?between (?:the |two )?\w+\b", r"\1"),
        (
            r"\b(?:allow|make|do|take|try|go for|have) (?:up to|at most|no more than|a maximum of) (?P<n>\d+|[a-z]+)"
            r" (?:of (?:them|those|these)|checks|tries|attempts|looks|goes)\b",
            r"do at most \g<n> rounds",
        ),
    )
)  # fmt: skip
_AFTER_OF_THEM: Final = re.compile(
    r"\bafter (?P<n>\d+|\w+) (?:of (?:them|those)|\w+),? (?:the |our )?(?P<who>[\w ]+?) (?:may|can|should|must|shall|is"
    r" allowed to) (?:also )?(?:decide|approve|agree|answer|sign(?: off)?|say yes)(?: it)?(?: too| as well| instead"
    r"| also)?",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(r"\b(minutes?|hours?|days?|weeks?)\b", re.IGNORECASE)
_STILL: Final = re.compile(
    r"^(?:everything|anything|all|whatever|what is|amounts?|the rest)\b[^.]*\b(?:goes|go|stays?|remains?|still"
    r"|continues?)\b(?:[^.]*?\bto (?:the |our )?(?P<who>[\w ]+))?$",
    re.IGNORECASE,
)
_SIDE: Final = re.compile(
    r"^(?:(?:below|under|above|over|beyond) (?:that|this|it)|otherwise|else|in all other cases|if not),? "
    r"(?:we |you |it )?(?:just|simply|only|quietly)\b",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(
    r"^(?:please )?make (?:it|that) (?P<t>\d{1,2}(?::\d\d)?\s?(?:am|pm|o'clock)|\d{1,2}:\d\d|noon|midnight)"
    r"(?: instead)?$",
    re.IGNORECASE,
)
_TOO_LONG: Final = re.compile(
    rf"^{_LENGTH} (?:is|are) [\w ]*?too (?:long|short|much|little)[,.;:]+ (?:please |so )?"
    r"(?:make|let) (?:it|that)(?: be)? (?P<d>\w+ \w+)$",
    re.IGNORECASE,
)
_SHIFT: Final = re.compile(
    r"\b(?P<n>half an|an?|\d+|one|two|three|four) (?P<u>hours?|minutes?|mins?|min|h) (?P<w>earlier|sooner|later)\b",
    re.IGNORECASE,
)


def plainly(message: str, existing: Existing) -> str:
    """The message in the words that changes are known by; the same text where nothing is to be said otherwise."""
    parts = _QUOTED.split(message)
    parts = [part if index % 2 else _NUMBER.sub(_digits, part) for index, part in enumerate(parts)]
    text = re.sub(r"[,\s]+(?:please|thanks|thank you)$", "", "".join(parts).strip(" .!"), flags=re.I)
    for pattern, instead in _PHRASES:
        text = pattern.sub(instead, text)
    text = _AFTER_OF_THEM.sub(lambda m: _after(m, text), text)
    text = _shifted(_too_long(text, existing), existing)
    text = re.sub(r"\s+(?=[,.;!?])", "", re.sub(r"[ \t]{2,}", " ", text))
    return _without_asides(text.strip(" ,"), existing)


def _digits(match: re.Match[str]) -> str:
    if match["tens"]:
        return str(_TENS[match["tens"].lower()] + _SMALL.get((match["one"] or "").lower(), 0))
    if match["teen"]:
        return str(_SMALL[match["teen"].lower()])
    hundreds = _SMALL.get(match["h"].lower(), 1)
    return str(hundreds * 100 + _TENS.get((match["rest"] or "").lower(), 0))


def _after(match: re.Match[str], text: str) -> str:
    """ "five days, and after three of them the director may decide": the unit is the one spoken of before."""
    own = _UNIT.search(match[0])
    before = _UNIT.findall(text[: match.start()])
    unit = own[1] if own else (before[-1] if before else "")
    return f"after {match['n']} {unit} ask the {match['who']}" if unit else match[0]


def _too_long(text: str, existing: Existing) -> str:
    """ "Two days are too long, make it one" and "make it 7 am" are about the one thing that has a time here."""
    if len(schedules_of(existing)) == 1 and (match := _CLOCK.match(text)):
        return f"run it at {match['t']}"
    match = _TOO_LONG.match(text)
    gates, waits = approvals_of(existing), [p for p in existing.steps if isinstance(p.step.kind, tree.Wait)]
    if match is None or bool(gates) == bool(waits):
        return text
    return f"give them {match['d']}" if gates else f"wait {match['d']}"


def _shifted(text: str, existing: Existing) -> str:
    """ "Start an hour earlier", over the one schedule there is, as the time it then starts at."""
    match = _SHIFT.search(text)
    there = schedules_of(existing)
    if match is None or len(there) != 1 or not isinstance(there[0].on, tree.Schedule):
        return text
    fields = there[0].on.cron.split()
    if len(fields) != 5 or not (fields[0].isdigit() and fields[1].isdigit()):
        return text
    word = match["n"].lower()
    number = 0.5 if word.startswith("half") else float(word) if word.isdigit() else NUMBER_WORDS.get(word, 1)
    minutes = int(number * (60 if match["u"].lower().startswith("h") else 1))
    later = 1 if match["w"].lower() == "later" else -1
    at = (int(fields[1]) * 60 + int(fields[0]) + later * minutes) % 1440
    return f"run it at {at // 60}:{at % 60:02d}"


def _without_asides(text: str, existing: Existing) -> str:
    """Sentences that only say how it stays are left out."""
    kept = []
    for sentence in re.split(r"(?<=[.!?;])\s+|\n+", text):
        bare = sentence.strip(" .!?;")
        if kept and (_SIDE.match(bare) and _known(bare, existing)):
            continue
        if kept and (match := _STILL.match(bare)) and (not match["who"] or _asked(match["who"], existing)):
            continue
        kept.append(sentence)
    return " ".join(kept)


def _known(words: str, existing: Existing) -> bool:
    """Whether what is "just" done is done there already."""
    there = {
        s for p in existing.steps if isinstance(p.step.kind, tree.Call) for s in name_stems(p.step.kind.tool)
    }
    return bool(set(stems(words)) & there)


def _asked(words: str, existing: Existing) -> bool:
    said = set(stems(words))
    return any(
        set(name_stems(approver_name(a))) <= said
        for p in approvals_of(existing)
        for a in approve_of(p).approvers
    )


__all__ = ["plainly"]
