"""``weft bench history``: what a long history costs.

A runner carries a few runs of ten steps to their end; their rows are what a run takes on disk. Copies of one of them,
made in SQL, are then the history: 1,000 runs, and ``--runs`` in all, the older half past its time. At both sizes what
looks over all runs is timed: a scrape of the metrics, the depth of the queue, the list of open approvals, the
janitor's look where there is nothing to delete. Then claims are timed in turns without and with a janitor that deletes
as fast as it can, never resting, until the older half is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import psycopg

from deploy.postgres import EmbeddedPostgres
from engine import approvals
from engine.actor import Actor
from engine.database import Database, Urls, prepare
from engine.janitor import FIRST, FORGET_RUNS, Connection, Janitor, JanitorSettings
from engine.lease import Leases
from engine.metrics import scrape
from engine.runner import Runner, RunnerSettings
from engine.serving.autoscaling import DEPTH
from tests.bench.engine import Adder, ten_steps
from tests.bench.figures import Figure, report, show
from tests.engine_run.ground import Ground

SMALL = 1_000
CLAIMS = 20
PATTERN = 200
"""Runs that are carried out for real."""

# Ids as they would have been made: half of them from 180 to 100 days ago, half from 60 days ago to now.
COPY_RUNS = """
INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, output, state, queued_at, started_at,
  finished_at, due_at, epoch, attempt, last_seq)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
  || substr(md5((-n)::text), 1, 15))::uuid, p.account_id, p.workflow_id, p.version_id, p.content_hash, p.input,
  p.output, 'succeeded', at, at, at + interval '1 s', NULL, p.epoch, p.attempt, p.last_seq
FROM (SELECT n, now() - CASE WHEN n %% 2 = 0 THEN interval '100 days' + interval '80 days' * random()
    ELSE interval '1 hour' + interval '60 days' * random() END AS at
  FROM generate_series(%(first)s::int, %(last)s::int) AS n) AS x
JOIN runs p ON p.id = %(pattern)s ORDER BY at
"""
COPY_EVENTS = """
INSERT INTO run_events (account_id, run_id, seq, at, kind, path, data)
SELECT e.account_id, r.id, e.seq, r.queued_at, e.kind, e.path, e.data
FROM (SELECT * FROM runs r WHERE state = 'succeeded' AND NOT EXISTS (SELECT FROM run_events o WHERE o.run_id = r.id)
  ORDER BY id LIMIT %(journals)s) AS r
JOIN run_events e ON e.run_id = %(pattern)s ORDER BY r.id, e.seq
"""
SIZES = """
SELECT pg_table_size('runs'), pg_indexes_size('runs'), pg_table_size('run_events'), pg_indexes_size('run_events'),
  (SELECT count(*) FROM runs), (SELECT count(*) FROM run_events)
