"""Leases: which runner may write to which run, and for how long. All of it by the database's clock.

A claim is one statement (``engine.queueing`` says which runs it takes): it skips what others are claiming, counts the
attempt (so that crashes count), raises the epoch (so that a former holder is refused from then on) and journals
itself. A run is due when it is queued, when its waiting time is over, or when its holder has let the lease run out.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.artifacts import Artifact
from engine.artifacts.sweep import REFER, lock_key
from engine.journal import Answer, Event, Lease, Numbers
from engine.model.usage import Call, record_of_run
from engine.queueing import CLAIM, LOCK, NEXT_DUE
from engine.tallies import Tallies

Json: TypeAlias = Any
Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

BEAT_TRIES = 5
"""A row that was locked each time keeps the lease it has, which is long enough for the next beat."""

EVENTS = """
SELECT run_id, seq, extract(epoch FROM at)::float8, kind, path, data FROM run_events
WHERE run_id = ANY(%s) ORDER BY run_id, seq
"""

# Whoever holds a row's lock is writing to the run at this moment, mostly we ourselves. To wait for many rows in turn
# while holding the others is how two statements come to wait for each other, so a beat waits for none.
BEAT = """
WITH mine AS (
  SELECT id, epoch, cancel_requested_at IS NOT NULL AS cancelled FROM runs
  WHERE id = ANY(%(runs)s) AND lease_owner = %(me)s AND state = 'running'
), free AS MATERIALIZED (
  SELECT id FROM runs WHERE id = ANY(%(runs)s) AND lease_owner = %(me)s AND state = 'running' FOR UPDATE SKIP LOCKED
), renewed AS (
  UPDATE runs r SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  WHERE r.id = ANY(ARRAY(SELECT id FROM free)) RETURNING r.id
)
SELECT m.id, m.epoch, m.cancelled, n.id IS NOT NULL FROM mine m LEFT JOIN renewed n ON n.id = m.id
"""

MINE = """
SELECT FROM runs WHERE id = %(run)s AND epoch = %(epoch)s AND lease_owner = %(me)s AND state = 'running' FOR UPDATE
"""
RELEASE = """
UPDATE runs SET state = 'queued',
  last_seq = (SELECT max(seq) FROM run_events e WHERE e.run_id = runs.id),
  due_at = now(), lease_owner = NULL, lease_until = NULL,
  attempt = CASE WHEN %(blameless)s THEN greatest(attempt - 1, 0) ELSE attempt END
