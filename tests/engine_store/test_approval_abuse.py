"""An approval cannot be forged, changed, replayed, taken late, given to oneself, or counted twice; and what would let
one through is shown to."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import text

from engine import approvals, drafts, runs
from engine.actor import Actor
from engine.approvals import Wanted
from engine.database import Database, Urls
from engine.errors import BadInput, Conflict, Forbidden, NotFound, WeftError
from engine.settings import Settings
from tests.conftest import ROOT
from tests.engine_store.conftest import Gate, Workspace, bearer, with_groups

HASH = "a" * 64


async def four_eyes(db: Database, workspace: Workspace) -> None:
    async with db.account(workspace.account_id) as session:
        await session.execute(text("""UPDATE accounts SET settings = '{"four_eyes": true}'"""))


async def may_all_decide(db: Database, workspace: Workspace) -> dict[str, Actor]:
    """Everybody as an administrator of the role that is asked: nothing but four eyes stands in the way."""
    async with db.account(workspace.account_id) as session:
        await session.execute(text("UPDATE users SET role = 'admin', groups = '{manager}'"))
    return {
        name: replace(with_groups(actor, "manager"), role="admin") for name, actor in workspace.people.items()
    }


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize(
    "forged", ["unknown", "another account's", "another run's hash", "changed since", "cut short", "empty"]
)
async def test_what_is_forged_is_refused_and_leaves_no_trace(
    db: Database,
    workspace: Workspace,
    neighbour: Workspace,
    open_gate: Callable[..., Awaitable[Gate]],
    forged: str,
):
    gate = await open_gate(workspace, args_hash=HASH)
    other = await open_gate(workspace, args_hash="b" * 64)
    manager = workspace.people["approver"]
    target, said, expected = {
        "unknown": (uuid4(), HASH, NotFound),
        "another account's": ((await open_gate(neighbour)).approval_id, HASH, NotFound),
        "another run's hash": (gate.approval_id, "b" * 64, Conflict),
        "changed since": (gate.approval_id, "c" * 64, Conflict),
        "cut short": (gate.approval_id, HASH[:-1], Conflict),
        "empty": (gate.approval_id, "", Conflict),
    }[forged]
    for decision in ("approve", "reject"):
        with pytest.raises(expected):  # type: ignore[arg-type]
            await approvals.decide(db, manager, target, decision, args_hash=said)  # type: ignore[arg-type]
    for one in (gate, other):
        now = await approvals.get(db, manager, one.approval_id)
        assert (now.state, now.decisions) == ("open", ())
        assert await runs.events_after(db, manager, one.run_id, 1) == ()
    # The control: what is not forged goes through.
    assert (
        await approvals.decide(db, manager, gate.approval_id, "approve", args_hash=HASH)
    ).state == "approved"


async def test_a_decision_cannot_be_replayed_not_even_by_another_or_the_other_way(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    gate = await open_gate(workspace)
    await approvals.decide(db, workspace.people["approver"], gate.approval_id, "reject", args_hash=HASH)
    for who in (workspace.people["approver"], workspace.admin):
        for decision in ("approve", "reject"):
            with pytest.raises(Conflict, match="rejected already"):
                await approvals.decide(db, who, gate.approval_id, decision, args_hash=HASH)  # type: ignore[arg-type]
    [event] = await runs.events_after(db, workspace.admin, gate.run_id, 1)
    assert event.data["answer"] == "rejected"


async def test_one_that_expires_while_it_is_decided_is_late(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]], owner_url: str
):
    """The time is looked at under the lock: whoever waited for it past the end has lost."""
    gate = await open_gate(workspace, expires_at=datetime.now(UTC) + timedelta(seconds=1.5))
    with psycopg.connect(owner_url) as holder:
        holder.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (gate.run_id,))
        late = asyncio.create_task(
            approvals.decide(db, workspace.people["approver"], gate.approval_id, "approve")
        )
        await asyncio.to_thread(
            holder.execute,
            "SELECT pg_sleep_until(expires_at + interval '50 ms') FROM approvals WHERE id = %s",
            (gate.approval_id,),
        )
    with pytest.raises(Conflict, match="expired"):
        await late


def edited(owner_url: str, workspace: Workspace, user_id: UUID) -> None:
    """The live version's text was last in this person's hands."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")  # a version is never changed, but by a test
        owner.execute("UPDATE versions SET edited_by = %s WHERE id = %s", (user_id, workspace.version_id))


