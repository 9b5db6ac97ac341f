"""Notes and long sentences as plain clauses: arrows behind conditions, exceptions, number words, values typed in.

Like `normal`, nothing is understood here: each rule turns one manner of speaking, whatever it speaks of, into the plain
way that the reader knows.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS

_PARTICIPLE: Final = r"\w+(?:ed|en|id|nt|ld|ut|ept)\b"
_NAMES: Final = r"[\w \-'’,&+]{2,80}?"
_TYPES: Final = r"(?:types?(?: in)?|enters?|inputs|fills? in|puts? in|keys? in)"
_ASKS: Final = (
    r"(?:approval|okay|ok|yes|consent|permission|go[ -]ahead|sign[ -]?off|green light|confirmation|signature)"
)
_MUST: Final = r"(?:must|has to|have to|needs? to|should|shall)"
_LIMIT: Final = r"(?:over|above|more than|under|below|less than|up to|at least|from)"

_INPUTS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), instead)
    for pattern, instead in (
        (rf"(?P<h>^|[.;\n]\s*)(?:whoever starts (?:it|this|the \w+)|(?:the|an?) [a-z]+|somebody|someone) "
         rf"(?:enters|types in|keys in|fills in) (?P<l>{_NAMES})(?=[.;\n]|$)", r"\g<h>I enter \g<l>"),
        (rf"(?P<h>^|[.;\n]\s*)(?:after|once|when) (?:i|we) (?:have |had )?(?:entered|typed in|given|filled in"
         rf"|put in) (?P<l>{_NAMES}), (?=(?:an?|the|it|its|we|i|please) )", r"\g<h>I enter \g<l>. "),
        (rf"\A(?:once|when|after) (?P<l>{_NAMES}) (?:is|are|was|were|has been|have been) (?:provided|entered|given"
         r"|typed in|supplied),\s*", r"I enter \g<l>. "),
        (r"(?P<l>[\w \-,&+]{2,80}) (?:come|comes|is given|are given|is entered|are entered)"
         r" (?:from|by) (?:the person|whoever) who starts it", r" I enter \g<l>"),
        (r"\A(?P<l>[\w \-,+]{2,80}?) (?:typed in|entered|given)\s*(?:->|=>|→)\s*", r"I enter \g<l>. "),
        (rf"\b(?P<s>i|we)(?:'ll|'d| will| would)? (?:give|tell) you (?P<l>{_NAMES})(?=[.;\n]|$)",
         r"\g<s> enter \g<l>"),
        (r"(?P<h>^|[.;\n]\s*)inputs? (?:is|are|will be) (?P<l>[\w \-'’,]{2,60}?)(?=[.;\n]|$)",
         r"\g<h>I enter \g<l>"),
        (r"\bi (?:only )?(?:put|write) (?P<l>[\w ]{2,30} (?:number|id|no|code)),", r"I enter \g<l>."),
        (r"\b(?:nr|no|number) of (?:the )?(?P<w>application|order|invoice|reservation|lead|ticket|request)\b",
         r"\g<w> number"),
        (r"(?P<h>^|[.;\n]\s*)(?:for [\w ]{3,40}? )?i type(?: in)? (?P<l>[\w ]{3,60}), ", r"\g<h>I enter \g<l>. "),
        (r"\((?P<a>[\w ]{2,30}) \+ (?P<b>[\w ]{2,30})\)", r"(\g<a> and \g<b>)"),
    )
)  # fmt: skip
_ENTERED: Final = re.compile(r"\bI enter (?P<l>[^.;\n]{2,90})(?=[.;\n]|$)")

_CONDITION: Final = (
    rf"(?:(?:[a-z][\w \-]{{1,30}}? )?(?:(?:is |are )?{_LIMIT}|[<>]=?|==?) ?[€$£]?\w[\w.,%€$£ ]{{0,18}}?"
    r"|(?:[a-z][\w \-]{1,30}? )?[€$£]?\d[\w.,%€$£]*(?: [a-z%€$£]+)? (?:or|and) (?:more|less|over|above|below|under)"
    r"|nobody (?:answers|reacts|replies)|no (?:answer|reply|response))"
)
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), instead)
    for pattern, instead in (
        (r"\A(?P<w>[a-z]+(?: [a-z]+)?) (?:no|nr)\b\.?(?= *(?:->|=>|→))", r"\g<w> number"),
        (r"\A(?P<w>[a-z]+(?: [a-z]+)?) (?:no|nr|number|id)\.? (?:in|given|typed in)\.\s*", ""),
        # "The code is then mailed": an order of things inside of a passive.
        (rf"\b(?P<is>is|are|be|gets?) (?:then|thereafter|subsequently|afterwards|finally) (?={_PARTICIPLE})",
         r"\g<is> "),
        # Conditions in notes.
        (rf"(?P<h>^[ \t]*(?:[-*•] |\d+[.)] )?|[.;]\s+)(?:if )?(?P<c>{_CONDITION})\s*(?:->|=>|→)\s*",
         r"\g<h>if \g<c>, "),
        (rf"\bif (?={_LIMIT} ?[€$£]?(?:\d|[a-z]{{3}} ?\d))", "if it is "),
        (r"\bif (?P<s>[a-z][a-z \-]{1,30}?) (?P<n>[€$£]?\d[\w.,%€$£]*(?: [a-z%€$£]+)? (?:or|and) (?:more|less|over"
         r"|above|below|under)),", r"if \g<s> is \g<n>,"),
        (r"\bif (?P<c>[a-z][\w \-]{1,30}?) ?==? ?(?:yes|true),", r"if it is \g<c>,"),
        (r"\bif (?P<c>[a-z][\w \-]{1,30}?) ?==? ?(?:no|false),", r"if this is not \g<c>,"),
        (r"(?<=[a-z\d]) (?:kilos?|kilograms?)\b", " kg"),
        (r"(?P<h>^|[.;]\s*)no ?= ?no(?=[.;\n]|$)", r"\g<h>"),
        (r"\b(?:for (?:everyone|everybody|all the) (?:else|others)|in (?:all|any) other (?:case|situation)s?)\b",
         "otherwise"),
        (r"\b(?:hands off|nothing (?:has|needs) to (?:happen|be done)|do nothing at all|(?:we )?leave (?:it|them) as"
         r" (?:it is|they are))(?=[.;\n]|$)", "do nothing"),
        # Exceptions.
        (r"(?P<h>^|[.\n]\s*)(?P<x>[^.;\n]{5,120}?),? except (?:when|if) (?P<c>[^.;,\n]{5,80}?)[;,:] (?:then |in which"
         r" case |in that case )(?P<y>[^.;\n]+)", r"\g<h>if \g<c>, \g<y>. otherwise, \g<x>"),
        (r"(?P<h>^|[.\n]\s*)(?:please )?(?:do not|don't|never) (?P<x>[^.;,\n]{3,100}?),? (?:if|when) "
         r"(?P<c>[^.;,\n]{3,80}?)[,;] (?:otherwise|else),? (?P<y>[^.;\n]+)", r"\g<h>unless \g<c>, \g<y>"),
        (r"(?<=[a-z\d)])[,;]? (?:but )?(?:not|except) (?:if|when) (?=[^.;\n]{3,80}(?:[.;\n]|$))", " unless "),
        (r"(?P<h>^|[.\n]\s*)(?:any ?thing|every ?thing|all|those|whatever) (?P<c>(?:over|above|below|under|more than"
         r"|less than) [\w.]+ ?[\w%€$£]*) (?:has to|have to|must|should|shall|is to|are to) be (?P<v>\w+)"
         r"(?P<r>[^.;,\n]*?)[,;] (?:and )?(?:the rest|everything else|all others?|the others?) (?:goes?|is|are"
         r"|gets?|must be)(?: \w+ed)? (?P<o>as [^.;\n]+)",
         r"\g<h>if it is \g<c>, \g<v> it\g<r>, otherwise \g<v> it \g<o>"),
        # Who says yes, in shorter words.
        (rf"(?P<h>^|[.;\n]\s*)(?P<x>[^.;,\n]{{3,80}}?),? only (?:with|w/|after|on|upon) (?:the |an? )?{_ASKS} (?:of"
         rf"|from|by) (?P<w>[\w \-]{{2,40}}?)(?: ?\((?P<d>{DURATION})\))(?=[.;,\n]|$)",
         r"\g<h>ask \g<w> to approve within \g<d>, then \g<x>"),
        (rf"\b(?P<m>{_MUST}) (?:say (?:ok|okay|yes)|(?:counter)?sign(?! off)|acknowledge|ack)(?: it| this| that)?"
         r"(?: (?:before(?:hand)?|first))?(?= *(?:[,.;\n]|$|within\b|in\b|if\b|when\b|before\b))",
         r"\g<m> approve"),
        (r"\bthey(?:'ve| have) got (?=\w+ (?:hours?|days?|minutes?))", "they have "),
        # Deeds in other words.
        (r"\b(?:work|works|figure|figures) out (?=(?:the|an?|its|how|what) )", "calculate "),
        (r"(?P<h>^|[.,;\n]\s*)system (?=(?:calculates?|sends?|checks?|gets?|looks?|creates?)\b)", r"\g<h>"),
        (r"\bits owner becomes (?P<w>\S+@\S+\w)", r"assign the owner to \g<w>"),
        (r"\bmakes? (?P<w>(?:this|that|the) \w+) (?:the |its |their )?owner\b", r"assign the owner to \g<w>"),
    )
)  # fmt: skip
_UNLESS: Final = re.compile(
    r"(?P<h>^|[.\n]\s*)(?P<x>[^.;\n]{5,140}?),? unless (?P<c>[^.;,\n]{5,80}?), in which case (?P<y>[^.;\n]+)",
    re.IGNORECASE,
)
_INSTEAD: Final = re.compile(
    r"^(?:the )?(?P<n>\w+) (?P<v>quoted\d+text|\"[^\"]*\") (?:must|shall|should|has to|is to) be (?:used|taken"
    r"|chosen)(?: instead)?$",
    re.IGNORECASE,
)
_HUNDREDS: Final = re.compile(
    r"\b(?P<n>one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty|a"
    r") (?P<s>hundred|thousand)\b",
    re.IGNORECASE,
)


def with_inputs(request: str) -> str:
    """The request with whatever says that something is typed in as "I enter ..."."""
    parts = re.split(r'("[^"]*")', request)
    for index in range(0, len(parts), 2):
        for pattern, instead in _INPUTS:
            parts[index] = pattern.sub(instead, parts[index])
        parts[index] = _ENTERED.sub(_listed, parts[index])
    return "".join(parts)


def _listed(match: re.Match[str]) -> str:
    names = re.sub(r"\s*(?:\+|&)\s*", " and ", match["l"])
    return f"I enter {names}"


def with_plain_notes(text: str) -> str:
    """The text with notes and exceptions as sentences."""
    text = _HUNDREDS.sub(_in_digits, text)
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return _UNLESS.sub(_either, text)


def _in_digits(match: re.Match[str]) -> str:
    return str(NUMBER_WORDS[match["n"].lower()] * (100 if match["s"].lower() == "hundred" else 1000))


def _either(match: re.Match[str]) -> str:
    """ "X with the service a, unless C, in which case the service b is used" as the two cases."""
    x, instead = match["x"], _INSTEAD.match(match["y"].strip())
    then = match["y"]
    if instead is not None:
        then, found = re.subn(
            rf"\b{instead['n']} (?:quoted\d+text|\"[^\"]*\")", f"{instead['n']} {instead['v']}", x, flags=re.I
        )
        if not found:
            then = match["y"]
    return f"{match['h']}if {match['c']}, {then}. otherwise, {x}"
