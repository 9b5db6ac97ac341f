"""A courier that is killed right after a message was sent, before it is marked: ``python -m ... URL``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from engine.notifying.courier import Courier, CourierSettings


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str) -> None:
    courier = Courier(url, CourierSettings(poll_s=0.05), die)
    courier.open()
    await asyncio.sleep(30)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
