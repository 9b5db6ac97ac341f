"""Events: something happened outside, and the runs that wait for it shall know.

Publishing stores the event, wakes the runs that wait for its name, and puts down what shall start by it: a fire for
each trigger of that name, and a message to each subscription, in the same transaction. Whether its content fits is
found out afterwards, in a runner. An account's events are numbered in the order of their commits: whoever publishes
holds a lock of the account until then. What that is good for is said in ``engine.listening``, the runners' side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from engine import tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict
from engine.identity import new_id
from engine.listening import LOCK_KEY
from engine.permissions import Permission, require
from engine.strict import NotJson, encode
from engine.subscriptions import subscribing
from engine.triggers import fanout

LARGEST_PAYLOAD = 256 * 1024
"""Bytes of JSON."""
LONGEST_NAME = 200

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
NEWEST = text("SELECT coalesce(max(seq), 0) FROM events WHERE account_id = :account")
# Every run that is not over, whatever its state: one that runs, or is about to, may be parking at this moment.
WAITING = text(
    """
    SELECT id, state FROM runs WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND id IN
      (SELECT run_id FROM event_waits WHERE account_id = :account AND name = :name) ORDER BY id DESC FOR UPDATE
    """
)
TELL = text("SELECT pg_notify('weft_runs', id::text) FROM unnest(CAST(:runs AS uuid[])) AS id")
WAKE = text("UPDATE runs SET state = 'queued', due_at = now(), waiting_on = '{}' WHERE id = ANY(:runs)")


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """``seq`` counts the account's events. ``told``: how many runs wait for the name and were told of it; ``fires``:
    how many triggers of that name will look at it."""

    id: UUID
    seq: int
    name: str
    payload: Any
    at: datetime
    told: int
    fires: int = 0


async def publish(
    db: Database, actor: Actor, name: str, payload: Any, idempotency_key: str | None = None
) -> PublishedEvent:
    """Tell the account's runs, triggers and subscriptions that something happened. When this returns, the event is
    committed, and so is all that will come of it.

    The same ``idempotency_key`` is the same event: nobody is told twice. Raises ``BadInput``, ``Conflict`` when the key
    was used for another event, and ``QueueFull`` when too many events have not been looked at yet.
    """
    require(actor, Permission.SIGNAL)
    _refuse(name, payload, idempotency_key)
    async with db.account(actor) as session:
        await session.execute(LOCK, {"key": LOCK_KEY.format(account=actor.account_id)})
        if idempotency_key is not None:
            query = select(tables.PublishedEvent).where(
                col(tables.PublishedEvent.idempotency_key) == idempotency_key
            )
            if (before := (await session.exec(query)).first()) is not None:
                return _again(before, name, payload)
        newest: int = (await session.execute(NEWEST, {"account": actor.account_id})).scalar_one()
        row = tables.PublishedEvent(
            id=new_id(),
            account_id=actor.account_id,
            seq=newest + 1,
            name=name,
            payload=payload,
            idempotency_key=idempotency_key,
            published_by=actor.user_id,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row, ["at"])
        told = await _tell(session, actor.account_id, name)
        fires = await fanout.fire(session, actor.account_id, row.id, name, payload, actor.user_id)
        await subscribing.tell_of_event(session, row)
        return _view(row, told, fires)


async def _tell(session: Session, account_id: UUID, name: str) -> int:
    found: Iterable[Any] = await session.execute(WAITING, {"account": account_id, "name": name})
    runs = [(run_id, state) for run_id, state in found]
    if asleep := [run_id for run_id, state in runs if state == "waiting"]:
        await session.execute(WAKE, {"runs": asleep})
    if runs:
        await session.execute(TELL, {"runs": [run_id for run_id, _ in runs]})
    return len(runs)


def _refuse(name: str, payload: Any, idempotency_key: str | None) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or "\0" in name:
        raise BadInput(
            "The event has no name that fits.", [("name", f"needs 1 to {LONGEST_NAME} characters")]
        )
    if idempotency_key is not None and not 0 < len(idempotency_key) <= 200:
        raise BadInput(
            "The idempotency key does not fit.", [("idempotency_key", "needs 1 to 200 characters")]
        )
    try:
        size = len(encode(payload))
    except NotJson as error:
        raise BadInput("The event's content does not fit.", [("payload", f"holds {error}")]) from error
    if size > LARGEST_PAYLOAD:
        raise BadInput(
            "The event's content is too large.", [("payload", f"has more than {LARGEST_PAYLOAD} bytes")]
        )


def _again(before: tables.PublishedEvent, name: str, payload: Any) -> PublishedEvent:
    if (before.name, before.payload) != (name, payload):
        raise Conflict(
            "This idempotency key was used for another event.",
            "Use a new key for a new event.",
            current=_view(before, 0),
        )
    return _view(before, 0)


def _view(row: tables.PublishedEvent, told: int, fires: int = 0) -> PublishedEvent:
    return PublishedEvent(row.id, row.seq, row.name, row.payload, row.at, told, fires)
