"""The triggers of an account, and what people do with them: pause, resume, the catch-up policy, the next moments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import text

from dsl.plan import OnSchedule, PlanTrigger
from engine import audit
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.permissions import Permission, require
from engine.triggers import moments, syncing
from engine.triggers.firing import next_of

CatchUp = Literal["skip", "last", "all"]
Kind = Literal["webhook", "schedule", "event", "manual"]
State = Literal["on", "paused", "off"]

MOST_NEXT = 20
MOST_LOOKED_AT = 20
"""Of a trigger's newest runs, to find how many failed in a row."""

# A row that is not live is listed only while it is archived with its workflow, so that it is not missed.
LIST = """
    SELECT t.id, t.workflow_id, w.name AS workflow, w.title, t.version_id, v.number AS version, t.name, t.kind, t.spec,
      t.live, w.archived_at, t.paused_at, t.catch_up, t.next_at, t.last_at, t.last_result, t.last_problem,
      t.last_run_id, r.state AS last_run_state, t.failures, t.missed, newest.failed_runs, waiting.fires
    FROM triggers t
    JOIN workflows w ON w.account_id = t.account_id AND w.id = t.workflow_id
    JOIN versions v ON v.account_id = t.account_id AND v.id = t.version_id
    LEFT JOIN runs r ON r.account_id = t.account_id AND r.id = t.last_run_id
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE judged.good = 0) AS failed_runs FROM (
        SELECT sum((state = 'succeeded')::int) OVER (ORDER BY queued_at DESC, id DESC) AS good FROM (
          SELECT state, queued_at, id FROM runs WHERE account_id = t.account_id AND trigger_id = t.id
          AND trigger_id IS NOT NULL AND state IN ('succeeded', 'failed', 'timed_out')
          ORDER BY queued_at DESC, id DESC LIMIT :most) AS lately) AS judged
    ) AS newest
    CROSS JOIN LATERAL (SELECT count(*) AS fires FROM trigger_fires f
      WHERE f.account_id = t.account_id AND f.trigger_id = t.id) AS waiting
    WHERE t.account_id = :account AND (t.live OR w.archived_at IS NOT NULL AND t.version_id = w.live_version_id)
"""
ALL = text(f"{LIST} ORDER BY w.name, t.name, t.id")
OF_WORKFLOW = text(f"{LIST} AND t.workflow_id = :workflow ORDER BY t.name, t.id")
ONE = text(f"{LIST} AND t.id = :id")
HELD = text(
    "SELECT id, workflow_id, name, spec, live, paused_at FROM triggers WHERE id = :id FOR NO KEY UPDATE"
)
PAUSE = text(
    "UPDATE triggers SET paused_at = clock_timestamp(), paused_by = :by, next_at = NULL WHERE id = :id"
)
RESUME = text(
    "UPDATE triggers SET paused_at = NULL, paused_by = NULL, next_at = :next_at, failures = 0 WHERE id = :id"
)
CATCH_UP = text("UPDATE triggers SET catch_up = :catch_up WHERE id = :id")


@dataclass(frozen=True, slots=True)
class TriggerSummary:
    """``state``: "off" while its workflow is archived. ``last_result``: "started", "skipped" (the condition was not
    true) or "problem" (nothing could be started: ``last_problem`` says why). ``failures``: problems in a row;
    ``failed_runs``: of its newest runs that are over, how many failed in a row (20 are looked at). ``waiting``: fires
    that have not become a run yet. ``missed``: moments that were left out by the catch-up policy."""

    id: UUID
    workflow_id: UUID
    workflow: str
    title: str
    version_id: UUID
    version: int
    name: str
    kind: Kind
    trigger: PlanTrigger
    state: State
    paused_at: datetime | None
    catch_up: CatchUp
    next_at: datetime | None
    last_at: datetime | None
    last_result: Literal["started", "skipped", "problem"] | None
    last_problem: str | None
    last_run_id: UUID | None
    last_run_state: str | None
    failures: int
    failed_runs: int
    missed: int
    waiting: int


async def list_triggers(
    db: Database, actor: Actor, workflow_id: UUID | None = None
) -> tuple[TriggerSummary, ...]:
    """Those of the live versions, by workflow and name; of archived workflows too."""
    require(actor, Permission.VIEW)
    about: dict[str, Any] = {"account": actor.account_id, "most": MOST_LOOKED_AT}
    query = ALL
    if workflow_id is not None:
        query, about["workflow"] = OF_WORKFLOW, workflow_id
    async with db.account(actor) as session:
        rows: Iterable[Any] = await session.execute(query, about)
        return tuple(map(_view, rows))


