"""Models of an account, what they spent, and what the designer remembers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, moment, stamped


class AccountModel(SQLModel, table=True):
    """One entry in the order of failover. ``tier``: "" for every tier. ``usd_in``, ``usd_out``: US dollars per million
    tokens, both or neither; ``usd_cached``, ``usd_stored`` as ``engine.model.Price`` has them.
    ``sealed_key``: see ``engine.vault``. ``probe``: what a test of it found, or ``{}``."""

    __tablename__ = "account_models"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    position: int
    name: str
    provider: str
    url: str
    model: str
    tier: str = ""
    usd_in: Decimal | None = None
    usd_out: Decimal | None = None
    usd_cached: Decimal | None = None
    usd_stored: Decimal | None = None
    sealed_key: str | None = None
    enabled: bool = True
    probe: dict[str, Any] = json()
    probed_at: datetime | None = moment()
    updated_at: datetime = stamped()


class PreferenceRow(SQLModel, table=True):
    """Something that holds for every workflow of the account, in a person's words: at most 300 characters."""

    __tablename__ = "preferences"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    text: str
    said_by: UUID | None = None
    conversation_id: UUID | None = None
    created_at: datetime = stamped()


class ModelSpend(SQLModel, table=True):
    """What a model cost on a day (UTC), in as many parts as calls were written down at once. ``purpose``: "designer",
    "runs" or "other". The database alone writes it."""

    __tablename__ = "model_spend"

    account_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    model: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    calls: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal = Decimal(0)
    part: UUID = Field(primary_key=True)


class ModelReservation(SQLModel, table=True):
    """An estimate set aside for a call that is under way, until it is over or ``until``."""

    __tablename__ = "model_reservations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    conversation_id: UUID | None = None
    usd: Decimal
    tokens: int
    until: datetime = moment()
