"""Ways around the person who must say yes that lead over other runs, over time, or over how a thing is said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from engine import approvals, runs
from engine.actor import Actor
from engine.approvals import Wanted
from engine.database import Database
from engine.errors import Forbidden
from engine.happening import sentence
from engine.identity import new_id
from engine.settings import Settings
from tests.engine_store.conftest import Gate, Workspace, bearer
from tests.engine_store.test_approval_abuse import four_eyes, may_all_decide, stand_in, tomorrow

OpenGate = Callable[..., Awaitable[Gate]]


def put(owner_url: str, statement: str, *values: Any) -> None:
    """By the owner, past what keeps runs and versions as they are."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement, values)  # type: ignore[arg-type]


async def started_by(db: Database, workspace: Workspace, owner_url: str, who: Actor | None) -> UUID:
    """Another run: asked for by this person, of a version that the viewer has published and edited."""
    run = await runs.start_run(db, workspace.people["operator"], workspace.workflow_id, {"order_id": "A-1"})
    version = new_id()
    viewer = workspace.people["viewer"].user_id
    put(
        owner_url,
        "INSERT INTO versions (id, account_id, workflow_id, number, text, pins, plan, content_hash, published_by,"
        " edited_by) SELECT %s, account_id, workflow_id, 2, text, pins, plan, content_hash, %s, %s FROM versions"
        " WHERE id = %s",
        *(version, viewer, viewer, workspace.version_id),
    )
    put(
        owner_url,
        "UPDATE runs SET requested_by = %s, version_id = %s WHERE id = %s",
        *(None if who is None else who.user_id, version, run.id),
    )
    return run.id


@pytest.mark.parametrize("link", ["parent_run_id", "forked_from", "caused_by"])
async def test_four_eyes_see_who_asked_for_the_run_that_this_one_comes_from(
    db: Database, workspace: Workspace, open_gate: OpenGate, owner_url: str, link: str
):
    people_ = await may_all_decide(db, workspace)
    asker, other = people_["approver"], workspace.admin
    before = await started_by(db, workspace, owner_url, asker)
    gate = await open_gate(workspace)
    part = ", parent_path = 'step', depth = 1" if link == "parent_run_id" else ""
    put(owner_url, f"UPDATE runs SET {link} = %s{part} WHERE id = %s", before, gate.run_id)
    await four_eyes(db, workspace)
    with pytest.raises(Forbidden, match="Four eyes"):
        await approvals.decide(db, asker, gate.approval_id, "approve")
    with pytest.raises(Forbidden, match="Four eyes"):
        await approvals.delegate(db, other, asker.user_id, approval_id=gate.approval_id)
    assert not (await approvals.list_approvals(db, asker))[0].may_decide
    # The control: somebody who has nothing to do with either.
    assert (await approvals.decide(db, other, gate.approval_id, "approve")).state == "approved"


async def test_four_eyes_see_who_wrote_the_workflow_that_runs_this_one(
    db: Database, workspace: Workspace, open_gate: OpenGate, owner_url: str
):
    """The arguments are those that the outer text says."""
    people_ = await may_all_decide(db, workspace)
    gate = await open_gate(workspace)
    before = await started_by(db, workspace, owner_url, None)
    put(
        owner_url,
        "UPDATE runs SET parent_run_id = %s, parent_path = 'step', depth = 1, requested_by = NULL WHERE id = %s",
        *(before, gate.run_id),
    )
    await four_eyes(db, workspace)
    with pytest.raises(Forbidden, match="Four eyes"):
        await approvals.decide(db, people_["viewer"], gate.approval_id, "approve")
    assert (await approvals.decide(db, people_["operator"], gate.approval_id, "approve")).state == "approved"


async def while_it_waits(owner_url: str, gate: Gate, change: str, key: UUID, deciding: Awaitable[Any]) -> Any:
    """Something is changed and committed while a decision waits for the run's row."""
    with psycopg.connect(owner_url) as holder, psycopg.connect(owner_url, autocommit=True) as other:
        holder.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (gate.run_id,))
        task = asyncio.ensure_future(deciding)

        def change_it() -> None:
            waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'weft'"
            for _ in range(500):
                if other.execute(waits).fetchone() != (0,):
                    break
                other.execute("SELECT pg_sleep(0.01)")
            other.execute(f"UPDATE {change}", (key,))  # type: ignore[arg-type]

        await asyncio.to_thread(change_it)
    return await task


