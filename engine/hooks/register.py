"""What people see and do of webhooks: the deliveries of one, how each is doing, and a test that is signed and sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from dsl.plan import OnWebhook, PlanTrigger
from engine import secrets
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, Conflict, NotFound
from engine.hooks.receiving import Received, receive
from engine.hooks.request import LARGEST_BODY, HookRequest
from engine.hooks.signing import AGENT, signed_headers
from engine.hooks.verdict import Verdict
from engine.identity import new_id
from engine.permissions import Permission, require

MOST: Final = 100

LISTED = text(
    """
    SELECT d.id, d.received_at, d.verdict, d.why, d.run_id, d.method, d.source, d.size, d.content_type, d.body_hash,
      d.preview, d.signed, d.secret, u.name AS asked_by
    FROM hook_deliveries d LEFT JOIN users u ON u.account_id = d.account_id AND u.id = d.asked_by
    WHERE d.account_id = :account AND d.trigger_id = :trigger
    AND (CAST(:before AS uuid) IS NULL OR (d.received_at, d.id) <
      (SELECT received_at, id FROM hook_deliveries WHERE account_id = :account AND id = :before))
    ORDER BY d.received_at DESC, d.id DESC LIMIT :most
    """
)
LATELY = text(
    """
    SELECT t.id, d.verdict, d.received_at, d.secret,
      (SELECT count(*) FROM hook_deliveries b WHERE b.account_id = t.account_id AND b.trigger_id = t.id
        AND b.verdict <> 'accepted' AND NOT b.signed AND b.received_at > now() - interval '1 day') AS unsigned
    FROM triggers t CROSS JOIN LATERAL (
      SELECT verdict, received_at, secret FROM hook_deliveries d WHERE d.account_id = t.account_id
      AND d.trigger_id = t.id ORDER BY received_at DESC, id DESC LIMIT 1) d
    WHERE t.account_id = :account AND t.kind = 'webhook'
    """
)
FOUND = text(
    """
    SELECT spec, live, extract(epoch FROM clock_timestamp())::bigint AS now FROM triggers
    WHERE account_id = :account AND id = :id AND kind = 'webhook'
    """
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that came in. ``preview``: the beginning of its body, where it was signed, without secrets and what
    the account does not let out; ``previous``: it was signed with the value of the secret before. ``asked_by``: who
    sent it as a test."""

    id: UUID
    received_at: datetime
    verdict: Verdict
    why: str
    run_id: UUID | None
    method: str
    source: str
    size: int
    content_type: str
    body_hash: str | None
    preview: str | None
    signed: bool
    previous: bool
    asked_by: str | None


@dataclass(frozen=True, slots=True)
class Lately:
    """The newest delivery of a webhook, and how many that nobody signed came within a day (100 are counted)."""

    verdict: Verdict
    received_at: datetime
    previous: bool
    unsigned: int


async def list_deliveries(
    db: Database, actor: Actor, trigger_id: UUID, *, before: UUID | None = None, limit: int = 25
) -> tuple[Delivery, ...]:
    """Newest first; ``before`` is the last one of the page before. Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    about = {
        "account": actor.account_id,
        "trigger": trigger_id,
        "before": before,
        "most": min(max(limit, 1), MOST),
    }
    async with db.account(actor) as session:
        if (await session.execute(FOUND, {"account": actor.account_id, "id": trigger_id})).first() is None:
            raise _nothing()
        rows: Iterable[Any] = await session.execute(LISTED, about)
        return tuple(map(_view, rows))


async def lately(db: Database, actor: Actor) -> dict[UUID, Lately]:
    """By trigger; of those alone at which something came in."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        rows: Iterable[Any] = await session.execute(LATELY, {"account": actor.account_id})
        return {
            row.id: Lately(Verdict(row.verdict), row.received_at, bool(row.secret), row.unsigned)
            for row in rows
        }


async def send_test(db: Database, actor: Actor, trigger_id: UUID, body: str) -> Received:
    """Sign ``body`` as the sender of this webhook would, and receive it as if it had come in: what comes of it is real,
    and so is the run. Raises ``NotFound``, ``BadInput``, ``Conflict`` (its secret is not set, or it is off)."""
    require(actor, Permission.RUN)
    raw = body.encode("utf-8", "replace")
    if len(raw) > LARGEST_BODY:
        raise BadInput("The body is too large.", [("body", f"has more than {LARGEST_BODY:,} bytes")])
    async with db.account(actor) as session:
        row = (await session.execute(FOUND, {"account": actor.account_id, "id": trigger_id})).one_or_none()
        if row is None:
            raise _nothing()
        on = PlanTrigger.model_validate(row.spec).on
        assert isinstance(on, OnWebhook) and on.verify is not None
        opened = await secrets.opened(session, actor.account_id, on.verify.secret)
    if opened is None:
        raise Conflict(
            f"The secret {on.verify.secret!r} is not set, so nothing can be signed with it.",
            "Set it under Secrets, then send the test again.",
        )
    delivery = f"test_{new_id().hex}"
    try:
        signed = signed_headers(on.verify.function, opened.values[0], raw, row.now, delivery)
    except ValueError as error:
        raise Conflict(f"Nothing can be signed: {error}.", "Set the secret again under Secrets.") from None
    headers = (*signed.items(), ("content-type", "application/json"), ("user-agent", AGENT))
    request = HookRequest(
        actor.account_id, on.method, on.path, headers, (), raw, len(raw), source="this page"
    )
    received = await receive(db, request, asked_by=actor.user_id)
    if received is None:
        raise Conflict(
            "This webhook is off: its workflow is archived, or has it no more.", "Publish it again."
        )
    return received


def _view(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        received_at=row.received_at,
        verdict=Verdict(row.verdict),
        why=row.why,
        run_id=row.run_id,
        method=row.method,
        source=row.source,
        size=row.size,
        content_type=row.content_type,
        body_hash=row.body_hash,
        preview=row.preview,
        signed=row.signed,
        previous=bool(row.secret),
        asked_by=row.asked_by,
    )


def _nothing() -> NotFound:
    return NotFound("There is no such webhook.", "Look at the list of triggers.")
