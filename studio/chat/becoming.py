"""A proposal becomes the draft of an open room: the decision and the text in one transaction, then the open document.

Written down first: a studio that ends in between leaves either both or neither. What somebody types meanwhile is not
saved yet and stays, since the document takes the proposal as a change of the text that was decided on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from dsl import placement_json
from engine import proposals
from engine.actor import Actor
from engine.database import Database
from engine.drafts import Draft
from engine.errors import Conflict
from engine.proposals import Proposal, Verdict, Write
from studio.chat.deciding import TRIES, Acceptance
from studio.chat.taking import Clashing, Taken, Unfit, take
from studio.designer.choosing import Needs
from studio.editor.desk import Told
from studio.editor.document import Change, NewText, Refused
from studio.editor.room import Room

PLACES_FIRST: Final = (
    "Choose what becomes of the places that somebody else changed; then accept the proposal."
)


@dataclass(frozen=True, slots=True)
class Became:
    """It is decided, saved, and in the document; ``told`` is for the pages."""

    taken: Taken
    told: Told


@dataclass(frozen=True, slots=True)
class Lowers:
    """What would go of the safety, and nobody said yes to."""

    safety: tuple[str, ...]


Becoming: TypeAlias = Became | Lowers | Needs | Clashing | Unfit


async def become(
    room: Room, db: Database, actor: Actor, proposal: Proposal, how: Acceptance, page: str = ""
) -> Becoming:
    """``page`` is the one that accepts. Raises ``Conflict`` when it was decided meanwhile or the draft waits for a
    choice, ``ValueError`` for a part that is not there: then nothing is decided and nothing changed."""
    async with room.writing:
        for _ in range(TRIES):
            if room.saved.state == "conflict":
                raise Conflict(room.saved.message, PLACES_FIRST)
            document = room.desk.document
            taken = await asyncio.to_thread(
                take, proposal, document.text, room.desk.catalog, how.parts, how.sides
            )
            if not isinstance(taken, Taken):
                return taken
            if taken.safety and not how.less_safe:
                return Lowers(taken.safety)
            change = Change("chat", document.revision, NewText(taken.text), author=str(actor.user_id))
            after = document.apply(change)
            assert not isinstance(after, Refused), "made for the document as it is"
            verdict = Verdict(taken.state, proposal.start, taken.titles, taken.applied)
            places = placement_json(after.placement)
            write = Write(UUID(room.desk.workflow_id), after.text, room.saved.revision, places)
            try:
                _, draft = await proposals.decide(db, actor, proposal.id, verdict, write)
            except Conflict as conflict:
                if not isinstance(conflict.current, Draft):
                    raise
                room.join(conflict.current)
                room.tell()
                continue
            assert draft is not None
            return Became(taken, _into(room, change, draft, page))
    raise Conflict("The draft keeps changing.", "Try again when nobody types.")


def _into(room: Room, change: Change, draft: Draft, page: str) -> Told:
    """Over what was typed while it was written down."""
    told = room.desk.apply(change, by=page)
    if isinstance(told, Refused):
        # More was typed meanwhile than the document remembers: put together as what somebody else saved.
        room.join(draft)
        return room.desk.touch()
    room.saved.has(draft)
    if room.is_saved:
        room.saved.at, room.saved.state, room.saved.message = told.revision, "saved", ""
    return told
