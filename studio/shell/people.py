"""Names of the people of a workspace, for lists that hold only their ids."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from engine.actor import Actor
from engine.database import Database
from engine.tables import User


async def names(db: Database, actor: Actor) -> dict[UUID, str]:
    """Everyone's name by id, also of people who are gone."""
    async with db.account(actor) as session:
        rows = await session.exec(select(User.id, User.name, User.email))
        return {user_id: name or email for user_id, name, email in rows}
