"""Saving the draft: by itself once changes pause, never over what somebody else saved.

The room knows what of it is saved (:class:`studio.editor.room.Saved`); whichever page changed something last saves it
for all of them, and all of them show it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import reflex as rx

from dsl import placement_json
from engine import workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadCredentials, Conflict, Forbidden, WeftError
from engine.permissions import Permission
from studio.editor.feeds import TextFeed
from studio.editor.merging import Piece, clashes, three_way
from studio.editor.room import ROOMS, Room
from studio.shell import authorized, guarded, services

QUIET = 0.5
"""Seconds without a change before the draft is saved."""
LONGEST = 4.0
"""Seconds after which it is saved although changes keep coming."""
AGAIN = 3.0
"""Seconds before a save that failed is tried again."""


class Saving(rx.State, mixin=True):
    """``save_state`` is one of saved, unsaved, saving, conflict, failed, readonly."""

    save_state: str = "saved"
    save_message: str = ""

    async def _show_saved(self) -> None:
        room: Room = self._room
        self._put(
            save_state=room.saved.state if self.may_edit else "readonly", save_message=room.saved.message
        )
        if room.saved.at:
            (await self.get_state(TextFeed)).keep(room.desk.epoch, room.saved.at)

    def touched(self) -> Any:
        """After a change: the save to come, or nothing when what is there is what is saved."""
        room: Room = self._room
        saved = room.saved
        saved.asked += 1
        if saved.state == "conflict":
            if clashes(_pieces(room)):
                return None
            # What clashed was taken back: saving puts the rest together.
            saved.state, saved.dirty_since = "unsaved", time.monotonic()
        elif room.is_saved:
            saved.state = "saved"
        elif saved.state != "unsaved":
            saved.state, saved.dirty_since = "unsaved", time.monotonic()
        self._put(save_state=saved.state)
        return None if saved.state == "saved" else self.__class__.autosave

    @rx.event(background=True)
    @guarded("edit")
    async def autosave(self) -> AsyncIterator[Any]:
        """Saves once changes pause. Of many that wait, the last does it; one save at a time."""
        async with self:
            room: Room | None = self._room
        if room is None:
            return
        saved = room.saved
        asked = saved.asked
        await asyncio.sleep(QUIET)
        newer = saved.asked != asked and time.monotonic() - saved.dirty_since < LONGEST
        if newer or saved.busy or saved.state not in ("unsaved", "failed"):
            return
        saved.busy = True
        try:
            joined = await self._save(room)
        finally:
            saved.busy = False
            ROOMS.release(room)
        if joined:
            yield rx.toast.info(
                "Somebody else's changes came in.",
                description="They are in other places than yours. Undo takes them out again.",
            )

    async def _save(self, room: Room) -> bool:
        """Until what is saved is what is there. Whether changes of somebody else came in meanwhile."""
        saved, joined = room.saved, False
        if (theirs := room.clash) is not None:
            room.clash = None
            joined = room.join(theirs)
            async with self:
                await self._show_joined(room)
        while not room.is_saved and saved.state != "conflict":
            await self._say(room, "saving")
            try:
                actor = await authorized(self, Permission.EDIT)
                came = await write(room, await services.database(), actor)
            except WeftError as error:
                await self._say(room, "failed", f"{error.message} {error.help}")
                if isinstance(error, BadCredentials | Forbidden):
                    return joined
                await asyncio.sleep(AGAIN)
            else:
                if came is not None:
                    joined = came or joined
                    async with self:
                        await self._show_joined(room)
        if saved.state != "conflict":
            saved.at = room.desk.document.revision
            await self._say(room, "saved")
        return joined

    async def _say(self, room: Room, state: str, message: str = "") -> None:
        room.saved.state, room.saved.message = state, message
        async with self:
            if self._room is room:
                await self._show_saved()
            token = self._token
        room.tell(besides=token)

    async def _show_joined(self, room: Room) -> None:
        """What :meth:`Room.join` brought in, or that it waits for a choice."""
        if self._room is room:
            await self._catch_up()
        room.tell(besides=self._token)

    async def save_now(self) -> bool:
        """Saves before something that needs the draft (publishing). Whether it is saved. For other handlers."""
        room: Room = self._room
        if room.is_saved:
            return True
        actor, db = await authorized(self, Permission.EDIT), await services.database()
        while not room.is_saved and room.saved.state != "conflict":
            if await write(room, db, actor) is not None:
                await self._show_joined(room)
        if room.saved.state == "conflict":
            return False
        room.saved.state, room.saved.message = "saved", ""
        await self._show_saved()
        room.tell(besides=self._token)
        return True


async def write(room: Room, db: Database, actor: Actor) -> bool | None:
    """Writes what is in the room into the draft. Where somebody else was faster theirs is brought in instead: whether
    that changed the text here, None where nobody was. Raises what ``save_draft`` does, but no ``Conflict``."""
    saved = room.saved
    async with room.writing:
        document = room.desk.document
        try:
            draft = await workflows.save_draft(
                db,
                actor,
                UUID(room.desk.workflow_id),
                document.text,
                saved.revision,
                placement_json(document.placement),
            )
        except Conflict as conflict:
            return room.join(conflict.current)
        saved.has(draft)
        saved.at, saved.dirty_since = document.revision, time.monotonic()
    return None


def _pieces(room: Room) -> tuple[Piece, ...]:
    """What is here and what somebody else saved, put together."""
    return () if room.clash is None else three_way(room.saved.text, room.desk.document.text, room.clash.text)
