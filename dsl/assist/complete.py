"""What can be written at a place: words the grammar takes there, and names, tools and values that make sense there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dsl.assist.cursor import DEEPEST, Cursor, cursor_at
from dsl.assist.offer import Kind, Offer
from dsl.assist.offers import offers
from dsl.assist.sketch import sketch
from dsl.catalog import Catalog
from dsl.diagnostic import Replacement
from dsl.literals import spell_string
from dsl.parse import MAX_CHARACTERS
from dsl.tree import Span

MOST = 400


@dataclass(frozen=True, slots=True)
class Completion:
    """``insert`` goes in the place of ``span``; ``snippet`` is the same with places to fill in (``${1:...}``), ""
    where there are none. ``detail`` is the type or the sort in words, ``documentation`` some Markdown. ``edits`` are
    made elsewhere in the text when this is chosen. ``order`` counts from 0: most useful first."""

    label: str
    kind: Kind
    insert: str
    snippet: str
    detail: str
    documentation: str
    span: Span
    edits: tuple[Replacement, ...]
    order: int


def complete(text: str, offset: int, catalog: Catalog) -> tuple[Completion, ...]:
    """What can be written at ``offset``, most useful first; never raises, whatever the text."""
    if len(text) > MAX_CHARACTERS:
        return ()
    cursor = cursor_at(text, offset)
    if (
        len(cursor.frames) > DEEPEST
        or cursor.where == "comment"
        or (cursor.where == "text" and cursor.quote == '"""')
    ):
        return ()
    if cursor.word[:1].isdigit() and cursor.where == "code":
        return ()
    in_text = cursor.where == "text"
    drawn = sketch(cursor, catalog, quoted=in_text)
    found = list(offers(text, offset, cursor, drawn))
    if in_text:
        found = [one for one in found if one.text is not None]
    return tuple(_ranked(cursor, found))


def _ranked(cursor: Cursor, found: Iterable[Offer]) -> Iterator[Completion]:
    scored = []
    seen: set[tuple[str, str]] = set()
    for offer in found:
        match = _match(cursor.word, offer.label)
        if match is None or (offer.label, offer.kind) in seen:
            continue
        seen.add((offer.label, offer.kind))
        scored.append((match, offer.group, offer.rank, offer.label, offer.kind, offer))
    scored.sort(key=lambda entry: entry[:5])
    for order, (*_, offer) in enumerate(scored[:MOST]):
        yield _completion(cursor, offer, order)


def _completion(cursor: Cursor, offer: Offer, order: int) -> Completion:
    insert, snippet = offer.insert or offer.label, offer.snippet
    if offer.text is not None:
        if cursor.where == "text":
            spelled = spell_string(offer.text)[1:-1]
            if cursor.quote == "'":
                spelled = spelled.replace('\\"', '"').replace("'", "\\'")
            insert = spelled if cursor.closed else spelled + cursor.quote
        else:
            insert = _quoted(offer.text, cursor)
        snippet = ""
    return Completion(
        offer.label,
        offer.kind,
        insert,
        snippet,
        offer.detail,
        offer.documentation,
        cursor.span,
        offer.edits,
        order,
    )


def _quoted(text: str, cursor: Cursor) -> str:
    """In a hole of a text with ``"`` only ``'`` can stand."""
    spelled = spell_string(text)
    if cursor.quote == '"':
        return "'" + spelled[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    return spelled


def _match(word: str, label: str) -> int | None:
    """How well what was typed fits a label: 0 begins with it, then a part of it does, 3 has its letters in order."""
    if not word or label.startswith(word):
        return 0
    low, name = word.lower(), label.lower()
    if name.startswith(low):
        return 1
    if any(part.startswith(low) for part in re.split(r"[._\-/ @]", name)[1:]):
        return 2
    letters = iter(name)
    return 3 if len(low) > 1 and all(letter in letters for letter in low) else None
