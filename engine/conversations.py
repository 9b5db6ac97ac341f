"""Conversations with the designer: the stored messages are its only durable state.

A conversation may be a branch of another one: it begins behind one of its messages. What was said up to there is read
from the other, so nothing is copied and nothing that was said is ever changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Uuid, func, text
from sqlmodel import col, select

from engine import proposals, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.drafts import check_text
from engine.errors import BadInput, NotFound
from engine.identity import new_id
from engine.lineage import BEHIND, BRANCHES, LINE, RECENT, RECENT_BY
from engine.permissions import Permission, require
from engine.proposals import Proposal

LONGEST_TITLE: Final = 200
KEPT_DAYS: Final = 30
"""Days a deleted conversation can be taken back, at least."""


@dataclass(frozen=True, slots=True)
class Message:
    """``proposal`` is what the designer proposed with it: what it said, with the keys ``id``, ``state``, ``text``, and
    ``base``. ``conversation_id`` is the branch it was said in."""

    id: UUID
    seq: int
    role: str
    content: str
    proposal: dict[str, Any] | None
    created_at: datetime
    conversation_id: UUID | None = None
    decision: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Conversations that go apart behind the message ``seq``, oldest first; the one looked at is among them."""

    seq: int
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """``found`` is, in a search, what was said around the words."""

    id: UUID
    workflow_id: UUID | None
    title: str
    created_at: datetime
    updated_at: datetime
    messages: tuple[Message, ...] = ()
    parent_id: UUID | None = None
    parent_seq: int = 0
    branches: tuple[Branch, ...] = ()
    found: str = ""


async def create(
    db: Database, actor: Actor, title: str = "", workflow_id: UUID | None = None
) -> Conversation:
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        return await _create(session, actor, title, workflow_id)


async def _create(session: Session, actor: Actor, title: str, workflow_id: UUID | None) -> Conversation:
    if workflow_id is not None and await session.get(tables.Workflow, workflow_id) is None:
        raise NotFound("There is no such workflow.", "Look at the list of workflows.")
    id = new_id()
    short = title[:LONGEST_TITLE]
    values = {
        "id": id,
        "account_id": actor.account_id,
        "workflow_id": workflow_id,
        "title": short,
        "created_by": actor.user_id,
    }
    row = (await session.execute(_CREATE, values)).one()
    return Conversation(id, workflow_id, short, row.created_at, row.updated_at)


async def branch(
    db: Database, actor: Actor, conversation_id: UUID, seq: int, title: str = ""
) -> Conversation:
    """A new conversation that goes on behind the message ``seq`` (0: from the beginning), with its messages so far."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        parent = await _conversation(session, conversation_id)
        while parent.parent_id is not None and seq <= parent.parent_seq:
            parent = await _conversation(session, parent.parent_id, deleted=True)
        last = select(func.max(tables.Message.seq)).where(tables.Message.conversation_id == parent.id)
        if not 0 <= seq <= ((await session.exec(last)).one() or parent.parent_seq):
            raise NotFound("There is no such message.", "Look at the conversation.")
        row = tables.Conversation(
            id=new_id(),
            account_id=actor.account_id,
            workflow_id=parent.workflow_id,
            title=title[:LONGEST_TITLE] or parent.title,
            created_by=actor.user_id,
            parent_id=parent.id,
            parent_seq=seq,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        return await _whole(session, row)


async def list_(
    db: Database, actor: Actor, workflow_id: UUID | None = None, limit: int = 50, words: str = ""
) -> tuple[Conversation, ...]:
    """Latest first, without their messages. Of one workflow when it is given; with ``words`` those whose title or
    messages have them all (the last one may be a beginning)."""
    require(actor, Permission.CONVERSE)
    wanted = _query(words)
    if words.strip() and not wanted:
        return ()
    async with db.account(actor) as session:
        if wanted:
            found = await session.execute(_SEARCH, {"words": wanted, "workflow": workflow_id, "most": limit})
            hits = {row.id: row.content for row in found}
            query = select(tables.Conversation).where(col(tables.Conversation.id).in_(hits))
            rows = {row.id: row for row in await session.exec(query)}
            return tuple(
                replace(_view(rows[id]), found=_around(said or "", words)) for id, said in hits.items()
            )
        query = select(tables.Conversation).where(col(tables.Conversation.deleted_at).is_(None))
        if workflow_id is not None:
            query = query.where(tables.Conversation.workflow_id == workflow_id)
        query = query.order_by(col(tables.Conversation.updated_at).desc()).limit(limit)
        return tuple(_view(row) for row in await session.exec(query))


async def get(db: Database, actor: Actor, conversation_id: UUID) -> Conversation:
    """With its messages, in order, those before a branch included."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        return await _whole(session, await _conversation(session, conversation_id))


