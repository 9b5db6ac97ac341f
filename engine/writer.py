"""The journal's way into Postgres: one writer a process, which commits the events of all its runs together.

Whatever the runs hand over while one batch is on its way goes into the next: one statement, one commit, one round
trip, however many runs there are. The statement locks the rows of its runs by owner and epoch, and that is the fence:
a run that is held by somebody else by now finds no row. Its events are not written and its writer gets ``Fenced``; the
others in the batch never notice.

Nobody holds a batch up. A run whose row a service has locked is passed over, and its events come again with a later
batch, in their order. What takes several statements (a gate, a child, parking) has connections of its own, so that a
batch never waits behind it.

A batch takes at most ``MOST_RUNS`` runs: while Postgres works on one half of a busy process' runs, Python works on the
other.

When a connection breaks in mid-commit nobody knows whether the batch is in. Writing it again could write it twice, so
its runs are told ``Interrupted``: they are claimed again and read from the journal what is true.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

from engine import childbirth, gatekeeping, listening, packing
from engine.journal import (
    Answer,
    ApprovalRequest,
    Candidate,
    ChildRequest,
    Entry,
    Fenced,
    Finish,
    Interrupted,
    Lease,
    Numbers,
    Refused,
)

log = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]
_Work: TypeAlias = Callable[[Connection, Lease], Awaitable[Any]]

NOTE_DELAY_S = 0.025
"""How long a mere note waits for company; a quick call's beginning drops out of the journal meanwhile."""
NOTIFY_EVERY_S = 0.05
MOST_BYTES = 8_000_000
"""Of one batch. A single larger one goes alone."""
RECONNECT_S = 0.5
AGAIN_S = 0.005
"""When to try a run again whose row somebody else has locked."""
MOST_RUNS = 32
"""In one batch: of 64 runs at once, Postgres works on one half while Python works on the other."""
ACTORS = 2
"""Connections for what takes several statements."""

_HELD = """
WITH held AS MATERIALIZED (
  SELECT g.n, r.id, r.account_id FROM unnest(%b::uuid[], %b::bigint[]) WITH ORDINALITY AS g(run, epoch, n), LATERAL (
    SELECT id, account_id FROM runs
    WHERE id = g.run AND epoch = g.epoch AND lease_owner = %s AND state = 'running'
    FOR NO KEY UPDATE SKIP LOCKED
  ) r
), written AS (
  INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
  SELECT h.account_id, h.id, e.seq, e.kind, e.path, e.data::jsonb
  FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[]) AS e(n, seq, kind, path, data)
  JOIN held h USING (n)
)"""
APPEND = f"{_HELD} SELECT n FROM held"
FINISH = f"""{_HELD}, ended AS (
  UPDATE runs r SET state = f.state, output = f.output::jsonb, error = f.error::jsonb,
    output_artifact = f.artifact::jsonb, last_seq = f.seq, due_at = NULL, lease_until = NULL, lease_owner = NULL,
    finished_at = CASE WHEN f.state = 'needs_review' THEN r.finished_at ELSE clock_timestamp() END
  FROM unnest(%b::bigint[], %b::text[], %s::text[], %s::text[], %s::text[], %b::bigint[])
    AS f(n, state, output, error, artifact, seq) JOIN held h USING (n)
  WHERE r.id = h.id
)
SELECT n FROM held"""
"""Rows are locked in the order that is given, through the primary key: the lateral query and the connection's
``enable_seqscan`` leave the planner no other way, whatever it believes of a table that has just grown."""
OURS = """
SELECT g.n FROM unnest(%s::uuid[], %s::int[]) WITH ORDINALITY AS g(run, epoch, n) JOIN runs r ON r.id = g.run
WHERE r.epoch = g.epoch AND r.lease_owner = %s AND r.state = 'running'
"""
NEWEST = "SELECT coalesce(max(seq), 0) FROM run_events WHERE run_id = %s"
NOTIFY = "SELECT pg_notify('weft_events', run) FROM unnest(%s::text[]) AS run"


@dataclass(slots=True)
class _Append:
    lease: Lease
    entries: Sequence[Entry]
    finish: Finish | None
    done: asyncio.Future[None] | None


