"""Runs that steps of other runs start: born with the gate that waits for them, stopped when nobody waits any more.

A child's end answers its parent in the transaction of that end; the database does that (migration 0004). Whoever needs
the rows of both takes the child's first, as that transaction does.
"""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from engine.journal import ChildRequest, Entry, Lease
from engine.rowlock import add, hold

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

START = """
WITH born AS (
  INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trigger, requested_by, last_seq,
    parent_run_id, parent_path, depth, traceparent, priority)
  SELECT %(id)s, v.account_id, v.workflow_id, v.id, v.content_hash, %(input)s, 'workflow', p.requested_by, 1,
    p.id, %(path)s, p.depth + 1, %(traceparent)s, p.priority
  FROM runs p JOIN versions v ON v.account_id = p.account_id AND v.id = coalesce(%(version)s::uuid, p.version_id)
  WHERE p.id = %(parent)s
  RETURNING id, account_id
)
INSERT INTO run_events (account_id, run_id, seq, kind, data)
SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', %(input)s::jsonb) FROM born
"""
TELL = "SELECT pg_notify('weft_runs', %(id)s), pg_notify('weft_events', %(id)s)"
HELD = "SELECT id FROM runs WHERE account_id = %s AND parent_run_id = %s AND parent_path = %s FOR UPDATE"
STOP = "SELECT weft_stop_run(%s)"


async def start(connection: Connection, lease: Lease, entry: Entry, child: ChildRequest) -> None:
    await hold(connection, lease)
    about = {
        "id": child.id,
        "input": Jsonb(child.input),
        "path": entry.path,
        "version": child.version_id,
        "parent": lease.run_id,
        "traceparent": child.traceparent,
    }
    cursor = await connection.execute(START, about)
    if cursor.rowcount != 1:
        raise LookupError(f"there is no version {child.version_id} to start a run of")
    await add(connection, lease, entry.kind, entry.path, entry.data)
    await connection.execute(TELL, {"id": str(child.id)})


async def held(connection: Connection, lease: Lease, path: str) -> UUID | None:
    """The run that was started at this gate, with its row locked; None when there is none."""
    cursor = await connection.execute(HELD, (lease.account_id, lease.run_id, path))
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def stop(connection: Connection, child: UUID) -> None:
    """Ask a run to stop: it undoes what it did, and ends as cancelled."""
    await connection.execute(STOP, (child,))
