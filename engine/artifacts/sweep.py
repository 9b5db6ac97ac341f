"""Removing content that no run refers to: what a crash between ``put`` and the journal has left, and what belonged to
runs that are gone (a run's references go with its row).

A reference is written before its content, and sweeping holds the content's lock while it looks and deletes: a writer
either comes before, and is seen, or after, and then writes content that is not there any more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.artifacts.store import ArtifactStore, Kept

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

REFER = """
WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)))
INSERT INTO artifacts (account_id, sha256, run_id, bytes) SELECT %s, %s, %s, %s FROM held ON CONFLICT DO NOTHING
"""
UNREFERRED = """
SELECT g.account_id, g.sha256 FROM unnest(%s::uuid[], %s::text[]) AS g(account_id, sha256)
WHERE NOT EXISTS (SELECT FROM artifacts a WHERE a.account_id = g.account_id AND a.sha256 = g.sha256)
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
REFERRED = "SELECT EXISTS (SELECT FROM artifacts WHERE account_id = %s AND sha256 = %s)"
BATCH = 500


def lock_key(account_id: UUID, sha256: str) -> str:
    return f"weft_artifacts/{account_id}/{sha256}"


async def sweep(connection: Connection, store: ArtifactStore) -> int:
    """How many were removed. ``connection``: autocommit, as a role that sees every account's references (a runner's).
    May run at any time, and in several places at once. Raises ``StoreFailed`` and psycopg's errors."""
    removed = 0
    async for batch in _batches(store.kept()):
        cursor = await connection.execute(
            UNREFERRED, ([one.account_id for one in batch], [one.sha256 for one in batch])
        )
        for account_id, sha256 in await cursor.fetchall():
            removed += await _remove(connection, store, account_id, sha256)
    return removed


async def _remove(connection: Connection, store: ArtifactStore, account_id: UUID, sha256: str) -> bool:
    async with connection.transaction():
        await connection.execute(LOCK, (lock_key(account_id, sha256),))
        cursor = await connection.execute(REFERRED, (account_id, sha256))
        row = await cursor.fetchone()
        if row is None or row[0]:
            return False
        await store.delete(account_id, sha256)
        return True


async def _batches(kept: AsyncIterator[Kept]) -> AsyncIterator[Sequence[Kept]]:
    batch: list[Kept] = []
    async for one in kept:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
