"""The scheduler's transactions: what is due of schedules and of fires, and what becomes of it. Raw SQL, as in a runner.

**Exactly one run.** A schedule that is due is locked (``SKIP LOCKED``: another scheduler passes it over), its runs are
inserted, and its next moment is set, in one transaction; so is a fire made a run and deleted. Whoever dies before the
commit has done nothing, whoever dies after it everything. The key of the run, made of the trigger and the moment,
stands against the rest: it lets no occasion make a second run, whatever else goes wrong.

**A full queue.** What finds no place becomes a fire of its own, in the same transaction, and is tried again until there
is one. So a schedule goes on to its next moment, and no moment is lost: unless ``MOST_WAITING`` of the account wait
already, in a queue that has been full for long. Then it counts as missed, and the trigger's row says why.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from dsl.plan import Expression, OnSchedule, PlanTrigger
from engine.fitting import Interface
from engine.triggers import birth, moments
from engine.triggers.firing import Fire, Takes, decide, schedule_event, spelled

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

LATE: Final = timedelta(seconds=60)
"""A moment that is older was missed, and the trigger's policy says what becomes of it."""
MOST_WAITING: Final = 10_000
"""Fires of an account."""
FULL: Final = f"its moment found no place: {MOST_WAITING:,} of this workspace wait to start already"
RETRY_S: Final = 2.0
LONGEST_RETRY_S: Final = 60.0

DUE: Final = """
SELECT id, account_id, workflow_id, version_id, spec, catch_up, next_at, clock_timestamp() FROM triggers
WHERE next_at <= clock_timestamp() AND (%(only)s::uuid IS NULL OR id = %(only)s)
ORDER BY next_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
"""
# Accounts take turns: of each the one that is due for longest, then of each the next. The accounts are found by hopping
# over an index, so that ten thousand fires of one, which find no place, are neither in the way of the others nor read.
FIRES: Final = """
WITH RECURSIVE accounts AS (
  (SELECT account_id FROM trigger_fires ORDER BY account_id LIMIT 1)
  UNION ALL
  SELECT (SELECT f.account_id FROM trigger_fires f WHERE f.account_id > a.account_id ORDER BY f.account_id LIMIT 1)
  FROM accounts a WHERE a.account_id IS NOT NULL
), turns AS (
  SELECT g.id, g.turn FROM accounts a, LATERAL (
    SELECT id, row_number() OVER (ORDER BY due_at) AS turn FROM (
      SELECT f.id, f.due_at FROM trigger_fires f WHERE f.account_id = a.account_id AND f.due_at <= clock_timestamp()
      ORDER BY f.due_at LIMIT %(looked)s) AS first) AS g
  WHERE a.account_id IS NOT NULL
)
SELECT f.id, f.trigger_id, f.occasion, f.event, f.requested_by FROM turns t JOIN trigger_fires f ON f.id = t.id
WHERE f.due_at <= clock_timestamp() ORDER BY t.turn, f.due_at LIMIT %(most)s FOR UPDATE OF f SKIP LOCKED
"""
FIRE: Final = """
SELECT id, trigger_id, occasion, event, requested_by FROM trigger_fires
WHERE due_at <= clock_timestamp() AND id = %(only)s FOR UPDATE SKIP LOCKED
"""
LOOKED: Final = 4
"""Times as many fires of an account are looked at as are taken: others may have locked the first."""
# In the order of their ids: two schedulers whose fires are of the same triggers must not wait for each other.
OF_FIRES: Final = """
SELECT id, account_id, workflow_id, version_id, kind, spec, live AND paused_at IS NULL FROM triggers
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
VERSIONS: Final = """
SELECT id, content_hash, plan -> 'input_schema', plan -> 'input_defaults', plan -> 'config' FROM versions
WHERE id = ANY(%s)
"""
ROOM: Final = """
SELECT a.max_queued - (SELECT count(*) FROM (
  SELECT FROM runs r WHERE r.account_id = a.id AND r.rank < 50 AND r.state IN ('queued', 'waiting')
  AND r.due_at IS NOT NULL LIMIT a.max_queued) AS waiting)
FROM accounts a WHERE a.id = %s
"""
WAITING: Final = """
SELECT count(*) FROM (SELECT FROM trigger_fires WHERE account_id = %s LIMIT %s) AS waiting
"""
LATER: Final = """
INSERT INTO trigger_fires (id, account_id, trigger_id, occasion, event, due_at)
SELECT gen_random_uuid(), account, trigger, occasion, event, clock_timestamp() + make_interval(secs => %(delay)s)
FROM jsonb_to_recordset(%(rows)s) AS g(account uuid, trigger uuid, occasion text, event jsonb)
ON CONFLICT (account_id, trigger_id, occasion) DO NOTHING
"""
AGAIN: Final = """
UPDATE trigger_fires f SET attempt = attempt + 1,
  due_at = clock_timestamp() + make_interval(secs => least(%(most)s, %(delay)s * power(2, least(attempt, 10))))
