"""Alerts on real data: each kind fires and is over, each change is written down once and told once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from engine.alerts import KINDS, rules
from engine.alerts.deciding import Decision, Reading, Standing, decide
from engine.alerts.rules import Form, RuleView
from engine.alerts.watchman import OPTIONS, TRY_LEAD, Watchman, look
from engine.database import Database, Urls
from engine.errors import BadInput, Forbidden, NotFound
from engine.identity import new_id
from engine.janitor import ROLL_UP
from engine.settings import Settings
from tests.conftest import ROOT
from tests.engine_retention.past import Past
from tests.engine_run.ground import Ground
from tests.engine_run.kit import until
from tests.engine_store.conftest import Workspace, bearer

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
async def eye(urls: Urls) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A watchman's connection."""
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def ground(owner_url: str, workspace: Workspace) -> Ground:
    return Ground(owner_url, workspace.account_id, workspace.workflow_id)


@pytest.fixture
def past(ground: Ground, workspace: Workspace) -> Past:
    return Past(ground, workspace.version_id)


def channel(ground: Ground, *topics: str) -> UUID:
    made = new_id()
    ground.query(
        "INSERT INTO channels (id, account_id, name, kind, config, topics) VALUES (%s, %s, %s, 'webhook',"
        """ '{"url": "http://127.0.0.1:9/"}', %s) RETURNING 1""",
        *(made, ground.account_id, f"c{made.hex[-8:]}", list(topics)),
    )
    return made


def told(ground: Ground) -> list[tuple[UUID, str]]:
    rows = ground.query(
        "SELECT target_id, body ->> 'change' FROM outbox WHERE account_id = %s AND topic = 'alert'"
        " ORDER BY created_at, key",
        ground.account_id,
    )
    return [(target, change) for target, change in rows]


def standing(ground: Ground, rule: RuleView) -> tuple[bool, int]:
    rows = ground.query(
        "SELECT firing, (SELECT count(*)::int FROM alert_changes c WHERE c.rule_id = r.id) FROM alert_rules r"
        " WHERE id = %s",
        rule.id,
    )
    return rows[0]


def roll(urls: Urls) -> None:
    with psycopg.connect(urls.runner, autocommit=True) as broom:
        while broom.execute(ROLL_UP, (1000,)).fetchone() != (0,):
            pass


def fill_failing(past: Past, urls: Urls) -> None:
    for _ in range(3):
        past.run(0.0, "failed")
    past.run(0.0, "succeeded")
    roll(urls)


def fill_succeeding(past: Past, urls: Urls) -> None:
    for _ in range(40):
        past.run(0.0, "succeeded")
    roll(urls)


def sql(past: Past, statement: str, *more: Any) -> None:
    past.ground.query(statement + " RETURNING 1", *more)


def calls(past: Past, code: str, n: int) -> None:
    sql(
        past,
        "INSERT INTO call_stats (account_id, grain, at, workflow_id, tool, code, n, seconds)"
        " VALUES (%s, 'minute', date_trunc('minute', now()), %s, 'shop.refund', %s, %s, 1)",
        *(past.account, past.ground.workflow_id, code, n),
    )


def budget(past: Past, usd: float) -> None:
    sql(
        past,
        """UPDATE accounts SET settings = settings || '{"model_budgets": {"day_usd": 10}}' WHERE id = %s""",
        past.account,
    )
    sql(
        past,
        "INSERT INTO model_spend (account_id, day, model, purpose, calls, usd) VALUES (%s,"
        " (now() AT TIME ZONE 'UTC')::date, 'm', 'runs', 1, %s)",
        *(past.account, usd),
    )


def queue(past: Past, urls: Urls) -> None:
    for _ in range(4):
        run_id = past.run(0.5, "queued")
        sql(past, "UPDATE runs SET due_at = now() - interval '10 min' WHERE id = %s", run_id)


def emptied(past: Past, urls: Urls) -> None:
    sql(past, "UPDATE runs SET state = 'cancelled', due_at = NULL WHERE account_id = %s", past.account)


