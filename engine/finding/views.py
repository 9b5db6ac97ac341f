"""Views: filters with a name that a person keeps, for themself or for everybody of the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from engine import tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.finding.asking import RunFilter, lenient, read
from engine.permissions import Permission, require

MOST: Final = 50
"""Of one person."""
LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class View:
    """``mine``: the reader made it, and may change it."""

    id: UUID
    name: str
    asks: RunFilter
    shared: bool
    mine: bool


async def list_views(db: Database, actor: Actor) -> tuple[View, ...]:
    """The reader's own, then those that others share, each by name."""
    require(actor, Permission.VIEW)
    row = tables.RunViewRow
    query = (
        select(row)
        .where(row.account_id == actor.account_id, or_(col(row.owner_id) == actor.user_id, col(row.shared)))
        .order_by((col(row.owner_id) == actor.user_id).desc(), func.lower(row.name), col(row.id))
        .limit(500)
    )
    async with db.account(actor) as session:
        return tuple(_view(each, actor) for each in await session.exec(query))


async def save_view(
    db: Database, actor: Actor, name: str, query: Mapping[str, str], shared: bool = False
) -> View:
    """Keeps a filter; one of the same name and person becomes it. Raises ``BadInput``, and ``Conflict`` when there are
    ``MOST`` already."""
    require(actor, Permission.VIEW)
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInput("A view needs a name.", [("name", f"must have 1 to {LONGEST_NAME} characters")])
    words = read(query).words()
    async with db.account(actor) as session:
        row = await _named(session, actor, name)
        if row is None:
            count = select(func.count()).where(tables.RunViewRow.owner_id == actor.user_id)
            if (await session.exec(count)).one() >= MOST:
                raise Conflict(f"You have {MOST} views already.", "Delete one that you do not need any more.")
            row = tables.RunViewRow(account_id=actor.account_id, owner_id=actor.user_id, name=name)
        row.query, row.shared = words, shared
        session.add(row)
        try:
            await session.flush()
        except IntegrityError as error:
            raise Conflict("You have a view of this name already.", "Try again to change it.") from error
        return _view(row, actor)


async def delete_view(db: Database, actor: Actor, view_id: UUID) -> None:
    """Raises ``NotFound``, also for a view of somebody else."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await session.get(tables.RunViewRow, view_id)
        if row is None or row.owner_id != actor.user_id:
            raise NotFound("There is no such view of yours.", "Whoever made a view can delete it.")
        await session.delete(row)


async def _named(session: Session, actor: Actor, name: str) -> tables.RunViewRow | None:
    row = tables.RunViewRow
    return (await session.exec(select(row).where(row.owner_id == actor.user_id, row.name == name))).first()


def _view(row: tables.RunViewRow, actor: Actor) -> View:
    return View(row.id, row.name, lenient(row.query), row.shared, row.owner_id == actor.user_id)
