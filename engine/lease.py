"""Leases: which runner may write to which run, and for how long. All of it by the database's clock.

A claim is one short statement: it skips what others are claiming, counts the attempt (so that crashes count), raises
the epoch (so that a former holder is refused from then on) and journals itself. A run is due when it is queued, when
its waiting time is over, or when its holder has let the lease run out.
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
from engine.tallies import Tallies

Json: TypeAlias = Any
Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

CLAIM = """
WITH lost AS (
  SELECT id FROM runs WHERE state = 'running' AND lease_until < now()
  ORDER BY lease_until LIMIT %(most)s FOR UPDATE SKIP LOCKED
), due AS (
  SELECT id FROM runs WHERE state = 'waiting' AND due_at <= now()
  ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), queued AS (
  SELECT id FROM runs WHERE state = 'queued' AND due_at <= now()
  ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), chosen AS (
  SELECT id, 'lost' AS why FROM lost UNION ALL SELECT id, 'due' FROM due
  UNION ALL SELECT id, 'queued' FROM queued LIMIT %(most)s
), claimed AS (
  UPDATE runs r SET state = 'running', attempt = r.attempt + 1, epoch = r.epoch + 1, lease_owner = %(me)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s), waiting_on = '{}',
    started_at = coalesce(r.started_at, clock_timestamp()), last_seq = 1 + CASE r.state
      WHEN 'running' THEN (SELECT max(seq) FROM run_events e WHERE e.run_id = r.id) ELSE r.last_seq END
  FROM chosen c WHERE r.id = c.id
  RETURNING r.id, r.account_id, r.workflow_id, r.version_id, r.content_hash, r.input, r.epoch, r.attempt, r.last_seq,
    r.cancel_requested_at IS NOT NULL AS cancelled, r.depth, c.why, r.traceparent
), noted AS (
  INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
  SELECT account_id, id, last_seq, 'run.claimed', '', jsonb_build_object('attempt', attempt, 'runner', %(me)s::text)
  FROM claimed
)
SELECT *, extract(epoch FROM clock_timestamp())::float8 FROM claimed
"""

EVENTS = """
SELECT run_id, seq, extract(epoch FROM at)::float8, kind, path, data FROM run_events
WHERE run_id = ANY(%s) ORDER BY run_id, seq
"""

BEAT = """
WITH held AS MATERIALIZED (
  SELECT id FROM runs WHERE id = ANY(%(runs)s) AND lease_owner = %(me)s AND state = 'running'
  ORDER BY id DESC FOR UPDATE
)
UPDATE runs r SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s) FROM held h WHERE r.id = h.id
RETURNING r.id, r.epoch, r.cancel_requested_at IS NOT NULL
"""

RELEASE = """
UPDATE runs SET state = 'queued',
  last_seq = (SELECT max(seq) FROM run_events e WHERE e.run_id = runs.id),
  due_at = now(), lease_owner = NULL, lease_until = NULL,
  attempt = CASE WHEN %(blameless)s THEN greatest(attempt - 1, 0) ELSE attempt END
WHERE id = %(run)s AND epoch = %(epoch)s AND lease_owner = %(me)s AND state = 'running'
"""

WAKE = "SELECT pg_notify('weft_runs', '')"

NEXT_DUE = """
SELECT extract(epoch FROM min(due_at) - now())::float8 FROM runs WHERE state IN ('queued', 'waiting') AND due_at > now()
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
    waiting time was over ("due"), or its holder's lease ("lost"); ``traceparent`` is what it came with."""

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

    async def claim(self, most: int) -> list[Claim]:
        cursor = await self._connection.execute(
            CLAIM, {"most": most, "me": self._me, "lease": self._lease_s}, prepare=True
        )
        rows = await cursor.fetchall()
        if not rows:
            return []
        # A run that was never run before has nothing in its journal but its acceptance and this claim.
        events = await self._events([row[0] for row in rows if row[8] > 2])
        return [
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
                clock,
            ) in rows
        ]

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
        if wanted:
            cursor = await self._connection.execute(
                BEAT, {"lease": self._lease_s, "runs": wanted, "me": self._me}, prepare=True
            )
            for run_id, epoch, asked in await cursor.fetchall():
                held[run_id] = epoch
                if asked:
                    cancelled.add(run_id)
        await self._connection.execute(
            "UPDATE runners SET seen_at = now(), active = %s WHERE id = %s",
            (len(wanted), self._me),
            prepare=True,
        )
        return Beat(held, frozenset(cancelled))

    async def release(self, lease: Lease, *, blameless: bool) -> None:
        """Give a run back to the queue. ``blameless``: this attempt does not count towards the dead letter."""
        about = {"run": lease.run_id, "epoch": lease.epoch, "me": self._me, "blameless": blameless}
        await self._connection.execute(RELEASE, about)
        await self._connection.execute(WAKE)

    async def next_due_s(self) -> float | None:
        """Seconds until a run becomes due by itself; None when none will."""
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
