"""A stdio server that answers as no server should, on request; and ``quick``, which answers as it should.

What the SDK would not let out is written to standard output by hand, in the place of the call's answer."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any

from mcp.server.mcpserver import Context, MCPServer

MB = 1024 * 1024
# The SDK puts its own standard output out of reach of prints.
WIRE = os.dup(1)
ONE_AT_A_TIME = threading.Lock()


def answer(context: Context[Any, Any], text: bytes) -> None:
    """The call's answer, with ``text`` as its structured content."""
    head = (
        b'{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","content":[],"structuredContent":'
        % context.request_id.encode()
    )
    rest = memoryview(head + text + b',"isError":false}}\n')
    with ONE_AT_A_TIME:
        while rest:
            rest = rest[os.write(WIRE, rest) :]


async def instead(context: Context[Any, Any], text: bytes) -> None:
    await asyncio.to_thread(answer, context, text)
    await asyncio.Event().wait()


def poison() -> MCPServer[Any]:
    server = MCPServer[Any]("poison", log_level="CRITICAL")

    @server.tool()
    async def quick(n: int = 0) -> dict[str, int]:
        while ONE_AT_A_TIME.locked():  # the SDK would write its answer into the midst of the other  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return {"n": n}

    @server.tool()
    async def segfault() -> str:
        os.kill(os.getpid(), signal.SIGSEGV)
        return "never"

    @server.tool(structured_output=False)
    async def huge(context: Context[Any, Any], megabytes: int) -> str:
        await instead(context, b'{"text":"' + b"x" * (megabytes * MB) + b'"}')
        return "never"

    @server.tool(structured_output=False)
    async def deep(context: Context[Any, Any]) -> str:
        await instead(context, b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
        return "never"

    @server.tool(structured_output=False)
    async def surrogate(context: Context[Any, Any]) -> str:
        await instead(context, b'{"text":"\\ud800"}')
        return "never"

    @server.tool(structured_output=False)
    async def bytes_(context: Context[Any, Any]) -> str:
        await instead(context, b'{"text":"\xff\xfe"}')
        return "never"

    @server.tool(structured_output=False)
    async def nan(context: Context[Any, Any]) -> str:
        await instead(context, b'{"number":NaN}')
        return "never"

    @server.tool(structured_output=False)
    async def nul(context: Context[Any, Any]) -> str:
        await instead(context, b'{"text":"\\u0000"}')
        return "never"

    @server.tool()
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    return server


if __name__ == "__main__":
    poison().run("stdio")
