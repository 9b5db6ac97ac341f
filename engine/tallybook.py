"""The services' side of ``engine.tallies``: what all processes have counted, added to and read in Postgres."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from engine.database import Database
from engine.tallies import ADD, Tallies, Tally

ADD_BY_THE_API = text(ADD.format(rows=":rows"))
READ = text("SELECT name, labels, bound, n, total FROM tallies ORDER BY name, labels, bound")


async def add(db: Database, tallies: Tallies) -> None:
    """What was counted since the last time. Raises ``Unavailable``."""
    if (rows := tallies.taken()) is not None:
        async with db.platform() as session:
            await session.execute(ADD_BY_THE_API, {"rows": rows})


async def read(db: Database) -> tuple[Tally, ...]:
    """In the order of names, labels and bounds."""
    async with db.platform() as session:
        rows: Iterable[Any] = await session.execute(READ)
        return tuple(Tally(name, tuple(labels), bound, n, total) for name, labels, bound, n, total in rows)
