"""What others save of an open draft (another process, the API, a proposal accepted there) comes into its room.

A task a room, woken by Postgres. Where something is not saved here it leaves it at that: the save to come finds what
others saved, and puts both together.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from engine import workflows
from engine.actor import Actor
from engine.database import Database
from engine.drafts import CHANNEL
from engine.errors import NotFound, Unavailable
from studio.editor.room import Room

QUIET_S: Final = 30.0
"""Without a word it looks all the same: a notification may get lost."""


def overhear(room: Room, db: Database, actor: Actor) -> None:
    """From now on, until the room is closed. ``actor`` reads for it; what of it is shown asks for each page's own."""
    if room.follower is None or room.follower.done():
        room.follower = asyncio.create_task(_follow(room, db, actor), name="weft-overhear")


async def _follow(room: Room, db: Database, actor: Actor) -> None:
    async with db.notices.subscribe(CHANNEL, room.desk.workflow_id) as notices:
        while True:
            try:
                await look(room, db, actor)
            except (NotFound, Unavailable):
                pass  # the pages hear of that when they save or are loaded
            await notices.wait(QUIET_S)


async def look(room: Room, db: Database, actor: Actor) -> None:
    """Brings in the draft as it is now, where it is newer than what the room knows and all of the room is saved."""
    async with room.writing:
        if not room.is_saved or room.clash is not None:
            return
        draft = await workflows.get_draft(db, actor, UUID(room.desk.workflow_id))
        # What was typed while it was read is not saved, and its save puts both together.
        if draft.revision <= room.saved.revision or not room.is_saved:
            return
        room.join(draft)
        room.saved.at = room.desk.document.revision
    room.tell()
