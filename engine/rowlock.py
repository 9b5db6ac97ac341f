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
INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
SELECT %(account)s, %(run)s, 1 + coalesce(max(seq), 0), %(kind)s, %(path)s, %(data)s::jsonb
FROM run_events WHERE run_id = %(run)s RETURNING seq
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
    about = {"account": lease.account_id, "run": lease.run_id, "kind": kind, "path": path, "data": data}
    cursor = await connection.execute(ADD_EVENT, about)
    row = await cursor.fetchone()
    assert row is not None
    lease.numbers.last = max(lease.numbers.last, row[0])
