"""What every writer's change goes through, and what the page is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import reflex as rx

from dsl import Edit, Spot
from dsl.diagnostic import Diagnostic
from engine.errors import WeftError
from engine.permissions import Permission
from studio.editor.desk import Desk, Told
from studio.editor.document import Change, NewText, Refused
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.inspection.start import START
from studio.editor.inspector import inspect
from studio.editor.mending import mended
from studio.editor.merging import Parted
from studio.editor.room import Room
from studio.shell import authorized, guarded


class Changing(rx.State, mixin=True):
    """The room of the open document, its ``_desk``, and what follows from what lies on it.

    ``_heard`` is the revision that the page was told of last, ``_me`` whose deeds are undone here.
    """

    selected: str = ""
    inspected: dict[str, Any] = {}
    can_undo: bool = False
    can_redo: bool = False
    changed: bool = False
    others: list[dict[str, Any]] = []
    parted: bool = False
    """What was typed here while the studio was away met what others did meanwhile."""

    # Not sent to the page.
    _room: Any = None
    _heard: int = -1
    _me: str = ""
    _live_text: str = ""
    _apart: Any = None
    _apart_at: int = 0

    @property
    def _desk(self) -> Desk | None:
        room: Room | None = self._room
        return room.desk if room is not None else None

    @property
    def _token(self) -> str:
        return str(self.router.session.client_token)

    @property
    def text(self) -> str:
        """The text as it is now, for whoever talks about it."""
        return self._desk.document.text if self._desk else ""

    @property
    def revision(self) -> int:
        return self._desk.document.revision if self._desk else 0

    async def _open_feeds(self) -> None:
        """Everything anew."""
        self._heard = self.revision
        (await self.get_state(CanvasFeed)).open(self._desk)
        (await self.get_state(TextFeed)).open(self._desk)
        await self._describe()

    @rx.event
    @guarded("view")
    async def hear(self) -> Any:
        """Another page has changed something in the room, or somebody came or went."""
        if self._room is None:
            return None
        self._room.heard(self._token)
        await self._catch_up()
        if self.may_edit and self._room.saved.state == "saved" and not self._room.is_saved:
            # What others saved changed the names of steps: where people put them is to be saved under the new ones.
            self.touched()
            return self.__class__.examine
        return None if self._room.desk.reading.diagnosis.known else self.__class__.examine

    async def _catch_up(self) -> None:
        """Tells the page what is new since it was told last."""
        desk: Desk = self._desk
        news = desk.since(self._heard)
        if news is None:
            return await self._open_feeds()
        self._heard = desk.document.revision
        canvas, text = await self.get_state(CanvasFeed), await self.get_state(TextFeed)
        for told in news:
            canvas.tell(told, desk)
            text.tell(told, desk, self._token)
        if self.selected not in ("", START) and self.selected not in desk.reading.steps:
            await self._select("")
        await self._describe()

    def _part(self, parted: Parted | None) -> None:
        """Keeps for a choice what was typed here and what others did; None when it is chosen."""
        self._apart = None if parted is None else (parted.base, parted.mine, parted.theirs)
        self._apart_at, self.parted = self.revision + 1, parted is not None

    async def _edit(
        self, edit: Edit | Refused, *, gesture: str = "", spots: Mapping[str, Spot] | None = None
    ) -> Any:
        """Does an edit, or says why there is none; a step that is new by it becomes the selected one."""
        if isinstance(edit, Refused):
            return await self._refuse(edit)
        return await self._change(
            Change("canvas", self.revision, edit, gesture, spots=spots or {}), follow=True
        )

    def _problem(self, index: int) -> tuple[Diagnostic, ...]:
        """The problem with this number, if there still is one."""
        desk: Desk | None = self._desk
        return desk.reading.diagnostics[index : index + 1] if desk is not None and index >= 0 else ()

    async def _fix(self, index: int) -> Any:
        desk: Desk = self._desk
        found = self._problem(index)
        if not found or found[0].fix is None:
            return None
        text = mended(desk.document.text, found)
        return await self._change(Change("canvas", desk.document.revision, NewText(text)))

    async def _change(self, change: Change, *, seen: int = 0, follow: bool = False, own: bool = True) -> Any:
        """Does a change; with ``own`` only its author undoes it."""
        refused = await self._barred()
        if refused is not None:
            return refused
        told = self._desk.apply(replace(change, author=self._me if own else ""), seen, self._token)
        if isinstance(told, Refused):
            return await self._refuse(told)
        return await self._told(told, follow=follow)

    async def _barred(self) -> Any:
        """What to say to somebody who may look but not change; None for those who may."""
        try:
            await authorized(self, Permission.EDIT)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        return None

    async def _step_back(self, *, forward: bool) -> Any:
        refused = await self._barred()
        if refused is not None:
            return refused
        told = self._desk.redo(self._me) if forward else self._desk.undo(self._me)
        if isinstance(told, Refused):
            return await self._refuse(told)
        return None if told is None else await self._told(told)

    async def _told(self, told: Told, *, follow: bool = False) -> Any:
        """Passes a change on to the pages. With ``follow`` a step that is new becomes the selected one."""
        outer = [path for path in told.fresh if not any(path.startswith(f"{other}.") for other in told.fresh)]
        selected = self.selected
        if follow and outer:
            # Before the page hears of it: the step that was selected may be the same one under another name.
            self.selected = ""
        await self._catch_up()
        if follow and outer:
            self.selected = selected
            await self._select(outer[0])
        self.touched()
        self._room.tell(besides=self._token)
        return self.__class__.examine

    async def _refuse(self, refused: Refused) -> Any:
        # The page may show what was not accepted: it gets everything as it is.
        await self._resync_text()
        self.inspected = {**self.inspected, "refused": self.inspected.get("refused", 0) + 1}
        return rx.toast.error(refused.message, description=refused.help)

    async def _resync_text(self) -> None:
        self._desk.touch()
        await self._open_feeds()
        self._room.tell(besides=self._token)

    async def _select(self, path: str, *, on_canvas: bool = False, in_text: bool = False) -> None:
        place = self._desk.reading.steps.get(path)
        path = path if place is not None or path == START else ""
        again = path == self.selected
        self.selected = path
        if not on_canvas and not again:
            (await self.get_state(CanvasFeed)).select(path)
        if not in_text:
            span = place.step.span if place is not None else None
            (await self.get_state(TextFeed)).show(*((span.start, span.end) if span else (-1, -1)))
        self.inspected = inspect(self._desk.reading.so_far, self._desk.catalog, path) if path else {}
        self._room.look(self._token, step=path)

    async def _describe(self) -> None:
        """What the page shows around the canvas follows from the reading and the room."""
        desk: Desk = self._desk
        reading = desk.reading
        if reading.diagnosis.known:
            self._diagnosed()
        self._put(
            can_undo=desk.document.can_undo(self._me),
            can_redo=desk.document.can_redo(self._me),
            changed=desk.document.text != self._live_text,
            name=reading.parsed.workflow.name or self.name,
        )
        self._inspect()
        await self._show_room()

    def _put(self, **values: Any) -> None:
        """Sets what differs: what is set goes to the page, even if it says what the page knows."""
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    async def _show_room(self) -> None:
        """Who else is here and whether what is here is saved."""
        room: Room = self._room
        others = room.others(self._me)
        if others != self.others:
            self.others = others
        canvas, text = await self.get_state(CanvasFeed), await self.get_state(TextFeed)
        flags = [
            {key: one[key] for key in ("name", "letters", "colour", "step")} for one in others if one["step"]
        ]
        if flags != canvas.others:
            canvas.others = flags
        cursors = [
            {key: one[key] for key in ("name", "letters", "colour", "line")} for one in others if one["line"]
        ]
        if cursors != text.others:
            text.others = cursors
        await self._show_saved()
