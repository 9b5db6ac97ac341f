"""What the canvas may ask for. Looking needs no more than a viewer; what changes something asks for a builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dsl.graph.placement import NOWHERE, read_spot
from studio.editor import gesture as says
from studio.editor import selecting
from studio.editor.document import Change, Place, Tidy, in_a_row
from studio.editor.drawing import DRAWN
from studio.editor.edits import edit_of
from studio.editor.feeds import CanvasFeed
from studio.editor.hearing import Hearing, Table

if TYPE_CHECKING:
    from studio.editor.state import EditorState


async def _select(editor: EditorState, message: says.Select) -> None:
    (await editor.get_state(CanvasFeed)).show_way(None)
    await editor._select(message.step or "", on_canvas=True)


async def _resync(editor: EditorState, _: says.Resync) -> None:
    (await editor.get_state(CanvasFeed)).open(editor._desk)


async def undo(editor: EditorState, _: says.Undo) -> Any:
    return await editor._step_back(forward=False)


async def redo(editor: EditorState, _: says.Redo) -> Any:
    return await editor._step_back(forward=True)


async def edit(editor: EditorState, message: says.Add | says.Move | says.Remove) -> Any:
    return await editor._edit(edit_of(message, editor._desk.reading, editor._desk.catalog))


async def _move(editor: EditorState, message: says.Move) -> Any:
    """In a row again, it stands where the layout puts it: one deed, which undo takes back whole."""
    found = edit_of(message, editor._desk.reading, editor._desk.catalog)
    return await editor._edit(found, spots=in_a_row(editor._desk.document, (message.step,)))


async def _place(editor: EditorState, message: says.Place) -> Any:
    kept = editor._desk.document.placement.spots
    spots = {
        path: read_spot({**dict(kept.get(path, NOWHERE)), **spot}) for path, spot in message.spots.items()
    }
    return await editor._change(Change("canvas", editor.revision, Place(spots)))


async def _tidy(editor: EditorState, message: says.Tidy) -> Any:
    return await editor._change(Change("canvas", editor.revision, Tidy(message.steps)))


OWN: Final[Table] = {
    says.Select: _select,
    says.Resync: _resync,
    says.Undo: undo,
    says.Redo: redo,
    says.Add: edit,
    says.Move: _move,
    says.Remove: edit,
    says.Place: _place,
    says.Tidy: _tidy,
}
HEARD: Final = Hearing(OWN, DRAWN, selecting.OWN)
