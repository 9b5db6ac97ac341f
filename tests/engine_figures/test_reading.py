"""The dashboard over runs of a long past: the numbers are those of the runs, and no plan reads the runs for them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from engine import figures
from engine.actor import Actor
from engine.database import Database, Urls
from engine.figures import ERROR, RANGES, span_between, span_of
from tests.seeding import Seeded, seed


@pytest.fixture(scope="module")
def seeded(urls: Urls, owner_url: str) -> Seeded:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        return seed(connection, 4_000)


@pytest.fixture
def reader(seeded: Seeded) -> Actor:
    return Actor(seeded.account_id, seeded.people[0], "r@example.com", "Reader", "viewer")


PLAIN = """
SELECT count(*) FILTER (WHERE queued_at >= %(since)s AND queued_at < %(until)s),
  count(*) FILTER (WHERE state = 'succeeded' AND finished_at >= %(since)s AND finished_at < %(until)s),
  count(*) FILTER (WHERE state = 'failed' AND finished_at >= %(since)s AND finished_at < %(until)s),
  percentile_disc(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)::float8)
    FILTER (WHERE finished_at >= %(since)s AND finished_at < %(until)s)
FROM runs WHERE account_id = %(account)s AND (%(workflow)s::uuid IS NULL OR workflow_id = %(workflow)s)
"""


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("one", [False, True])
async def test_the_numbers_are_those_of_the_runs(
    db: Database, reader: Actor, seeded: Seeded, owner_url: str, name: str, one: bool
):
    span = span_of(name, datetime.now(UTC))
    workflow = seeded.workflows[0] if one else None
    found = await figures.figures(db, reader, span, workflow)
    about = {"account": seeded.account_id, "workflow": workflow, "since": span.since, "until": span.until}
    with psycopg.connect(owner_url) as connection:
        row: Any = connection.execute(PLAIN, about).fetchone()
    sums = found.sums
    # What is kept by the hour is counted by the hour it was queued in; the seed's sums are so, for ends as well.
    slack = 0 if span.grain == "minute" else 6
    for read, true in zip((sums.started, sums.succeeded, sums.failed), row[:3], strict=True):
        assert abs(read - true) <= slack, (read, true)
    assert len(found.moments) == span.slots
    assert sum(moment.sums.started for moment in found.moments) == sums.started
    if sums.p95 is not None and name in ("7d", "90d"):
        assert abs(sums.p95 - row[3]) <= (ERROR + 0.1) * row[3]
    if name == "90d":
        assert found.steps and found.waits and found.calls and found.queue
        assert found.steps[0].p95 >= found.steps[-1].p95
        assert all(call.n >= call.failed for call in found.calls)


async def test_it_is_there_at_once_and_reads_no_runs_that_are_over(db: Database, reader: Actor):
    """A second is for a million of them (``weft bench operate``); here the plans are what counts."""
    began = time.monotonic()
    await figures.figures(db, reader, span_of("90d", datetime.now(UTC)))
    assert time.monotonic() - began < 5
    for query in vars(figures.queries).values():
        words = str(query)
        if "FROM runs" in words:
            assert "state =" in words or "state IN" in words or "EXISTS" in words


async def test_another_account_sees_nothing_of_it(db: Database, reader: Actor, seeded: Seeded):
    stranger = Actor(seeded.workflows[0], seeded.people[0], "s@example.com", "Stranger", "admin")
    found = await figures.figures(db, stranger, span_of("90d", datetime.now(UTC)))
    assert (found.ever, found.sums.started, found.steps, found.calls) == (False, 0, (), ())
    assert await figures.ever_ran(db, reader)


async def test_a_time_of_one_s_own_is_compared_with_the_one_before(db: Database, reader: Actor):
    now = datetime.now(UTC)
    span = span_between(now - timedelta(days=20), now - timedelta(days=10), now)
    found = await figures.figures(db, reader, span)
    earlier = await figures.figures(db, reader, span_between(*span.before, now))
    assert abs(found.before.started - earlier.sums.started) <= earlier.sums.started * 0.1 + 5