@pytest.mark.parametrize("who", ["operator", "builder", "viewer"])
async def test_four_eyes_keep_out_who_started_published_or_edited_last(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]], owner_url: str, who: str
):
    gate = await open_gate(workspace)  # by the operator; the builder has published
    edited(owner_url, workspace, workspace.people["viewer"].user_id)
    people = await may_all_decide(db, workspace)
    # The control: without four eyes each of them may.
    assert (await approvals.get(db, people[who], gate.approval_id)).may_decide
    await four_eyes(db, workspace)
    assert "Four eyes" in (await approvals.get(db, people[who], gate.approval_id)).refusal
    for decision in ("approve", "reject"):
        with pytest.raises(Forbidden, match="Four eyes"):
            await approvals.decide(db, people[who], gate.approval_id, decision)  # type: ignore[arg-type]
    with pytest.raises(Forbidden, match="Four eyes"):
        await approvals.delegate(db, people["approver"], people[who].user_id, approval_id=gate.approval_id)
    assert (await approvals.decide(db, people["approver"], gate.approval_id, "approve")).state == "approved"


async def test_four_eyes_hold_for_a_program_with_a_token_too(
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    open_gate: Callable[..., Awaitable[Gate]],
):
    gate = await open_gate(workspace)
    people = await may_all_decide(db, workspace)
    await four_eyes(db, workspace)
    tokens = {name: await bearer(db, settings, people[name]) for name in ("operator", "approver")}
    path, said = f"/approvals/{gate.approval_id}", {"decision": "approve", "args_hash": HASH}
    refused = await client.post(path, json=said, headers=tokens["operator"])
    assert (refused.status_code, "Four eyes" in refused.text) == (403, True)
    batch = {"items": [{"approval_id": str(gate.approval_id), "args_hash": HASH}], "decision": "approve"}
    answer = await client.post("/approvals:batch", json=batch, headers=tokens["operator"])
    assert (answer.json()[0]["state"], "Four eyes" in answer.json()[0]["refusal"]) == ("", True)
    taken = await client.post(path, json=said, headers=tokens["approver"])
    assert (taken.status_code, taken.json()["state"]) == (200, "approved")


async def test_a_version_keeps_who_edited_its_text_last_also_when_one_goes_back_to_it(
    db: Database, workspace: Workspace
):
    from engine import versions, workflows

    builder, admin = workspace.people["builder"], workspace.admin
    first = "workflow mine {\n  output { a: int }\n\n  step done: return { a: 1 }\n}\n"
    draft = await workflows.create_workflow(db, builder, "Mine", first)
    of = draft.workflow_id
    await versions.publish(db, admin, of)
    second = first.replace("a: 1", "a: 2")
    saved = await drafts.save_draft(db, admin, of, second, draft.revision)
    moved = await drafts.save_draft(db, builder, of, second, saved.revision, {"done": [1, 2]})
    assert moved.text == second
    await versions.publish(db, builder, of)
    await versions.rollback(db, admin, of, 1)
    async with db.account(workspace.account_id) as session:
        rows = await session.execute(
            text("SELECT number, edited_by FROM versions WHERE workflow_id = :id ORDER BY number"), {"id": of}
        )
        assert [tuple(row) for row in rows] == [
            (1, builder.user_id),
            (2, admin.user_id),
            (3, builder.user_id),
        ]


# ---- standing in -------------------------------------------------------------------------------------------------


async def stand_in(db: Database, workspace: Workspace) -> Actor:
    """Somebody who decides, of no business role."""
    from engine import people

    return await people.add_user(
        db, workspace.account_id, email=f"noor-{uuid4().hex[:6]}@example.com", name="Noor", role="approver"
    )


