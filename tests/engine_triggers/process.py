"""A scheduler as a process of its own: ``python -m tests.engine_triggers.process URL [POINT N]``.

It says "up" when it listens. With a point of the transaction and a number it ends itself with SIGKILL when it comes to
that point for that time: nothing of it handles that, and what it has not committed is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from engine.triggers.scheduler import Scheduler


async def serve(url: str, point: str, number: int) -> None:
    seen = 0
    up = asyncio.Event()

    def watch(where: str) -> None:
        nonlocal seen
        seen += where == point
        if number and seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    scheduler = Scheduler(url, watch=watch, on_rest=up.set)
    scheduler.open()
    await up.wait()
    print("up", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], *((sys.argv[2], int(sys.argv[3])) if len(sys.argv) > 2 else ("", 0))))
