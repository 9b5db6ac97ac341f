"""Sums against a plain aggregate over everything that happened: whoever ends a run, however late it commits, whoever
adds up and dies of it, whatever is deleted."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from engine import totals
from engine.database import Database, Urls
from engine.identity import new_id
from engine.janitor import FIRST, FORGET_RUNS, ROLL_UP
from engine.metrics import scrape
from engine.model.ledger import record
from engine.model.usage import Call
from tests.engine_retention.past import Past
from tests.engine_run.ground import Ground
from tests.engine_store.conftest import Workspace

PLAIN = """
SELECT state, count(*), round(coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)::numeric, 2)
FROM runs GROUP BY state
"""
ENDS = ("succeeded", "failed", "cancelled", "timed_out")
PLAIN_BY_HOUR = """
SELECT account_id, hour, workflow_id, sum(started), sum(succeeded), sum(failed), sum(cancelled), sum(timed_out),
  round(sum(seconds)::numeric, 2), sum(calls), sum(cost) FROM (
    SELECT account_id, date_trunc('hour', queued_at, 'UTC') AS hour, workflow_id, 1 AS started, 0 AS succeeded,
      0 AS failed, 0 AS cancelled, 0 AS timed_out, 0 AS seconds, 0 AS calls, 0 AS cost FROM runs
    UNION ALL SELECT account_id, date_trunc('hour', finished_at, 'UTC'), workflow_id, 0, (state = 'succeeded')::int,
      (state = 'failed')::int, (state = 'cancelled')::int, (state = 'timed_out')::int,
      coalesce(extract(epoch FROM finished_at - started_at), 0), 0, 0 FROM runs WHERE finished_at IS NOT NULL
    UNION ALL SELECT m.account_id, date_trunc('hour', at, 'UTC'), r.workflow_id, 0, 0, 0, 0, 0, 0, 1, cost_usd
      FROM model_calls m LEFT JOIN runs r ON r.id = m.run_id
  ) AS x GROUP BY 1, 2, 3
"""
BY_HOUR = """
SELECT account_id, hour, workflow_id, started, succeeded, failed, cancelled, timed_out, round(seconds::numeric, 2),
  model_calls, cost_usd FROM run_stats
"""

FINER = """
SELECT 'hour', hour, sum(started), sum(succeeded), sum(failed), sum(cancelled), sum(timed_out),
  round(sum(seconds)::numeric, 2), sum(model_calls) FROM run_stats GROUP BY 1, 2
"""
BY_MINUTE = """
SELECT 'hour', date_trunc('hour', minute, 'UTC'), sum(started), sum(succeeded), sum(failed), sum(cancelled),
  sum(timed_out), round(sum(seconds)::numeric, 2), sum(model_calls) FROM run_minutes GROUP BY 1, 2
"""
BUCKETS = "SELECT grain, at, workflow_id, bucket, n FROM run_durations"
PLAIN_BUCKETS = """
SELECT grain, date_trunc(grain, finished_at, 'UTC'), workflow_id,
  weft_bucket(extract(epoch FROM finished_at - started_at)::float8), count(*)