def approval(past: Past, urls: Urls) -> None:
    past.run(0.2, "waiting")
    sql(
        past,
        "UPDATE approvals SET created_at = now() - interval '5 hours' WHERE account_id = %s",
        past.account,
    )


def decided(past: Past, urls: Urls) -> None:
    sql(past, "UPDATE approvals SET state = 'approved' WHERE account_id = %s", past.account)


def quiet(past: Past, urls: Urls) -> None:
    sql(
        past,
        "UPDATE alert_rules SET created_at = now() - interval '2 days' WHERE account_id = %s",
        past.account,
    )


CASES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "failure_rate": ({"limit": 50.0, "least": 4}, fill_failing, fill_succeeding),
    "approval_age": ({"limit": 240.0}, approval, decided),
    "queue_depth": ({"limit": 4.0}, queue, emptied),
    "queue_age": ({"limit": 5.0}, queue, emptied),
    "budget": (
        {"limit": 80.0, "budget": "day_usd"},
        lambda past, _: budget(past, 9),
        lambda past, _: sql(past, "UPDATE model_spend SET usd = 1 WHERE account_id = %s", past.account),
    ),
    "silence": ({"limit": 60.0}, quiet, fill_succeeding),
    "connector": (
        {"limit": 30.0, "least": 10, "connector": "shop"},
        lambda past, _: (calls(past, "", 6), calls(past, "timeout", 5)),
        lambda past, _: sql(
            past, "UPDATE call_stats SET n = 100 WHERE account_id = %s AND code = ''", past.account
        ),
    ),
}


def test_every_kind_has_a_case():
    assert CASES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", CASES)
async def test_a_rule_fires_and_is_over_and_both_are_told_once(
    kind: str, db: Database, workspace: Workspace, urls: Urls, past: Past, eye: Any
):
    ground = past.ground
    mine, all_of_it, _ = channel(ground), channel(ground, "alert"), channel(ground, "run.failed")
    sql(
        past,
        "INSERT INTO connectors (id, account_id, name, transport) VALUES (%s, %s, 'shop', '{}')",
        *(new_id(), past.account),
    )
    more, trouble, relief = CASES[kind]
    form = Form(
        f"own {kind}", kind, workflow_id=workspace.workflow_id, channels=(mine,), cooldown_s=0, **more
    )
    own = await rules.create_rule(db, workspace.admin, form)
    every = await rules.create_rule(db, workspace.admin, replace(form, name="every", channels=()))
    for _ in range(2):
        for rule in (own, every):
            await look(eye, rule.id)
    assert {standing(ground, rule) for rule in (own, every)} == {(False, 0)}
    trouble(past, urls)
    for _ in range(3):
        for rule in (own, every):
            await look(eye, rule.id)
    assert {standing(ground, rule) for rule in (own, every)} == {(True, 1)}
    assert sorted(told(ground)) == sorted([(mine, "firing"), (all_of_it, "firing")])
    shown = await rules.firing(db, workspace.people["viewer"])
    assert [one.name for one in shown] == ["every", f"own {kind}"] and shown[0].words
    relief(past, urls)
    for _ in range(3):
        for rule in (own, every):
            await look(eye, rule.id)
    assert {standing(ground, rule) for rule in (own, every)} == {(False, 2)}
    assert sorted(told(ground)) == sorted(
        [(mine, "firing"), (all_of_it, "firing"), (mine, "resolved"), (all_of_it, "resolved")]
    )


async def failing(db: Database, workspace: Workspace, past: Past, urls: Urls, **more: Any) -> RuleView:
    form = Form("deep", "queue_depth", 4.0, cooldown_s=0)
    rule = await rules.create_rule(db, workspace.admin, replace(form, **more))
    queue(past, urls)
    return rule


async def test_many_watchmen_at_once_tell_once(db: Database, workspace: Workspace, urls: Urls, past: Past):
    hears = channel(past.ground, "alert")
    rule = await failing(db, workspace, past, urls)

    async def one() -> None:
        async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
            watchman = Watchman(urls.runner, every_s=0.0)
            for _ in range(5):
                await watchman.round(connection)

    await asyncio.gather(*(one() for _ in range(4)))
    # Without the lock of the rounds, the row still is held.
    async with (
        await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as first,
        await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as second,
    ):
        await asyncio.gather(*(look(one, rule.id) for one in (first, second)))
    assert standing(past.ground, rule) == (True, 1)
    assert told(past.ground) == [(hears, "firing")]


