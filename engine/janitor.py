"""The janitor: adds up what was marked and what journals hold, looks how deep the queues are, and deletes what is past
its time, a little at a time.

Every runner has one, on a connection of its own, so nothing that runs waits for it. Rolling up takes turns by itself
(``weft_roll_up``); of the janitors that would delete, the one that holds the advisory lock does, for one round over all
accounts. A chunk is one short transaction that waits for nobody: rows that somebody holds are left for another time.
After each it pauses several times as long as the chunk took, so that deleting never takes more than a part of the
database, and while the machine is busy it waits, at most ``busy_s`` for each chunk: a machine that always is must not
fill up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.artifacts import ArtifactStore, Kept, StoreFailed
from engine.artifacts.sweep import sweep
from engine.beside import Connection, work_on
from engine.finding.filling import CHUNK, fill

log = logging.getLogger(__name__)


ROLL_UP = "SELECT weft_roll_up(%s)"
FOLD = "SELECT weft_fold_journals(%s)"
SAMPLE = "SELECT weft_sample_queues()"
FORGET_FIGURES = "SELECT weft_forget_figures(%s)"
TRY_LEAD = "SELECT pg_try_advisory_lock(hashtextextended('weft_janitor', 0))"
UNLEAD = "SELECT pg_advisory_unlock(hashtextextended('weft_janitor', 0))"
ACCOUNTS = "SELECT id FROM accounts ORDER BY id"
FORGET_RUNS = "SELECT runs, events, last FROM weft_forget_runs(%s, %s, %s)"
FORGET_ARTIFACTS = "SELECT artifacts, last FROM weft_forget_artifacts(%s, %s, %s)"
FORGET_EVENTS = "SELECT events, last FROM weft_forget_events(%s, %s, %s)"
FORGET_SEEN = "SELECT seen, last FROM weft_forget_hook_seen(%s, %s, %s)"

FIRST = UUID(int=0)
LOOKS = 20
"""At a busy machine, in ``busy_s``."""
# It gives up at once where anybody else holds a row, and is no danger to anybody when it is put to sleep.
OPTIONS = "-c lock_timeout=100 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=5000"


@dataclass(frozen=True, slots=True)
class JanitorSettings:
    """``chunk``: runs, or events, of one transaction; ``marks``: those that are added up in one, ``folded``: events of
    journals. ``roll_s``: between two rollings up; ``fold_s``: how long journals are read at a time, at most;
    ``round_s``: between two rounds of deleting, ``store_s``: two walks over the artifacts. ``rest``: the pause after a
    chunk, in times of what the chunk took; ``reading_rest``: after one of journals and terms, which are made while runs
    go on."""

    chunk: int = 200
    marks: int = 10_000
    folded: int = 5_000
    roll_s: float = 5.0
    fold_s: float = 10.0
    round_s: float = 600.0
    store_s: float = 6 * 3600.0
    rest: float = 3.0
    reading_rest: float = 6.0
    least_rest_s: float = 0.02
    busy_s: float = 30.0


@dataclass(slots=True)
class Swept:
    """What was deleted since the start."""

    runs: int = 0
    run_events: int = 0
    events: int = 0
    artifacts: int = 0
    contents: int = 0


@dataclass(frozen=True, slots=True)
class _Chunk:
    deleted: int
    took_s: float


class _Ours:
    """A store that shows the content of this database's accounts: another's may lie in the same folder."""

    def __init__(self, store: ArtifactStore, accounts: frozenset[UUID]) -> None:
        self._accounts = accounts
        self._store = store
        self.put, self.get, self.delete = store.put, store.get, store.delete

    async def kept(self) -> AsyncIterator[Kept]:
        async for one in self._store.kept():
            if one.account_id in self._accounts:
                yield one


def overloaded() -> bool:
    """More than twice as much to do as there are cores, over the last minute."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


