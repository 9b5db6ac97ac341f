"""Triggers as they are live, what they have still to do, and who wants to hear of events."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, json_or_null, moment, stamped, texts


class TriggerRow(SQLModel, table=True):
    """``spec``: a ``dsl.plan.PlanTrigger`` as JSON, of ``version_id``. ``live``: the workflow's live version has it and
    the workflow is not archived; a row never goes, so that a run can say what started it. ``next_at`` is set for
    schedules alone, and only where they are live and not paused.

    ``last_result``: "started", "skipped" or "problem", with ``last_problem`` in words. ``failures``: problems in a row.
    """

    __tablename__ = "triggers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    workflow_id: UUID
    version_id: UUID
    name: str
    kind: str
    spec: dict[str, Any] = json()
    live: bool = True
    paused_at: datetime | None = moment()
    paused_by: UUID | None = None
    catch_up: str = "last"
    next_at: datetime | None = moment()
    last_at: datetime | None = moment()
    last_result: str | None = None
    last_problem: str | None = None
    last_run_id: UUID | None = None
    failures: int = 0
    missed: int = 0
    created_at: datetime = stamped()


class TriggerFire(SQLModel, table=True):
    """Something that a trigger has still to make a run of. ``occasion`` tells the fires of a trigger apart."""

    __tablename__ = "trigger_fires"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    trigger_id: UUID
    occasion: str
    event: Any = json_or_null()
    requested_by: UUID | None = None
    due_at: datetime = stamped()
    attempt: int = 0
    created_at: datetime = stamped()


class EventSubscription(SQLModel, table=True):
    """Another system that is told of ``topics``; see ``engine.subscriptions``. ``sealed``: its signing secrets."""

    __tablename__ = "event_subscriptions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    name: str
    url: str
    topics: list[str] = texts()
    active: bool = True
    sealed: str
    created_by: UUID | None = None
    created_at: datetime = stamped()
