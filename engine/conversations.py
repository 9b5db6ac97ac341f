"""Conversations with the designer: the stored messages are its only durable state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import tables
from engine.actor import Actor
from engine.database import Database
from engine.drafts import check_text
from engine.errors import Conflict, NotFound
from engine.identity import new_id
from engine.permissions import Permission, require

ProposalState = Literal["open", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Message:
    """``proposal`` is the designer's, with the key ``state``."""

    id: UUID
    seq: int
    role: str
    content: str
    proposal: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    id: UUID
    workflow_id: UUID | None
    title: str
    created_at: datetime
    updated_at: datetime
    messages: tuple[Message, ...] = ()


async def create(
    db: Database, actor: Actor, title: str = "", workflow_id: UUID | None = None
) -> Conversation:
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        if workflow_id is not None and await session.get(tables.Workflow, workflow_id) is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        row = tables.Conversation(
            id=new_id(),
            account_id=actor.account_id,
            workflow_id=workflow_id,
            title=title[:200],
            created_by=actor.user_id,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return _view(row)


async def list_(
    db: Database, actor: Actor, workflow_id: UUID | None = None, limit: int = 50
) -> tuple[Conversation, ...]:
    """Latest first, without their messages. Of one workflow when it is given."""
    require(actor, Permission.CONVERSE)
    query = select(tables.Conversation).order_by(col(tables.Conversation.updated_at).desc()).limit(limit)
    if workflow_id is not None:
        query = query.where(tables.Conversation.workflow_id == workflow_id)
    async with db.account(actor) as session:
        return tuple(_view(row) for row in await session.exec(query))


async def get(db: Database, actor: Actor, conversation_id: UUID) -> Conversation:
    """With its messages, in order."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await _conversation(session, conversation_id)
        query = select(tables.Message).where(tables.Message.conversation_id == conversation_id)
        messages = await session.exec(query.order_by(col(tables.Message.seq)))
        return _view(row, tuple(_message(message) for message in messages))


async def append_message(
    db: Database,
    actor: Actor,
    conversation_id: UUID,
    role: Literal["user", "assistant"],
    content: str,
    proposal: Mapping[str, Any] | None = None,
) -> Message:
    """Add a message at the end. A proposal begins as ``open`` unless it says otherwise."""
    require(actor, Permission.CONVERSE)
    check_text(content)
    async with db.account(actor) as session:
        conversation = await _conversation(session, conversation_id, lock=True)
        newest = select(func.max(tables.Message.seq)).where(tables.Message.conversation_id == conversation_id)
        row = tables.Message(
            id=new_id(),
            account_id=actor.account_id,
            conversation_id=conversation_id,
            seq=((await session.exec(newest)).one() or 0) + 1,
            role=role,
            content=content,
            proposal=None if proposal is None else {"state": "open", **proposal},
        )
        conversation.updated_at = (await session.exec(select(func.now()))).one()
        session.add_all([row, conversation])
        await session.flush()
        await session.refresh(row)
        return _message(row)


async def set_proposal_state(db: Database, actor: Actor, message_id: UUID, state: ProposalState) -> Message:
    """Accept or reject a proposal, once. Raises ``Conflict`` when it was decided otherwise."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await session.get(tables.Message, message_id, with_for_update=True)
        if row is None or row.proposal is None:
            raise NotFound("There is no such proposal.", "Look at the conversation.")
        if row.proposal.get("state") not in ("open", state):
            raise Conflict(f"This proposal is {row.proposal['state']} already.", "", current=_message(row))
        row.proposal = {**row.proposal, "state": state}
        session.add(row)
        await session.flush()
        return _message(row)


async def attach(db: Database, actor: Actor, conversation_id: UUID, workflow_id: UUID) -> None:
    """The conversation is about this workflow from now on (a proposal became its draft)."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await _conversation(session, conversation_id, lock=True)
        if await session.get(tables.Workflow, workflow_id) is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        row.workflow_id = workflow_id
        session.add(row)


async def _conversation(
    session: AsyncSession, conversation_id: UUID, *, lock: bool = False
) -> tables.Conversation:
    row = await session.get(tables.Conversation, conversation_id, with_for_update=True if lock else None)
    if row is None:
        raise NotFound("There is no such conversation.", "Look at the list of conversations.")
    return row


def _view(row: tables.Conversation, messages: tuple[Message, ...] = ()) -> Conversation:
    return Conversation(row.id, row.workflow_id, row.title, row.created_at, row.updated_at, messages)


def _message(row: tables.Message) -> Message:
    return Message(row.id, row.seq, row.role, row.content, row.proposal, row.created_at)
