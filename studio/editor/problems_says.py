"""What the list of problems may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from dsl.diagnostic import Diagnostic
from studio.editor.document import Change, NewText
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.gesture import Path, Said
from studio.editor.hearing import Hearing, Table
from studio.editor.mending import mended, of_this_kind

if TYPE_CHECKING:
    from studio.editor.state import EditorState


class Go(Said):
    """Show a problem's node and its place in the text; with ``focus`` to write on there, if the text is seen."""

    type: Literal["go"]
    index: int
    code: Path
    focus: bool = False


class Mend(Said):
    """Do a problem's fix; with ``all`` those of every problem of its kind."""

    type: Literal["mend"]
    index: int
    code: Path
    all: bool = False


async def _go(editor: EditorState, message: Go) -> None:
    found = _meant(editor, message)
    if found is not None:
        await go_to(editor, found, focus=message.focus)


async def _mend(editor: EditorState, message: Mend) -> Any:
    found = _meant(editor, message)
    if found is None:
        return None
    document, diagnostics = editor._desk.document, editor._desk.reading.diagnostics
    chosen = of_this_kind(found, diagnostics) if message.all else (found,)
    return await editor._change(Change("canvas", document.revision, NewText(mended(document.text, chosen))))


def _meant(editor: EditorState, message: Go | Mend) -> Diagnostic | None:
    """The problem a number stands for; the text may have changed since the list was made."""
    for found in editor._problem(message.index):
        if found.code == message.code:
            return found
    return None


async def go_to(editor: EditorState, found: Diagnostic, *, focus: bool) -> None:
    """Selects a problem's step, paints the way that proves it and brings its place into view."""
    await editor._select(found.step or "", in_text=True)
    (await editor.get_state(CanvasFeed)).show_way(found)
    (await editor.get_state(TextFeed)).show(found.span.start, found.span.end, focus=focus)


OWN: Final[Table] = {Go: _go, Mend: _mend}
HEARD: Final = Hearing(OWN)
