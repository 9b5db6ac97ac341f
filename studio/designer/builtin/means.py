"""By what means something is to be done: "by drone", "via fax", "in cash". A means that no tool speaks of is none.

A deed that is asked for by such a means is not done in another way instead: paying by bank is not paying in cash.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import STOP, likeness, stem, word_list

_MEANS: Final = re.compile(
    r"\b(?P<p>by|via|using|over) (?P<w>[a-z][a-z\-]+)"
    r"(?= *(?:[,.;:)]|$|to\b|and\b|at\b|in\b|from\b|for\b|within\b))"
    r"|\b(?P<in>in|per|with) (?P<m>cash|coins?|bitcoins?|crypto|fax|whatsapp|telegram|courier|pigeon|phone|telephone"
    r"|sms|post|cheque|check|vouchers?)(?= *(?:[,.;:)]|$|to\b|and\b|at\b|from\b|for\b))"
)
_NO_MEANS: Final = frozenset(
    word_list(
        "hand then now noon midnight morning evening night tomorrow today tonight monday tuesday wednesday thursday"
        " friday saturday sunday week month year day hour minute end default mistake accident law contract far name"
        " number id code key mail email message letter itself themselves himself herself yourself means way turn one"
        " two three itself nobody somebody anybody everybody everyone me us him her them law rule rules chance"
        " percent amount value hour half quarter third date time author priority size order alphabet type kind"
    )
)


def foreign_means(words: str, toolbox: Toolbox, roles: frozenset[str] | None = None) -> str:
    """The means in a clause that no tool and no role of the account speaks of, as said; "" when there is none."""
    outside = re.sub(r'"[^"]*"', " ", words)
    people = {stem(w) for role in roles or () for w in re.split(r"[_\W]+", role)}
    for match in _MEANS.finditer(outside):
        word = match["w"] or match["m"]
        sense = stem(word)
        if word in STOP or word in _NO_MEANS or sense in people or re.search(r"(?:ing|ed|er|or|ly)$", word):
            continue
        if match["p"] == "over" and sense not in _MEDIA:
            continue
        if any(likeness(sense, known) for known in toolbox.stems):
            continue
        return match[0].strip()
    return ""


_MEDIA: Final = frozenset(map(stem, word_list("fax phone telephone radio sms whatsapp telegram")))
