"""Telling an account's subscriptions of an event, in the transaction that publishes it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from engine import tables
from engine.database import Session
from engine.strict import encode
from engine.subscriptions.topics import EVENTS, covers
from engine.triggers.firing import spelled

LARGEST = 200_000
"""Bytes of a payload that goes along; of a larger one the message says that it is not in it."""

TELL = text(
    """
    INSERT INTO outbox (account_id, topic, key, target_kind, target_id, body)
    SELECT s.account_id, :topic, :key, 'subscription', s.id, CAST(:body AS jsonb) FROM event_subscriptions s
    WHERE s.account_id = :account AND s.active AND s.topics && CAST(:covers AS text[])
    ON CONFLICT (account_id, target_id, key) DO NOTHING
    """
)


async def tell_of_event(session: Session, row: tables.PublishedEvent) -> None:
    topic = EVENTS + row.name
    about: dict[str, Any] = {
        "account": row.account_id,
        "topic": topic,
        "key": f"{EVENTS}{row.id}",
        "covers": covers(topic),
        "body": json.dumps(_body(row)),
    }
    await session.execute(TELL, about)


def _body(row: tables.PublishedEvent) -> dict[str, Any]:
    said = {"id": str(row.id), "seq": row.seq, "name": row.name, "at": spelled(row.at)}
    if len(encode(row.payload)) > LARGEST:
        return said | {"payload": None, "left_out": f"the payload has more than {LARGEST} bytes"}
    return said | {"payload": row.payload}
