"""Text from elsewhere inside of a request: a log, a mail, an example. It is shown, never followed.

What stands there was not said by the person who asks, so none of it is read as part of what is to be done.
"""

from __future__ import annotations

import re
from typing import Final

_FENCED: Final = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_INTRO: Final = re.compile(
    r"\b(?:(?:example|sample|excerpt|extract|snippet|copy|dump|transcript|print-?out)s?\b|for instance\b|for"
    r" reference\b"
    r"|looks? like (?:this|that|so)\b|(?:it|he|she|they|the \w+|somebody|someone|a customer) (?:says?|said|wrote|writes"
    r"|reads?)\b|here (?:is|are) (?:the|a|an|one|what|some)\b|this is (?:the|a|an|one|what|how)\b|\blogs?\b"
    r"|(?:ticket|mail|message|e-?mail|log|original) text\b|(?:text|body|content) of (?:the|an?) \w+)",
    re.IGNORECASE,
)
_FOR_REFERENCE: Final = re.compile(
    r"\b(?:for (?:reference|instance|example)|fyi|for your information)\b", re.IGNORECASE
)
_TELLS: Final = re.compile(
    r"(?P<h>(?:^|[.;!?]\s+)(?:the|a|an|my|our|this|that|it|he|she|they)(?: \w+){0,4}? (?:says?|said|wrote"
    r"|writes|reads?)):"
    r"\s+[^\n]+$",
    re.IGNORECASE | re.MULTILINE,
)
_LOG_LINE: Final = re.compile(
    r"^\s*(?:>|\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d\b|(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL)\b[ :\]])"
)
_BULLET: Final = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•–])\s")
_OTHER_QUOTES: Final = re.compile(
    r"[«‹»›]\s*(?P<t>[^«»‹›\n]{1,200}?)\s*[»›«‹]|(?<!\w)[`´‘](?P<u>[^`´’‘\n]{2,80})[`´’](?!\w)"
)
"""Quotation marks as other languages write them."""
_SINGLE: Final = re.compile(r"(?<![\w'])'(?P<t>[^'\n]+(?:'\w[^'\n]*)*)'(?!\w)")


def without_shown(request: str) -> str:
    """The request without what is only shown in it; a long text in single quotes gets double ones."""
    lines = _FENCED.sub(" ", _OTHER_QUOTES.sub(lambda m: f'"{m["t"] or m["u"]}"', request)).split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if _LOG_LINE.match(line):
            continue
        last = re.split(r"(?<=[.;!?])\s+", line.rstrip())[-1]
        shown = _below(lines, at) if last.endswith(":") and _INTRO.search(last) else at
        if shown > at or (
            last.endswith(":") and _FOR_REFERENCE.search(last) and not any(map(str.strip, lines[at:]))
        ):
            kept.append(line.rstrip()[: -len(last)])
            at = shown
        else:
            kept.append(line)
    text = _TELLS.sub(lambda m: f"{m['h']} something", "\n".join(kept))
    return _SINGLE.sub(lambda m: f'"{m["t"]}"' if len(m["t"].split()) > 3 else m[0], text)


def _below(lines: list[str], at: int) -> int:
    """Where the text ends that is shown from ``at`` on: indented, marked or logged lines; a list of steps is none."""
    end = at
    while end < len(lines) and (re.match(r"[ \t]+\S", lines[end]) or _LOG_LINE.match(lines[end])):
        end += 1
    if all(_BULLET.match(line) for line in lines[at:end]):
        return at
    return end
