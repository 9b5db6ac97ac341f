"""What the canvas asks for with selected steps: arrange, copy, paste, find. One gesture is one undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import reflex as rx

from dsl import Spot
from dsl.outline import Place
from dsl.wording.sentences import humanize
from studio.editor import handling as says
from studio.editor.arranging import Arranged, arrange, behind, outer, own_id, readers
from studio.editor.clipboard import Pasted, copied, pasted
from studio.editor.document import Change, Refused, Source, in_a_row
from studio.editor.finding import find
from studio.editor.hearing import Table
from studio.editor.reading import Reading
from studio.shell.notices import plain

if TYPE_CHECKING:
    from studio.editor.state import EditorState


class Selecting(rx.State):
    """``copied`` is the text of what is selected, ``picked`` what a change made selected, ``hits`` what was found."""

    copied: dict[str, Any] = {}
    picked: dict[str, Any] = {}
    hits: dict[str, Any] = {}


async def _pick(editor: EditorState, message: says.Pick) -> None:
    text = copied(editor._desk.reading, message.steps)
    (await editor.get_state(Selecting)).copied = {
        "steps": list(message.steps),
        "rev": message.rev,
        "text": text,
    }


async def _find(editor: EditorState, message: says.Find) -> None:
    steps = list(find(editor._desk.reading, message.words))
    (await editor.get_state(Selecting)).hits = {"words": message.words, "steps": steps}


async def _arrange(editor: EditorState, message: says.Arranging) -> Any:
    arranged = arrange(message, editor._desk.reading)
    if isinstance(arranged, Refused):
        return _refusal(arranged)
    return (await _make(editor, arranged, "canvas"))[1]


async def _drop(editor: EditorState, message: says.Drop) -> Any:
    arranged = arrange(message, editor._desk.reading)
    if isinstance(arranged, Refused):
        return _refusal(arranged)
    spots = in_a_row(editor._desk.document, message.steps)
    return (await _make(editor, arranged, "canvas", spots))[1]


async def _paste(editor: EditorState, message: says.PasteText) -> Any:
    desk = editor._desk
    if message.container is not None:
        container, before = message.container, own_id(message.before)
    else:
        container, before = behind(message.after, desk.reading)
    found = pasted(message.text, container, before, desk.reading, desk.catalog)
    if isinstance(found, Refused):
        return _refusal(found)
    done, event = await _make(editor, Arranged(found.edit), "paste")
    return [event, _left_behind(found)] if done and found.left else event


async def _delete(editor: EditorState, message: says.Delete) -> Any:
    reading: Reading = editor._desk.reading
    chosen = outer(message.steps, reading)
    arranged = arrange(message, reading)
    if isinstance(arranged, Refused):
        return _refusal(arranged)
    done, event = await _make(editor, arranged, "canvas")
    return [event, _deleted(editor, chosen, readers(chosen, reading))] if done else event


async def _make(
    editor: EditorState, arranged: Arranged, source: Source, spots: Mapping[str, Spot] | None = None
) -> tuple[bool, Any]:
    """Does it. Whether it was done, and what is to be said or saved then; selects what came of it."""
    desk = editor._desk
    before, known = desk.document.text, set(desk.reading.steps)
    event = await editor._change(Change(source, desk.document.revision, arranged.edit, spots=spots or {}))
    if desk.document.text == before:
        return False, event
    now = outer(_become(arranged, desk.reading, known), desk.reading)
    if now:
        own = await editor.get_state(Selecting)
        own.picked = {"seq": own.picked.get("seq", 0) + 1, "steps": [place.path for place in now]}
        await editor._select(now[0].path)
    return True, event


def _become(arranged: Arranged, reading: Reading, known: set[str]) -> Sequence[str]:
    """The paths of what was arranged, or of what is new."""
    if not arranged.ids:
        return [path for path in reading.steps if path not in known]
    wanted = set(arranged.ids)
    return [
        path
        for path, place in reading.steps.items()
        if place.step.id in wanted and place.container == arranged.container
    ]


def _refusal(refused: Refused) -> Any:
    return rx.toast.error(plain(refused.message), description=plain(refused.help))


def _deleted(editor: EditorState, chosen: Sequence[Place], reading_them: Sequence[str]) -> Any:
    what = humanize(chosen[0].step.id) if len(chosen) == 1 else f"{len(chosen)} steps"
    return rx.toast(
        f"Deleted {plain(what)}.",
        description=_who_reads(reading_them),
        action={"label": "Undo", "on_click": type(editor).undo},
        id="deleted",
        position="bottom-center",
    )


def _who_reads(ids: Sequence[str]) -> str:
    if not ids:
        return ""
    named = ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
    return f"What is gone is read by {named}: see the problems."


def _left_behind(found: Pasted) -> Any:
    count = "1 step" if found.count == 1 else f"{found.count} steps"
    return rx.toast.info(
        f"Pasted {count}.",
        description=f"What else the copied workflow declares stays behind: {', '.join(found.left)}.",
    )


OWN: Final[Table] = {
    says.Pick: _pick,
    says.Find: _find,
    says.PasteText: _paste,
    says.Delete: _delete,
    says.Duplicate: _arrange,
    says.WrapIn: _arrange,
    says.TakeOut: _arrange,
    says.Shift: _arrange,
    says.Drop: _drop,
    says.Rename: _arrange,
}
