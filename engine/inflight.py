"""Runs that have not ended, by the version they are on: how many in which state, and where those wait that wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import tables
from engine.actor import Actor
from engine.database import Database
from engine.lifecycle import TRANSITIONS, is_terminal
from engine.permissions import Permission, require

_ON_THEIR_WAY = [state for state in TRANSITIONS if not is_terminal(state)]


@dataclass(frozen=True, slots=True)
class InFlight:
    """``states``: how many runs in each state that is no end; ``waiting``: how many wait, by the path of the step."""

    states: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.states.values())


async def by_version(db: Database, actor: Actor, workflow_id: UUID) -> dict[UUID, InFlight]:
    """Of a workflow, by version id; a version without such runs is not in it."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await counted(session, tables.Run.workflow_id == workflow_id)


async def on_version(session: AsyncSession, workflow_id: UUID, version_id: UUID | None) -> InFlight:
    """On one version. ``workflow_id`` is the version's own: the index of runs is by workflow."""
    if version_id is None:
        return InFlight()
    found = await counted(session, tables.Run.workflow_id == workflow_id, tables.Run.version_id == version_id)
    return found.get(version_id, InFlight())


async def counted(session: AsyncSession, *mine: ColumnElement[bool] | bool) -> dict[UUID, InFlight]:
    """Of the runs that ``mine`` says, by version id."""
    where = (*mine, col(tables.Run.state).in_(_ON_THEIR_WAY))
    of = tables.Run.version_id
    states: Iterable[Any] = await session.execute(
        select(of, tables.Run.state, func.count()).where(*where).group_by(col(of), col(tables.Run.state))
    )
    found: dict[UUID, InFlight] = {}
    for version_id, state, number in states:
        found.setdefault(version_id, InFlight()).states[str(state)] = int(number)
    path = func.unnest(tables.Run.waiting_on).label("path")
    each = select(of, path).where(*where, tables.Run.state == "waiting").subquery()
    waits: Iterable[Any] = await session.execute(
        select(each.c.version_id, each.c.path, func.count())
        .group_by(each.c.version_id, each.c.path)
        .order_by(each.c.path)
    )
    for version_id, where_, number in waits:
        found.setdefault(version_id, InFlight()).waiting[str(where_)] = int(number)
    return found
