"""The outbox: what is to be told, one row for each receiver, and the statements that move it on.

::

    due ──> sent       it answered that it has it
     │ └──> dead       nobody took it, after so many attempts; a person may have it sent again
     └────> dropped    what it tells of is over, or was told with another

Rows are written in the transaction of what they tell of. The same ``key`` is told to a receiver once, whoever writes it
and however often. A claim is an attempt, so that what kills its courier counts too, and lasts ``LEASE_S``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

MOST_ATTEMPTS: Final = 10
LEASE_S: Final = 90.0
"""Longer than any sending may take."""
_WAITS_S: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 10_800.0, 21_600.0, 43_200.0)
"""Before the second attempt, the third, ...: about a day in all."""
JITTER: Final = 0.2
LONGEST_ERROR: Final = 500

_COLUMNS: Final = "(account_id, topic, key, target_kind, target_id, body, due_at)"
_ENQUEUE: Final = f"""
INSERT INTO outbox {_COLUMNS}
VALUES ({{account}}, {{topic}}, {{key}}, {{target_kind}}, {{target_id}}, cast({{body}} AS jsonb),
  clock_timestamp() + make_interval(secs => {{delay}}))
ON CONFLICT (account_id, target_id, key) DO NOTHING
"""
_TELL: Final = f"""
INSERT INTO outbox {_COLUMNS}
SELECT c.account_id, {{topic}}, {{key}}, 'channel', c.id, cast({{body}} AS jsonb),
  clock_timestamp() + make_interval(secs => {{delay}})
FROM channels c WHERE c.account_id = {{account}} AND c.enabled AND cast({{topic}} AS text) = ANY(c.topics)
ON CONFLICT (account_id, target_id, key) DO NOTHING
"""


def _spelled(query: str, spelling: str) -> str:
    names = ("account", "topic", "key", "target_kind", "target_id", "body", "delay")
    return query.format(**{name: spelling.format(name) for name in names})


ENQUEUE: Final = _spelled(_ENQUEUE, "%({})s")
"""For psycopg; ``ENQUEUE_TEXT`` for SQLAlchemy's ``text``. Both take ``Notice.values``, the second with the body as
JSON text."""
ENQUEUE_TEXT: Final = _spelled(_ENQUEUE, ":{}")
TELL: Final = _spelled(_TELL, "%({})s")
"""To every channel of the account that wants to hear of the topic."""
TELL_TEXT: Final = _spelled(_TELL, ":{}")

ANY_DUE: Final = "SELECT EXISTS (SELECT FROM outbox WHERE state = 'due' AND due_at <= clock_timestamp())"
# One receiver that hangs, with a thousand rows waiting for it, must not hold up the others: each target has its turn,
# found by hopping over the index. Nor must an account with many such receivers: the turns go round the accounts, and
# what is on its way for one counts.
CLAIM: Final = """
WITH RECURSIVE targets AS (
  (SELECT target_id FROM outbox WHERE state = 'due' ORDER BY target_id LIMIT 1)
  UNION ALL
  SELECT (SELECT o.target_id FROM outbox o WHERE o.state = 'due' AND o.target_id > t.target_id
          ORDER BY o.target_id LIMIT 1)
  FROM targets t WHERE t.target_id IS NOT NULL
), first AS (
  SELECT turn.id FROM targets t, LATERAL (
    SELECT o.id, o.account_id, o.due_at, row_number() OVER (ORDER BY o.due_at, o.id) AS place FROM outbox o
    WHERE o.state = 'due' AND o.target_id = t.target_id AND o.due_at <= clock_timestamp()
    ORDER BY o.due_at, o.id LIMIT %(each)s) turn
  WHERE t.target_id IS NOT NULL AND t.target_id <> ALL(%(busy)s::uuid[])
  ORDER BY row_number() OVER (PARTITION BY turn.account_id ORDER BY turn.place, turn.due_at)
    + coalesce((%(sending)s::jsonb ->> turn.account_id::text)::int, 0), turn.due_at LIMIT %(most)s
), mine AS (
  SELECT id FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM first))
  AND state = 'due' AND due_at <= clock_timestamp() FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET attempt = attempt + 1, due_at = clock_timestamp() + make_interval(secs => %(lease)s)
