"""Agent steps of workflows: a runner's models are the account's, under the account's budgets and rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from engine import models
from engine.database import Database, Urls
from engine.identity import new_id
from engine.model import Message, ModelError, NoModel
from engine.models import Form
from engine.runner import models as runner_models
from engine.runner.desk import Desk
from engine.runner.models import RunnerModels
from studio.designer.scripted import Say, ScriptedModel
from tests.engine_store.conftest import Workspace

CARD = "4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setattr(runner_models, "FRESH_S", 0.0)


@pytest.fixture
async def desk(urls: Urls) -> AsyncIterator[Desk]:
    opened = Desk(urls.runner, "a runner", 10.0)
    yield opened
    await opened.close()


async def test_an_agent_is_answered_by_the_accounts_model_under_its_rules(
    db: Database, workspace: Workspace, neighbour: Workspace, desk: Desk
):
    run_id = new_id()
    runner = RunnerModels(desk, ())
    admin = workspace.admin
    async with ScriptedModel([Say("I wrote to [e-mail 1].")]) as server:
        form = Form("Ours", "local", server.url, "m", tier="fast", key="sk-ours", usd_in=2, usd_out=2)
        view = await models.add_model(db, admin, form)
        policy = {"reach": "all", "actions": {"email": "redact"}}
        await models.set_policy(db, admin, policy)
        parts = [Message("system", "Be short."), Message("user", f"Tell a@example.com about {CARD}.")]
        turn = await runner.turn(workspace.account_id, run_id, "balanced", parts, [])
        assert turn.text == "I wrote to a@example.com."
        assert "1 card number" in turn.withheld and "1 e-mail address" in turn.withheld
        assert server.heads[0]["authorization"] == "Bearer sk-ours"
        assert CARD not in str(server.requests) and "a@example.com" not in str(server.requests)
        with pytest.raises(NoModel):
            await runner.turn(neighbour.account_id, run_id, "balanced", parts, [])
        used = await models.usage(db, admin)
        assert [(model, purpose, spend.calls) for model, purpose, spend in used.models] == [("m", "runs", 1)]
        await models.set_budgets(db, admin, {"month_usd": 0.0001})
        with pytest.raises(ModelError, match="budget for this month") as stopped:
            await runner.turn(workspace.account_id, run_id, "balanced", parts, [])
        assert (stopped.value.code, len(server.requests)) == ("budget", 1)
        await models.set_budgets(db, admin, {})
        await models.change_model(db, admin, view.id, replace(form, key=None, enabled=False))
        with pytest.raises(NoModel):
            await runner.turn(workspace.account_id, run_id, "balanced", parts, [])


async def test_a_runner_without_the_key_file_says_so(
    db: Database, workspace: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    await models.add_model(db, workspace.admin, Form("Ours", "local", "http://127.0.0.1:9/v1", "m", key="k"))
    monkeypatch.setenv("WEFT_KEY_FILE", "/nowhere/key")
    with pytest.raises(ModelError, match="key file"):
        await RunnerModels(desk, ()).turn(workspace.account_id, new_id(), "fast", [], [])


async def test_a_runner_reads_no_preferences_and_changes_no_models(runner: Database, workspace: Workspace):
    from sqlalchemy import text
    from sqlalchemy.exc import ProgrammingError

    for statement in (
        "SELECT * FROM preferences",
        "UPDATE account_models SET enabled = false",
        "INSERT INTO model_spend (account_id, day, model, purpose) VALUES (gen_random_uuid(), now(), '', 'other')",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with runner.account(workspace.account_id) as session:
                await session.execute(text(statement))
