"""Sends the spans of the runs that a runner writes to, behind its back: it reads what was committed, and nothing waits
for it.

The journal is what is traced, not the running code. So a replay makes no spans, times are the database's whatever
process took part, and what a service recorded (an answer, a cancel) is traced as well. A run's ``run_traces.seq`` says
up to which event its spans are taken; whoever moves it on, from where it read it, has those events to send, and nobody
else does. After a crash or a takeover the next to write to the run goes on from there.

What is lost: spans of a batch that was taken and not brought home, since the process was killed in that moment or the
receiver refused it to the end. Nothing is ever sent twice on purpose.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.tallies import SPANS, Tallies
from engine.telemetry.otlp import Sender
from engine.telemetry.receiver import Receiver
from engine.telemetry.spans import Record, Span, Subject, Weave
from engine.telemetry.trace import Trace

log = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

MOST_RUNS = 100_000
"""Runs that may wait to be looked at. A run beyond comes again when it is next written to."""
PAGE = 200
"""Runs that are looked at together."""
MOST_EVENTS = 5_000
BATCH = 512
"""Spans that are sent together."""
KEPT = 2_000
"""Runs that go on whose beginnings are kept, so that they need not be read again."""

RUNS = """
SELECT r.id, w.name, v.number, r.traceparent, coalesce(t.seq, 0) FROM runs r
JOIN workflows w ON w.id = r.workflow_id JOIN versions v ON v.id = r.version_id
LEFT JOIN run_traces t ON t.run_id = r.id WHERE r.id = ANY(%s)
"""
EVENTS = """
SELECT e.run_id, e.seq, extract(epoch FROM e.at)::float8, e.kind, e.path, coalesce((e.data ->> 'attempt')::int, 1),
  (e.data ->> 'ms')::int, e.data ->> 'tool', e.data -> 'error' ->> 'code',
  coalesce(e.data ->> 'answer', e.data ->> 'outcome'),
  CASE WHEN e.data ? 'approval_id' THEN 'approval' WHEN e.data ? 'run_id' THEN 'run' WHEN e.data ? 'event' THEN 'event'
    ELSE 'time' END,
  m.model, m.tokens_in, m.tokens_out, m.cost_usd
