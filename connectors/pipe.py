"""Messages to and from a server that we start, a line each; no line of theirs can hurt us.

The SDK's own transport reads a line of any length into memory, and lets a line that it cannot parse pass, so that
whoever asked waits until the time is up. Here a line that is too long is dropped as it comes, and a line that is no
message (nested too deep, half a surrogate pair, no UTF-8) is answered in the server's place, when it says which
request it would have answered.

The call that a line answers fails as soon as the line is over its limit, when it says whose it is at its beginning, as
most do. The rest is read slowly: while the pipe is full the server sleeps, so that other runs hardly notice. Whoever
else has called this very server waits meanwhile, each for as long as its own time limit. A server that goes on and on
is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, jsonrpc_message_adapter

from connectors.precedence import give_way
from connectors.session import undelivered
from connectors.tool import Json

logger = logging.getLogger(__name__)

LINE_BYTES = 8 * 1024 * 1024 + 64 * 1024
"""The longest line that is read: the largest result, and the message around it."""

DRAINED_BYTES_A_S = 16 * 1024 * 1024
"""How fast the rest of a line is read that is too long."""
MOST_DRAINED_BYTES = 256 * 1024 * 1024
"""Of one line; the server that writes a longer one is ended."""

_TOO_LARGE = f"the answer is larger than {LINE_BYTES:,} bytes"
_CHUNK = 256 * 1024
_PIPE_BYTES = 1024 * 1024
_ENDS = 512
_GRACE_S = 2.0
_ID = rb'"id"\s*:\s*(\d{1,18}|"(?:[^"\\]|\\.){0,200}")\s*'
_VERSION = rb'"jsonrpc"\s*:\s*"2\.0"\s*'
_START = rb"\s*\{\s*(?:" + _VERSION + rb",\s*)?"
_SAID = rb'"(?:result|error)"'
# Which request a message answers is said before what is answered, or after it.
_FIRST = re.compile(_START + _ID + rb",\s*" + _SAID)
_ANSWER = re.compile(_START + _SAID)
_LAST = re.compile(rb",\s*" + _ID + rb"(?:,\s*" + _VERSION + rb")?\}\s*$")


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line of `size` bytes of which only the ends were kept."""

    head: bytes
    tail: bytes
    size: int


class Lines:
    """Cuts a stream of bytes into lines. Holds at most `most` bytes, however long a line is."""

    def __init__(self, most: int = LINE_BYTES) -> None:
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._head = self._tail = b""

    @property
    def over(self) -> TooLong | None:
        """The line at hand, so far, once it is too long."""
        return None if self._size <= self._most else TooLong(self._head, self._tail, self._size)

    def feed(self, chunk: bytes) -> Iterator[bytes | TooLong]:
        """The lines that end in this piece."""
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._add(chunk[start:end])
            line = self.over or b"".join(self._parts)
            self._begin()
            start = end + 1
            yield line
        self._add(chunk[start:])

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        # The ends are kept as they come: putting millions of bytes together for them would hold everybody up.
        self._head += piece[: _ENDS - len(self._head)]
        self._tail = (self._tail + piece[-_ENDS:])[-_ENDS:]
        if self._size > self._most:
            self._parts.clear()
        else:
            self._parts.append(piece)


def read(line: bytes | TooLong) -> SessionMessage | Exception:
    """A line as the message that it is; what is none as an answer in the server's place, or as what is wrong."""
    if isinstance(line, TooLong):
        return (
            early(line) or _instead(line.head, line.tail, _TOO_LARGE, "too_large") or ValueError(_TOO_LARGE)
        )
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError as error:
        head, tail = line[:_ENDS], line[-_ENDS:]
        said = "the answer is no JSON that can be read: nested too deep, or not Unicode"
        return _instead(head, tail, said, "invalid_result") or error


def early(line: TooLong) -> SessionMessage | None:
    """What the beginning of a line says about which request it answers, as that answer."""
    return _instead(line.head, b"", _TOO_LARGE, "too_large")


