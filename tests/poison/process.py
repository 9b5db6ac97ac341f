"""A runner process as in earnest, over connectors of its operator: ``odd``, ``frail`` and ``calm`` are stdio servers
(see ``tests.poison.server``), ``own`` are tools in the process itself. Its model asks for a tool in every turn.

With ``TOGETHER`` in the environment suspects are claimed like everybody else: the control. With ``KEEP`` another
begins whenever it has died."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from connectors import ConnectorSpec, Pool, Registry
from engine import lease, runner
from engine.model import Part, ToolSpec, ToolUse, Turn
from engine.runner import Runner, RunnerSettings
from engine.suspects import MAY_BE_TAKEN
from tests.poison.menu import MOST_ATTEMPTS

ROOT = Path(__file__).resolve().parents[2]
Json = Any


class Tools:
    def __init__(self) -> None:
        registry = Registry()
        for name in ("odd", "frail", "calm"):
            transport = {
                "kind": "stdio",
                "command": [sys.executable, "-m", "tests.poison.server"],
                "environment": {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            }
            registry.put_operator(name, ConnectorSpec.model_validate({"name": name, "transport": transport}))
        self._pool = Pool(registry)

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Json:
        if connector != "own":
            return (await self._pool.call(connector, tool, args, key=key, timeout_s=timeout_s)).unwrap()
        await asyncio.sleep(float(args.get("seconds", 0)))
        if tool == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return {"n": args.get("n", 0)}

    async def close(self) -> None:
        await self._pool.close()


class Endless:
    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        return Turn("", (ToolUse("again", tools[0].name, "{}"),), "m", 1, 1, 0.0, True)


async def main() -> None:
    settings = replace(RunnerSettings.from_environment(), most_attempts=MOST_ATTEMPTS)
    tools = Tools()
    one = Runner(os.environ["WEFT_RUNNER_URL"], settings, tools, models=Endless())
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await one.open()
    await stopping.wait()
    await one.stop()
    await tools.close()


def keep() -> None:
    """As a supervisor does. Returns in each new process: forked, since its imports take seconds."""
    while (child := os.fork()) != 0:

        def stop(*_: object, child: int = child) -> None:
            os.kill(child, signal.SIGKILL)
            raise SystemExit

        signal.signal(signal.SIGTERM, stop)
        os.waitpid(child, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    if "TOGETHER" in os.environ:
        assert MAY_BE_TAKEN in lease.CLAIM
        lease.CLAIM = lease.CLAIM.replace(MAY_BE_TAKEN, "true")
    if "KEEP" in os.environ:
        keep()
    runner.spare_the_collector()
    asyncio.run(main())
