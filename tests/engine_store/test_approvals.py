"""Deciding: by whom, once, and all of it or nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from engine import approvals, people, runs
from engine.approvals import refusal_of
from engine.database import Database
from engine.errors import Conflict, Forbidden, NotFound
from tests.engine_store.conftest import Workspace, with_groups


async def test_a_decision_answers_the_gate_and_makes_the_run_due(
    db: Database, workspace: Workspace, open_gate
):
    gate = await open_gate(workspace)
    approver = workspace.people["approver"]
    decided = await approvals.decide(db, approver, gate.approval_id, "approve", "fine", args_hash="a" * 64)
    assert (decided.state, decided.may_decide, decided.decisions[0]["email"]) == (
        "approved",
        False,
        approver.email,
    )
    run = await runs.get_summary(db, approver, gate.run_id)
    assert (run.state, run.waiting_on, run.due_at is not None) == ("queued", (), True)
    events = await runs.events_after(db, approver, gate.run_id, 1)
    assert [
        (event.seq, event.kind, event.path, event.data["answer"], event.data["by"]) for event in events
    ] == [(2, "gate.answered", "gate.approval", "approved", [approver.email])]


async def test_twenty_decisions_at_a_barrier_are_one(db: Database, workspace: Workspace, open_gate):
    for _ in range(3):
        gate = await open_gate(workspace)
        approver = workspace.people["approver"]
        barrier = asyncio.Barrier(20)

        async def decide(number: int, gate=gate, approver=approver, barrier=barrier) -> str:
            await barrier.wait()
            try:
                await approvals.decide(db, approver, gate.approval_id, "approve" if number % 2 else "reject")
            except Conflict as conflict:
                assert conflict.current.state in ("approved", "rejected")
                return "conflict"
            return "decided"

        said = await asyncio.gather(*(decide(number) for number in range(20)))
        assert sorted(said) == ["conflict"] * 19 + ["decided"]
        events = await runs.events_after(db, approver, gate.run_id, 1)
        assert [event.kind for event in events] == ["gate.answered"]


async def test_a_running_run_gets_the_answer_and_goes_on_running(
    db: Database, runner: Database, workspace: Workspace, open_gate
):
    gate = await open_gate(workspace)
    async with runner.platform() as session:
        await session.execute(text("UPDATE runs SET state = 'running' WHERE id = :id"), {"id": gate.run_id})
    await approvals.decide(db, workspace.people["approver"], gate.approval_id, "reject")
    assert (await runs.get_summary(db, workspace.admin, gate.run_id)).state == "running"
    (event,) = await runs.events_after(db, workspace.admin, gate.run_id, 1)
    assert event.data["answer"] == "rejected"


async def test_a_quorum_needs_as_many_people(db: Database, workspace: Workspace, open_gate):
    gate = await open_gate(workspace, quorum=2)
    first, second = workspace.people["approver"], workspace.admin
    assert (await approvals.decide(db, first, gate.approval_id, "approve")).state == "open"
    assert (await runs.get_summary(db, first, gate.run_id)).state == "waiting"
    with pytest.raises(Forbidden, match="decided already"):
        await approvals.decide(db, first, gate.approval_id, "approve")
    assert (await approvals.decide(db, second, gate.approval_id, "approve")).state == "approved"


async def test_one_rejection_rejects_whatever_the_quorum(db: Database, workspace: Workspace, open_gate):
    gate = await open_gate(workspace, quorum=2)
    assert (await approvals.decide(db, workspace.admin, gate.approval_id, "reject")).state == "rejected"


async def test_an_expired_approval_cannot_be_decided(db: Database, workspace: Workspace, open_gate):
    gate = await open_gate(workspace, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    (shown,) = await approvals.list_approvals(db, workspace.admin)
    assert (shown.may_decide, shown.refusal) == (False, "It has expired.")
    with pytest.raises(Conflict, match="expired"):
        await approvals.decide(db, workspace.admin, gate.approval_id, "approve")


async def test_other_arguments_than_those_seen_cannot_be_approved(
    db: Database, workspace: Workspace, open_gate
):
    gate = await open_gate(workspace)
    with pytest.raises(Conflict, match="not what you saw"):
        await approvals.decide(db, workspace.admin, gate.approval_id, "approve", args_hash="b" * 64)


async def test_a_cancelled_run_takes_its_approvals_with_it(db: Database, workspace: Workspace, open_gate):
    gate = await open_gate(workspace)
    await runs.cancel_run(db, workspace.people["operator"], gate.run_id)
    with pytest.raises(Conflict, match="cancelled"):
        await approvals.decide(db, workspace.admin, gate.approval_id, "approve")
    run = await runs.get_summary(db, workspace.admin, gate.run_id)
    assert (run.state, run.cancel_requested, run.waiting_on) == ("queued", True, ())


async def test_an_approval_of_another_account_is_not_found(
    db: Database, workspace: Workspace, neighbour: Workspace, open_gate
):
    gate = await open_gate(workspace)
    for look in (
        approvals.get(db, neighbour.admin, gate.approval_id),
        approvals.decide(db, neighbour.admin, gate.approval_id, "approve"),
    ):
        with pytest.raises(NotFound):
            await look
    assert await approvals.list_approvals(db, neighbour.admin) == ()


async def test_four_eyes_keep_the_requester_and_the_publisher_out(
    db: Database, workspace: Workspace, open_gate
):
    async with db.account(workspace.account_id) as session:
        await session.execute(text("""UPDATE accounts SET settings = '{"four_eyes": true}'"""))
        await session.execute(text("UPDATE users SET role = 'admin', groups = '{manager}'"))
    gate = await open_gate(workspace)
    from dataclasses import replace

    for name in ("operator", "builder"):
        involved = replace(with_groups(workspace.people[name], "manager"), role="admin")
        with pytest.raises(Forbidden, match="Four eyes"):
            await approvals.decide(db, involved, gate.approval_id, "approve")
    assert (
        await approvals.decide(db, workspace.people["approver"], gate.approval_id, "approve")
    ).state == "approved"


@pytest.mark.parametrize("role", ["viewer", "builder", "operator"])
async def test_only_roles_that_decide_may(db: Database, workspace: Workspace, open_gate, role: str):
    gate = await open_gate(workspace)
    with pytest.raises(Forbidden):
        await approvals.decide(
            db, with_groups(workspace.people[role], "manager"), gate.approval_id, "approve"
        )


async def test_whom_an_approval_names_may_decide(workspace: Workspace):
    approver = with_groups(workspace.people["approver"], "manager")
    by_role, by_user = [{"by": "role", "name": "manager"}], [{"by": "user", "name": approver.email.upper()}]
    others = [{"by": "role", "name": "finance"}, {"by": "user", "name": "x@example.com"}]
    assert [
        bool(refusal_of(approver, who, [], False, (uuid4(),))) for who in (by_role, by_user, others, [])
    ] == [
        False,
        False,
        True,
        True,
    ]


async def test_from_its_time_on_whom_it_escalates_to_may_decide_too(
    db: Database, runner: Database, workspace: Workspace, open_gate
):
    boss = await people.add_user(
        db, workspace.account_id, email="boss@example.com", name="Boss", role="approver", groups=("boss",)
    )
    later, before = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(seconds=1)
    asked = {"escalation": {"by": "role", "name": "boss"}}
    gate = await open_gate(workspace, **asked, escalates_at=later)
    shown = await approvals.get(db, boss, gate.approval_id)
    assert (shown.may_decide, shown.escalated, shown.escalates_at) == (False, False, later)
    with pytest.raises(Forbidden, match="manager"):
        await approvals.decide(db, boss, gate.approval_id, "approve")
    gate = await open_gate(workspace, **asked, escalates_at=before)
    shown = await approvals.get(db, boss, gate.approval_id)
    assert (shown.may_decide, shown.escalated, shown.escalated_at) == (True, True, None)
    assert shown.approvers == ({"by": "role", "name": "manager"}, {"by": "role", "name": "boss"})
    assert (await approvals.get(db, workspace.people["approver"], gate.approval_id)).may_decide
    assert (await approvals.decide(db, boss, gate.approval_id, "approve")).state == "approved"