FROM mine WHERE o.id = mine.id
RETURNING o.id, o.account_id, o.topic, o.key, o.target_kind, o.target_id, o.body, o.attempt,
  extract(epoch FROM o.created_at)::float8
"""
SENT: Final = """
UPDATE outbox SET state = 'sent', done_at = clock_timestamp(), answer = %(words)s, last_error = ''
WHERE id = %(id)s AND state = 'due'
"""
"""Whoever holds it by now: it was sent."""
AGAIN: Final = """
UPDATE outbox SET due_at = clock_timestamp() + make_interval(secs => %(delay)s), last_error = %(words)s
WHERE id = %(id)s AND state = 'due' AND attempt = %(attempt)s
"""
OVER: Final = """
UPDATE outbox SET state = %(state)s, done_at = clock_timestamp(), last_error = %(words)s
WHERE id = %(id)s AND state = 'due' AND attempt = %(attempt)s
"""
FORGOTTEN: Final = 500
FORGET: Final = f"""
DELETE FROM outbox WHERE id IN (
  SELECT id FROM outbox WHERE state <> 'due' AND done_at < now() - interval '30 days' LIMIT {FORGOTTEN})
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell. ``key``: what it is about, once for each receiver ("approval.opened:ID"). ``body``: strict
    JSON, what a webhook gets as ``data``; ``title``, ``text`` and ``link`` (a path of the studio) are what people read
    where ``engine.notifying.wording`` has no words of its own for the topic. ``delay_s``: not before then."""

    account_id: UUID
    topic: str
    key: str
    body: Mapping[str, Any]
    delay_s: float = 0.0

    def values(self, target: tuple[str, UUID] | None = None) -> dict[str, Any]:
        """For the statements; ``target``: its kind and id, unless it goes to the channels."""
        said = {
            "account": self.account_id,
            "topic": self.topic,
            "key": self.key,
            "body": Jsonb(dict(self.body)),
            "delay": self.delay_s,
        }
        return said if target is None else {**said, "target_kind": target[0], "target_id": target[1]}


class Executes(Protocol):
    """A connection of psycopg, in whatever transaction it is."""

    async def execute(self, query: Any, params: Any = None, /) -> Any: ...


async def enqueue(connection: Executes, notice: Notice, target_kind: str, target_id: UUID) -> None:
    """To one receiver, in the caller's transaction. ``engine.notifying.writing`` has the same for SQLAlchemy."""
    await connection.execute(ENQUEUE, notice.values((target_kind, target_id)))


async def tell(connection: Executes, notice: Notice) -> None:
    """To every channel that wants to hear of its topic, in the caller's transaction."""
    await connection.execute(TELL, notice.values())


@dataclass(frozen=True, slots=True)
class Item:
    """A row that is ours until its lease is over. ``created_at``: seconds since 1970."""

    id: UUID
    account_id: UUID
    topic: str
    key: str
    target_kind: str
    target_id: UUID
    body: dict[str, Any]
    attempt: int
    created_at: float


async def claim(
    connection: psycopg.AsyncConnection[TupleRow],
    most: int,
    each: int,
    busy: list[UUID],
    sending: Mapping[UUID, int],
) -> list[Item]:
    """At most so many, and so many of one receiver, none of those that are ``busy``. ``sending``: how many are on their
    way, by account."""
    on_way = Jsonb({str(account): count for account, count in sending.items()})
    about = {"most": most, "each": each, "busy": busy, "sending": on_way, "lease": LEASE_S}
    cursor = await connection.execute(CLAIM, about)
    return [Item(*row) for row in await cursor.fetchall()]


def wait_s(attempt: int, chance: float, asked: float | None = None) -> float:
    """Seconds until the next attempt after this many. Pure. ``chance`` in [0, 1) spreads them, so that what failed at
    once does not come back at once; ``asked``: what the receiver asked for, which counts up to an hour."""
    usual = _WAITS_S[min(attempt, len(_WAITS_S)) - 1]
    spread = usual * (1 + JITTER * (2 * chance - 1))
    return max(spread, min(asked or 0.0, 3600.0))
