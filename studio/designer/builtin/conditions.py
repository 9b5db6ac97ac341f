"""Reading a condition in words: "the total is over 100 euros", "it is not eligible", "there are none"."""

from __future__ import annotations

import re
from dataclasses import replace

from studio.designer.builtin.amounts import quantity
from studio.designer.builtin.reading import (
    Both,
    Compare,
    CompareTo,
    Contains,
    Empty,
    Enough,
    Is,
    Op,
    Same,
    Test,
)
from studio.designer.builtin.words import PRONOUNS, raw_tokens

_IS = r"(?:is|are|was|were|gets|got|has been|have been|comes to|amounts to|costs|goes)"
_OPS: tuple[tuple[str, Op], ...] = (
    (r"(?:no more than|not more than|not over|not above|at most|up to|a maximum of|<=)", "<="),
    (r"(?:no less than|not less than|not under|not below|at least|a minimum of|>=)", ">="),
    (r"(?:greater than or equal to)", ">="),
    (r"(?:less than or equal to)", "<="),
    (
        r"(?:over|above|more than|greater than|higher than|bigger than|larger than|"
        r"longer than|older than|heavier than|later than|beyond|in excess of|>)",
        ">",
    ),
    (
        r"(?:under|below|less than|lower than|fewer than|smaller than|"
        r"shorter than|younger than|lighter than|cheaper than|earlier than|<)",
        "<",
    ),
    (r"(?:equal to|exactly|==?)", "=="),
)
_VERB_OPS: tuple[tuple[str, Op], ...] = (
    (r"(?:does not exceed|doesn't exceed|do not exceed)", "<="),
    (r"(?:exceeds?|exceed|tops|surpass(?:es)?|passes)", ">"),
    (r"(?:reaches)", ">="),
    (r"(?:equals?)", "=="),
)
_SUFFIX_OPS: tuple[tuple[str, Op], ...] = (
    (r"or (?:more|above|higher|over)", ">="),
    (r"or (?:less|below|lower|under|fewer)", "<="),
)
_NOT = re.compile(r"\b(?:not|never|isn't|aren't|wasn't|no longer)\b|n't\b")


def read_test(text: str) -> Test | None:
    """The whole text as a condition, or None."""
    text = re.sub(r"\s+", " ", text).strip(" ,.;:")
    text = text.replace("isn't", "is not").replace("aren't", "are not").replace("’", "'")
    text = re.sub(r"\b(it|that|this|there)'s\b", r"\1 is", text)
    text = text.replace("hasn't", "has not").replace("wasn't", "was not")
    if not text:
        return None
    if re.fullmatch(r"(?:so|yes|it is|they are|that is the case|it does|true)", text, re.I):
        return Same(negated=False)
    if re.fullmatch(
        r"(?:not|no|it is not|they are not|it does not|that is not the case|otherwise)", text, re.I
    ):
        return Same(negated=True)
    single = _single(text)
    if single is not None:
        return single
    for joint in (" or ", " and "):
        for match in re.finditer(joint, text, re.I):
            left, right = read_test(text[: match.start()]), read_test(text[match.end() :])
            if left is not None and right is None:
                right = _carry_subject(left, text[match.end() :])
            if left is not None and right is not None:
                return Both("||" if "or" in joint else "&&", left, right)
    return None


def bare_test(text: str) -> str:
    """Whether a label is a condition: "bare" without a subject ("10 days or more"), "whole" with one; "" when none."""
    stated = _comparison(f"it is {text}")
    if stated is not None and not (isinstance(stated, Compare) and stated.subject):
        return "bare"
    test = read_test(text)
    if isinstance(test, Compare | CompareTo | Empty | Contains | Both | Enough):
        return "whole"
    words = text.lower().split()
    if isinstance(test, Is) and len(words) <= 6:
        return "whole"
    adjective = len(words) == 1 and re.fullmatch(
        r"(?:un|in)?\w+(?:ed|able|ible|thy)|down|up|late|overdue|lost|new|open", text, re.I
    )
    return "bare" if adjective else ""


def _carry_subject(left: Test, text: str) -> Test | None:
    match left:
        case Compare(subject) | CompareTo(subject) | Is(subject):
            return read_test(f"{subject} is {text}")
        case _:
            return None


def _single(text: str) -> Test | None:
    for reader in (
        _between,
        _enough,
        _comparison,
        _emptiness,
        _belonging,
        _containment,
        _predicate,
        _agreement,
    ):
        found = reader(text)
        if found is not None:
            return found
    return None


