"""What "for each overdue invoice" runs over: a list in scope, a tool that lists, or a list the workflow asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from studio.designer.builtin.conditions import read_test
from studio.designer.builtin.draft import DraftStep
from studio.designer.builtin.looping import STANDS_FOR
from studio.designer.builtin.reading import Both, Is, Item, Test, When
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
    """``items`` is the expression of the list, ``item`` one of it; ``only`` are conditions that pick some of them."""

    items: str
    item: Thing
    only: tuple[Test, ...] = ()

    def wrap(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        if not self.only:
            return items
        test = self.only[0]
        for other in self.only[1:]:
            test = Both("&&", test, other)
        return (When(test, items, (), "only those that are meant"),)


_QUALIFIES: Final = re.compile(
    r"\s+(?=(?:that|which|who|whose|where|with|without|in|of|from|on|at|below|above|under|over|more|less|older|longer|"
    r"shorter|bigger|smaller|larger|worth|due|by|having|costing|we|i)\b)",
    re.IGNORECASE,
)


def find_list(
    composer: Composer, noun: str, steps: list[DraftStep], scope: Scope, place: Place, tool: str = ""
) -> Found:
    """What ``noun`` runs over; ``tool`` is the one that lists it, where the reader knew."""
    work = composer.work
    head, *more = _QUALIFIES.split(noun.strip(), maxsplit=1)
    qualifier = more[0] if more else ""
    words = [w for w in raw_tokens(head) if w not in STOP] or [w for w in raw_tokens(head) if w in PRONOUNS][
        -1:
    ]
    entity = singular(words[-1]) if words else "item"
    adjectives = words[:-1]
    known: Known | None = None
    told = next((k for k in work.toolbox.tools if k.id == tool), None)
    called = composer.calls_of(told, scope) if told else []
    field = _newest_list(Scope([t for t in scope.things if t.name == called[-1]])) if called else None
    if field is not None and entity in STANDS_FOR:
        entity = _one_of(field)
    if field is None and told is None:
        field = _in_scope(entity, scope)
    if field is None and told is None and entity in STANDS_FOR and scope.things:
        field = _newest_list(scope)
        entity = _one_of(field) if field else entity
    if field is None:
        known = told or _lister(composer, entity, noun) or _lister_of(composer, entity)
        if known is not None:
            step = composer.call(
                known,
                "list",
                f"{noun} {entity}" if entity not in raw_tokens(noun) else noun,
                steps,
                scope,
                place,
            )
            given = {w for _, value in step.args for w in raw_tokens(value)}
            adjectives = [w for w in adjectives if w not in given and stem(w) not in map(stem, given)]
            qualifier = _unsaid(qualifier, given)
            listed = Scope([t for t in scope.things if t.name == step.id])
            field = _in_scope(entity, listed) or _newest_list(listed)
            if field is not None and (stem(entity) in map(stem, given) or entity in STANDS_FOR):
                entity = _one_of(field)
    if field is not None:
        name = entity if entity not in work.ids and entity not in scope.names() else f"one_{entity}"
        work.ids.add(name)
        item = Thing(name, noun_words(entity), item_schema(field.schema), step=True, noun=f"item:{entity}")
        only = (*_only(composer, adjectives, item, noun, known), *_narrowed(composer, qualifier, item, noun))
        return Found(field.path, item, only)
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


def list_of(composer: Composer, noun: str) -> Known | None:
    """The tool that lists what a noun names."""
    words = [w for w in raw_tokens(noun) if w not in STOP]
    return _lister(composer, singular(words[-1]), noun) if words else None


def of_the_item(noun: str, scope: Scope) -> bool:
    """Whether a noun only names a field of the item that is gone through: "each company" of a lead."""
    item = next((t for t in reversed(scope.things) if t.noun.startswith("item:")), None)
    words = [stem(singular(w)) for w in raw_tokens(noun) if w not in STOP]
    fields = places(item.name, (), item.schema, depth=1) if item else ()
    return bool(words) and any(p.leaf == (words[-1],) and p.sort not in ("array", "object") for p in fields)


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


def _lister_of(composer: Composer, word: str) -> Known | None:
    """The tool that lists what is called by one of its filter's words: "warnings" are alerts of that severity."""
    for known in composer.work.toolbox.tools:
        if known.lists and known.tool.output_schema:
            for schema in properties(known.tool.input_schema).values():
                if any(stem(word) == stem(c) for c in choices(schema)):
                    return known
    return None


def _one_of(field: Field) -> str:
    """What one of a list is called: "orders.orders" -> "order", "leads.results" -> "lead"."""
    own = singular(raw_tokens(field.path)[-1])
    if own in ("result", "item", "entry", "row", "hit", "record", "datum", "data") and "." in field.path:
        own = singular(raw_tokens(field.path.rpartition(".")[0])[-1])
    return own


def _unsaid(qualifier: str, given: set[str]) -> str:
    """A qualifier without what the call of the list has taken already."""
    said = [w for w in raw_tokens(qualifier) if w not in STOP]
    taken = {stem(w) for w in given}
    left = [w for w in said if stem(w) not in taken and w not in _FIELDS]
    return qualifier if left else ""


_FIELDS: Final = frozenset(
    ["status", "state", "stage", "severity", "priority", "country", "type", "kind", "set", "marked", "still"]
)


def _only(
    composer: Composer, adjectives: list[str], item: Thing, noun: str, known: Known | None
) -> tuple[Test, ...]:
    """The adjectives no argument took, as conditions on each item."""
    found: list[Test] = []
    told = set(known.name) | known.fields["description"] if known else set()
    for word in adjectives:
        if stem(word) in item.words or stem(word) in _NO_FILTER or stem(word) in told:
            continue
        test = Is("", word, False)
        found_in = resolve(test, Scope([item]), None)
        if isinstance(found_in, Resolved) and not found_in.notes:
            found.append(test)
            continue
        composer.work.ask(
            f"I could not tell which ones are {word!r}: nothing about {noun!r} says so. All of them "
            f"are handled; how would one know?"
        )
    return tuple(found)


_NO_FILTER: Final = frozenset(
    map(stem, ["single", "firing", "current", "existing", "present", "whole", "respective", "given"])
)


def _narrowed(composer: Composer, qualifier: str, item: Thing, noun: str) -> tuple[Test, ...]:
    """ "that cost more than 100 euros" as a condition on each item; a list is no part of its own name."""
    if not qualifier or re.match(r"(?:of|in|on|from|by|at) (?:the|that|this|our|it|them)\b", qualifier, re.I):
        return ()
    told = re.sub(r"^(?:that|which|who|where|having)\s+", "", qualifier, flags=re.I)
    told = re.sub(r"^(?:whose)\s+", "the ", told, flags=re.I)
    for said in (
        told,
        f"it is {told}",
        f"it {told}",
        re.sub(r"^(?:with|without) (?:an? |the )?", "the ", told),
    ):
        test = read_test(said)
        if test is None:
            continue
        found = resolve(test, Scope([item]), None)
        if isinstance(found, Resolved) and not found.weak:
            return (test,)
    composer.work.ask(
        f"I could not tell which ones are meant by {qualifier!r}: nothing about {noun!r} says so. All of them are "
        "handled; how would one know?"
    )
    return ()
