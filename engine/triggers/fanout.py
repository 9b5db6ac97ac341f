"""An event that was published, put down for each trigger of its name, in the transaction that publishes it.

A fire is a row (``trigger_fires``) until a scheduler has made a run of it or found that none comes of it: nothing is
lost when everybody dies in between, and the event's id makes it one for each trigger.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine.database import Session
from engine.errors import QueueFull
from engine.strict import encode
from engine.triggers import syncing

MOST_WAITING = 10_000
"""Fires of an account that nobody has looked at yet, or that find no place in the queue."""
RETRY_S = 5.0

# Only where some trigger has the name is anything counted.
FULL = text(
    """
    SELECT EXISTS (SELECT FROM triggers WHERE account_id = :account AND event = :name AND kind = 'event' AND live
      AND paused_at IS NULL)
    AND (SELECT count(*) FROM (SELECT FROM trigger_fires WHERE account_id = :account LIMIT :most) AS waiting) >= :most
    """
)
FIRE = text(
    """
    INSERT INTO trigger_fires (id, account_id, trigger_id, occasion, event, requested_by)
    SELECT gen_random_uuid(), t.account_id, t.id, :occasion, CAST(:event AS jsonb), :by FROM triggers t
    WHERE t.account_id = :account AND t.event = :name AND t.kind = 'event' AND t.live AND t.paused_at IS NULL
    ON CONFLICT (account_id, trigger_id, occasion) DO NOTHING
    """
)


async def fire(
    session: Session, account_id: UUID, event_id: UUID, name: str, payload: Any, by: UUID | None
) -> int:
    """How many triggers will look at it: those that are live and not paused. Raises ``QueueFull``."""
    about = {"account": account_id, "name": name}
    if (await session.execute(FULL, about | {"most": MOST_WAITING})).scalar_one():
        raise QueueFull(
            f"{MOST_WAITING} events of this workspace wait to start something.",
            "Nothing was published. Try again when some of their runs have begun.",
            retry_after=RETRY_S,
        )
    done: Any = await session.execute(
        FIRE, about | {"occasion": f"event:{event_id}", "event": encode(payload), "by": by}
    )
    if done.rowcount:
        await session.execute(syncing.TELL)
    return int(done.rowcount)
