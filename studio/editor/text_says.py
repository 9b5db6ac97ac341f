"""What the text pane may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from studio.editor import gesture as says
from studio.editor.canvas_says import redo, undo
from studio.editor.document import Change, Typed
from studio.editor.hearing import Hearing, Table

if TYPE_CHECKING:
    from studio.editor.state import EditorState


async def _typed(editor: EditorState, message: says.Typed) -> Any:
    if message.epoch != editor._desk.epoch:
        # Of an earlier opening: the pane puts it onto the snapshot it gets, and sends it again.
        return None
    typed = Typed(message.start, message.end, message.text)
    return await editor._change(Change("text", message.base, typed, message.gesture), seen=message.seq)


async def _cursor(editor: EditorState, message: says.Cursor) -> None:
    desk = editor._desk
    if (message.epoch, message.base) == (desk.epoch, desk.document.revision):
        await editor._select(desk.reading.step_at(message.offset) or "", in_text=True)


async def _resync(editor: EditorState, _: says.Resync) -> None:
    await editor._resync_text()


OWN: Final[Table] = {
    says.Typed: _typed,
    says.Cursor: _cursor,
    says.Resync: _resync,
    says.Undo: undo,
    says.Redo: redo,
}
HEARD: Final = Hearing(OWN)
