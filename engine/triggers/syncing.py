"""The rows of a workflow's triggers, brought to what its live version says, in the transaction that makes it live.

A row keeps its id, its pause and its catch-up policy as long as the version has a trigger of its name and kind. The
next moment of a schedule stays as long as its cron and its time zone do; otherwise it is found anew from now on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from dsl.plan import Plan, PlanTrigger
from engine.database import Session
from engine.errors import Conflict
from engine.identity import new_id
from engine.strict import encode
from engine.triggers.firing import next_of

NOW = text("SELECT clock_timestamp()")
HELD = text(
    """
    SELECT id, name, kind, spec, live, paused_at, next_at FROM triggers WHERE workflow_id = :workflow
    FOR NO KEY UPDATE
    """
)
# All at once first: two webhooks may have changed their addresses with each other.
OFF = text("UPDATE triggers SET live = false, next_at = NULL WHERE workflow_id = :workflow AND live")
CHANGED = text(
    """
    UPDATE triggers SET spec = CAST(:spec AS jsonb), version_id = :version, live = true, next_at = :next_at
    WHERE id = :id
    """
)
ADDED = text(
    """
    INSERT INTO triggers (id, account_id, workflow_id, version_id, name, kind, spec, next_at)
    VALUES (:id, :account, :workflow, :version, :name, :kind, CAST(:spec AS jsonb), :next_at)
    """
)
OF_LIVE = text(
    """
    SELECT t.id, t.spec, t.paused_at FROM triggers t JOIN workflows w ON w.id = t.workflow_id
    WHERE w.id = :workflow AND t.version_id = w.live_version_id FOR NO KEY UPDATE OF t
    """
)
ON = text("UPDATE triggers SET live = true, next_at = :next_at WHERE id = :id")
TAKEN = text(
    """
    SELECT t.method, t.path, w.name FROM triggers t JOIN workflows w ON w.id = t.workflow_id
    WHERE t.kind = 'webhook' AND t.live AND t.workflow_id <> :workflow
    """
)
TELL = text("SELECT pg_notify('weft_triggers', '')")


async def sync(session: Session, account_id: UUID, workflow_id: UUID, version_id: UUID, plan: Plan) -> None:
    """Make the workflow's rows those of this version, which becomes live in this transaction."""
    before = {(row.name, row.kind): row for row in await session.execute(HELD, {"workflow": workflow_id})}
    if not before and not plan.triggers:
        return
    now: datetime = (await session.execute(NOW)).scalar_one()
    await session.execute(OFF, {"workflow": workflow_id})
    for trigger in plan.triggers:
        row = before.get((trigger.name, trigger.on.kind))
        about = {"version": version_id, "spec": encode(trigger.model_dump(mode="json"))}
        if row is None:
            about |= {"id": new_id(), "account": account_id, "workflow": workflow_id, "name": trigger.name}
            about |= {"kind": trigger.on.kind, "next_at": next_of(trigger, now)}
            await session.execute(ADDED, about)
        else:
            await session.execute(CHANGED, about | {"id": row.id, "next_at": _moved(trigger, row, now)})
    await session.execute(TELL)


async def switch_off(session: Session, workflow_id: UUID) -> None:
    """Of a workflow that is archived: nothing starts it any more."""
    await session.execute(OFF, {"workflow": workflow_id})
    await session.execute(TELL)


async def switch_on(session: Session, workflow_id: UUID) -> None:
    """Of a workflow that is no longer archived: the triggers of its live version are there again, from now on."""
    rows: Iterable[Any] = (await session.execute(OF_LIVE, {"workflow": workflow_id})).all()
    now: datetime = (await session.execute(NOW)).scalar_one()
    for row in rows:
        trigger = PlanTrigger.model_validate(row.spec)
        await session.execute(ON, {"id": row.id, "next_at": None if row.paused_at else next_of(trigger, now)})
    await session.execute(TELL)


async def taken(session: Session, workflow_id: UUID) -> Mapping[tuple[str, str], str]:
    """The addresses of other workflows' webhooks, with the workflow's name."""
    rows = await session.execute(TAKEN, {"workflow": workflow_id})
    return {(row.method, row.path): row.name for row in rows}


def address_taken() -> Conflict:
    """Somebody was faster: the index found it, not :func:`taken`."""
    return Conflict(
        "Another workflow's webhook has one of these addresses by now.",
        "Choose another path for the webhook.",
    )


def _moved(trigger: PlanTrigger, row: Any, now: datetime) -> datetime | None:
    if row.paused_at is not None:
        return None
    if row.live and row.next_at is not None and row.spec["on"] == trigger.on.model_dump(mode="json"):
        kept: datetime = row.next_at
        return kept
    return next_of(trigger, now)
