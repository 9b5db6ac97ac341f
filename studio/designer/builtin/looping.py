"""Loops in words: what is gone through, what is done for each, and how many at once.

Nothing is understood of the things themselves; the reader and the composer do that. Here a sentence is cut where it
says "for each of these" and where the deed begins.
"""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.amounts import NUMBER_WORDS
from studio.designer.builtin.verbs import looks_like_action, passive, starts_with_verb
from studio.designer.builtin.words import NOUNISH_VERBS, PRONOUNS, STOP, raw_tokens, singular, stem

_N: Final = (
    r"(?P<n>\d+|"
    + "|".join(sorted((w for w in NUMBER_WORDS if w not in ("a", "an")), key=len, reverse=True))
    + ")"
)
_HOW: Final = (
    r"(?:at once|at a time|at the same time|at one time|at any (?:one )?time|in parallel|parallel|concurrently|"
    r"simultaneously|side by side|in one go|together)"
)
_LEAD: Final = (
    r"[\s,;(\-–]*\b(?:(?:and|but|please|do|run|handle|process|with|only|always|never|taking|take)\s+)*"
)
_BOUND: Final = (
    r"(?:at (?:the )?most|at maximum|up to|no more than|not more than|never more than|more than|max(?:imum|imally)?\.?|"
    r"a maximum of|as many as)\s+"
)
_LIMITS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_LEAD}{_BOUND}{_N}\b(?:\s+(?!times|rounds|attempts|tries)[a-z]+){{0,7}}?\s+{_HOW}(?:\s+please)?\)?",
        rf"{_LEAD}{_N}(?: of (?:them|these))?\s+{_HOW}"
        r"(?:\s+(?:at (?:the )?most|at maximum|max(?:imum)?|tops))?\)?(?=\s*(?:[,.;:]|$|and\b|please\b))",
        rf"{_LEAD}in (?:batches|groups|packs) of {_N}\)?",
        rf"{_LEAD}(?:a )?(?:concurrency|parallelism)(?: of| =)? ?{_N}\)?",
    )
)
_SERIAL: Final = re.compile(
    r"[\s,;(\-–]*\b(?:(?:and|but|please|do|strictly|always|only|handle|process|them|it|this|that)\s+)*"
    r"(?:one (?:after (?:the other|another)|at a time|by one)|sequentially|in sequence)\b(?:\s+please)?\)?",
    re.IGNORECASE,
)
_REASON: Final = re.compile(
    r"^[\s,;\-–]*(?:(?:as|because|since|otherwise|or|so|the|our|it|this|that|they|we|i)\b.*)?$", re.IGNORECASE
)
_FILLER: Final = re.compile(
    r"^(?:(?:please|and|but|also|you|may|can|should|must|be|do|run|handle|process(?:ed)?|it|them|that|this|these|those|"
    r"the|all|each|items?|ones?)\b[\s,.]*)*$",
    re.IGNORECASE,
)


def without_limit(text: str) -> tuple[str, int | None]:
    """The text without "at most 5 at once", and how many that is; None when nothing is said."""
    if len(list(_SERIAL.finditer(text))) > 1:
        text, _ = re.subn(_SERIAL, "", text, count=1)
    for pattern in _LIMITS:
        if match := pattern.search(text):
            word = match["n"].lower()
            number = int(word) if word.isdigit() else NUMBER_WORDS[word]
            rest = (
                f"{text[: match.start()]} {text[match.end() :]}"
                if text[match.end() :]
                else text[: match.start()]
            )
            return re.sub(r"\s+([,.;:])", r"\1", rest).strip(" ,"), max(number, 1)
    if match := _SERIAL.search(text):
        before, after = text[: match.start()], text[match.end() :]
        return f"{before} {after.strip()}".strip(" ,"), 1
    return text, None


def only_limit(sentence: str) -> int | None:
    """How many at once a sentence allows that says nothing else (or only why); None for any other sentence."""
    rest, limit = without_limit(sentence)
    if limit is None:
        return None
    if _FILLER.match(rest):
        return limit
    for pattern in (*_LIMITS, _SERIAL):
        if (match := pattern.match(sentence)) and _REASON.match(sentence[match.end() :]):
            return limit
    return None


# ---- other ways to say "for each" ----------------------------------------------------------------------

