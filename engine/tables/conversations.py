"""Conversations with the designer, and what model calls cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json_or_null, stamped


class Conversation(SQLModel, table=True):
    __tablename__ = "conversations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    workflow_id: UUID | None = None
    title: str = ""
    created_by: UUID | None = None
    created_at: datetime = stamped()
    updated_at: datetime = stamped()


class Message(SQLModel, table=True):
    """``proposal`` belongs to the designer, apart from its key ``state``: ``open``, ``accepted`` or ``rejected``."""

    __tablename__ = "messages"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    conversation_id: UUID
    seq: int
    role: str
    content: str
    proposal: dict[str, Any] | None = json_or_null()
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
