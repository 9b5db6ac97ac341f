"""What the inspector may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from studio.editor import gesture as says
from studio.editor.canvas_says import edit
from studio.editor.feeds import CanvasFeed
from studio.editor.hearing import Hearing, Table

if TYPE_CHECKING:
    from studio.editor.state import EditorState


async def _select(editor: EditorState, message: says.Select) -> None:
    await editor._select(message.step or "")


async def _fix(editor: EditorState, message: says.FixProblem) -> Any:
    return await editor._fix(message.index)


async def _show_way(editor: EditorState, message: says.ShowWay) -> None:
    for found in editor._problem(message.index):
        (await editor.get_state(CanvasFeed)).show_way(found)


OWN: Final[Table] = {
    says.Select: _select,
    says.FixProblem: _fix,
    says.ShowWay: _show_way,
    says.SetField: edit,
    says.Remove: edit,
}
HEARD: Final = Hearing(OWN)
