"""``weft redeploy``: new code or settings for the engine that runs, while runs and requests go on.

The database's tables come first, since new code may need them; then the engine's host is asked (SIGHUP), and this waits
until it has an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time

import psutil

from deploy import children, local
from deploy.desk import databases_here
from deploy.failure import Failure
from deploy.home import Home
from engine.serving.redeploying import Redeploy

LOOK_S = 0.2


def main(options: argparse.Namespace) -> int:
    home = Home.of(os.environ)
    pid = _host(home)
    before = Redeploy.last(home.path)
    asyncio.run(_prepare(home))
    os.kill(pid, signal.SIGHUP)
    redeploy = _answer(home, pid, before, options.timeout)
    if redeploy.state == "failed":
        raise Failure(
            f"The redeploy failed; what ran before goes on. {redeploy.message}",
            redeploy.help or f"More is in {local.relative(home.logs / 'engine.log')!r}.",
        )
    print(f"The engine runs the code and the settings of now ({redeploy.seconds:g} s); no run was stopped.")
    return 0


def _host(home: Home) -> int:
    record = home.read_record()
    owner = record.get("up")
    mark = next((mark for mark in record.get("children", []) if mark["name"] == "engine"), None)
    if not owner or not children.alive(owner) or mark is None:
        raise Failure(
            "No engine of this installation runs, so there is nothing to replace.",
            "Start it with ./weft up; it takes the code and the settings of that moment.",
        )
    if not children.alive(mark):
        raise Failure(
            "The engine is just being started again.", "It takes the code of now; wait until it is ready."
        )
    return int(mark["pid"])


async def _prepare(home: Home) -> None:
    async with databases_here(home):
        pass


def _answer(home: Home, pid: int, before: Redeploy, timeout_s: float) -> Redeploy:
    """The redeploy that was asked for, once it is over; one that was going on already counts up to its end."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        now = Redeploy.last(home.path)
        if now.number > before.number and now.state != "running":
            return now
        if not psutil.pid_exists(pid):
            raise Failure("The engine ended meanwhile.", "./weft up starts it again, with the code of now.")
        time.sleep(LOOK_S)
    raise Failure(
        f"The redeploy is not over after {timeout_s:g} s; it goes on.",
        f"The engine's log says how it went: {local.relative(home.logs / 'engine.log')}",
    )
