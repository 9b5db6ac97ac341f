"""Whose approvals somebody holds now."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import sessions
from engine.actor import Actor
from engine.permissions import Permission, may
from engine.tables import ApprovalDelegation, User

Given = Sequence[tuple[UUID | None, Actor]]
"""What somebody was given and holds now: the only approval or None, and by whom."""


async def held_by(session: AsyncSession, actor: Actor) -> Given:
    """Delegations to the actor that hold now. Givers who are gone or disabled are left out."""
    if not may(actor, Permission.DECIDE):
        return ()
    now = func.clock_timestamp()
    query = (
        select(ApprovalDelegation.approval_id, User)
        .join(User, col(User.id) == col(ApprovalDelegation.from_user))
        .where(
            ApprovalDelegation.to_user == actor.user_id,
            col(ApprovalDelegation.revoked_at).is_(None),
            col(ApprovalDelegation.starts_at) <= now,
            col(ApprovalDelegation.ends_at) > now,
            col(User.disabled_at).is_(None),
        )
        .order_by(col(ApprovalDelegation.created_at))
    )
    return [(only, sessions.actor_of(user)) for only, user in await session.exec(query)]


def covering(given: Given, approval_id: UUID) -> list[Actor]:
    return [giver for only, giver in given if only is None or only == approval_id]
