"""The list of runs, page by page, whatever is filtered for.

A page is found as ids first, and rows are read for those alone. Without a search the ids are the ends of stretches of
an index, one stretch a state, so that a page of a million runs reads as much as it shows; what else is filtered for is
in that index. With a search they come from ``run_terms``: runs that have the first term, newest first, are looked at
until the page is full, at most ``MOST_SEARCHED`` in one go; then the page says how far it got.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, func, literal, literal_column, text, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select

from engine import tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput
from engine.finding.asking import NOTHING_ASKED, SPANS, RunFilter
from engine.finding.terms import asked, short_id, whole_id
from engine.lifecycle import RunState
from engine.permissions import Permission, require
from engine.watching import SUMMARY, RunSummary, summary_of

MOST_SEARCHED: Final = 5_000
MOST_COUNTED: Final = 200
MOST_ENDED: Final = 20_000
MOST_SHOWN: Final = 200

# A generated column, which the model's class leaves alone.
_ERROR: Final[Any] = literal_column("runs.error_code")


@dataclass(frozen=True, slots=True)
class Page:
    """``next``: the cursor of the page after this one, None when there is none. ``until``: where a search stopped
    looking before the page was full; ``next`` goes on from there."""

    items: tuple[RunSummary, ...]
    next: str | None
    until: datetime | None = None


async def list_runs(
    db: Database,
    actor: Actor,
    *,
    workflow_id: UUID | None = None,
    state: RunState | str | Sequence[str] | None = None,
    parent_run_id: UUID | None = None,
    trial: bool | None = None,
    asks: RunFilter = NOTHING_ASKED,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Newest first. ``state``: one or several; ``parent_run_id``: those that this run has started; ``trial``: only
    tests, or only what is none; ``asks``: whatever else. Raises ``BadInput`` for an unknown state or a broken cursor.
    """
    require(actor, Permission.VIEW)
    limit = min(max(limit, 1), MOST_SHOWN)
    asks = replace(
        asks,
        workflow=workflow_id or asks.workflow,
        states=tuple(_states(state)) if state else tuple(_states(asks.states)),
        trial=trial if trial is not None else asks.trial,
    )
    place = _decoded(cursor) if cursor else None
    async with db.account(actor) as session:
        if parent_run_id is not None:
            where = [*_plain(actor, asks, place), tables.Run.parent_run_id == parent_run_id]
            if asks.states:
                where.append(col(tables.Run.state).in_(asks.states))
            return _page(await _rows(session, where, limit + 1), limit)
        if asks.search.strip() and (found := await _searched(session, actor, asks, place, limit)) is not None:
            return found
        ids = await _ids(session, actor, asks, place, limit + 1)
        return _page(await _rows(session, [col(tables.Run.id).in_(ids)], limit + 1), limit)


