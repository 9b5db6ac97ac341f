"""Where two people changed the same place: what stands there, and whose text is taken. Nothing is lost by a choice:
the text that was not taken is one undo away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import reflex as rx

from studio.editor.document import Change, NewText
from studio.editor.merging import Clash, Piece, clashes, settled, three_way
from studio.editor.room import Room
from studio.editor.state import EditorState
from studio.shell import guarded

SIDES: Final = ("mine", "theirs", "both", "hand")


class Choosing(rx.State):
    """The dialog: one row a clash, ``{"line", "base", "mine", "theirs", "side", "hand"}``."""

    open: bool = False
    rows: list[dict[str, Any]] = []
    trouble: str = ""

    @rx.event
    @guarded("edit")
    async def show(self) -> None:
        editor = await self.get_state(EditorState)
        self._put(clashes(_pieces(editor)))
        self.trouble = ""
        self.open = bool(self.rows)

    @rx.event
    @guarded("view")
    def close(self) -> None:
        self.open = False

    @rx.event
    @guarded("edit")
    async def leave_it(self) -> None:
        """What was typed here stays as it is."""
        (await self.get_state(EditorState))._part(None)

    @rx.event
    @guarded("edit")
    def choose(self, index: int, side: str) -> None:
        """One clash: mine, theirs, both below each other, or what is written by hand."""
        if 0 <= index < len(self.rows) and side in SIDES:
            self.rows[index] = {**self.rows[index], "side": side}

    @rx.event
    @guarded("edit")
    def write(self, index: int, text: str) -> None:
        if 0 <= index < len(self.rows):
            self.rows[index] = {**self.rows[index], "side": "hand", "hand": text[:200_000]}

    @rx.event
    @guarded("edit")
    async def take_all(self, side: str) -> Any:
        """The same for every clash, at once."""
        editor = await self.get_state(EditorState)
        found = clashes(_pieces(editor))
        if side not in ("mine", "theirs") or not found:
            return None
        return await self._take(editor, [clash.mine if side == "mine" else clash.theirs for clash in found])

    @rx.event
    @guarded("edit")
    async def apply(self) -> Any:
        """What was chosen becomes the text."""
        editor = await self.get_state(EditorState)
        found = clashes(_pieces(editor))
        if [_seen(row) for row in self.rows] != [(one.base, one.mine, one.theirs) for one in found]:
            self._put(found)
            self.trouble = "The text has changed meanwhile. This is how it is now; choose once more."
            self.open = bool(found)
            return None
        if any(not row["side"] for row in self.rows):
            self.trouble = "Choose for every place first."
            return None
        return await self._take(
            editor, [_chosen(row, one) for row, one in zip(self.rows, found, strict=True)]
        )

    async def _take(self, editor: EditorState, chosen: Sequence[str]) -> Any:
        refused = await editor._barred()
        if refused is not None:
            return refused
        room: Room = editor._room
        result, at = settled(_pieces(editor), chosen), editor._apart_at
        theirs, room.clash = room.clash, None
        self.open, self.rows, self.trouble = False, [], ""
        if theirs is None:
            editor._part(None)
            return await editor._change(Change("restore", at, NewText(result)))
        # Theirs first: undo leads from what was chosen to what they had, and from there to what was here.
        room.saved.has(theirs)
        room.saved.state = "saved"
        await editor._change(Change("restore", editor.revision, NewText(theirs.text)))
        return await editor._change(Change("restore", editor.revision, NewText(result)))

    def _put(self, found: Sequence[Clash]) -> None:
        self.rows = [
            {
                "line": one.line,
                "base": one.base,
                "mine": one.mine,
                "theirs": one.theirs,
                "side": "",
                "hand": one.as_("both"),
            }
            for one in found
        ]


def _pieces(editor: EditorState) -> tuple[Piece, ...]:
    room: Room | None = editor._room
    if room is not None and room.clash is not None:
        return three_way(room.saved.text, room.desk.document.text, room.clash.text)
    return three_way(*editor._apart) if editor._apart is not None else ()


def _seen(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["base"], row["mine"], row["theirs"]


def _chosen(row: dict[str, Any], clash: Clash) -> str:
    if row["side"] != "hand":
        return clash.as_(row["side"])
    written = str(row["hand"])
    return written if not written or written.endswith("\n") else f"{written}\n"
