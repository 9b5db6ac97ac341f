"""A run after a conversation: once what was agreed on there is published, its workflow runs once.

"Once" is once for what was accepted last: asking again gives the same run, and after the next accepted proposal was
published there may be another.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine import backpressure
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict, NotFound
from engine.fitting import fitted
from engine.identity import new_id
from engine.interfaces import interfaces
from engine.permissions import Permission, require
from engine.strict import encode
from engine.triggers.firing import KEY_PREFIX
from engine.triggers.starting import BEFORE, BORN, TELL
from engine.watching import RunSummary, summary_in

FOUND = text(
    """
    SELECT c.workflow_id, w.live_version_id, w.archived_at, v.published_at, v.published_at >= p.decided_at AS since,
      p.id AS proposal_id
    FROM conversations c
    LEFT JOIN workflows w ON w.account_id = c.account_id AND w.id = c.workflow_id
    LEFT JOIN versions v ON v.account_id = w.account_id AND v.id = w.live_version_id
    LEFT JOIN LATERAL (
      SELECT id, decided_at FROM proposals WHERE account_id = c.account_id AND conversation_id = c.id
      AND state IN ('accepted', 'partly') ORDER BY decided_at DESC LIMIT 1) AS p ON true
    WHERE c.account_id = :account AND c.id = :conversation AND c.deleted_at IS NULL
    """
)


async def run_after(db: Database, actor: Actor, conversation_id: UUID, input: Any) -> RunSummary:
    """Run the conversation's workflow once. Asking again gives that run, whatever the input.

    Raises ``NotFound``, ``Conflict`` while nothing of the conversation is accepted and published, ``BadInput``,
    ``QueueFull``.
    """
    require(actor, Permission.RUN)
    async with backpressure.places(db, actor.account_id) as places, db.account(actor) as session:
        about = {"account": actor.account_id, "conversation": conversation_id}
        found = (await session.execute(FOUND, about)).one_or_none()
        if found is None:
            raise NotFound("There is no such conversation.", "Look at the list of conversations.")
        if found.proposal_id is None or found.workflow_id is None:
            raise Conflict(
                "Nothing of this conversation was accepted yet.", "Accept a proposal, then publish it."
            )
        key = f"{KEY_PREFIX}chat:{found.proposal_id}"
        of_key = {"account": actor.account_id, "workflow": found.workflow_id, "key": key}
        before = (await session.execute(BEFORE, of_key)).scalar_one_or_none()
        if before is not None:
            return await summary_in(session, before)
        if found.archived_at is not None:
            raise Conflict("This workflow is archived.", "Runs start of workflows that are not.")
        if not found.since:
            raise Conflict(
                "What was accepted last is not published yet.", "Publish the workflow, then start the run."
            )
        interface = await interfaces.get(session, actor.account_id, found.workflow_id, found.live_version_id)
        run_id = new_id()
        row = {
            "n": 0,
            "id": str(run_id),
            "account": str(actor.account_id),
            "workflow": str(found.workflow_id),
            "version": str(found.live_version_id),
            "hash": interface.content_hash,
            "kind": "chat",
            "trigger": None,
            "key": key,
            "input": fitted(input, interface),
            "by": str(actor.user_id) if actor.user_id is not None else None,
        }
        await places.take(session, 1)
        if (await session.execute(BORN, {"rows": encode([row])})).first() is None:  # somebody was faster
            again: UUID = (await session.execute(BEFORE, of_key)).scalar_one()
            return await summary_in(session, again)
        await session.execute(TELL, {"run": str(run_id)})
        return await summary_in(session, run_id)
