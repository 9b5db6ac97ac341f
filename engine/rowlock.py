"""The row of a run, held by its runner for one transaction: the fence, and the place to journal under it."""

from __future__ import annotations

from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from engine.journal import Fenced, Lease

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


async def hold(connection: Connection, lease: Lease) -> bool:
    """Lock the run's row; whether its end was asked for. Raises ``Fenced``."""
    cursor = await connection.execute(HOLD, (lease.run_id, lease.epoch, lease.owner))
    row = await cursor.fetchone()
    if row is None:
        raise Fenced
    return bool(row[0])


async def add(connection: Connection, lease: Lease, kind: str, path: str, data: Jsonb | str) -> None:
    """Journal an event of a run whose row we hold."""
    await connection.execute(ADD_EVENT, {"run": lease.run_id, "kind": kind, "path": path, "data": data})
