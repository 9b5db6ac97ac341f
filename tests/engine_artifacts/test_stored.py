"""Large values on a real database: what refers to them, who may read them, what is swept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import text

from engine import runs
from engine.actor import Actor
from engine.artifacts import Artifact, Kept
from engine.artifacts.files import FileStore
from engine.artifacts.store import INLINE_BYTES, digest
from engine.artifacts.sweep import REFER, lock_key, sweep
from engine.database import Database, Urls
from engine.runner import Runner, RunnerSettings
from engine.settings import Settings
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, call, cel, const, pinned, plan, ret, run, until
from tests.engine_store.conftest import Workspace, bearer

LARGE = "x" * 400_000


class Generous(Witness):
    async def call(self, *words: Any, **named: Any) -> Any:
        value = await super().call(*words, **named)
        return {**value, "text": LARGE} if words[2] == "read" else value


@pytest.fixture
def store(settings: Settings) -> FileStore:
    """The one that the API of these tests reads."""
    return FileStore(settings.home / "artifacts")


@pytest.fixture
async def carrier(urls: Urls, store: FileStore) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), Generous(), artifacts=store)
    await one.open()
    yield one
    await one.stop()


@pytest.fixture
def ground(owner_url: str, workspace: Workspace) -> Ground:
    """Runs of the workspace's own workflow."""
    return Ground(owner_url, workspace.account_id, workspace.workflow_id)


def reading() -> Any:
    return plan(call("a", tool="read", effect="read"), ret("done", cel("a")))


async def finished(ground: Ground, version: UUID) -> UUID:
    (run_id,) = ground.start(version, {})
    await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 30)
    return run_id


def references(ground: Ground) -> list[tuple[str, UUID, int]]:
    return ground.query(
        "SELECT sha256, run_id, bytes FROM artifacts WHERE account_id = %s ORDER BY created_at",
        ground.account_id,
    )


async def test_a_run_with_a_large_result_is_shown_by_its_size_and_read_whole(
    carrier: Runner, ground: Ground, store: FileStore, db: Database, workspace: Workspace
) -> None:
    run_id = await finished(ground, ground.publish(reading()))
    assert max(len(json.dumps(data)) for _, _, _, data in ground.events(run_id)) < INLINE_BYTES
    detail = await runs.get_run(db, workspace.people["viewer"], run_id)
    step = detail.view.step("a")
    assert step is not None and detail.output is None and step.output is None
    assert detail.output_artifact == step.large["output"] == detail.view.large["output"]
    assert references(ground) == [(detail.output_artifact.sha256, run_id, detail.output_artifact.bytes)]
    content = await store.get(ground.account_id, detail.output_artifact.sha256)
    assert json.loads(content)["text"] == LARGE and len(content) == detail.output_artifact.bytes


async def test_a_parent_refers_to_the_large_output_of_its_child(
    carrier: Runner, ground: Ground, db: Database, workspace: Workspace
) -> None:
    child = ground.publish(reading())
    parent = plan(run("c"), ret("done", cel("size(c.text)", "c")), workflows=(pinned(version=str(child)),))
    run_id = await finished(ground, ground.publish(parent))
    assert (await runs.get_run(db, workspace.admin, run_id)).output == len(LARGE)
    (child_id,) = [row[0] for row in ground.query("SELECT id FROM runs WHERE parent_run_id = %s", run_id)]
    assert {where for _, where, _ in references(ground)} == {child_id, run_id}
    assert len({sha256 for sha256, _, _ in references(ground)}) == 1


async def test_whoever_may_look_at_a_run_reads_its_artifacts_and_nobody_else(
    carrier: Runner,
    ground: Ground,
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    neighbour: Workspace,
) -> None:
    run_id = await finished(ground, ground.publish(reading()))
    other = await finished(ground, ground.publish(plan(ret("done", const(1)))))
    sha256 = references(ground)[0][0]
    address = f"/runs/{run_id}/artifacts/{sha256}"

    async def status(address: str, actor: Actor | None) -> int:
        headers = {} if actor is None else await bearer(db, settings, actor)
        return (await client.get(address, headers=headers)).status_code

    told = await client.get(f"/runs/{run_id}", headers=await bearer(db, settings, workspace.admin))
    assert told.json()["output_artifact"] == {"sha256": sha256, "bytes": references(ground)[0][2]}
    assert told.json()["steps"][0]["large"]["output"]["sha256"] == sha256 and len(told.content) < INLINE_BYTES

    answer = await client.get(address, headers=await bearer(db, settings, workspace.people["viewer"]))
    assert answer.status_code == 200 and answer.json()["text"] == LARGE
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert await status(address, None) == 401
    assert await status(address, neighbour.admin) == 404
    assert await status(f"/runs/{other}/artifacts/{sha256}", workspace.admin) == 404
    assert await status(f"/runs/{run_id}/artifacts/{'0' * 64}", workspace.admin) == 404
    assert await status(f"/runs/{run_id}/artifacts/..%2f..%2fkey", workspace.admin) in (404, 422)


