"""What "for each overdue invoice" runs over: a list in scope, a tool that lists, or a list the workflow asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.designer.builtin.draft import DraftStep
from studio.designer.builtin.reading import Is, Item, When
from studio.designer.builtin.scope import Scope, Thing, noun_words
from studio.designer.builtin.shapes import Place as Field
from studio.designer.builtin.shapes import choices, item_schema, places, properties, sort_of
from studio.designer.builtin.testing import Resolved, resolve
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import PRONOUNS, STOP, likeness, plural, raw_tokens, singular, stem

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place


@dataclass(frozen=True, slots=True)
class Found:
    """``items`` is the expression of the list, ``item`` one of it; ``only`` is a condition that picks some of them."""

    items: str
    item: Thing
    only: Is | None = None

    def wrap(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        if self.only is None:
            return items
        return (When(self.only, items, (), f"only those that are {self.only.predicate}"),)


def find_list(composer: Composer, noun: str, steps: list[DraftStep], scope: Scope, place: Place) -> Found:
    work = composer.work
    noun = (
        re.split(r"\b(?:in|of|from|on|that|which|with|below|above|under|over)\b", noun, flags=re.I)[0].strip()
        or noun
    )
    words = [w for w in raw_tokens(noun) if w not in STOP] or [w for w in raw_tokens(noun) if w in PRONOUNS][
        -1:
    ]
    entity = singular(words[-1]) if words else "item"
    adjectives = words[:-1]
    known: Known | None = None
    field = _in_scope(entity, scope)
    if field is None and entity in ("them", "one", "item", "these", "those", "it", "all") and scope.things:
        field = _newest_list(scope)
        entity = singular(field.path.rpartition(".")[2].lower()) if field else entity
        adjectives = []
    if field is None:
        known = _lister(composer, entity, noun)
        if known is not None:
            filtered = {
                w for w in adjectives for s in properties(known.tool.input_schema).values() if w in choices(s)
            }
            adjectives = [w for w in adjectives if w not in filtered]
            composer.call(known, "list", noun, steps, scope, place)
            field = _in_scope(entity, scope) or _newest_list(scope)
    if field is not None:
        name = entity if entity not in work.ids and entity not in scope.names() else f"one_{entity}"
        work.ids.add(name)
        item = Thing(name, noun_words(entity), item_schema(field.schema), step=True, noun=f"item:{entity}")
        return Found(field.path, item, _only(composer, adjectives, item, noun))
    reader = next(
        (
            k
            for k in work.toolbox.tools
            if k.reads and stem(entity) in k.name and f"{entity}_id" in properties(k.tool.input_schema)
        ),
        None,
    )
    name = f"{entity}_id" if reader else entity
    listed = f"{name}s" if reader else plural(entity)
    expression = work.take_input(
        scope,
        listed,
        {"type": "array", "items": {"type": "string"}},
        doc=f"The {plural(entity)} to go through.",
    )
    work.assume(f"No tool lists {plural(entity)}, so the workflow asks for them as {listed!r}.")
    work.ids.add(name)
    return Found(
        expression, Thing(name, noun_words(name), {"type": "string"}, step=True, noun=f"item:{entity}")
    )


def _in_scope(entity: str, scope: Scope) -> Field | None:
    wanted = stem(entity)
    for _, place in scope.places():
        if place.sort == "array" and place.leaf and any(likeness(wanted, w) for w in place.leaf[-1:]):
            return place
    return None


def _newest_list(scope: Scope) -> Field | None:
    newest = scope.things[-1]
    return next((p for p in places(newest.name, newest.words, newest.schema) if p.sort == "array"), None)


def _lister(composer: Composer, entity: str, noun: str) -> Known | None:
    wanted = stem(entity)
    for match in composer.work.toolbox.rank("list", noun, composer.work.topic):
        known = match.known
        about = any(likeness(wanted, w) for w in known.name)
        if known.lists and known.tool.output_schema and (about or _holds(known, wanted)):
            return known
    return None


def _holds(known: Known, wanted: str) -> bool:
    """Whether a tool gives a list that is called like the thing wanted."""
    fields = properties(known.tool.output_schema or {})
    return any(likeness(wanted, stem(name)) and sort_of(schema) == "array" for name, schema in fields.items())


def _only(composer: Composer, adjectives: list[str], item: Thing, noun: str) -> Is | None:
    """The adjectives no argument took, as a condition on each item."""
    for word in adjectives:
        test = Is("", word, False)
        if isinstance(found := resolve(test, Scope([item]), None), Resolved) and not found.notes:
            return test
        composer.work.ask(
            f"I could not tell which ones are {word!r}: nothing about {noun!r} says so. All of them "
            f"are handled; how would one know?"
        )
    return None