async def test_a_stand_in_decides_for_the_giver_and_it_is_recorded_so(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    manager, noor = workspace.people["approver"], await stand_in(db, workspace)
    gate = await open_gate(workspace)
    # The control: without the delegation it is refused.
    with pytest.raises(Forbidden, match="manager"):
        await approvals.decide(db, noor, gate.approval_id, "approve")
    await approvals.delegate(db, manager, noor.user_id, ends_at=tomorrow())
    seen = await approvals.get(db, noor, gate.approval_id)
    assert (seen.may_decide, seen.acting_for) == (True, manager.email)
    decided = await approvals.decide(db, noor, gate.approval_id, "approve")
    [said] = decided.decisions
    assert (said["email"], said["for"], said["for_user_id"]) == (
        noor.email,
        manager.email,
        str(manager.user_id),
    )
    async with db.account(workspace.account_id) as session:
        rows = await session.execute(
            text("SELECT action, actor, data FROM audit_log ORDER BY id DESC LIMIT 2")
        )
        noted = [tuple(row) for row in rows]
    assert (noted[0][:2], noted[0][2]["for"]) == (("approval.decide", noor.email), manager.email)
    assert (noted[1][:2], noted[1][2]["to"]) == (("approval.delegate", manager.email), noor.email)


async def test_a_delegation_lends_no_more_than_its_giver_has_and_is_not_handed_on(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    manager = workspace.people["approver"]
    first, second = await stand_in(db, workspace), await stand_in(db, workspace)
    await approvals.delegate(db, manager, first.user_id, ends_at=tomorrow())
    await approvals.delegate(db, first, second.user_id, ends_at=tomorrow())
    theirs = await open_gate(workspace)
    others = await open_gate(workspace, approvers=[{"by": "role", "name": "finance"}])
    assert (await approvals.get(db, first, theirs.approval_id)).may_decide
    for who, gate in ((second, theirs), (first, others), (second, others)):
        assert not (await approvals.get(db, who, gate.approval_id)).may_decide
        with pytest.raises(Forbidden):
            await approvals.decide(db, who, gate.approval_id, "approve")
    with pytest.raises(Forbidden, match="stand in"):
        await approvals.delegate(db, first, second.user_id, approval_id=theirs.approval_id)
    for name in ("viewer", "builder", "operator"):
        with pytest.raises(Forbidden, match="may not decide"):
            await approvals.delegate(db, manager, workspace.people[name].user_id, ends_at=tomorrow())


@pytest.mark.parametrize(
    "ends", ["revoked", "over", "not begun", "giver disabled", "giver's role", "taker's role"]
)
async def test_a_delegation_that_does_not_hold_now_lends_nothing(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]], owner_url: str, ends: str
):
    manager, noor = workspace.people["approver"], await stand_in(db, workspace)
    given = await approvals.delegate(db, manager, noor.user_id, ends_at=tomorrow())
    gate = await open_gate(workspace)
    assert (await approvals.get(db, noor, gate.approval_id)).may_decide
    match ends:
        case "revoked":
            await approvals.revoke(db, manager, given.id)
        case "taker's role":
            noor = replace(noor, role="operator")
        case _:
            change = {
                "over": "approval_delegations SET starts_at = now() - interval '2 d', ends_at = now() WHERE id = %s",
                "not begun": "approval_delegations SET starts_at = now() + interval '1 h' WHERE id = %s",
                "giver disabled": "users SET disabled_at = now() WHERE id = %s",
                "giver's role": "users SET role = 'viewer' WHERE id = %s",
            }[ends]
            with psycopg.connect(owner_url, autocommit=True) as owner:
                key = manager.user_id if "users" in change else given.id
                owner.execute(f"UPDATE {change}", (key,))  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await approvals.decide(db, noor, gate.approval_id, "approve")


async def test_under_four_eyes_no_delegation_reaches_who_is_involved_nor_from_them(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    people = await may_all_decide(db, workspace)
    noor = await stand_in(db, workspace)
    gate = await open_gate(workspace)  # the operator has asked for it
    await approvals.delegate(db, people["approver"], people["operator"].user_id, ends_at=tomorrow())
    await approvals.delegate(db, people["operator"], noor.user_id, ends_at=tomorrow())
    # The control: without four eyes both may.
    for who in (people["operator"], noor):
        assert (await approvals.get(db, who, gate.approval_id)).may_decide
    await four_eyes(db, workspace)
    for who in (people["operator"], noor):
        with pytest.raises(Forbidden):
            await approvals.decide(db, who, gate.approval_id, "approve")


async def test_one_person_counts_once_however_they_decide(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    manager, admin, noor = workspace.people["approver"], workspace.admin, await stand_in(db, workspace)
    for giver in (manager, admin):
        await approvals.delegate(db, giver, noor.user_id, ends_at=tomorrow())
    gate = await open_gate(workspace, quorum=2)
    assert (await approvals.decide(db, noor, gate.approval_id, "approve")).state == "open"
    with pytest.raises(Forbidden, match="This asks for role 'manager'"):
        await approvals.decide(db, noor, gate.approval_id, "approve")  # not for the second giver as well
    [said] = (await approvals.get(db, noor, gate.approval_id)).decisions
    counted, left = (manager, admin) if said["for"] == manager.email else (admin, manager)
    with pytest.raises(Forbidden, match="has decided for you"):
        await approvals.decide(db, counted, gate.approval_id, "approve")
    assert (await approvals.decide(db, left, gate.approval_id, "approve")).state == "approved"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ends_at": None}, "until when"),
        ({"ends_at": datetime.now(UTC) - timedelta(days=1)}, "before it begins"),
        ({"ends_at": datetime.now(UTC) + timedelta(days=200)}, "at most"),
        ({"ends_at": datetime.now() + timedelta(days=1)}, "zone"),
        ({"ends_at": datetime.now(UTC) + timedelta(days=1), "note": "x" * 301}, "note"),
    ],
)
async def test_a_delegation_that_makes_no_sense_is_refused(
    db: Database, workspace: Workspace, given: dict[str, Any], said: str
):
    with pytest.raises(BadInput, match=said):
        await approvals.delegate(db, workspace.people["approver"], workspace.admin.user_id, **given)
    with pytest.raises(BadInput, match="your own"):
        await approvals.delegate(db, workspace.admin, workspace.admin.user_id, ends_at=tomorrow())


