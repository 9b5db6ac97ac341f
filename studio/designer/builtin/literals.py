"""Values that a clause itself gives to an argument: "in project OPS", "10 % discount", "for 30 days", "zone A"."""

from __future__ import annotations

import itertools
import re
from typing import Final

from dsl.catalog import Schema
from studio.designer.builtin.amounts import NUMBER_WORDS, QUANTITY, number_text, quantity
from studio.designer.builtin.draft import quote
from studio.designer.builtin.named_values import beside
from studio.designer.builtin.scope import is_amount
from studio.designer.builtin.shapes import choices, sort_of
from studio.designer.builtin.thesaurus import COMMON
from studio.designer.builtin.units import scale
from studio.designer.builtin.words import STOP, likeness, name_stems, raw_tokens, stem

_UNITS: Final = frozenset(
    map(stem, ["day", "hour", "minute", "week", "month", "second", "percent", "kg", "piece", "star"])
)
_COUNTED: Final = frozenset(
    map(stem, ["quantity", "qty", "count", "pieces", "units", "replicas", "number", "limit"])
)
_HEADINGS: Final = frozenset(map(stem, ["title", "subject", "summary", "headline"]))
_BOUNDS: Final = frozenset(["min", "max", "minimum", "maximum", "least", "most"])
_COMMON: Final = frozenset(COMMON.split())
_NUM: Final = r"(?P<v>\d+(?:\.\d+)?|" + "|".join(w for w in NUMBER_WORDS if len(w) > 2) + r")"
_TOKEN: Final = r"(?P<v>\"[^\"]*\"|#[\w-]+|[A-Za-z0-9][\w\-./]*)"


def spoken(
    text: str,
    name: str,
    schema: Schema,
    *,
    needed: bool,
    known: frozenset[str],
    own: frozenset[str] = frozenset(),
) -> str | None:
    """The value that the words give to the argument ``name``, as an expression; None when they give none.

    ``known`` are stems of what the catalog and the scope speak of: such a word is no value; ``own`` those of the tool's
    name.
    """
    kind = sort_of(schema)
    words = name_stems(name)
    if allowed := choices(schema):
        return _choice(text, allowed, words, needed=needed)
    if kind in ("number", "integer"):
        return _number(text, name, words, schema, floating=kind == "number", needed=needed)
    if kind == "boolean" and needed:
        return "false" if re.search(r"\b(?:not|without|no|dis\w+|off)\b", text) else "true"
    if kind == "boolean":
        said = {stem(w) for w in raw_tokens(text)}
        return "true" if set(words) <= said else None
    if kind == "string":
        return _text(text, name, words, known, own)
    return None


def _choice(text: str, allowed: tuple[str, ...], words: tuple[str, ...], *, needed: bool) -> str | None:
    said = set(raw_tokens(text))
    said |= {a + b for a, b in itertools.pairwise(raw_tokens(text))}
    exact = [c for c in allowed if raw_tokens(c) and set(raw_tokens(c)) <= said]
    if exact:
        # "with high priority": of two words that are said, the one that stands by the argument's name is meant.
        return quote(max(exact, key=lambda c: (len(c), -text.lower().find(raw_tokens(c)[0]))))
    stemmed = {stem(w) for w in said}
    near = [c for c in allowed if {stem(w) for w in raw_tokens(c)} <= stemmed]
    return quote(near[0]) if len(near) == 1 and (needed or set(words) & stemmed) else None


