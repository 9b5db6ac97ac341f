"""Looking at one run: what it is, its events, and following it while it goes on. The list: ``engine.finding``."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from dsl.plan import Plan
from engine import tables
from engine.actor import Actor
from engine.artifacts import Artifact
from engine.database import Database
from engine.errors import NotFound, Unavailable
from engine.history import RunView, fold
from engine.journal import Event
from engine.lifecycle import is_terminal
from engine.permissions import Permission, require

EVENT_PAGE = 500
MOST_OF_STEP = 1_000
QUIET_S = 10.0
"""How long to wait for a notification before looking anyway: they are hints, the journal is the truth."""

OUTAGE_S = 30.0

LAST_KINDS = frozenset({"run.succeeded", "run.failed", "run.cancelled", "run.timed_out"})


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a list. ``error`` is ``{"code", "message", "step"}``; ``waiting_on`` are paths of open gates.
    ``parent_run_id``, ``parent_path``: the step of another run that started this one. ``trial``: it is a test, and
    ``version`` is 0. ``forked_from``: the run that it goes on from, ``fork`` says how (``engine.forking``).
    ``caused_by``: the run whose failure started this one."""

    id: UUID
    workflow_id: UUID
    workflow_name: str
    workflow_title: str
    version_id: UUID
    version: int
    state: str
    trigger: str
    requested_by: UUID | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    due_at: datetime | None
    waiting_on: tuple[str, ...]
    error: dict[str, Any] | None
    attempt: int
    cancel_requested: bool
    parent_run_id: UUID | None = None
    parent_path: str | None = None
    priority: int = 0
    trial: bool = False
    forked_from: UUID | None = None
    fork: dict[str, Any] | None = None
    caused_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with the version it is pinned to, all its events, and the events folded into steps. A large output is an
    ``output_artifact`` instead. ``trial``: of a test, its settings (``engine.runtime.trial``)."""

    summary: RunSummary
    input: dict[str, Any]
    output: Any
    text: str
    plan: Plan
    events: tuple[Event, ...]
    view: RunView
    output_artifact: Artifact | None = None
    trial: dict[str, Any] | None = None


async def get_summary(db: Database, actor: Actor, run_id: UUID) -> RunSummary:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await summary_in(session, run_id)


async def get_run(db: Database, actor: Actor, run_id: UUID) -> RunDetail:
    """Everything about one run, as one moment saw it. Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.snapshot(actor) as session:
        summary = await summary_in(session, run_id)
        run = await session.get_one(tables.Run, run_id)
        version = await session.get_one(tables.Version, summary.version_id)
        events: list[Event] = []
        while page := await events_in(session, run_id, events[-1].seq if events else 0, EVENT_PAGE):
            events.extend(page)
    plan = Plan.model_validate(version.plan)
    away = None if run.output_artifact is None else Artifact.of(run.output_artifact)
    return RunDetail(
        summary, run.input, run.output, version.text, plan, tuple(events), fold(events), away, run.trial
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a run stays as it is: what it was given, and the version it is pinned to."""

    input: dict[str, Any]
    text: str
    plan: Plan
    trial: dict[str, Any] | None


async def get_frame(db: Database, actor: Actor, run_id: UUID) -> Frame:
    """Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        run = await session.get(tables.Run, run_id)
        if run is None:
            raise NotFound("There is no such run.", "Look at the list of runs.")
        version = await session.get_one(tables.Version, run.version_id)
    return Frame(run.input, version.text, Plan.model_validate(version.plan), run.trial)


async def get_result(db: Database, actor: Actor, run_id: UUID) -> tuple[Any, Artifact | None]:
    """What the run gave back, or where that is. Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        run = await session.get(tables.Run, run_id)
    if run is None:
        raise NotFound("There is no such run.", "Look at the list of runs.")
    return run.output, None if run.output_artifact is None else Artifact.of(run.output_artifact)


# Who watches needs what happened and when; what went in and came out is read for the step that is looked at.
_LIGHT = text(
    """
    SELECT seq, extract(epoch FROM at)::float8, kind, path,
      CASE WHEN kind = 'step.succeeded' AND path ~ '~turn[0-9]+$' THEN data || jsonb_build_object(
        'result', (data -> 'result') - 'text' - 'uses', 'uses', jsonb_array_length(data #> '{result,uses}'))
      ELSE data - '{args,result,output,value,input}'::text[] END
    FROM run_events WHERE run_id = :run AND seq > :after ORDER BY seq LIMIT :most
    """
)
_OF_STEP = text(
    """
    SELECT seq, extract(epoch FROM at)::float8, kind, path, data FROM run_events
    WHERE run_id = :run AND (path = :path OR starts_with(path, :path || '~')) ORDER BY seq LIMIT :most
    """
)


async def news(
    db: Database, actor: Actor, run_id: UUID, after: int, most: int = EVENT_PAGE
) -> tuple[RunSummary, tuple[Event, ...]]:
    """The run as it is, and its events behind ``after`` without what went in and came out, as one moment saw them.
    Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.snapshot(actor) as session:
        summary = await summary_in(session, run_id)
        rows: Any = await session.execute(_LIGHT, {"run": run_id, "after": after, "most": most})
        return summary, tuple(Event(*row) for row in rows)


async def events_of_step(db: Database, actor: Actor, run_id: UUID, path: str) -> tuple[Event, ...]:
    """All that was recorded of one step, an agent's turns and calls included; the first ``MOST_OF_STEP``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        about = {"run": run_id, "path": path, "most": MOST_OF_STEP}
        rows: Any = await session.execute(_OF_STEP, about)
        return tuple(Event(*row) for row in rows)


async def events_after(
    db: Database, actor: Actor, run_id: UUID, after: int = 0, limit: int = EVENT_PAGE
) -> tuple[Event, ...]:
    """Events with a larger ``seq`` than ``after``, in order. Raises ``NotFound`` for an unknown run."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        events = await events_in(session, run_id, after, limit)
        if not events and await session.get(tables.Run, run_id) is None:
            raise NotFound("There is no such run.", "Look at the list of runs.")
        return events


async def follow(db: Database, actor: Actor, run_id: UUID, after: int = 0) -> AsyncIterator[Event]:
    """The run's events as they are recorded, from ``after`` on, until the run is over."""
    async for batch in batches(db, actor, run_id, after):
        for event in batch:
            yield event


async def batches(
    db: Database, actor: Actor, run_id: UUID, after: int = 0, quiet_s: float = QUIET_S
) -> AsyncIterator[tuple[Event, ...]]:
    """As ``follow``, in batches; an empty one after ``quiet_s`` seconds without news, so that a reader can be kept
    awake. Ends when the run is over and all was read. A database that is away for less than ``OUTAGE_S`` is waited for.
    """
    gone_since: float | None = None
    async with db.notices.subscribe("weft_events", str(run_id)) as notices:
        while True:
            try:
                events = await events_after(db, actor, run_id, after)
                over = not events and is_terminal((await get_summary(db, actor, run_id)).state)
                if over:
                    events = await events_after(db, actor, run_id, after)
                gone_since = None
            except Unavailable:
                gone_since = gone_since or time.monotonic()
                if time.monotonic() - gone_since > OUTAGE_S:
                    raise
                await notices.wait(min(1.0, quiet_s))
                yield ()
                continue
            if events:
                after = events[-1].seq
                yield events
            if over or any(event.kind in LAST_KINDS for event in events):
                return
            if not events and not await notices.wait(quiet_s):
                yield ()


async def summary_in(session: AsyncSession, run_id: UUID) -> RunSummary:
    row = (await session.exec(SUMMARY.where(tables.Run.id == run_id))).first()
    if row is None:
        raise NotFound("There is no such run.", "Look at the list of runs.")
    return summary_of(*row)


SUMMARY = (
    select(tables.Run, tables.Workflow.name, tables.Workflow.title, tables.Version.number)
    .join(tables.Workflow, col(tables.Workflow.id) == col(tables.Run.workflow_id))
    .join(tables.Version, col(tables.Version.id) == col(tables.Run.version_id))
)


def summary_of(run: tables.Run, name: str, title: str, number: int) -> RunSummary:
    return RunSummary(
        id=run.id,
        workflow_id=run.workflow_id,
        workflow_name=name,
        workflow_title=title,
        version_id=run.version_id,
        version=number,
        state=run.state,
        trigger=run.trigger,
        requested_by=run.requested_by,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        due_at=run.due_at,
        waiting_on=tuple(run.waiting_on),
        error=run.error,
        attempt=run.attempt,
        cancel_requested=run.cancel_requested_at is not None,
        parent_run_id=run.parent_run_id,
        parent_path=run.parent_path,
        priority=run.priority,
        trial=run.trial is not None,
        forked_from=run.forked_from,
        fork=run.fork,
        caused_by=run.caused_by,
    )


async def events_in(
    session: AsyncSession, run_id: UUID, after: int, limit: int = EVENT_PAGE
) -> tuple[Event, ...]:
    """As ``events_after``, in a transaction that is open."""
    query = select(tables.RunEvent).where(tables.RunEvent.run_id == run_id, tables.RunEvent.seq > after)
    rows = await session.exec(query.order_by(col(tables.RunEvent.seq)).limit(limit))
    return tuple(Event(row.seq, row.at.timestamp(), row.kind, row.path, row.data) for row in rows)
