"""Events that are published to an account's workflows, and the runs that wait for some."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json_or_null, stamped


class PublishedEvent(SQLModel, table=True):
    """``seq`` counts the account's events in the order of their commits, see ``engine.events``."""

    __tablename__ = "events"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    seq: int
    name: str
    payload: Any = json_or_null()
    idempotency_key: str | None = None
    published_by: UUID | None = None
    at: datetime = stamped()


class EventWait(SQLModel, table=True):
    """A run that waits, at ``path``, for an event of a name; it has looked at all up to ``seen``."""

    __tablename__ = "event_waits"

    run_id: UUID = Field(primary_key=True)
    path: str = Field(primary_key=True)
    account_id: UUID
    name: str
    seen: int