FROM unnest(%s::uuid[], %s::int[]) AS g(run, after)
JOIN run_events e ON e.run_id = g.run AND e.seq > g.after AND NOT e.data ? 'reused'
LEFT JOIN LATERAL (
  SELECT e.data -> 'result' ->> 'model' AS model, (e.data -> 'result' ->> 'tokens_in')::int AS tokens_in,
    (e.data -> 'result' ->> 'tokens_out')::int AS tokens_out, (e.data -> 'result' ->> 'cost_usd')::float8 AS cost_usd
  WHERE e.kind = 'step.succeeded' AND e.path ~ '~turn[0-9]+$'
) m ON true
ORDER BY e.run_id, e.seq LIMIT %s
"""
KNOW = """
INSERT INTO run_traces (run_id, account_id) SELECT id, account_id FROM runs WHERE id = ANY(%s) ORDER BY id
ON CONFLICT DO NOTHING
"""
TAKE = """
WITH given AS (SELECT * FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS g(run, before, seq)), held AS MATERIALIZED (
  SELECT t.run_id FROM run_traces t JOIN given g ON g.run = t.run_id AND g.before = t.seq ORDER BY 1 FOR UPDATE OF t
)
UPDATE run_traces t SET seq = g.seq FROM given g, held h
WHERE h.run_id = t.run_id AND g.run = t.run_id AND g.before = t.seq RETURNING t.run_id
"""
ENDED = """
SELECT id FROM runs WHERE id = ANY(%s) AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
"""


class Tracer:
    """``mark`` runs whose journals have grown; their spans follow. ``close`` sends what is left, for a while."""

    def __init__(self, url: str, receiver: Receiver, instance: str, tallies: Tallies) -> None:
        self._url = url
        self._delay_s = receiver.delay_s
        self._sender = Sender(receiver, instance)
        self._tallies = tallies
        self._dirty: set[UUID] = set()
        self._noticed: set[UUID] = set()
        self._weaves: OrderedDict[UUID, Weave] = OrderedDict()
        self._awake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._closing = False
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._work(), name="weft-tracer")

    def mark(self, runs: Iterable[UUID]) -> None:
        if len(self._dirty) < MOST_RUNS:
            self._dirty.update(runs)
            self._awake.set()

    def noticed(self, run_id: UUID) -> None:
        """Something was said of a run that is not ours: maybe a service has ended it, and no runner will."""
        if len(self._noticed) < MOST_RUNS:
            self._noticed.add(run_id)
            self._awake.set()

    async def close(self, grace_s: float = 3.0) -> None:
        self._closing = True
        self._hurry.set()
        self._awake.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=grace_s)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._sender.close()
        if self._connection is not None:
            await self._connection.close()

    async def _work(self) -> None:
        while not self._closing or self._dirty:
            await self._awake.wait()
            if not self._closing:
                await self._pause()
                self._awake.clear()
            try:
                while self._dirty or self._noticed:
                    await self._page()
            except psycopg.Error as error:
                log.warning("spans could not be read from the journal: %s", type(error).__name__)
                if self._connection is not None:
                    await self._connection.close()
                if self._closing:
                    return
                await asyncio.sleep(self._delay_s)
                self._awake.set()
            except Exception:  # a defect of ours costs spans, never more
                log.exception("spans could not be made")

    async def _pause(self) -> None:
        """Company for what is marked; cut short by the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._delay_s):
                await self._hurry.wait()

    async def _page(self) -> None:
        connection = await self._connected()
        if self._noticed:
            noticed, self._noticed = self._noticed, set()
            cursor = await connection.execute(ENDED, (list(noticed),))
            self._dirty.update(row[0] for row in await cursor.fetchall())
        runs = [self._dirty.pop() for _ in range(min(PAGE, len(self._dirty)))]
        try:
            spans = await self._taken(connection, runs)
        except psycopg.Error:
            self.mark(runs)
            raise
        for start in range(0, len(spans), BATCH):
            batch = spans[start : start + BATCH]
            self._tallies.add(SPANS, "sent" if await self._sender.send(batch) else "dropped", n=len(batch))

    async def _taken(self, connection: Connection, runs: list[UUID]) -> list[Span]:
        """The spans that ended in these runs since, and are ours to send."""
        cursor = await connection.execute(RUNS, (runs,))
        before: dict[UUID, int] = {}
        for run_id, workflow, version, traceparent, seq in await cursor.fetchall():
            before[run_id] = seq
            known = self._weaves.get(run_id)
            if known is None or known.seq > seq:
                self._weaves[run_id] = Weave(Subject(Trace.of(run_id, traceparent), workflow, version))
            self._weaves.move_to_end(run_id)
        after = [self._weaves[run_id].seq for run_id in before]
        cursor = await connection.execute(EVENTS, (list(before), after, MOST_EVENTS))
        rows = await cursor.fetchall()
        found: dict[UUID, list[Span]] = {}
        for run_id, *event in rows:
            record = Record(*event)
            ended = self._weaves[run_id].take(record)
            if record.seq > before[run_id]:
                found.setdefault(run_id, []).extend(ended)
        mine = await self._take(connection, {run_id: before[run_id] for run_id in found})
        if len(rows) == MOST_EVENTS:
            self.mark(before)
        for run_id in found.keys() - mine:  # another took them first: look again at what it left
            del self._weaves[run_id]
            self.mark([run_id])
        sent = [run_id for run_id in found if run_id in mine and self._weaves[run_id].subject.trace.sampled]
        while len(self._weaves) > KEPT:
            self._weaves.popitem(last=False)
        return [span for run_id in sent for span in found[run_id]]

    async def _take(self, connection: Connection, before: dict[UUID, int]) -> set[UUID]:
        if not before:
            return set()
        runs = sorted(before)
        await connection.execute(KNOW, (runs,))
        upto = [self._weaves[run_id].seq for run_id in runs]
        cursor = await connection.execute(TAKE, (runs, [before[run_id] for run_id in runs], upto))
        return {row[0] for row in await cursor.fetchall()}

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=10, application_name="weft-tracer"
            )
        return self._connection
