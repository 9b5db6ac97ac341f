"""The audit log: insert only, a hash chain per account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.tables.columns import json, moment


class AuditEntry(SQLModel, table=True):
    """``hash`` is over this row's content and ``prev_hash``, see ``engine.audit``."""

    __tablename__ = "audit_log"

    id: int | None = Field(default=None, primary_key=True)
    account_id: UUID
    at: datetime = moment()
    actor: str
    action: str
    subject: str
    data: dict[str, Any] = json()
    prev_hash: str
    hash: str
