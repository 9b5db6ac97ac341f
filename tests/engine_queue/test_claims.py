"""Which due runs a claim takes: order, fairness, limits; and that claimers do not stand in each other's way."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import psycopg
import pytest

from engine import lease as lease_module
from engine.database import Urls
from engine.lease import Claims, Leases
from engine.queueing import CLAIM, OPTIONS, SHORT
from tests.engine_queue.claiming import Queue, claimer
from tests.engine_run.kit import until


async def claim(leases: Leases, most: int) -> list[UUID]:
    """As a runner claims: again at once when a limit was not open to it."""
    ids: list[UUID] = []
    found = Claims()
    for _ in range(5):
        found = await leases.claim(most - len(ids), found.limits)
        ids += [one.lease.run_id for one in found.runs]
        if len(ids) == most or not found.again:
            break
    return ids


async def test_a_higher_priority_goes_first_and_the_older_first_within_it(queue: Queue, leases: Leases):
    line, other = queue.workflow(account := queue.account()), queue.workflow(account)
    normal = queue.start(line, 2)
    low = queue.start(line, 1, priority=-9)
    high = queue.start(other, 2, priority=3)
    highest = queue.start(line, 1, priority=9)
    order = [await claim(leases, 1) for _ in range(6)]
    assert order == [[run] for run in [*highest, *high, *normal, *low]]
    assert await claim(leases, 1) == []


async def test_what_has_begun_goes_before_what_has_not(queue: Queue, leases: Leases):
    line = queue.workflow(queue.account())
    answered, timed, given_back = queue.start(line, 3)
    await claim(leases, 3)
    queue.start(line, 5, priority=9)
    queue.park(answered)
    queue.answer(answered)
    queue.park(timed, "0 s")
    queue.run("UPDATE runs SET state = 'queued', due_at = clock_timestamp() WHERE id = %s", given_back)
    assert set(await claim(leases, 3)) == {answered, timed, given_back}


async def test_what_is_not_due_is_not_claimed_and_the_next_due_time_is_known(queue: Queue, leases: Leases):
    line, other = queue.workflow(account := queue.account()), queue.workflow(account)
    queue.start(line, 1, due_in="1 h")
    queue.start(other, 1, priority=5, due_in="10 min")
    waits = queue.start(other)[0]
    assert await claim(leases, 5) == [waits]
    queue.park(waits, "5 min")
    assert await claim(leases, 5) == []
    due = await leases.next_due_s()
    assert due is not None and 290 < due <= 300


async def test_a_lost_lease_is_claimed_first_and_needs_no_place_under_a_limit(queue: Queue, leases: Leases):
    line = queue.workflow(queue.account(), max_running=2)
    queue.start(line, 5)
    held = await claim(leases, 5)
    assert len(held) == 2
    queue.lose(*held)
    assert sorted(await claim(leases, 5)) == sorted(held)
    assert await claim(leases, 5) == []


async def test_two_long_queues_share_the_slots_as_their_weights_say(queue: Queue, leases: Leases):
    one, three = queue.workflow(queue.account()), queue.workflow(queue.account(weight=3))
    of_one, of_three = set(queue.start(one, 300)), set(queue.start(three, 300))
    first = set(await claim(leases, 40))
    assert (len(first & of_one), len(first & of_three)) == (10, 30)
    queue.finish(*list(first & of_three)[:20])
    then = set(await claim(leases, 20))
    assert len(then & of_three) == 20  # what it holds counts, whoever runs it


async def test_a_short_queue_is_through_at_once_and_a_long_one_keeps_a_part(queue: Queue, leases: Leases):
    big, small = queue.workflow(queue.account()), queue.workflow(queue.account())
    queue.start(big, 2_000)
    of_small = set(queue.start(small, 100))
    first = await claim(leases, 64)
    assert len(of_small.intersection(first)) >= 48
    assert len(set(first) - of_small) >= 4


async def test_many_short_queues_do_not_starve_a_long_one(queue: Queue, leases: Leases):
    big = queue.workflow(queue.account())
    of_big = set(queue.start(big, SHORT * 2))
    for _ in range(20):
        queue.start(queue.workflow(queue.account()), 20)
    got = 0
    for _ in range(40):
        ids = await claim(leases, 8)
        got += len(of_big.intersection(ids))
        queue.finish(*ids)
    assert got >= 10


async def test_a_workflow_at_its_limit_holds_nobody_else_back(queue: Queue, leases: Leases):
    account = queue.account()
    limited, free = queue.workflow(account, max_running=3), queue.workflow(account)
    of_limited = set(queue.start(limited, 2_000, priority=9))
    of_free = set(queue.start(free, 10))
    ids = set(await claim(leases, 20))
    assert (len(ids & of_limited), ids & of_free) == (3, of_free)
    assert await claim(leases, 20) == []
    queue.finish(*list(ids & of_limited)[:2])
    assert len(of_limited.intersection(await claim(leases, 20))) == 2


async def test_an_account_at_its_limit_holds_no_other_account_back(queue: Queue, leases: Leases):
    limited, free = queue.workflow(queue.account(max_running=2)), queue.workflow(queue.account())
    of_limited = set(queue.start(limited, 50))
    of_free = set(queue.start(free, 50))
    ids = {*await claim(leases, 60)}
    assert (len(ids & of_limited), len(ids & of_free)) == (2, 50)


async def test_a_run_that_waits_gives_its_place_away_and_asks_for_one_when_it_goes_on(
    queue: Queue, leases: Leases
):
    line = queue.workflow(queue.account(), max_running=1)
    first, second, third = queue.start(line, 3)
    assert await claim(leases, 5) == [first]
    queue.park(first)
    assert await claim(leases, 5) == [second]
    queue.answer(first)
    assert await claim(leases, 5) == []
    queue.finish(second)
    assert await claim(leases, 5) == [first]
    queue.finish(first)
    assert await claim(leases, 5) == [third]


async def test_rows_that_another_claim_holds_are_passed_over_without_waiting(queue: Queue, urls: Urls):
    line = queue.workflow(queue.account())
    ids = queue.start(line, 20)
    about = {"most": 8, "me": "slow", "lease": 60, "locked": []}
    async with (
        claimer(urls.runner, "quick") as quick,
        await psycopg.AsyncConnection.connect(urls.runner, options=OPTIONS) as slow,
    ):
        taken = [row[0] for row in await (await slow.execute(CLAIM, about)).fetchall()]
        async with asyncio.timeout(5):
            assert len(await claim(quick, 20)) == 12
            assert len(taken) == 8 and set(taken) <= set(ids)


@pytest.mark.parametrize("sql", [CLAIM, CLAIM.replace("greatest(", "coalesce(")], ids=["greatest", "control"])
async def test_an_answer_that_comes_while_its_run_is_being_claimed_is_numbered_before_the_claim(
    queue: Queue, urls: Urls, sql: str
):
    """The statement has begun to look, and has not come to the row: a lock in its middle makes sure of it. The control
    believes the journal as it was when it began."""
    (run_id,) = queue.start(queue.workflow(queue.account()))
    queue.run(
        "INSERT INTO run_events (account_id, run_id, seq, kind) SELECT account_id, id, 1, 'run.accepted'"
        " FROM runs WHERE id = %s",
        run_id,
    )
    paused = sql.replace("LIMIT l.runs", "LIMIT l.runs + (SELECT count(*) - 1 FROM pg_advisory_xact_lock(6))")
    assert paused != sql
    queue.run("SELECT pg_advisory_lock(6)")
    async with await psycopg.AsyncConnection.connect(urls.runner, options=OPTIONS, autocommit=True) as runner:
        about = {"most": 8, "me": "me", "lease": 60, "locked": []}
        claiming = asyncio.create_task(runner.execute(paused, about))
        waits = "SELECT 1 FROM pg_locks WHERE pid = %s AND locktype = 'advisory' AND NOT granted"
        await until(lambda: queue.rows(waits, runner.info.backend_pid) != [])
        queue.run(
            "WITH answered AS (UPDATE runs SET last_seq = 2 WHERE id = %s RETURNING account_id, id)"
            " INSERT INTO run_events (account_id, run_id, seq, kind) SELECT account_id, id, 2, 'gate.answered'"
            " FROM answered",
            run_id,
        )
        queue.run("SELECT pg_advisory_unlock(6)")
        if sql is not CLAIM:
            with pytest.raises(psycopg.errors.UniqueViolation):
                await claiming
            return
        assert [row[0] for row in await (await claiming).fetchall()] == [run_id]
    kinds = queue.rows("SELECT seq, kind FROM run_events WHERE run_id = %s ORDER BY seq", run_id)
    assert kinds == [(1, "run.accepted"), (2, "gate.answered"), (3, "run.claimed")]


async def _storm(queue: Queue, urls: Urls, claimers: int, account: UUID) -> tuple[int, Counter[UUID]]:
    """Several claimers at once, each ending what it holds: the most that ran at any moment, and who ran how often."""
    most, held, seen = 0, 0, Counter[UUID]()
    left = queue.rows("SELECT count(*) FROM runs WHERE account_id = %s AND state = 'queued'", account)[0][0]

    async def one(leases: Leases) -> None:
        nonlocal most, held, left
        found = Claims()
        while left > 0:
            found = await leases.claim(5, found.limits)
            ids = [run.lease.run_id for run in found.runs]
            held += len(ids)
            most = max(most, held)
            seen.update(ids)
            left -= len(ids)
            await asyncio.sleep(0.002)
            held -= len(ids)
            await asyncio.to_thread(queue.finish, *ids)

    async with AsyncExitStack() as resources:
        names = [f"runner-{number}" for number in range(claimers)]
        made = [await resources.enter_async_context(claimer(urls.runner, name)) for name in names]
        async with asyncio.timeout(60):
            await asyncio.gather(*(one(leases) for leases in made))
    return most, seen


@pytest.mark.parametrize("table", ["accounts", "workflows"])
async def test_a_limit_holds_against_many_claimers_at_once(queue: Queue, urls: Urls, table: str):
    line = queue.workflow(queue.account())
    queue.limit(table, line.account_id if table == "accounts" else line.workflow_id, max_running=4)
    ids = queue.start(line, 80)
    most, seen = await _storm(queue, urls, 6, line.account_id)
    assert (most, set(seen), set(seen.values())) == (4, set(ids), {1})


async def test_the_control_without_its_lock_a_limit_is_gone_over(
    queue: Queue, urls: Urls, monkeypatch: pytest.MonkeyPatch
):
    """Everybody believes to hold the lock."""
    unlocked = "SELECT key FROM unnest(%s::uuid[]) AS key"
    monkeypatch.setattr(lease_module, "LOCK", unlocked)
    line = queue.workflow(queue.account(), max_running=4)
    over = 0
    for _ in range(10):
        queue.start(line, 80)
        over, _ = await _storm(queue, urls, 6, line.account_id)
        if over > 4:
            break
    assert over > 4


async def test_claims_by_many_at_once_take_every_run_once(queue: Queue, urls: Urls):
    lines = [queue.workflow(queue.account()) for _ in range(3)]
    ids = [run for line in lines for run in queue.start(line, 100)]
    seen = Counter[UUID]()

    async def one(name: str) -> None:
        async with claimer(urls.runner, name) as leases:
            while found := await claim(leases, 7):
                seen.update(found)

    async with asyncio.timeout(60):
        await asyncio.gather(*(one(f"runner-{number}") for number in range(5)))
    assert (set(seen), set(seen.values())) == (set(ids), {1})


async def test_a_claim_reads_no_more_of_a_long_queue_than_of_a_short_one(queue: Queue, urls: Urls):
    async def read(most: int) -> int:
        async with await psycopg.AsyncConnection.connect(urls.runner, options=OPTIONS) as connection:
            about = {"most": most, "me": "x", "lease": 60, "locked": []}
            explained = await connection.execute(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON, TIMING OFF) " + CLAIM, about
            )
            row: Any = await explained.fetchone()
            await connection.rollback()
            plan = row[0][0]["Plan"]
            return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    limited = queue.workflow(queue.account(), max_running=1)
    line = queue.workflow(queue.account())
    queue.start(line, 200)
    queue.start(limited, 200)
    queue.run("ANALYZE runs")
    few = await read(16)
    queue.start(line, 8_000)
    queue.start(limited, 8_000)
    assert await read(16) < few * 2


async def test_a_beat_waits_for_no_row_and_misses_none(queue: Queue, urls: Urls, leases: Leases):
    line = queue.workflow(queue.account())
    ids = queue.start(line, 3)
    await claim(leases, 3)
    queue.run("UPDATE runs SET lease_until = now() + interval '1 s' WHERE id = ANY(%s)", ids)
    async with await psycopg.AsyncConnection.connect(urls.runner) as writing:
        await writing.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (ids[1],))
        async with asyncio.timeout(5):
            beat = await leases.beat(ids)
    assert beat.held == dict.fromkeys(ids, 1)
    left = dict(
        queue.rows("SELECT id, lease_until > now() + interval '30 s' FROM runs WHERE id = ANY(%s)", ids)
    )
    assert left == {ids[0]: True, ids[1]: False, ids[2]: True}
