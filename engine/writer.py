"""The journal's way into Postgres: one writer a process, which commits the events of all its runs together.

Whatever the runs hand over while one batch is on its way goes into the next: one statement, one commit, one round
trip, however many runs there are. A run's row gives out its ``seq`` and is the fence: the update that reserves the
numbers names owner and epoch, and a run that is held by somebody else by now finds no row. Its events are not written
and its writer gets ``Fenced``; the others in the batch never notice.

A lane is a connection with its own queue; a run keeps to one lane, so its events keep their order. One lane is best on
two cores (a batch costs more than the events in it); where cores are many, two let Python fill one batch while
Postgres works on the other.

When a connection breaks in mid-commit nobody knows whether the batch is in. Writing it again could write it twice, so
its runs are told ``Interrupted``: they are claimed again and read from the journal what is true.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine import childbirth, gatekeeping, listening
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
)
from engine.strict import encode

log = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

NOTE_DELAY_S = 0.025
"""How long a mere note waits for company; a quick call's beginning drops out of the journal meanwhile."""
NOTIFY_EVERY_S = 0.05
MOST_BYTES = 8_000_000
"""Of one batch. A single larger one goes alone."""
RECONNECT_S = 0.5

APPEND = """
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%s::jsonb)
    AS g(run uuid, epoch int, n int, state text, output jsonb, error jsonb, artifact jsonb, events jsonb)
), held AS (
  UPDATE runs r SET
    last_seq = r.last_seq + g.n,
    state = coalesce(g.state, r.state),
    output = coalesce(g.output, r.output),
    error = coalesce(g.error, r.error),
    output_artifact = coalesce(g.artifact, r.output_artifact),
    finished_at = CASE WHEN g.state IS NULL OR g.state = 'needs_review' THEN r.finished_at
      ELSE clock_timestamp() END,
    due_at = CASE WHEN g.state IS NULL THEN r.due_at END,
    lease_until = CASE WHEN g.state IS NULL THEN r.lease_until END,
    lease_owner = CASE WHEN g.state IS NULL THEN r.lease_owner END
  FROM given g
  WHERE r.id = g.run AND r.epoch = g.epoch AND r.lease_owner = %s
  RETURNING r.id, r.account_id, r.last_seq - g.n AS base
), written AS (
  INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
  SELECT h.account_id, h.id, h.base + e.n, e.v ->> 0, e.v ->> 1, e.v -> 2
  FROM given g JOIN held h ON h.id = g.run, jsonb_array_elements(g.events) WITH ORDINALITY AS e(v, n)
)
SELECT g.run FROM given g WHERE NOT EXISTS (SELECT FROM held h WHERE h.id = g.run)
"""

NOTIFY = "SELECT pg_notify('weft_events', run) FROM unnest(%s::text[]) AS run"


@dataclass(slots=True)
class _Append:
    lease: Lease
    entries: Sequence[Entry]
    finish: Finish | None
    done: asyncio.Future[None] | None


@dataclass(slots=True)
class _Act:
    """Something that needs the connection for itself, in its turn: opening, closing a gate, parking."""

    lease: Lease
    work: Callable[[Connection], Awaitable[Any]]
    done: asyncio.Future[Any]


