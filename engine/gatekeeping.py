"""Gates in Postgres: opening, closing and waiting at them, each in one transaction under the run's row lock.

Services lock the run's row first as well (``engine.eventlog``), then the approval's: nobody waits for each other.
Where a run that was started here is told to stop, its row comes before ours (``engine.childbirth``). What a service
decided before we got the lock is in the journal when we look; what it decides afterwards finds the run waiting, and
makes it due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from engine import childbirth, listening
from engine.journal import Answer, ApprovalRequest, Entry, Lease
from engine.rowlock import add, hold

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

ASK = """
INSERT INTO approvals (id, account_id, run_id, workflow_id, path, step_id, title, effects, shown, approvers, quorum,
  args_hash, expires_at, escalation, escalates_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
ANSWERS = """
SELECT path, data FROM run_events WHERE run_id = %s AND kind = 'gate.answered' AND path = ANY(%s) ORDER BY seq
"""
CLOSE = """
UPDATE approvals SET state = %s, decided_at = clock_timestamp() WHERE run_id = %s AND path = %s AND state = 'open'
"""
ESCALATE = """
UPDATE approvals SET escalated_at = clock_timestamp()
WHERE run_id = %s AND path = %s AND state = 'open' AND escalated_at IS NULL RETURNING escalation
"""
PARK = """
UPDATE runs SET state = 'waiting', due_at = CASE WHEN %s THEN now() ELSE %s END, waiting_on = %s, lease_owner = NULL,
  lease_until = NULL, attempt = 0, last_seq = %s
WHERE id = %s
"""


async def open_gate(connection: Connection, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
    await hold(connection, lease)
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
        None if approval.escalation is None else Jsonb(approval.escalation),
        None if approval.escalates_at is None else _moment(approval.escalates_at),
    )
    await connection.execute(ASK, row)
    await add(connection, lease, entry.kind, entry.path, entry.data)


async def escalate(connection: Connection, lease: Lease, path: str) -> Answer | None:
    await hold(connection, lease)
    answers = await _answers(connection, lease, [path])
    if path in answers:
        return answers[path]
    cursor = await connection.execute(ESCALATE, (lease.run_id, path))
    row = await cursor.fetchone()
    if row is not None:
        await add(connection, lease, "gate.escalated", path, Jsonb({"to": row[0]}))
    return None


async def close_gate(connection: Connection, lease: Lease, path: str, answer: Answer) -> Answer:
    child = await childbirth.held(connection, lease, path) if answer.outcome == "cancelled" else None
    await hold(connection, lease)
    answers = await _answers(connection, lease, [path])
    if path in answers:
        return answers[path]
    if answer.outcome in ("expired", "cancelled"):
        await connection.execute(CLOSE, (answer.outcome, lease.run_id, path))
    await listening.unsubscribe(connection, lease, path)
    await add(connection, lease, "gate.answered", path, Jsonb(answer.data()))
    if child is not None:
        await childbirth.stop(connection, child)
    return answer


async def park(
    connection: Connection, lease: Lease, paths: Sequence[str], due_at: float | None, seen: dict[str, int]
) -> dict[str, Answer]:
    """A cancel that was asked for meanwhile makes the run due at once: whoever claims it ends it."""
    cancelled = await hold(connection, lease)
    answers = await _answers(connection, lease, paths)
    if seen:
        answers |= await listening.news(connection, lease, seen)
    if answers:
        return answers
    await add(connection, lease, "run.waiting", "", Jsonb({"on": list(paths)}))
    due = None if due_at is None else _moment(due_at)
    await connection.execute(PARK, (cancelled, due, list(paths), lease.numbers.last, lease.run_id))
    return {}


async def _answers(connection: Connection, lease: Lease, paths: Sequence[str]) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    cursor = await connection.execute(ANSWERS, (lease.run_id, list(paths)))
    for path, data in await cursor.fetchall():
        answers.setdefault(path, Answer.of(data))
    return answers


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
