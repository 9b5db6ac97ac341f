"""What the janitor deletes and what it never touches, and that nobody waits for it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from engine import runs
from engine.artifacts import MemoryStore
from engine.database import Database, Urls
from engine.errors import Conflict
from engine.identity import new_id
from engine.janitor import FIRST, FORGET_EVENTS, FORGET_RUNS, Connection, Janitor, JanitorSettings
from engine.lease import Leases
from engine.lifecycle import TERMINAL, RunState
from tests.engine_retention.past import Past
from tests.engine_run import kit
from tests.engine_run.ground import Ground
from tests.engine_store.conftest import Workspace

until = partial(kit.until, seconds=60)
QUICK = JanitorSettings(chunk=5, roll_s=0.05, round_s=0.05, rest=0, least_rest_s=0, busy_s=0.05)


async def forget(broom: Connection, past: Past, most: int = 100) -> int:
    """All chunks of one account; the runs that went."""
    gone, last = 0, FIRST
    while last is not None:
        row = await (await broom.execute(FORGET_RUNS, (past.account, last, most))).fetchone()
        if row is None:
            return gone
        assert row[0] <= most
        gone, last = gone + row[0], row[2]
    return gone


async def test_a_run_past_its_time_goes_with_all_that_is_its_own(past: Past, broom: Connection):
    old = [past.run(91, state) for state in sorted(TERMINAL)]
    young = [past.run(89, state) for state in sorted(TERMINAL)]
    audit = past.ground.query("SELECT count(*) FROM audit_log")
    totals = past.totals()
    assert await forget(broom, past) == len(old)
    assert past.there(*old, *young) == set(young)
    assert past.totals() == totals
    assert past.ground.query("SELECT count(*) FROM audit_log") == audit


@pytest.mark.parametrize("state", sorted(set(RunState) - TERMINAL))
async def test_a_run_that_is_not_over_is_never_touched(past: Past, broom: Connection, state: str):
    run_id = past.run(4000, state)
    assert await forget(broom, past) == 0
    assert past.there(run_id) == {run_id}


async def test_a_run_that_took_long_is_kept_from_its_end_on(past: Past, broom: Connection):
    kept, gone = past.run(10, took_days=300), past.run(91, took_days=300)
    assert await forget(broom, past) == 1
    assert past.there(kept, gone) == {kept}


async def test_those_that_are_kept_do_not_hide_those_that_are_not(past: Past, broom: Connection):
    waiting = [past.run(400, "waiting") for _ in range(25)]
    old = past.run(200)
    assert await forget(broom, past, most=1) == 1
    assert past.there(*waiting, old) == set(waiting)


@pytest.mark.parametrize("most", [1, 2, 3, 100])
async def test_a_family_goes_together_children_first(past: Past, broom: Connection, most: int):
    root = past.run(100)
    children = [past.run(100, parent=root) for _ in range(3)]
    grandchild = past.run(99, "failed", parent=children[1])
    assert await forget(broom, past, most) == 5
    assert past.there(root, *children, grandchild) == set()


@pytest.mark.parametrize("state", ["succeeded", "running", "needs_review"])
async def test_a_family_stays_as_long_as_one_of_it_does(past: Past, broom: Connection, state: str):
    root, alone = past.run(100), past.run(100)
    child = past.run(100, parent=root)
    grandchild = past.run(3, state, parent=child)
    assert await forget(broom, past, most=1) == 1
    assert past.there(root, child, grandchild, alone) == {root, child, grandchild}


async def test_an_old_child_of_a_run_that_goes_on_stays(past: Past, broom: Connection):
    root = past.run(100, "running")
    child = past.run(100, parent=root)
    assert await forget(broom, past) == 0
    assert past.there(root, child) == {root, child}


async def test_zero_days_keep_for_ever(past: Past, broom: Connection):
    run_id = past.run(4000)
    past.keep(runs_days=0)
    assert await forget(broom, past) == 0
    assert past.there(run_id) == {run_id}


async def test_no_setting_takes_the_last_week(past: Past, broom: Connection):
    """The services refuse such a setting; whoever writes it past them meets the database."""
    last_week, before = past.run(6.9), past.run(7.1)
    past.keep(runs_days=1)
    assert await forget(broom, past) == 1
    assert past.there(last_week, before) == {last_week}


async def test_what_another_account_keeps_stays(past: Past, broom: Connection, owner_url: str):
    other = Past.lay(owner_url)
    mine, theirs = past.run(100), other.run(100)
    assert await forget(broom, past) == 1
    assert (past.there(mine), other.there(theirs)) == (set(), {theirs})


async def test_no_service_can_delete_a_run_by_itself(past: Past, db: Database, urls: Urls):
    past.run(100)
    for url in (urls.app, urls.runner):
        with psycopg.connect(url) as connection:
            connection.execute("SELECT set_config('app.forgetting', 'on', true)")
            for table in ("runs", "run_events", "approvals"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(f"DELETE FROM {table}")
    with (
        psycopg.connect(urls.app) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="weft_forget_runs"),
    ):
        connection.execute(FORGET_RUNS, (past.account, FIRST, 10))


async def test_the_key_of_a_run_that_was_deleted_starts_a_new_one(
    db: Database, workspace: Workspace, owner_url: str, broom: Connection
):
    past = Past(Ground(owner_url, workspace.account_id, workspace.workflow_id), workspace.version_id)
    old = past.run(91, key="key")

    async def start() -> runs.RunSummary:
        return await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "1"}, "key")

    with pytest.raises(Conflict, match="key was used"):
        await start()
    assert await forget(broom, past) == 1
    new = await start()
    assert new.id != old and new.state == "queued"


# ---- nobody waits ---------------------------------------------------------------------------------------


async def busy_with(db: Database, workspace: Workspace, urls: Urls) -> None:
    """A start, a list, a claim, a beat and a cancel; each fails when it has to wait for a lock for a second."""
    started = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "1"})
    assert started.id in {run.id for run in (await runs.list_runs(db, workspace.admin)).items}
    patience = "-c lock_timeout=1000"
    async with await psycopg.AsyncConnection.connect(
        urls.runner, autocommit=True, options=patience
    ) as connection:
        leases = Leases(connection, "me", 10)
        claims = (await leases.claim(1000)).runs
        assert started.id in {claim.lease.run_id for claim in claims}
        assert started.id in (await leases.beat([started.id])).held
    cancelled = await runs.cancel_run(db, workspace.admin, started.id)
    assert cancelled.cancel_requested


async def test_a_claim_a_start_and_a_list_do_not_wait_for_a_chunk_that_is_held(
    past: Past, db: Database, workspace: Workspace, urls: Urls
):
    old = [past.run(100) for _ in range(20)]
    async with await psycopg.AsyncConnection.connect(urls.runner) as connection:
        row = await (await connection.execute(FORGET_RUNS, (past.account, FIRST, 100))).fetchone()
        assert row is not None and row[0] == len(old)
        async with asyncio.timeout(10):
            await busy_with(db, workspace, urls)
        await connection.rollback()
    assert past.there(*old) == set(old)


async def test_dropping_a_piece_of_the_table_instead_would_make_them_wait(
    past: Past, db: Database, workspace: Workspace, urls: Urls, hand: psycopg.Connection
):
    """The control: what a partition that is dropped asks for, as long as somebody reads."""
    hand.execute("LOCK TABLE run_events IN ACCESS EXCLUSIVE MODE")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "1"})
    hand.rollback()


@pytest.fixture
async def janitor(urls: Urls) -> Callable[..., Janitor]:
    opened: list[Janitor] = []

    def open_(settings: JanitorSettings = QUICK, **options: Any) -> Janitor:
        one = Janitor(urls.runner, settings, **({"busy": lambda: False} | options))
        opened.append(one)
        one.open()
        return one

    yield open_
    await asyncio.gather(*(one.close() for one in opened))


async def test_a_janitor_does_it_all_by_itself(past: Past, janitor: Callable[..., Janitor]):
    old, young = [past.run(100) for _ in range(23)], past.run(1)
    one = janitor()
    await until(lambda: past.there(*old, young) == {young})
    await until(lambda: one.swept.runs >= 23 and one.swept.run_events >= 46)
    await until(lambda: past.ground.query("SELECT count(*) FROM run_marks") == [(0,)])


async def test_a_row_that_somebody_holds_is_left_for_another_time(
    past: Past, janitor: Callable[..., Janitor], hand: psycopg.Connection
):
    held, free, root = past.run(100), past.run(99), past.run(98)
    child = past.run(98, parent=root)
    hand.execute("SELECT 1 FROM runs WHERE id = ANY(%s) FOR UPDATE", ([held, child],))
    janitor(JanitorSettings(chunk=1, roll_s=0.05, round_s=0.05, rest=0, least_rest_s=0))
    await until(lambda: past.there(held, free, root, child) == {held, root, child})
    hand.rollback()
    await until(lambda: past.there(held, free, root, child) == set())


async def test_one_janitor_at_a_time_deletes(
    past: Past, janitor: Callable[..., Janitor], hand: psycopg.Connection
):
    hand.execute("SELECT pg_advisory_xact_lock(hashtextextended('weft_janitor', 0))")
    run_id, rounds = past.run(100), 0

    def count() -> None:
        nonlocal rounds
        rounds += 1

    janitor(on_round=count)
    await until(lambda: rounds >= 3)
    assert past.there(run_id) == {run_id}
    hand.rollback()
    await until(lambda: past.there(run_id) == set())


async def test_a_busy_machine_is_waited_for_but_not_for_ever(past: Past, janitor: Callable[..., Janitor]):
    asked = 0

    def busy() -> bool:
        nonlocal asked
        asked += 1
        return True

    runs_of = [past.run(100) for _ in range(8)]
    janitor(busy=busy)
    await until(lambda: past.there(*runs_of) == set())
    assert asked >= 2


async def test_while_the_machine_is_busy_no_second_chunk_begins(
    past: Past, janitor: Callable[..., Janitor], broom: Connection
):
    past.ground.query('UPDATE accounts SET settings = \'{"retention": {"runs_days": 0}}\' RETURNING 1')
    past.keep()
    runs_of = [past.run(100) for _ in range(8)]
    free = asyncio.Event()
    patient = JanitorSettings(chunk=5, roll_s=0.05, round_s=0.05, rest=0, least_rest_s=0, busy_s=60)
    asked: list[int] = []

    def busy() -> bool:
        asked.append(len(past.there(*runs_of)))
        return not free.is_set()

    janitor(patient, busy=busy)
    await until(lambda: len(asked) >= 3)
    seen = [left for left in asked if left < 8]
    assert set(seen) <= {3}
    free.set()
    await until(lambda: past.there(*runs_of) == set())


async def test_an_account_whose_setting_cannot_be_read_does_not_stop_the_others(
    past: Past, owner_url: str, janitor: Callable[..., Janitor]
):
    other = Past.lay(owner_url)
    past.ground.query(
        'UPDATE accounts SET settings = \'{"retention": {"runs_days": "soon"}}\' WHERE id = %s RETURNING 1',
        past.account,
    )
    mine, theirs = past.run(100), other.run(100)
    janitor()
    await until(lambda: other.there(theirs) == set())
    assert past.there(mine) == {mine}


# ---- events ---------------------------------------------------------------------------------------------


def publish(past: Past, days: list[float], name: str = "paid") -> None:
    past.ground.query(
        "INSERT INTO events (id, account_id, seq, name, at) SELECT uuidv7(), %s,"
        " coalesce((SELECT max(seq) FROM events WHERE account_id = %s), 0) + n, %s, now() - make_interval(secs => d)"
        " FROM unnest(%s::float8[]) WITH ORDINALITY AS x(d, n) RETURNING 1",
        past.account,
        past.account,
        name,
        [day * 86400 for day in days],
    )


def kept(past: Past) -> list[int]:
    rows = past.ground.query("SELECT seq FROM events WHERE account_id = %s ORDER BY seq", past.account)
    return [seq for (seq,) in rows]


async def forget_events(broom: Connection, past: Past, most: int = 2) -> int:
    gone, last = 0, 0
    while last is not None:
        row = await (await broom.execute(FORGET_EVENTS, (past.account, last, most))).fetchone()
        if row is None:
            return gone
        gone, last = gone + row[0], row[1]
    return gone


async def test_events_past_their_time_go(past: Past, broom: Connection):
    publish(past, [40, 39, 38, 31, 29, 2])
    assert await forget_events(broom, past) == 4
    assert kept(past) == [5, 6]


async def test_the_newest_event_stays_for_the_numbering_goes_on_from_it(past: Past, broom: Connection):
    publish(past, [40, 39, 38])
    assert await forget_events(broom, past) == 2
    assert kept(past) == [3]


async def test_an_event_that_a_wait_has_not_looked_at_stays(past: Past, broom: Connection):
    publish(past, [40, 39, 38, 37])
    run_id = past.run(100, "waiting")
    past.ground.query("UPDATE event_waits SET name = 'paid', seen = 2 WHERE run_id = %s RETURNING 1", run_id)
    publish(past, [36, 35], "other")
    assert await forget_events(broom, past) == 3
    assert kept(past) == [3, 4, 6]


# ---- artifacts ------------------------------------------------------------------------------------------


async def keep_value(
    past: Past, store: MemoryStore, content: bytes, *run_ids: UUID, days: float = 100
) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    await store.put(past.account, sha256, content)
    for run_id in run_ids:
        past.ground.query(
            "INSERT INTO artifacts (account_id, sha256, run_id, bytes, created_at) VALUES (%s, %s, %s, %s,"
            " now() - make_interval(secs => %s)) RETURNING 1",
            *(past.account, sha256, run_id, len(content), days * 86400),
        )
    return sha256


def held_of(past: Past, store: MemoryStore) -> set[str]:
    return {sha256 for account_id, sha256 in store.content if account_id == past.account}


async def test_a_large_value_goes_with_the_last_run_that_refers_to_it(
    past: Past, janitor: Callable[..., Janitor]
):
    store = MemoryStore()
    old, young = past.run(100), past.run(10)
    await keep_value(past, store, b"of one", old)
    shared = await keep_value(past, store, b"of both", old, young)
    janitor(replace(QUICK, store_s=0), store=store)
    await until(lambda: held_of(past, store) == {shared})


async def test_a_large_value_may_go_before_its_run_but_never_before_its_end(
    past: Past, janitor: Callable[..., Janitor]
):
    store = MemoryStore()
    past.keep(runs_days=0, artifacts_days=7)
    over, goes_on = past.run(10), past.run(10, "waiting")
    await keep_value(past, store, b"of one that is over", over)
    kept = await keep_value(past, store, b"of one that goes on", goes_on)
    janitor(replace(QUICK, store_s=0), store=store)
    await until(lambda: held_of(past, store) == {kept})
    assert past.there(over, goes_on) == {over, goes_on}


async def test_what_another_installation_keeps_in_the_same_folder_stays(
    past: Past, janitor: Callable[..., Janitor]
):
    store, elsewhere = MemoryStore(), new_id()
    await store.put(elsewhere, "a" * 64, b"theirs")
    await store.put(past.account, "b" * 64, b"nobody's")
    one = janitor(replace(QUICK, store_s=0), store=store)
    await until(lambda: one.swept.contents >= 1)
    assert [kept.account_id async for kept in store.kept()] == [elsewhere]


async def test_a_webhooks_delivery_goes_with_its_run_and_no_sooner(past: Past, broom: Connection):
    old, young, trigger = past.run(91), past.run(89), new_id()
    with psycopg.connect(past.ground.owner_url) as owner:
        owner.execute(
            "INSERT INTO triggers (id, account_id, workflow_id, version_id, name, kind, spec)"
            " VALUES (%s, %s, %s, %s, 'hook', 'webhook', '{}')",
            (trigger, past.account, past.ground.workflow_id, past.version),
        )
        for run in (old, young):
            owner.execute(
                "INSERT INTO hook_deliveries (id, account_id, trigger_id, verdict, run_id, method, signed, identity)"
                " VALUES (%s, %s, %s, 'accepted', %s, 'POST', true, %s)",
                (new_id(), past.account, trigger, run, str(run)),
            )
    assert await forget(broom, past) == 1
    assert past.ground.query("SELECT run_id FROM hook_deliveries") == [(young,)]
