"""A server that misbehaves on request. `--stdio`, or HTTP on a free port that it prints."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import Annotated, Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Number(BaseModel):
    number: int


def odd() -> MCPServer[Any]:
    server = MCPServer[Any]("odd", log_level="ERROR")

    @server.tool()
    async def wait(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    @server.tool()
    async def die() -> str:
        os._exit(9)

    @server.tool()
    async def big(characters: int) -> str:
        return "x" * characters

    @server.tool(structured_output=False)
    async def text() -> str:
        return "only text"

    @server.tool(structured_output=False)
    async def crash() -> str:
        raise RuntimeError("a secret detail")

    @server.tool()
    async def environment() -> dict[str, str]:
        return dict(os.environ) | {"(folder)": os.getcwd()}

    @server.tool()
    async def process() -> dict[str, int]:
        return {"pid": os.getpid()}

    @server.tool()
    async def perhaps() -> Annotated[CallToolResult, Number]:
        told = {"code": "gateway_timeout", "message": "maybe", "outcome": "unknown"}
        content = [TextContent(type="text", text="maybe")]
        return CallToolResult(content=content, structured_content=told, is_error=True)

    return server


class Old:
    """A server of the time before the stateless protocol: it wants a handshake and keeps sessions."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        version = dict(scope.get("headers", ())).get(b"mcp-protocol-version", b"")
        if version >= b"2026":
            await PlainTextResponse("unsupported protocol version", 400)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def main() -> None:
    server = odd()
    if "--stdio" in sys.argv:
        server.run("stdio")
        return
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    print(listener.getsockname()[1], flush=True)
    # Event streams and sessions, unlike the samples: the other half of the transport.
    app: ASGIApp = server.streamable_http_app(json_response="--json" in sys.argv)
    if "--old" in sys.argv:
        app = Old(app)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


if __name__ == "__main__":
    main()
