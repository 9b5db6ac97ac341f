"""How deep the queue is: the one place that counts what is due, for whoever decides on it how many runners there are.

It counts what a claim would take (``engine.queueing``) if nothing were limited: runs that are queued and due, waits
that are over, and runs whose holder let the lease run out. The counting stops at ``most``, and partial indexes hold
none of the runs that are over: a million of those change nothing.
"""

from __future__ import annotations

from typing import Any

import psycopg

MOST = 20_000
"""More than that makes no difference to anybody."""

DUE = """
SELECT count(*) FROM (
  SELECT 1 FROM (
    (SELECT 1 FROM runs WHERE state IN ('queued', 'waiting') AND due_at <= now() LIMIT %(most)s)
    UNION ALL
    (SELECT 1 FROM runs WHERE state = 'running' AND lease_until < now() LIMIT %(most)s)
  ) AS due LIMIT %(most)s
) AS counted
"""


async def due(connection: psycopg.AsyncConnection[Any], most: int = MOST) -> int:
    """Runs that are due now, at most ``most``."""
    row = await (await connection.execute(DUE, {"most": most}, prepare=True)).fetchone()
    return 0 if row is None else int(row[0])
