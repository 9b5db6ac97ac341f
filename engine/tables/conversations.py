"""Conversations with the designer, and what model calls cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json_or_null, moment, stamped, texts


class Conversation(SQLModel, table=True):
    """A branch begins behind the message ``parent_seq`` of its parent, and has the messages after that of its own."""

    __tablename__ = "conversations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    workflow_id: UUID | None = None
    title: str = ""
    created_by: UUID | None = None
    created_at: datetime = stamped()
    updated_at: datetime = stamped()
    parent_id: UUID | None = None
    parent_seq: int = 0
    deleted_at: datetime | None = moment()


class Message(SQLModel, table=True):
    """Never changed. ``proposal`` is what the designer said with one; its texts and what became of it are a
    :class:`Proposal`. The column ``words``, which only the search reads, is the database's."""

    __tablename__ = "messages"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    conversation_id: UUID
    seq: int
    role: str
    content: str
    proposal: dict[str, Any] | None = json_or_null()
    created_at: datetime = stamped()


class Proposal(SQLModel, table=True):
    """``base`` is the text it was made from, ``base_revision`` that of the draft when it was the draft's. ``applied``
    is ``base`` with the parts that were taken; ``parts`` are their names."""

    __tablename__ = "proposals"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    conversation_id: UUID
    message_id: UUID
    workflow_id: UUID | None = None
    base: str
    base_revision: int | None = None
    text: str
    applied: str | None = None
    state: str = "open"
    parts: list[str] = texts()
    decided_by: UUID | None = None
    decided_at: datetime | None = moment()
    created_at: datetime = stamped()


class ModelCall(SQLModel, table=True):
    """One call of a language model. ``ms`` is its duration; ``error`` is null when it answered."""

    __tablename__ = "model_calls"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    conversation_id: UUID | None = None
    run_id: UUID | None = None
    provider: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: Decimal = Decimal(0)
    ms: int = 0
    error: str | None = None
    at: datetime = stamped()