WHERE id = %(run)s AND epoch = %(epoch)s AND lease_owner = %(me)s AND state = 'running'
"""

WAKE = "SELECT pg_notify('weft_runs', '')"

LATELY_USED = """
WITH used AS (
  SELECT workflow_id, version_id, id, row_number() OVER (ORDER BY id DESC) AS age
  FROM (SELECT workflow_id, version_id, id FROM runs ORDER BY id DESC LIMIT 1000) AS last
), versions AS (
  SELECT version_id, age FROM used
  UNION ALL
  SELECT w.live_version_id, u.age FROM used u JOIN workflows w ON w.id = u.workflow_id
  WHERE w.live_version_id IS NOT NULL
)
SELECT version_id FROM versions GROUP BY version_id ORDER BY min(age), version_id LIMIT %s
"""

NEWS = """
SELECT e.run_id, e.path, e.data FROM run_events e WHERE e.run_id = %s AND e.kind = 'gate.answered' ORDER BY e.seq
"""

REGISTER = """
INSERT INTO runners (id, host, pid) VALUES (%s, %s, %s)
ON CONFLICT (id) DO UPDATE SET seen_at = now(), started_at = now()
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours for now. ``attempt`` counts from 1 and starts again after a wait; ``events`` are the
    journal so far; ``clock`` is the database's time at the claim, in seconds since 1970. ``why``: it was "queued", its
    waiting time was over ("due"), or its holder's lease ("lost"); ``traceparent`` is what it came with. ``trial``: of
    a test, its settings."""

    lease: Lease
    version_id: UUID
    content_hash: str
    input: Json
    attempt: int
    cancelled: bool
    clock: float
    events: tuple[Event, ...]
    why: str = "queued"
    traceparent: str | None = None
    trial: Json = None


@dataclass(frozen=True, slots=True)
class Claims:
    """``limits``: the accounts and workflows that have due work under a limit; give them to the next claim, and look
    again whenever a run ends. ``again``: some of them were not open to us; look again at once."""

    runs: tuple[Claim, ...] = ()
    limits: frozenset[UUID] = frozenset()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Beat:
    """``held``: the epoch of every run that is still ours. ``cancelled``: those whose end was asked for."""

    held: dict[UUID, int]
    cancelled: frozenset[UUID]


class Leases:
    """One runner's leases, on a connection that the caller owns and serialises."""

    def __init__(self, connection: Connection, me: str, lease_s: float) -> None:
        self._connection = connection
        self._me = me
        self._lease_s = lease_s

    async def claim(self, most: int, limits: frozenset[UUID] = frozenset()) -> Claims:
        """At most so many runs. ``limits``: those that the claim before this one has told of."""
        if not limits:
            return await self._claim(most, [])
        async with self._connection.transaction():
            cursor = await self._connection.execute(LOCK, (sorted(limits),), prepare=True)
            return await self._claim(most, [key for (key,) in await cursor.fetchall()])

    async def _claim(self, most: int, locked: list[UUID]) -> Claims:
        about = {"most": most, "me": self._me, "lease": self._lease_s, "locked": locked}
        cursor = await self._connection.execute(CLAIM, about, prepare=True)
        rows = await cursor.fetchall()
        if not rows:
            return Claims()
        limits: frozenset[UUID] = frozenset()
        if rows[-1][0] is None:
            limits = frozenset(rows.pop()[-1])
        # A run that was never run before has nothing in its journal but its acceptance and this claim.
        events = await self._events([row[0] for row in rows if row[8] > 2])
        claims = tuple(
            Claim(
                Lease(run_id, account_id, workflow_id, self._me, epoch, depth, Numbers(last_seq)),
                version_id,
                content_hash,
                given,
                attempt,
                cancelled,
                clock,
                tuple(events.get(run_id, ())),
                why,
                traceparent,
                trial,
            )
            for (
                run_id,
                account_id,
                workflow_id,
                version_id,
                content_hash,
                given,
                epoch,
                attempt,
                last_seq,
                cancelled,
                depth,
                why,
                traceparent,
                trial,
                clock,
                _,
            ) in rows
        )
        return Claims(claims, limits, not limits.issubset(locked))

    async def _events(self, runs: Sequence[UUID]) -> dict[UUID, list[Event]]:
        found: dict[UUID, list[Event]] = {}
        if runs:
            cursor = await self._connection.execute(EVENTS, (list(runs),))
            for run_id, seq, at, kind, path, data in await cursor.fetchall():
                found.setdefault(run_id, []).append(Event(seq, at, kind, path, data))
        return found

    async def beat(self, runs: Iterable[UUID]) -> Beat:
        """Renew. A run that is not in ``held`` any more belongs to somebody else."""
        held: dict[UUID, int] = {}
        cancelled = set()
        wanted = list(runs)
        left = list(wanted)
        for _ in range(BEAT_TRIES):
            if not left:
                break
            about = {"lease": self._lease_s, "runs": left, "me": self._me}
            cursor = await self._connection.execute(BEAT, about, prepare=True)
            left = []
            for run_id, epoch, asked, renewed in await cursor.fetchall():
                held[run_id] = epoch
                if asked:
                    cancelled.add(run_id)
                if not renewed:
                    left.append(run_id)
        await self._connection.execute(
            "UPDATE runners SET seen_at = now(), active = %s WHERE id = %s",
            (len(wanted), self._me),
            prepare=True,
        )
        return Beat(held, frozenset(cancelled))

    async def release(self, lease: Lease, *, blameless: bool) -> None:
        """Give a run back to the queue. ``blameless``: this attempt does not count towards the dead letter."""
        about = {"run": lease.run_id, "epoch": lease.epoch, "me": self._me, "blameless": blameless}
        # Two statements: one that waits for the row would number by what it saw before it had to wait.
        async with self._connection.transaction():
            await self._connection.execute(MINE, about)
            await self._connection.execute(RELEASE, about)
        await self._connection.execute(WAKE)

    async def next_due_s(self) -> float | None:
        """Seconds until a run becomes due by itself or a lease ends; None when nothing will."""
        cursor = await self._connection.execute(NEXT_DUE, prepare=True)
        row = await cursor.fetchone()
        return None if row is None or row[0] is None else float(row[0])

    async def answers(self, run_id: UUID) -> dict[str, Answer]:
        """All answers that the run's gates were given so far."""
        cursor = await self._connection.execute(NEWS, (run_id,))
        answers: dict[str, Answer] = {}
        for _, path, data in await cursor.fetchall():
            answers.setdefault(path, Answer.of(data))
        return answers

    async def cancel_asked(self, run_id: UUID) -> bool:
        cursor = await self._connection.execute(
            "SELECT cancel_requested_at IS NOT NULL FROM runs WHERE id = %s", (run_id,)
        )
        row = await cursor.fetchone()
        return row is not None and bool(row[0])

    async def plan(self, version_id: UUID) -> tuple[str, Json] | None:
        """Content hash and plan of a version."""
        cursor = await self._connection.execute(
            "SELECT content_hash, plan FROM versions WHERE id = %s", (version_id,)
        )
        row = await cursor.fetchone()
        return None if row is None else (row[0], row[1])

    async def lately_used(self, most: int) -> list[UUID]:
        """Versions of the last thousand runs, and what is live of their workflows, the latest first."""
        cursor = await self._connection.execute(LATELY_USED, (most,))
        return [version_id for (version_id,) in await cursor.fetchall()]

    async def connector(self, account_id: UUID, name: str) -> dict[str, Json] | None:
        """An enabled connector, or None."""
        cursor = await self._connection.execute(
            "SELECT name, title, transport, trusted, pins FROM connectors"
            " WHERE account_id = %s AND name = %s AND enabled",
            (account_id, name),
        )
        row = await cursor.fetchone()
        fields = ("name", "title", "transport", "trusted", "pins")
        return None if row is None else dict(zip(fields, row, strict=True))

    async def connector_health(self, account_id: UUID, name: str, state: str, message: str) -> None:
        """What a runner has learnt about a connector by calling it."""
        await self._connection.execute(
            "UPDATE connectors SET health = health || jsonb_build_object('state', %s::text, 'message', %s::text),"
            " checked_at = now() WHERE account_id = %s AND name = %s",
            (state, message.replace("\0", ""), account_id, name),
        )

    async def spent(self, account_id: UUID, run_id: UUID, call: Call) -> None:
        await record_of_run(self._connection, account_id, run_id, call)

    async def refer(self, account_id: UUID, run_id: UUID, artifact: Artifact) -> None:
        """Write down that a run refers to an artifact, before the journal does."""
        key = lock_key(account_id, artifact.sha256)
        await self._connection.execute(REFER, (key, account_id, artifact.sha256, run_id, artifact.bytes))

    async def count(self, tallies: Tallies) -> None:
        await tallies.flush(self._connection)

    async def register(self) -> None:
        await self._connection.execute(REGISTER, (self._me, socket.gethostname(), os.getpid()))
        await self._connection.execute("DELETE FROM runners WHERE seen_at < now() - interval '1 day'")

    async def sign_off(self) -> None:
        await self._connection.execute("DELETE FROM runners WHERE id = %s", (self._me,))
