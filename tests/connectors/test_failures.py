"""What a call says when it goes wrong: which code, and whether the effect may have happened."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from connectors import HttpToolset, MemoryToolset, StdioToolset, ToolError
from connectors.session import SessionToolset
from connectors.streamable import MOST_BYTES
from tests.connectors.odd_server import odd

ROOT = Path(__file__).parents[2]
ODD = [sys.executable, "-m", "tests.connectors.odd_server"]


@contextmanager
def odd_process(*options: str) -> Iterator[int]:
    """The odd server over HTTP; gives its port."""
    process = subprocess.Popen([*ODD, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(params=["http", "http-json", "http-old", "stdio", "memory"])
async def toolset(request: pytest.FixtureRequest) -> AsyncIterator[SessionToolset]:
    match request.param:
        case "stdio":
            made: SessionToolset = StdioToolset("odd", [*ODD, "--stdio"], {"PYTHONPATH": str(ROOT)})
            await made.open()
            yield made
            await made.close()
        case "memory":
            made = MemoryToolset("odd", odd())
            await made.open()
            yield made
            await made.close()
        case _:
            options = {"http": [], "http-json": ["--json"], "http-old": ["--old"]}[request.param]
            with odd_process("0", *options) as port:
                made = HttpToolset("odd", f"http://127.0.0.1:{port}/mcp")
                await made.open()
                yield made
                await made.close()


async def failure(awaitable: Awaitable[Any]) -> tuple[str, str]:
    with pytest.raises(ToolError) as caught:
        await asyncio.wait_for(awaitable, 30)
    return caught.value.code, caught.value.outcome


async def test_a_call_that_takes_too_long_times_out_with_an_unknown_outcome(toolset: SessionToolset) -> None:
    slow = toolset.call("wait", {"seconds": 60}, key=None, timeout_s=0.2)
    assert await failure(slow) == ("timeout", "unknown")
    assert (await toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10)).unwrap() == {"result": "done"}


async def test_a_server_that_dies_during_calls_leaves_each_with_an_unknown_outcome(
    toolset: SessionToolset,
) -> None:
    if isinstance(toolset, MemoryToolset):
        pytest.skip("it would take the test down with it")
    waiting = [
        asyncio.create_task(toolset.call("wait", {"seconds": 60}, key=None, timeout_s=50)) for _ in range(8)
    ]
    assert (await toolset.call("wait", {"seconds": 0.2}, key=None, timeout_s=10)).is_error is False
    assert await failure(toolset.call("die", {}, key=None, timeout_s=10)) == ("unavailable", "unknown")
    assert [await failure(task) for task in waiting] == [("unavailable", "unknown")] * 8
    # A dying process closes its connections one by one; once they are gone nothing can be sent.
    async with asyncio.timeout(10):
        while await failure(toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10)) != (
            "unavailable",
            "not_done",
        ):
            pass
    assert (await toolset.health()).state == "down"


async def test_text_without_structure_is_the_value(toolset: SessionToolset) -> None:
    assert (await toolset.call("text", {}, key=None, timeout_s=10)).value == "only text"


async def test_a_crash_inside_a_tool_is_a_tool_error_without_details(toolset: SessionToolset) -> None:
    result = await toolset.call("crash", {}, key=None, timeout_s=10)
    assert (result.is_error, result.error_code) == (True, "tool_error")
    assert "secret" not in result.message


async def test_a_tool_may_say_itself_that_it_does_not_know(toolset: SessionToolset) -> None:
    result = await toolset.call("perhaps", {}, key=None, timeout_s=10)
    assert (result.error_code, result.message, result.outcome) == ("gateway_timeout", "maybe", "unknown")


async def test_too_large_an_answer_is_refused_and_harms_no_other_call(toolset: SessionToolset) -> None:
    large = toolset.call("big", {"characters": MOST_BYTES}, key=None, timeout_s=25)
    code, outcome = await failure(large)
    assert (code in ("too_large", "unavailable"), outcome) == (True, "unknown")
    assert (await toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10)).unwrap() == {"result": "done"}


async def test_a_refused_connection_means_that_nothing_was_done() -> None:
    with odd_process() as port:
        toolset = HttpToolset("odd", f"http://127.0.0.1:{port}/mcp")
        await toolset.open()
        slow = asyncio.create_task(toolset.call("wait", {"seconds": 0.3}, key=None, timeout_s=10))
        assert (await slow).is_error is False
    try:
        # The server is gone, and with it the connections that were kept open.
        assert await failure(toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10)) in [
            ("unavailable", "not_done")
        ]
        with odd_process(str(port)):
            result = await toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10)
            assert result.unwrap() == {"result": "done"}, "the same client works again without being reopened"
    finally:
        await toolset.close()


@pytest.mark.parametrize(
    ("reply", "code", "outcome"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", "unavailable", "not_done"),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "unavailable",
            "not_done",
        ),
        (
            b"HTTP/1.1 429 Too Many\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
            "unavailable",
            "not_done",
        ),
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "unavailable", "unknown"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: application/json\r\n\r\nhello",
            "invalid_result",
            "unknown",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/html\r\n\r\nhello",
            "unavailable",
            "unknown",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx",
            "unavailable",
            "unknown",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\ncontent-type: application/json\r\n\r\nhalf",
            "unavailable",
            "unknown",
        ),
        (b"", "unavailable", "unknown"),
    ],
)
async def test_what_a_broken_web_server_answers_becomes_a_clear_error(
    reply: bytes, code: str, outcome: str
) -> None:
    def odd_reply(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        """Pass everything on to the real server, except calls of a tool."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                if b"tools/call" in body:
                    writer.write(reply)
                else:
                    onward, back = await asyncio.open_connection("127.0.0.1", port)
                    back.write(head.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + body)
                    writer.write(await onward.read())
                    back.close()
                await writer.drain()
            finally:
                writer.close()

        return serve

    with odd_process("0", "--json") as port:
        server = await asyncio.start_server(odd_reply(port), "127.0.0.1", 0)
        async with server:
            toolset = HttpToolset("odd", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp")
            await asyncio.wait_for(toolset.open(), 20)
            try:
                found = await failure(toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10))
            finally:
                await toolset.close()
    assert found == (code, outcome)


