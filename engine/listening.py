"""Waits for events, on the runner's side: which events came since, and how far each wait has looked.

Publishing (``engine.events``) holds the account's advisory lock until its commit and then wakes every run that is
subscribed by then. Subscribing takes that lock too: an event is either over before the subscription, and none of its
business, or finds it. Parking looks again under the run's row lock, which publishing takes to wake the run: whoever of
the two comes second sees what the first has done.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from engine.journal import LOOK, Answer, Candidate, Lease
from engine.rowlock import add, hold

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

LOCK_KEY = "weft_events/{account}"
MOST = 100
"""Events that are handed over to be looked at in one go."""

LOCK = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
NEWEST = "SELECT coalesce(max(seq), 0) FROM events WHERE account_id = %s"
SUBSCRIBE = "INSERT INTO event_waits (run_id, path, account_id, name, seen) VALUES (%s, %s, %s, %s, %s)"
UNSUBSCRIBE = "DELETE FROM event_waits WHERE run_id = %s AND path = %s"
CANDIDATES = """
SELECT e.seq, e.id::text, e.payload FROM event_waits w JOIN events e ON e.account_id = w.account_id AND e.name = w.name
WHERE w.run_id = %s AND w.path = %s AND e.seq > greatest(w.seen, %s) ORDER BY e.seq LIMIT %s
"""
SEEN = """
UPDATE event_waits w SET seen = g.seen FROM unnest(%s::text[], %s::bigint[]) AS g(path, seen)
WHERE w.run_id = %s AND w.path = g.path AND w.seen < g.seen
"""
NEWS = """
SELECT w.path FROM event_waits w WHERE w.run_id = %s AND w.path = ANY(%s) AND EXISTS (
  SELECT FROM events e WHERE e.account_id = w.account_id AND e.name = w.name AND e.seq > w.seen
)
"""


async def subscribe(connection: Connection, lease: Lease, path: str, data: dict[str, Any], name: str) -> int:
    await connection.execute(LOCK, (LOCK_KEY.format(account=lease.account_id),))
    await hold(connection, lease)
    cursor = await connection.execute(NEWEST, (lease.account_id,))
    row = await cursor.fetchone()
    newest = 0 if row is None else int(row[0])
    await connection.execute(SUBSCRIBE, (lease.run_id, path, lease.account_id, name, newest))
    await add(connection, lease, "gate.opened", path, Jsonb({**data, "after": newest}))
    return newest


async def unsubscribe(connection: Connection, lease: Lease, path: str) -> None:
    await connection.execute(UNSUBSCRIBE, (lease.run_id, path))


async def candidates(connection: Connection, lease: Lease, path: str, after: int) -> list[Candidate]:
    cursor = await connection.execute(CANDIDATES, (lease.run_id, path, after, MOST))
    return [Candidate(seq, id, payload) for seq, id, payload in await cursor.fetchall()]


async def news(connection: Connection, lease: Lease, seen: dict[str, int]) -> dict[str, Answer]:
    """Keep how far the waits have looked; those that have not seen all that came."""
    await connection.execute(SEEN, (list(seen), list(seen.values()), lease.run_id))
    cursor = await connection.execute(NEWS, (lease.run_id, list(seen)))
    return {path: LOOK for (path,) in await cursor.fetchall()}