async def test_an_artifact_that_was_changed_on_disk_is_not_handed_out(
    carrier: Runner,
    ground: Ground,
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
) -> None:
    run_id = await finished(ground, ground.publish(reading()))
    sha256 = references(ground)[0][0]
    path = settings.home / "artifacts" / str(ground.account_id) / sha256[:2] / sha256
    path.write_bytes(path.read_bytes().replace(b"x", b"y", 1))
    headers = await bearer(db, settings, workspace.admin)
    answer = await client.get(f"/runs/{run_id}/artifacts/{sha256}", headers=headers)
    assert answer.status_code == 404 and "damaged" in answer.text


async def test_sweeping_removes_what_no_run_refers_to(
    carrier: Runner, ground: Ground, store: FileStore, urls: Urls
) -> None:
    run_id = await finished(ground, ground.publish(reading()))
    kept = references(ground)[0][0]
    orphan = b"from a crash before the journal"
    await store.put(ground.account_id, digest(orphan), orphan)
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        assert await sweep(connection, store) == 1
        assert [one async for one in store.kept()] == [Kept(ground.account_id, kept)]
        assert await sweep(connection, store) == 0
        ground.query("DELETE FROM run_events WHERE run_id = %s RETURNING 1", run_id)
        ground.query("DELETE FROM runs WHERE id = %s RETURNING 1", run_id)
        assert references(ground) == []
        assert await sweep(connection, store) == 1
    assert [one async for one in store.kept()] == []


async def test_sweeping_waits_for_a_reference_that_is_being_written(
    ground: Ground, store: FileStore, urls: Urls, tmp_path: Path
) -> None:
    """Content that was an orphan when the sweep looked, and is referred to by the time that it would delete."""
    import asyncio

    version = ground.publish(plan())
    (run_id,) = ground.start(version, {})
    content = b"twice the same"
    artifact = Artifact(digest(content), len(content))
    await store.put(ground.account_id, artifact.sha256, content)
    key = lock_key(ground.account_id, artifact.sha256)
    async with (
        await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection,
        await psycopg.AsyncConnection.connect(urls.runner) as writer,
    ):
        await writer.execute(REFER, (key, ground.account_id, artifact.sha256, run_id, artifact.bytes))
        sweeping = asyncio.create_task(sweep(connection, store))

        def waits() -> bool:
            return ground.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") != []

        await until(waits)
        await writer.commit()
        assert await sweeping == 0
    assert await store.get(ground.account_id, artifact.sha256) == content


async def test_a_service_reads_and_notes_the_references_of_its_own_account_only(
    db: Database, runner: Database, workspace: Workspace, neighbour: Workspace, owner_url: str
) -> None:
    ground = Ground(owner_url, neighbour.account_id, neighbour.workflow_id)
    (run_id,) = ground.start(ground.publish(plan()), {})
    row = {"account": neighbour.account_id, "sha256": "a" * 64, "run": run_id}
    insert = text(
        "INSERT INTO artifacts (account_id, sha256, run_id, bytes) VALUES (:account, :sha256, :run, 1)"
    )
    async with runner.platform() as session:
        await session.execute(insert, row)
    count = text("SELECT count(*) FROM artifacts WHERE sha256 = :sha256")
    for who, seen in ((workspace, 0), (neighbour, 1)):
        async with db.account(who.account_id) as session:
            assert (await session.execute(count, {"sha256": "a" * 64})).scalar_one() == seen
    with pytest.raises(Exception, match="row-level security"):
        async with db.account(workspace.account_id) as session:
            await session.execute(insert, {**row, "sha256": "b" * 64})
