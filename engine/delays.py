"""The progressive delay after failed sign-ins: never a lock that somebody else could put on a person for good."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import text

from engine.database import Database
from engine.errors import BadCredentials

FREE_FAILURES = 3
LONGEST_S = 60.0
FORGET_AFTER_S = 3600


def delay_s(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0, 0, 0, then 1, 2, 4, ... up to a minute."""
    return 0.0 if failures < FREE_FAILURES else min(2.0 ** (failures - FREE_FAILURES), LONGEST_S)


def key_of(email: str, client: str) -> bytes:
    """One counter per address and client, known or not, so that the table tells nobody who exists."""
    return hashlib.sha256(f"{email}\0{client}".encode()).digest()


async def refuse_early(db: Database, key: bytes) -> None:
    """Raises ``BadCredentials`` with ``retry_after`` while the delay lasts."""
    query = text(
        "SELECT failures, extract(epoch FROM clock_timestamp() - last_at)::float8 FROM login_delays WHERE key = :key"
    )
    async with db.platform() as session:
        row: Any = (await session.execute(query, {"key": key})).first()
    if row is None:
        return
    left = delay_s(row[0]) - row[1]
    if left > 0:
        raise BadCredentials(
            "Too many failed sign-ins.", f"Wait {left:.0f} s and try again.", retry_after=max(left, 1.0)
        )


async def count_failure(db: Database, key: bytes) -> None:
    statement = text(
        """
        INSERT INTO login_delays AS d (key, failures) VALUES (:key, 1)
        ON CONFLICT (key) DO UPDATE SET last_at = clock_timestamp(), failures =
            CASE WHEN d.last_at < clock_timestamp() - make_interval(secs => :forget) THEN 1 ELSE d.failures + 1 END
        """
    )
    async with db.platform() as session:
        await session.execute(statement, {"key": key, "forget": FORGET_AFTER_S})


async def forget(db: Database, key: bytes) -> None:
    async with db.platform() as session:
        await session.execute(text("DELETE FROM login_delays WHERE key = :key"), {"key": key})
