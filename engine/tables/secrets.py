"""An account's named secrets: what webhooks are signed with, and what calls may carry."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import moment, stamped


class SecretRow(SQLModel, table=True):
    """``sealed``, ``sealed_before``: see ``engine.vault``. The one before is valid until ``before_until``, by the
    database's clock; both are given or neither is."""

    __tablename__ = "secrets"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    name: str
    sealed: str = Field(repr=False)
    sealed_before: str | None = Field(default=None, repr=False)
    before_until: datetime | None = moment()
    set_by: UUID | None = None
    set_at: datetime = stamped()
    created_at: datetime = stamped()
