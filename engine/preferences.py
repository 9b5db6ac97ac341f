"""What holds for every workflow of an account, in people's words: "amounts in euros", "finance_manager approves".

The designer reads them as data. One is kept only when a person says so, and everybody who may talk with the designer
sees all of them and may take one away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from engine import audit, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.drafts import check_text
from engine.errors import BadInput, Conflict, NotFound
from engine.permissions import Permission, require

LONGEST = 300
MOST = 50


@dataclass(frozen=True, slots=True)
class Preference:
    """``source``: the name of whoever said it. ``conversation_id``: where, if in a conversation that is still there."""

    id: UUID
    text: str
    source: str
    conversation_id: UUID | None
    at: datetime


async def list_(db: Database, actor: Actor) -> tuple[Preference, ...]:
    """In the order they were said."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        return await _read(session)


async def add(
    db: Database, actor: Actor, text: str, conversation_id: UUID | None = None
) -> tuple[Preference, ...]:
    """Remember it, and return all. Said once more, it is the same one. Raises ``BadInput``, ``Conflict`` when there are
    too many, ``NotFound`` for a conversation that is not there."""
    require(actor, Permission.CONVERSE)
    kept = " ".join(text.split())
    check_text(kept)
    if not 0 < len(kept) <= LONGEST:
        raise BadInput(
            "This cannot be remembered.",
            [("text", f"must have 1 to {LONGEST} characters, not {len(kept)}")],
            "Say one thing, in a sentence.",
        )
    async with db.account(actor) as session:
        # Two at once count one after the other.
        await session.get(tables.Account, actor.account_id, with_for_update={"key_share": True})
        if conversation_id is not None and await session.get(tables.Conversation, conversation_id) is None:
            raise NotFound("There is no such conversation.", "Look at the list of conversations.")
        known = await _read(session)
        if any(one.text == kept for one in known):
            return known
        if len(known) >= MOST:
            raise Conflict(
                f"The designer remembers {MOST} things already.", "Delete one of them under Models first."
            )
        session.add(
            tables.PreferenceRow(
                account_id=actor.account_id,
                text=kept,
                said_by=actor.user_id,
                conversation_id=conversation_id,
            )
        )
        await session.flush()
        await audit.append(
            session, actor.account_id, actor.email, "preference.add", "preferences", {"text": kept}
        )
        return await _read(session)


async def delete(db: Database, actor: Actor, preference_id: UUID) -> tuple[Preference, ...]:
    """Forget it, and return what is left. One that is gone already is no error."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await session.get(tables.PreferenceRow, preference_id)
        if row is not None:
            await session.delete(row)
            await session.flush()
            said = {"text": row.text}
            await audit.append(
                session, actor.account_id, actor.email, "preference.delete", "preferences", said
            )
        return await _read(session)


async def _read(session: Session) -> tuple[Preference, ...]:
    row = tables.PreferenceRow
    query = (
        select(row, func.coalesce(func.nullif(tables.User.name, ""), tables.User.email, ""))
        .join(tables.User, col(tables.User.id) == col(row.said_by), isouter=True)
        .order_by(col(row.created_at), col(row.id))
    )
    return tuple(
        Preference(one.id, one.text, str(who), one.conversation_id, one.created_at)
        for one, who in (await session.exec(query)).all()
    )