def _between(text: str) -> Test | None:
    match = re.fullmatch(
        rf"(?:(?P<s>.+?) )?(?:{_IS} )?(?:between|from) (?P<a>\S+(?: \S+)?) (?:and|to|-) (?P<b>.+)", text, re.I
    ) or re.fullmatch(
        rf"(?:(?P<s>.+?) )?(?:{_IS} )?(?P<a>[\d.,]+)\s?(?:-|–|to)\s?(?P<b>[\d.,]+.*)", text, re.I
    )
    if match is None:
        return None
    low, high = quantity(match["a"]), quantity(match["b"])
    if low is None or high is None:
        return None
    if low.sort == "plain" and high.sort != "plain":
        low = replace(low, unit=high.unit, sort=high.sort)
    subject = _subject(match["s"] or "")
    return Both("&&", Compare(subject, ">=", low), Compare(subject, "<=", high))


def _enough(text: str) -> Test | None:
    """ "there is enough stock", "they do not have enough days left", "the balance is not sufficient"."""
    match = re.fullmatch(
        r"(?P<s>.*?)\b(?P<n>not |n't |never )?(?:have |has |got |is |are |there is |there are )?(?P<n2>not"
        r" )?(?:enough|sufficient)\b"
        r"(?P<what>(?: [\w ]+?)?)(?: for (?:it|that|this|the \w+))?(?: left| remaining| available)?",
        text,
        re.I,
    )
    if match is None:
        return None
    negated = bool(match["n"] or match["n2"] or re.search(r"\bnot\b|n't\b|\bno\b", match["s"]))
    return Enough(_subject(match["what"].strip() or ""), negated)


def _belonging(text: str) -> Test | None:
    """ "the customer belongs to the gold tier", "it has status paid", "the priority is set to high"."""
    match = re.fullmatch(
        r"(?P<s>.+?) (?P<n>does not |do not )?(?:belongs?|is|are|counts?) (?P<n2>not )?(?:to|in|of|at|on) (?:the"
        r" |an? )?"
        r"(?P<v>[\w\-\"]+) (?P<f>tier|status|state|stage|class|category|group|level|priority|team|country"
        r"|segment|plan|type)",
        text,
        re.I,
    ) or re.fullmatch(
        r"(?P<s>.+?) (?:has|have|is of|with)(?P<n> not)?(?P<n2>) (?:the |an? )?(?P<f>tier|status|state|stage"
        r"|class|category|group|"
        r"level|priority|team|country|segment|plan|type|severity)(?: of)? (?P<v>[\w\-\"]+)",
        text,
        re.I,
    )
    if match is None:
        return None
    return Is(
        f"{_subject(match['s'])} {match['f'].lower()}".strip(),
        match["v"].strip('"'),
        bool(match["n"] or match["n2"]),
    )


def _agreement(text: str) -> Test | None:
    """ "they match", "the two agree", "it does not fit"."""
    match = re.fullmatch(
        r"(?P<s>it|they|these|those|both|the two|all|the [\w ]{2,30}?|\w+s) (?P<n>do not |does not |don't "
        r"|doesn't |did not |cannot )?"
        r"(?P<v>[a-z]{3,})(?: (?:with )?(?:each other|up|together|at all))?",
        text,
        re.I,
    )
    if (
        match is None
        or match["v"].lower() in _NO_DEEDS
        or re.search(r"\b(?:of|for|in|on|to|by|from|at)$", match["s"])
    ):
        return None
    return Is(_subject(match["s"]), match["v"], bool(match["n"]))


_NO_DEEDS = frozenset(
    ["the", "and", "with", "ones", "order", "over", "under", "above", "below", "approval", "left"]
)


def _comparison(text: str) -> Test | None:
    for pattern, op in _SUFFIX_OPS:
        match = re.fullmatch(rf"(?P<s>.+?) {_IS} (?:for |worth |only )?(?P<q>.+?) {pattern}", text, re.I)
        if match and (found := quantity(match["q"])):
            return Compare(_subject(match["s"]), op, found)
    for pattern, op in _OPS:
        match = re.fullmatch(
            rf"(?P<s>.+?)(?: {_IS})? (?:(?:for|worth|priced) )?{pattern} (?P<q>.+)", text, re.I
        )
        if match:
            return _against(match["s"], op, match["q"])
    for pattern, op in _VERB_OPS:
        match = re.fullmatch(rf"(?P<s>.+?) {pattern} (?P<q>.+)", text, re.I)
        if match:
            return _against(match["s"], op, match["q"])
    match = re.fullmatch(rf"there {_IS} (?P<op>.+?) (?P<q>\d+) (?P<s>.+)", text, re.I)
    if match:
        return read_test(f"{match['s']} is {match['op']} {match['q']}")
    match = re.fullmatch(rf"(?P<s>.+?) {_IS}(?P<n> not)? (?P<q>[€$£]?\s?\d.*)", text, re.I)
    if match and (found := quantity(match["q"])):
        return Compare(_subject(match["s"]), "!=" if match["n"] else "==", found)
    return None


