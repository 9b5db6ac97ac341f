"""Sums of what runs did, and the marks that are not added up yet. The database alone writes both (migration 0007)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.tables.columns import moment


class RunMark(SQLModel, table=True):
    """Something that happened once more: ``what`` is "started", a state that a run ended in, or
    "model_call". The table has no key: marks are added and taken away, never looked up."""

    __tablename__ = "run_marks"

    account_id: UUID = Field(primary_key=True)
    workflow_id: UUID | None = None
    hour: datetime = moment()
    what: str = Field(primary_key=True)
    n: int = 1
    seconds: Decimal = Decimal(0)
    cost_usd: Decimal = Decimal(0)


class RunStatsRow(SQLModel, table=True):
    """See ``engine.totals``."""

    __tablename__ = "run_stats"

    account_id: UUID = Field(primary_key=True)
    hour: datetime = Field(primary_key=True)
    workflow_id: UUID | None = Field(default=None, primary_key=True)
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    timed_out: int = 0
    seconds: Decimal = Decimal(0)
    model_calls: int = 0
    cost_usd: Decimal = Decimal(0)
