"""Renaming a step with everything that names it, and finding names that are free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from dsl import tree
from dsl.cel.source import bound_variable
from dsl.edits.ground import NAME, RESERVED, Ground
from dsl.edits.models import EditError, RenameStep, Splice
from dsl.outline import Place, slots
from dsl.tree import Block, Span
from dsl.walk import parts_of, walk


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
    must_be_free(ground, edit.id)
    return renamed(ground, place, edit.id)


def must_be_free(ground: Ground, name: str) -> None:
    """A name for something that expressions can read."""
    must_be_name(name)
    if name in RESERVED:
        raise EditError(f"{name!r} means something already", "choose another name")
    if name in ground.names:
        raise EditError(f"the name {name!r} is taken", "choose another name")


def must_be_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise EditError(f"{name!r} is no name", "names have letters, digits and _, and begin with a letter")


def renamed(ground: Ground, place: Place, new: str) -> tuple[Splice, ...]:
    """The splices that give a step the id ``new`` wherever it can be seen."""
    old = place.step.id
    spans = [place.step.id_span]
    for sibling in ground.block(place.container).steps:
        for clause in sibling.clauses:
            if isinstance(clause, tree.After) and old in clause.ids:
                spans += _words(ground.bare, clause.span, old)
    spans += readings(ground, place)
    return tuple(
        Splice(span.start, span.end, new) for span in sorted(set(spans), key=lambda span: span.start)
    )


def readings(ground: Ground, place: Place) -> list[Span]:
    """Where the result of a step is read."""
    found = []
    own = place.step.kind.span
    for span in references(_visible(ground, place.container), place.step.id):
        if own.start <= span.start < own.end and not isinstance(place.step.kind, tree.Loop):
            continue  # only a loop reads its own id; anything else means a step outside
        # Parentheses around a name count to its span.
        found.append(ground.word(place.step.id, span.start, span.end))
    return found


def scope_names(ground: Ground, container: str) -> frozenset[str]:
    """The ids of the steps that share their names with those of a block."""
    found: set[str] = set()
    waiting = [_visible(ground, container)]
    while waiting:
        for step in waiting.pop().steps:
            found.add(step.id)
            waiting += [slot.block for slot in slots(step) if not slot.scope]
    return frozenset(found)


def _words(text: str, span: Span, word: str) -> Iterator[Span]:
    for match in re.finditer(
        rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text[span.start : span.end]
    ):
        if match.start() > 0:  # the keyword itself stands first
            yield Span(span.start + match.start(), span.start + match.end())


def _visible(ground: Ground, container: str) -> Block:
    """The block in and below which the names of a block's steps are known: the nearest around that keeps them."""
    while container:
        path, _, name = container.rpartition("/")
        owner = ground.place(path)
        slot = next(slot for slot in slots(owner.step) if slot.name == name)
        if slot.scope:
            return slot.block
        container = owner.container
    return ground.workflow.body


def references(node: Any, name: str) -> Iterator[Span]:
    """Where ``name`` is read in and below a node, as long as it still means the same."""
    if isinstance(node, tuple):
        for item in node:
            yield from references(item, name)
        return
    match node:
        case tree.Name(id=id, span=span):
            if id == name:
                yield span
            return
        case tree.MethodCall(target=target) as call if bound_variable(call) == name:
            yield from references(target, name)
            return
        case tree.Foreach(items=items, variable=variable, block=block):
            yield from references(items, name)
            if variable != name and not defines(block, name):
                yield from references(block, name)
            return
        case tree.Loop(carry=carry, test=test, block=block):
            if carry is not None:
                yield from references(carry[1], name)
            if (carry is None or carry[0] != name) and not defines(block, name):
                yield from references((test, block), name)
            return
        case tree.Catch(variable=variable, block=block):
            if variable != name and not defines(block, name):
                yield from references(block, name)
            return
        case tree.Compensate(block=block):
            if not defines(block, name):
                yield from references(block, name)
            return
    if hasattr(node, "__dataclass_fields__"):
        for part in parts_of(type(node)):
            yield from references(getattr(node, part), name)


def defines(block: Block, name: str) -> bool:
    """Whether a block that keeps its names to itself has a step of this name that is seen throughout it."""
    return any(isinstance(node, tree.Step) and node.id == name for node in walk(block))
