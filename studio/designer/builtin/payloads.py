"""What a call from outside brings along, in words: "it sends the order id and a reason"."""

from __future__ import annotations

import re
from typing import Final

from dsl.catalog import Schema
from studio.designer.builtin.scope import Scope, Thing, kin
from studio.designer.builtin.shapes import choices, fits, plain, properties, sort_of
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import STOP, name_stems, raw_tokens
from studio.designer.builtin.work import Work, identifier

_ITEM: Final = r"(?:(?:the|its|their|his|her|an?|some|only the|just the) )?[a-z][a-z\- ]{1,28}?"
_BRINGS: Final = re.compile(
    r"\b(?:sends?(?: us)?(?: along)?|sent|sending|pass(?:es)?|posts?|gives?|leaves?|contains?|includes?|has"
    r"|carries|"
    r"fills? in|enters?|submits?|delivers?|with|named|along)(?: with it)? "
    rf"(?P<list>{_ITEM}(?:(?:,? and |, ){_ITEM}){{0,6}})(?=[.,;:!?)]|$| (?:by|via|in|when|where|that|which|to"
    rf"|from|for|with|on|at|as|through)\b)",
    re.IGNORECASE,
)
_FIELDS: Final = frozenset(
    name_stems(
        "id number no name company email address reason amount quantity sku code service date comment message phone "
        "country total price type team site host key text subject url"
    )
)


def take_what_is_sent(request: str, told: str, work: Work, scope: Scope) -> None:
    """Inputs for what the caller is said to send along, so that the steps are wired to them. ``told`` are the words
    that say what sets it off."""
    known = _arguments(work.toolbox)
    if re.search(r"(?<!\w)/\w|\w\.\w", told):
        for name, schema in _named_in(told, known):
            work.take_input(scope, name, schema, doc="Sent along.")
            work.sent.add(name)
        if work.sent:
            return
    for match in _BRINGS.finditer(re.sub(r'"[^"]*"', " ", request)):
        said = re.split(r",? and |, ", match["list"])
        names = [tuple(w for w in raw_tokens(item) if w not in STOP) for item in said]
        fields = [
            n
            for n in names
            if n and (name_stems(" ".join(n)) in known or name_stems(" ".join(n))[-1] in _FIELDS)
        ]
        if not fields or (len(fields) < len(names) and len(names) > 1):
            continue
        for field in fields:
            if len(field) > 3:
                continue
            name = "email" if field == ("email", "address") else identifier("_".join(field))
            schema = known.get(name_stems(name), ("", {"type": "string"}))[1]
            work.take_input(scope, name, schema, doc=f"The {' '.join(field)} that is sent along.")
            work.sent.add(name)


_NUMBERED: Final = frozenset(name_stems("id number no nr key code"))
_LOOSE: Final = frozenset(
    name_stems(
        "message text to subject body note reason channel comment title name status state type kind id number"
    )
)


def _named_in(told: str, known: dict[tuple[str, ...], tuple[str, Schema]]) -> list[tuple[str, Schema]]:
    """What tools take, as far as the words name it: "the order number" for "order_id"."""
    words = raw_tokens(re.sub(r'"[^"]*"|/[\w/\-]+|[a-z_]+(?:\.[a-z_]+)+', " ", told))
    found: dict[str, Schema] = {}
    at = 0
    while at < len(words):
        for size in (4, 3, 2, 1):
            window = name_stems(" ".join(words[at : at + size]))
            if len(words[at : at + size]) < size or not window:
                continue
            if size == 1 and (
                window[0] in _LOOSE or at == 0 or words[at - 1] in ("each", "every", "when", "our")
            ):
                continue
            hit = known.get(window)
            if hit is None and size > 1 and window[-1] in _NUMBERED:
                hit = next(
                    (k for w, k in known.items() if w[:-1] == window[:-1] and w[-1] in _NUMBERED), None
                )
            if hit is not None and not (size == 1 and _is_part(window, found)):
                found.setdefault(*hit)
                at += size
                break
        else:
            at += 1
    return list(found.items())


def _is_part(window: tuple[str, ...], found: dict[str, Schema]) -> bool:
    return any(window[0] in name_stems(name) for name in found)


def sent_for(work: Work, scope: Scope, words: tuple[str, ...], schema: Schema) -> Thing | None:
    """The one thing sent along that an argument can mean: "name" for the contact's name."""
    found = [
        thing
        for thing in scope.things
        if thing.name.removeprefix("input.") in work.sent
        and fits(thing.schema, schema)
        and thing.words
        and (thing.words[-1] == words[-1] or kin(thing.words[-1], words[-1]))
        and (len(thing.words) == 1 or set(thing.words) & set(words))
    ]
    return found[0] if len(found) == 1 else None


def _arguments(toolbox: Toolbox) -> dict[tuple[str, ...], tuple[str, Schema]]:
    """What tools take, by the stems of its name; plain values only."""
    found: dict[tuple[str, ...], tuple[str, Schema]] = {}
    for known in toolbox.tools:
        for name, schema in properties(known.tool.input_schema).items():
            if sort_of(schema) in ("string", "integer", "number", "boolean") and not choices(schema):
                found.setdefault(name_stems(name), (name, plain(schema)))
    return found
