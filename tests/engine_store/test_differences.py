"""Versions compared with each other and with the draft, and what that breaks for the runs that wait now."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from engine import catalog, differences, drafts, runs, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, NotFound
from engine.settings import Settings
from tests.conftest import Samples
from tests.engine_store.conftest import Workspace, bearer

ASK = """workflow ask {
  input { amount: float }
  output { paid: float }
  config { limit: float = 100.0 }
  step gate: if input.amount > config.limit {
    step consent: approve by role "manager" { within 24h }
  }
  step done: return { paid: input.amount }
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


async def change(db: Database, actor: Actor, draft: drafts.Draft, *pairs: tuple[str, str]) -> drafts.Draft:
    text = draft.text
    for words, now in pairs:
        assert words in text
        text = text.replace(words, now)
    return await workflows.save_draft(db, actor, draft.workflow_id, text, draft.revision)


async def test_a_draft_is_compared_with_the_live_version(db: Database, builder: Actor) -> None:
    draft = await workflows.create_workflow(db, builder, "Ask", ASK)
    with pytest.raises(NotFound):
        await differences.compare(db, builder, draft.workflow_id)
    await workflows.publish(db, builder, draft.workflow_id)
    same = await differences.compare(db, builder, draft.workflow_id)
    assert (same.old, same.new, same.same, same.changes, same.breaking) == (1, None, True, (), ())
    draft = await change(db, builder, draft, ("limit: float = 100.0", "limit: float = 500.0"))
    found = await differences.compare(db, builder, draft.workflow_id)
    assert [(one.weight, one.sentence, one.risks) for one in found.changes] == [
        (
            "safety",
            "The limit rises from 100.00 to 500.00",
            ("The approval `consent` is asked for less often",),
        )
    ]
    await workflows.publish(db, builder, draft.workflow_id)
    between = await differences.compare(db, builder, draft.workflow_id, "1", "2")
    assert (between.old, between.new, between.changes) == (1, 2, found.changes)


async def test_runs_that_wait_are_counted_and_named(db: Database, builder: Actor, owner_url: str) -> None:
    draft = await workflows.create_workflow(
        db, builder, "Ask", ASK.replace("workflow ask", "workflow wait_for")
    )
    version = await workflows.publish(db, builder, draft.workflow_id)
    started = [await runs.start_run(db, builder, draft.workflow_id, {"amount": 900.0}) for _ in range(3)]
    draft = await change(db, builder, draft, ("step consent:", "step decision:"))
    before = await differences.compare(db, builder, draft.workflow_id)
    assert (before.in_flight, before.waiting, before.breaking) == (3, {}, ())
    with psycopg.connect(owner_url, autocommit=True) as connection:
        two = [run.id for run in started[:2]]
        connection.execute("UPDATE runs SET state = 'running', started_at = now() WHERE id = ANY(%s)", (two,))
        connection.execute(
            "UPDATE runs SET state = 'waiting', waiting_on = '{gate.consent}' WHERE id = ANY(%s)", (two,)
        )
    found = await differences.compare(db, builder, draft.workflow_id, str(version.number))
    assert (found.in_flight, found.waiting) == (3, {"gate.consent": 2})
    assert [(one.code, one.step) for one in found.breaking] == [("B711", "gate.decision")]


async def test_what_is_no_version_is_said(db: Database, builder: Actor) -> None:
    text = ASK.replace("workflow ask", "workflow no_version")
    draft = await workflows.create_workflow(db, builder, "Ask", text)
    with pytest.raises(NotFound):
        await differences.compare(db, builder, draft.workflow_id, "7")
    for odd in ("-1", "latest", "", "1" * 40):
        with pytest.raises((BadInput, NotFound)):
            await differences.compare(db, builder, draft.workflow_id, odd or "x")


async def test_the_api_answers_with_sentences_and_breaks(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
) -> None:
    actor = workspace.people["builder"]
    draft = await drafts.get_draft(db, actor, workspace.workflow_id)
    text = draft.text.replace("{\n", "{\n  input { order_id: string }\n", 1)
    await drafts.save_draft(db, actor, workspace.workflow_id, text, draft.revision)
    url = f"/workflows/{workspace.workflow_id}/diff"
    headers = await bearer(db, settings, actor)
    answer = await client.get(url, params={"from": "1", "to": "draft"}, headers=headers)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["old"], found["new"], found["same"], found["in_flight"]) == (1, None, False, 0)
    assert [one["sentence"] for one in found["changes"]] == ["The input `order_id` is new: `string`"]
    assert [one["code"] for one in found["breaking"]] == ["B701"]
    assert (await client.get(url, params={"from": "9"}, headers=headers)).status_code == 404
    assert (await client.get(url, params={"from": "newest"}, headers=headers)).status_code == 422
