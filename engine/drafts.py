"""Drafts: the text people are working on, with a revision so that nobody overwrites what they have not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import eventlog, pinned, strict, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.permissions import Permission, require

LONGEST_TEXT = 1_000_000
"""Characters of a Weft text that are accepted."""
LARGEST_POSITIONS = 256 * 1024
"""Characters of the positions as JSON: thousands of nodes."""
CHANNEL = "weft_drafts"
"""Whoever waits for a draft is woken here, by the id of its workflow."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A workflow as it is being worked on. ``live_version`` is the number of the version on the engine, if any."""

    workflow_id: UUID
    name: str
    title: str
    text: str
    revision: int
    positions: dict[str, Any]
    updated_at: datetime
    live_version: int | None
    live_version_id: UUID | None


async def get_draft(db: Database, actor: Actor, workflow_id: UUID) -> Draft:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await read(session, workflow_id)


async def save_draft(
    db: Database,
    actor: Actor,
    workflow_id: UUID,
    text: str,
    revision: int,
    positions: Mapping[str, Any] | None = None,
) -> Draft:
    """Replace the text if ``revision`` is still the draft's. Positions stay as they are unless given.

    Raises ``Conflict`` with the draft as it is now when somebody was faster. Saving what is there already changes
    nothing, whatever the revision.
    """
    require(actor, Permission.EDIT)
    check_text(text)
    if positions is not None:
        _check_positions(positions)
    async with db.account(actor) as session:
        return await put(session, actor, workflow_id, text, revision, positions)


async def put(
    session: Session,
    actor: Actor,
    workflow_id: UUID,
    text: str,
    revision: int,
    positions: Mapping[str, Any] | None = None,
) -> Draft:
    """:func:`save_draft` in the caller's transaction, for a text and positions that can be kept."""
    row = await lock(session, workflow_id)
    moved = positions is not None and dict(positions) != row.positions
    if text != row.text or moved:
        if row.revision != revision:
            raise Conflict(
                "Somebody else changed this draft in the meantime.",
                "Take over their text, or make your change again on top of it.",
                current=await read(session, workflow_id),
            )
        if text != row.text:
            await pinned.follow(session, workflow_id, row.text, text)
            # Whoever only moves boxes does not take the place of who wrote the text last: four eyes ask for that one.
            row.updated_by = actor.user_id
        row.text = text
        row.revision += 1
        row.updated_at = (await session.exec(select(func.now()))).one()
        if positions is not None:
            row.positions = dict(positions)
        session.add(row)
        await session.flush()
        await eventlog.notify(session, CHANNEL, str(workflow_id))
    return await read(session, workflow_id)


def _check_positions(positions: Mapping[str, Any]) -> None:
    try:
        large = len(strict.encode(dict(positions))) > LARGEST_POSITIONS
    except strict.NotJson as error:
        raise BadInput("The positions cannot be kept.", [("positions", str(error))]) from None
    if large:
        raise BadInput("The positions cannot be kept.", [("positions", "are too large")])


def check_text(text: str) -> None:
    """Raises ``BadInput`` for what Postgres cannot keep or nobody would write."""
    if len(text) > LONGEST_TEXT:
        raise BadInput("The text is too long.", [("text", f"has more than {LONGEST_TEXT} characters")])
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput("The text holds half a character.", [("text", "has a lone surrogate")]) from None
    if "\0" in text:
        raise BadInput("The text holds a NUL character.", [("text", "has a NUL character")])


async def lock(session: AsyncSession, workflow_id: UUID) -> tables.Draft:
    """The draft's row, locked: one writer to a workflow at a time, publishing included."""
    query = select(tables.Draft).where(tables.Draft.workflow_id == workflow_id).with_for_update()
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound("There is no such workflow.", "Look at the list of workflows.")
    return row


async def read(session: AsyncSession, workflow_id: UUID) -> Draft:
    query = (
        select(tables.Draft, tables.Workflow, tables.Version.number)
        .join(tables.Workflow, col(tables.Workflow.id) == col(tables.Draft.workflow_id))
        .outerjoin(tables.Version, col(tables.Version.id) == col(tables.Workflow.live_version_id))
        .where(tables.Draft.workflow_id == workflow_id)
    )
    found = (await session.exec(query)).first()
    if found is None:
        raise NotFound("There is no such workflow.", "Look at the list of workflows.")
    draft, workflow, number = found
    return Draft(
        workflow_id=workflow.id,
        name=workflow.name,
        title=workflow.title,
        text=draft.text,
        revision=draft.revision,
        positions=draft.positions,
        updated_at=draft.updated_at,
        live_version=number,
        live_version_id=workflow.live_version_id,
    )