def _instead(head: bytes, tail: bytes, said: str, code: str) -> SessionMessage | None:
    """An error for the request that a line would have answered; None when it tells of none."""
    found = _FIRST.match(head) or (_LAST.search(tail) if _ANSWER.match(head) else None)
    if found is None:
        return None
    number = found.group(1)
    answer: dict[str, Json] = undelivered(said, "unknown", code)
    try:
        answer["id"] = int(number) if number[:1] != b'"' else number[1:-1].decode()
    except UnicodeDecodeError:
        return None
    return SessionMessage(JSONRPCError.model_validate(answer))


@contextlib.asynccontextmanager
async def pipe(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: TextIO
) -> AsyncIterator[TransportStreams]:
    """Start a server and talk to it. It is stopped, with all it has started, when the block is left."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        env=dict(environment),
        cwd=folder,
        start_new_session=True,
        limit=_CHUNK,
        pipesize=_PIPE_BYTES,
    )
    incoming, reading = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    writing, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    stirred = asyncio.Event()
    tasks = (
        asyncio.create_task(_receive(process, incoming)),
        asyncio.create_task(_send(process, outgoing, incoming, stirred)),
        asyncio.create_task(give_way(process.pid, stirred)),
    )
    try:
        yield reading, writing
    finally:
        for stream in (reading, writing):
            stream.close()
        # Shielded: a caller that is cancelled must not leave a process behind; every wait in it is bounded.
        await asyncio.shield(_stop(process, tasks))


async def _receive(
    process: asyncio.subprocess.Process, incoming: MemoryObjectSendStream[SessionMessage | Exception]
) -> None:
    assert process.stdout is not None
    lines, listening, told = Lines(), True, False

    async def tell(message: SessionMessage | Exception) -> None:
        nonlocal listening
        # A server that cannot get rid of its output would not end: what nobody hears is read as well.
        if listening:
            try:
                await incoming.send(message)
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                listening = False

    async with incoming:
        while chunk := await process.stdout.read(_CHUNK):
            for line in lines.feed(chunk):
                if not (told and isinstance(line, TooLong)):
                    await tell(read(line))
                told = False
            if (over := lines.over) is None:
                continue
            if not told and (answer := early(over)) is not None:
                told = True
                await tell(answer)
            if over.size > MOST_DRAINED_BYTES:
                logger.warning(
                    "A server is ended that wrote more than %d bytes in one line.", MOST_DRAINED_BYTES
                )
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                return
            await asyncio.sleep(len(chunk) / DRAINED_BYTES_A_S)


async def _send(
    process: asyncio.subprocess.Process,
    outgoing: MemoryObjectReceiveStream[SessionMessage],
    incoming: MemoryObjectSendStream[SessionMessage | Exception],
    stirred: asyncio.Event,
) -> None:
    assert process.stdin is not None
    try:
        async with outgoing:
            async for one in outgoing:
                text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode() + b"\n")
                stirred.set()
                await process.stdin.drain()
    except OSError:
        incoming.close()  # the session learns that nothing will come any more
    finally:
        process.stdin.close()


async def _stop(process: asyncio.subprocess.Process, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Its input ends; then it is asked to end; then it is ended."""
    receiving, sending, watching = tasks
    watching.cancel()
    await asyncio.wait({sending}, timeout=0.5)
    sending.cancel()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        if await _ended(process):
            break
    await asyncio.wait({receiving}, timeout=0.1)
    receiving.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    process._transport.close()  # type: ignore[attr-defined]  # a descendant may hold the pipe open


async def _ended(process: asyncio.subprocess.Process) -> bool:
    """Looks at the process alone: `wait` also waits for whoever inherited its pipes."""
    end = asyncio.get_running_loop().time() + _GRACE_S
    while process.returncode is None:
        if asyncio.get_running_loop().time() >= end:
            return False
        await asyncio.sleep(0.01)
    return True
