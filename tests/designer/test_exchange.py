"""Exchanges on a real database: what was typed is kept first, answers when whole, usage always. The same over HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from sqlmodel import select

from connectors import ToolDefinition
from dsl.catalog import Connector
from engine import conversations, models, tables, workflows
from engine.actor import Actor
from engine.database import Database, Urls
from engine.errors import BadInput
from engine.model import ModelSettings, open_model
from engine.people import ensure_workspace
from engine.policy import set_policy
from engine.sample_policy import SAMPLE_POLICY
from studio.chat.exchange import Kept, Question, exchange
from studio.chat.view import view_of
from studio.designer import Doing, Failed, Proposal
from studio.designer.connected import Answering, answering
from studio.designer.scripted import Say, ScriptedModel, Status
from tests.designer.catalogs import SHOP
from tests.designer.test_agent import GOOD, PLAIN, REQUEST
from tests.designer.test_requests import REFUND


@pytest.fixture
async def actor(owner_url: str, db: Database) -> Actor:
    """Somebody in a workspace of its own, with the connectors of the sample shop."""
    owner = await Database.open(owner_url)
    found, _ = await ensure_workspace(
        owner, name=f"w{secrets.token_hex(3)}", email=f"{secrets.token_hex(3)}@example.com"
    )
    await owner.close()
    async with db.account(found) as session:
        session.add_all(pinned(found, connector) for connector in SHOP.connectors.values())
    await set_policy(db, found, SAMPLE_POLICY)
    return found


def pinned(actor: Actor, connector: Connector) -> tables.ConnectorRow:
    """A connector as if its tools had been pinned."""
    definitions = {
        tool.name: {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": tool.input_schema,
            "outputSchema": tool.output_schema,
            "annotations": {"readOnlyHint": tool.effect == "read", "idempotentHint": tool.idempotent},
        }
        for tool in connector.tools.values()
    }
    return tables.ConnectorRow(
        account_id=actor.account_id,
        name=connector.name,
        title=connector.title,
        transport={"kind": "http", "url": "http://127.0.0.1:9/mcp"},
        trusted=True,
        pins={
            name: {"definition": raw, "sha256": ToolDefinition.from_raw(raw).sha256}
            for name, raw in definitions.items()
        },
        health={},
    )


async def test_a_question_and_its_proposal_are_kept_and_shown_again(db: Database, actor: Actor) -> None:
    made = await conversations.create(db, actor, "Refunds")
    happened = [h async for h in exchange(db, actor, made.id, Question(REFUND))]
    assert [type(h) for h in happened if not isinstance(h, Doing)] == [Kept, Proposal, Kept]
    kept = (await conversations.get(db, actor, made.id)).messages
    assert [m.role for m in kept] == ["user", "assistant"]
    assert kept[0].content == REFUND
    shown = view_of(kept[1])
    assert shown.proposed and shown.state == "open" and not shown.is_change
    assert [s.tool for s in shown.steps if s.kind == "call"] == [
        "shop.get_order", "shop.check_refund_eligibility", "shop.process_refund", "mail.send",
    ]  # fmt: skip


async def test_a_model_that_fails_leaves_the_question_and_a_second_try_answers_it(
    db: Database, actor: Actor
) -> None:
    async with ScriptedModel([Status(500), Say(GOOD)]) as server:
        model = open_model(ModelSettings(server.url, ("scripted",), can=PLAIN))
        made = await conversations.create(db, actor, "Greeting")
        first = [h async for h in exchange(db, actor, made.id, Question(REQUEST), lambda: model)]
        assert isinstance(first[-1], Failed)
        second = [h async for h in exchange(db, actor, made.id, Question(REQUEST, again=True), lambda: model)]
        assert any(isinstance(h, Proposal) for h in second)
    kept = (await conversations.get(db, actor, made.id)).messages
    assert [m.role for m in kept] == ["user", "assistant"]
    async with db.account(actor) as session:
        rows = (await session.exec(select(tables.ModelCall))).all()
    assert sorted(str(row.error) for row in rows) == ["None", "unreachable"]
    assert {row.conversation_id for row in rows} == {made.id}
    assert max(row.tokens_out for row in rows) > 0


async def test_the_builtin_designer_answers_when_it_is_asked_for_although_a_model_is_connected(
    db: Database, actor: Actor
) -> None:
    model = open_model(ModelSettings("http://127.0.0.1:9/v1", ("gone",), can=PLAIN))
    made = await conversations.create(db, actor, "Refunds")
    happened = [h async for h in exchange(db, actor, made.id, Question(REFUND, builtin=True), lambda: model)]
    assert any(isinstance(h, Proposal) for h in happened)


async def test_a_model_whose_key_does_not_open_is_told_of_and_the_rules_answer(
    db: Database, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1:9")
    for name in ("before", "restored"):
        (tmp_path / name).write_text(secrets.token_hex(32))
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "before"))
    assert await answering(db, actor) == Answering(None)
    await models.add_model(db, actor, models.Form("Ours", "local", "http://127.0.0.1:9/v1", "m", key="k"))
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "restored"))
    found = await answering(db, actor)
    assert found.model is None and "key file" in found.problem
    made = await conversations.create(db, actor, "Refunds")
    happened = [h async for h in exchange(db, actor, made.id, Question(REFUND))]
    assert any(isinstance(h, Proposal) for h in happened)


async def test_a_model_of_the_account_is_no_matter_of_settings_that_make_no_sense(
    db: Database, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1:9")
    monkeypatch.setenv("WEFT_MODEL_URL", "nonsense")
    (tmp_path / "key").write_text(secrets.token_hex(32))
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "key"))
    found = await answering(db, actor)
    assert found.model is None and found.problem
    await models.add_model(db, actor, models.Form("Ours", "local", "http://127.0.0.1:9/v1", "m"))
    found = await answering(db, actor)
    assert (found.name, found.problem) == ("m", "")


async def test_signs_that_cannot_be_kept_do_not_cost_a_models_answer(db: Database, actor: Actor) -> None:
    odd = "Which order\0 is \ud83d meant?"
    async with ScriptedModel([Say(odd), Say(GOOD.replace("I get", "I g\0et"))]) as server:
        model = open_model(ModelSettings(server.url, ("scripted",), can=PLAIN))
        made = await conversations.create(db, actor, "Greeting")
        for _ in range(2):
            happened = [h async for h in exchange(db, actor, made.id, Question(REQUEST), lambda: model)]
            assert not any(isinstance(h, Failed) for h in happened)
    kept = (await conversations.get(db, actor, made.id)).messages
    assert [m.role for m in kept] == ["user", "assistant"] * 2
    assert kept[1].content.startswith("Which order is ")
    assert kept[3].proposal is not None and kept[3].content.startswith("I get the order")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 20_001])
async def test_an_empty_or_endless_message_is_refused_and_not_kept(
    db: Database, actor: Actor, text: str
) -> None:
    made = await conversations.create(db, actor, "Refunds")
    with pytest.raises(BadInput):
        _ = [h async for h in exchange(db, actor, made.id, Question(text))]
    assert (await conversations.get(db, actor, made.id)).messages == ()


@asynccontextmanager
async def over_http(
    db: Database, actor: Actor, urls: Urls, tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the chat route; ``signed`` are the headers of the workspace's admin."""
    from engine import tokens
    from engine.api import api
    from engine.settings import Settings
    from studio.chat.router import chat_router

    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    settings = Settings.from_environment(
        {"WEFT_APP_URL": urls.app, "WEFT_KEY_FILE": str(key), "WEFT_HOME": str(tmp_path)}
    )
    app = api(db, settings)
    app.router.routes.extend(chat_router.routes)
    bearer = (await tokens.issue_tokens(db, settings, actor)).access
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://weft", headers={"authorization": f"Bearer {bearer}"}
    ) as client:
        yield client


