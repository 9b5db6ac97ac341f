"""Many runs run again, or cancelled, at once: what was asked for, and what became of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import moment, stamped, texts


class BulkJob(SQLModel, table=True):
    """``key``: of the request, so that it is one however often it is sent. ``confirmed``: the tools whose effects may
    happen again."""

    __tablename__ = "bulk_jobs"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    key: str
    kind: str
    plan: str = ""
    confirmed: list[str] = texts()
    requested_by: UUID | None = None
    at: datetime = stamped()
    finished_at: datetime | None = moment()


class BulkItem(SQLModel, table=True):
    """One run of a job. ``state``: "waiting", "done", or "left" out for the ``reason``. ``plan``: the hash of what was
    agreed to, ``started`` the run that was made."""

    __tablename__ = "bulk_items"

    job_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    account_id: UUID
    state: str = "waiting"
    plan: str = ""
    started: UUID | None = None
    reason: str | None = None
