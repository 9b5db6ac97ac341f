"""Firing a trigger from a service: a webhook that came in, a person's test. A schedule's and an event's fires are the
scheduler's business.

The run is committed with whatever else the caller's transaction holds, so a delivery and its run are one thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text

from dsl.plan import Expression, PlanTrigger
from engine import backpressure
from engine.actor import Actor
from engine.backpressure import Places
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.fitting import LARGEST_INPUT, Interface
from engine.identity import new_id
from engine.permissions import Permission, require
from engine.strict import NotJson, encode
from engine.triggers import birth
from engine.triggers.firing import Fire, Skipped, Takes, Unfit, decide, key_of

LONGEST_OCCASION = 200

FOUND = text(
    """
    SELECT t.account_id, t.workflow_id, t.version_id, t.kind, t.spec, t.live, v.content_hash,
      v.plan -> 'input_schema' AS input_schema, v.plan -> 'input_defaults' AS defaults, v.plan -> 'config' AS config
    FROM triggers t JOIN versions v ON v.account_id = t.account_id AND v.id = t.version_id
    WHERE t.account_id = :account AND t.id = :id
    """
)
BORN = text(birth.BORN_TEXT)
KEPT = text(birth.KEPT_TEXT)
PROBLEM = text(birth.PROBLEM_TEXT)
BEFORE = text(
    "SELECT id FROM runs WHERE account_id = :account AND workflow_id = :workflow AND idempotency_key = :key"
)
RUN_OF = text(
    """
    SELECT r.id FROM triggers t
    JOIN runs r ON r.account_id = t.account_id AND r.workflow_id = t.workflow_id AND r.idempotency_key = :key
    WHERE t.account_id = :account AND t.id = :id
    """
)
TELL = text("SELECT pg_notify('weft_runs', :run), pg_notify('weft_events', :run)")

expressions: TypeAdapter[dict[str, Expression]] = TypeAdapter(dict[str, Expression])


@dataclass(frozen=True, slots=True)
class Started:
    """``again``: this occasion had made that run before."""

    run_id: UUID
    again: bool = False


Outcome: TypeAlias = Started | Skipped | Unfit


async def start(
    session: Session,
    places: Places,
    account_id: UUID,
    trigger_id: UUID,
    event: Any,
    occasion: str,
    by: UUID | None = None,
) -> Outcome:
    """Fire a trigger in the caller's transaction, whether it is paused or not: that is for the caller to look at.

    The same ``occasion`` (1 to 200 characters) makes one run, whatever became of it. ``by``: who asked for it.
    ``places`` are the queue's, opened around the transaction (``backpressure.places``). Raises ``NotFound``,
    ``Conflict`` when it is not live, ``QueueFull``.
    """
    if not 0 < len(occasion) <= LONGEST_OCCASION or "\0" in occasion:
        raise BadInput(
            "The occasion does not fit.", [("occasion", f"needs 1 to {LONGEST_OCCASION} characters")]
        )
    row = (await session.execute(FOUND, {"account": account_id, "id": trigger_id})).one_or_none()
    if row is None:
        raise NotFound("There is no such trigger.", "Look at the list of triggers.")
    if not row.live:
        raise Conflict(
            "This trigger is off: its workflow is archived, or has it no more.", "Publish it again."
        )
    before = await _before(session, account_id, row.workflow_id, key_of(trigger_id, occasion))
    if before is not None:
        return before
    takes = Takes(
        Interface(row.content_hash, row.input_schema, expressions.validate_python(row.defaults)),
        expressions.validate_python(row.config),
    )
    decision = decide(PlanTrigger.model_validate(row.spec), takes, event)
    outcome: Outcome
    if isinstance(decision, Fire):
        await places.take(session, 1)
        born = birth.row_of(
            0,
            decision,
            account=account_id,
            workflow=row.workflow_id,
            version=row.version_id,
            content_hash=row.content_hash,
            kind=row.kind,
            trigger=trigger_id,
            occasion=occasion,
            by=by,
        )
        if (await session.execute(BORN, {"rows": encode([born])})).first() is None:
            again = await _before(session, account_id, row.workflow_id, born["key"])
            assert again is not None  # somebody was faster with the same occasion
            return again
        await session.execute(TELL, {"run": born["id"]})
        outcome = Started(UUID(born["id"]))
    else:
        outcome = decision
    result, problem = birth.said_of(decision)
    about = {"id": trigger_id, "result": result, "problem": problem}
    about["run"] = outcome.run_id if isinstance(outcome, Started) else None
    await session.execute(PROBLEM if result == "problem" else KEPT, about)
    return outcome


async def run_of(session: Session, account_id: UUID, trigger_id: UUID, occasion: str) -> UUID | None:
    """The run that this occasion has made, while there is that run."""
    about = {"account": account_id, "id": trigger_id, "key": key_of(trigger_id, occasion)}
    found: UUID | None = (await session.execute(RUN_OF, about)).scalar_one_or_none()
    return found


async def _before(session: Session, account_id: UUID, workflow_id: UUID, key: str) -> Started | None:
    about = {"account": account_id, "workflow": workflow_id, "key": key}
    found = (await session.execute(BEFORE, about)).scalar_one_or_none()
    return None if found is None else Started(found, again=True)


async def try_out(db: Database, actor: Actor, trigger_id: UUID, event: Any) -> Outcome:
    """A person fires it with an event of his own, also while it is paused: its condition and its input are those of the
    live version, and what comes of it is a run like any other. Raises as :func:`start`, and ``BadInput``."""
    require(actor, Permission.RUN)
    try:
        size = len(encode(event))
    except NotJson as error:
        raise BadInput("The event does not fit.", [("event", f"holds {error}")]) from error
    if size > LARGEST_INPUT:
        raise BadInput("The event is too large.", [("event", f"has more than {LARGEST_INPUT} bytes")])
    async with backpressure.places(db, actor.account_id) as places, db.account(actor) as session:
        occasion = f"test:{new_id()}"
        return await start(session, places, actor.account_id, trigger_id, event, occasion, actor.user_id)
