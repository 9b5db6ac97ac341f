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


async def take(db: Database, key: bytes) -> None:
    """Counts an attempt as failed before its password is looked at; ``forget`` takes that back. So of many at the same
    moment no more go on than of as many in a row. Raises ``BadCredentials`` with ``retry_after`` while the delay lasts.
    """
    async with db.platform() as session:
        row: Any = (await session.execute(_TAKE, {"key": key, "forget": FORGET_AFTER_S})).first()
        if row is not None:
            return
        row = (await session.execute(_LEFT, {"key": key})).first()
    left = 0.0 if row is None else delay_s(row[0]) - row[1]
    raise BadCredentials(
        "Too many failed sign-ins.", f"Wait {max(left, 1.0):.0f} s and try again.", retry_after=max(left, 1.0)
    )


# The row's lock makes attempts at the same moment wait for each other; the condition is looked at after the wait.
_TAKE = text(
    f"""
    INSERT INTO login_delays AS d (key, failures, last_at) VALUES (:key, 1, clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET last_at = clock_timestamp(), failures =
        CASE WHEN d.last_at < clock_timestamp() - make_interval(secs => :forget) THEN 1 ELSE d.failures + 1 END
    WHERE d.failures < {FREE_FAILURES} OR d.last_at <= clock_timestamp()
        - make_interval(secs => least(2.0 ^ least(d.failures - {FREE_FAILURES}, 20), {LONGEST_S}))
    RETURNING d.failures
    """
)
_LEFT = text(
    "SELECT failures, extract(epoch FROM clock_timestamp() - last_at)::float8 FROM login_delays WHERE key = :key"
)


async def forget(db: Database, key: bytes) -> None:
    async with db.platform() as session:
        await session.execute(text("DELETE FROM login_delays WHERE key = :key"), {"key": key})
