"""Changing a text by splices of the smallest span: what is not touched stays as it is, byte for byte."""

from __future__ import annotations

from typing import assert_never

from dsl.edits.ground import Ground, spliced
from dsl.edits.models import (
    AddStep,
    Edit,
    Edited,
    EditError,
    MoveStep,
    RemoveStep,
    RenameStep,
    ReplaceText,
    Sequence,
    SetArgument,
    SetClause,
    SetDoc,
    SetExpression,
    Splice,
    UseLine,
    Wrap,
)
from dsl.edits.names import rename_step
from dsl.edits.parts import set_argument, set_clause, set_doc, set_expression
from dsl.edits.steps import add_step, move_step, remove_step, wrap
from dsl.parse import parse

__all__ = [
    "AddStep",
    "Edit",
    "EditError",
    "Edited",
    "MoveStep",
    "RemoveStep",
    "RenameStep",
    "ReplaceText",
    "Sequence",
    "SetArgument",
    "SetClause",
    "SetDoc",
    "SetExpression",
    "UseLine",
    "Wrap",
    "apply",
]


def apply(text: str, edit: Edit) -> Edited:
    """Make one edit. Raises :class:`EditError` where it cannot be made; then nothing is changed.

    A text with syntax errors can be edited where it could be read; no edit but ``replace_text`` adds an error.
    """
    match edit:
        case Sequence(edits=edits):
            inverses: list[Edit] = []
            for one in edits:
                edited = apply(text, one)
                text = edited.text
                inverses.insert(0, edited.inverse)
            return Edited(text, Sequence(edits=tuple(inverses)))
        case ReplaceText(start=start, end=end, text=new):
            if not 0 <= start <= end <= len(text):
                raise EditError("this place does not exist in the text", "load the text again")
            return _edited(text, (Splice(start, end, new),))
        case _:
            ground = Ground.of(text)
            edited = _edited(text, _splices(ground, edit))
            _prove(ground, edit, edited.text)
            return edited


def _splices(
    ground: Ground,
    edit: AddStep
    | RemoveStep
    | MoveStep
    | RenameStep
    | SetArgument
    | SetClause
    | SetExpression
    | SetDoc
    | Wrap,
) -> tuple[Splice, ...]:
    match edit:
        case AddStep():
            return add_step(ground, edit)
        case RemoveStep():
            return remove_step(ground, edit)
        case MoveStep():
            return move_step(ground, edit)
        case RenameStep():
            return rename_step(ground, edit)
        case SetArgument():
            return set_argument(ground, edit)
        case SetClause():
            return set_clause(ground, edit)
        case SetExpression():
            return set_expression(ground, edit)
        case SetDoc():
            return set_doc(ground, edit)
        case Wrap():
            return wrap(ground, edit)
        case _:
            assert_never(edit)


def _edited(text: str, splices: tuple[Splice, ...]) -> Edited:
    """The new text, and the replacements that take it back, last place first."""
    new = spliced(text, splices)
    back: list[Edit] = []
    shift = 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        start = splice.start + shift
        old = text[splice.start : splice.end]
        back.insert(0, ReplaceText(start=start, end=start + len(splice.text), text=old))
        shift += len(splice.text) - len(old)
    return Edited(new, back[0] if len(back) == 1 else Sequence(edits=tuple(back)))


def _prove(ground: Ground, edit: Edit, after: str) -> None:
    """An edit leaves a text that reads at least as well as before, and a part of one step changes no other."""
    before = {(found.code, found.message) for found in ground.parsed.diagnostics}
    found = parse(after).diagnostics
    if len(found) > len(ground.parsed.diagnostics):
        new = next((one for one in found if (one.code, one.message) not in before), found[0])
        raise EditError(new.message, new.help)
    if isinstance(edit, SetArgument | SetClause | SetExpression | SetDoc):
        inside = tuple(edit.path + mark for mark in ".~") if edit.path else ()
        if _paths_but(ground, inside) != _paths_but(Ground.of(after), inside):
            raise EditError("this would change other steps too", "give a value for this place alone")


def _paths_but(ground: Ground, inside: tuple[str, ...]) -> list[str]:
    return [path for path in ground.places if not (inside and path.startswith(inside))]
