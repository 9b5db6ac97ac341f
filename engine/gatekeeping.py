"""Gates in Postgres: opening, closing and waiting at them, each in one transaction under the run's row lock.

Services lock the run's row first as well (``engine.eventlog``), then the approval's: nobody waits for each other. What
a service decided before we got the lock is in the journal when we look; what it decides afterwards finds the run
waiting, and makes it due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from engine.journal import Answer, ApprovalRequest, Entry, Fenced, Lease

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

HOLD = """
SELECT cancel_requested_at IS NOT NULL FROM runs
WHERE id = %s AND epoch = %s AND lease_owner = %s AND state = 'running' FOR UPDATE
"""
ADD_EVENT = """
WITH numbered AS (UPDATE runs SET last_seq = last_seq + 1 WHERE id = %(run)s RETURNING account_id, id, last_seq)
INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
SELECT account_id, id, last_seq, %(kind)s, %(path)s, %(data)s::jsonb FROM numbered
"""
ASK = """
INSERT INTO approvals (id, account_id, run_id, workflow_id, path, step_id, title, effects, shown, approvers, quorum,
  args_hash, expires_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
ANSWERS = """
SELECT path, data FROM run_events WHERE run_id = %s AND kind = 'gate.answered' AND path = ANY(%s) ORDER BY seq
"""
CLOSE = """
UPDATE approvals SET state = %s, decided_at = clock_timestamp() WHERE run_id = %s AND path = %s AND state = 'open'
"""
PARK = """
UPDATE runs SET state = 'waiting', due_at = CASE WHEN %s THEN now() ELSE %s END, waiting_on = %s, lease_owner = NULL,
  lease_until = NULL, attempt = 0
WHERE id = %s
"""


async def open_gate(connection: Connection, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
    await _hold(connection, lease)
    row = (
        approval.id,
        lease.account_id,
        lease.run_id,
        lease.workflow_id,
        approval.path,
        approval.step_id,
        approval.title,
        Jsonb(approval.effects),
        Jsonb(approval.shown),
        Jsonb(approval.approvers),
        approval.quorum,
        approval.args_hash,
        _moment(approval.expires_at),
    )
    await connection.execute(ASK, row)
    await _add(connection, lease, entry.kind, entry.path, entry.data)


async def close_gate(connection: Connection, lease: Lease, path: str, state: str) -> Answer:
    await _hold(connection, lease)
    answers = await _answers(connection, lease, [path])
    if path in answers:
        return answers[path]
    answer = Answer(state)
    await connection.execute(CLOSE, (state, lease.run_id, path))
    await _add(connection, lease, "gate.answered", path, Jsonb(answer.data()))
    return answer


async def park(
    connection: Connection, lease: Lease, paths: Sequence[str], due_at: float | None
) -> dict[str, Answer]:
    """A cancel that was asked for meanwhile makes the run due at once: whoever claims it ends it."""
    cancelled = await _hold(connection, lease)
    answers = await _answers(connection, lease, paths)
    if answers:
        return answers
    await _add(connection, lease, "run.waiting", "", Jsonb({"on": list(paths)}))
    due = None if due_at is None else _moment(due_at)
    await connection.execute(PARK, (cancelled, due, list(paths), lease.run_id))
    return {}


async def _hold(connection: Connection, lease: Lease) -> bool:
    cursor = await connection.execute(HOLD, (lease.run_id, lease.epoch, lease.owner))
    row = await cursor.fetchone()
    if row is None:
        raise Fenced
    return bool(row[0])


async def _answers(connection: Connection, lease: Lease, paths: Sequence[str]) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    cursor = await connection.execute(ANSWERS, (lease.run_id, list(paths)))
    for path, data in await cursor.fetchall():
        answers.setdefault(path, Answer.of(data))
    return answers


async def _add(connection: Connection, lease: Lease, kind: str, path: str, data: Jsonb | str) -> None:
    await connection.execute(ADD_EVENT, {"run": lease.run_id, "kind": kind, "path": path, "data": data})


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