KILLED = """
import asyncio, os, sys, psycopg
from engine.alerts import watchman
async def dies(*_):
    await told(*_)
    os.kill(os.getpid(), 9)
told, watchman._tell = watchman._tell, dies
async def main():
    async with await psycopg.AsyncConnection.connect(sys.argv[1], autocommit=True) as connection:
        await watchman.look(connection, __import__("uuid").UUID(sys.argv[2]))
asyncio.run(main())
"""


async def test_who_dies_between_the_change_and_the_telling_leaves_neither(
    db: Database, workspace: Workspace, urls: Urls, past: Past, eye: Any
):
    hears = channel(past.ground, "alert")
    rule = await failing(db, workspace, past, urls)
    dead = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, urls.runner, str(rule.id)], cwd=ROOT, timeout=60
    )
    assert dead.returncode == -9
    assert (standing(past.ground, rule), told(past.ground)) == ((False, 0), [])
    await look(eye, rule.id)
    assert (standing(past.ground, rule), told(past.ground)) == ((True, 1), [(hears, "firing")])


async def test_who_is_silenced_hears_of_it_when_the_silence_ends(
    db: Database, workspace: Workspace, urls: Urls, past: Past, eye: Any
):
    hears = channel(past.ground, "alert")
    rule = await failing(db, workspace, past, urls)
    silent = await rules.snooze(db, workspace.admin, rule.id, 60)
    assert silent.state == "snoozed"
    await look(eye, rule.id)
    assert (standing(past.ground, rule), told(past.ground)) == ((True, 2), [])
    assert await rules.firing(db, workspace.admin) == ()
    await rules.snooze(db, workspace.admin, rule.id, 0)
    await look(eye, rule.id)
    await look(eye, rule.id)
    assert told(past.ground) == [(hears, "still firing")]
    found = await rules.history(db, workspace.people["viewer"], rule.id)
    assert [(one.change, one.by) for one in found] == [
        ("still firing", ""),
        ("snoozed", workspace.admin.email),
        ("firing", ""),
        ("snoozed", workspace.admin.email),
    ]


async def test_a_paused_rule_is_not_looked_at(
    db: Database, workspace: Workspace, urls: Urls, past: Past, eye: Any
):
    rule = await failing(db, workspace, past, urls)
    assert (await rules.pause(db, workspace.admin, rule.id, True)).state == "paused"
    assert await look(eye, rule.id) is None
    await rules.pause(db, workspace.admin, rule.id, False)
    assert await look(eye, rule.id) == Decision(True, "firing", True)


async def test_a_rule_is_tried_before_it_is_needed(
    db: Database, workspace: Workspace, urls: Urls, past: Past
):
    hears = channel(past.ground)
    rule = await failing(db, workspace, past, urls, channels=(hears,))
    dry = await rules.try_rule(db, workspace.admin, rule.id)
    assert (dry.words, dry.fires, dry.told) == ("4 runs are due and have not begun.", True, 0)
    assert told(past.ground) == []
    sent = await rules.try_rule(db, workspace.admin, rule.id, send=True)
    assert sent.told == 1 and told(past.ground) == [(hears, "test")]
    assert standing(past.ground, rule) == (False, 1)


def stands(**more: Any) -> Standing:
    usual = Standing(False, 10.0, 5, timedelta(minutes=5), None, None, False)
    return replace(usual, **more)


