"""Who is told things, and what they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, moment, stamped, texts


class Channel(SQLModel, table=True):
    """A way to tell people: ``kind`` is email, slack or webhook, ``config`` what ``engine.notifying.channels`` says of
    it. ``sealed``: its secret, see ``engine.vault``. ``topics``: what it is told of."""

    __tablename__ = "channels"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    name: str
    kind: str
    config: dict[str, Any] = json()
    topics: list[str] = texts()
    sealed: str | None = None
    enabled: bool = True
    created_at: datetime = stamped()
    updated_at: datetime = stamped()


class OutboxRow(SQLModel, table=True):
    """One thing to tell one receiver, written where it happens and sent by a courier; see ``engine.notifying.outbox``.
    ``answer``: what the receiver said to it."""

    __tablename__ = "outbox"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    topic: str
    key: str
    target_kind: str
    target_id: UUID
    body: dict[str, Any] = json()
    created_at: datetime = stamped()
    due_at: datetime = stamped()
    attempt: int = 0
    state: str = "due"
    last_error: str = ""
    answer: str = ""
    done_at: datetime | None = moment()


class NoticeWish(SQLModel, table=True):
    """Whether a person wants an e-mail when an approval asks for their role."""

    __tablename__ = "notice_wishes"

    account_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    approvals: bool = False
    updated_at: datetime = stamped()
