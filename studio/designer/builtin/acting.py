"""Actions as calls: the tool that a verb means, unless another part of the request does it already."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.designer.builtin.asking import asked_in
from studio.designer.builtin.asks import ask
from studio.designer.builtin.draft import DraftStep
from studio.designer.builtin.looping import over_all
from studio.designer.builtin.means import foreign_means
from studio.designer.builtin.reading import Act, Each, Item, Together, When
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import choices, properties, required, sort_of
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, raw_tokens, stem, stems

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place

_REFUSALS = frozenset(map(stem, ["reject", "refuse", "decline", "deny"]))
_APPROVING = re.compile(r"\b(?:approv|sign(?:s|ed)?[ -]?off|permission|authori[sz]|go-ahead|consent)", re.I)


def act(composer: Composer, item: Act, steps: list[DraftStep], scope: Scope, place: Place) -> None:
    known = composer.match(item, scope)
    if item.aside and not item.verb and (known is None or known.reads):
        # "An order needs the approval of a manager": only said to tell what the question is about.
        return
    if (
        item.aside
        and known
        and (composer.has(steps, known) or any(_means(composer, later, known) for later in place.ahead))
    ):
        return
    if known is None:
        sense = stem(item.verb)
        if _APPROVING.search(item.words):
            ask(composer, asked_in(item.words, _role_in(composer, item.words)), steps, scope, place)
            return
        if sense in _REFUSALS:
            steps.append(composer.end("rejected", place))
            return
        if item.known or stems(item.words):
            composer.work.miss(item.words, _need(composer, item))
        return
    if not known.reads and (
        means := foreign_means(item.words, composer.work.toolbox, composer.work.catalog.roles)
    ):
        composer.work.miss(
            item.words,
            f"None of the connected tools can do that {means}. The nearest is {known.id}.",
            instead=known.id,
        )
        return
    if known.reads and composer.looked_up.get(known.id) in scope.names():
        return
    if not item.tool and (loop := _for_each(item, known)) is not None:
        composer.each(loop, steps, scope, place)
        return
    words = re.sub(r'"[^"]*"', "", item.words)
    gated = (
        not item.tool
        and bool(_APPROVING.search(words))
        and not _is_state(known, words)
        and not known.sends
        and not _APPROVING.search(known.tool.name)
    )
    if gated and not known.reads:
        ask(
            composer,
            asked_in(words, _role_in(composer, words)),
            steps,
            scope,
            replace(place, ahead=(item, *place.ahead)),
        )
    composer.call(known, item.verb, item.rest, steps, scope, place)
    if gated and known.reads:
        ask(composer, asked_in(words, _role_in(composer, words)), steps, scope, place)


def _is_state(known: Known, words: str) -> bool:
    """ "set it to approved": a word that the tool takes, and nobody is asked."""
    said = set(raw_tokens(words))
    taken = {c for s in properties(known.tool.input_schema).values() for c in choices(s)}
    return any(_APPROVING.search(c) and set(raw_tokens(c)) <= said for c in taken)


def _for_each(item: Act, known: Known) -> Each | None:
    """ "close all open tickets" as a loop, where the tool takes one of them."""
    if known.lists or (known.sends and not item.rest.lower().startswith(("each", "every"))):
        return None
    told = over_all(item.rest)
    needs = required(known.tool.input_schema)
    inner = properties(known.tool.input_schema)
    if told is None or not needs or any(sort_of(inner[name]) == "array" for name in needs if name in inner):
        return None
    noun, rest = told
    return Each(noun, (Act(f"{item.verb} {rest}", item.verb, rest, item.known),), None, item.words)


def _role_in(composer: Composer, words: str) -> str:
    """A role of the account that the words name; "" when they name none."""
    if by := re.search(r"\b(?:by|of|from) (.+)$", words):
        return by[1]
    spoken = set(stems(words))
    return next(
        (role for role in sorted(composer.work.catalog.roles or ()) if set(name_stems(role)) <= spoken), ""
    )


def _means(composer: Composer, item: Item, known: Known) -> bool:
    match item:
        case Act(aside=False):
            return composer.match(item) == known
        case When(_, then, other):
            return any(_means(composer, i, known) for i in (*then, *other))
        case Each(_, items) | Together(items):
            return any(_means(composer, i, known) for i in items)
        case _:
            return False


def _need(composer: Composer, item: Act) -> str:
    nearest = composer.work.toolbox.rank("", item.words, ())
    near = f" The nearest is {nearest[0].known.id}." if nearest else ""
    shouted = item.words.split(" ", 1)[0].isupper()
    words = item.words if shouted else item.words[:1].lower() + item.words[1:]
    what = words if item.verb else f"do {words!r}"
    return f"None of the connected tools can {what}; connect a connector with such a tool.{near}"
