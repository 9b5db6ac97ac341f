"""Going back to an earlier version: a new one with its text, checked against what is connected today."""

from __future__ import annotations

from uuid import UUID

import httpx
import psycopg
import pytest

from engine import audit, catalog, inflight, runs, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict, Forbidden, NotFound, Rejected
from engine.settings import Settings
from tests.conftest import Samples
from tests.engine_store.conftest import Workspace, bearer

FIRST = """workflow asked {
  use shop: mcp "shop"
  input { order_id: string }
  output { total: float }
  step order: call shop.get_order(order_id: input.order_id)
  step done: return { total: order.total }
}
"""


@pytest.fixture
async def builder(
    db: Database, workspace: Workspace, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> Actor:
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", samples.token)
    await catalog.connect_samples(db, workspace.account_id, samples.url)
    await catalog.refresh_connectors(db, workspace.account_id)
    return workspace.people["builder"]


async def publish(db: Database, actor: Actor, workflow_id: UUID, text: str) -> workflows.Version:
    draft = await workflows.get_draft(db, actor, workflow_id)
    await workflows.save_draft(db, actor, workflow_id, text, draft.revision)
    return await workflows.publish(db, actor, workflow_id)


async def two_versions(db: Database, actor: Actor) -> UUID:
    """Of which the second, live, doubles what the first gives."""
    made = await workflows.create_workflow(db, actor, "Asked", FIRST)
    await workflows.publish(db, actor, made.workflow_id)
    await publish(
        db, actor, made.workflow_id, FIRST.replace("total: order.total", "total: order.total * 2.0")
    )
    return made.workflow_id


async def test_an_earlier_text_is_live_again_under_a_new_number(
    db: Database, builder: Actor, workspace: Workspace
) -> None:
    workflow = await two_versions(db, builder)
    before = {one.number: one.id for one in await workflows.list_versions(db, builder, workflow)}
    kept = {number: await workflows.get_version(db, builder, id) for number, id in before.items()}
    draft = await workflows.get_draft(db, builder, workflow)

    back = await workflows.rollback(db, builder, workflow, 1)

    assert (back.number, back.text, back.message) == (3, FIRST, "Back to version 1")
    assert back.published_by == builder.user_id
    listed = await workflows.list_versions(db, builder, workflow)
    assert [(one.number, one.live) for one in listed] == [(3, True), (2, False), (1, False)]
    assert {n: await workflows.get_version(db, builder, id) for n, id in before.items()} == kept
    after = await workflows.get_draft(db, builder, workflow)
    assert (after.text, after.revision, after.live_version) == (draft.text, draft.revision, 3)
    run = await runs.start_run(db, builder, workflow, {"order_id": "A-1001"})
    assert run.version == 3
    newest = (await audit.list_entries(db, workspace.admin, limit=2))[0]
    assert (newest.actor, newest.action, newest.subject) == (builder.email, "version.rollback", str(workflow))
    assert newest.data == {
        "number": 3,
        "back_to": 1,
        "message": "Back to version 1",
        "content_hash": back.content_hash,
    }


async def test_going_back_can_be_taken_back(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    await workflows.rollback(db, builder, workflow, 1)
    again = await workflows.rollback(db, builder, workflow, 2)
    assert (again.number, again.message) == (4, "Back to version 2")
    assert "* 2.0" in again.text


async def test_going_back_to_what_is_live_makes_no_version(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    assert (await workflows.rollback(db, builder, workflow, 2)).number == 2
    assert len(await workflows.list_versions(db, builder, workflow)) == 2


async def test_listeners_hear_of_it(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    async with db.notices.subscribe("weft_versions") as notices:
        await workflows.rollback(db, builder, workflow, 1)
        assert await notices.wait(5)


async def test_a_version_that_no_longer_fits_what_is_connected_is_refused_with_diagnostics(
    db: Database, builder: Actor, owner_url: str
) -> None:
    workflow = await two_versions(db, builder)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        gone = "DELETE FROM connectors WHERE account_id = %s AND name = 'shop'"
        connection.execute(gone, (builder.account_id,))
    with pytest.raises(Rejected) as caught:
        await workflows.rollback(db, builder, workflow, 1)
    assert any(one.severity == "error" for one in caught.value.diagnostics)
    assert "go back" in caught.value.help
    assert [one.live for one in await workflows.list_versions(db, builder, workflow)] == [True, False]


async def test_what_is_no_version_is_not_gone_back_to(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    for number in (0, -1, 9):
        with pytest.raises(NotFound, match="no version"):
            await workflows.rollback(db, builder, workflow, number)


async def test_an_archived_workflow_goes_nowhere(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    await workflows.archive(db, builder, workflow)
    with pytest.raises(Conflict, match="archived"):
        await workflows.rollback(db, builder, workflow, 1)


async def test_a_name_that_somebody_else_has_by_now_is_not_taken_back(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    await publish(db, builder, workflow, FIRST.replace("workflow asked", "workflow asked_anew"))
    await workflows.create_workflow(db, builder, "Asked", FIRST)
    with pytest.raises(Conflict, match="name"):
        await workflows.rollback(db, builder, workflow, 1)


async def test_only_who_may_publish_may_go_back(db: Database, builder: Actor, workspace: Workspace) -> None:
    workflow = await two_versions(db, builder)
    for role in ("viewer", "approver", "operator"):
        with pytest.raises(Forbidden):
            await workflows.rollback(db, workspace.people[role], workflow, 1)


async def test_another_account_has_no_such_workflow(
    db: Database, builder: Actor, neighbour: Workspace
) -> None:
    workflow = await two_versions(db, builder)
    with pytest.raises(NotFound):
        await workflows.rollback(db, neighbour.admin, workflow, 1)
    assert await workflows.read_texts(db, neighbour.admin, workflow, [1, 2]) == {}
    assert await inflight.by_version(db, neighbour.admin, workflow) == {}


async def test_the_texts_of_some_versions_are_read_at_once(db: Database, builder: Actor) -> None:
    workflow = await two_versions(db, builder)
    found = await workflows.read_texts(db, builder, workflow, [1, 2, 7])
    assert (sorted(found), found[1]) == ([1, 2], FIRST)


async def test_runs_on_their_way_are_counted_by_version(db: Database, builder: Actor, owner_url: str) -> None:
    workflow = await two_versions(db, builder)
    ids = {one.number: one.id for one in await workflows.list_versions(db, builder, workflow)}
    started = [await runs.start_run(db, builder, workflow, {"order_id": "A-1001"}) for _ in range(4)]
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("UPDATE runs SET state = 'running' WHERE id = %s", (started[0].id,))
        waits = "UPDATE runs SET state = 'waiting', waiting_on = '{order}' WHERE id = %s"
        connection.execute(waits, (started[0].id,))
        connection.execute("UPDATE runs SET state = 'cancelled' WHERE id = %s", (started[1].id,))
    found = await inflight.by_version(db, builder, workflow)
    assert found == {ids[2]: inflight.InFlight({"queued": 2, "waiting": 1}, {"order": 1})}
    assert found[ids[2]].count == 3


async def test_the_api_goes_back_and_says_what_is_wrong(
    client: httpx.AsyncClient, db: Database, settings: Settings, builder: Actor
) -> None:
    workflow = await two_versions(db, builder)
    headers = await bearer(db, settings, builder)
    url = f"/workflows/{workflow}/rollback"
    answer = await client.post(url, json={"version": 1}, headers=headers)
    assert (answer.status_code, answer.json()["number"], answer.json()["text"]) == (200, 3, FIRST)
    assert (await client.post(url, json={"version": 8}, headers=headers)).status_code == 404
    for odd in ({}, {"version": 0}, {"version": "newest"}, {"version": 2**40}):
        assert (await client.post(url, json=odd, headers=headers)).status_code == 422


async def test_only_who_may_publish_starts_another_version_than_the_live_one(
    db: Database, builder: Actor, workspace: Workspace
) -> None:
    workflow = await two_versions(db, builder)
    live, old = [one.id for one in await workflows.list_versions(db, builder, workflow)]
    operator, given = workspace.people["operator"], {"order_id": "A-1001"}
    with pytest.raises(Forbidden):
        await runs.start_run(db, operator, workflow, given, version_id=old)
    with pytest.raises(Forbidden):
        await runs.start_runs(db, operator, workflow, [runs.NewRun(given)], old)
    assert (await runs.start_run(db, operator, workflow, given, version_id=live)).version == 2
    assert (await runs.start_run(db, builder, workflow, given, version_id=old)).version == 1
