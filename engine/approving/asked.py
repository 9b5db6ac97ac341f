"""What was asked about approvals, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import tables
from engine.actor import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and its answer or "". ``mine``: the reader is who shall answer it."""

    id: UUID
    approval_id: UUID
    asker: str
    answerer: str
    text: str
    asked_at: datetime
    answer: str
    answered_by: str
    answered_at: datetime | None
    mine: bool


async def about(
    session: AsyncSession, actor: Actor, approval_ids: Sequence[UUID]
) -> dict[UUID, tuple[Asked, ...]]:
    """The questions about these, in the order in which they were asked."""
    if not approval_ids:
        return {}
    query = (
        select(tables.ApprovalQuestion)
        .where(col(tables.ApprovalQuestion.approval_id).in_(approval_ids))
        .order_by(col(tables.ApprovalQuestion.asked_at))
    )
    rows = (await session.exec(query)).all()
    wanted = {one for row in rows for one in (row.asked_by, row.asked_of, row.answered_by) if one is not None}
    people = await session.exec(select(tables.User).where(col(tables.User.id).in_(wanted))) if wanted else ()
    named = {user.id: user.name or user.email for user in people}
    found: dict[UUID, tuple[Asked, ...]] = {}
    for row in rows:
        one = Asked(
            row.id,
            row.approval_id,
            named.get(row.asked_by, ""),
            named.get(row.asked_of, ""),
            row.text,
            row.asked_at,
            row.answer or "",
            "" if row.answered_by is None else named.get(row.answered_by, ""),
            row.answered_at,
            row.asked_of == actor.user_id and row.answer is None,
        )
        found[row.approval_id] = (*found.get(row.approval_id, ()), one)
    return found
