"""A runner as a process of its own: ``python -m engine.runner``."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal

import psycopg

from engine.effects import Tools
from engine.runner.runner import Runner, RunnerSettings
from engine.telemetry import logs

log = logging.getLogger(__name__)


def spare_the_collector() -> None:
    """For a process that does nothing but run: what was imported stays, and what a step leaves behind is freed by
    counting. Looking for cycles after every 700 objects cost a third of a run's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def serve(url: str, tools: Tools | None = None) -> None:
    """Until SIGTERM or SIGINT."""
    spare_the_collector()
    runner = Runner(url, RunnerSettings.from_environment(), tools)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await runner.open()
    log.info("runner %s is up", runner.id)
    while runner.alive and not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await stopping.wait()
    await runner.stop()
    if not stopping.is_set():
        raise SystemExit("the runner has stopped by itself")


def main(tools: Tools | None = None) -> int:
    logs.configure()
    url = os.environ.get("WEFT_RUNNER_URL", "")
    if not url:
        print("WEFT_RUNNER_URL is not set. Start with ./weft up, or set it to the database's address.")
        return 2
    try:
        asyncio.run(serve(url, tools))
    except psycopg.OperationalError as error:
        print(f"The database does not answer: {error}")
        return 1
    return 0
