"""The list of runs over 20,000 of them: every filter finds what it says, and no plan reads them all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event

from engine import runs
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput
from engine.finding.asking import RunFilter, read
from engine.finding.listing import list_runs
from tests.seeding import Seeded


@pytest.fixture
def reader(seeded: Seeded) -> Actor:
    return Actor(seeded.account_id, seeded.people[0], "r@example.com", "Reader", "viewer")


def filters(seeded: Seeded) -> dict[str, RunFilter]:
    now = datetime.now(UTC)
    busy, quiet = seeded.workflows[0], seeded.workflows[-1]
    return {
        "nothing": RunFilter(),
        "workflow": RunFilter(workflow=quiet),
        "state": RunFilter(states=("timed_out",)),
        "states": RunFilter(states=("failed", "timed_out", "running")),
        "trigger": RunFilter(triggers=("mcp",)),
        "version": RunFilter(version=1),
        "by": RunFilter(by=seeded.people[3]),
        "time": RunFilter(since=now - timedelta(days=50), until=now - timedelta(days=49)),
        "ends": RunFilter(ended_since=now - timedelta(days=50), ended_until=now - timedelta(days=49)),
        "failed ends": RunFilter(states=("failed", "timed_out"), ended_since=now - timedelta(days=50)),
        "span": RunFilter(span="24h"),
        "error": RunFilter(error="out_of_stock"),
        "tests": RunFilter(trial=True),
        "no tests": RunFilter(trial=False),
        "search a pair": RunFilter(search="order_id=A-1777"),
        "search a value": RunFilter(search="A-1777"),
        "search what all have": RunFilter(search="status=paid"),
        "search and state": RunFilter(search="status=paid", states=("timed_out",)),
        "all together": RunFilter(
            workflow=busy, states=("failed",), triggers=("schedule",), version=2, trial=False, span="90d"
        ),
    }


NAMES = list(filters(Seeded(UUID(int=0), (UUID(int=0),) * 20, (UUID(int=0),) * 12, 0)))


def fits(run: Any, asks: RunFilter) -> bool:
    """What a filter says, of a row. The search is looked up in the input."""
    number = int(run["input"]["order_id"][2:]) - 1000
    return (
        (asks.workflow is None or run["workflow_id"] == asks.workflow)
        and (not asks.states or run["state"] in asks.states)
        and (not asks.triggers or run["trigger"] in asks.triggers)
        and (asks.version is None or run["number"] == asks.version)
        and (asks.by is None or run["requested_by"] == asks.by)
        and (asks.trial is None or asks.trial == run["trial"])
        and (asks.span != "24h" or run["queued_at"] >= datetime.now(UTC) - timedelta(days=1))
        and (asks.since is None or run["queued_at"] >= asks.since)
        and (asks.until is None or run["queued_at"] < asks.until)
        and (asks.ended_since is None or bool(run["finished_at"] and run["finished_at"] >= asks.ended_since))
        and (asks.ended_until is None or bool(run["finished_at"] and run["finished_at"] < asks.ended_until))
        and (not asks.error or (run["error"] or {}).get("code") == asks.error)
        and ("A-1777" not in asks.search or run["input"]["order_id"] == "A-1777")
        and ("paid" not in asks.search or number % 3 != 0)
    )


@pytest.fixture(scope="module")
def everything(seeded: Seeded, owner_url: str) -> list[dict[str, Any]]:
    with psycopg.connect(owner_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(
            "SELECT r.id, r.workflow_id, r.state, r.trigger, r.requested_by, r.queued_at, r.finished_at, r.input,"
            " r.error, r.trial IS NOT NULL AS trial, v.number FROM runs r JOIN versions v ON v.id = r.version_id"
            " WHERE r.account_id = %s ORDER BY r.queued_at DESC, r.id DESC",
            (seeded.account_id,),
        ).fetchall()


@pytest.mark.parametrize("name", NAMES)
async def test_a_filter_finds_exactly_what_it_says_page_after_page(
    db: Database, reader: Actor, seeded: Seeded, everything: list[dict[str, Any]], name: str
) -> None:
    asks = filters(seeded)[name]
    wanted = [run["id"] for run in everything if fits(run, asks)][:90]
    found: list[UUID] = []
    cursor = None
    while len(found) < 90:
        page = await list_runs(db, reader, asks=asks, cursor=cursor, limit=30)
        found += [each.id for each in page.items]
        if (cursor := page.next) is None:
            break
    assert found[:90] == wanted
    assert name in ("tests",) or wanted


@pytest.fixture
async def plans(db: Database, reader: Actor) -> AsyncIterator[list[str]]:
    """The plans of whatever is asked, as the services' role gets them under row-level security."""
    found: list[str] = []
    sync = db.engine.sync_engine

    def explain(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if statement.startswith("SELECT") and "runs" in statement:
            raw = connection.connection.cursor()
            raw.execute("EXPLAIN (COSTS OFF) " + statement, parameters)
            found.append("\n".join(row[0] for row in raw.fetchall()))

    event.listen(sync, "before_cursor_execute", explain)
    yield found
    event.remove(sync, "before_cursor_execute", explain)


@pytest.mark.parametrize("name", NAMES)
async def test_no_filter_reads_all_runs(
    db: Database, reader: Actor, seeded: Seeded, plans: list[str], name: str
) -> None:
    await list_runs(db, reader, asks=filters(seeded)[name], limit=30)
    await runs.count_runs(db, reader, filters(seeded)[name])
    assert plans
    assert [each for each in plans if "Seq Scan on runs" in each or "Seq Scan on run_terms" in each] == []


async def test_the_walk_over_the_states_reads_an_index_alone(
    db: Database, reader: Actor, seeded: Seeded, plans: list[str]
) -> None:
    await list_runs(db, reader, asks=RunFilter(triggers=("mcp",), by=seeded.people[1]))
    assert any("Index Only Scan using runs_listed" in each for each in plans)


async def test_a_plan_that_reads_all_runs_would_be_seen(
    db: Database, reader: Actor, plans: list[str]
) -> None:
    async with db.account(reader) as session:
        from sqlalchemy import text

        await session.execute(text("SELECT id FROM runs WHERE input ->> 'order_id' = 'A-1777'"))
    assert "Seq Scan on runs" in plans[0]


async def test_counting_goes_no_further_than_two_hundred(db: Database, reader: Actor, seeded: Seeded) -> None:
    assert await runs.count_runs(db, reader, RunFilter()) == 201
    assert await runs.count_runs(db, reader, RunFilter(search="order_id=A-1777")) == 1


async def test_a_search_that_finds_little_says_how_far_it_looked_and_goes_on(
    db: Database, reader: Actor, seeded: Seeded, everything: list[dict[str, Any]]
) -> None:
    asks = RunFilter(search="status=paid", error="out_of_stock")
    wanted = [run["id"] for run in everything if fits(run, asks)]
    page = await list_runs(db, reader, asks=asks)
    found, looks = [each.id for each in page.items], 1
    assert page.until is not None and page.next is not None
    while page.next is not None:
        page = await list_runs(db, reader, asks=asks, cursor=page.next)
        found, looks = [*found, *(each.id for each in page.items)], looks + 1
    assert (found, looks > 2) == (wanted, True)


async def test_a_neighbour_finds_none_of_it(db: Database, reader: Actor, seeded: Seeded) -> None:
    stranger = replace(reader, account_id=UUID(int=7))
    for asks in filters(seeded).values():
        assert (await list_runs(db, stranger, asks=asks)).items == ()


def test_a_filter_survives_its_address(seeded: Seeded) -> None:
    for asks in filters(seeded).values():
        whole = replace(asks, since=None, until=None, ended_since=None, ended_until=None)
        assert read(whole.words()) == whole
    said = RunFilter(since=datetime(2026, 11, 1, tzinfo=UTC), error="x&y=z", search='"two words" a=b')
    assert read(said.words()) == said


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"state": "failed,nonsense"}, "state"),
        ({"version": "two"}, "version"),
        ({"workflow": "x"}, "workflow"),
        ({"span": "3y"}, "span"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-02", "until": "2026-01-01"}, "until"),
    ],
)
def test_a_filter_that_cannot_be_read_names_its_field(words: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(words)
    assert [path for path, _ in caught.value.problems] == [field]