async def test_a_server_that_is_not_there_cannot_be_opened_and_says_what_to_do() -> None:
    toolset = HttpToolset("shop", "http://127.0.0.1:9/mcp")
    with pytest.raises(ToolError) as caught:
        await asyncio.wait_for(toolset.open(), 20)
    await toolset.close()
    assert (caught.value.code, caught.value.outcome) == ("unavailable", "not_done")
    assert "check that its server is running" in caught.value.message


@pytest.mark.parametrize("command", [["no-such-program-anywhere"], [sys.executable, "-c", "print('hello')"]])
async def test_a_command_that_is_no_server_cannot_be_opened(command: list[str]) -> None:
    toolset = StdioToolset("broken", command)
    assert await failure(toolset.open()) == ("unavailable", "not_done")
    await toolset.close()


class Door:
    """A way to a server that can be shut: what is inside stays, nobody else gets in."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def shut(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", self._port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            except OSError:
                pass
            finally:
                sink.close()

        await asyncio.gather(pump(reader, back), pump(onward, writer))


async def test_a_call_that_cannot_connect_leaves_those_under_way_alone() -> None:
    with odd_process("0", "--json") as port:
        door = Door(port)
        toolset = HttpToolset("odd", f"http://127.0.0.1:{await door.open()}/mcp")
        await toolset.open()
        slow = asyncio.create_task(toolset.call("wait", {"seconds": 0.5}, key=None, timeout_s=10))
        await asyncio.sleep(0.1)
        door.shut()
        second = toolset.call("wait", {"seconds": 0}, key=None, timeout_s=10)
        assert await failure(second) == ("unavailable", "not_done")
        assert (await slow).unwrap() == {"result": "done"}
        await toolset.close()


async def test_with_the_bare_client_it_would_end_them_all() -> None:
    """The control, and the reason for `_Delivery`."""
    ended: list[str] = []
    with odd_process("0", "--json") as port:
        door = Door(port)
        with contextlib.suppress(BaseException):
            async with Client(f"http://127.0.0.1:{await door.open()}/mcp") as client:

                async def slow() -> None:
                    try:
                        await client.call_tool("wait", {"seconds": 0.5})
                        ended.append("done")
                    except Exception:
                        ended.append("lost")

                under_way = asyncio.create_task(slow())
                await asyncio.sleep(0.1)
                door.shut()
                with contextlib.suppress(Exception):
                    await client.call_tool("wait", {"seconds": 0})
                await under_way
        await asyncio.wait_for(under_way, 10)
    assert ended == ["lost"]
