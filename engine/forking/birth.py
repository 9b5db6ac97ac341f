"""The birth of a run that goes on from another: its row, and what it takes over, in one statement.

What is taken over are the events of the other run's journal, numbered anew and marked with the run that did it
(``reused``). The journal stays the only durable state of a run: nothing is read from the other one ever again. A block
that is tried again does not wait for a backoff that is long over.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine import tables
from engine.actor import Actor
from engine.artifacts.sweep import lock_key
from engine.database import Session
from engine.errors import Conflict
from engine.forking.planning import ForkPlan
from engine.strict import encode

BORN = text(
    """
    WITH born AS (
      INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trigger, idempotency_key,
        requested_by, last_seq, priority, traceparent, trial, forked_from, fork)
      VALUES (:id, :account, :workflow, :version, :hash, CAST(:input AS jsonb), :trigger, :key, :by, :last, :priority,
        :traceparent, CAST(:trial AS jsonb), :source, CAST(:fork AS jsonb))
      ON CONFLICT (account_id, workflow_id, idempotency_key) DO NOTHING
      RETURNING id, account_id, input
    ), noted AS (
      INSERT INTO run_events (account_id, run_id, seq, kind, data)
      SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', input, 'forked_from', CAST(:source AS text))
        || CASE WHEN CAST(:trial AS jsonb) IS NULL THEN '{}'::jsonb ELSE '{"trial": true}'::jsonb END
      FROM born
    ), taken AS (
      INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
      SELECT b.account_id, b.id, 1 + row_number() OVER (ORDER BY e.seq), e.kind, e.path,
        jsonb_build_object('reused', CAST(:source AS text)) || e.data
          || CASE WHEN e.kind = 'step.retrying' THEN '{"delay_ms": 0}'::jsonb ELSE '{}'::jsonb END
      FROM born b JOIN run_events e ON e.run_id = :source AND e.seq = ANY(CAST(:seqs AS bigint[]))
    )
    SELECT id FROM born
    """
)
# A content is swept away under its lock, when nobody refers to it: whoever holds the lock before looking finds either
# a reference that stays, or none.
LARGE = text("SELECT sha256 FROM artifacts WHERE run_id = :source")
HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:key, 0))")
REFER = text(
    """
    INSERT INTO artifacts (account_id, sha256, run_id, bytes)
    SELECT account_id, sha256, :id, bytes FROM artifacts WHERE run_id = :source ON CONFLICT DO NOTHING
    """
)
RELY = text(
    """
    UPDATE approvals SET relied_on_by = :id
    WHERE id = ANY(CAST(:approvals AS uuid[])) AND coalesce(relied_on_by, run_id) = :source
    """
)


async def bear(
    session: Session,
    actor: Actor,
    source: tables.Run,
    run_id: UUID,
    planned: ForkPlan,
    about: dict[str, Any],
) -> bool:
    """Whether it was born: not when the idempotency key is taken. The source's row is locked by the caller. Raises
    ``Conflict`` when somebody else relies on a yes by now."""
    row = {
        "id": run_id,
        "account": actor.account_id,
        "workflow": source.workflow_id,
        "by": actor.user_id,
        "source": source.id,
        "trial": None if source.trial is None else encode(source.trial),
        "seqs": list(planned.seqs),
        "last": 1 + len(planned.seqs),
        "priority": source.priority,
        **about,
    }
    if (await session.execute(BORN, row)).first() is None:
        return False
    large = (await session.execute(LARGE, {"source": source.id})).scalars().all()
    for sha256 in sorted(large):
        await session.execute(HOLD, {"key": lock_key(actor.account_id, sha256)})
    if large:
        await session.execute(REFER, {"id": run_id, "source": source.id})
    if planned.relied_on:
        given = {"id": run_id, "source": source.id, "approvals": list(planned.relied_on)}
        relied: Any = await session.execute(RELY, given)
        if relied.rowcount != len(planned.relied_on):
            raise Conflict(
                "Another run relies on an approval of this one by now.",
                "Look at the plan again: the approval will be asked once more.",
            )
    return True