@pytest.mark.parametrize(
    "change", ["role = 'viewer'", "groups = '{}'", "disabled_at = now()"], ids=["role", "group", "login"]
)
@pytest.mark.parametrize("whose", ["decider", "giver"])
async def test_a_right_that_is_taken_away_while_a_decision_waits_is_gone(
    db: Database, workspace: Workspace, open_gate: OpenGate, owner_url: str, whose: str, change: str
):
    manager, noor = workspace.people["approver"], await stand_in(db, workspace)
    await approvals.delegate(db, manager, noor.user_id, ends_at=tomorrow())
    gate = await open_gate(workspace)
    actor = noor if whose == "giver" else manager
    deciding = approvals.decide(db, actor, gate.approval_id, "approve")
    with pytest.raises(Forbidden):
        await while_it_waits(owner_url, gate, f"users SET {change} WHERE id = %s", manager.user_id, deciding)
    assert (await approvals.get(db, workspace.admin, gate.approval_id)).state == "open"


async def test_four_eyes_that_are_switched_on_while_a_decision_waits_hold_for_it(
    db: Database, workspace: Workspace, open_gate: OpenGate, owner_url: str
):
    people_ = await may_all_decide(db, workspace)
    gate = await open_gate(workspace)  # by the operator
    deciding = approvals.decide(db, people_["operator"], gate.approval_id, "approve")
    change = """accounts SET settings = '{"four_eyes": true}' WHERE id = %s"""
    with pytest.raises(Forbidden, match="Four eyes"):
        await while_it_waits(owner_url, gate, change, workspace.account_id, deciding)


async def test_whoever_loses_the_right_in_the_middle_of_many_decides_no_more_of_them(
    db: Database, workspace: Workspace, open_gate: OpenGate, owner_url: str
):
    manager = workspace.people["approver"]
    gates = [await open_gate(workspace) for _ in range(2)]
    wanted = [Wanted(gate.approval_id, "a" * 64) for gate in gates]
    many = approvals.decide_many(db, manager, wanted, "approve")
    done = await while_it_waits(
        owner_url, gates[0], "users SET role = 'viewer' WHERE id = %s", manager.user_id, many
    )
    assert [one.state for one in done] == ["", ""]


async def test_a_delegation_whose_time_has_no_zone_is_refused_and_says_so(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    noor = await stand_in(db, workspace)
    head = await bearer(db, settings, workspace.people["approver"])
    later = (datetime.now(UTC) + timedelta(days=2)).replace(tzinfo=None)
    for field in ("starts_at", "ends_at"):
        said = {"to": str(noor.user_id), "ends_at": f"{tomorrow().isoformat()}", field: later.isoformat()}
        answer = await client.post("/delegations", json=said, headers=head)
        assert (answer.status_code, "zone" in answer.text) == (422, True), field


async def test_what_waits_for_me_is_found_behind_hundreds_that_wait_for_others(
    db: Database, workspace: Workspace, open_gate: OpenGate, owner_url: str
):
    manager = workspace.people["approver"]
    mine = await open_gate(workspace)
    given = await open_gate(workspace, approvers=[{"by": "user", "name": workspace.admin.email.upper()}])
    later = await open_gate(workspace, approvers=[{"by": "role", "name": "finance"}])
    escalated = await open_gate(
        workspace,
        approvers=[{"by": "role", "name": "finance"}],
        escalation={"by": "role", "name": "manager"},
        escalates_at=datetime.now(UTC) - timedelta(seconds=1),
    )
    await approvals.delegate(db, workspace.admin, manager.user_id, ends_at=tomorrow())
    put(
        owner_url,
        "UPDATE approvals SET created_at = now() - interval '1 day' WHERE account_id = %s",
        workspace.account_id,
    )
    await open_gate(workspace, approvers=[{"by": "role", "name": "finance"}])
    newest = await approvals.list_approvals(db, manager, limit=1)
    assert not newest[0].may_decide  # the control: the list alone shows nothing that is mine
    found = await approvals.list_approvals(db, manager, concerning=True)
    assert {one.id for one in found} == {mine.approval_id, given.approval_id, escalated.approval_id}
    assert later.approval_id not in {one.id for one in found}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("A-1001", "order id A-1001, amount 900"),
        ("A-1, amount 1", "order id “A-1, amount 1”, amount 900"),
        ("A-1”, amount “1", "order id “A-1', amount '1”, amount 900"),
        ("A-1 and 5 more", "order id “A-1 and 5 more”, amount 900"),
        ("\u202e009\u202c", "order id 009, amount 900"),
        ("A\u200b-\u00ad1\x1b[2J", "order id “A - 1 [2J”, amount 900"),
        ("nothing", "order id “nothing”, amount 900"),
        ("", "order id empty, amount 900"),
    ],
)
def test_the_text_of_one_argument_passes_for_no_other(value: str, said: str):
    effect = {"connector": "shop", "tool": "process_refund", "arguments": {"order_id": value, "amount": 900}}
    assert sentence(effect) == f"Process refund in shop: {said}"
