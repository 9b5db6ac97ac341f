"""A model server that follows a script: the OpenAI protocol over real HTTP on loopback, for tests and demonstrations.

It answers the n-th request with the n-th line of its script (the last line again when the script is over) and keeps
what it was asked. ``python -m studio.designer.scripted ANSWER.txt ...`` serves files as answers.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class Say:
    """A whole answer, streamed in pieces of ``piece`` characters."""

    text: str
    piece: int = 12


@dataclass(frozen=True, slots=True)
class Use:
    """The model asks for tools: pairs of a name and its arguments as text."""

    calls: tuple[tuple[str, str], ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class BreakOff:
    """Half an answer: the connection closes in the middle of the stream."""

    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """An error of the server's: 401, 429, 500."""

    code: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Takes the request and never answers."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """A stream that is no JSON."""


Line: TypeAlias = Say | Use | BreakOff | Status | Silence | Garbage


@dataclass
class ScriptedModel:
    """``async with ScriptedModel([Say("...")]) as server:``; ``server.url`` is its address, ``requests`` the bodies,
    ``heads`` the headers."""

    script: Sequence[Line]
    requests: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> ScriptedModel:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
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
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            (
                int(line.split(":")[1])
                for line in head.splitlines()
                if line.lower().startswith("content-length")
            ),
            0,
        )
        body = json.loads(await reader.readexactly(length)) if length else {}
        line = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(body)
        pairs = (line.partition(": ") for line in head.splitlines()[1:])
        self.heads.append({name.lower(): value for name, _, value in pairs if name})
        match line:
            case Status(code):
                await _error(writer, code)
            case Silence():
                await reader.read(1)
            case Garbage():
                await _begin(writer)
                await _chunk(writer, "data: {this is not json\n\n")
                await _end(writer)
            case BreakOff(text):
                await _begin(writer)
                await _chunk(writer, _event(body, text[: len(text) // 2], None))
            case Say(text, piece):
                await _begin(writer)
                for start in range(0, len(text), piece):
                    await _chunk(writer, _event(body, text[start : start + piece], None))
                await _chunk(writer, _event(body, "", "stop"))
                await _chunk(writer, _usage(body, text))
                await _chunk(writer, "data: [DONE]\n\n")
                await _end(writer)
            case Use(calls, text):
                await _begin(writer)
                await _chunk(writer, _event(body, text, None))
                for number, (name, arguments) in enumerate(calls):
                    await _chunk(writer, _wanted(body, number, len(self.requests), name, arguments))
                await _chunk(writer, _event(body, "", "tool_calls"))
                await _chunk(writer, _usage(body, text + "".join(arguments for _, arguments in calls)))
                await _chunk(writer, "data: [DONE]\n\n")
                await _end(writer)
            case _:
                assert_never(line)


async def _begin(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )
    await writer.drain()


async def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    data = text.encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    await writer.drain()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _error(writer: asyncio.StreamWriter, code: int) -> None:
    body = json.dumps({"error": {"message": "scripted", "type": "scripted", "code": None}}).encode()
    head = f"HTTP/1.1 {code} Scripted\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
    await writer.drain()


def _event(body: dict[str, Any], text: str, finish: str | None) -> str:
    delta = {"role": "assistant", "content": text} if text else {}
    return _data(body, [{"index": 0, "delta": delta, "finish_reason": finish}])


def _wanted(body: dict[str, Any], number: int, turn: int, name: str, arguments: str) -> str:
    function = {"name": name, "arguments": arguments}
    call = {"index": number, "id": f"call_{turn}_{number}", "type": "function", "function": function}
    return _data(
        body, [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": None}]
    )


def _usage(body: dict[str, Any], text: str) -> str:
    asked = sum(len(str(m.get("content", ""))) for m in body.get("messages", ())) // 4
    said = len(text) // 4
    usage = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
    return _data(body, [], usage)


def _data(body: dict[str, Any], choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> str:
    chunk = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body.get("model", "scripted"),
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(chunk)}\n\n"


async def _main(script: Sequence[Line], port: int) -> None:
    async with ScriptedModel(script, port=port) as server:
        print(f"WEFT_MODEL_URL={server.url} WEFT_MODEL=scripted", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m studio.designer.scripted ANSWER.txt ...")
    asyncio.run(_main([Say(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]], 0))