async def get_trigger(db: Database, actor: Actor, trigger_id: UUID) -> TriggerSummary:
    """Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _get(session, actor, trigger_id)


async def pause(db: Database, actor: Actor, trigger_id: UUID) -> TriggerSummary:
    """From now on it starts nothing, until it is resumed; publishing does not change that. Raises ``NotFound``."""
    require(actor, Permission.TRIGGERS)
    async with db.account(actor) as session:
        row = await _held(session, trigger_id)
        if row.paused_at is None:
            await session.execute(PAUSE, {"id": trigger_id, "by": actor.user_id})
            await _note(session, actor, "trigger.pause", row)
        return await _get(session, actor, trigger_id)


async def resume(db: Database, actor: Actor, trigger_id: UUID) -> TriggerSummary:
    """What came in between is not made up for: it starts again with what comes next. Raises ``NotFound``."""
    require(actor, Permission.TRIGGERS)
    async with db.account(actor) as session:
        row = await _held(session, trigger_id)
        if row.paused_at is not None:
            now = (await session.execute(syncing.NOW)).scalar_one()
            next_at = next_of(PlanTrigger.model_validate(row.spec), now) if row.live else None
            await session.execute(RESUME, {"id": trigger_id, "next_at": next_at})
            await _note(session, actor, "trigger.resume", row)
            await session.execute(syncing.TELL)
        return await _get(session, actor, trigger_id)


async def set_catch_up(db: Database, actor: Actor, trigger_id: UUID, catch_up: str) -> TriggerSummary:
    """What a schedule does about moments at which nothing ran here: "skip" them, fire the "last" of them, or "all" (the
    newest hundred). Raises ``NotFound``, ``BadInput``, and ``Conflict`` for what is no schedule."""
    require(actor, Permission.TRIGGERS)
    if catch_up not in get_args(CatchUp):
        raise BadInput(
            "There is no such policy.",
            [("catch_up", 'must be "skip", "last" or "all"')],
            "Choose one of them.",
        )
    async with db.account(actor) as session:
        row = await _held(session, trigger_id)
        if not isinstance(PlanTrigger.model_validate(row.spec).on, OnSchedule):
            raise Conflict("Only a schedule can miss a moment.", "Choose a trigger that is a schedule.")
        await session.execute(CATCH_UP, {"id": trigger_id, "catch_up": catch_up})
        await _note(session, actor, "trigger.catch_up", row, catch_up=catch_up)
        return await _get(session, actor, trigger_id)


async def next_fires(db: Database, actor: Actor, trigger_id: UUID, count: int = 5) -> tuple[datetime, ...]:
    """The next moments of a schedule, in UTC, as they are while it is not paused; of another kind none. At most 20.

    Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        found = await _get(session, actor, trigger_id)
        now: datetime = (await session.execute(syncing.NOW)).scalar_one()
    on = found.trigger.on
    if not isinstance(on, OnSchedule):
        return ()
    return tuple(moments.next_moments(on.cron, on.timezone, now, max(1, min(count, MOST_NEXT))))


async def _get(session: Session, actor: Actor, trigger_id: UUID) -> TriggerSummary:
    about = {"account": actor.account_id, "most": MOST_LOOKED_AT, "id": trigger_id}
    rows: Sequence[Any] = (await session.execute(ONE, about)).all()
    if not rows:
        raise _nothing()
    return _view(rows[0])


async def _held(session: Session, trigger_id: UUID) -> Any:
    row = (await session.execute(HELD, {"id": trigger_id})).one_or_none()
    if row is None:
        raise _nothing()
    return row


async def _note(session: Session, actor: Actor, action: str, row: Any, **more: str) -> None:
    said = {"workflow_id": str(row.workflow_id), "name": row.name, **more}
    await audit.append(session, actor.account_id, actor.email, action, str(row.id), said)


def _nothing() -> NotFound:
    return NotFound("There is no such trigger.", "Look at the list of triggers.")


def _view(row: Any) -> TriggerSummary:
    return TriggerSummary(
        id=row.id,
        workflow_id=row.workflow_id,
        workflow=row.workflow,
        title=row.title,
        version_id=row.version_id,
        version=row.version,
        name=row.name,
        kind=row.kind,
        trigger=PlanTrigger.model_validate(row.spec),
        state="off" if not row.live else "paused" if row.paused_at is not None else "on",
        paused_at=row.paused_at,
        catch_up=row.catch_up,
        next_at=row.next_at,
        last_at=row.last_at,
        last_result=row.last_result,
        last_problem=row.last_problem,
        last_run_id=row.last_run_id,
        last_run_state=row.last_run_state,
        failures=row.failures,
        failed_runs=row.failed_runs,
        missed=row.missed,
        waiting=row.fires,
    )
