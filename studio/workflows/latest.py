"""The latest run of each workflow that was no test, in one look by index."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from engine.actor import Actor
from engine.database import Database
from studio.workflows.rows import LastRun

_QUERY = text(
    """
    SELECT w.id, r.id, r.state, r.queued_at
    FROM workflows AS w CROSS JOIN LATERAL (
        SELECT id, state, queued_at FROM runs
        WHERE runs.account_id = w.account_id AND runs.workflow_id = w.id AND runs.trial IS NULL
        ORDER BY queued_at DESC, id DESC LIMIT 1
    ) AS r
    """
)


async def last_runs(db: Database, actor: Actor) -> dict[UUID, LastRun]:
    """By workflow; workflows that never ran are not in it."""
    async with db.account(actor) as session:
        found = await session.execute(_QUERY)
        return {workflow: LastRun(run, state, at) for workflow, run, state, at in found}