_GOING: Final = (
    r"(?:go|goes|run|runs|walk|walks|loop|loops|iterate|iterates|step|steps|work|works|cycle|look) "
    r"(?:through|over|along)|"
    r"process|handle|treat|cover|consider|take|grab|pick|do (?:this|that|it|the following) (?:for|with)|deal with"
)
_OVER: Final = re.compile(
    rf"^(?:{_GOING})\s+"
    r"(?:(?:each|every|all|any)(?: single)?(?: one)?(?: of)?(?: (?:the|our|these|those))?|the|our)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_ANY_READ_EACH: Final = re.compile(
    r"^(?:get|fetch|find|look up|look at|check out|pull|search|see)\s+(?:each|every)(?: single)?\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_DONE_TO: Final = re.compile(
    r"^(?:each|every|all|any)(?: of)?(?: (?:the|our|these|those))?\s+(?P<noun>[\w\- ]{2,60}?)\s+"
    r"(?P<must>(?:should|shall|must|has to|have to|needs? to|is to|are to|will|would|can) be|gets?|is|are)"
    r"\s+(?P<verb>\w+)\b"
    r"(?P<rest>.*)$",
    re.IGNORECASE,
)
_WANTED: Final = re.compile(
    r"^(?:want|need|like|have|get)\s+(?:each|every|all)(?: of)?(?: (?:the|our))?\s+(?P<noun>[\w\- ]{2,60}?)\s+"
    r"(?:to be )?(?P<verb>\w+(?:ed|en|id|nt))\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_THOSE: Final = re.compile(
    r"^(?P<verb>[a-z]+)\s+(?:only )?(?:those|the ones|ones|any|all those|the [a-z]+s)(?: of them)?"
    r"(?: (?:that|which|who)|(?= (?:with|over|under|above|below)\b)) (?P<test>.+)$",
    re.IGNORECASE,
)


def as_each(sentence: str, verbs: frozenset[str]) -> str:
    """Another way to say a loop as "for each ..., ..."; any other sentence as it is."""
    for pattern in (_OVER, _ANY_READ_EACH):
        match = pattern.match(sentence)
        if match and split_each(match["rest"], verbs) is not None:
            return f"for each {match['rest']}"
    for pattern in (_DONE_TO, _WANTED):
        match = pattern.match(sentence)
        if match and passive(f"it must be {match['verb']}", verbs):
            return f"for each {match['noun']}, it must be {match['verb']}{match['rest']}"
    return sentence


def those_that(clause: str) -> tuple[str, str] | None:
    """ "decline those that take longer than 20 days" as its verb and what follows "that"; None for others."""
    match = _THOSE.match(clause)
    return (match["verb"], match["test"]) if match else None


def cuts_of(test: str) -> list[int]:
    """Where the condition of "those that ..." may end, longest first."""
    return [
        len(test),
        *(m.start() for m in reversed(list(re.finditer(r"\s+(?:with|to|by|as|via|in|on|and)\b", test)))),
    ]


def split_each(rest: str, verbs: frozenset[str]) -> tuple[str, str] | None:
    """What stands behind "for each" as what one is and what is done for it; None when nothing is done."""
    words = list(re.finditer(r"\S+", rest))
    if len(words) > 1 and _bare_deed(words, rest, verbs):
        return "them", rest.strip(" ,:-–")
    stop = re.search(r"[,:]\s|\s[-–]\s", rest)
    within = False
    for index, word in enumerate(words):
        if stop and word.start() >= stop.start():
            break
        bare = word[0].lower().strip(",.;:")
        if bare in ("that", "which", "who", "whose", "where"):
            within = True
            continue
        if index == 0:
            continue
        behind = rest[word.start() :]
        if bare == "and" and index + 1 < len(words):
            after = rest[words[index + 1].start() :]
            if starts_with_verb(after, verbs) and not _describes(words, index + 1, verbs, rest):
                return _halves(rest, word.start(), words[index + 1].start())
            continue
        if within and stop:
            continue
        before = words[index - 1][0].lower()
        if before in _LINKS or (within and before in _BEING):
            continue
        if starts_with_verb(behind, verbs) and not _describes(words, index, verbs, rest):
            return _halves(rest, word.start(), word.start())
    if stop is not None:
        return _halves(rest, stop.start(), stop.end())
    return None


