"""Whether an item is worth telling now.

That an approval expires soon is nothing to tell once it is decided. Runs of one workflow that fail in a row are told as
the first one and then, after a pause, as a number: a broken connector must not fill an inbox. Putting them together is
done here and not where runs end, so that no run waits for another's row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.notifying.outbox import Item

PAUSE_S: Final = 600.0
TOGETHER: Final = frozenset({"run.failed"})

_OPEN: Final = "SELECT state = 'open' FROM approvals WHERE account_id = %s AND id = %s"
_PAUSED: Final = """
SELECT extract(epoch FROM max(done_at) - clock_timestamp())::float8 + %(pause)s FROM outbox
WHERE target_id = %(target)s AND topic = %(topic)s AND state = 'sent' AND account_id = %(account)s
AND done_at > clock_timestamp() - make_interval(secs => %(pause)s) AND body ->> 'workflow_id' = %(workflow)s
"""
_POSTPONE: Final = """
UPDATE outbox SET due_at = clock_timestamp() + make_interval(secs => %(delay)s), attempt = attempt - 1
WHERE id = %(id)s AND state = 'due' AND attempt = %(attempt)s
"""
_GATHER: Final = """
WITH others AS (
  SELECT id FROM outbox WHERE target_id = %(target)s AND topic = %(topic)s AND state = 'due' AND id <> %(id)s
  AND account_id = %(account)s AND body ->> 'workflow_id' = %(workflow)s AND (attempt = 0 OR id = ANY(%(ours)s))
  LIMIT 10000 FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET state = 'dropped', done_at = clock_timestamp(), last_error = 'Told together with another.'
FROM others WHERE o.id = others.id RETURNING o.id
"""


@dataclass(frozen=True, slots=True)
class Now:
    """``others``: those that it stands for, which are not told themselves."""

    others: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Over:
    words: str


class Postponed:
    pass


Timing: TypeAlias = Now | Over | Postponed


async def timing(
    connection: psycopg.AsyncConnection[TupleRow], item: Item, claimed: Sequence[UUID]
) -> Timing:
    """``claimed``: the items that were claimed with it and are not begun yet."""
    if item.topic == "approval.expiring":
        cursor = await connection.execute(_OPEN, (item.account_id, item.body.get("approval_id")))
        row = await cursor.fetchone()
        return Now() if row is not None and row[0] else Over("It was decided before.")
    if item.topic in TOGETHER and item.attempt == 1:
        about: dict[str, Any] = {
            "id": item.id,
            "attempt": item.attempt,
            "target": item.target_id,
            "topic": item.topic,
            "account": item.account_id,
            "workflow": str(item.body.get("workflow_id", "")),
            "pause": PAUSE_S,
            "ours": list(claimed),
        }
        row = await (await connection.execute(_PAUSED, about)).fetchone()
        if row is not None and row[0] is not None and row[0] > 0:
            await connection.execute(_POSTPONE, about | {"delay": row[0]})
            return Postponed()
        gathered = await (await connection.execute(_GATHER, about)).fetchall()
        return Now(frozenset(one for (one,) in gathered))
    return Now()