FROM runs, unnest(ARRAY['minute', 'hour', 'day']) AS grain
WHERE state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND started_at IS NOT NULL GROUP BY 1, 2, 3, 4
"""


class World:
    """Connections that begin, end and call in transactions which overlap, and rollers that may die."""

    def __init__(self, past: Past, urls: Urls, owner_url: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.past = past
        self.urls = urls
        self.owner_url = owner_url
        self.idle = [psycopg.connect(owner_url) for _ in range(3)]
        self.busy: list[psycopg.Connection] = []
        self.live: list[Any] = []
        self.calls = 0
        self.look = psycopg.connect(owner_url, autocommit=True)

    def close(self) -> None:
        for connection in (*self.idle, *self.busy, self.look):
            connection.close()

    def step(self) -> None:
        do = self.random.choice(
            (self.start, self.start, self.end, self.end, self.call, self.settle, self.roll)
        )
        do()

    def _one(self) -> psycopg.Connection | None:
        if self.idle:
            self.busy.append(self.idle.pop(self.random.randrange(len(self.idle))))
        return self.random.choice(self.busy) if self.busy else None

    def start(self) -> None:
        many = self.random.randint(1, 4)
        ids = [new_id() for _ in range(many)]
        self.look.execute(
            "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, queued_at)"
            " SELECT id, %s, %s, %s, '', '{}', now() - %s * interval '1 min' FROM unnest(%s::uuid[]) AS id",
            (
                self.past.account,
                self.past.ground.workflow_id,
                self.past.version,
                self.random.randint(0, 300),
                ids,
            ),
        )
        self.live += ids

    def end(self) -> None:
        if not self.live or (connection := self._one()) is None:
            return
        run_id = self.live.pop(self.random.randrange(len(self.live)))
        if self.random.random() < 0.8:
            connection.execute(
                "UPDATE runs SET state = 'running', started_at = queued_at WHERE id = %s", (run_id,)
            )
            connection.execute(
                "UPDATE runs SET state = %s, finished_at = clock_timestamp() WHERE id = %s",
                (self.random.choice(ENDS), run_id),
            )
        else:
            connection.execute(
                "UPDATE runs SET state = 'cancelled', finished_at = clock_timestamp() WHERE id = %s",
                (run_id,),
            )

    def call(self) -> None:
        if (connection := self._one()) is None:
            return
        # A model of its own: two open transactions would wait for each other's tally of one model.
        self.calls += 1
        connection.execute(
            "INSERT INTO model_calls (id, account_id, run_id, provider, model, ms, cost_usd, error, at) VALUES (%s, %s,"
            " (SELECT id FROM runs WHERE account_id = %s ORDER BY random() LIMIT 1), 'p', %s, %s, 0.125, %s,"
            " now() - %s * interval '1 min')",
            (
                *(new_id(), self.past.account, self.past.account, f"m{self.calls}"),
                *(
                    self.random.randint(1, 99),
                    self.random.choice((None, "timeout")),
                    self.random.randint(0, 200),
                ),
            ),
        )

    def settle(self) -> None:
        """The end of a transaction, whichever comes: ends commit in another order than they happened in."""
        if self.busy:
            connection = self.busy.pop(self.random.randrange(len(self.busy)))
            if self.random.random() < 0.75:
                connection.commit()
            else:
                connection.rollback()
            self.idle.append(connection)

    def roll(self) -> None:
        """Two at once; the second may die before its commit."""
        with psycopg.connect(self.urls.runner) as one, psycopg.connect(self.urls.runner) as other:
            one.execute(ROLL_UP, (self.random.randint(1, 20),))
            other.execute(ROLL_UP, (self.random.randint(1, 20),))
            if self.random.random() < 0.5:
                one.rollback()

    def roll_all(self) -> None:
        with psycopg.connect(self.urls.runner, autocommit=True) as one:
            while one.execute(ROLL_UP, (7,)).fetchone() != (0,):
                pass


def plain(past: Past) -> dict[str, Any]:
    return {state: (count, seconds) for state, count, seconds in past.ground.query(PLAIN)}


@pytest.mark.parametrize("seed", range(4))
def test_totals_are_a_plain_aggregate_at_every_moment(past: Past, urls: Urls, owner_url: str, seed: int):
    world = World(past, urls, owner_url, seed)
    try:
        for _ in range(100):
            world.step()
            assert past.totals() == plain(past)
        while world.busy:
            world.settle()
        world.roll_all()
        assert past.ground.query("SELECT count(*) FROM run_marks") == [(0,)]
        assert past.totals() == plain(past)
        assert Counter(past.ground.query(BY_HOUR)) == Counter(past.ground.query(PLAIN_BY_HOUR))
        assert Counter(past.ground.query(BY_MINUTE)) == Counter(past.ground.query(FINER))
        assert Counter(past.ground.query(BUCKETS)) == Counter(past.ground.query(PLAIN_BUCKETS))
    finally:
        world.close()


def test_an_end_that_commits_late_is_missed_by_a_mark_in_time(past: Past, owner_url: str):
    """The control: adding up what ended since the newest end that was added up loses the one that commits later."""
    first, second = past.run(0.5, "running"), past.run(0.5, "running")
    end = "UPDATE runs SET state = 'succeeded', finished_at = clock_timestamp() WHERE id = %s"
    since = "SELECT count(*), max(finished_at) FROM runs WHERE account_id = %s AND finished_at > %s"
    begin = datetime.now(UTC) - timedelta(hours=1)
    with psycopg.connect(owner_url) as slow, psycopg.connect(owner_url, autocommit=True) as quick:
        slow.execute(end, (first,))
        quick.execute(end, (second,))
        row = quick.execute(since, (past.account, begin)).fetchone()
        assert row is not None and row[0] == 1
        slow.commit()
        late = quick.execute(since, (past.account, row[1])).fetchone()
        assert late is not None and late[0] == 0
    assert past.totals() == plain(past)


async def test_what_retention_deletes_has_still_happened(
    past: Past, db: Database, workspace: Workspace, urls: Urls, owner_url: str
):
    theirs = Past(Ground(owner_url, workspace.account_id, workspace.workflow_id), workspace.version_id)
    for state in ENDS:
        theirs.run(100, state)
    before = counters(await scrape(db))
    with psycopg.connect(urls.runner, autocommit=True) as broom:
        assert broom.execute(FORGET_RUNS, (workspace.account_id, FIRST, 100)).fetchone()[:2] == (4, 8)
        assert counters(await scrape(db)) == before
        while broom.execute(ROLL_UP, (100,)).fetchone() != (0,):
            pass
    assert counters(await scrape(db)) == before
    now = datetime.now(UTC)
    rows = await totals.run_stats(db, workspace.admin, now - timedelta(days=101), now, "day")
    assert [(row.workflow_id, row.started, row.succeeded, row.model_calls, row.cost_usd) for row in rows] == [
        (workspace.workflow_id, 4, 1, 4, 1)
    ]


def counters(page: bytes) -> dict[str, str]:
    lines = (line.rsplit(" ", 1) for line in page.decode().splitlines() if not line.startswith("#"))
    return {name: value for name, value in lines if name.split("{")[0].endswith(("_total", "_count", "_sum"))}


async def test_a_call_of_the_designer_is_of_no_workflow_and_of_its_account_alone(
    db: Database, workspace: Workspace, neighbour: Workspace, urls: Urls
):
    await record(db, workspace.admin, Call("p", "designer", 1500, error="timeout"))
    with psycopg.connect(urls.runner, autocommit=True) as broom:
        while broom.execute(ROLL_UP, (100,)).fetchone() != (0,):
            pass
    now = datetime.now(UTC)
    seen = await totals.run_stats(db, workspace.admin, now - timedelta(hours=2), now)
    assert [(row.workflow_id, row.started, row.model_calls, row.seconds) for row in seen] == [(None, 0, 1, 0)]
    assert await totals.run_stats(db, neighbour.admin, now - timedelta(hours=2), now) == ()


async def test_marks_and_sums_cannot_be_written_by_a_service(db: Database, urls: Urls):
    for url in (urls.app, urls.runner):
        with psycopg.connect(url) as connection:
            connection.execute("SELECT set_config('app.metrics', 'on', true)")
            for statement in (
                "UPDATE run_marks SET n = 2",
                "DELETE FROM run_marks",
                "DELETE FROM run_stats",
                "UPDATE run_stats SET started = 0",
                "UPDATE run_totals SET runs = 0",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(statement)
    with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(ROLL_UP, (10,))


async def test_whoever_may_look_reads_the_numbers(db: Database, workspace: Workspace):
    now = datetime.now(UTC)
    assert await totals.run_stats(db, workspace.people["viewer"], now, now) == ()