async def test_a_conversation_about_one_workflow_says_nothing_about_another(
    db: Database, actor: Actor, urls: Urls, tmp_path: Path
) -> None:
    one, two = [
        await workflows.create_workflow(db, actor, name, f"workflow {name} {{\n}}\n")
        for name in ("one", "two")
    ]
    about = await conversations.create(db, actor, "One", one.workflow_id)
    nothing = await conversations.create(db, actor, "Nothing yet")
    async with over_http(db, actor, urls, tmp_path) as client:
        for talk in (about, nothing):
            said = {"message": REFUND, "conversation_id": str(talk.id), "workflow_id": str(two.workflow_id)}
            refused = await client.post("/chat", json=said)
            assert refused.status_code == 409 and "is about" in refused.json()["detail"]
            assert (await conversations.get(db, actor, talk.id)).messages == ()
        said = {"message": REFUND, "conversation_id": str(about.id)}
        assert (await client.post("/chat", json=said)).status_code == 200
    decision = (await conversations.get(db, actor, about.id)).messages[-1].decision
    assert decision is not None
    assert (decision.workflow_id, decision.base) == (one.workflow_id, one.text)


async def test_the_chat_route_streams_a_proposal_and_is_closed_to_strangers(
    db: Database, actor: Actor, urls: Urls, tmp_path: Path
) -> None:
    async with over_http(db, actor, urls, tmp_path) as client:
        refused = await client.post("/chat", json={"message": REFUND}, headers={"authorization": ""})
        assert refused.status_code == 401
        bad = await client.post("/chat", json={"message": ""})
        assert bad.status_code == 422
        answered = await client.post("/chat", json={"message": REFUND})
    assert answered.headers["content-type"].startswith("text/event-stream")
    frames = [frame.split("\n", 1) for frame in answered.text.strip().split("\n\n")]
    names = [head.removeprefix("event: ") for head, _ in frames]
    assert [name for name in names if name != "doing"] == ["conversation", "proposal", "done"]
    proposal = json.loads(frames[names.index("proposal")][1].removeprefix("data: "))
    assert proposal["title"] == "refund"
    assert proposal["text"].startswith("/// When a customer asks for a refund.")