def _bare_deed(words: list[re.Match[str]], rest: str, verbs: frozenset[str]) -> bool:
    """Whether nothing is named before the deed: "for each create an issue". "open orders" are a name."""
    first, second = words[0][0].lower(), words[1][0].lower().strip(",.;:")
    if second in _TELLS_WHICH:
        return False
    if re.search(r"(?:ing|ings|ed|s)$", first) or first in ("open", "new", "clean", "clear", "complete"):
        return False
    if second.endswith("s") and second not in ("us", "its", "this", "his"):
        return False
    return starts_with_verb(rest, verbs) and not _describes(words, 0, verbs, rest)


_TELLS_WHICH: Final = frozenset(["that", "which", "who", "whose", "where", "of", "below", "above"])
_LINKS: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "to",
        "of",
        "in",
        "for",
        "from",
        "by",
        "our",
        "its",
        "their",
        "with",
        "at",
        "on",
        "or",
        "not",
    ]
)
_BEING: Final = frozenset(["is", "are", "was", "were", "been", "be", "has", "have", "that", "which", "who"])


def _describes(words: list[re.Match[str]], index: int, verbs: frozenset[str], rest: str) -> bool:
    """Whether a word that may be a deed only says which one is meant: "each matched invoice", "each alert restart"."""
    word = words[index][0].lower().strip(",.;:")
    later = words[index + 1][0].lower() if index + 1 < len(words) else ""
    if re.search(r"(?:ed|en|aid)$", word):
        return True
    if later.endswith("ing"):
        return False
    if stem(word) not in NOUNISH_VERBS:
        behind = rest[words[index + 1].start() :] if later else ""
        return starts_with_verb(behind, verbs) and looks_like_action(behind)
    if not later:
        return True
    behind = rest[words[index + 1].start() :]
    if starts_with_verb(behind, verbs) or later in (
        "and",
        "that",
        "which",
        "in",
        "of",
        "from",
        "with",
        "is",
        "are",
    ):
        return True
    # "order lines", "request forms": a bare noun behind it, and no article, is one thing with two names.
    return (
        word.endswith("s")
        and not looks_like_action(rest[words[index].start() :])
        and index == 1
        and later.endswith("s")
    )


def _halves(rest: str, end: int, begin: int) -> tuple[str, str] | None:
    noun, body = rest[:end].strip(" ,("), rest[begin:].strip(" ,:-–")
    noun = re.sub(r"^(?:single |one )?(?:one )?(?:of )?(?:the |these |those |our )", "", noun, flags=re.I)
    return (noun, body) if noun and body else None


_ALL: Final = re.compile(
    r"^(?P<pre>(?:(?!all\b|each\b|every\b)[\w\-]+\s+){0,2}?)(?P<all>all|each|every)(?: single)?(?: one)?(?: of)?"
    r"(?: (?:the|our|these|those|them))?\b\s*(?P<noun>.*)$",
    re.IGNORECASE,
)
_OF_EACH: Final = re.compile(
    r"\s+(?P<of>of|for|to|with|on) (?:each|every one|each one)(?: of (?:them|these"
    r"|those))?$",
    re.IGNORECASE,
)
_NOUN_ENDS: Final = re.compile(r"\s+(?:to|with|as|by|for|via|when|if|once|and|at|on|into)\b", re.IGNORECASE)


def over_all(rest: str) -> tuple[str, str] | None:
    """The object "all open tickets with ..." as what is gone through and the object for one of them."""
    if tail := _OF_EACH.search(rest):
        return "them", f"{rest[: tail.start()]} {tail['of']} it{rest[tail.end() :]}"
    match = _ALL.match(rest)
    if match is None:
        return None
    told = match["noun"].strip()
    end = found.start() if (found := _NOUN_ENDS.search(f" {told}")) else len(told) + 1
    noun, tail = told[: max(end - 1, 0)].strip(" ,"), told[max(end - 1, 0) :].strip(" ,")
    last = raw_tokens(noun)[-1:] if noun else ()
    if match["all"].lower() == "all" and last and singular(last[0]) == last[0]:
        return None
    return noun or "them", f"{match['pre']}it {tail}".strip()


STANDS_FOR: Final = frozenset(
    ["them", "one", "item", "these", "those", "it", "all", "entry", "thing", "result", "hit"]
)
"""Words that name nothing of their own."""


def stands_for_all(noun: str) -> bool:
    """Whether a noun names nothing of its own: "them", "one of them"."""
    return all(w in STANDS_FOR or w in STOP or w in PRONOUNS for w in raw_tokens(noun))
