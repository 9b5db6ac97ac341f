"""What works beside a runner for its whole life, on a connection of its own: begun again whenever it broke."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow

log = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]
Work: TypeAlias = Callable[[Connection], Awaitable[None]]


async def work_on(
    url: str,
    name: str,
    options: str,
    pause_s: float,
    work: Work,
    over: Callable[[], bool] = lambda: False,
) -> None:
    """Until it is cancelled: ``work`` on a connection with these ``options``; after a failure anew, ``pause_s`` later.
    ``over`` is asked whenever ``work`` came to an end: whether that is the end of it all. Nothing that runs depends on
    it."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(
                url,
                autocommit=True,
                connect_timeout=10,
                application_name=f"weft-{name}",
                options=options,
            )
            async with connection:
                await work(connection)
        except psycopg.OperationalError as error:
            log.warning("the %s lost the database: %s", name, error)
        except Exception:
            log.exception("the %s stopped; it begins again", name)
        if over():
            return
        await asyncio.sleep(pause_s)
