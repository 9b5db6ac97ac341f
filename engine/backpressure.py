"""How many runs an account's queue may hold, without counting them at every start.

A count finds how much room is left, and grants a quarter of it to the starts that follow, for at most ``GRANT_S``: so
the fuller a queue is the closer it is looked at, and an empty one of ten thousand places is counted some thirty times
until it is full. Whoever counts keeps the others from counting until his own start is committed; a full queue is not
counted again before ``COUNT_S`` per place have passed. What is counted are the runs that have not begun.

Every process counts for itself: several may together go over the limit by what they grant, which is little where little
is left.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import text

from engine.database import Database, Session
from engine.errors import QueueFull

GRANT_S = 1.0
COUNT_S = 10e-6
RETRY_S = 5.0

COUNT = text(
    """
    SELECT a.max_queued, (SELECT count(*) FROM (
      SELECT FROM runs r WHERE r.account_id = a.id AND r.rank < 50 AND r.state IN ('queued', 'waiting')
      AND r.due_at IS NOT NULL LIMIT a.max_queued) AS waiting)
    FROM accounts a WHERE a.id = :account
    """
)


@dataclass(slots=True)
class _Room:
    """What this process knows of one account's queue. ``entering``: granted, and perhaps not committed yet."""

    granted: int = 0
    until: float = 0.0
    full_until: float = 0.0
    limit: int = 0
    entering: int = 0
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)


_rooms: WeakKeyDictionary[Database, dict[UUID, _Room]] = WeakKeyDictionary()


class Places:
    """The places of one start, from when it asks for them until it is committed or not."""

    def __init__(self, room: _Room, account_id: UUID, until_end: AsyncExitStack) -> None:
        self._room = room
        self._account_id = account_id
        self._until_end = until_end
        self.taken = 0

    async def take(self, session: Session, runs: int) -> None:
        """Raises ``QueueFull``."""
        room = self._room
        if not self._granted(runs):
            await self._until_end.enter_async_context(room.counting)
            if not self._granted(runs):
                await self._count(session, runs)
        room.granted -= runs
        room.entering += runs
        self.taken += runs

    def _granted(self, runs: int) -> bool:
        return runs <= self._room.granted and time.monotonic() < self._room.until

    async def _count(self, session: Session, runs: int) -> None:
        room = self._room
        if time.monotonic() < room.full_until:
            raise _full(room.limit)
        found: Any = (await session.execute(COUNT, {"account": self._account_id})).one()
        room.limit, queued = found
        free = room.limit - queued - room.entering
        now = time.monotonic()
        if free < runs:
            if free <= 0:
                room.full_until = now + room.limit * COUNT_S
            raise _full(room.limit)
        room.granted, room.until = max(runs, free // 4), now + GRANT_S


@asynccontextmanager
async def places(db: Database, account_id: UUID) -> AsyncIterator[Places]:
    """Around the transaction that starts runs."""
    room = _rooms.setdefault(db, {}).setdefault(account_id, _Room())
    async with AsyncExitStack() as until_end:
        mine = Places(room, account_id, until_end)
        try:
            yield mine
        finally:
            room.entering -= mine.taken


def forget(db: Database, account_id: UUID) -> None:
    """The limit is another one from now on."""
    if (room := _rooms.get(db, {}).get(account_id)) is not None:
        room.granted, room.full_until = 0, 0.0


def _full(limit: int) -> QueueFull:
    many = "1 run" if limit == 1 else f"{limit} runs"
    return QueueFull(
        f"The queue is full: {many} may wait to begin in this workspace.",
        "Nothing was started. Try again in a few seconds, when some have begun.",
        retry_after=RETRY_S,
    )