class Janitor:
    """``open``, then ``close``, which waits for no chunk: what is not committed is not done. ``on_round`` is called
    after each round of deleting: for tests and measuring."""

    def __init__(
        self,
        url: str,
        settings: JanitorSettings | None = None,
        store: ArtifactStore | None = None,
        busy: Callable[[], bool] = overloaded,
        on_round: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._settings = settings if settings is not None else JanitorSettings()
        self._store = store
        self._swept_store = -math.inf
        self._busy = busy
        self._on_round = on_round
        self._task: asyncio.Task[None] | None = None
        self.swept = Swept()

    def open(self) -> None:
        self._task = asyncio.create_task(
            work_on(self._url, "janitor", OPTIONS, self._settings.roll_s, self._work), name="weft-janitor"
        )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self, connection: Connection) -> None:
        next_round = time.monotonic()
        while True:
            await self.add_up(connection)
            await self.make_findable(connection)
            if time.monotonic() >= next_round:
                await self.round(connection)
                next_round = time.monotonic() + self._settings.round_s
                self._on_round()
            await asyncio.sleep(self._settings.roll_s)

    async def add_up(self, connection: Connection) -> None:
        """What was marked, then what the journals of those runs say of their steps, and how the queues stand."""
        await self.roll_up(connection)
        try:
            await connection.execute(SAMPLE)
            await self.fold(connection)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            log.info("the janitor made way: %s", type(error).__name__)

    async def fold(self, connection: Connection) -> None:
        """Until nothing is left, for a while; on a busy machine one chunk at a time. It waits as ``round`` does: what
        reads along must not take more than its part of the database."""
        until = time.monotonic() + self._settings.fold_s
        while True:
            began = time.monotonic()
            if not await _number(connection, FOLD, self._settings.folded):
                return
            took = time.monotonic() - began
            if time.monotonic() > until or self._busy():
                return
            await asyncio.sleep(max(self._settings.least_rest_s, took * self._settings.reading_rest))

    async def roll_up(self, connection: Connection) -> None:
        """Until what was marked is added up."""
        while await _number(connection, ROLL_UP, self._settings.marks) >= self._settings.marks:
            pass

    async def make_findable(self, connection: Connection) -> None:
        """Until what began or ended has its terms, resting between chunks so that what runs is not held up."""
        end = time.monotonic() + self._settings.roll_s
        while True:
            began = time.monotonic()
            if await fill(connection) < CHUNK or time.monotonic() > end:
                return
            rest = (time.monotonic() - began) * self._settings.reading_rest
            await asyncio.sleep(max(self._settings.least_rest_s, rest))

    async def round(self, connection: Connection) -> None:
        """Over all accounts once; nothing when another janitor is at it."""
        if not (await _row(connection, TRY_LEAD))[0]:
            return
        try:
            rolled = time.monotonic()
            async for chunk in self._chunks(connection):
                await self._rest(chunk)
                if time.monotonic() - rolled > self._settings.roll_s:
                    await self.add_up(connection)
                    rolled = time.monotonic()
            await self._forget_figures(connection)
            await self._sweep_store(connection)
        finally:
            with contextlib.suppress(psycopg.Error):
                await connection.execute(UNLEAD)

    async def _forget_figures(self, connection: Connection) -> None:
        """A page of each kind in a round is more than can come meanwhile."""
        try:
            await connection.execute(FORGET_FIGURES, (50_000,))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            log.info("the janitor made way: %s", type(error).__name__)

    async def _sweep_store(self, connection: Connection) -> None:
        now = time.monotonic()
        if self._store is None or now - self._swept_store < self._settings.store_s:
            return
        self._swept_store = now
        cursor = await connection.execute(ACCOUNTS)
        ours = _Ours(self._store, frozenset(account for (account,) in await cursor.fetchall()))
        try:
            self.swept.contents += await sweep(connection, ours)
        except (StoreFailed, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            log.warning("artifacts that nobody refers to cannot be removed: %s", error)

    async def _chunks(self, connection: Connection) -> AsyncIterator[_Chunk]:
        cursor = await connection.execute(ACCOUNTS)
        for (account,) in await cursor.fetchall():
            for forget in (self._forget_runs, self._forget_events, self._forget_artifacts, self._forget_seen):
                try:
                    async for chunk in forget(connection, account):
                        yield chunk
                except psycopg.OperationalError:
                    if connection.closed:
                        raise
                    # A lock was not to be had, or it took too long: the next round comes by again.
                    log.info("account %s: the janitor made way", account)
                except psycopg.Error as error:
                    log.warning("account %s: what is past its time cannot be deleted: %s", account, error)

    async def _forget_runs(self, connection: Connection, account: UUID) -> AsyncIterator[_Chunk]:
        async for (runs, events, _), chunk in self._pages(connection, FORGET_RUNS, account, FIRST):
            self.swept.runs += runs
            self.swept.run_events += events
            yield chunk

    async def _forget_events(self, connection: Connection, account: UUID) -> AsyncIterator[_Chunk]:
        async for (events, _), chunk in self._pages(connection, FORGET_EVENTS, account, 0):
            self.swept.events += events
            yield chunk

    async def _forget_artifacts(self, connection: Connection, account: UUID) -> AsyncIterator[_Chunk]:
        async for (artifacts, _), chunk in self._pages(connection, FORGET_ARTIFACTS, account, ""):
            self.swept.artifacts += artifacts
            yield chunk

    async def _forget_seen(self, connection: Connection, account: UUID) -> AsyncIterator[_Chunk]:
        async for _, chunk in self._pages(connection, FORGET_SEEN, account, ""):
            yield chunk

    async def _pages(
        self, connection: Connection, query: str, account: UUID, first: object
    ) -> AsyncIterator[tuple[TupleRow, _Chunk]]:
        """Rows of a function that says first how much it deleted, and last where it stopped: None at the end."""
        last = first
        while last is not None:
            began = time.monotonic()
            cursor = await connection.execute(query, (account, last, self._settings.chunk), prepare=True)
            row = await cursor.fetchone()
            if row is None:  # kept for ever
                return
            last = row[-1]
            yield row, _Chunk(row[0], time.monotonic() - began)

    async def _rest(self, chunk: _Chunk) -> None:
        await asyncio.sleep(max(self._settings.least_rest_s, chunk.took_s * self._settings.rest))
        for _ in range(LOOKS):
            if not chunk.deleted or not self._busy():
                break
            await asyncio.sleep(self._settings.busy_s / LOOKS)


async def _row(connection: Connection, query: str, *args: object) -> TupleRow:
    cursor = await connection.execute(query, args)
    row = await cursor.fetchone()
    assert row is not None
    return row


async def _number(connection: Connection, query: str, *args: object) -> int:
    return int((await _row(connection, query, *args))[0])
