"""What a message is to tell: the values that its clause speaks of, "the tracking number", "how many", "the list"."""

from __future__ import annotations

import re
from typing import Final

from studio.designer.builtin.prose import priced
from studio.designer.builtin.scope import Scope, is_amount, kin
from studio.designer.builtin.shapes import Place, item_schema, properties, sort_of
from studio.designer.builtin.units import scale_of
from studio.designer.builtin.words import STOP, likeness, name_stems, raw_tokens, stem, word_list

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
_LISTED: Final = re.compile(
    r"\b(?:the|a) (?:list|overview|table|names)\b(?: of (?P<what>[^,.;]*))?|\b(?:them|these) all\b", re.I
)


def mentioned(text: str, scope: Scope, but: frozenset[str] = frozenset()) -> list[str]:
    """Lines such as "Tracking no: ${booking.tracking_no}" for what the words name. ``but`` are stems to leave alone."""
    text = re.sub(r'"[^"]*"|\S*@\S+|#[\w-]+', " ", text)
    lines: dict[str, str] = {}
    if (counted := _COUNT.search(text)) and (found := _list(scope, counted["what"])):
        lines[found.path] = f"{_label(found)}: ${{{found.path}.size()}}"
        text = text.replace(counted[0], " ")
    if (listed := _LISTED.search(text)) and (found := _list(scope, listed["what"] or "")):
        lines[found.path] = joined(found)
        text = text.replace(listed[0], " ")
    words = [w for w in raw_tokens(text) if w not in STOP]
    at = 0
    while at < len(words) and len(lines) < _MOST:
        for size in (3, 2, 1):
            window = tuple(stem(w) for w in words[at : at + size])
            if len(window) < size or (size == 1 and (window[0] in _NO_VALUE or window[0] in but)):
                continue
            place = _named(scope, window)
            if place is not None:
                lines.setdefault(place.path, line(place))
                at += size
                break
        else:
            at += 1
    return list(lines.values())


def line(place: Place) -> str:
    """One value with its name: "Total: ${money(order.total)}"."""
    if is_amount(place.leaf) and place.sort in ("number", "integer"):
        return f"{_label(place)}: ${{{priced(place.path, place.sort, scale_of(place))}}}"
    return f"{_label(place)}: ${{{place.path}}}"


def _named(scope: Scope, window: tuple[str, ...]) -> Place | None:
    """The field that all the words name, most of the words of its own name among them."""
    best: tuple[float, Place] | None = None
    for thing, place in scope.places():
        if place.sort not in _PLAIN or not place.leaf or (place.path == thing.name and thing.step):
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
