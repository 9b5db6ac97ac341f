"""A TCP proxy that can lose an answer: the request gets through and is done, and whoever asked never learns of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


class Proxy:
    """``to`` is the port on loopback behind it, which may be closed at times. ``lose(n)``: the next n answers are
    swallowed, and their connections reset."""

    def __init__(self, to: Callable[[], int]) -> None:
        self._to = to
        self._server: asyncio.Server | None = None
        self._left = 0
        self.lost = 0
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def lose(self, answers: int) -> None:
        self._left = answers

    def heal(self) -> None:
        self._left = 0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to())
        except OSError:
            writer.close()
            return
        asks = asyncio.create_task(self._pass(reader, far_writer, loses=False))
        answers = asyncio.create_task(self._pass(far_reader, writer, loses=True))
        # Cancelled only when the trial is over: then the connection ends like any other.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait((asks, answers), return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            with contextlib.suppress(OSError, RuntimeError):
                end.transport.abort() if answers.done() and not asks.done() else end.close()
        for task in (asks, answers):
            task.cancel()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, loses: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if loses and self._left > 0:
                    self._left -= 1
                    self.lost += 1
                    return
                writer.write(data)
                await writer.drain()
