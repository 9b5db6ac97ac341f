"""What was told, and how it went; telling it again; trying a channel; and what a person wants to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from engine import audit
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict, NotFound
from engine.identity import new_id
from engine.notifying import mailing
from engine.notifying.channels import target_of
from engine.notifying.delivering import Message, deliver
from engine.notifying.posting import Sent
from engine.permissions import Permission, require
from engine.tables import Channel, NoticeWish, OutboxRow, User

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """``target``: the channel's name, or a person's address, "" when it is gone. ``state``: due, sent, dead or dropped;
    ``answer``: what the receiver said."""

    id: UUID
    topic: str
    target: str
    target_id: UUID
    title: str
    link: str
    state: str
    attempt: int
    last_error: str
    answer: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tried:
    """``taken``: the receiver has it; ``words``: its answer, or what went wrong."""

    taken: bool
    words: str


async def list_deliveries(
    db: Database, actor: Actor, channel_id: UUID | None = None, *, limit: int = 50
) -> tuple[Delivery, ...]:
    """The newest first, of everybody or of one channel. What is planned for later is not among them."""
    require(actor, Permission.VIEW)
    row = OutboxRow
    query = (
        select(row, Channel.name, User.email)
        .outerjoin(Channel, col(Channel.id) == col(row.target_id))
        .outerjoin(User, col(User.id) == col(row.target_id))
        .where((col(row.due_at) <= func.now()) | (col(row.attempt) > 0) | (col(row.state) != "due"))
        .order_by(col(row.created_at).desc(), col(row.id).desc())
        .limit(min(max(limit, 1), MOST))
    )
    if channel_id is not None:
        query = query.where(row.target_id == channel_id)
    async with db.account(actor) as session:
        return tuple(_view(one, name or email or "") for one, name, email in await session.exec(query))


async def send_again(db: Database, actor: Actor, delivery_id: UUID) -> None:
    """What was given up is due now, under the same id, with all its attempts before it. Raises ``NotFound``,
    ``Conflict``."""
    require(actor, Permission.CHANNELS)
    async with db.account(actor) as session:
        row = await session.get(OutboxRow, delivery_id, with_for_update=True)
        if row is None:
            raise NotFound("There is no such message.", "Look at the list.")
        if row.state != "dead":
            raise Conflict("Only what was given up can be sent again.", "Nothing else was done.")
        row.state, row.attempt, row.done_at = "due", 0, None
        row.due_at = (await session.exec(select(func.clock_timestamp()))).one()
        session.add(row)
        await session.flush()
        await audit.append(
            session, actor.account_id, actor.email, "notice.send_again", str(row.id), {"topic": row.topic}
        )


async def try_channel(db: Database, actor: Actor, channel_id: UUID) -> Tried:
    """A message of no consequence, sent now; what the receiver really answers. Raises ``NotFound``, ``Sealed``."""
    require(actor, Permission.CHANNELS)
    async with db.account(actor) as session:
        target = await target_of(session, channel_id)
        at = (await session.exec(select(func.clock_timestamp()))).one()
    said = {
        "title": "A test from Weft Studio",
        "text": f"{actor.name or actor.email} tries the channel “{target.name}”. Nothing happened.",
        "link": "/notifications",
    }
    message = Message(new_id(), "test", at.timestamp(), said)
    outcome = await deliver(target, message)
    taken = isinstance(outcome, Sent)
    words = outcome.words.replace("\0", "")[:500]
    async with db.account(actor) as session:
        row = OutboxRow(
            id=message.id,
            account_id=actor.account_id,
            topic="test",
            key=f"test:{message.id}",
            target_kind="channel",
            target_id=channel_id,
            body=said,
            attempt=1,
            state="sent" if taken else "dead",
            answer=words if taken else "",
            last_error="" if taken else words,
            done_at=(await session.exec(select(func.clock_timestamp()))).one(),
        )
        session.add(row)
        await session.flush()
        await audit.append(
            session, actor.account_id, actor.email, "channel.test", target.name, {"taken": taken}
        )
    return Tried(taken, words)


@dataclass(frozen=True, slots=True)
class Wish:
    """``approvals``: an e-mail when an approval asks for one's role. ``possible``: there is a mail server for it."""

    approvals: bool
    possible: bool


async def get_wish(db: Database, actor: Actor) -> Wish:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await session.get(NoticeWish, (actor.account_id, actor.user_id))
        mails = select(Channel.config).where(Channel.kind == "email", col(Channel.enabled))
        own = [config for config in await session.exec(mails) if isinstance(config.get("smtp"), dict)]
    return Wish(row is not None and row.approvals, mailing.of_installation() is not None or bool(own))


async def set_wish(db: Database, actor: Actor, approvals: bool) -> Wish:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await session.get(NoticeWish, (actor.account_id, actor.user_id), with_for_update=True)
        if row is None:
            row = NoticeWish(account_id=actor.account_id, user_id=actor.user_id)
        row.approvals = approvals
        session.add(row)
        await session.flush()
        await audit.append(
            session, actor.account_id, actor.email, "notice.wish", actor.email, {"approvals": approvals}
        )
    return await get_wish(db, actor)


def _view(row: OutboxRow, target: str) -> Delivery:
    return Delivery(
        row.id,
        row.topic,
        target or str(row.body.get("to", "")),
        row.target_id,
        str(row.body.get("title") or row.body.get("workflow") or ""),
        str(row.body.get("link", "")),
        row.state,
        row.attempt,
        row.last_error,
        row.answer,
        row.created_at,
        row.due_at,
        row.done_at,
    )
