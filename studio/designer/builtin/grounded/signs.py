"""The small signs by which phrases are told apart: a wait, a mishap, nothing to do, everybody, once more.

Patterns only. What a phrase is about is found in the catalog, never here.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS
from studio.designer.builtin.words import stem

FAILS: Final = re.compile(
    r"\b(?:fails?|failed|failing|go(?:es)? wrong|went wrong|breaks?|crash(?:es)?|(?:does|do|did|is|are|can"
    r"|could) not (?:be \w+"
    r"|work|succeed|go through|go out|come through|possible|answer|respond|reply|react)|is not possible"
    r"|doesn't|bounces?"
    r"|not go through|errors? out|times? out|timeout|problem|trouble|unsuccessful|without success)\b",
    re.IGNORECASE,
)
NOTHING: Final = re.compile(
    r"^(?:please |just |then |we |you |it |simply |let us )*(?:do )?(?:nothing(?: (?:at all|more|else|happens"
    r"|has to happen|is done"
    r"|to do))?|hands off|ignore(?: (?:it|them|that))?|skip(?: (?:it|them|that|this(?: one)?))?|leave (?:it"
    r"|them|that|him|her)"
    r"(?: (?:alone|be|as (?:it is|they are|is)|untouched|in peace))?|leave as is|stop(?: (?:here|there))?|do"
    r" not do (?:anything|a thing)"
    r"|(?:not|never) (?:at all|do anything)|(?:nobody|nothing|it|they|a \w+|the \w+) (?:stays?|remains?|needs"
    r" to be)\b.*"
    r"|end(?: here)?|no action|move on|carry on|fine|ok|that is it|straight (?:away|through)"
    r"|direct(?:ly)?|right away|at once"
    r"|immediately|goes? (?:out )?(?:directly|straight|through)|no need|do not (?:bother|ask)\b.*|without asking.*)$",
    re.IGNORECASE,
)
DENIED: Final = re.compile(
    r"\b(?:do not|does not|did not|never|must not|may not|should not|shall not|can not|is not to be|are not to"
    r" be|not be)\b|^not\b",
    re.IGNORECASE,
)
TYPES: Final = re.compile(
    r"^(?:(?:i|we|you|whoever [\w ]+|somebody|someone|the (?:clerk|user|person|receptionist|operator|caller"
    r"|agent|starter)|they) "
    r"(?:would |will |only |just |can |do |have |to )*(?:type|types|enter|enters|entered|give|gives|paste"
    r"|pastes|fill|fills|put in"
    r"|state|states|provide|provides|input|inputs|tell you|key in|hand in)\b"
    r"|inputs?\b|given\b|on input of|the input|(?:type|enter|paste|key in|fill in)(?: in)? (?:an?|the)\b)"
    r"|\b(?:typed in|is entered|are entered|comes? in|is given|are given|as input"
    r"|to be entered|is typed|i (?:give|enter|type|paste)|provided)\b",
    re.IGNORECASE,
)
SPAN: Final = re.sub(r"\?P<\w+>", "?:", DURATION)
WAIT: Final = re.compile(
    rf"^(?:(?:please |then |just |i |we )*(?:wait|pause|sleep|hold|let|give|leave|allow)\b.*?{SPAN}"
    rf"|{SPAN}\s+(?:later|after(?:wards)?|thereafter|go by|pass|on)\b"
    rf"|{SPAN} (?:have|has) (?:gone by|passed|elapsed|gone|gone past))"
    r"|^(?:(?:have|has) (?:gone|passed))",
    re.IGNORECASE,
)
INPUT: Final = re.compile(
    r"^(?:the |an? )?(?:[a-z]+ ){1,2}(?:no|nr|number|id|code|key)(?: (?:in|given|entered|comes in|come in|as"
    r" input))?$|^(?:plate|sku|iban) in$",
    re.IGNORECASE,
)
LATER: Final = re.compile(
    rf"^(?:(?:and|then) )?(?:after )?(?:about |some )?{DURATION}(?: or so)?(?: (?:later"
    rf"|after(?:wards)?|thereafter|on))?[, ]+(?P<rest>\S.*)$",
    re.IGNORECASE,
)
ALL: Final = re.compile(
    r"^(?P<pre>.*?)\b(?P<q>for each|for every|for all|each|every|all|everybody|everyone|any|those|the ones)\b"
    r"(?: single)?(?: one)?(?: of)?(?: (?:the|these|those|them|our|its|their))?\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
THROUGH: Final = re.compile(
    r"^(?:please )?(?:go|run|walk|loop|iterate|step|work) (?:through|over) (?:all )?(?:the |our |these )?(?P<rest>.+)$",
    re.IGNORECASE,
)
QUALIFIES: Final = re.compile(
    r"\s+(?=(?:that|which|who|whose|where|with|without|worth|over|above|below|under|due|costing|having|more"
    r" than|less than|at least"
    r"|older|longer|bigger|in|from|of|by|on)\b)",
    re.IGNORECASE,
)
DONE: Final = re.compile(
    r"\b(?:when|once|after) (?:all|everything|everybody|they are all|that|it is|this) (?:of them )?(?:are|is"
    r"|have been|has been|were"
    r"|was)?\b|^(?:finally|lastly|at the end|in the end|to finish)\b",
    re.IGNORECASE,
)
SIDE: Final = re.compile(
    r",?\s*\b(?:both |all )*(?:(?:at the|the) same time|at once(?! ?,? ?(?:then|and then))|in parallel"
    r"|parallel|simultaneously"
    r"|side by side|concurrently|together|without waiting for each other)\b[,:]?\s*",
    re.IGNORECASE,
)
LONG: Final = re.compile(r"\b(?:has|have|had|got|gets?|within|expires?|time)\b", re.IGNORECASE)
UNASKED: Final = re.compile(
    r"\b(?:nobody|no one|without asking|no (?:approval|questions?)|not? need)\b", re.IGNORECASE
)
LONG_SPAN: Final = re.compile(DURATION, re.IGNORECASE)
TIMES: Final = re.compile(
    r"\b(?:re)?tr(?:y|ies|ied|ying)\b[^,;.]*?\b(?P<n>\d+|once|twice|two|three|four|five)\b(?: more)?(?: times?)?"
    r"|\b(?:retry|repeat|again)\b[^,;.]*?\b(?P<m>\d+|twice|two|three|four|five)\b(?: times?)?|\b(?P<k>\d+|two"
    r"|three|four|five) (?:retries"
    r"|(?:more )?attempts|more tries)\b",
    re.IGNORECASE,
)
AT_MOST: Final = re.compile(
    r"\b(?:at (?:the )?(?:very )?most|up to|max(?:imum)?\.?|no more than|not more than|give up after|but"
    r" only)\s*(?P<n>\d+|\w+)"
    r"(?: times| rounds| tries| attempts| checks| looks)?|\b(?P<m>\d+|\w+) (?:times|rounds|tries|attempts)(?:"
    r" at (?:the )?(?:very )?most)?",
    re.IGNORECASE,
)
YESES: Final = frozenset(
    map(
        stem,
        [
            "approve",
            "agree",
            "confirm",
            "sign",
            "decide",
            "ask",
            "ok",
            "authorize",
            "consent",
            "acknowledge",
            "allow",
            "okay",
            "permit",
            "need",
            "require",
            "say",
        ],
    )
)
SPAN_FIRST: Final = re.compile(
    r"^(?:from|between|over|above|under|below|up to|more than|less than|at least|at most|[<>]=?|anything"
    r"|everything)\b.*\d",
    re.IGNORECASE,
)
HAPPENS: Final = re.compile(
    r"^(?:when|once|if|as soon as|after) (?:that|this|it|they) (?:happens?|occurs?|is the case"
    r"|arrives?|comes?(?: in)?|fires|calls?|do|does)\b[, ]*(?:we (?:should |will )?)?",
    re.IGNORECASE,
)
SOMEBODY: Final = re.compile(
    r"^(?:somebody|someone|people|an?|the (?:customer|guest|client|member|patient|user)s?)\b", re.IGNORECASE
)
OF_EACH: Final = re.compile(
    r"^(?P<deed>.+?)(?: for (?:each|every one|all)(?: one)?(?: of (?:them|these|those))?"
    r"|(?P<of> (?:of|to|on|with|at|from) )(?:each|every one|all)(?: one)? of (?:them|these|those))(?P<rest>,.*)?$",
    re.IGNORECASE,
)
EVERY: Final = re.compile(
    rf",?\s*\bevery {DURATION}|,?\s*\bevery (?P<u>second|minute|hour|day)\b", re.IGNORECASE
)


DOES: Final = re.compile(
    r"(?:is|are|may|can|should|must|do|does|will|gets?|has to|have to)(?: be| so| it| one| to)*",
    re.IGNORECASE,
)
THAT_AGAIN: Final = re.compile(
    r"^(?:please )?(?:repeat|redo|do|loop|keep|go on|carry on|continue)(?: (?:this|that|it|these|those|so|the same"
    r"|all of (?:this|that)"
    r"|these (?:steps|two|three)|like this|like that|doing (?:this|that|it|so)|on))?(?: again)?$",
    re.IGNORECASE,
)
OTHERS: Final = re.compile(
    r"^(?:[\w ]{0,40}?\b(?:of|in|from|for|with) )?(?:all |any |every |the )?(?:others?|remaining"
    r"|rest(?: of the)?) (?:[\w]+ )??"
    r"(?=(?:is|are|gets?|should|must|will|has|have|goes?|can|shall)\b)",
    re.IGNORECASE,
)
IS_NOT: Final = re.compile(r"\b(?:is|are|gets?|be) (?:not|never)(?= \w+(?:ed|en|id|nt|ld)\b)", re.IGNORECASE)


def times_in(match: re.Match[str]) -> int:
    """How often, of a match of TIMES."""
    word = (match["n"] or match["m"] or match["k"]).lower()
    return {"once": 1, "twice": 2}.get(word) or (int(word) if word.isdigit() else NUMBER_WORDS.get(word, 3))