def _against(subject: str, op: Op, rest: str) -> Test | None:
    if re.search(rf"\b{_IS}$", subject, re.I):
        subject = re.sub(rf"\s*\b{_IS}$", "", subject, flags=re.I)
    if re.search(r"\b(?:if|when|ask|then)\b", rest):
        return None
    subject = re.sub(r"(?:\b| )off(?: by)?$", "", subject, flags=re.I)
    subject = re.sub(
        r"\s+(?:from|against|to|with) (?:the |its |an? )?[\w ]+ by$|\s+by$", "", subject, flags=re.I
    )
    rest = re.sub(
        r"\b(?:in total|each|altogether|per (?:cent))\b", lambda m: "percent" if "per" in m[0] else "", rest
    ).strip()
    found = quantity(rest)
    if found is not None:
        return Compare(_subject(subject), op, found)
    if re.search(r"\d", rest) or len(raw_tokens(rest)) > 8:
        return None
    other = _subject(rest)
    return CompareTo(_subject(subject), op, other) if other else None


def _emptiness(text: str) -> Test | None:
    match = re.fullmatch(
        r"(?:there (?:is|are)|we (?:have|find|found)|it (?:finds|found)) (?P<n>no|none|any|some)(?: (?P<s>.+))?",
        text,
        re.I,
    )
    if match:
        return Empty(_subject(match["s"] or ""), negated=match["n"].lower() not in ("no", "none"))
    match = re.fullmatch(
        r"(?:nothing|none|no (?P<s>.+?)) (?:is|are|was|were)(?: found| left| there)?", text, re.I
    )
    if match:
        return Empty(_subject(match["s"] or ""), negated=False)
    match = re.fullmatch(r"(?:the )?(?P<s>.+?) (?:is|are) (?P<n>not )?empty", text, re.I)
    return Empty(_subject(match["s"]), negated=bool(match["n"])) if match else None


def _containment(text: str) -> Test | None:
    match = re.fullmatch(
        r"(?P<s>.+?) (?P<n>does not |doesn't )?(?:contains?|mentions?|includes?|says?) ['\"“]?(?P<t>[^'\"”]+)['\"”]?",
        text,
        re.I,
    )
    return Contains(_subject(match["s"]), match["t"].strip(), bool(match["n"])) if match else None


def _predicate(text: str) -> Test | None:
    match = re.fullmatch(
        rf"(?P<s>.+?) (?:{_IS}|has|have)(?P<n> not| never| no longer)? (?:been )?(?P<p>[\w\- '\"]+)",
        text,
        re.I,
    )
    if match is None:
        denied = re.fullmatch(
            r"(?P<s>[\w ]+?) (?:does not|doesn't|do not|don't|did not) (?P<p>\w+)", text, re.I
        )
        stated = re.fullmatch(
            r"(?P<s>it|they|that|this|(?:the|an?) \w+) (?P<p>[a-z]{3,}(?:es|s))", text, re.I
        )
        found = denied or stated
        return Is(_subject(found["s"]), found["p"], bool(denied)) if found else None
    predicate = re.sub(
        r"^(?:not|still|already|really|actually|marked(?: as)?|set to|(?:an?|the)) ",
        "",
        match["p"].strip(" '\""),
    )
    if (
        predicate in ("still", "already", "again", "not")
        or len(predicate.split()) > 3
        or len(match["s"].split()) > 6
    ):
        return None
    if re.search(
        r"\b(?:to|by|then|and|or|is|are|was|below|above|under|over|than)\b|\b(?:the|its|an?)$", predicate
    ):
        return None
    negated = bool(match["n"]) or bool(_NOT.search(match["p"]))
    word = predicate.lower()
    if word.startswith(("un", "in")) and len(word) > 6 and word[2:] in _NEGATABLE:
        negated, predicate = not negated, predicate[2:]
    return Is(_subject(match["s"]), predicate, negated)


_NEGATABLE = frozenset(
    [
        "paid",
        "available",
        "eligible",
        "valid",
        "approved",
        "shipped",
        "complete",
        "assigned",
        "active",
        "verified",
        "correct",
    ]
)


def _subject(text: str) -> str:
    """The noun phrase without articles; "" for a pronoun."""
    text = re.sub(r"^(?:that|if|when|whether)\s+", "", text.strip(), flags=re.I)
    words = [
        w
        for w in re.split(r"\s+", text)
        if w.lower() not in ("the", "a", "an", "its", "their", "this", "that")
    ]
    kept = " ".join(words)
    return "" if kept.lower() in PRONOUNS or kept.lower() in ("there",) else kept
