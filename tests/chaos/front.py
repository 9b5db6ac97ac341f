"""The HTTP API of the trial as a process of its own. ``python -m tests.chaos.front PORT``."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from engine.api import api
from engine.database import Database
from engine.errors import Unavailable
from engine.settings import Settings

AGAIN_S = 0.2


async def _opened(url: str) -> Database:
    """It may be started while the database is away."""
    while True:
        with contextlib.suppress(Unavailable):
            return await Database.open(url)
        await asyncio.sleep(AGAIN_S)


def application() -> FastAPI:
    settings = Settings.from_environment()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        db = await _opened(settings.app_url)
        app.mount("/api", api(db, settings))
        yield
        await db.close()

    return FastAPI(lifespan=life, openapi_url=None)


if __name__ == "__main__":
    uvicorn.run(
        application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
