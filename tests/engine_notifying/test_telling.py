"""What happens is told, once, to whom it concerns, in the transaction of its happening; and nothing more is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from engine import approvals, runs
from engine.database import Database
from engine.notifying import deliveries
from engine.notifying.posting import Sent
from tests.engine_notifying.conftest import MakeChannel
from tests.engine_notifying.mailserver import MailServer
from tests.engine_notifying.receiver import Receiver
from tests.engine_store.conftest import Workspace

ALL = (
    "approval.opened",
    "approval.expiring",
    "approval.escalated",
    "approval.decided",
    "run.failed",
    "run.needs_review",
)
EFFECT = {
    "path": "pay",
    "connector": "shop",
    "tool": "process_refund",
    "arguments": {"order_id": "A-1001", "amount": 249.9, "card": "4111 1111 1111 1111", "api_token": "t0p"},
    "pending": [],
}


def told(hand: psycopg.Connection, target: UUID | None = None) -> list[tuple[str, str]]:
    query = "SELECT topic, state FROM outbox WHERE %s::uuid IS NULL OR target_id = %s ORDER BY topic, key"
    return hand.execute(query, (target, target)).fetchall()  # type: ignore[return-value]


async def test_an_approval_is_told_when_it_opens_escalates_and_is_decided(
    db: Database,
    runner: Database,
    workspace: Workspace,
    channel: MakeChannel,
    open_gate,
    hand: psycopg.Connection,
):
    hears = await channel(workspace, "http://127.0.0.1:9/", topics=ALL)
    later = datetime.now(UTC) + timedelta(days=1)
    boss = {"by": "role", "name": "boss"}
    gate = await open_gate(workspace, effects=[EFFECT], expires_at=later, escalation=boss, escalates_at=later)
    assert told(hand, hears) == [("approval.expiring", "due"), ("approval.opened", "due")]
    [(soon,)] = hand.execute("SELECT due_at FROM outbox WHERE topic = 'approval.expiring'").fetchall()
    assert abs(later - soon - timedelta(hours=1)) < timedelta(seconds=5)
    async with runner.platform() as session:
        for _ in range(2):
            await session.execute(
                text("UPDATE approvals SET escalated_at = clock_timestamp() WHERE id = :id"),
                {"id": gate.approval_id},
            )
    await approvals.decide(db, workspace.people["approver"], gate.approval_id, "approve", "fine")
    assert [topic for topic, _ in told(hand, hears)] == [
        "approval.decided",
        "approval.escalated",
        "approval.expiring",
        "approval.opened",
    ]
    [(body,)] = hand.execute("SELECT body FROM outbox WHERE topic = 'approval.decided'").fetchall()
    assert (body["state"], body["workflow"], body["link"]) == (
        "approved",
        "Refund",
        f"/approvals/{gate.approval_id}",
    )
    assert [(said["email"], said["comment"]) for said in body["decisions"]] == [
        (workspace.people["approver"].email, "fine")
    ]


async def test_a_decision_that_is_rolled_back_is_told_to_nobody(
    db: Database, workspace: Workspace, channel: MakeChannel, open_gate, hand: psycopg.Connection
):
    await channel(workspace, "http://127.0.0.1:9/", topics=("approval.decided",))
    gate = await open_gate(workspace)
    with pytest.raises(ZeroDivisionError):
        async with db.account(workspace.account_id) as session:
            await session.execute(
                text("UPDATE approvals SET state = 'approved', decided_at = now() WHERE id = :id"),
                {"id": gate.approval_id},
            )
            _ = 1 / 0
    assert told(hand) == []
    await runs.cancel_run(db, workspace.people["operator"], gate.run_id)
    assert told(hand) == [("approval.decided", "due")]


async def test_people_of_the_role_who_want_it_get_a_mail_and_nobody_else(
    db: Database, workspace: Workspace, neighbour: Workspace, open_gate, hand: psycopg.Connection
):
    for name in ("approver", "admin", "viewer", "builder"):
        await deliveries.set_wish(db, workspace.people[name], True)
    await deliveries.set_wish(db, neighbour.people["approver"], True)
    await open_gate(workspace)
    manager = workspace.people["approver"]
    admin = workspace.admin  # of the same business role, as whoever made the workspace is
    rows = hand.execute("SELECT target_kind, target_id, body ->> 'to' FROM outbox ORDER BY 3").fetchall()
    assert rows == sorted(
        [("person", one.user_id, one.email) for one in (manager, admin)], key=lambda row: row[2]
    )
    hand.execute("DELETE FROM outbox")
    await deliveries.set_wish(db, manager, False)
    await open_gate(workspace, approvers=[{"by": "user", "name": manager.email.upper()}])
    assert told(hand) == []


async def test_who_stands_in_for_somebody_is_told_too(
    db: Database, workspace: Workspace, open_gate, hand: psycopg.Connection
):
    manager, admin = workspace.people["approver"], workspace.admin
    await deliveries.set_wish(db, admin, True)
    asks = [{"by": "user", "name": manager.email}]
    await open_gate(workspace, approvers=asks)
    assert told(hand) == []
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    given = await approvals.delegate(db, manager, admin.user_id, ends_at=tomorrow)
    await open_gate(workspace, approvers=asks)
    assert told(hand, admin.user_id) == [("approval.opened", "due")]
    await approvals.revoke(db, manager, given.id)
    await open_gate(workspace, approvers=asks)
    assert told(hand, admin.user_id) == [("approval.opened", "due")]


async def test_a_test_of_a_draft_tells_nobody(
    db: Database, runner: Database, workspace: Workspace, channel: MakeChannel, hand: psycopg.Connection
):
    hears = await channel(workspace, "http://127.0.0.1:9/", topics=ALL)
    definition = hand.execute(
        "SELECT pg_get_functiondef('weft_tell_of_approval'::regproc),"
        " (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'runs_tell')"
    ).fetchone()
    assert (
        definition is not None and "trial IS NOT NULL" in definition[0] and "trial IS NULL" in definition[1]
    )
    assert told(hand, hears) == []


async def test_runs_that_fail_are_told_and_those_that_do_not_are_not(
    db: Database, runner: Database, workspace: Workspace, channel: MakeChannel, hand: psycopg.Connection
):
    await channel(workspace, "http://127.0.0.1:9/", topics=ALL)
    ends: dict[str, Any] = {}
    for state in ("failed", "timed_out", "needs_review", "succeeded", "cancelled"):
        run = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
        async with runner.platform() as session:
            for step in ("running", state):
                await session.execute(
                    text(
                        "UPDATE runs SET state = :state, finished_at = CASE WHEN :state IN ('running', 'needs_review')"
                        " THEN NULL ELSE now() END,"
                        """ error = '{"code": "broken", "message": "It broke."}' WHERE id = :id"""
                    ),
                    {"state": step, "id": run.id},
                )
        ends[state] = run.id
    rows = hand.execute(
        "SELECT topic, body ->> 'state', body ->> 'run_id', body ->> 'code' FROM outbox"
    ).fetchall()
    assert sorted(rows) == sorted(
        (topic, state, str(ends[state]), "broken")
        for topic, state in (
            ("run.failed", "failed"),
            ("run.failed", "timed_out"),
            ("run.needs_review", "needs_review"),
        )
    )


async def test_runs_that_fail_in_a_row_are_told_as_one_and_then_as_a_number(
    db: Database, workspace: Workspace, channel: MakeChannel, courier, hand: psycopg.Connection
):
    from engine.notifying import Notice, writing

    def fails(number: int) -> Notice:
        body = {"run_id": str(number), "workflow_id": "w", "workflow": "Refund", "link": f"/runs/{number}"}
        return Notice(workspace.account_id, "run.failed", f"run.failed:{number}", body)

    with Receiver() as receiver:
        await channel(workspace, receiver.url, topics=ALL)
        async with db.account(workspace.account_id) as session:
            await writing.tell(session, fails(0))
        open_ = courier()
        await open_.sent()
        async with db.account(workspace.account_id) as session:
            for number in range(1, 13):
                await writing.tell(session, fails(number))
        await open_.courier.close()
        hand.execute("UPDATE outbox SET done_at = now() - interval '11 min' WHERE state = 'sent'")
        hand.execute("UPDATE outbox SET due_at = now() WHERE state = 'due'")
        again = courier()
        await again.sent()
        await again.courier.close()
    assert [heard.json["data"].get("more", 0) for heard in receiver.heard] == [0, 11]
    states = hand.execute("SELECT state, count(*) FROM outbox GROUP BY 1 ORDER BY 1").fetchall()
    assert states == [("dropped", 11), ("sent", 2)]


async def test_what_leaves_holds_no_secret_and_what_the_account_wants_kept_in(
    db: Database, workspace: Workspace, channel: MakeChannel, open_gate, courier, hand: psycopg.Connection
):
    with Receiver() as hook, Receiver() as chat, MailServer() as mails:
        await channel(workspace, hook.url, topics=ALL)
        await channel(workspace, kind="slack", config={}, secret={"url": chat.url}, topics=ALL)
        smtp = {
            "host": "127.0.0.1",
            "port": mails.port,
            "tls": "none",
            "from": "weft@example.com",
            "user": "",
        }
        await channel(
            workspace,
            kind="email",
            config={"to": ["boss@example.com", "two@example.com"], "smtp": smtp},
            secret={},
            topics=ALL,
        )
        gate = await open_gate(workspace, effects=[EFFECT], shown={"note": "a model's prose"})
        open_ = courier()
        outcomes = [(await open_.sent())[1] for _ in range(3)]
        await open_.courier.close()
        assert all(isinstance(one, Sent) for one in outcomes), outcomes
        mail = mails.next()
    link = f"http://localhost:3000/approvals/{gate.approval_id}"
    assert (mail.to, mail.sender) == (("boss@example.com", "two@example.com"), "weft@example.com")
    assert mail.message["Subject"] == "Waits for you: Refund 249.90 EUR? · Refund"
    assert "- Process refund in shop: " in mail.text
    assert "amount 249.9" in mail.text and "order id A-1001" in mail.text
    assert link in mail.text
    block = chat.heard[0].json
    assert block["blocks"][0]["text"]["text"] == "Waits for you: Refund 249.90 EUR? · Refund"
    assert block["blocks"][-1]["elements"][0]["url"] == link
    ids = {heard.headers.get("webhook-id") for heard in hook.heard}
    assert len(ids) == 1 and None not in ids
    for leaves in (mail.text, chat.heard[0].body.decode(), hook.heard[0].body.decode()):
        assert "4111" not in leaves and "t0p" not in leaves and "prose" not in leaves
        assert "[card 1]" in leaves and "[hidden]" in leaves


async def test_what_the_account_refuses_to_let_out_is_held_back_and_people_are_told_all_the_same(
    db: Database, workspace: Workspace, channel: MakeChannel, open_gate, courier
):
    async with db.account(workspace.account_id) as session:
        await session.execute(
            text("""UPDATE accounts SET settings = '{"dlp": {"actions": {"card": "refuse"}}}'""")
        )
    with Receiver() as hook:
        await channel(workspace, hook.url, topics=ALL)
        gate = await open_gate(workspace, effects=[EFFECT])
        open_ = courier()
        await open_.sent()
        await open_.courier.close()
    data = hook.heard[0].json["data"]
    assert data["approval_id"] == str(gate.approval_id) and data["link"].endswith(str(gate.approval_id))
    assert data["effects"] == [] and "A-1001" not in hook.heard[0].body.decode()


async def test_an_approval_that_was_decided_does_not_expire_soon(
    db: Database, workspace: Workspace, channel: MakeChannel, open_gate, courier, hand: psycopg.Connection
):
    with Receiver() as hook:
        await channel(workspace, hook.url, topics=("approval.expiring", "approval.decided"))
        for decided in (True, False):
            gate = await open_gate(workspace, expires_at=datetime.now(UTC) + timedelta(days=1))
            if decided:
                await approvals.decide(db, workspace.people["approver"], gate.approval_id, "reject")
        hand.execute("UPDATE outbox SET due_at = now()")
        open_ = courier()
        told_of = {(await open_.sent())[0].topic for _ in range(2)}
        await open_.courier.close()
    assert told_of == {"approval.expiring", "approval.decided"}
    assert [
        heard.json["data"]["state"] for heard in hook.heard if heard.json["type"] == "approval.expiring"
    ] == ["open"]


async def test_whoever_is_gone_gets_nothing_that_was_planned_for_later(
    db: Database, workspace: Workspace, open_gate, hand: psycopg.Connection
):
    manager, admin = workspace.people["approver"], workspace.admin
    for one in (manager, admin):
        await deliveries.set_wish(db, one, True)
    await open_gate(workspace, effects=[EFFECT], expires_at=datetime.now(UTC) + timedelta(days=1))
    hand.execute("UPDATE users SET disabled_at = now() WHERE id = %s", (manager.user_id,))
    assert told(hand, manager.user_id) == [("approval.expiring", "dropped"), ("approval.opened", "dropped")]
    # The control: somebody who is still there.
    assert told(hand, admin.user_id) == [("approval.expiring", "due"), ("approval.opened", "due")]
