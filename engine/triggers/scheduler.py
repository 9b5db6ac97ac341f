"""The scheduler: fires schedules at their moments, and what else was put down to be fired, beside every runner.

On a connection of its own it takes what is due in small transactions (``claims``), then sleeps until the next moment,
a second at most, or until somebody says that there is something new. Of several schedulers each takes what the others
have not locked. A trigger that breaks its transaction is tried alone, and when it breaks that too, its moment is given
up with the reason in its row: it holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

import psycopg

from dsl.plan import PlanTrigger
from engine.beside import Connection, work_on
from engine.triggers import birth
from engine.triggers.claims import NEXT, Claims, Turn
from engine.triggers.firing import next_of

log = logging.getLogger(__name__)

Take: TypeAlias = Callable[[Connection, Turn, int, UUID | None], Awaitable[None]]

OPTIONS: Final = (
    "-c lock_timeout=5000 -c statement_timeout=20000 -c idle_in_transaction_session_timeout=20000"
)

BROKEN: Final = "SELECT spec, clock_timestamp() FROM triggers WHERE id = %s FOR NO KEY UPDATE"
GIVEN_UP: Final = """
UPDATE triggers SET next_at = %(next_at)s, last_at = clock_timestamp(), last_result = 'problem',
  last_problem = %(problem)s, failures = failures + 1 WHERE id = %(id)s AND next_at IS NOT NULL
"""
DROPPED: Final = """
WITH gone AS (DELETE FROM trigger_fires WHERE id = %(id)s RETURNING trigger_id)
UPDATE triggers SET last_at = clock_timestamp(), last_result = 'problem', last_problem = %(problem)s,
  failures = failures + 1 WHERE id = (SELECT trigger_id FROM gone)
"""


@dataclass(frozen=True, slots=True)
class SchedulerSettings:
    """``most``: triggers, or fires, of one transaction. ``poll_s``: between two looks; ``least_s``: the shortest rest,
    when what is due is in another scheduler's hands."""

    most: int = 50
    poll_s: float = 1.0
    least_s: float = 0.05


class Scheduler:
    """``open``, then ``close``, which waits for no transaction: what is not committed is not done. ``watch`` is told
    where a transaction stands; ``on_rest`` is called when nothing is due: for tests and measuring."""

    def __init__(
        self,
        url: str,
        settings: SchedulerSettings | None = None,
        watch: Callable[[str], None] = lambda where: None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        self._url = url
        self._settings = settings if settings is not None else SchedulerSettings()
        self._claims = Claims(watch)
        self._watch = watch
        self._on_rest = on_rest
        self._task: asyncio.Task[None] | None = None
        self.started = 0
        """Runs, since the start."""

    def open(self) -> None:
        self._task = asyncio.create_task(
            work_on(self._url, "scheduler", OPTIONS, self._settings.poll_s, self._work), name="weft-scheduler"
        )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self, connection: Connection) -> None:
        await connection.execute("LISTEN weft_triggers")
        while True:
            due_s = await self._due_s(connection)
            if due_s <= 0:
                await self.turn(connection)
                due_s = self._settings.least_s
            self._on_rest()
            await self._rest(connection, due_s)

    async def turn(self, connection: Connection) -> None:
        """Until nothing is due that others have not locked."""
        more = True
        while more:
            more = await self._some(connection, self._claims.schedules, GIVEN_UP)
            more |= await self._some(connection, self._claims.fires, DROPPED)
            await asyncio.sleep(0)  # the runner's runs come first

    async def _some(self, connection: Connection, take: Take, give_up: str) -> bool:
        turn = Turn()
        most = self._settings.most
        try:
            await take(connection, turn, most, None)
        except psycopg.OperationalError:
            raise
        except Exception:
            log.exception("%d triggers could not be fired together; they are fired one by one", len(turn.ids))
            for id in turn.ids:
                await self._alone(connection, take, id, give_up)
            return True
        self._watch("committed")
        self.started += turn.started
        return len(turn.ids) == most

    async def _alone(self, connection: Connection, take: Take, id: UUID, give_up: str) -> None:
        turn = Turn()
        try:
            await take(connection, turn, 1, id)
            self.started += turn.started
        except psycopg.OperationalError:
            raise
        except Exception as error:
            log.exception("trigger or fire %s cannot be fired", id)
            words = f"it could not be fired: {type(error).__name__}"[: birth.LONGEST_PROBLEM]
            async with connection.transaction():
                about: dict[str, object] = {"id": id, "problem": words}
                if give_up is GIVEN_UP:
                    about["next_at"] = await self._moment_after(connection, id)
                await connection.execute(give_up, about)

    async def _moment_after(self, connection: Connection, id: UUID) -> datetime | None:
        """None when there is none that could be found: then it fires no more, and its row says why."""
        row = await (await connection.execute(BROKEN, (id,))).fetchone()
        try:
            return None if row is None else next_of(PlanTrigger.model_validate(row[0]), row[1])
        except ValueError:
            return None

    async def _due_s(self, connection: Connection) -> float:
        """Seconds until something is due, none or less when it is."""
        row = await (await connection.execute(NEXT, prepare=True)).fetchone()
        return self._settings.poll_s if row is None or row[0] is None else float(row[0])

    async def _rest(self, connection: Connection, seconds: float) -> None:
        """So long, or until somebody says that there is something new."""
        async for _ in connection.notifies(timeout=min(seconds, self._settings.poll_s), stop_after=1):
            pass
