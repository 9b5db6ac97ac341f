"""The watchman: looks at every rule every few seconds, writes down what changed, and has it told.

Every runner has one, on a connection of its own; the one that holds the lock looks, for one round. A rule is looked at
in one transaction that holds its row: the reading, the new state, the entry of the history and the rows of the outbox
commit together or not at all. So a change is written down once and told once to each channel, whoever dies when, and
two watchmen at once would only wait for each other: the lock spares them the work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from engine.alerts.deciding import Decision, Reading, Standing, decide
from engine.alerts.kinds import KINDS, sentence
from engine.alerts.reading import VALUES, about
from engine.beside import Connection, work_on
from engine.notifying.outbox import Notice, enqueue, tell

log = logging.getLogger(__name__)


TOPIC: Final = "alert"
TRY_LEAD: Final = "SELECT pg_try_advisory_lock(hashtextextended('weft_watchman', 0))"
UNLEAD: Final = "SELECT pg_advisory_unlock(hashtextextended('weft_watchman', 0))"
RULES: Final = "SELECT id FROM alert_rules WHERE paused_at IS NULL ORDER BY looked_at NULLS FIRST, id"
HOLD: Final = """
SELECT r.account_id, r.id, r.name, r.kind, r.severity, r.workflow_id, coalesce(nullif(w.title, ''), w.name, ''), r.spec,
  r.channels, r.cooldown_s, r.firing, r.untold, r.ended_at, r.snoozed_until, r.created_at, r.changes, clock_timestamp()
FROM alert_rules r LEFT JOIN workflows w ON w.account_id = r.account_id AND w.id = r.workflow_id
WHERE r.id = %s AND r.paused_at IS NULL AND (r.looked_at IS NULL OR r.looked_at <= clock_timestamp() - %s)
FOR UPDATE OF r SKIP LOCKED
"""
LOOKED: Final = """
UPDATE alert_rules SET looked_at = %(now)s, value = %(value)s, words = %(words)s, firing = %(firing)s,
  untold = %(untold)s, changes = changes + %(changed)s,
  since = CASE WHEN %(firing)s <> firing THEN %(now)s ELSE since END,
  ended_at = CASE WHEN firing AND NOT %(firing)s THEN %(now)s ELSE ended_at END
WHERE id = %(id)s
"""
CHANGED: Final = """
INSERT INTO alert_changes (account_id, rule_id, number, at, change, value, words, severity, told)
VALUES (%(account)s, %(id)s, %(number)s, %(now)s, %(change)s, %(value)s, %(words)s, %(severity)s, %(told)s)
"""
KNOWN: Final = "SELECT id FROM channels WHERE account_id = %s AND id = ANY(%s) AND enabled ORDER BY id"
FORGET: Final = """
DELETE FROM alert_changes WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM alert_changes WHERE at < now() - interval '400 days' LIMIT 1000))
"""
# The lock is the session's: of a watchman that stands still in the middle of a round, or whose machine is gone, the
# database ends the session, and another one looks.
IDLE_S: Final = 60.0
OPTIONS: Final = (
    "-c lock_timeout=1000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000"
    " -c idle_session_timeout={idle_ms}"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row that is held, and the database's clock as it was taken."""

    account_id: UUID
    id: UUID
    name: str
    kind: str
    severity: str
    workflow_id: UUID | None
    workflow: str
    spec: Mapping[str, Any]
    channels: list[UUID]
    cooldown_s: int
    firing: bool
    untold: bool
    ended_at: datetime | None
    snoozed_until: datetime | None
    created_at: datetime
    changes: int
    now: datetime

    @property
    def standing(self) -> Standing:
        return Standing(
            self.firing,
            float(self.spec["limit"]),
            int(self.spec.get("least", 0)),
            timedelta(seconds=self.cooldown_s),
            self.ended_at,
            self.snoozed_until,
            self.untold,
        )


