"""What runs are found by, and the filters that people keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, stamped


class RunTerm(SQLModel, table=True):
    """A run is found by ``term``: see ``engine.finding.terms``."""

    __tablename__ = "run_terms"

    account_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    term: int = Field(primary_key=True, sa_type=BigInteger)


class UnsearchedRun(SQLModel, table=True):
    """A run whose terms are to be made, or made anew. The table has no key: rows are added and taken away, never
    looked up."""

    __tablename__ = "run_unsearched"

    account_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)


class RunViewRow(SQLModel, table=True):
    """A filter with a name: ``query`` as ``engine.finding.asking`` words it. ``shared``: everybody of the account sees
    it; its owner alone changes it."""

    __tablename__ = "run_views"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    owner_id: UUID
    name: str
    query: dict[str, Any] = json()
    shared: bool = False
    created_at: datetime = stamped()
