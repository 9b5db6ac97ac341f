"""The trace goes on where a call leaves the house: to MCP servers and to providers of models; and it comes in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from mcp.server.mcpserver import Context, MCPServer

from connectors import HttpToolset
from connectors.tracing import TRACEPARENT
from engine.database import Database
from engine.model import ChatModel, Message, ModelSettings
from engine.settings import Settings
from studio.designer.scripted import Say, ScriptedModel
from tests.engine_store.conftest import (
    Workspace,
    application,
    bearer,
    client,
    make_workspace,
    owner,
    settings,
    workspace,
)

__all__ = ["application", "client", "make_workspace", "owner", "settings", "workspace"]

ONE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TWO = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def mcp_server(seen: list[tuple[str | None, str | None]]) -> AsyncIterator[str]:
    """One tool, ``say``; of every call the header and the ``_meta`` are kept."""
    server = MCPServer("said", log_level="ERROR")

    @server.tool()
    async def say(text: str, context: Context) -> str:
        return text

    app = server.streamable_http_app()

    async def kept(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = json.loads(body)
        if asked.get("method") == "tools/call":
            header = dict(scope["headers"]).get(b"traceparent")
            meta = asked["params"].get("_meta", {}).get("traceparent")
            seen.append((None if header is None else header.decode(), meta))
        sent = False

        async def again() -> Any:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body}

        await app(scope, again, send)

    running = Server(uvicorn.Config(kept, port=0, log_config=None, access_log=False))
    task = asyncio.create_task(running.serve())
    await running.up.wait()
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        running.should_exit = True
        await asyncio.wait({task}, timeout=10)


async def test_an_mcp_server_gets_the_trace_of_the_very_call_also_when_two_go_at_once() -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def traced(toolset: HttpToolset, header: str | None) -> None:
        TRACEPARENT.set(header)
        await toolset.call("say", {"text": "x"}, key="k", timeout_s=20)

    async with mcp_server(seen) as url:
        toolset = HttpToolset("said", url, open_seconds=30)
        await toolset.open()
        await asyncio.gather(traced(toolset, ONE), traced(toolset, TWO))
        await asyncio.create_task(traced(toolset, None))
        await toolset.close()
    assert sorted(seen[:2]) == [(TWO, TWO), (ONE, ONE)] and seen[2] == (None, None)


async def test_a_provider_of_models_gets_the_trace() -> None:
    async with ScriptedModel([Say("one"), Say("two")]) as server:
        model = ChatModel(ModelSettings(server.url, ("m",)).entries())
        TRACEPARENT.set(ONE)
        await model.turn([Message("user", "u")])
        TRACEPARENT.set(None)
        await model.turn([Message("user", "u")])
    assert [head.get("traceparent") for head in server.heads] == [ONE, None]


@pytest.mark.parametrize(("header", "kept"), [(ONE, ONE), ("nonsense", None)])
async def test_a_request_to_start_a_run_brings_its_trace(
    header: str,
    kept: str | None,
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    owner: Database,
) -> None:
    from sqlalchemy import text

    headers = {**await bearer(db, settings, workspace.people["operator"]), "traceparent": header}
    started = await client.post(
        f"/workflows/{workspace.workflow_id}/runs", json={"input": {"order_id": "A-1"}}, headers=headers
    )
    async with owner.platform() as session:
        query = text("SELECT traceparent FROM runs WHERE id = :id")
        assert (await session.execute(query, {"id": started.json()["run_id"]})).scalar_one() == kept
