"""What a message is to tell: the values that its clause speaks of, "the tracking number", "how many", "the list"."""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.prose import priced
from studio.designer.builtin.scope import Scope, is_amount, kin
from studio.designer.builtin.shapes import Place, item_schema, places, properties, sort_of
from studio.designer.builtin.units import scale_of
from studio.designer.builtin.words import STOP, likeness, name_stems, raw_tokens, stem, word_list
from studio.designer.builtin.worth import owed

_MOST: Final = 6
_NO_VALUE: Final = frozenset(
    stem(word)
    for word in word_list(
        "email mail message channel room slack text sms chat team person one somebody report post customer"
    )
)
_PLAIN: Final = ("string", "number", "integer", "boolean")
_COUNT: Final = re.compile(
    r"\b(?:how many|the number(?: of)?|the count of|their number"
    r"|count)\b(?P<what>[^,.;]*)",
    re.I,
)
_OF: Final = re.compile(
    r"\b(?P<what>[a-z]+) of (?:the |its |his |her |their |this |that |an? |each |every )?(?P<whose>[a-z]+(?: (?!and|or"
    r"|to|in|by|on|at|with|for|from|as|is|are|has|via|which|that|who|there|so|then)[a-z]+)?)\b",
    re.I,
)
_THAT: Final = re.compile(
    r"\b(?:that|this|the resulting|the) (?:number|count|figure|percentage|share|score|value)\b(?! of\b)", re.I
)
_LISTED: Final = re.compile(
    r"\b(?:the|a) (?:list|overview|table|names)\b(?: of (?P<what>[^,.;]*))?|\b(?:them|these) all\b", re.I
)


def mentioned(text: str, scope: Scope, but: frozenset[str] = frozenset()) -> list[str]:
    """Lines such as "Tracking no: ${booking.tracking_no}" for what the words name. ``but`` are stems to leave alone."""
    text = re.sub(r'"[^"]*"|\S*@\S+|#[\w-]+', " ", text)
    lines: dict[str, str] = {}
    counted = _COUNT.search(text)
    if counted and (number := _number_called(scope, counted["what"])) is not None:
        lines[number.path] = line(number)
        text = text.replace(counted[0], " ")
    elif counted and (found := _list(scope, counted["what"])):
        lines[found.path] = f"{_label(found)}: ${{{found.path}.size()}}"
        text = text.replace(counted[0], " ")
    if (listed := _LISTED.search(text)) and (found := _list(scope, listed["what"] or "")):
        lines[found.path] = joined(found)
        text = text.replace(listed[0], " ")
    if (sum_ := owed(scope, text)) is not None:
        lines[sum_.path] = line(sum_)
    if not lines and _THAT.search(text):
        lines |= {p.path: line(p) for p in _numbers(scope)}
    # "the number of the ledger entry" is the ledger entry's number.
    words = [w for w in raw_tokens(_OF.sub(r"\g<whose> \g<what>", text)) if w not in STOP]
    at = 0
    while at < len(words) and len(lines) < _MOST:
        for size in (3, 2, 1):
            window = tuple(stem(w) for w in words[at : at + size])
            if len(window) < size or (size == 1 and (window[0] in _NO_VALUE or window[0] in but)):
                continue
            place = _named(scope, window)
            if place is not None:
                lines.setdefault(place.path, joined(place) if place.sort == "array" else line(place))
                at += size
                break
        else:
            at += 1
    return list(lines.values())


def _numbers(scope: Scope) -> list[Place]:
    """The numbers that the step before gives, where they are few."""
    steps = [t for t in scope.things if t.step]
    if not steps:
        return []
    newest = steps[-1]
    found = [
        p
        for p in places(newest.name, newest.words, newest.schema, depth=1)
        if p.sort in ("number", "integer")
    ]
    return found if len(found) <= 2 else []


def line(place: Place) -> str:
    """One value with its name: "Total: ${money(order.total)}"."""
    if is_amount(place.leaf) and place.sort in ("number", "integer"):
        return f"{_label(place)}: ${{{priced(place.path, place.sort, scale_of(place))}}}"
    return f"{_label(place)}: ${{{place.path}}}"


def _named(scope: Scope, window: tuple[str, ...]) -> Place | None:
    """The field that all the words name, most of the words of its own name among them."""
    best: tuple[float, Place] | None = None
    for thing, place in scope.places():
        named_list = place.sort == "array" and sort_of(item_schema(place.schema)) == "string"
        if (
            (place.sort not in _PLAIN and not named_list)
            or not place.leaf
            or (place.path == thing.name and thing.step)
        ):
            continue
        if not all(any(_same(w, p) for p in (*thing.words, *place.words)) for w in window):
            continue
        covered = sum(1 for leaf in place.leaf if any(_same(w, leaf) for w in window))
        exact = sum(1 for leaf in place.leaf if leaf in window)
        if not any(_same(w, leaf) for w in window[-1:] for leaf in place.leaf) or covered * 2 < len(
            place.leaf
        ):
            continue
        if (
            covered < len(place.leaf)
            and place.leaf[-1] in ("id", "key", "email")
            and window[-1] not in place.leaf
        ):
            continue
        score = (
            covered / len(place.leaf)
            + 0.2 * exact
            + (0.3 if thing.step else 0.0)
            - 0.02 * place.path.count(".")
        )
        score += 0.0 if place.certain else -0.4
        if best is None or score > best[0] + 1e-9:
            best = score, place
    return best[1] if best and best[0] >= 0.75 else None


def _same(left: str, right: str) -> bool:
    return likeness(left, right) > 0 or kin(left, right)


def _number_called(scope: Scope, what: str) -> Place | None:
    """The number that a field of that name gives: "number of rows"."""
    words = [stem(w) for w in raw_tokens(what) if w not in STOP][:1]
    return next(
        (
            p
            for _, p in scope.places()
            if p.sort in ("integer", "number") and words and p.leaf in ((words[0],), (words[0], "count"))
        ),
        None,
    )


def _list(scope: Scope, what: str) -> Place | None:
    words = [stem(w) for w in raw_tokens(what) if w not in STOP]
    lists = [p for _, p in scope.places() if p.sort == "array"]
    named = [p for p in lists if any(likeness(w, leaf) for w in words for leaf in (*p.words,))]
    return (named or lists or [None])[0]


def joined(place: Place) -> str:
    """A list as one line an item, by what names an item."""
    item = item_schema(place.schema)
    if sort_of(item) == "string":
        return f"{_label(place)}: ${{{place.path}.join(', ')}}"
    names = [
        n for n, s in properties(item).items() if sort_of(s) in ("string", "integer") and n.isidentifier()
    ]
    telling = [
        n
        for n in names
        if name_stems(n)[-1] in ("id", "name", "titl", "number", "no", "key", "sku", "subject")
    ]
    chosen = (telling or names)[:2]
    if not chosen:
        return f"{_label(place)}: ${{{place.path}.size()}}"
    parts = " + ', ' + ".join(f"text(one.{name})" for name in chosen)
    return f"{_label(place)}:\n${{{place.path}.map(one, {parts}).join('\\n')}}"


def _label(place: Place) -> str:
    words = " ".join(raw_tokens(place.path.rpartition(".")[2]))
    return words[:1].upper() + words[1:]
