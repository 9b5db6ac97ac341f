"""What the text pane may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from studio.editor import gesture as says
from studio.editor.canvas_says import redo, undo
from studio.editor.document import Change, NewText, Typed
from studio.editor.feeds import TextFeed
from studio.editor.hearing import Hearing, Table
from studio.editor.merging import Parted, clashes, settled, three_way

if TYPE_CHECKING:
    from studio.editor.state import EditorState


async def _typed(editor: EditorState, message: says.Typed) -> Any:
    if message.epoch != editor._desk.epoch:
        # Of an earlier opening: the pane puts it onto the snapshot it gets, and sends it again.
        return None
    typed = Typed(message.start, message.end, message.text)
    done = await editor._change(Change("text", message.base, typed, message.gesture), seen=message.seq)
    if message.base == editor.revision - 1:
        # A step whose name is being typed is another one with every letter: what is typed in stays selected.
        await _look(editor, message.start + len(message.text))
    return done


async def _returned(editor: EditorState, message: says.Returned) -> Any:
    desk = editor._desk
    if message.epoch != desk.epoch:
        return None
    parted = Parted(message.safe, message.text, desk.document.text)
    pieces = three_way(parted.base, parted.mine, parted.theirs)
    if clashes(pieces):
        editor._part(parted)
    return await editor._change(Change("text", editor.revision, NewText(settled(pieces))), seen=message.seq)


async def _cursor(editor: EditorState, message: says.Cursor) -> None:
    desk = editor._desk
    if (message.epoch, message.base) == (desk.epoch, desk.document.revision):
        await _look(editor, message.offset)


async def _look(editor: EditorState, offset: int) -> None:
    """The cursor is there: the others see its line, and the step around it becomes the selected one."""
    editor._room.look(editor._token, line=editor._desk.document.text.count("\n", 0, offset) + 1)
    await _follow(editor, offset)


async def _follow(editor: EditorState, offset: int) -> None:
    """Selects the step around the cursor and marks its text, without moving anything under the eyes of who types."""
    reading = editor._desk.reading
    path = reading.step_at(offset) or ""
    if path == editor.selected:
        return
    await editor._select(path, in_text=True)
    span = reading.steps[path].step.span if path else None
    (await editor.get_state(TextFeed)).show(*((span.start, span.end) if span else (-1, -1)), scroll=False)


async def _resync(editor: EditorState, _: says.Resync) -> None:
    await editor._resync_text()


OWN: Final[Table] = {
    says.Typed: _typed,
    says.Returned: _returned,
    says.Cursor: _cursor,
    says.Resync: _resync,
    says.Undo: undo,
    says.Redo: redo,
}
HEARD: Final = Hearing(OWN)
