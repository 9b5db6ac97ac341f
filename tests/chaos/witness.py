"""The witness: one process that stands for the world outside, and writes down every effect before it says so.

A line of JSON comes in, a line of JSON goes out. Every effect is a line of an append-only file, on the disk (fsync)
before its answer leaves; the file is read again when the witness starts. Tools:

- ``keyed``: does a thing once a key; asked again, it gives the first answer again. That asking again is noted too.
- ``blind``: does the thing every time it is asked.
- ``flaky``: refuses the first ``fails`` requests of a key, then does it once; refusing is no effect.
- ``bad``: always refuses. ``read``: answers, and does nothing.

``delay_s`` in the arguments is how long an answer takes, after the effect.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Effect:
    """``n`` counts the lines of the file from 1. ``new`` False: a keyed tool was asked again and did nothing."""

    n: int
    tool: str
    key: str
    new: bool


def effects(file: Path) -> tuple[Effect, ...]:
    """What a witness has written. A last line without its end was never answered, and does not count."""
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return tuple(Effect(**json.loads(line)) for line in lines)


class Witness:
    def __init__(self, file: Path) -> None:
        self._seen = {effect.key: effect.n for effect in effects(file) if effect.new}
        self._count = len(effects(file))
        self._file = file.open("ab")
        self._asked: Counter[str] = Counter()
        self._fresh = asyncio.Condition()
        self._durable = self._count

    async def serve(self, port: int) -> None:
        """Until SIGTERM."""
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        server = await asyncio.start_server(self._talk, "127.0.0.1", port)
        syncing = asyncio.create_task(self._sync())
        await stopping.wait()
        server.close()
        syncing.cancel()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(**json.loads(line))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answer(self, tool: str, key: str, args: dict[str, Json]) -> Json:
        match tool:
            case "read":
                return {"n": self._count}
            case "bad":
                return {"error": "broken"}
            case "flaky":
                self._asked[key] += 1
                if self._asked[key] <= int(args.get("fails", 1)):
                    return {"error": "unavailable"}
        first = self._seen.get(key)
        number = await self._write(tool, key, tool == "blind" or first is None)
        await asyncio.sleep(float(args.get("delay_s", 0)))
        return {"n": number if first is None or tool == "blind" else first}

    async def _write(self, tool: str, key: str, new: bool) -> int:
        """The number of the line once it is on the disk. One fsync serves all who wait for it."""
        self._count += 1
        number = self._count
        if new:
            self._seen.setdefault(key, number)
        line = {"n": number, "tool": tool, "key": key, "new": new}
        self._file.write(json.dumps(line).encode() + b"\n")
        async with self._fresh:
            self._fresh.notify_all()
            await self._fresh.wait_for(lambda: self._durable >= number)
        return number

    async def _sync(self) -> None:
        while True:
            async with self._fresh:
                await self._fresh.wait_for(lambda: self._count > self._durable)
            reached = self._count
            self._file.flush()
            await asyncio.to_thread(os.fsync, self._file.fileno())
            async with self._fresh:
                self._durable = reached
                self._fresh.notify_all()


if __name__ == "__main__":
    asyncio.run(Witness(Path(sys.argv[1])).serve(int(sys.argv[2])))