@dataclass(slots=True)
class _Act:
    """What takes several statements, in one transaction: opening, closing a gate, parking. Its turn comes when all
    that was handed over before it is written."""

    lease: Lease
    work: _Work
    done: asyncio.Future[Any]


@dataclass(slots=True, eq=False)
class _Group:
    """What one batch holds of one run."""

    lease: Lease
    items: list[_Append] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    finish: Finish | None = None

    def settle(self, error: Exception | None = None) -> None:
        for item in self.items:
            if item.done is not None and not item.done.done():
                if error is None:
                    item.done.set_result(None)
                else:
                    item.done.set_exception(error)


class Writer:
    """A ``Ledger``. ``owner`` is the runner's id, which every lease carries. ``close`` writes what is left."""

    def __init__(self, url: str, owner: str) -> None:
        self._url = url
        self._owner = owner
        self._queue: list[_Append | _Act] = []
        self._awake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._actors: asyncio.Queue[_Actor] = asyncio.Queue()
        self._acting: set[asyncio.Task[None]] = set()
        self._closing = False
        self._dirty: dict[Numbers, UUID] = {}
        self._notified = 0.0
        self.measured: Callable[[int, float], None] = lambda events, seconds: None
        """Told of every commit of a batch: how many events, and how long it took."""
        self.written: Callable[[set[UUID]], None] = lambda runs: None
        """Told, now and then, of the runs whose journals have grown since."""

    async def open(self) -> None:
        """Raises ``psycopg.OperationalError`` when there is no database."""
        self._connection = await connect(self._url, "weft-writer")
        for _ in range(ACTORS):
            self._actors.put_nowait(_Actor(self._url))
        self._task = asyncio.create_task(self._work(), name="weft-writer")

    async def close(self) -> None:
        self._closing = True
        self._awake.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()
        while not self._actors.empty():
            await self._actors.get_nowait().close()

    def note(self, lease: Lease, entry: Entry) -> None:
        self._queue.append(_Append(lease, (entry,), None, None))
        self._wake_in(NOTE_DELAY_S)

    def append(
        self, lease: Lease, entries: Sequence[Entry], finish: Finish | None = None
    ) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(_Append(lease, entries, finish, done))
        self._awake.set()
        return done

    async def open_gate(self, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
        await self._act(
            lease, lambda connection, held: gatekeeping.open_gate(connection, held, entry, approval)
        )

    async def escalate(self, lease: Lease, path: str) -> Answer | None:
        answer: Answer | None = await self._act(
            lease, lambda connection, held: gatekeeping.escalate(connection, held, path)
        )
        return answer

    async def start_child(self, lease: Lease, entry: Entry, child: ChildRequest) -> None:
        await self._act(lease, lambda connection, held: childbirth.start(connection, held, entry, child))

    async def subscribe(self, lease: Lease, path: str, data: dict[str, Any], name: str) -> int:
        after: int = await self._act(
            lease, lambda connection, held: listening.subscribe(connection, held, path, data, name)
        )
        return after

    async def candidates(self, lease: Lease, path: str, after: int) -> list[Candidate]:
        found: list[Candidate] = await self._act(
            lease, lambda connection, held: listening.candidates(connection, held, path, after)
        )
        return found

    async def close_gate(self, lease: Lease, path: str, answer: Answer) -> Answer:
        counts: Answer = await self._act(
            lease, lambda connection, held: gatekeeping.close_gate(connection, held, path, answer)
        )
        return counts

    async def park(
        self, lease: Lease, paths: Sequence[str], due_at: float | None, seen: dict[str, int]
    ) -> dict[str, Answer]:
        answers: dict[str, Answer] = await self._act(
            lease, lambda connection, held: gatekeeping.park(connection, held, paths, due_at, seen)
        )
        return answers

    async def _act(self, lease: Lease, work: _Work) -> Any:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(_Act(lease, work, done))
        self._awake.set()
        return await done

    def _wake_in(self, seconds: float) -> None:
        if self._timer is None and not self._awake.is_set():
            self._timer = asyncio.get_running_loop().call_later(seconds, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._awake.set()

    # ---- batches -------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            await asyncio.sleep(0)  # whatever is ready to run now comes along
            while self._queue:
                items, self._queue = self._queue, []
                again = await self._write(items)
                if again:
                    self._queue[:0] = again
                    if len(self._queue) == len(again):
                        self._wake_in(AGAIN_S)
                        break
            await self._notify()
            if self._closing and not self._queue and not self._acting:
                return
            if self._closing:
                self._wake_in(AGAIN_S)

    async def _write(self, items: list[_Append | _Act]) -> list[_Append | _Act]:
        """Write what can be written now; what comes again later, in its order, comes back."""
        batch: dict[Numbers, _Group] = {}
        blocked: set[Numbers] = set()
        again: list[_Append | _Act] = []
        size = 0

        async def commit() -> None:
            nonlocal size
            for group in await self._commit(list(batch.values())):
                blocked.add(group.lease.numbers)
                again.extend(group.items)
            batch.clear()
            size = 0

        for item in items:
            key = item.lease.numbers
            if key in blocked:
                again.append(item)
                continue
            if isinstance(item, _Act):
                if key in batch:
                    await commit()
                if key in blocked:
                    again.append(item)
                else:
                    self._begin(item)
                continue
            entries = [entry for entry in item.entries if not entry.dropped]
            if not entries:
                continue
            group = batch.get(key)
            if group is None:
                if size > MOST_BYTES or len(batch) == MOST_RUNS:
                    await commit()
                group = batch[key] = _Group(item.lease)
            for entry in entries:
                entry.taken = True
                size += len(entry.data)
            group.items.append(item)
            group.entries += entries
            if item.finish is not None:
                group.finish = item.finish
                if item.lease.depth > 0:
                    # Its end locks its parent's row as well: alone, so that no two batches wait for each other.
                    del batch[key]
                    await commit()
                    batch[key] = group
                    await commit()
        await commit()
        return again

    async def _commit(self, groups: list[_Group]) -> list[_Group]:
        """The groups that were passed over come back."""
        if not groups:
            return []
        began = perf_counter()
        try:
            held = await self._append(groups)
            left = [] if len(held) == len(groups) else [one for one in groups if one not in held]
            ours = await self._ours(left) if left else []
        except errors.UniqueViolation:
            # A service has numbered an event of one of them. Each by itself, with the number that is true.
            return await self._one_by_one(groups)
        except psycopg.OperationalError as error:
            await self._broken(error)
            for group in groups:
                group.settle(Interrupted(str(error)))
            return []
        except psycopg.Error as error:
            if len(groups) > 1:  # one of them is to blame
                return await self._one_by_one(groups)
            groups[0].settle(Refused(str(error)))
            return []
        self.measured(sum([len(group.entries) for group in held]), perf_counter() - began)
        for group in held:
            self._dirty[group.lease.numbers] = group.lease.run_id
            group.settle()
        for group in left:
            if group not in ours:
                group.settle(Fenced())
        return ours

    async def _one_by_one(self, groups: list[_Group]) -> list[_Group]:
        passed_over = []
        for group in groups:
            try:
                cursor = await self._there().execute(NEWEST, (group.lease.run_id,))
                row = await cursor.fetchone()
            except psycopg.Error as error:
                await self._broken(error)
                group.settle(Interrupted(str(error)))
                continue
            assert row is not None
            group.lease.numbers.last = row[0]
            passed_over += await self._commit([group])
        return passed_over

    async def _append(self, groups: list[_Group]) -> list[_Group]:
        """The groups that were written."""
        runs, epochs = [], []
        of, seqs, kinds, paths, data = [], [], [], [], []
        ends: list[tuple[int, Finish, int]] = []
        for number, group in enumerate(groups, 1):
            lease = group.lease
            seq = lease.numbers.last
            runs.append(lease.run_id.bytes)
            epochs.append(lease.epoch)
            for entry in group.entries:
                seq += 1
                of.append(number)
                seqs.append(seq)
                kinds.append(entry.kind)
                paths.append(entry.path)
                data.append(entry.data)
            if group.finish is not None:
                ends.append((number, group.finish, seq))
        given: list[Any] = [packing.uuids(runs), packing.bigints(epochs), self._owner]
        given += [packing.bigints(of), packing.bigints(seqs)]
        given += [packing.texts(kinds), packing.texts(paths), packing.texts(data)]
        if ends:
            given += [
                packing.bigints([number for number, _, _ in ends]),
                packing.texts([finish.state for _, finish, _ in ends]),
                [finish.output for _, finish, _ in ends],
                [finish.error for _, finish, _ in ends],
                [finish.artifact for _, finish, _ in ends],
                packing.bigints([seq for _, _, seq in ends]),
            ]
        cursor = await self._there().execute(FINISH if ends else APPEND, given, prepare=True, binary=True)
        held = [groups[row[0] - 1] for row in await cursor.fetchall()]
        for group in held:
            group.lease.numbers.last += len(group.entries)
        return held

    async def _ours(self, groups: list[_Group]) -> list[_Group]:
        """Of runs that were passed over: those that are ours still, and locked by somebody at the moment."""
        runs, epochs = [group.lease.run_id for group in groups], [group.lease.epoch for group in groups]
        cursor = await self._there().execute(OURS, (runs, epochs, self._owner))
        return [groups[row[0] - 1] for row in await cursor.fetchall()]

    def _there(self) -> Connection:
        if self._connection is None or self._connection.closed:
            raise psycopg.OperationalError("there is no connection")
        return self._connection

    # ---- acts ----------------------------------------------------------------------------------------

    def _begin(self, act: _Act) -> None:
        task = asyncio.create_task(self._perform(act))
        self._acting.add(task)
        task.add_done_callback(self._acting.discard)

    async def _perform(self, act: _Act) -> None:
        actor = await self._actors.get()
        # What it numbers counts once it is committed: if it is not, the next event takes that number.
        lease = replace(act.lease, numbers=Numbers())
        try:
            value = await actor.perform(lambda connection: act.work(connection, lease))
        except errors.LockNotAvailable:
            self._queue.append(act)  # somebody holds its row for long: not at the expense of the others
            self._awake.set()
        except Fenced as error:
            _fail(act.done, error)
        except psycopg.Error as error:
            _fail(act.done, Interrupted(str(error)))
        except Exception as error:  # a defect of ours: it is the run's, and must not end the writer
            _fail(act.done, error)
        else:
            numbers = act.lease.numbers
            numbers.last = max(numbers.last, lease.numbers.last)
            self._dirty[numbers] = act.lease.run_id
            self._wake_in(NOTIFY_EVERY_S)
            if not act.done.done():
                act.done.set_result(value)
        finally:
            self._actors.put_nowait(actor)

    # ---- news, and a connection that breaks ----------------------------------------------------------

    async def _notify(self) -> None:
        if not self._dirty:
            return
        now = asyncio.get_running_loop().time()
        if now - self._notified < NOTIFY_EVERY_S and not self._closing:
            self._wake_in(NOTIFY_EVERY_S)
            return
        runs, self._dirty = set(self._dirty.values()), {}
        self._notified = now
        self.written(runs)
        with suppress(psycopg.Error):
            await self._there().execute(NOTIFY, ([str(run) for run in runs],), prepare=True)

    async def _broken(self, error: psycopg.Error) -> None:
        """Find Postgres again; whoever is queued meanwhile waits."""
        log.warning("the journal's connection broke: %s", error)
        if self._connection is not None:
            with suppress(psycopg.Error):
                await self._connection.close()
        self._connection = None
        while not self._closing:
            try:
                self._connection = await connect(self._url, "weft-writer")
                return
            except psycopg.Error:
                await asyncio.sleep(RECONNECT_S)


class _Actor:
    """A connection for one act at a time, found again when it breaks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    async def perform(self, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._url, "weft-acts")
        try:
            async with self._connection.transaction():
                return await work(self._connection)
        except psycopg.OperationalError as error:
            if not isinstance(error, errors.LockNotAvailable):
                with suppress(psycopg.Error):
                    await self._connection.close()
            raise

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


async def connect(url: str, name: str) -> Connection:
    """For writing to runs under a lease."""
    connection = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        connect_timeout=10,
        application_name=f"{name}-{os.getpid()}",
        # A process that is put to sleep in the middle of a transaction must not hold its run's row; one that waits
        # for a row must not hold up those behind it.
        options="-c idle_in_transaction_session_timeout=5000 -c lock_timeout=1000 -c enable_seqscan=off -c jit=off",
    )
    packing.prepare(connection)
    return connection


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