class Watchman:
    """``open``, then ``close``. ``every_s``: between two looks at a rule; ``idle_s``: how long it may stand still."""

    def __init__(self, url: str, every_s: float = 15.0, idle_s: float = IDLE_S) -> None:
        self._url = url
        self._every_s = every_s
        self._idle_s = idle_s
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        options = OPTIONS.format(idle_ms=int(1000 * (self._every_s + self._idle_s)))
        self._task = asyncio.create_task(
            work_on(self._url, "watchman", options, self._every_s, self._work), name="weft-watchman"
        )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self, connection: Connection) -> None:
        while True:
            await self.round(connection)
            await asyncio.sleep(self._every_s)

    async def round(self, connection: Connection) -> None:
        """Look at every rule that nobody has looked at lately; nothing when another watchman is at it."""
        led = await (await connection.execute(TRY_LEAD)).fetchone()
        if led is None or not led[0]:
            return
        try:
            cursor = await connection.execute(RULES)
            for (rule_id,) in await cursor.fetchall():
                try:
                    await look(connection, rule_id, self._every_s * 0.8)
                except psycopg.OperationalError:
                    if connection.closed:
                        raise
                    log.info("rule %s: the watchman made way", rule_id)
                except Exception:  # one rule must not keep the others from being looked at
                    log.exception("rule %s cannot be looked at", rule_id)
            await connection.execute(FORGET)
        finally:
            if not connection.closed:
                await connection.execute(UNLEAD)


async def look(connection: Connection, rule_id: UUID, least_s: float = 0.0) -> Decision | None:
    """Look at one rule, unless somebody else did within ``least_s``, or is about to. Committed when this returns."""
    async with connection.transaction():
        row = await (await connection.execute(HOLD, (rule_id, timedelta(seconds=least_s)))).fetchone()
        if row is None:
            return None
        rule = Rule(*row)
        asked = about(rule.account_id, rule.workflow_id, rule.spec, rule.created_at)
        found = await (await connection.execute(VALUES[rule.kind].encode(), asked)).fetchone()
        value, n = (None, 0) if found is None else found
        decision = decide(rule.standing, Reading(value, n), rule.now)
        words = sentence(KINDS[rule.kind], value, n, rule.spec, rule.workflow)
        said = {
            "account": rule.account_id,
            "id": rule.id,
            "number": rule.changes + 1,
            "now": rule.now,
            "value": value,
            "words": words,
            "severity": rule.severity,
            "change": decision.change,
            "changed": int(decision.change is not None),
            "firing": decision.firing,
            "untold": decision.firing and not decision.told and (rule.untold or decision.change is not None),
        }
        told = 0
        if decision.told and decision.change is not None:
            told = await _tell(connection, rule, decision.change, words, value)
        await connection.execute(LOOKED, said)
        if decision.change is not None:
            await connection.execute(CHANGED, {**said, "told": told})
        return decision


async def _tell(connection: Connection, rule: Rule, change: str, words: str, value: float | None) -> int:
    """To the rule's channels, or to all that want to hear of alerts; how many it has of its own."""
    body = {**told(rule.id, rule.name, rule.severity, change, words, value), "rule": rule.name}
    notice = Notice(rule.account_id, TOPIC, f"alert:{rule.id}:{rule.changes + 1}", body)
    if not rule.channels:
        await tell(connection, notice)
        return 0
    cursor = await connection.execute(KNOWN, (rule.account_id, rule.channels))
    channels = [channel for (channel,) in await cursor.fetchall()]
    for channel in channels:
        await enqueue(connection, notice, "channel", channel)
    return len(channels)


def told(
    rule_id: UUID, name: str, severity: str, change: str, words: str, value: float | None
) -> dict[str, Any]:
    """What a channel hears."""
    signs = {"firing": "Alert", "still firing": "Still", "resolved": "Over", "test": "Test"}
    return {
        "title": f"{signs.get(change, change)}: {name}",
        "text": words,
        "link": f"/alerts?rule={rule_id}",
        "rule_id": str(rule_id),
        "severity": severity,
        "change": change,
        "value": value,
    }
