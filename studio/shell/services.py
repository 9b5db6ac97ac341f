"""The studio's one connection to the engine: opened with the server, used by every page in this process."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.database import Database
from engine.errors import Unavailable
from engine.telemetry import logs

log = logging.getLogger("weft.studio")

_PR_SET_PDEATHSIG = 1

_opened: Database | None = None
_opening = asyncio.Lock()


async def database() -> Database:
    """The open database. A first attempt that failed is made again here. Raises Unavailable."""
    global _opened
    if _opened is None:
        async with _opening:
            if _opened is None:
                _opened = await Database.open(_url())
    return _opened


def _url() -> str:
    url = os.environ.get("WEFT_APP_URL", "")
    if not url:
        raise Unavailable(
            "The studio does not know its database.",
            "Start it with ./weft up, or set WEFT_APP_URL to the application role's Postgres address.",
        )
    return url


def use(db: Database | None) -> None:
    """Takes an open database instead of opening one (tests, and the lifespan's end)."""
    global _opened
    _opened = db


def _end_with_the_server() -> None:
    """A server that is killed must not leave this process, its worker, behind: it would keep the port to itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _spare_the_collector() -> None:
    """What was imported stays, and the tree of an open text is freed by counting. Looking through all of it for cycles
    after every few thousand objects held up whoever was typing for a fifth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@asynccontextmanager
async def lifespan() -> AsyncIterator[None]:
    """Opens with the server. A database that is not there yet does not stop the page from being served."""
    _end_with_the_server()
    logs.configure()
    _spare_the_collector()
    try:
        await database()
    except Unavailable as missing:
        log.warning("%s %s", missing.message, missing.help)
    try:
        yield
    finally:
        if _opened is not None:
            await _opened.close()
            use(None)
