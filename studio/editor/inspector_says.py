"""What the inspector may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from studio.editor import gesture as says
from studio.editor.canvas_says import edit, undo
from studio.editor.document import Change, Refused
from studio.editor.feeds import CanvasFeed
from studio.editor.hearing import Hearing, Table
from studio.editor.inspection.writing import field_edit

if TYPE_CHECKING:
    from studio.editor.state import EditorState


async def _select(editor: EditorState, message: says.Select) -> None:
    await editor._select(message.step or "")


async def _fix(editor: EditorState, message: says.FixProblem) -> Any:
    return await editor._fix(message.index)


async def _show_way(editor: EditorState, message: says.ShowWay) -> None:
    for found in editor._problem(message.index):
        (await editor.get_state(CanvasFeed)).show_way(found)


async def _set(editor: EditorState, message: says.SetField) -> Any:
    """What cannot be done is said at the field, which keeps what was typed."""
    barred = await editor._barred()
    if barred is not None:
        return barred
    desk = editor._desk
    edit = field_edit(message, desk.reading, desk.catalog)
    told = edit if isinstance(edit, Refused) else desk.apply(Change("canvas", editor.revision, edit))
    if isinstance(told, Refused):
        editor.inspected = {**editor.inspected, "trouble": _trouble(message, told, editor.inspected)}
        return None
    return await editor._told(told, follow=message.key == "id")


def _trouble(message: says.SetField, refused: Refused, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Equal troubles are told again: the number makes each one of its own."""
    before = shown.get("trouble") or {}
    return {
        "seq": before.get("seq", 0) + 1,
        "key": message.key,
        "at": list(message.at),
        "control": message.control,
        "message": refused.message,
        "help": refused.help,
    }


async def _lane(editor: EditorState, message: says.ShowLane) -> None:
    (await editor.get_state(CanvasFeed)).show(f"{message.step}/{message.slot}")


OWN: Final[Table] = {
    says.Select: _select,
    says.FixProblem: _fix,
    says.ShowWay: _show_way,
    says.SetField: _set,
    says.Remove: edit,
    says.ShowLane: _lane,
    says.Undo: undo,
}
HEARD: Final = Hearing(OWN)