@pytest.mark.parametrize(
    ("standing", "reading", "expected"),
    [
        (stands(), Reading(10.0, 5), Decision(True, "firing", True)),
        (stands(), Reading(9.99, 5), Decision(False)),
        (stands(), Reading(50.0, 4), Decision(False)),
        (stands(), Reading(None, 0), Decision(False)),
        (stands(firing=True), Reading(9.5, 5), Decision(True)),
        (stands(firing=True), Reading(8.9, 5), Decision(False, "resolved", True)),
        (stands(firing=True), Reading(0.0, 4), Decision(True)),
        (stands(firing=True), Reading(None, 0), Decision(False, "resolved", True)),
        (stands(firing=True, untold=True), Reading(0.0, 9), Decision(False, "resolved", False)),
        (stands(firing=True, untold=True), Reading(20.0, 9), Decision(True, "still firing", True)),
        (stands(ended_at=NOW - timedelta(minutes=4)), Reading(20.0, 9), Decision(False)),
        (stands(ended_at=NOW - timedelta(minutes=6)), Reading(20.0, 9), Decision(True, "firing", True)),
        (
            stands(silenced_until=NOW + timedelta(minutes=1)),
            Reading(20.0, 9),
            Decision(True, "firing", False),
        ),
    ],
)
def test_what_follows_from_a_reading(standing: Standing, reading: Reading, expected: Decision):
    assert decide(standing, reading, NOW) == expected


async def test_what_does_not_fit_is_said_field_by_field(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    bad = Form("", "connector", 0.0, "loud", neighbour.workflow_id, 1, 0, "nobody", channels=(new_id(),))
    with pytest.raises(BadInput) as caught:
        await rules.create_rule(db, workspace.admin, bad)
    assert {name for name, _ in caught.value.problems} == {
        *("name", "limit", "severity", "workflow_id", "window_min", "least", "connector", "channels")
    }
    good = Form("one", "queue_depth", 5.0)
    made = await rules.create_rule(db, workspace.admin, good)
    with pytest.raises(BadInput, match="already"):
        await rules.create_rule(db, workspace.admin, good)
    with pytest.raises(BadInput):
        await rules.create_rule(db, workspace.admin, Form("quiet", "silence", 60.0))
    with pytest.raises(NotFound):
        await rules.pause(db, neighbour.admin, made.id, True)
    with pytest.raises(Forbidden):
        await rules.create_rule(db, workspace.people["builder"], good)


async def test_rules_and_figures_by_the_api(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    client.headers.update(await bearer(db, settings, workspace.people["operator"]))
    made = await client.post("/alerts/rules", json={"name": "deep", "kind": "queue_depth", "limit": 3})
    assert made.status_code == 201, made.text
    rule = made.json()
    assert (rule["state"], rule["spec"]) == ("new", {"limit": 3})
    tried = await client.post(f"/alerts/rules/{rule['id']}/test", json={})
    assert tried.json()["words"] == "0 runs are due and have not begun."
    assert (await client.get("/alerts")).json() == []
    assert [one["name"] for one in (await client.get("/alerts/rules")).json()] == ["deep"]
    shown = (await client.get("/dashboard", params={"range": "1h"})).json()
    assert len(shown["moments"]) == 60 and shown["ever"] is False
    half = await client.get("/dashboard", params={"since": "2026-11-30T00:00:00Z"})
    assert half.status_code == 422, half.text
    assert (await client.delete(f"/alerts/rules/{rule['id']}")).status_code == 204


async def test_a_watchman_that_stands_still_in_a_round_does_not_keep_the_others_from_looking(
    urls: Urls, db: Database, workspace: Workspace, ground: Ground, eye: psycopg.AsyncConnection[Any]
) -> None:
    """It holds the lock, as one does that was stopped between two rules, and says nothing more."""
    rule = await rules.create_rule(db, workspace.admin, Form("deep", "queue_depth", 1000.0))
    still = await psycopg.AsyncConnection.connect(
        urls.runner, autocommit=True, options=OPTIONS.format(idle_ms=300)
    )
    try:
        led = await (await still.execute(TRY_LEAD)).fetchone()
        assert led == (True,)
        await Watchman(urls.runner).round(eye)
        looked = "SELECT looked_at IS NOT NULL FROM alert_rules WHERE id = %s"
        assert ground.query(looked, rule.id) == [(False,)]
        held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = %s"
        await until(lambda: not ground.query(held, still.info.backend_pid))
        await Watchman(urls.runner).round(eye)
        assert ground.query(looked, rule.id) == [(True,)]
    finally:
        await still.close()
