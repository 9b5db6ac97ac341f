"""Changing a text by splices of the smallest span: what is not touched stays as it is, byte for byte."""

from __future__ import annotations

from typing import assert_never

from dsl.catalog import Catalog
from dsl.edits.blocks import unwrap, wrap
from dsl.edits.clauses import set_clause
from dsl.edits.clipboard import Copied, copy_text
from dsl.edits.flow import connect, disconnect
from dsl.edits.ground import Ground, spliced
from dsl.edits.heads import set_header
from dsl.edits.models import (
    AddStep,
    Connect,
    Disconnect,
    Edit,
    Edited,
    EditError,
    MoveStep,
    Paste,
    RemoveStep,
    RenameName,
    RenameStep,
    ReplaceText,
    Sequence,
    SetAnnotation,
    SetArgument,
    SetClause,
    SetComment,
    SetDoc,
    SetExpression,
    SetHeader,
    Splice,
    Unwrap,
    UseLine,
    Wrap,
)
from dsl.edits.names import rename_step
from dsl.edits.parts import set_annotation, set_argument, set_comment, set_doc, set_expression
from dsl.edits.renaming import rename_name
from dsl.edits.steps import add_step, move_step, remove_step
from dsl.parse import parse

__all__ = [
    "AddStep",
    "Connect",
    "Copied",
    "Disconnect",
    "Edit",
    "EditError",
    "Edited",
    "MoveStep",
    "Paste",
    "RemoveStep",
    "RenameName",
    "RenameStep",
    "ReplaceText",
    "Sequence",
    "SetAnnotation",
    "SetArgument",
    "SetClause",
    "SetComment",
    "SetDoc",
    "SetExpression",
    "SetHeader",
    "Unwrap",
    "UseLine",
    "Wrap",
    "apply",
    "copy_text",
]

_Part = SetArgument | SetClause | SetExpression | SetDoc | SetAnnotation | SetComment | SetHeader
"""Edits of one part, which leave every other step where it is."""


def apply(text: str, edit: Edit, catalog: Catalog | None = None) -> Edited:
    """Make one edit. Raises :class:`EditError` where it cannot be made; then nothing is changed.

    With a catalog, ``connect`` knows which tools only read; without one, each is taken to change something. A text
    with syntax errors can be edited where it could be read; no edit but ``replace_text`` adds an error.
    """
    match edit:
        case Sequence(edits=edits):
            inverses: list[Edit] = []
            for one in edits:
                edited = apply(text, one, catalog)
                text = edited.text
                inverses.insert(0, edited.inverse)
            return Edited(text, Sequence(edits=tuple(inverses)))
        case ReplaceText(start=start, end=end, text=new):
            if not 0 <= start <= end <= len(text):
                raise EditError("this place does not exist in the text", "load the text again")
            return _edited(text, (Splice(start, end, new),))
        case _:
            ground = Ground.of(text)
            edited = _edited(text, _splices(ground, edit, catalog))
            _prove(ground, edit, edited.text)
            return edited


def _splices(
    ground: Ground,
    edit: _Part
    | AddStep
    | Paste
    | RemoveStep
    | MoveStep
    | RenameStep
    | RenameName
    | Wrap
    | Unwrap
    | Connect
    | Disconnect,
    catalog: Catalog | None,
) -> tuple[Splice, ...]:
    match edit:
        case AddStep() | Paste():
            return add_step(ground, edit)
        case RemoveStep():
            return remove_step(ground, edit)
        case MoveStep():
            return move_step(ground, edit)
        case RenameStep():
            return rename_step(ground, edit)
        case RenameName():
            return rename_name(ground, edit)
        case SetHeader():
            return set_header(ground, edit)
        case SetArgument():
            return set_argument(ground, edit)
        case SetClause():
            return set_clause(ground, edit)
        case SetExpression():
            return set_expression(ground, edit)
        case SetDoc():
            return set_doc(ground, edit)
        case SetAnnotation():
            return set_annotation(ground, edit)
        case SetComment():
            return set_comment(ground, edit)
        case Wrap():
            return wrap(ground, edit)
        case Unwrap():
            return unwrap(ground, edit)
        case Connect():
            return connect(ground, edit, catalog)
        case Disconnect():
            return disconnect(ground, edit, catalog)
        case _:
            assert_never(edit)


def _edited(text: str, splices: tuple[Splice, ...]) -> Edited:
    """The new text, and the replacements that take it back, last place first."""
    splices = tuple(trimmed for splice in splices if (trimmed := _trimmed(text, splice)) is not None)
    new = spliced(text, splices)
    back: list[Edit] = []
    shift = 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        start = splice.start + shift
        old = text[splice.start : splice.end]
        back.insert(0, ReplaceText(start=start, end=start + len(splice.text), text=old))
        shift += len(splice.text) - len(old)
    return Edited(new, back[0] if len(back) == 1 else Sequence(edits=tuple(back)))


def _trimmed(text: str, splice: Splice) -> Splice | None:
    """The same change without what stays at its ends; None when nothing changes."""
    start, end, new = splice.start, splice.end, splice.text
    ahead = _shared(text[start:end], new)
    start, new = start + ahead, new[ahead:]
    behind = _shared(text[start:end][::-1], new[::-1])
    end, new = end - behind, new[: len(new) - behind]
    return Splice(start, end, new) if new or end > start else None


def _shared(one: str, two: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _prove(ground: Ground, edit: Edit, after: str) -> None:
    """An edit leaves a text that reads at least as well as before, and a part of one step changes no other."""
    before = {(found.code, found.message) for found in ground.parsed.diagnostics}
    found = parse(after, ground.parsed).diagnostics
    if len(found) > len(ground.parsed.diagnostics):
        new = next((one for one in found if (one.code, one.message) not in before), found[0])
        raise EditError(new.message, new.help)
    if isinstance(edit, _Part):
        path = "" if isinstance(edit, SetHeader) else edit.path
        inside = tuple(path + mark for mark in ".~") if path else ()
        if _paths_but(ground, inside) != _paths_but(Ground.of(after), inside):
            raise EditError("this would change other steps too", "give a value for this place alone")


def _paths_but(ground: Ground, inside: tuple[str, ...]) -> list[str]:
    return [path for path in ground.places if not (inside and path.startswith(inside))]
