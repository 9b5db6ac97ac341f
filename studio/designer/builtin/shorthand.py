"""Notes as sentences: what people leave out in lists, arrows and asides is put in again before a request is read.

Like `normal`, nothing is understood here; a rule that drops something only drops what asks for nothing.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.verbs import starts_with_verb

_NUMBER: Final = r"(?:ids?|numbers?|codes?|skus?|keys?)"
_ENDS: Final = r"(?=\s*(?:[,.;\n]|$))"
_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), instead)
    for pattern, instead in (
        (r"\b(order|invoice|tracking|ticket|customer|account|article|item) (?:no|nr)\b\.?", r"\1 number"),
        # What is typed in is no step.
        (rf"\A(?:when(?:ever)?|once|if) (?:an? |the )?[\w \-]{{2,25}}? {_NUMBER} (?:is|was|has been) (?:given|entered"
         r"|typed in|provided|supplied|passed(?: in)?|known),\s*", ""),
        (rf"\A(?:take|accept|receive|start (?:with|from)|given|with|from) (?:the |an? |its )?[\w \-]{{0,25}}?{_NUMBER}"
         r"(?: as (?:the )?input)?,\s*(?:then )?", ""),
        (rf"\A(?:the |an? )?[\w \-]{{2,25}}? {_NUMBER}(?: (?:comes in|as (?:the )?input))?\s*(?:->|=>|→|:)\s*", ""),
        (rf"\A(?:the |an? )?[\w \-]{{2,25}}? {_NUMBER} (?:is|are) (?:typed in|entered|given|put in|provided)\.\s*", ""),
        (r"\b(when|whenever|every time|each time) (?:i|we) (?:get|receive|see) (an? [\w \-]{2,25}?),? (?=(?:i|we)\b)",
         r"\1 \2 comes in, "),
        # Words that stand for a deed.
        (r"\b([\w ]{2,20}?) (?:details|infos?|data|record)" + _ENDS, r"get \1 details"),
        (r"(?<=\w)\s\+\s(?=[a-z])", " and "),
        (r"(?<=->)\s*(?:if )?((?:the )?[\w ]{2,25}? (?:[<>]=?|over|above|below|under|exceeds|is|more than|less than)"
         r" [^,;\n>\-]{1,30}?)\??\s*(?=->)", r" if \1 "),
        (r"(?<=->)\s*(?:is |are )?(?:it )?(\w+)\?", r" check whether it is \1"),
        (r"(^|->\s*|,\s*|\band )(status|stage|state)(?: to| =| ->)? (\w+)(?=\s*(?:[,.;\n]|$|->|and\b|\+))",
         r"\1set \2 to \3"),
        (r"(?:,|->)\s*(?:or )?(?:else|otherwise|if not|no)\s*->", ". otherwise, "),
        (r"\bleave (an? (?:\w+ )?(?:note|comment|remark))\b", r"add \1"),
        (r",? and (?:put|include|mention|state) (the [\w ]{2,25}?) (?:in|into|on) (?:it|there|its description"
         r"|the description)\b", r" with \1"),
        (r"\b(?:choose|pick|select|take) the (cheapest|fastest|best|lowest|first)(?: one| rate| service| option"
         r"| offer)?(?:,| and|, and)(?: then)? (\w+) (?:it|that|that one|this)\b", r"\2 the \1"),
        # "The order shall be retrieved and its eligibility assessed": the second one "shall be" as well.
        (r"\b((?:is|are|must be|shall be|should be|has to be) \w+(?:ed|en|ept|aid|ent|ut)(?: (?!and\b)[\w#\-]+)"
         r"{0,8}?,? and) ((?:its|the|their|his|her|an?) [\w ]{2,40}?) (\w+ed)\b(?! (?:by|is|are|must|shall))"
         r"(?= (?:in|to|on|as|at)\b|\s*(?:[,.;\n]|$))", r"\1 \2 must be \3"),
        (r"\b(?:is|are|gets?|was|goes|be) off by\b", "is off by"),
    )
)  # fmt: skip
_TYPED: Final = re.compile(
    r"^(?:inputs?|parameters?|given|i give|i enter|i type in|i'd type in|you get|it takes?|takes?)(?: are| is)?:?"
    r" (?P<names>(?:the |an? )?[\w \-]+(?:(?:,| and) (?:the |an? )?[\w \-]+)+)\s*[.\n]",
    re.IGNORECASE | re.MULTILINE,
)
_THEN_I: Final = re.compile(
    r"\b(?P<if>(?:if|when) [^,.;\n]{5,70}?) (?:i|we|you|they) (?:then |just |also )?(?P<deed>\w+ (?:the|it|them|an?|its"
    r"|to|this|that|their)\b)",
    re.IGNORECASE,
)
_SHIPS: Final = re.compile(
    r"\A(?P<what>[\w]+s (?:an? |the |our |all )?[\w ]{2,25}): (?P<rest>\S)", re.IGNORECASE
)


def spelled_out(text: str, verbs: frozenset[str]) -> str:
    """The request with what its shorthand leaves out. ``verbs`` are stems of words that may begin a clause."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    text = _TYPED.sub(lambda m: m[0] if _asks(m["names"], verbs) else "", text)
    text = _THEN_I.sub(
        lambda m: f"{m['if']}, {m['deed']}" if starts_with_verb(m["deed"], verbs) else m[0], text
    )
    if (aim := _SHIPS.match(text)) and starts_with_verb(aim["what"], verbs):
        # "a flow that ships an order: look it up, ...": the aim in words, and then the steps.
        text = text[aim.start("rest") :]
    return text


def _asks(names: str, verbs: frozenset[str]) -> bool:
    """Whether one of the parts is a deed and no name."""
    return any(
        starts_with_verb(part, verbs) for part in re.split(r",\s*(?:and |then )?|\s+and\s+", names)[1:]
    )
