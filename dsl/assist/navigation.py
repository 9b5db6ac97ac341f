"""Where a name comes from, where else it stands, and giving it another one."""

from __future__ import annotations

from typing import assert_never

from dsl.assist.bindings import Origin, bindings_of
from dsl.catalog import Catalog
from dsl.diagnostic import Replacement
from dsl.edits import EditError, RenameName, RenameStep
from dsl.edits.ground import Ground
from dsl.edits.names import must_be_free, rename_step
from dsl.edits.renaming import rename_name
from dsl.outline import slots
from dsl.tree import Span


def definition(text: str, offset: int, catalog: Catalog) -> Span | None:
    """Where the name at ``offset`` is introduced in this text."""
    use = bindings_of(text).at(offset)
    return use.origin.span if use else None


def references(text: str, offset: int, catalog: Catalog) -> tuple[Span, ...]:
    """Every place where the name at ``offset`` stands for the same, where it is introduced too."""
    use = bindings_of(text).at(offset)
    return bindings_of(text).of(use.origin) if use else ()


def renameable(text: str, offset: int) -> Span | None:
    """The name at ``offset``, when it can be given another one: the text itself must introduce it."""
    use = bindings_of(text).at(offset)
    return None if use is None or use.origin.sort == "block" else use.span


def rename(text: str, offset: int, name: str) -> tuple[Replacement, ...]:
    """What has to be replaced to give the name at ``offset`` another one. Raises :class:`dsl.EditError`."""
    found = bindings_of(text)
    use = found.at(offset)
    if use is None:
        raise _nothing()
    ground = Ground.of(text)
    if ground.parsed.diagnostics:
        raise EditError("nothing can be renamed while the text has mistakes", "mend them first")
    origin = use.origin
    match origin.sort:
        case "step":
            splices = rename_step(ground, RenameStep(path=_path(ground, origin), id=name))
        case "use" | "type" | "secret" | "input" | "output" | "config":
            splices = rename_name(ground, RenameName(sort=origin.sort, name=origin.name, new=name))
        case "item" | "error" | "carry":
            block = _reader(ground, origin)
            splices = rename_name(
                ground, RenameName(sort="variable", name=origin.name, new=name, block=block)
            )
        case "variable":
            must_be_free(ground, name)
            return tuple(Replacement(span, name) for span in found.of(origin))
        case "block":
            raise _nothing()
        case _:
            assert_never(origin.sort)
    return tuple(Replacement(Span(splice.start, splice.end), splice.text) for splice in splices)


def _nothing() -> EditError:
    return EditError(
        "nothing here can be renamed", "put the cursor on the name of a step, a type or a variable"
    )


def _path(ground: Ground, origin: Origin) -> str:
    for path, place in ground.places.items():
        if place.step.id_span == origin.span:
            return path
    raise EditError("there is no such step any more", "look at the text as it is now and do it again")


def _reader(ground: Ground, origin: Origin) -> str:
    """The block that can read a variable: the next to begin behind where it is introduced."""
    blocks = (
        (slot.block.span.start, f"{path}/{slot.name}")
        for path, place in ground.places.items()
        for slot in slots(place.step)
    )
    behind = min((block for block in blocks if block[0] > origin.span.start), default=None)
    if behind is None:
        raise _nothing()
    return behind[1]