async def test_delegations_of_another_account_are_nobodys(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    given = await approvals.delegate(
        db, workspace.people["approver"], workspace.admin.user_id, ends_at=tomorrow()
    )
    with pytest.raises(NotFound):
        await approvals.revoke(db, neighbour.admin, given.id)
    with pytest.raises(NotFound):
        await approvals.delegate(db, workspace.admin, neighbour.admin.user_id, ends_at=tomorrow())
    with pytest.raises(NotFound):
        await approvals.revoke(db, workspace.people["viewer"], given.id)
    assert await approvals.list_delegations(db, neighbour.admin) == ()
    assert await approvals.list_delegations(db, workspace.people["viewer"]) == ()
    assert (await approvals.revoke(db, workspace.admin, given.id)).state == "revoked"


# ---- asking ------------------------------------------------------------------------------------------------------


async def test_a_question_goes_to_who_started_the_run_and_the_gate_stays_open(
    db: Database,
    workspace: Workspace,
    open_gate: Callable[..., Awaitable[Gate]],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("WEFT_SMTP_HOST", "127.0.0.1")
    gate, manager, operator = (
        await open_gate(workspace),
        workspace.people["approver"],
        workspace.people["operator"],
    )
    asked = await approvals.ask(db, manager, gate.approval_id, " Why so much? ")
    [question] = asked.questions
    assert (question.text, question.answerer, question.mine, asked.state) == (
        "Why so much?",
        "Operator",
        False,
        "open",
    )
    for other in (manager, workspace.admin, workspace.people["viewer"]):
        with pytest.raises(NotFound):
            await approvals.answer(db, other, question.id, "because")
    assert (await approvals.get(db, operator, gate.approval_id)).questions[0].mine
    answered = await approvals.answer(db, operator, question.id, "It broke.")
    assert (answered.questions[0].answer, answered.state) == ("It broke.", "open")
    with pytest.raises(Conflict, match="answered already"):
        await approvals.answer(db, operator, question.id, "again")
    async with db.account(workspace.account_id) as session:
        told = await session.execute(text("SELECT topic, body ->> 'to' FROM outbox ORDER BY created_at"))
        assert [tuple(row) for row in told] == [
            ("approval.question", operator.email),
            ("approval.answer", manager.email),
        ]
    assert (
        await approvals.decide(db, manager, gate.approval_id, "approve", args_hash=HASH)
    ).state == "approved"
    with pytest.raises(Conflict, match="over already"):
        await approvals.ask(db, manager, gate.approval_id, "And now?")


async def test_only_who_may_decide_asks_and_not_without_end(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    gate = await open_gate(workspace, approvers=[{"by": "role", "name": "finance"}])
    with pytest.raises(Forbidden):
        await approvals.ask(db, workspace.people["approver"], gate.approval_id, "Why?")
    gate = await open_gate(workspace)
    for wrong in ("", "  ", "x" * 2001, "a\0b"):
        with pytest.raises(BadInput):
            await approvals.ask(db, workspace.people["approver"], gate.approval_id, wrong)
    for number in range(20):
        await approvals.ask(db, workspace.people["approver"], gate.approval_id, f"Question {number}")
    with pytest.raises(Conflict, match="20 questions"):
        await approvals.ask(db, workspace.people["approver"], gate.approval_id, "One more?")


# ---- at once -----------------------------------------------------------------------------------------------------


async def test_many_are_decided_each_by_itself(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    manager = workspace.people["approver"]
    gates = [await open_gate(workspace) for _ in range(4)]
    await approvals.decide(db, manager, gates[1].approval_id, "reject")
    wanted = [Wanted(gate.approval_id, HASH) for gate in gates]
    wanted[2] = Wanted(gates[2].approval_id, "b" * 64)
    done = await approvals.decide_many(db, manager, wanted, "approve", "all of them")
    assert [one.state for one in done] == ["approved", "", "", "approved"]
    assert "rejected already" in done[1].refusal and "not what you saw" in done[2].refusal
    for wrong in ([], wanted[:1] * 2, [Wanted(uuid4(), HASH)] * 51):
        with pytest.raises(BadInput):
            await approvals.decide_many(db, manager, wrong, "approve")


CLICKER = """
import asyncio, sys
from uuid import UUID
from engine import approvals
from engine.actor import Actor
from engine.database import Database
from engine.errors import WeftError

async def main():
    url, account, user, email, approval, clicks = sys.argv[1:7]
    actor = Actor(UUID(account), UUID(user), email, "", "approver", ("manager",))
    db = await Database.open(url, pool_size=10)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    async def click():
        try:
            await approvals.decide(db, actor, UUID(approval), "approve", args_hash="a" * 64)
        except WeftError as error:
            return type(error).__name__
        return "decided"
    print(*await asyncio.gather(*(click() for _ in range(int(clicks)))), flush=True)
    await db.close()

asyncio.run(main())
"""


async def test_a_hundred_clicks_from_two_processes_at_a_barrier_are_one_decision(
    db: Database, urls: Urls, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]], owner_url: str
):
    gate, manager = await open_gate(workspace, quorum=1), workspace.people["approver"]
    said = [
        urls.app,
        str(workspace.account_id),
        str(manager.user_id),
        manager.email,
        str(gate.approval_id),
        "50",
    ]

    def click() -> list[str]:
        clickers = [
            subprocess.Popen(
                [sys.executable, "-c", CLICKER, *said],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for one in clickers:
            assert one.stdout is not None and one.stdout.readline() == "ready\n"
        # They meet at the run's row: forty connections wait there when it is let go, the rest behind them.
        with psycopg.connect(owner_url) as holder:
            holder.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (gate.run_id,))
            for one in clickers:
                assert one.stdin is not None
                one.stdin.write("go\n")
                one.stdin.flush()
            with psycopg.connect(owner_url, autocommit=True) as looker:
                waiting = (
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND application_name = 'weft'"
                )
                for _ in range(500):
                    if looker.execute(waiting).fetchone()[0] >= 36:  # type: ignore[index]
                        break
                    looker.execute("SELECT pg_sleep(0.01)")
        return [word for one in clickers for word in one.communicate(timeout=60)[0].split()]

    answers = Counter(await asyncio.to_thread(click))
    assert answers == {"decided": 1, "Conflict": 99}
    events = await runs.events_after(db, manager, gate.run_id, 1)
    assert [event.kind for event in events] == ["gate.answered"]
    assert len((await approvals.get(db, manager, gate.approval_id)).decisions) == 1


async def test_without_the_lock_and_the_look_at_the_state_clicks_would_count_twice(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    """The control: what the service does, without the row's lock, at the same barrier."""
    gate = await open_gate(workspace)
    barrier = asyncio.Barrier(2)

    async def unguarded() -> None:
        async with db.account(workspace.account_id) as session:
            query = text("SELECT state FROM approvals WHERE id = :id")
            state = (await session.execute(query, {"id": gate.approval_id})).scalar_one()
            await barrier.wait()
            assert state == "open"
            await session.execute(
                text(
                    "INSERT INTO run_events (account_id, run_id, seq, kind) SELECT account_id, id, 1000 +"
                    " (random() * 1000000)::int, 'gate.answered' FROM runs WHERE id = :id"
                ),
                {"id": gate.run_id},
            )

    await asyncio.gather(unguarded(), unguarded())
    events = await runs.events_after(db, workspace.admin, gate.run_id, 1)
    assert [event.kind for event in events] == ["gate.answered"] * 2


async def test_whatever_is_refused_says_what_to_do(
    db: Database, workspace: Workspace, open_gate: Callable[..., Awaitable[Gate]]
):
    gate = await open_gate(workspace)
    await approvals.decide(db, workspace.people["approver"], gate.approval_id, "approve")
    refusals: list[WeftError] = []
    for again in (
        approvals.decide(db, workspace.people["approver"], gate.approval_id, "approve"),
        approvals.decide(db, workspace.people["approver"], uuid4(), "approve"),
        approvals.ask(db, workspace.people["approver"], gate.approval_id, "Why?"),
    ):
        with pytest.raises(WeftError) as refused:
            await again
        refusals.append(refused.value)
    assert all(one.message and one.help for one in refusals)
    assert json.dumps([one.message for one in refusals])
