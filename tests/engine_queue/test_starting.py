"""Starting: priority, debounce, a full queue, many at once; and what an idempotency key means to each."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from engine import limits, runs, workflows
from engine.database import Database
from engine.errors import BadInput, Conflict, QueueFull
from engine.lease import Leases
from engine.limits import AccountLimits, WorkflowLimits
from engine.runs import Debounce, NewRun
from engine.settings import Settings
from tests.engine_queue.claiming import Queue
from tests.engine_store.conftest import Workspace, bearer

INPUT = {"order_id": "A-1001"}
WHOLE = {"order_id": "A-1001", "reason": "none given"}


async def start(db: Database, workspace: Workspace, **options: Any) -> runs.RunSummary:
    given = options.pop("input", INPUT)
    return await runs.start_run(db, workspace.people["operator"], workspace.workflow_id, given, **options)


async def test_a_run_has_the_priority_of_its_start_or_of_its_workflow(db: Database, workspace: Workspace):
    await limits.set_workflow_limits(db, workspace.admin, workspace.workflow_id, WorkflowLimits(priority=4))
    assert (await start(db, workspace)).priority == 4
    assert (await start(db, workspace, priority=-9)).priority == -9
    with pytest.raises(BadInput) as caught:
        await start(db, workspace, priority=10)
    assert caught.value.problems == (("priority", "must be from -9 to 9, 0 is normal"),)


async def test_starts_with_one_debounce_key_are_one_run_with_the_newest_input(
    db: Database, workspace: Workspace
):
    wait = Debounce("order-7", 60)
    first = await start(db, workspace, debounce=wait)
    second = await start(db, workspace, debounce=wait, input={"order_id": "A-2"})
    other = await start(db, workspace, debounce=Debounce("order-8", 60))
    assert second.id == first.id != other.id
    assert first.due_at is not None and second.due_at is not None
    assert second.due_at > first.due_at >= first.queued_at + timedelta(seconds=59)
    detail = await runs.get_run(db, workspace.admin, first.id)
    assert detail.input == {"order_id": "A-2", "reason": "none given"}
    assert [event.kind for event in detail.events] == ["run.accepted", "run.replaced"]


async def test_a_debounced_run_begins_at_its_longest_delay_however_often_it_is_started(
    db: Database, workspace: Workspace
):
    first = await start(db, workspace, debounce=Debounce("k", 60, at_most_seconds=90))
    async with db.account(workspace.account_id) as session:
        earlier = text("SELECT debounce_until FROM runs WHERE id = :id")
        until = (await session.execute(earlier, {"id": first.id})).scalar_one()
    for _ in range(3):
        last = await start(db, workspace, debounce=Debounce("k", 3_000, at_most_seconds=9_000))
    assert last.due_at == until


async def test_a_run_that_has_begun_is_not_changed_and_the_next_start_is_another(
    db: Database, workspace: Workspace, leases: Leases, queue: Queue
):
    wait = Debounce("k", 0.001)
    first = await start(db, workspace, debounce=wait)
    queue.run("SELECT pg_sleep(0.01)")
    assert [run.input for run in (await leases.claim(5)).runs] == [WHOLE]
    second = await start(db, workspace, debounce=wait, input={"order_id": "A-2"})
    assert second.id != first.id
    assert (await runs.get_run(db, workspace.admin, first.id)).input == WHOLE


async def test_the_database_refuses_another_input_for_a_run_that_has_begun(
    db: Database, workspace: Workspace, leases: Leases
):
    run = await start(db, workspace)
    change = text("UPDATE runs SET input = '{}' WHERE id = :id")
    await leases.claim(5)
    with pytest.raises(Exception, match="keeps its input"):
        async with db.account(workspace.account_id) as session:
            await session.execute(change, {"id": run.id})


async def test_debounced_starts_at_the_same_moment_are_one_run(db: Database, workspace: Workspace):
    started = await asyncio.gather(*(start(db, workspace, debounce=Debounce("k", 60)) for _ in range(10)))
    assert len({run.id for run in started}) == 1


async def test_a_repeated_request_does_not_bring_its_old_input_back(db: Database, workspace: Workspace):
    wait = Debounce("k", 60)
    first = await start(db, workspace, debounce=wait, idempotency_key="one")
    await start(db, workspace, debounce=wait, idempotency_key="two", input={"order_id": "A-2"})
    again = await start(db, workspace, debounce=wait, idempotency_key="one")
    assert again.id == first.id
    assert (await runs.get_run(db, workspace.admin, first.id)).input["order_id"] == "A-2"
    with pytest.raises(Conflict):
        await start(db, workspace, debounce=wait, idempotency_key="one", input={"order_id": "A-3"})


@pytest.mark.parametrize(
    ("debounce", "field"),
    [
        (Debounce("", 1), "debounce.key"),
        (Debounce("k", 0), "debounce.seconds"),
        (Debounce("k", float("nan")), "debounce.seconds"),
        (Debounce("k", 1, -1), "debounce.at_most_seconds"),
    ],
)
async def test_a_debounce_that_cannot_be_meant_is_refused(
    db: Database, workspace: Workspace, debounce: Debounce, field: str
):
    with pytest.raises(BadInput) as caught:
        await start(db, workspace, debounce=debounce)
    assert [path for path, _ in caught.value.problems] == [field]


async def test_a_key_gives_its_run_also_when_the_workflow_is_archived_or_the_queue_full(
    db: Database, workspace: Workspace
):
    first = await start(db, workspace, idempotency_key="one")
    await limits.set_account_limits(db, workspace.admin, AccountLimits(max_queued=1))
    with pytest.raises(QueueFull):
        await start(db, workspace)
    assert (await start(db, workspace, idempotency_key="one")).id == first.id
    await workflows.archive(db, workspace.admin, workspace.workflow_id)
    assert (await start(db, workspace, idempotency_key="one")).id == first.id


async def test_a_full_queue_takes_no_more_until_some_have_begun(
    db: Database, workspace: Workspace, leases: Leases, queue: Queue
):
    await limits.set_account_limits(db, workspace.admin, AccountLimits(max_queued=5))
    for _ in range(5):
        await start(db, workspace)
    with pytest.raises(QueueFull) as caught:
        await start(db, workspace)
    assert "5 runs" in caught.value.message and caught.value.retry_after > 0
    assert len((await leases.claim(2)).runs) == 2
    queue.run("SELECT pg_sleep(0.01)")
    await start(db, workspace)
    await start(db, workspace)
    with pytest.raises(QueueFull):
        await start(db, workspace)


async def test_starts_at_the_same_moment_do_not_go_over_the_queue(db: Database, workspace: Workspace):
    await limits.set_account_limits(db, workspace.admin, AccountLimits(max_queued=7))
    answers = await asyncio.gather(*(start(db, workspace) for _ in range(30)), return_exceptions=True)
    started = [answer for answer in answers if isinstance(answer, runs.RunSummary)]
    assert {type(answer) for answer in answers} == {runs.RunSummary, QueueFull}
    assert len(started) == 7 == len((await runs.list_runs(db, workspace.admin)).items)


async def test_a_long_queue_is_not_counted_at_every_start(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    from engine import backpressure

    counts = 0
    count = backpressure.Places._count

    async def counted(self: Any, *rest: Any) -> None:
        nonlocal counts
        counts += 1
        await count(self, *rest)

    monkeypatch.setattr(backpressure.Places, "_count", counted)
    monkeypatch.setattr(backpressure, "GRANT_S", 60)
    for _ in range(20):
        await start(db, workspace)
    assert counts == 1


async def test_many_runs_start_in_one_transaction_in_order(db: Database, workspace: Workspace):
    new = [NewRun({"order_id": f"A-{n}"}, f"key-{n}", n % 3) for n in range(50)]
    operator = workspace.people["operator"]
    before = await start(db, workspace, input={"order_id": "A-7"}, idempotency_key="key-7")
    ids = await runs.start_runs(db, operator, workspace.workflow_id, [*new, new[3]])
    assert (len(ids), ids[7], ids[50]) == (51, before.id, ids[3])
    detail = await runs.get_run(db, workspace.admin, ids[20])
    assert (detail.input["order_id"], detail.summary.priority) == ("A-20", 2)
    assert [event.kind for event in detail.events] == ["run.accepted"]
    assert await runs.start_runs(db, operator, workspace.workflow_id, [*new, new[3]]) == ids


async def test_one_that_does_not_fit_stops_all_and_is_named(db: Database, workspace: Workspace):
    new = [NewRun(INPUT, "a"), NewRun({}, priority=99), NewRun({"order_id": "B"}, "a")]
    with pytest.raises(BadInput) as caught:
        await runs.start_runs(db, workspace.admin, workspace.workflow_id, new)
    assert [path for path, _ in caught.value.problems] == [
        "items[1].priority",
        "items[1].input.order_id",
        "items[2].idempotency_key",
    ]
    with pytest.raises(BadInput):
        await runs.start_runs(db, workspace.admin, workspace.workflow_id, [NewRun(INPUT)] * 1_001)
    assert (await runs.list_runs(db, workspace.admin)).items == ()


async def test_a_batch_that_does_not_fit_into_the_queue_starts_nothing(db: Database, workspace: Workspace):
    await limits.set_account_limits(db, workspace.admin, AccountLimits(max_queued=10))
    with pytest.raises(QueueFull):
        await runs.start_runs(db, workspace.admin, workspace.workflow_id, [NewRun(INPUT)] * 11)
    assert (await runs.list_runs(db, workspace.admin)).items == ()
    assert len(await runs.start_runs(db, workspace.admin, workspace.workflow_id, [NewRun(INPUT)] * 10)) == 10


async def test_over_http_a_full_queue_is_429_and_a_batch_is_one_answer(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    at = f"/workflows/{workspace.workflow_id}/runs"
    batch = {"items": [{"input": INPUT}, {"input": INPUT, "priority": 2}]}
    answer = await client.post(f"{at}:batch", json=batch, headers=headers)
    assert (answer.status_code, len(answer.json()["run_ids"])) == (202, 2)
    answer = await client.post(f"{at}:batch", json={"items": [{"input": {"order_id": 7}}]}, headers=headers)
    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["problems"]] == ["items[0].input.order_id"]
    body = {"input": INPUT, "debounce": {"key": "k", "seconds": 60}, "priority": 1}
    ids = [(await client.post(at, json=body, headers=headers)).json()["run_id"] for _ in range(2)]
    assert ids[0] == ids[1]
    answer = await client.put("/admin/limits", json={"max_queued": 3}, headers=headers)
    assert (answer.status_code, answer.json()["account"]["max_queued"]) == (200, 3)
    answer = await client.post(at, json={"input": INPUT}, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Queue full" and "3 runs" in answer.json()["detail"]


async def test_administrators_set_limits_and_the_audit_keeps_what_changed(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    at = f"/admin/limits/workflows/{workspace.workflow_id}"
    answer = await client.put(at, json={"max_running": 2}, headers=headers)
    assert (
        answer.json()
        == (await client.get("/admin/limits", headers=headers)).json()
        == {
            "account": {"weight": 1, "max_running": None, "max_queued": 10_000},
            "running": 0,
            "workflows": [
                {
                    "workflow_id": str(workspace.workflow_id),
                    "name": "refund",
                    "title": "Refund",
                    "limits": {"max_running": 2, "priority": 0},
                }
            ],
        }
    )
    entries = (await client.get("/admin/audit", headers=headers)).json()["entries"]
    assert (entries[0]["action"], entries[0]["subject"], entries[0]["data"]) == (
        "limits.set",
        str(workspace.workflow_id),
        {"max_running": 2},
    )
    for bad in ({"weight": 0}, {"max_running": 0}, {"max_queued": 0}, {"weight": 101}):
        assert (await client.put("/admin/limits", json=bad, headers=headers)).status_code == 422
    for role in ("viewer", "builder", "operator"):
        theirs = await bearer(db, settings, workspace.people[role])
        assert (await client.get("/admin/limits", headers=theirs)).status_code == 403
        assert (await client.put("/admin/limits", json={}, headers=theirs)).status_code == 403


async def test_a_list_by_state_and_workflow_has_the_newest_of_all_of_them(
    db: Database, workspace: Workspace, queue: Queue
):
    ids: list[UUID] = list(
        await runs.start_runs(db, workspace.admin, workspace.workflow_id, [NewRun(INPUT)] * 30)
    )
    queue.run("UPDATE runs SET state = 'running' WHERE id = ANY(%s)", ids[::3])
    queue.run("UPDATE runs SET state = 'failed' WHERE id = ANY(%s)", ids[::6])
    for states in ([], ["failed"], ["running", "failed"]):
        expected = [
            row[0]
            for row in queue.rows(
                "SELECT id FROM runs WHERE account_id = %s AND (state = ANY(%s) OR %s)"
                " ORDER BY queued_at DESC, id DESC",
                workspace.account_id,
                states,
                not states,
            )
        ]
        seen: list[UUID] = []
        cursor = None
        while True:
            page = await runs.list_runs(
                db, workspace.admin, workflow_id=workspace.workflow_id, state=states, cursor=cursor, limit=4
            )
            seen += [run.id for run in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == expected
