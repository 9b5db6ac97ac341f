"""Requests that name no deed: "sort out room 12", "the invoices, as usual". What to do is asked, not guessed."""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.grounded.deeds import Deeds
from studio.designer.builtin.grounded.phrases import phrases_of, sentences_in
from studio.designer.builtin.grounded.turns import unfolded
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import GENERIC_VERBS, STOP, raw_tokens, singular, stem, word_list

_AS_BEFORE: Final = re.compile(
    r"\b(?:as (?:usual|always|before|needed|appropriate|(?:we )?(?:discussed|agreed|said))"
    r"|like (?:last time|always|before|usual|yesterday|the last (?:one|time)|the other one)"
    r"|like we (?:said|discussed|agreed)"
    r"|the usual(?: way| thing| stuff)?|(?:the )?same as (?:last time|before|always|usual|ever)"
    r"|(?:in |just )?the same way|(?:just )?like (?:they|the others|everybody|he|she|the \w+)"
    r" (?:do|does|have|has|had)\b"
    r"|(?:in )?the (?:normal|regular|usual|proper|right) way|you know (?:the one|what|how|which)"
    r"|the [a-z]+ (?:thing|stuff|business)|the right thing|whatever (?:is needed|it takes|makes sense|you think)"
    r"|what(?:ever)? (?:makes sense|is (?:needed|necessary|best)))\b",
    re.IGNORECASE,
)
_VAGUE: Final = re.compile(
    r"\b(?:sort(?:ed|s)? (?:[\w' ]{1,25} )?out|handle[sd]?|deals? with|dealt with|take[ns]? care of|looks? after"
    r"|process(?:ed|es)?|manage[sd]?|tackle[sd]?|treat(?:ed|s)?|see to|fix(?:ed|es)?|clean up|tidy up|automate[sd]?"
    r"|improve[sd]?|optimi[sz]e[sd]?|organi[sz]e[sd]?|(?:do|make) something|help(?:s|ed)?(?: us| me)? with)\b",
    re.IGNORECASE,
)


def unsaid(request: str, toolbox: Toolbox) -> str | None:
    """A question to somebody who named things and no deed; None where some deed is named."""
    text = unfolded(without_shown(request))
    if '"' in text or not toolbox.tools:
        return None
    if (pronoun := _without_antecedent(text, toolbox)) is not None:
        return pronoun
    found = _AS_BEFORE.search(text) or _VAGUE.search(text)
    if found is None:
        return None
    deeds = Deeds(toolbox)
    for line in text.split("\n"):
        for sentence in sentences_in(line):
            if any(_firm(deeds, phrase.text) for phrase in phrases_of(sentence)):
                return None
    return (
        f"What does “{found[0].strip()}” mean here? I only build what is said: which tool's result is looked at, what"
        " is decided by it, and what is done in the end?"
    )


def _without_antecedent(text: str, toolbox: Toolbox) -> str | None:
    """A question about an "it" that stands for nothing: only people are named, and no thing of any tool."""
    said = _OBJECT.match(text)
    if said is None or len(text.split()) > 14:
        return None
    nouns = {stem(singular(w)) for k in toolbox.tools for w in k.noun} - _PEOPLE
    words = [stem(singular(w)) for w in raw_tokens(text[said.end() :]) if w not in STOP]
    if any(w in nouns for w in words) or re.search(r"\d|#|@", text):
        return None
    return (
        f"What is “{said['it']}” here? Tell me what is sent or changed, and which one: then I can build it."
    )


_OBJECT: Final = re.compile(
    r"^\W*(?:please |just |can you |could you |now )*(?P<verb>\w+) (?P<it>it|them|this|that|these|those)\b",
    re.IGNORECASE,
)
_PEOPLE: Final = frozenset(
    map(stem, word_list("customer client guest patient member employee user person contact"))
)


def _firm(deeds: Deeds, phrase: str) -> bool:
    """Whether a phrase names what is to be done."""
    deed = deeds.of(phrase)
    if deed is None or deed.named or deed.sure < 5.0:
        return False
    sense = stem(deed.verb)
    return sense == deed.known.verb or (sense not in GENERIC_VERBS and not _VAGUE.search(deed.verb))