WHERE id = ANY(%(ids)s)
"""
DONE: Final = "DELETE FROM trigger_fires WHERE id = ANY(%s)"
TOLD: Final = """
UPDATE triggers t SET
  next_at = CASE WHEN g.moved THEN g.next_at ELSE t.next_at END,
  last_at = CASE WHEN g.result IS NULL THEN t.last_at ELSE clock_timestamp() END,
  last_result = coalesce(g.result, t.last_result),
  last_problem = CASE WHEN g.result IS NULL THEN t.last_problem ELSE g.problem END,
  failures = CASE WHEN g.result IS NULL THEN t.failures WHEN g.result = 'problem' THEN t.failures + 1 ELSE 0 END,
  last_run_id = coalesce(g.run, t.last_run_id),
  missed = t.missed + g.missed
FROM jsonb_to_recordset(%s) AS g(id uuid, moved boolean, next_at timestamptz, result text, problem text, run uuid,
  missed bigint)
WHERE t.id = g.id
"""
WAKE: Final = "SELECT pg_notify('weft_runs', '')"
NEXT: Final = """
SELECT extract(epoch FROM least((SELECT min(next_at) FROM triggers WHERE next_at IS NOT NULL),
  (SELECT min(due_at) FROM trigger_fires)) - clock_timestamp())::float8
