"""Where a name comes from, where else it stands, and giving it another one."""

from __future__ import annotations

from dsl.assist.bindings import Origin, bindings_of
from dsl.catalog import Catalog
from dsl.diagnostic import Replacement
from dsl.edits import EditError, RenameStep
from dsl.edits.ground import NAME, RESERVED, Ground
from dsl.edits.names import rename_step
from dsl.outline import places
from dsl.parse import parse
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
    return None if use is None or use.origin.sort in ("block", "output", "input", "config") else use.span


def rename(text: str, offset: int, name: str) -> tuple[Replacement, ...]:
    """What has to be replaced to give the name at ``offset`` another one. Raises :class:`dsl.EditError`."""
    found = bindings_of(text)
    use = found.at(offset)
    if use is None or renameable(text, offset) is None:
        raise EditError(
            "nothing here can be renamed", "put the cursor on the name of a step, a type or a variable"
        )
    if parse(text).diagnostics:
        raise EditError("a text with mistakes in it cannot be renamed in", "mend them first")
    if use.origin.sort == "step":
        edit = RenameStep(path=_path(text, use.origin), id=name)
        return tuple(
            Replacement(Span(splice.start, splice.end), splice.text)
            for splice in rename_step(Ground.of(text), edit)
        )
    if not NAME.fullmatch(name):
        raise EditError(f"{name!r} is no name", "names have letters, digits and _, and begin with a letter")
    if use.origin.sort in ("item", "error", "carry", "variable"):
        taken = name in RESERVED or name in Ground.of(text).names
    else:
        taken = any(one.origin.sort == use.origin.sort and one.origin.name == name for one in found.uses)
    if taken:
        raise EditError(f"the name {name!r} is taken", "choose another name")
    return tuple(Replacement(span, name) for span in found.of(use.origin))


def _path(text: str, origin: Origin) -> str:
    for place in places(parse(text).workflow.body):
        if place.step.id_span == origin.span:
            return place.path
    raise EditError("there is no such step any more", "look at the text as it is now and do it again")