async def count_runs(db: Database, actor: Actor, asks: RunFilter, most: int = MOST_COUNTED) -> int:
    """How many there are, counting no further than ``most`` + 1."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        if asks.search.strip():
            page = await _searched(session, actor, asks, None, most)
            if page is not None:
                return len(page.items) + (page.next is not None)
        return len(await _ids(session, actor, asks, None, most + 1))


async def costs(db: Database, actor: Actor, run_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """US dollars that models cost these runs; those that cost nothing are left out."""
    require(actor, Permission.VIEW)
    query = text("SELECT run_id, sum(cost_usd) FROM model_calls WHERE run_id = ANY(:runs) GROUP BY run_id")
    async with db.account(actor) as session:
        rows: Any = await session.execute(query, {"runs": list(run_ids[:MOST_SHOWN])})
        return {run: cost for run, cost in rows if cost}


async def _rows(session: Session, where: Sequence[Any], limit: int) -> list[RunSummary]:
    newest = (col(tables.Run.queued_at).desc(), col(tables.Run.id).desc())
    query = SUMMARY.where(*where).order_by(*newest).limit(limit)
    return [summary_of(*row) for row in await session.exec(query)]


def _page(items: list[RunSummary], limit: int) -> Page:
    if len(items) <= limit:
        return Page(tuple(items), None)
    return Page(tuple(items[:limit]), _encoded(items[limit - 1].queued_at, items[limit - 1].id))


def _plain(actor: Actor, asks: RunFilter, place: tuple[datetime, UUID] | None) -> list[Any]:
    """Everything but the state and the search, as conditions on runs."""
    run = tables.Run
    where: list[Any] = [run.account_id == actor.account_id]
    if asks.workflow is not None:
        where.append(run.workflow_id == asks.workflow)
    if asks.triggers:
        where.append(col(run.trigger).in_(asks.triggers))
    if asks.trigger is not None:
        where.append(run.trigger_id == asks.trigger)
    if asks.by is not None:
        where.append(run.requested_by == asks.by)
    if asks.version is not None:
        of = select(tables.Version.id).where(tables.Version.number == asks.version)
        where.append(col(run.version_id).in_(of))
    if asks.trial is not None:
        where.append(col(run.trial).is_not(None) if asks.trial else col(run.trial).is_(None))
    if asks.error:
        where.append(asks.error == _ERROR)
    if asks.span:
        where.append(run.queued_at >= func.now() - SPANS[asks.span])
    if asks.since is not None:
        where.append(run.queued_at >= asks.since)
    if asks.until is not None:
        where.append(run.queued_at < asks.until)
    if asks.ended_since is not None:
        where.append(col(run.finished_at) >= asks.ended_since)
    if asks.ended_until is not None:
        where.append(col(run.finished_at) < asks.ended_until)
    if place is not None:
        where.append(tuple_(run.queued_at, run.id) < tuple_(*place))
    return where


async def _ids(
    session: Session, actor: Actor, asks: RunFilter, place: tuple[datetime, UUID] | None, limit: int
) -> list[UUID]:
    where = _plain(actor, asks, place)
    run = tables.Run
    newest = (col(run.queued_at).desc(), col(run.id).desc())
    if asks.ended_since is not None or asks.ended_until is not None:
        # By the index of ends, the last of them; what that leaves is put in the order of the list.
        if asks.states:
            where.append(col(run.state).in_(asks.states))
        last: Any = select(run.id, run.queued_at).where(*where).order_by(col(run.finished_at).desc())
        some = last.limit(MOST_ENDED).subquery("ended")
        query: Any = select(some.c.id).order_by(some.c.queued_at.desc(), some.c.id.desc()).limit(limit)
        return list(await session.exec(query))
    if asks.error or asks.trial or asks.trigger:
        # An index of their own, whatever their states.
        if asks.states:
            where.append(col(run.state).in_(asks.states))
        alone = select(run.id).where(*where).order_by(*newest).limit(limit)
        return list(await session.exec(alone))
    return list(await session.exec(newest_of(where, asks.states or tuple(RunState), limit)))


def newest_of(where: Sequence[Any], states: Sequence[str], limit: int) -> Any:
    """Ids of the newest runs in these states: of each state those at the end of its stretch of the index, and of these
    the newest. No other way reads a page where a state is rare among a million of others."""
    run = tables.Run
    one = func.unnest(literal(list(states), ARRAY(Text))).table_valued("state", name="one").render_derived()
    few = (
        select(run.id, run.queued_at)
        .where(*where, run.state == one.c.state)
        .order_by(col(run.queued_at).desc(), col(run.id).desc())
        .limit(limit)
        .lateral("few")
    )
    every: Any = select(few.c.id).select_from(one).join(few, true())
    return every.order_by(few.c.queued_at.desc(), few.c.id.desc()).limit(limit)


async def _searched(
    session: Session, actor: Actor, asks: RunFilter, place: tuple[datetime, UUID] | None, limit: int
) -> Page | None:
    """None when the search has no word in it."""
    run, term = tables.Run, tables.RunTerm
    where = _plain(actor, asks, None)
    if asks.states:
        where.append(col(run.state).in_(asks.states))
    if (whole := whole_id(asks.search)) is not None:
        return _page(await _rows(session, [*where, run.id == whole], limit + 1), limit)
    wanted: list[tuple[int, ...]] = [(number,) for number in asked(asks.search)]
    if not wanted:
        return None
    if (short := short_id(asks.search)) is not None:
        wanted = [(*wanted[0], short)]
    first = select(term.run_id).where(term.account_id == actor.account_id, col(term.term).in_(wanted[0]))
    if place is not None:
        first = first.where(term.run_id < place[1])
    looked: Any = first.order_by(col(term.run_id).desc()).limit(MOST_SEARCHED).subquery("looked")
    for others in wanted[1:]:
        has = select(term.run_id).where(
            term.account_id == actor.account_id, term.run_id == looked.c.run_id, col(term.term).in_(others)
        )
        where.append(has.exists())
    query = (
        select(looked.c.run_id)
        .join(run, (col(run.id) == looked.c.run_id) & (col(run.account_id) == actor.account_id))
        .where(*where)
        .order_by(looked.c.run_id.desc())
        .limit(limit + 1)
    )
    ids = list(await session.exec(query))
    newest = (col(run.id).desc(),)
    rows = [
        summary_of(*row)
        for row in await session.exec(SUMMARY.where(col(run.id).in_(ids[:limit])).order_by(*newest))
    ]
    if len(ids) > limit:
        return Page(tuple(rows), _encoded(rows[-1].queued_at, rows[-1].id))
    last = select(func.min(looked.c.run_id.cast(Text)), func.count()).select_from(looked)
    oldest, count = (await session.exec(last)).one()
    if count < MOST_SEARCHED:
        return Page(tuple(rows), None)
    until = datetime.fromtimestamp((UUID(oldest).int >> 80) / 1000).astimezone()
    return Page(tuple(rows), _encoded(until, UUID(oldest)), until)


def _states(state: str | Sequence[str]) -> list[str]:
    wanted = [state] if isinstance(state, str) else list(state)
    for name in wanted:
        if name not in RunState.__members__.values():
            known = ", ".join(RunState)
            raise BadInput(f"There is no state {name!r}.", [("state", f"must be one of {known}")])
    return wanted


def _encoded(queued_at: datetime, run_id: UUID) -> str:
    place = json.dumps([queued_at.isoformat(), str(run_id)])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[datetime, UUID]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(place[0]), UUID(place[1])
    except (binascii.Error, ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadInput(
            "This cursor is not one of ours.", [("cursor", "must come from the page before")]
        ) from error