"""


class History:
    def __init__(self, urls: Urls, ground: Ground, db: Database) -> None:
        self.urls, self.ground, self.db = urls, ground, db
        self.version = ground.publish(ten_steps())
        self.reader = Actor(ground.account_id, UUID(int=1), "b@example.com", "Bench", "admin")
        self.figures: dict[str, Figure] = {}

    def say(self, name: str, unit: str, *values: float) -> None:
        self.figures[name] = Figure(unit, values)

    async def pattern(self) -> UUID:
        """Runs for real, what they take on disk without what was updated away, and one of them to copy."""
        ids = self.ground.start(self.version, {"n": 0}, PATTERN)
        runner = Runner(self.urls.runner, RunnerSettings(slots=64), Adder())
        idle = asyncio.Event()
        runner.on_idle = idle.set
        await runner.open()
        async with asyncio.timeout(60):
            await idle.wait()
        await runner.stop()
        assert self.ground.states(ids) == {"succeeded": PATTERN}
        return ids[0]

    def weigh(self) -> None:
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            connection.execute("VACUUM FULL runs")
            connection.execute("VACUUM FULL run_events")
            row = connection.execute(SIZES).fetchone()
        assert row is not None
        table, indexes, events, event_indexes, runs, count = row
        self.say("bytes a run of 10 steps, all", "bytes", (table + indexes + events + event_indexes) / runs)
        self.say("  its row", "bytes", table / runs)
        self.say("  its row's indexes", "bytes", indexes / runs)
        self.say("  its events", "bytes", events / runs)
        self.say("  its events' indexes", "bytes", event_indexes / runs)
        self.say("bytes an event, index included", "bytes", (events + event_indexes) / count)

    def grow(self, pattern: UUID, first: int, last: int, journals: int) -> None:
        with psycopg.connect(self.ground.owner_url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            about = {"pattern": pattern, "first": first, "last": last, "journals": journals}
            connection.execute(COPY_RUNS, about)
            connection.execute(COPY_EVENTS, about)
            connection.execute("VACUUM ANALYZE runs")
            connection.execute("VACUUM ANALYZE run_events")

    async def looks(self, size: str, rounds: int) -> None:
        async with await psycopg.AsyncConnection.connect(self.urls.runner, autocommit=True) as connection:

            async def depth() -> None:
                await connection.execute(DEPTH)

            async def nothing_to_do() -> None:
                await connection.execute(FORGET_RUNS, (self.ground.account_id, UUID(int=2**128 - 1), 200))

            async def approvals_list() -> None:
                await approvals.list_approvals(self.db, self.reader)

            async def metrics() -> None:
                await scrape(self.db)

            looks: dict[str, Callable[[], Awaitable[None]]] = {
                "scrape of the metrics": metrics,
                "depth of the queue": depth,
                "list of approvals": approvals_list,
                "nothing to delete": nothing_to_do,
            }
            for name, look in looks.items():
                await look()
                self.say(f"{name}, {size} runs", "ms", *[await _ms(look) for _ in range(rounds)])

    async def deleting(self, rounds: int) -> None:
        """Claims in turns: alone, and beside a janitor at full speed."""
        alone: list[float] = []
        beside: list[float] = []
        swept = seconds = 0.0
        chunks = await self._chunks()
        async with await psycopg.AsyncConnection.connect(self.urls.runner, autocommit=True) as connection:
            leases = Leases(connection, "bench", 60)
            for _ in range(rounds):
                alone += await self._claims(leases)
                janitor = Janitor(
                    self.urls.runner,
                    JanitorSettings(rest=0, least_rest_s=0),
                    busy=lambda: False,
                )
                began = time.perf_counter()
                janitor.open()
                beside += await self._claims(leases, lambda j=janitor: j.swept.runs > 0)
                swept += janitor.swept.runs + janitor.swept.run_events
                seconds += time.perf_counter() - began
                await janitor.close()
        self.say("chunk of 200 runs", "ms", *chunks)
        self.say("claim, alone", "ms", *alone)
        self.say("claim, beside deleting at full speed", "ms", *beside)
        middle = sorted(beside)[len(beside) // 2] / sorted(alone)[len(alone) // 2]
        self.say("claim, beside / alone", "times", middle)
        self.say("deleted at full speed, beside claims", "rows/s", swept / seconds)

    async def _chunks(self) -> list[float]:
        took: list[float] = []
        connection: Connection
        async with await psycopg.AsyncConnection.connect(self.urls.runner, autocommit=True) as connection:
            for _ in range(6):
                began = time.perf_counter()
                cursor = await connection.execute(FORGET_RUNS, (self.ground.account_id, FIRST, 200))
                row = await cursor.fetchone()
                if row is not None and row[0] == 200:
                    took.append((time.perf_counter() - began) * 1000)
        return took[1:] or took

    async def _claims(self, leases: Leases, ready: Callable[[], bool] = lambda: True) -> list[float]:
        took: list[float] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while not ready():  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        for _ in range(CLAIMS):
            self.ground.start(self.version, {"n": 0}, 1)
            began = time.perf_counter()
            claims = (await leases.claim(1)).runs
            took.append((time.perf_counter() - began) * 1000)
            assert len(claims) == 1
            await asyncio.sleep(0.01)
        return took


async def _ms(look: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await look()
    return (time.perf_counter() - began) * 1000


async def measure(urls: Urls, owner_url: str, runs: int, journals: int, rounds: int) -> dict[str, Figure]:
    db = await Database.open(urls.app)
    history = History(urls, Ground.lay(owner_url), db)
    pattern = await history.pattern()
    history.grow(pattern, PATTERN + 1, SMALL, SMALL)
    history.weigh()
    await history.looks(f"{SMALL:,}", rounds)
    history.grow(pattern, SMALL + 1, runs, journals)
    await history.looks(f"{runs:,}", rounds)
    await history.deleting(3)
    await db.close()
    return history.figures


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench history")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--runs", type=int, default=20_000, help="of the long history (20000)")
    parser.add_argument("--rounds", type=int, default=15, help="times that everybody looks (15)")
    parser.add_argument(
        "--journals", type=int, default=100_000, help="the oldest of them that have events (100000)"
    )
    options = parser.parse_args(argv)
    # Not under a private folder: as root the database runs as another user.
    home = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    try:
        owner_url = server.start("bench")
        urls = prepare(owner_url, home / "secrets")
        figures = asyncio.run(
            measure(urls, owner_url, max(options.runs, 2 * SMALL), options.journals, options.rounds)
        )
    finally:
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
    show(report("history", figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
