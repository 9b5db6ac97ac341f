"""Events start workflows: put down with the event, made a run of once, and lost by nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from engine import events, runs
from engine.database import Database
from engine.errors import QueueFull
from engine.settings import Settings
from engine.triggers import fanout, register
from engine.triggers.claims import FIRES, LOOKED, Claims, Turn
from engine.triggers.register import TriggerSummary
from tests.engine_store.conftest import Workspace, bearer
from tests.engine_triggers.kit import published, written
from tests.engine_triggers.scheduling import Ground

PAID = 'trigger paid: event "payment.received" when event.amount > 100 with (id: event.id)'


async def made(db: Database, workspace: Workspace, name: str, head: str = PAID) -> TriggerSummary:
    version = await published(db, workspace.admin, written(name, head, inputs="id: string"))
    (trigger,) = await register.list_triggers(db, workspace.admin, version.workflow_id)
    return trigger


def paid(amount: int = 250) -> dict[str, Any]:
    return {"id": "P-1", "amount": amount}


async def test_an_event_starts_each_workflow_whose_trigger_has_its_name_and_no_other(
    db: Database, workspace: Workspace, neighbour: Workspace, ground: Ground
):
    one, two = await made(db, workspace, "a"), await made(db, workspace, "b")
    other = await made(db, workspace, "c", PAID.replace("payment.received", "payment.sent"))
    foreign = await made(db, neighbour, "a")
    told = await events.publish(db, workspace.people["operator"], "payment.received", paid())
    assert (told.fires, told.told) == (2, 0)
    await ground.turn()
    run = ("event", f"event:{told.id}", {"id": "P-1"})
    assert [ground.runs(trigger.id) for trigger in (one, two, other, foreign)] == [[run], [run], [], []]
    assert ground.one("SELECT count(*) FROM trigger_fires") == 0


async def test_who_published_the_event_is_who_asked_for_the_run(
    db: Database, workspace: Workspace, ground: Ground
):
    """So that he is not the one who approves what it does."""
    trigger = await made(db, workspace, "d")
    operator = workspace.people["operator"]
    await events.publish(db, operator, "payment.received", paid())
    await ground.turn()
    assert ground.one("SELECT requested_by FROM runs WHERE trigger_id = %s", trigger.id) == operator.user_id


async def test_the_same_event_twice_starts_once(db: Database, workspace: Workspace, ground: Ground):
    trigger = await made(db, workspace, "e")
    first = await events.publish(db, workspace.admin, "payment.received", paid(), "key-1")
    await ground.turn()
    second = await events.publish(db, workspace.admin, "payment.received", paid(), "key-1")
    await ground.turn()
    assert (first.fires, second.fires, second.id) == (1, 0, first.id)
    assert len(ground.runs(trigger.id)) == 1


async def test_an_event_that_the_condition_does_not_want_starts_nothing(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "f")
    await events.publish(db, workspace.admin, "payment.received", paid(50))
    await ground.turn()
    after = await register.get_trigger(db, workspace.admin, trigger.id)
    assert (after.last_result, after.failures, after.waiting, ground.runs(trigger.id)) == (
        "skipped",
        0,
        0,
        [],
    )


async def test_an_event_that_fits_no_input_is_told_as_a_problem(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "g")
    await events.publish(db, workspace.admin, "payment.received", {"amount": 200, "id": 5})
    await ground.turn()
    after = await register.get_trigger(db, workspace.admin, trigger.id)
    assert (after.last_result, after.failures) == ("problem", 1)
    assert after.last_problem == "the input does not fit: id must be a text, not the number 5"


async def test_a_paused_trigger_hears_no_event_and_drops_what_it_had_heard(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "h")
    await events.publish(db, workspace.admin, "payment.received", paid())
    await register.pause(db, workspace.admin, trigger.id)
    assert (await events.publish(db, workspace.admin, "payment.received", paid())).fires == 0
    await ground.turn()
    await register.resume(db, workspace.admin, trigger.id)
    await ground.turn()
    assert ground.runs(trigger.id) == [] and ground.one("SELECT count(*) FROM trigger_fires") == 0


@pytest.mark.parametrize("point", ["claimed", "born", "told", "committed"])
async def test_a_scheduler_that_dies_at_any_point_leaves_one_run_of_an_event(
    db: Database, workspace: Workspace, ground: Ground, point: str
):
    class Killed(BaseException):
        pass

    def die(where: str) -> None:
        if where == point:
            raise Killed

    trigger = await made(db, workspace, f"i_{point}")
    await events.publish(db, workspace.admin, "payment.received", paid())
    with pytest.raises(Killed):
        async with ground.turning(die) as turn:
            await turn()
            await turn()
    await ground.turn()
    assert len(ground.runs(trigger.id)) == 1


async def test_two_schedulers_make_one_run_of_each_of_many_events(
    db: Database, workspace: Workspace, ground: Ground
):
    triggers = [await made(db, workspace, name) for name in ("j", "k", "l")]
    for _ in range(20):
        await events.publish(db, workspace.admin, "payment.received", paid())
    async with ground.turning(most=7) as turn, ground.turning(most=7) as other:
        await asyncio.gather(turn(), other())
        await asyncio.gather(turn(), other())
    assert [len(ground.runs(trigger.id)) for trigger in triggers] == [20, 20, 20]


async def test_too_many_events_that_nobody_has_looked_at_are_refused_and_none_is_half_published(
    db: Database, workspace: Workspace, ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    await made(db, workspace, "m")
    monkeypatch.setattr(fanout, "MOST_WAITING", 2)
    for _ in range(2):
        await events.publish(db, workspace.admin, "payment.received", paid())
    with pytest.raises(QueueFull):
        await events.publish(db, workspace.admin, "payment.received", paid())
    # Events that start nothing are told all the same.
    assert (await events.publish(db, workspace.admin, "payment.sent", paid())).seq == 3


async def test_triggers_over_http(
    db: Database, settings: Settings, client: httpx.AsyncClient, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "n")
    headers = await bearer(db, settings, workspace.people["operator"])
    at = f"/triggers/{trigger.id}"
    (listed,) = (await client.get("/triggers", headers=headers)).json()
    assert (listed["id"], listed["kind"], listed["state"]) == (str(trigger.id), "event", "on")
    assert (await client.post(f"{at}/pause", headers=headers)).json()["state"] == "paused"
    fired = (await client.post(f"{at}/fire", json={"event": paid()}, headers=headers)).json()
    assert fired["result"] == "started"
    ((kind, occasion, given),) = ground.runs(trigger.id)
    assert (kind, occasion[:5], given) == ("event", "test:", {"id": "P-1"})
    skipped = (await client.post(f"{at}/fire", json={"event": paid(5)}, headers=headers)).json()
    assert skipped == {"result": "skipped", "run_id": None, "said": "the condition is not true"}
    unfit = (await client.post(f"{at}/fire", json={"event": {"amount": "x"}}, headers=headers)).json()
    assert (unfit["result"], unfit["said"][:30]) == ("problem", "its condition cannot be comput")
    assert (await client.post(f"{at}/resume", headers=headers)).json()["state"] == "on"
    assert (await client.get(f"{at}/next", headers=headers)).json() == []
    assert (await client.put(at, json={"catch_up": "all"}, headers=headers)).status_code == 409
    assert (await client.get(at, headers=headers)).json()["failures"] == 0
    viewer = await bearer(db, settings, workspace.people["viewer"])
    assert {(await client.post(f"{at}/{what}", json={}, headers=viewer)).status_code
            for what in ("pause", "resume", "fire")} == {403}  # fmt: skip


async def test_nobody_can_take_the_key_of_a_fire_before_it(
    db: Database, settings: Settings, client: httpx.AsyncClient, workspace: Workspace
):
    trigger = await made(db, workspace, "o")
    headers = await bearer(db, settings, workspace.people["operator"])
    body = {"input": {"id": "x"}, "idempotency_key": f"trigger:{trigger.id}:event:1"}
    answer = await client.post(f"/workflows/{trigger.workflow_id}/runs", json=body, headers=headers)
    assert answer.status_code == 422 and "such are the keys of triggers" in answer.text


async def test_many_fires_of_a_full_workspace_are_not_in_the_way_of_another_ones(
    db: Database, workspace: Workspace, neighbour: Workspace, ground: Ground
):
    """They are due for longer, and find no place; those of the other are among the first all the same."""
    full, other = await made(db, workspace, "y"), await made(db, neighbour, "z")
    ground.owner.execute("UPDATE accounts SET max_queued = 1 WHERE id = %s", (workspace.account_id,))
    await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    waiting = (
        "INSERT INTO trigger_fires (id, account_id, trigger_id, occasion, event, due_at)"
        " SELECT gen_random_uuid(), %s, %s, 'event:' || n, %s, clock_timestamp() - make_interval(secs => n)"
        " FROM generate_series(%s::int, %s::int) AS n"
    )
    ground.owner.execute(
        waiting, (workspace.account_id, full.id, Jsonb({"id": "A", "amount": 200}), 100, 600)
    )
    ground.owner.execute(waiting, (neighbour.account_id, other.id, Jsonb({"id": "B", "amount": 200}), 1, 30))
    async with await psycopg.AsyncConnection.connect(ground.runner_url, autocommit=True) as connection:
        turns = [Turn(), Turn()]
        for turn in turns:
            await Claims().fires(connection, turn, 30)
    assert [(len(turn.ids), turn.started, turn.deferred) for turn in turns] == [(30, 15, 15)] * 2
    assert len(ground.runs(other.id)) == 30 and ground.runs(full.id) == []


async def test_two_schedulers_side_by_side_take_different_fires(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "x")
    for _ in range(20):
        await events.publish(db, workspace.admin, "payment.received", paid())
    url = ground.runner_url
    async with (
        await psycopg.AsyncConnection.connect(url) as one,
        await psycopg.AsyncConnection.connect(url) as two,
    ):
        about = {"most": 5, "looked": 5 * LOOKED}
        taken = [
            {row[0] for row in await (await connection.execute(FIRES, about)).fetchall()}
            for connection in (one, two)
        ]
        assert [len(ids) for ids in taken] == [5, 5] and not taken[0] & taken[1]
    await ground.turn()
    assert len(ground.runs(trigger.id)) == 20