"""

_expressions: TypeAdapter[dict[str, Expression]] = TypeAdapter(dict[str, Expression])


@dataclass(slots=True)
class Turn:
    """What one transaction did. ``ids``: the rows that it locked."""

    ids: list[UUID] = field(default_factory=list)
    started: int = 0
    deferred: int = 0


@dataclass(slots=True)
class _Told:
    """What is to be kept of a trigger: of several fires the last."""

    moved: bool = False
    next_at: datetime | None = None
    result: str | None = None
    problem: str | None = None
    run: str | None = None
    missed: int = 0


@dataclass(frozen=True, slots=True)
class _Trigger:
    id: UUID
    account: UUID
    workflow: UUID
    version: UUID
    kind: str
    plan: PlanTrigger


@dataclass(slots=True)
class _Batch:
    """What a transaction decided on, before any of it is written."""

    takes: dict[UUID, Takes]
    room: dict[UUID, int]
    born: list[dict[str, Any]] = field(default_factory=list)
    told: dict[UUID, _Told] = field(default_factory=dict)

    def add(self, trigger: _Trigger, event: Any, occasion: str, by: UUID | None = None) -> bool:
        """Decide about one occasion; False where it would be a run and the queue has no place for it."""
        takes = self.takes[trigger.version]
        decision = decide(trigger.plan, takes, event)
        if isinstance(decision, Fire) and self.room[trigger.account] <= 0:
            return False
        kept = self.told.setdefault(trigger.id, _Told())
        kept.result, kept.problem = birth.said_of(decision)
        if isinstance(decision, Fire):
            self.room[trigger.account] -= 1
            row = birth.row_of(
                len(self.born),
                decision,
                account=trigger.account,
                workflow=trigger.workflow,
                version=trigger.version,
                content_hash=takes.interface.content_hash,
                kind=trigger.kind,
                trigger=trigger.id,
                occasion=occasion,
                by=by,
            )
            self.born.append(row)
            kept.run = row["id"]
        return True


class Claims:
    """``watch`` is told where a transaction stands, for crash tests: "claimed", "born", "told"."""

    def __init__(self, watch: Callable[[str], None] = lambda where: None, kept: int = 500) -> None:
        self._watch = watch
        self._takes: OrderedDict[UUID, Takes] = OrderedDict()
        self._kept = kept

    async def schedules(
        self, connection: Connection, turn: Turn, most: int, only: UUID | None = None
    ) -> None:
        """Fire what is due of schedules, at most so many of them, or ``only`` this one."""
        async with connection.transaction():
            rows = await (await connection.execute(DUE, {"most": most, "only": only})).fetchall()
            turn.ids = [row[0] for row in rows]
            if not rows:
                return
            self._watch("claimed")
            batch = await self._batch(connection, {row[3] for row in rows}, {row[1] for row in rows})
            later: list[dict[str, Any]] = []
            for id, account, workflow, version, spec, catch_up, first, now in rows:
                trigger = _Trigger(
                    id, account, workflow, version, "schedule", PlanTrigger.model_validate(spec)
                )
                due, missed, next_at = due_of(trigger.plan, catch_up, first, now)
                batch.told[id] = _Told(moved=True, next_at=next_at, missed=missed)
                for moment in due:
                    event, occasion = schedule_event(moment, now), spelled(moment)
                    if not batch.add(trigger, event, occasion):
                        later.append(
                            {
                                "account": str(account),
                                "trigger": str(id),
                                "occasion": occasion,
                                "event": event,
                            }
                        )
            later = await _kept(connection, batch, later)
            if later:
                await connection.execute(LATER, {"rows": Jsonb(later), "delay": RETRY_S})
            turn.deferred = len(later)
            await self._write(connection, turn, batch)

    async def fires(self, connection: Connection, turn: Turn, most: int, only: UUID | None = None) -> None:
        """Make runs of the fires that are due, at most so many of them, or of ``only`` this one."""
        async with connection.transaction():
            query = FIRES if only is None else FIRE
            about = {"most": most, "looked": most * LOOKED, "only": only}
            rows = await (await connection.execute(query, about)).fetchall()
            turn.ids = [row[0] for row in rows]
            if not rows:
                return
            self._watch("claimed")
            cursor = await connection.execute(OF_FIRES, (list({row[1] for row in rows}),))
            of = {row[0]: row for row in await cursor.fetchall()}
            batch = await self._batch(
                connection, {row[3] for row in of.values()}, {row[1] for row in of.values()}
            )
            later: set[UUID] = set()
            for id, trigger_id, occasion, event, by in rows:
                _, account, workflow, version, kind, spec, on = of[trigger_id]
                if not on:  # paused, or gone with its version: whoever did that wants no run of it
                    continue
                trigger = _Trigger(
                    trigger_id, account, workflow, version, kind, PlanTrigger.model_validate(spec)
                )
                if not batch.add(trigger, event, occasion, by):
                    later.add(id)
            if later:
                about_later = {"ids": list(later), "delay": RETRY_S, "most": LONGEST_RETRY_S}
                await connection.execute(AGAIN, about_later)
            turn.deferred = len(later)
            await connection.execute(DONE, ([row[0] for row in rows if row[0] not in later],))
            await self._write(connection, turn, batch)

    async def _batch(self, connection: Connection, versions: set[UUID], accounts: set[UUID]) -> _Batch:
        return _Batch(await self._takes_of(connection, versions), await _rooms(connection, accounts))

    async def _write(self, connection: Connection, turn: Turn, batch: _Batch) -> None:
        if batch.born:
            cursor = await connection.execute(birth.BORN, {"rows": Jsonb(batch.born)})
            turn.started = cursor.rowcount
            await connection.execute(WAKE)
            self._watch("born")
        rows = [
            {
                "id": str(id),
                "moved": kept.moved,
                "next_at": None if kept.next_at is None else spelled(kept.next_at),
                "result": kept.result,
                "problem": kept.problem,
                "run": kept.run,
                "missed": kept.missed,
            }
            for id, kept in batch.told.items()
        ]
        await connection.execute(TOLD, (Jsonb(rows),))
        self._watch("told")

    async def _takes_of(self, connection: Connection, versions: set[UUID]) -> dict[UUID, Takes]:
        found = {id: self._takes[id] for id in versions if id in self._takes}
        if lacking := list(versions - found.keys()):
            cursor = await connection.execute(VERSIONS, (lacking,))
            for id, content_hash, schema, defaults, config in await cursor.fetchall():
                interface = Interface(content_hash, schema, _expressions.validate_python(defaults))
                found[id] = self._takes[id] = Takes(interface, _expressions.validate_python(config))
        for id in found:
            self._takes.move_to_end(id)
        while len(self._takes) > self._kept:
            self._takes.popitem(last=False)
        return found


def due_of(
    trigger: PlanTrigger, catch_up: str, first: datetime, now: datetime
) -> tuple[list[datetime], int, datetime | None]:
    """``(the moments to fire, how many were left out, the next moment)`` of a schedule that is due since ``first``.
    Pure. Of what was missed a hundred moments are looked at."""
    on = trigger.on
    assert isinstance(on, OnSchedule)
    due = moments.due_moments(on.cron, on.timezone, first, now, moments.MOST_MISSED)
    match catch_up:
        case "all":
            fired = due
        case "skip":
            fired = [moment for moment in due if now - moment <= LATE]
        case _:
            fired = due[-1:]
    return fired, len(due) - len(fired), moments.next_moment(on.cron, on.timezone, now)


async def _kept(connection: Connection, batch: _Batch, later: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the fires that are to wait those that may; of the others it is noted that they were missed."""
    room: dict[str, int] = {}
    kept = []
    for one in later:
        account = one["account"]
        if account not in room:
            row = await (await connection.execute(WAITING, (account, MOST_WAITING))).fetchone()
            room[account] = MOST_WAITING - (0 if row is None else int(row[0]))
        room[account] -= 1
        if room[account] >= 0:
            kept.append(one)
            continue
        told = batch.told[UUID(one["trigger"])]
        told.missed += 1
        told.result, told.problem = "problem", FULL
    return kept


async def _rooms(connection: Connection, accounts: Iterable[UUID]) -> dict[UUID, int]:
    """How many runs each account's queue has room for."""
    found = {}
    for account in accounts:
        row = await (await connection.execute(ROOM, (account,))).fetchone()
        found[account] = 0 if row is None else int(row[0])
    return found
