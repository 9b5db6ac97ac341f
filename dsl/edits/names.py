"""Renaming a step with everything that names it, and finding names that are free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from dsl import tree
from dsl.edits.ground import NAME, RESERVED, Ground
from dsl.edits.models import EditError, RenameStep, Splice
from dsl.outline import Place, slots
from dsl.tree import Block, Span
from dsl.walk import parts_of, walk

COMPREHENSIONS = frozenset(
    {"all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap"}
)


def free_name(wish: str, taken: Set[str]) -> str:
    """``wish``, or ``wish_2`` and so on."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", wish).strip("_") or "step"
    name = name if NAME.fullmatch(name) else f"step_{name}"
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def rename_step(ground: Ground, edit: RenameStep) -> tuple[Splice, ...]:
    place = ground.place(edit.path)
    if edit.id == place.step.id:
        return ()
    if not NAME.fullmatch(edit.id):
        raise EditError(
            f"{edit.id!r} is no name for a step", "names have letters, digits and _, and begin with a letter"
        )
    if edit.id in RESERVED:
        raise EditError(f"{edit.id!r} means something already", "choose another name")
    if edit.id in ground.names:
        raise EditError(f"the name {edit.id!r} is taken", "choose another name")
    return renamed(ground, place, edit.id)


def renamed(ground: Ground, place: Place, new: str) -> tuple[Splice, ...]:
    """The splices that give a step the id ``new`` wherever it can be seen."""
    old = place.step.id
    spans = [place.step.id_span]
    for sibling in ground.block(place.container).steps:
        for clause in sibling.clauses:
            if isinstance(clause, tree.After) and old in clause.ids:
                spans += _words(ground.text, clause.span, old)
    region = _visible(ground, place)
    own = place.step.kind.span
    for span in _references(region, old):
        if own.start <= span.start < own.end and not isinstance(place.step.kind, tree.Loop):
            continue  # only a loop reads its own id; anything else means a step outside
        # Parentheses around a name count to its span.
        at = ground.text.index(old, span.start)
        spans.append(Span(at, at + len(old)))
    return tuple(
        Splice(span.start, span.end, new) for span in sorted(set(spans), key=lambda span: span.start)
    )


def _words(text: str, span: Span, word: str) -> Iterator[Span]:
    for match in re.finditer(
        rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text[span.start : span.end]
    ):
        if match.start() > 0:  # the keyword itself stands first
            yield Span(span.start + match.start(), span.start + match.end())


def _visible(ground: Ground, place: Place) -> Block:
    """The block in and below which a step's name is known: up to the nearest that keeps its names to itself."""
    container = place.container
    while container:
        path, _, name = container.rpartition("/")
        owner = ground.place(path)
        slot = next(slot for slot in slots(owner.step) if slot.name == name)
        if slot.scope:
            return slot.block
        container = owner.container
    return ground.workflow.body


def _references(node: Any, name: str) -> Iterator[Span]:
    """Where ``name`` is read in and below a node, as long as it still means the same."""
    if isinstance(node, tuple):
        for item in node:
            yield from _references(item, name)
        return
    match node:
        case tree.Name(id=id, span=span):
            if id == name:
                yield span
            return
        case tree.MethodCall(target=target, method=method, args=(tree.Name(id=bound), *_)) if (
            bound == name and method in COMPREHENSIONS
        ):
            yield from _references(target, name)
            return
        case tree.Foreach(items=items, variable=variable, block=block):
            yield from _references(items, name)
            if variable != name and not _defines(block, name):
                yield from _references(block, name)
            return
        case tree.Loop(carry=carry, test=test, block=block):
            if carry is not None:
                yield from _references(carry[1], name)
            if (carry is None or carry[0] != name) and not _defines(block, name):
                yield from _references((test, block), name)
            return
        case tree.Catch(variable=variable, block=block):
            if variable != name and not _defines(block, name):
                yield from _references(block, name)
            return
        case tree.Compensate(block=block):
            if not _defines(block, name):
                yield from _references(block, name)
            return
    if hasattr(node, "__dataclass_fields__"):
        for part in parts_of(type(node)):
            yield from _references(getattr(node, part), name)


def _defines(block: Block, name: str) -> bool:
    """Whether a block that keeps its names to itself has a step of this name that is seen throughout it."""
    return any(isinstance(node, tree.Step) and node.id == name for node in walk(block))
