"""Schedulers by hand: schedules that are due at a given moment, and turns without waiting for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from engine.triggers.scheduler import Scheduler, SchedulerSettings


@dataclass(frozen=True)
class Ground:
    """``owner`` sees and changes everything; ``runner_url`` is a runner's."""

    owner: psycopg.Connection[Any]
    runner_url: str

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.owner.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any:
        (row,) = self.rows(query, *values)
        return row if len(row) > 1 else row[0]

    def due(self, trigger_id: UUID, seconds_ago: float = 0.0) -> datetime:
        """Its moment was then."""
        moment = "date_trunc('second', clock_timestamp() - make_interval(secs => %s))"
        query = f"UPDATE triggers SET next_at = {moment} WHERE id = %s RETURNING next_at"
        found: datetime = self.one(query, seconds_ago, trigger_id)
        return found

    def runs(self, trigger_id: UUID) -> list[tuple[str, str, Any]]:
        """``(trigger, occasion, input)`` of each, by occasion."""
        rows = self.rows(
            "SELECT trigger, idempotency_key, input FROM runs WHERE trigger_id = %s ORDER BY 2", trigger_id
        )
        return [(kind, key.removeprefix(f"trigger:{trigger_id}:"), input) for kind, key, input in rows]

    @asynccontextmanager
    async def turning(
        self, watch: Callable[[str], None] = lambda where: None, most: int = 50
    ) -> AsyncIterator[Callable[[], Any]]:
        """A scheduler on a connection: each call is a turn."""
        scheduler = Scheduler(self.runner_url, SchedulerSettings(most=most), watch)
        async with await psycopg.AsyncConnection.connect(self.runner_url, autocommit=True) as connection:
            yield lambda: scheduler.turn(connection)

    async def turn(self) -> None:
        async with self.turning() as turn:
            await turn()
