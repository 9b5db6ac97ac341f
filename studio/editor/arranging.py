"""What is done with selected steps, as edits of the text. Pure: nothing is done here.

A step inside another selected one goes along with it, so only the outer ones count. Each gesture is one edit, so that
one undo takes it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

import dsl
from dsl import tree
from dsl.edits.ground import Ground
from dsl.edits.names import readings
from dsl.outline import Place, implied_slots, slots
from studio.editor.document import Refused
from studio.editor.handling import Arranging, Delete, Drop, Duplicate, Rename, Shift, TakeOut, WrapIn
from studio.editor.reading import Reading

ENDS = tree.Return | tree.Fail
GONE = Refused("What was selected is no longer there.", "Look at the workflow as it is now.")


@dataclass(frozen=True, slots=True)
class Arranged:
    """An edit, and what is selected after it: steps by id in a block, or whatever is new where ``ids`` is empty."""

    edit: dsl.Edit
    container: str = ""
    ids: tuple[str, ...] = ()


def arrange(said: Arranging, reading: Reading) -> Arranged | Refused:
    """The edit, or why there is none."""
    if isinstance(said, Rename):
        return _renamed(said, reading)
    chosen = outer(said.steps, reading)
    if not chosen:
        return GONE
    match said:
        case Duplicate():
            return Arranged(_all(_copies(chosen, reading)))
        case Delete():
            return Arranged(_all(dsl.RemoveStep(path=place.path) for place in chosen))
        case WrapIn(into=into):
            paths = tuple(place.path for place in chosen)
            return Arranged(dsl.Wrap.model_validate({"paths": paths, "in": into}))
        case TakeOut():
            return _taken_out(chosen, reading)
        case Shift(way=way):
            return _shifted(chosen, way, reading)
        case Drop(container=container, before=before):
            return _carried(chosen, container, before, reading)
        case _:
            assert_never(said)


def outer(paths: Iterable[str], reading: Reading) -> tuple[Place, ...]:
    """The places of those that exist and stand in none of the others, in the order they are written."""
    chosen = {path for path in paths if path in reading.steps}
    return tuple(
        place
        for path, place in reading.steps.items()
        if path in chosen and not any(_is_inside(path, other) for other in chosen)
    )


def readers(places: Sequence[Place], reading: Reading) -> tuple[str, ...]:
    """The ids of the other steps that read the result of one of these, in the order they are written."""
    ground = Ground(reading.parsed)
    spans = [span for place in places if place.path in ground.places for span in readings(ground, place)]
    found: dict[str, None] = {}
    for span in spans:
        path = reading.step_at(span.start) or ""
        inside = any(path == place.path or _is_inside(path, place.path) for place in places)
        if path and not inside:
            found[reading.steps[path].step.id] = None
    return tuple(found)


def siblings(container: str, reading: Reading) -> tuple[Place, ...]:
    """The steps of a block."""
    return tuple(place for place in reading.steps.values() if place.container == container)


def behind(path: str | None, reading: Reading) -> tuple[str, str | None]:
    """The slot behind a step, or at the end of the workflow; in front of a step that ends the run."""
    place = reading.steps.get(path or "")
    if place is None:
        body = siblings("", reading)
        return "", body[-1].step.id if body and isinstance(body[-1].step.kind, ENDS) else None
    if isinstance(place.step.kind, ENDS):
        return place.container, place.step.id
    follower = [other for other in siblings(place.container, reading) if other.index == place.index + 1]
    return place.container, follower[0].step.id if follower else None


def own_id(path: str | None) -> str | None:
    """A slot names the step it stands before by its path or its id; the edits want the id."""
    return path.rsplit(".", 1)[-1] if path else None


def _is_inside(path: str, other: str) -> bool:
    return path.startswith((f"{other}.", f"{other}~"))


def _all(edits: Iterable[dsl.Edit]) -> dsl.Edit:
    found = tuple(edits)
    return found[0] if len(found) == 1 else dsl.Sequence(edits=found)


def _groups(chosen: Sequence[Place]) -> Iterator[list[Place]]:
    """The chosen ones of each block."""
    for container in dict.fromkeys(place.container for place in chosen):
        yield [place for place in chosen if place.container == container]


def _copies(chosen: Sequence[Place], reading: Reading) -> Iterator[dsl.Edit]:
    for group in _groups(chosen):
        copied = dsl.copy_text(reading.parsed, [place.path for place in group])
        yield copied.paste(*behind(group[-1].path, reading))


def _taken_out(chosen: Sequence[Place], reading: Reading) -> Arranged | Refused:
    blocks = [place for place in chosen if slots(place.step)]
    if not blocks:
        return Refused("There is no block to take away here.", "Select a step that holds other steps.")
    inner = [place.step.id for place in reading.steps.values() if _holds(blocks[0], place)]
    edit = _all(dsl.Unwrap(path=place.path) for place in blocks)
    return Arranged(edit, blocks[0].container, tuple(inner))


def _holds(block: Place, place: Place) -> bool:
    return place.container.rpartition("/")[0] == block.path and place.container != ""


def _shifted(
    chosen: Sequence[Place], way: Literal["up", "down", "out", "in"], reading: Reading
) -> Arranged | Refused:
    if len({place.container for place in chosen}) > 1:
        return Refused("These stand in different blocks.", "Select steps of one block to move them together.")
    container = chosen[0].container
    block = siblings(container, reading)
    inside = {place.path for place in chosen}
    above = [place for place in block if place.index < chosen[0].index]
    below = [place for place in block if place.index > chosen[-1].index and place.path not in inside]
    match way:
        case "up":
            if not above:
                return Refused("It is the first of its block.", "Alt+Left takes it out of the block.")
            return _moved(chosen, container, above[-1].step.id)
        case "down":
            if not below:
                return Refused("It is the last of its block.", "Alt+Left takes it out of the block.")
            if isinstance(below[0].step.kind, ENDS):
                return Refused(
                    f"`{below[0].step.id}` ends the run there.", "What comes behind it would never run."
                )
            return _moved(chosen, container, below[1].step.id if len(below) > 1 else None)
        case "out":
            owner = reading.steps.get(container.rpartition("/")[0])
            if owner is None:
                return Refused("It is in no block.", "Alt+Right takes it into the block beside it.")
            return _moved(chosen, *behind(owner.path, reading))
        case "in":
            return _into_the_next(chosen, above, below)
        case _:
            assert_never(way)


def _into_the_next(chosen: Sequence[Place], above: list[Place], below: list[Place]) -> Arranged | Refused:
    """Into the block above, at its end; otherwise into the one below, at its beginning."""
    if above and (names := _blocks_of(above[-1])):
        name, steps = names[0]
        last = steps[-1] if steps else None
        before = last.id if last is not None and isinstance(last.kind, ENDS) else None
        return _moved(chosen, f"{above[-1].path}/{name}", before)
    if below and (names := _blocks_of(below[0])):
        name, steps = names[0]
        return _moved(chosen, f"{below[0].path}/{name}", steps[0].id if steps else None)
    return Refused("There is no block beside it.", "Wrap it in one with Ctrl+G, or drag it.")


def _blocks_of(place: Place) -> list[tuple[str, tuple[tree.Step, ...]]]:
    """The blocks of a step with their steps: those for what goes well first."""
    written = [(slot.name, slot.block.steps) for slot in slots(place.step) if not slot.rescue]
    return [*written, *((name, ()) for name in implied_slots(place.step.kind))]


def _carried(
    chosen: Sequence[Place], container: str, before: str | None, reading: Reading
) -> Arranged | Refused:
    for place in chosen:
        if container.startswith((f"{place.path}/", f"{place.path}.", f"{place.path}~")):
            return Refused(f"`{place.step.id}` cannot go into itself.", "Drop the steps somewhere else.")
    anchor = own_id(before)
    moving = {place.step.id for place in chosen if place.container == container}
    block = [place.step.id for place in siblings(container, reading)]
    while anchor in moving:
        at = block.index(anchor) + 1
        anchor = block[at] if at < len(block) else None
    return _moved(chosen, container, anchor)


def _moved(chosen: Sequence[Place], container: str, before: str | None) -> Arranged:
    edits = [dsl.MoveStep(path=place.path, container=container, before=before) for place in chosen]
    return Arranged(_all(edits), container, tuple(place.step.id for place in chosen))


def _renamed(said: Rename, reading: Reading) -> Arranged | Refused:
    place = reading.steps.get(said.step)
    if place is None:
        return GONE
    id = said.id.strip()
    return Arranged(dsl.RenameStep(path=said.step, id=id), place.container, (id,))
