"""The server: takes requests off a socket, chooses a line and plays it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeAlias, assert_never

from studio.designer.scripted import anthropic, openai
from studio.designer.scripted.lines import (
    BreakOff,
    CutOff,
    Garbage,
    Line,
    Power,
    Request,
    Say,
    Silence,
    Stall,
    Status,
    Trouble,
    Use,
    Verbatim,
)
from studio.designer.scripted.powers import probed, refused

Script: TypeAlias = Sequence[Line] | Callable[[Request], Line]
"""Lines in order (the last again when they are over), or a function, so that many at once can each get their own."""


class _HungUp(Exception):
    """The client closed the connection before the answer was over."""


@dataclass
class ScriptedModel:
    """``async with ScriptedModel([Say("...")]) as server:``; ``server.url`` is its address for OpenAI's protocol,
    ``server.anthropic_url`` for Anthropic's; ``requests`` the bodies, ``heads`` the headers.

    ``can`` is what it is able to: a request that wants more is refused with 400, or answered as if it had not asked
    (``passes_over``). Probes are answered by what it can and kept in ``probes``; the script does not see them.
    ``hung_up`` is set when a client closes the connection before its answer is over; ``open`` counts those that wait.
    """

    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    can: Collection[Power] = frozenset[Power]({"tools"})
    passes_over: bool = False
    probes: list[dict[str, Any]] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    _played: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def open(self) -> int:
        return len(self._open)

    async def __aenter__(self) -> ScriptedModel:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            request = await self._request(reader)
            line = self._line(request)
            gone = asyncio.create_task(reader.read(1))
            try:
                await _Playing(request, writer, gone).play(line)
            finally:
                gone.cancel()
        except (ConnectionError, _HungUp):
            self.hung_up.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> Request:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        pairs = (line.partition(": ") for line in lines)
        heads = {name.lower(): value for name, _, value in pairs if name}
        length = int(heads.get("content-length", 0))
        body = json.loads(await reader.readexactly(length)) if length else {}
        return Request(self._played, first.split(" ")[1], heads, body)

    def _line(self, request: Request) -> Line:
        no = refused(request, self.can, self.passes_over)
        if (answer := probed(request, self.can)) is not None:
            self.probes.append(request.body)
            return no or answer
        self.requests.append(request.body)
        self.heads.append(request.heads)
        if no is not None:
            return no
        self._played += 1
        if callable(self.script):
            return self.script(request)
        return self.script[min(request.number, len(self.script) - 1)]


@dataclass(frozen=True, slots=True)
class _Playing:
    """One answer. ``gone`` is done when the client has hung up."""

    request: Request
    writer: asyncio.StreamWriter
    gone: asyncio.Task[bytes]

    async def play(self, line: Line) -> None:
        wire = anthropic if self.request.is_anthropic else openai
        request = self.request
        match line:
            case Status(code, retry_after, kind):
                await self._refuse(code, retry_after, wire.refusal(kind))
            case Silence():
                await self._wait(None)
            case Garbage(data):
                await self._begin()
                await self._send(f"data: {data}\n\n")
                await self._end()
            case Verbatim(events):
                await self._begin()
                await self._send(events)
                await self._end()
            case BreakOff(text):
                await self._begin()
                await self._send(*wire.opened(request), *wire.words(request, text[: len(text) // 2]))
            case Stall(text):
                await self._begin()
                await self._send(*wire.opened(request), *wire.words(request, text[: len(text) // 2]))
                await self._wait(None)
            case Trouble(text, kind):
                await self._begin()
                await self._send(*wire.opened(request), *wire.words(request, text), wire.trouble(kind))
                await self._end()
            case CutOff(text):
                await self._begin()
                await self._send(*wire.opened(request), *wire.words(request, text))
                await self._send(*wire.ended(request, "length", text, 0))
                await self._end()
            case Say(text, piece, first_s, pause_s, cached):
                await self._wait(first_s)
                await self._begin()
                await self._send(*wire.opened(request))
                for start in range(0, len(text), piece):
                    if start:
                        await self._wait(pause_s)
                    await self._send(*wire.words(request, text[start : start + piece]))
                await self._send(*wire.ended(request, "end", text, cached))
                await self._end()
            case Use(calls, text, piece):
                await self._begin()
                await self._send(*wire.opened(request), *(wire.words(request, text) if text else ()))
                for place, (name, arguments) in enumerate(calls):
                    cut = [arguments[at : at + piece] for at in range(0, len(arguments), piece)]
                    await self._send(*wire.tool(request, place, name, cut))
                said = text + "".join(arguments for _, arguments in calls)
                await self._send(*wire.ended(request, "tools", said, 0))
                await self._end()
            case _:
                assert_never(line)

    async def _wait(self, seconds: float | None) -> None:
        """Raises ``_HungUp`` when the client goes meanwhile; None: for ever."""
        if self.gone.done():
            raise _HungUp
        if seconds != 0:
            await asyncio.wait({self.gone}, timeout=seconds)
            if self.gone.done():
                raise _HungUp

    async def _begin(self) -> None:
        self.writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
            b"connection: close\r\n\r\n"
        )
        await self.writer.drain()

    async def _send(self, *events: str) -> None:
        for event in events:
            data = event.encode()
            self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()
        await self._wait(0)

    async def _end(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def _refuse(self, code: int, retry_after: str, error: dict[str, Any]) -> None:
        body = json.dumps(error).encode()
        again = f"retry-after: {retry_after}\r\n" if retry_after else ""
        head = (
            f"HTTP/1.1 {code} Scripted\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        )
        self.writer.write(f"{head}{again}connection: close\r\n\r\n".encode() + body)
        await self.writer.drain()