def _number(
    text: str, name: str, words: tuple[str, ...], schema: Schema, *, floating: bool, needed: bool
) -> str | None:
    factor = scale(name, schema)
    lowered = text.lower()
    spaced = r"[ _-]?".join(raw_tokens(name))
    named = re.search(rf"\b{spaced}\s+(?:of |to |by |= ?|: ?|is )?{_NUM}\b(?!\s*%)", lowered)
    named = named or re.search(
        rf"\b{stem(raw_tokens(name)[0])}\w*\s+(?:of |to |by |= ?|: ?|is )?{_NUM}\b(?!\s*%)", lowered
    )
    if named and not (is_amount(words) and re.match(r"(?:of|to|by)?\s*\d", named[0]) and False):
        return number_text(_value(named["v"]) * factor, floating=floating)
    tokens = raw_tokens(name)
    if not named and len(tokens) > 1 and tokens[0] in _BOUNDS:
        # "min_score": "a score of 80 at least", "at least 80 points of score".
        core = r"[ _-]?".join(re.escape(stem(t)) + r"\w*" for t in tokens[1:])
        sign = r"(?:of |is |are |has |[<>]=? ?|over |above |below |under |at (?:least|most) |up to |from )*"
        named = re.search(rf"\b{core}\s+{sign}{_NUM}\b(?!\s*%)", lowered) or re.search(
            rf"\b{_NUM}(?: or (?:more|less|fewer))? {core}\b", lowered
        )
        if named:
            return number_text(_value(named["v"]) * factor, floating=floating)
    for unit in set(words) & _UNITS:
        for match in re.finditer(rf"{_NUM}\s*-?\s*(?P<u>%|[a-z]+)", lowered):
            if stem(match["u"]) == unit or (match["u"] == "%" and unit == "percent"):
                return number_text(_value(match["v"]), floating=floating)
    if any(w in ("percent", "rate", "discount") for w in words):
        match = re.search(rf"{_NUM}\s*(?:%|percent)", lowered)
        if match:
            return number_text(_value(match["v"]), floating=floating)
    if is_amount(words) and needed:
        for match in re.finditer(QUANTITY, lowered):
            found = quantity(match[0].strip())
            if found and found.sort == "money":
                return number_text(found.value * factor, floating=floating)
    if is_amount(words) and needed:
        bare = re.findall(
            r"(?<![\w.#/-])(\d+(?:\.\d+)?)(?![\w./-])(?!\s*(?:%|percent|days?|hours?|minutes?|weeks?|months?|times|kg|pieces?))",
            lowered,
        )
        if len(bare) == 1:
            return number_text(float(bare[0]) * factor, floating=floating)
    if set(words) & _COUNTED:
        match = re.search(
            rf"(?<![\w.]){_NUM}\s*(?:pieces?|pcs\.?|units?|items?|x\b|more\b|of\b|replicas?)", lowered
        )
        match = match or re.search(
            r"(?<![\w.-])(?P<v>\d+)(?!\s*(?:%|days?|hours?|minutes?|weeks?|percent|times|euros?|\w*\d))\b",
            lowered,
        )
        if match:
            return number_text(_value(match["v"]), floating=floating)
    return None


def _value(word: str) -> float:
    return float(NUMBER_WORDS[word]) if word in NUMBER_WORDS else float(word)


def _text(
    text: str, name: str, words: tuple[str, ...], known: frozenset[str], own: frozenset[str]
) -> str | None:
    if words[-1] in _HEADINGS and (
        match := re.search(
            rf"\b(?:{raw_tokens(name)[-1]}|titled|named|called)(?:\s+(?:is|of|as"
            rf"|=))?\s*[:=]?\s+(?P<v>[A-Z][\w\-']*(?: (?!must|should|shall|is|and|with|"
            r"for|to|on|in|at|when|if)[\w\-']+){0,5})",
            text,
        )
    ):
        return quote(match["v"])
    tokens = [t for t in raw_tokens(name) if t not in ("id", "name")] or list(raw_tokens(name))
    for called in dict.fromkeys((r"[ _-]?".join(tokens), tokens[-1], tokens[0])):
        for match in re.finditer(
            rf"\b(?:{called})(?:\s+(?:is|to|of|as|being|called|named|=))?\s*[:=]?\s+{_TOKEN}", text, re.I
        ):
            value = match["v"]
            if value.startswith('"'):
                return quote(value[1:-1])
            if _is_value(value, text, match.start("v"), match.end("v"), known):
                return quote(value.rstrip("."))
    return beside(text, name, known, own)


def _is_value(value: str, text: str, start: int, end: int, known: frozenset[str]) -> bool:
    """Whether a word is a name and no part of the sentence: "OPS", "A", "payments"."""
    lowered = value.lower().rstrip(".")
    if lowered in STOP and not (value.isupper() and len(value) <= 2 and value != "I"):
        return False
    if any(c.isdigit() for c in value) or (value[0].isupper() and start > 0):
        return True
    behind = text[end:].lstrip()
    closes = (
        not behind
        or behind[0] in ",.;)"
        or re.match(r"(?:and|with|that|to|for|by|in|on|if|when|then)\b", behind)
    )
    return bool(closes) and stem(lowered) not in known and lowered not in _COMMON


def standing_for(text: str, known: frozenset[str]) -> str | None:
    """The name behind "of", "for" or "in" that no tool speaks of: "the health of checkout"."""
    for match in re.finditer(
        r"\b(?:of|for|in|on|at|from|named|called)\s+(?:country |service |host |team )?(?P<v>[A-Za-z][\w\-]*)",
        text,
    ):
        value = match["v"]
        if (
            value.lower() in STOP
            or (value.lower() in _COMMON and not value[0].isupper())
            or (
                not (value.isupper() and len(value) > 2)
                and any(likeness(stem(value.lower()), k) == 1.0 for k in known)
            )
        ):
            continue
        if re.match(r"\s*\w", text[match.end() :]) and not re.match(
            r"\s*(?:and|with|that|to|for|by|in|on|if|when|then)\b", text[match.end() :]
        ):
            continue
        return quote(value)
    return None


def only_quoted(text: str) -> str | None:
    """The one quoted text of a clause."""
    found = re.findall(r'"([^"]+)"', text)
    return quote(found[0]) if len(found) == 1 else None