@dataclass(slots=True)
class _Group:
    """What one batch holds of one run."""

    lease: Lease
    entries: list[Entry] = field(default_factory=list)
    finish: Finish | None = None
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class Writer:
    """A ``Ledger``. ``owner`` is the runner's id, which every lease carries. ``close`` writes what is left."""

    def __init__(self, url: str, owner: str, lanes: int = 1) -> None:
        self._lanes = [_Lane(url, owner, number, self) for number in range(lanes)]
        self.measured: Callable[[int, float], None] = lambda events, seconds: None
        """Told of every commit of a batch: how many events, and how long it took."""
        self.written: Callable[[set[UUID]], None] = lambda runs: None
        """Told, now and then, of the runs whose journals have grown since."""

    async def open(self) -> None:
        """Raises ``psycopg.OperationalError`` when there is no database."""
        for lane in self._lanes:
            await lane.open()

    async def close(self) -> None:
        for lane in self._lanes:
            await lane.close()

    def note(self, lease: Lease, entry: Entry) -> None:
        self._lane(lease).put(_Append(lease, (entry,), None, None), urgent=False)

    def append(
        self, lease: Lease, entries: Sequence[Entry], finish: Finish | None = None
    ) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lane(lease).put(_Append(lease, entries, finish, done), urgent=True)
        return done

    async def open_gate(self, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
        await self._act(lease, lambda connection: gatekeeping.open_gate(connection, lease, entry, approval))

    async def escalate(self, lease: Lease, path: str) -> Answer | None:
        answer: Answer | None = await self._act(
            lease, lambda connection: gatekeeping.escalate(connection, lease, path)
        )
        return answer

    async def start_child(self, lease: Lease, entry: Entry, child: ChildRequest) -> None:
        await self._act(lease, lambda connection: childbirth.start(connection, lease, entry, child))

    async def subscribe(self, lease: Lease, path: str, data: dict[str, Any], name: str) -> int:
        after: int = await self._act(
            lease, lambda connection: listening.subscribe(connection, lease, path, data, name)
        )
        return after

    async def candidates(self, lease: Lease, path: str, after: int) -> list[Candidate]:
        found: list[Candidate] = await self._act(
            lease, lambda connection: listening.candidates(connection, lease, path, after)
        )
        return found

    async def close_gate(self, lease: Lease, path: str, answer: Answer) -> Answer:
        counts: Answer = await self._act(
            lease, lambda connection: gatekeeping.close_gate(connection, lease, path, answer)
        )
        return counts

    async def park(
        self, lease: Lease, paths: Sequence[str], due_at: float | None, seen: dict[str, int]
    ) -> dict[str, Answer]:
        answers: dict[str, Answer] = await self._act(
            lease, lambda connection: gatekeeping.park(connection, lease, paths, due_at, seen)
        )
        return answers

    async def _act(self, lease: Lease, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._lane(lease).put(_Act(lease, work, done), urgent=True)
        return await done

    def _lane(self, lease: Lease) -> _Lane:
        return self._lanes[lease.run_id.int % len(self._lanes)]


class _Lane:
    def __init__(self, url: str, owner: str, number: int, writer: Writer) -> None:
        self._writer = writer
        self._url = url
        self._owner = owner
        self._number = number
        self._queue: list[_Append | _Act] = []
        self._awake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._dirty: set[UUID] = set()
        self._notified = 0.0

    async def open(self) -> None:
        self._connection = await self._connect()
        self._task = asyncio.create_task(self._work(), name=f"weft-writer-{self._number}")

    async def close(self) -> None:
        self._closing = True
        self._awake.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()

    def put(self, item: _Append | _Act, urgent: bool) -> None:
        self._queue.append(item)
        if urgent:
            self._awake.set()
        else:
            self._wake_in(NOTE_DELAY_S)

    def _wake_in(self, seconds: float) -> None:
        if self._timer is None and not self._awake.is_set():
            self._timer = asyncio.get_running_loop().call_later(seconds, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._awake.set()

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            connect_timeout=10,
            application_name=f"weft-writer-{os.getpid()}",
            # A process that is put to sleep in the middle of a transaction must not hold its run's row.
            options="-c idle_in_transaction_session_timeout=5000",
        )

    async def _work(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            await asyncio.sleep(0)  # whatever is ready to run now comes along
            while self._queue:
                items, self._queue = self._queue, []
                await self._write(items)
            await self._notify()
            if self._closing and not self._queue:
                return

    async def _write(self, items: list[_Append | _Act]) -> None:
        batch: dict[UUID, _Group] = {}
        size = 0
        for item in items:
            if isinstance(item, _Act) or size > MOST_BYTES:
                await self._commit(batch)
                batch, size = {}, 0
            if isinstance(item, _Act):
                await self._perform(item)
                continue
            entries = [entry for entry in item.entries if not entry.dropped]
            if not entries:
                continue
            group = batch.get(item.lease.run_id)
            if group is None or group.lease is not item.lease:
                if group is not None:  # two leases of one run in one process: the older one is stale
                    await self._commit(batch)
                    batch, size = {}, 0
                group = batch[item.lease.run_id] = _Group(item.lease)
            for entry in entries:
                entry.taken = True
                size += len(entry.data)
            group.entries += entries
            group.finish = item.finish or group.finish
            if item.done is not None:
                group.waiting.append(item.done)
            if item.finish is not None and item.lease.depth > 0:
                # Its end locks its parent's row as well: alone, so that no two batches wait for each other.
                alone = batch.pop(item.lease.run_id)
                await self._commit(batch)
                await self._commit({item.lease.run_id: alone})
                batch, size = {}, 0
        await self._commit(batch)

    async def _commit(self, batch: dict[UUID, _Group]) -> None:
        if not batch:
            return
        began = perf_counter()
        try:
            refused = await self._append(batch.values())
        except psycopg.OperationalError as error:
            await self._broken(error)
            for group in batch.values():
                _fail(group.waiting, Interrupted(str(error)))
            return
        except psycopg.Error as error:
            if len(batch) > 1:  # one of them is to blame: each for itself
                for run, group in batch.items():
                    await self._commit({run: group})
                return
            log.error("an event could not be written: %s", error)
            for group in batch.values():
                _fail(group.waiting, Interrupted(str(error)))
            return
        self._writer.measured(sum(len(group.entries) for group in batch.values()), perf_counter() - began)
        for run, group in batch.items():
            if run in refused:
                _fail(group.waiting, Fenced())
                continue
            self._dirty.add(run)
            for future in group.waiting:
                if not future.done():
                    future.set_result(None)

    async def _append(self, groups: Any) -> set[UUID]:
        if self._connection is None or self._connection.closed:
            raise psycopg.OperationalError("there is no connection")
        text = "[" + ",".join(_row(group) for group in groups) + "]"
        cursor = await self._connection.execute(APPEND, (text, self._owner), prepare=True)
        return {row[0] for row in await cursor.fetchall()}

    async def _perform(self, act: _Act) -> None:
        try:
            if self._connection is None or self._connection.closed:
                raise psycopg.OperationalError("there is no connection")
            async with self._connection.transaction():
                value = await act.work(self._connection)
        except Fenced as error:
            _fail([act.done], error)
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError):
                await self._broken(error)
            _fail([act.done], Interrupted(str(error)))
        except Exception as error:  # a defect of ours: it is the run's, and must not end the writer
            _fail([act.done], error)
        else:
            self._dirty.add(act.lease.run_id)
            if not act.done.done():
                act.done.set_result(value)

    async def _notify(self) -> None:
        if not self._dirty:
            return
        now = asyncio.get_running_loop().time()
        if now - self._notified < NOTIFY_EVERY_S and not self._closing:
            self._wake_in(NOTIFY_EVERY_S)
            return
        dirty, self._dirty = self._dirty, set()
        self._notified = now
        self._writer.written(dirty)
        with suppress(psycopg.Error):
            if self._connection is not None and not self._connection.closed:
                await self._connection.execute(NOTIFY, ([str(run) for run in dirty],), prepare=True)

    async def _broken(self, error: psycopg.Error) -> None:
        """Find Postgres again; whoever is queued meanwhile waits."""
        log.warning("the journal's connection broke: %s", error)
        if self._connection is not None:
            with suppress(psycopg.Error):
                await self._connection.close()
        self._connection = None
        while not self._closing:
            try:
                self._connection = await self._connect()
                return
            except psycopg.Error:
                await asyncio.sleep(RECONNECT_S)


def _row(group: _Group) -> str:
    events = ",".join(f'["{entry.kind}",{encode(entry.path)},{entry.data}]' for entry in group.entries)
    head = f'{{"run":"{group.lease.run_id}","epoch":{group.lease.epoch},"n":{len(group.entries)}'
    if group.finish is not None:
        head += f',"state":"{group.finish.state}"'
        if group.finish.output is not None:
            head += f',"output":{group.finish.output}'
        if group.finish.error is not None:
            head += f',"error":{group.finish.error}'
        if group.finish.artifact is not None:
            head += f',"artifact":{group.finish.artifact}'
    return f'{head},"events":[{events}]}}'


def _fail(futures: Sequence[asyncio.Future[Any]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)
