"""The same over HTTP: a key goes in and never comes out."""

from __future__ import annotations

import httpx
import pytest

from engine.database import Database
from engine.settings import Settings
from studio.designer.scripted import Say, ScriptedModel
from tests.engine_store.conftest import Workspace, bearer

KEY = "sk-a-key-that-nobody-sees-again"


async def test_a_model_is_added_tested_ordered_and_deleted(
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1")
    client.headers.update(await bearer(db, settings, workspace.admin))
    answers = []
    async with ScriptedModel([Say("x")], can={"tools"}) as server:
        form = {"name": "Ours", "provider": "local", "url": server.url, "model": "m", "key": KEY}
        answers.append(await client.post("/models", json=form))
        assert answers[0].status_code == 201, answers[0].text
        first = answers[0].json()["id"]
        answers.append(await client.post(f"/models/{first}/test"))
        assert answers[1].json()["probe"]["tools"] is True
        second = (await client.post("/models", json={**form, "name": "Other"})).json()["id"]
        answers.append(await client.put("/models/order", json={"ids": [second, first]}))
        assert [one["id"] for one in answers[2].json()] == [second, first]
        answers.append(await client.put(f"/models/{first}", json={**form, "key": None, "name": "Renamed"}))
        answers.append(await client.post("/models", json={**form, "key": f"{KEY} {KEY}"}))
        answers.append(await client.post("/models", json={**form, "key": [KEY]}))
        assert [answer.status_code for answer in answers[3:]] == [200, 422, 422]
        answers.append(await client.delete(f"/models/{second}"))
        answers.append(await client.get("/models"))
        assert [one["name"] for one in answers[-1].json()] == ["Renamed"]
        answers.append(await client.get("/admin/audit"))
    assert [answer.url for answer in answers if KEY in answer.text] == []
    assert KEY not in caplog.text


async def test_budgets_and_rules_are_kept_and_what_does_not_fit_is_named(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    client.headers.update(await bearer(db, settings, workspace.admin))
    kept = await client.put("/models/budgets", json={"day_usd": 2.5, "month_tokens": 100_000})
    assert kept.json()["day_usd"] == 2.5
    for wrong in ({"day_usd": 0}, {"day_usd": -1}, {"year_usd": 1}, {"day_tokens": 1.5}):
        refused = await client.put("/models/budgets", json=wrong)
        assert (refused.status_code, refused.json()["problems"][0]["path"]) == (422, next(iter(wrong)))
    policy = {"actions": {"email": "refuse"}, "custom": [{"name": "case", "pattern": "A-[0-9]+"}]}
    assert (await client.put("/models/policy", json=policy)).json()["actions"]["email"] == "refuse"
    assert (await client.put("/models/policy", json={"reach": "moon"})).status_code == 422
    rules = (await client.get("/models/rules")).json()
    assert (rules["budgets"]["month_tokens"], rules["policy"]["custom"][0]["action"]) == (100_000, "redact")
    used = (await client.get("/models/usage")).json()
    assert ([limit["name"] for limit in used["limits"]], used["warnings"]) == (
        ["day_usd", "month_tokens"],
        [],
    )


async def test_what_is_remembered_can_be_seen_and_deleted(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    client.headers.update(await bearer(db, settings, workspace.people["builder"]))
    [one] = (await client.post("/preferences", json={"text": "amounts in euros"})).json()
    assert (one["text"], one["source"]) == ("amounts in euros", "Builder")
    assert (await client.get("/preferences")).json() == [one]
    assert (await client.delete(f"/preferences/{one['id']}")).json() == []
