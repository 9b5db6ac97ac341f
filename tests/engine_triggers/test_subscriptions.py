"""Subscriptions: who is told what, once, signed, and only of his own account."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from engine import events, runs
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.notifying.signing import headers as signed
from engine.notifying.signing import key_of
from engine.settings import Settings
from engine.subscriptions import register
from engine.subscriptions.register import Form, Made
from engine.subscriptions.topics import covers, problem_of
from tests.engine_notifying.conftest import Watched
from tests.engine_notifying.receiver import Receiver
from tests.engine_store.conftest import Gate, Workspace, bearer
from tests.engine_triggers.scheduling import Ground

Open = Callable[..., Watched]
NOWHERE = "http://127.0.0.1:9/hear"


@pytest.fixture(autouse=True)
def empty(ground: Ground) -> None:
    ground.owner.execute("DELETE FROM outbox")
    ground.owner.execute("DELETE FROM event_subscriptions")


async def made(
    db: Database, workspace: Workspace, *topics: str, url: str = NOWHERE, active: bool = True
) -> Made:
    return await register.create(db, workspace.admin, Form(f"to {topics}", url, topics, active))


def told(ground: Ground, subscription: Made) -> list[str]:
    rows = ground.rows(
        "SELECT topic FROM outbox WHERE target_id = %s ORDER BY topic", subscription.subscription.id
    )
    return [topic for (topic,) in rows]


async def test_there_are_never_too_many_however_many_are_made_at_once(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(register, "MOST", 3)
    forms = [Form(f"to {number}", NOWHERE, ("*",)) for number in range(12)]
    done = await asyncio.gather(
        *(register.create(db, workspace.admin, form) for form in forms), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Conflict"] * 9 + ["Made"] * 3
    assert len(await register.list_subscriptions(db, workspace.admin)) == 3


async def ended(db: Database, ground: Ground, workspace: Workspace, *states: str) -> UUID:
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    for state in ("running", *states):
        ground.owner.execute("UPDATE runs SET state = %s WHERE id = %s", (state, run.id))
    return run.id


async def test_the_end_of_a_run_is_told_to_those_who_want_it_and_once(
    db: Database, workspace: Workspace, neighbour: Workspace, ground: Ground
):
    failed, all_runs = await made(db, workspace, "run.failed"), await made(db, workspace, "run.*", "event.x")
    off, foreign = await made(db, workspace, "*", active=False), await made(db, neighbour, "*")
    run = await ended(db, ground, workspace, "failed")
    await ended(db, ground, workspace, "succeeded")
    await ended(db, ground, workspace, "timed_out")
    await ended(db, ground, workspace, "needs_review", "queued", "running", "cancelled")
    assert [told(ground, one) for one in (failed, all_runs, off, foreign)] == [
        ["run.failed", "run.failed"],
        ["run.cancelled", "run.failed", "run.failed", "run.needs_review", "run.succeeded"],
        [],
        [],
    ]
    body = ground.one(
        "SELECT body FROM outbox WHERE key = %s AND target_id = %s",
        f"run.failed:{run}",
        failed.subscription.id,
    )
    assert (body["run_id"], body["workflow"], body["state"], body["link"]) == (
        str(run), "refund", "failed", f"/runs/{run}"
    )  # fmt: skip
    assert "input" not in body and "output" not in body


async def test_a_run_that_ends_with_its_transaction_undone_is_told_to_nobody(
    db: Database, workspace: Workspace, ground: Ground
):
    every = await made(db, workspace, "*")
    run = await ended(db, ground, workspace)
    with ground.owner.transaction(force_rollback=True):
        ground.owner.execute("UPDATE runs SET state = 'succeeded' WHERE id = %s", (run,))
        assert told(ground, every) == ["run.succeeded"]
    assert told(ground, every) == []


async def test_a_runner_and_a_service_both_tell(
    db: Database, runner: Database, workspace: Workspace, ground: Ground
):
    """Each with its own rights: what ends a run in a runner, and what cancels one in a service."""
    every = await made(db, workspace, "*")
    run = await ended(db, ground, workspace)
    async with runner.platform() as session:
        await session.execute(text("UPDATE runs SET state = 'succeeded' WHERE id = :id"), {"id": run})
    queued = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    await runs.cancel_run(db, workspace.admin, queued.id)
    assert told(ground, every) == ["run.cancelled", "run.succeeded"]


async def test_an_approval_that_opens_is_told_without_its_arguments(
    db: Database, workspace: Workspace, ground: Ground, open_gate: Callable[..., Awaitable[Gate]]
):
    opened = await made(db, workspace, "approval.opened")
    gate = await open_gate(workspace, effects=[{"tool": "shop.process_refund", "args": {"card": "secret"}}])
    body = ground.one("SELECT body FROM outbox WHERE target_id = %s", opened.subscription.id)
    assert (body["approval_id"], body["title"]) == (str(gate.approval_id), "Refund 249.90 EUR?")
    assert "secret" not in str(body)


async def test_an_event_is_told_under_its_name_and_once(db: Database, workspace: Workspace, ground: Ground):
    paid, events_, other = (
        await made(db, workspace, "event.payment.received"),
        await made(db, workspace, "event.*", "event.payment.*"),
        await made(db, workspace, "event.payment"),
    )
    for _ in range(2):
        await events.publish(db, workspace.admin, "payment.received", {"n": 1}, "once")
    # No event can pass for the end of a run.
    runs_ = await made(db, workspace, "run.*")
    await events.publish(db, workspace.admin, "run.failed", {})
    assert [told(ground, one) for one in (paid, events_, other, runs_)] == [
        ["event.payment.received"],
        ["event.payment.received", "event.run.failed"],
        [],
        [],
    ]


async def test_what_is_told_arrives_signed_and_verifies_with_the_secret_that_was_shown(
    db: Database, workspace: Workspace, ground: Ground, courier: Open
):
    with Receiver() as receiver:
        made_ = await made(db, workspace, "event.paid", url=receiver.url)
        fresh = await register.rotate_secret(db, workspace.admin, made_.subscription.id)
        event = await events.publish(db, workspace.admin, "paid", {"n": 1.5})
        watched = courier()
        item, _ = await watched.sent()
        await watched.courier.close()
    [heard] = receiver.heard
    assert (heard.json["type"], heard.json["data"]["id"], heard.json["data"]["payload"]) == (
        "event.paid", str(event.id), {"n": 1.5}
    )  # fmt: skip
    at = int(heard.headers["webhook-timestamp"])
    both = [key_of(fresh.signing_secret), key_of(made_.signing_secret)]
    assert heard.headers.items() >= signed(both, str(item.id), at, heard.body).items()
    (delivery,) = await register.deliveries(db, workspace.people["viewer"], made_.subscription.id)
    assert (delivery.topic, delivery.state, delivery.attempt) == ("event.paid", "sent", 1)


async def test_without_a_subscription_the_end_of_a_run_writes_nothing(
    db: Database, workspace: Workspace, ground: Ground
):
    await ended(db, ground, workspace, "failed")
    assert ground.one("SELECT count(*) FROM outbox") == 0


async def test_what_waits_for_a_deleted_subscription_is_dropped(
    db: Database, workspace: Workspace, ground: Ground
):
    every = await made(db, workspace, "*")
    await ended(db, ground, workspace, "failed")
    await register.delete(db, workspace.admin, every.subscription.id)
    assert ground.rows("SELECT state, last_error FROM outbox") == [
        ("dropped", "The subscription was deleted.")
    ]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (Form("", NOWHERE, ("*",)), "name"),
        (Form("a", "ftp://example.com", ("*",)), "url"),
        (Form("a", "http://user:pass@127.0.0.1/", ("*",)), "url"),
        (Form("a", "http://10.0.0.1/", ("*",)), "url"),
        (Form("a", NOWHERE, ()), "topics"),
        (Form("a", NOWHERE, ("run.exploded",)), "topics"),
        (Form("a", NOWHERE, ("payment.received",)), "topics"),
    ],
)
async def test_a_subscription_that_could_not_work_is_refused(
    db: Database, workspace: Workspace, form: Form, field: str
):
    with pytest.raises(BadInput) as refused:
        await register.create(db, workspace.admin, form)
    assert [name for name, _ in refused.value.problems] == [field]


async def test_who_may_not_connect_may_not_subscribe_and_nobody_reaches_anothers(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    mine = (await made(db, workspace, "*")).subscription
    form = Form("b", NOWHERE, ("*",))
    for role in ("viewer", "builder", "approver"):
        actor = workspace.people[role]
        for act in (
            register.create(db, actor, form),
            register.change(db, actor, mine.id, form),
            register.rotate_secret(db, actor, mine.id),
            register.send_test(db, actor, mine.id),
            register.delete(db, actor, mine.id),
        ):
            with pytest.raises(Forbidden):
                await act
    for act in (
        register.change(db, neighbour.admin, mine.id, form),
        register.rotate_secret(db, neighbour.admin, mine.id),
        register.deliveries(db, neighbour.admin, mine.id),
        register.delete(db, neighbour.admin, mine.id),
    ):
        with pytest.raises(NotFound):
            await act
    with pytest.raises(Conflict, match="already"):
        await register.create(db, workspace.admin, Form(mine.name, NOWHERE, ("*",)))


async def test_subscriptions_over_http_and_the_secret_comes_out_once(
    db: Database, settings: Settings, client: httpx.AsyncClient, workspace: Workspace, ground: Ground
):
    headers = await bearer(db, settings, workspace.people["operator"])
    body: dict[str, Any] = {"name": "billing", "url": NOWHERE, "topics": ["run.failed"]}
    created = await client.post("/subscriptions", json=body, headers=headers)
    assert created.status_code == 201 and created.json()["signing_secret"].startswith("whsec_")
    secret, at = created.json()["signing_secret"], f"/subscriptions/{created.json()['subscription']['id']}"
    body["topics"] = ["run.*"]
    assert (await client.put(at, json=body, headers=headers)).json()["topics"] == ["run.*"]
    assert (await client.post(f"{at}/test", headers=headers)).status_code == 202
    (delivery,) = (await client.get(f"{at}/deliveries", headers=headers)).json()
    assert (delivery["topic"], delivery["state"]) == ("test", "due")
    listed = await client.get("/subscriptions", headers=headers)
    assert [one["name"] for one in listed.json()] == ["billing"] and secret not in listed.text
    assert secret not in str(ground.rows("SELECT data FROM audit_log"))
    assert (await client.delete(at, headers=headers)).status_code == 204


def test_a_topic_fits_itself_and_each_beginning_of_it():
    assert covers("event.payment.received") == [
        "event.payment.received", "event.payment.*", "event.*", "*"
    ]  # fmt: skip
    assert covers("run.failed") == ["run.failed", "run.*", "*"]


@pytest.mark.parametrize(
    "pattern", ["*", "run.*", "run.failed", "event.a b", "event.payment.*", "approval.opened"]
)
def test_these_are_topics(pattern: str):
    assert problem_of(pattern) == ""
