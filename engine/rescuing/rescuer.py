"""The rescuer: starts the error workflow for runs that failed, beside every runner, on a connection of its own.

A row is taken, the run is born and the row is done in one transaction: one that dies takes nothing with it. Of several
rescuers each takes what the others have not locked. An account starts at most ``A_MINUTE`` such runs a minute: what
fails by the thousand is worked off after a while, and what goes in a circle (an error workflow that makes other runs
fail) goes slowly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from dsl.plan import Plan
from engine.beside import Connection, work_on
from engine.errors import BadInput
from engine.fitting import Interface
from engine.identity import new_id
from engine.rescuing.telling import Failed, told

log = logging.getLogger(__name__)


A_MINUTE: Final = 60
MOST_ATTEMPTS: Final = 5
LONGEST_PROBLEM: Final = 1000
AT_ONCE: Final = 16
"""Of one account, that rescuers side by side find for themselves."""
OPTIONS: Final = "-c lock_timeout=2000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=5000"

# The accounts for which something waits are found by hopping over the index: one that has started its share for this
# minute is passed over at once, however much of it waits.
TAKE: Final = """
WITH RECURSIVE accounts AS (
  (SELECT account_id FROM rescue_calls WHERE done_at IS NULL ORDER BY account_id LIMIT 1)
  UNION ALL
  SELECT (SELECT c.account_id FROM rescue_calls c WHERE c.done_at IS NULL AND c.account_id > a.account_id
          ORDER BY c.account_id LIMIT 1)
  FROM accounts a WHERE a.account_id IS NOT NULL
), first AS (
  SELECT turn.run_id FROM accounts a, LATERAL (
    SELECT c.run_id FROM rescue_calls c WHERE c.account_id = a.account_id AND c.done_at IS NULL
    AND c.due_at <= clock_timestamp() ORDER BY c.due_at LIMIT %(at_once)s) turn
  WHERE a.account_id IS NOT NULL AND %(most)s > (
    SELECT count(*) FROM (
      SELECT FROM rescue_calls d WHERE d.account_id = a.account_id AND d.started IS NOT NULL
      AND d.done_at > clock_timestamp() - interval '1 minute' LIMIT %(most)s) AS lately)
)
SELECT c.run_id, c.account_id, c.state, c.attempt FROM rescue_calls c
WHERE c.run_id = ANY(ARRAY(SELECT run_id FROM first)) AND c.done_at IS NULL AND c.due_at <= clock_timestamp()
ORDER BY c.due_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""
ABOUT: Final = """
SELECT f.name, r.error, w.id, w.name, w.archived_at IS NOT NULL, v.id, v.content_hash, v.plan, s.set_by, w.priority
FROM runs r JOIN workflows f ON f.id = r.workflow_id
LEFT JOIN rescues s ON s.account_id = r.account_id
LEFT JOIN workflows w ON w.account_id = s.account_id AND w.id = s.workflow_id
LEFT JOIN versions v ON v.account_id = w.account_id AND v.id = w.live_version_id
WHERE r.id = %s
"""
BORN: Final = """
WITH born AS (
  INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trigger, requested_by, last_seq,
    priority, caused_by)
  VALUES (%(id)s, %(account)s, %(workflow)s, %(version)s, %(hash)s, %(input)s, 'error', %(by)s, 1, %(priority)s,
    %(cause)s)
  RETURNING id, account_id, input
)
INSERT INTO run_events (account_id, run_id, seq, kind, data)
SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', input, 'caused_by', %(cause)s::text) FROM born
"""
DONE: Final = """
UPDATE rescue_calls SET done_at = clock_timestamp(), started = %s, problem = %s WHERE run_id = %s
"""
AGAIN: Final = """
UPDATE rescue_calls SET attempt = attempt + 1, due_at = clock_timestamp() + make_interval(secs => 2 ^ attempt),
  done_at = CASE WHEN attempt + 1 >= %(most)s THEN clock_timestamp() END,
  problem = %(problem)s WHERE run_id = %(run)s AND done_at IS NULL
"""
TELL: Final = "SELECT pg_notify('weft_runs', %(id)s), pg_notify('weft_events', %(id)s)"


class Rescuer:
    """``open``, then ``close``, which waits for no transaction. ``watch`` is told where one stands: for tests."""

    def __init__(
        self, url: str, poll_s: float = 2.0, watch: Callable[[str], None] = lambda where: None
    ) -> None:
        self._url = url
        self._poll_s = poll_s
        self._watch = watch
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(
            work_on(self._url, "rescuer", OPTIONS, self._poll_s, self._work), name="weft-rescuer"
        )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self, connection: Connection) -> None:
        await connection.execute("LISTEN weft_rescues")
        while True:
            more = True
            while more:
                more = await self.one(connection)
            async for _ in connection.notifies(timeout=self._poll_s, stop_after=1):
                pass

    async def one(self, connection: Connection) -> bool:
        """Start the error workflow for one run; whether there was one. One that breaks its transaction comes again,
        and is given up after ``MOST_ATTEMPTS`` with the reason in its row."""
        run_id: UUID | None = None
        try:
            async with connection.transaction():
                row = await (
                    await connection.execute(TAKE, {"most": A_MINUTE, "at_once": AT_ONCE})
                ).fetchone()
                if row is None:
                    return False
                run_id, account, state, _ = row
                started, problem = await self._start(connection, run_id, account, state)
                await connection.execute(DONE, (started, problem, run_id))
                self._watch("before commit")
            self._watch("committed")
        except psycopg.OperationalError:
            raise
        except Exception as error:
            if run_id is None:
                raise
            log.exception("the error workflow could not be started for run %s", run_id)
            said = f"it could not be started: {type(error).__name__}"
            await connection.execute(AGAIN, {"most": MOST_ATTEMPTS, "problem": said, "run": run_id})
        return True

    async def _start(
        self, connection: Connection, run_id: UUID, account: UUID, state: str
    ) -> tuple[UUID | None, str | None]:
        """The run that was started, or why none was."""
        row = await (await connection.execute(ABOUT, (run_id,))).fetchone()
        assert row is not None, "a row of a run goes with the run"
        failed, error, workflow, name, archived, version, content_hash, plan, by, priority = row
        if workflow is None:
            return None, "There is no error workflow any more."
        if archived or version is None:
            return None, f"{name!r} is {'archived' if archived else 'not published'}."
        made = Plan.model_validate(plan)
        interface = Interface(content_hash, made.input_schema, made.input_defaults)
        try:
            given = told(Failed(run_id, failed, state, error), interface)
        except BadInput as bad:
            return None, f"{name!r}: {bad.message}"[:LONGEST_PROBLEM]
        started = new_id()
        about = {
            "id": started,
            "account": account,
            "workflow": workflow,
            "version": version,
            "hash": content_hash,
            "input": Jsonb(given),
            "by": by,
            "priority": priority,
            "cause": run_id,
        }
        await connection.execute(BORN, about)
        await connection.execute(TELL, {"id": str(started)})
        return started, None