async def recent(db: Database, actor: Actor, conversation_id: UUID) -> Conversation:
    """With its last messages, :data:`RECENT` of them at least, for whoever goes on with it; without its branches."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await _conversation(session, conversation_id)
        span = {"id": row.id, "least": RECENT, "by": RECENT_BY}
        behind = (await session.execute(BEHIND, span)).scalar_one()
        return _view(row, await _messages(session, row.id, behind))


async def append_message(
    db: Database,
    actor: Actor,
    conversation_id: UUID,
    role: Literal["user", "assistant"],
    content: str,
    proposal: Mapping[str, Any] | None = None,
) -> Message:
    """Add a message at the end. A proposal's ``text`` and ``base`` become a row of its own, open, in the place of the
    one that was open before."""
    require(actor, Permission.CONVERSE)
    check_text(content)
    async with db.account(actor) as session:
        return await _append(session, actor, conversation_id, role, content, proposal)


async def begin(
    db: Database, actor: Actor, title: str, content: str, workflow_id: UUID | None = None
) -> tuple[Conversation, Message]:
    """A new conversation with its first message, in one transaction."""
    require(actor, Permission.CONVERSE)
    check_text(content)
    async with db.account(actor) as session:
        made = await _create(session, actor, title, workflow_id)
        return made, await _append(session, actor, made.id, "user", content)


async def _append(
    session: Session,
    actor: Actor,
    conversation_id: UUID,
    role: Literal["user", "assistant"],
    content: str,
    proposal: Mapping[str, Any] | None = None,
) -> Message:
    # The row of the conversation is the lock: behind it nobody else takes the next number.
    found = (await session.execute(_TOUCH, {"id": conversation_id})).one_or_none()
    if found is None:
        raise NotFound("There is no such conversation.", "Look at the list of conversations.")
    said = None if proposal is None else {k: v for k, v in proposal.items() if k not in _APART}
    id = new_id()
    values = {
        "id": id,
        "account_id": actor.account_id,
        "conversation_id": conversation_id,
        "role": role,
        "content": content,
        "proposal": None if said is None else json.dumps(said),
        "before": found.parent_seq,
    }
    kept = (await session.execute(_APPEND, values)).one()
    row = tables.Message(
        id=id, account_id=actor.account_id, conversation_id=conversation_id, seq=kept.seq, role=role,
        content=content, proposal=said, created_at=kept.created_at,
    )  # fmt: skip
    if proposal is None:
        return _message(row, None)
    texts = str(proposal.get("base", "")), str(proposal.get("text", ""))
    made = await proposals.record(session, actor, row, found.workflow_id, texts)
    await session.refresh(made)
    return _message(row, made)


async def rename(db: Database, actor: Actor, conversation_id: UUID, title: str) -> Conversation:
    require(actor, Permission.CONVERSE)
    wanted = " ".join(title.split())
    if not wanted or len(wanted) > LONGEST_TITLE:
        raise BadInput(
            "A conversation needs a title.",
            [("title", "is empty" if not wanted else f"has more than {LONGEST_TITLE} characters")],
            "A few words will do.",
        )
    check_text(wanted)
    async with db.account(actor) as session:
        row = await _conversation(session, conversation_id, lock=True)
        row.title = wanted
        session.add(row)
        return _view(row)


async def delete(db: Database, actor: Actor, conversation_id: UUID) -> None:
    """It is no longer listed or found. :func:`restore` takes that back; what was deleted long ago goes for good."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await _conversation(session, conversation_id, lock=True)
        row.deleted_at = (await session.exec(select(func.now()))).one()
        session.add(row)
        await session.flush()
        await session.execute(_FORGET, {"days": KEPT_DAYS})


async def restore(db: Database, actor: Actor, conversation_id: UUID) -> Conversation:
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await _conversation(session, conversation_id, lock=True, deleted=True)
        row.deleted_at = None
        session.add(row)
        await session.flush()
        return _view(row)


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
    session: Session, conversation_id: UUID, *, lock: bool = False, deleted: bool = False
) -> tables.Conversation:
    row = await session.get(tables.Conversation, conversation_id, with_for_update=True if lock else None)
    if row is None or (row.deleted_at is not None and not deleted):
        raise NotFound("There is no such conversation.", "Look at the list of conversations.")
    return row


# ---- queries -------------------------------------------------------------------------------------------------------

_CREATE: Final = text("""
    INSERT INTO conversations (id, account_id, workflow_id, title, created_by, parent_seq)
    VALUES (:id, :account_id, :workflow_id, :title, :created_by, 0) RETURNING created_at, updated_at
""")

