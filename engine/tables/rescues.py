"""What is started when a run of an account fails, and for which runs it was."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.tables.columns import moment, stamped, texts


class Rescue(SQLModel, table=True):
    """An account's error workflow, and the states of a run in which it is started."""

    __tablename__ = "rescues"

    account_id: UUID = Field(primary_key=True)
    workflow_id: UUID
    states: list[str] = texts()
    set_by: UUID | None = None
    set_at: datetime = stamped()


class RescueCall(SQLModel, table=True):
    """The error workflow is to be started for this run, or was (``started``), or could not be (``problem``)."""

    __tablename__ = "rescue_calls"

    run_id: UUID = Field(primary_key=True)
    account_id: UUID
    state: str
    at: datetime = stamped()
    due_at: datetime = stamped()
    attempt: int = 0
    done_at: datetime | None = moment()
    started: UUID | None = None
    problem: str | None = None
