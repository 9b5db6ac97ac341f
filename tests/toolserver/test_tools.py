"""The designer's tools as another agent uses them: the SDK's client, over HTTP on loopback, on a real database."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared._httpx_utils import create_mcp_http_client
from sqlmodel import func, select

from engine import models, tables, tokens
from engine.actor import Actor
from engine.database import Database, Urls
from engine.people import ensure_workspace
from engine.policy import set_policy
from engine.sample_policy import SAMPLE_POLICY
from engine.settings import Settings
from studio.designer import ModelWriter
from studio.designer.scripted import Say, ScriptedModel
from studio.toolserver import OFFERS, ToolServer, writer_for
from tests.designer.catalogs import SHOP
from tests.designer.test_agent import GOOD
from tests.designer.test_exchange import pinned
from tests.designer.test_requests import REFUND


@dataclass
class Door:
    url: str
    db: Database
    actor: Actor
    settings: Settings

    async def bearer(self, role: str = "admin") -> str:
        """Of somebody of this role; the workspace's first person is its admin."""
        actor = self.actor
        if role != "admin":
            async with self.db.account(actor) as session:
                user = tables.User(
                    account_id=actor.account_id,
                    email=f"{secrets.token_hex(4)}@example.com",
                    name=role,
                    role=role,
                )
                session.add(user)
                await session.flush()
                actor = Actor(
                    account_id=actor.account_id, user_id=user.id, email=user.email, name=role, role=role
                )
        return (await tokens.issue_tokens(self.db, self.settings, actor)).access

    @asynccontextmanager
    async def client(self, role: str = "admin") -> AsyncIterator[Client]:
        headers = {"authorization": f"Bearer {await self.bearer(role)}"}
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(self.url, http_client=http)) as client,
        ):
            yield client


@pytest.fixture
async def door(owner_url: str, db: Database, urls: Urls, tmp_path: Path) -> AsyncIterator[Door]:
    owner = await Database.open(owner_url)
    actor, _ = await ensure_workspace(
        owner, name=f"w{secrets.token_hex(3)}", email=f"{secrets.token_hex(3)}@example.com"
    )
    await owner.close()
    async with db.account(actor) as session:
        session.add_all(pinned(actor, connector) for connector in SHOP.connectors.values())
    await set_policy(db, actor, SAMPLE_POLICY)
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    settings = Settings.from_environment(
        {"WEFT_APP_URL": urls.app, "WEFT_KEY_FILE": str(key), "WEFT_HOME": str(tmp_path)}
    )
    async with served(ToolServer(db, settings, writer_for)) as url:
        yield Door(url, db, actor, settings)


@asynccontextmanager
async def served(tools: ToolServer) -> AsyncIterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(tools, lifespan="off", log_level="warning", access_log=False))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        await serving
        await tools.close()


async def test_an_agent_designs_edits_and_checks_a_workflow_and_nothing_is_saved(door: Door) -> None:
    async with door.client() as client:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == [offer.name for offer in OFFERS]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed.tools)
        made = await client.call_tool("design_workflow", {"request": REFUND})
        assert not made.is_error
        first = made.structured_content
        assert first["outcome"] == "proposal" and "shop.process_refund" in first["text"]
        assert first["explanation"] and not [d for d in first["diagnostics"] if d["severity"] == "error"]
        asked = {"text": first["text"], "request": "raise the threshold to 250"}
        edited = (await client.call_tool("edit_workflow", asked)).structured_content
        assert edited["outcome"] == "proposal", edited["says"]
        assert "250" in edited["text"] and edited["safety"] and edited["changes"]
        checked = (await client.call_tool("check_workflow", {"text": edited["text"]})).structured_content
        assert checked["sound"] and checked["explanation"] == edited["explanation"]
        broken = (await client.call_tool("check_workflow", {"text": "workflow x {"})).structured_content
        assert not broken["sound"] and broken["diagnostics"][0]["code"] == "E001"
    async with door.db.account(door.actor) as session:
        for table in (tables.Workflow, tables.Conversation, tables.Message):
            assert (await session.exec(select(func.count()).select_from(table))).one() == 0


async def test_somebody_who_may_only_look_may_check_and_not_design(door: Door) -> None:
    async with door.client("viewer") as client:
        refused = await client.call_tool("design_workflow", {"request": REFUND})
        assert refused.is_error and "Your role 'viewer' may not do this." in refused.content[0].text
        refused = await client.call_tool("edit_workflow", {"text": "workflow x { }", "request": REFUND})
        assert refused.is_error
        assert not (await client.call_tool("check_workflow", {"text": "workflow x { }"})).is_error


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer nothing"}, {"cookie": "weft_session=x"}])
async def test_without_a_token_of_the_api_nobody_comes_in(door: Door, header: dict[str, str]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(door.url, json=body, headers={"accept": "application/json", **header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_model_that_answers_in_words_is_words_and_one_that_is_gone_is_an_error(door: Door) -> None:
    from engine.model import ModelSettings, open_model

    async with ScriptedModel([Say("Which order do you mean?"), Say(GOOD)]) as script:
        model = open_model(ModelSettings(script.url, ("scripted",)))
        assert model is not None

        async def writer_of(db: Database, actor: Actor) -> tuple[ModelWriter, str]:
            return ModelWriter(model), ""

        tools = ToolServer(door.db, door.settings, writer_of)
        async with served(tools) as url:
            here = Door(url, door.db, door.actor, door.settings)
            async with here.client() as client:
                asked = (
                    await client.call_tool("design_workflow", {"request": "Refund it"})
                ).structured_content
                assert (asked["outcome"], asked["says"], asked["text"]) == (
                    "words",
                    "Which order do you mean?",
                    "",
                )
                made = (await client.call_tool("design_workflow", {"request": "Greet"})).structured_content
                assert made["outcome"] == "proposal"
                await script.__aexit__(None, None, None)
                gone = await client.call_tool("design_workflow", {"request": "Greet"})
                assert gone.is_error and "scripted" in gone.content[0].text


async def test_tools_that_do_not_start_are_told_and_the_next_request_starts_them(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = StreamableHTTPSessionManager.run

    def broken(self: StreamableHTTPSessionManager) -> Any:
        monkeypatch.setattr(StreamableHTTPSessionManager, "run", run)
        raise RuntimeError("no task group")

    monkeypatch.setattr(StreamableHTTPSessionManager, "run", broken)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    head = {"accept": "application/json", "authorization": f"Bearer {await door.bearer()}"}
    async with httpx2.AsyncClient(timeout=5) as http:
        answer = await http.post(door.url, json=body, headers=head)
    assert (answer.status_code, answer.json()["title"]) == (503, "Unavailable")
    async with door.client() as client:
        assert len((await client.list_tools()).tools) == len(OFFERS)


async def test_where_the_key_of_the_model_does_not_open_the_rules_answer_and_say_so(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1:9")
    for name in ("before", "restored"):
        (tmp_path / name).write_text(secrets.token_hex(32))
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "before"))
    form = models.Form("Ours", "local", "http://127.0.0.1:9/v1", "m", key="k")
    await models.add_model(door.db, door.actor, form)
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "restored"))
    async with door.client() as client:
        made = await client.call_tool("design_workflow", {"request": REFUND})
    assert not made.is_error
    assert made.structured_content["outcome"] == "proposal"
    assert "built-in designer answered" in made.structured_content["says"]
    assert "key file" in made.structured_content["says"]