_TOUCH: Final = text("""
    UPDATE conversations SET updated_at = now() WHERE id = :id AND deleted_at IS NULL RETURNING parent_seq, workflow_id
""")

_APPEND: Final = text("""
    INSERT INTO messages (id, account_id, conversation_id, seq, role, content, proposal)
    SELECT :id, :account_id, :conversation_id, coalesce(max(seq), :before) + 1, :role, :content,
            CAST(:proposal AS jsonb) FROM messages WHERE conversation_id = :conversation_id
    RETURNING seq, created_at
""")

_SEARCH: Final = text("""
    SELECT c.id, (
        SELECT m.content FROM messages m
        WHERE m.conversation_id = c.id AND m.words @@ to_tsquery('simple', :words) ORDER BY m.seq LIMIT 1
    ) AS content
    FROM conversations c
    WHERE c.deleted_at IS NULL AND (CAST(:workflow AS uuid) IS NULL OR c.workflow_id = :workflow)
        AND (to_tsvector('simple', c.title) @@ to_tsquery('simple', :words) OR EXISTS (
            SELECT FROM messages m WHERE m.conversation_id = c.id AND m.words @@ to_tsquery('simple', :words)))
    ORDER BY c.updated_at DESC LIMIT :most
""")

_FORGET: Final = text("""
    DELETE FROM conversations c WHERE c.deleted_at < now() - make_interval(days => :days)
        AND NOT EXISTS (SELECT FROM conversations b WHERE b.parent_id = c.id)
""")


def _query(words: str) -> str:
    """For ``to_tsquery``: all words, each as a beginning; "" when there are none."""
    return " & ".join(f"{word}:*" for word in re.findall(r"\w+", words[:200]))


def _around(content: str, words: str, width: int = 120) -> str:
    """A line of what was said, with the first of the words in it."""
    line = " ".join(content.split())
    at = min(
        (m.start() for w in re.findall(r"\w+", words) for m in re.finditer(re.escape(w), line, re.I)),
        default=0,
    )
    start = max(0, at - width // 3)
    piece = line[start : start + width]
    return ("…" if start else "") + piece + ("…" if start + width < len(line) else "")


_SAID: Final = (
    select(tables.Message, tables.Proposal)
    .outerjoin(tables.Proposal, col(tables.Proposal.message_id) == col(tables.Message.id))
    .where(col(tables.Message.id).in_(select(LINE.columns(id=Uuid).subquery().c.id)))
    .order_by(col(tables.Message.seq))
)


async def _whole(session: Session, row: tables.Conversation) -> Conversation:
    said = await _messages(session, row.id)
    return replace(_view(row, said), branches=await _branches(session, row))


async def _messages(session: Session, conversation_id: UUID, behind: int = 0) -> tuple[Message, ...]:
    found = await session.exec(_SAID, params={"id": conversation_id, "behind": behind})
    return tuple(_message(message, made) for message, made in found)


async def _branches(session: Session, row: tables.Conversation) -> tuple[Branch, ...]:
    """Where others leave this conversation's line, or it leaves theirs: who goes on at each of these places."""
    found: dict[tuple[UUID, int], list[UUID]] = {}
    here: dict[tuple[UUID, int], UUID] = {}
    for one in await session.execute(BRANCHES, {"id": row.id}):
        place = (one.parent_id, one.parent_seq)
        found.setdefault(place, [one.parent_id]).append(row.id if one.here else one.id)
        if one.here:
            here[place] = one.id
    places = []
    for (parent, seq), ids in sorted(found.items(), key=lambda item: item[0][1]):
        # The line itself goes on in the parent unless it left there.
        mine = [row.id if id == parent and (parent, seq) not in here else id for id in ids]
        places.append(Branch(seq, tuple(dict.fromkeys(mine))))
    return tuple(places)


_APART: Final = frozenset({"text", "base", "state", "id"})


def _view(row: tables.Conversation, messages: tuple[Message, ...] = ()) -> Conversation:
    return Conversation(
        row.id,
        row.workflow_id,
        row.title,
        row.created_at,
        row.updated_at,
        messages,
        row.parent_id,
        row.parent_seq,
    )


def _message(row: tables.Message, made: tables.Proposal | None) -> Message:
    said = row.proposal
    decision = None
    if said is not None and made is not None:
        decision = proposals.view(made, said)
        said = {**said, "id": str(made.id), "state": made.state, "text": made.text, "base": decision.start}
    return Message(
        row.id, row.seq, row.role, row.content, said, row.created_at, row.conversation_id, decision
    )
