"""Sums of what runs did, and the marks that are not added up yet. The database alone writes them (migrations 0007 and
"figures"). ``grain``: "minute", "hour" or "day"; ``bucket``: of a duration, see ``engine.figures.buckets``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.tables.columns import moment


class RunMark(SQLModel, table=True):
    """Something that happened once more: ``what`` is "started", a state that a run ended in, "model_call", or "rested"
    (a run that waits, or needs a review: only its journal is looked at). The table has no key: marks are added and
    taken away, never looked up."""

    __tablename__ = "run_marks"

    account_id: UUID = Field(primary_key=True)
    workflow_id: UUID | None = None
    hour: datetime = moment()
    what: str = Field(primary_key=True)
    n: int = 1
    seconds: Decimal = Decimal(0)
    cost_usd: Decimal = Decimal(0)
    at: datetime | None = moment()
    bucket: int | None = None
    run_id: UUID | None = None


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


class RunMinute(SQLModel, table=True):
    """As ``RunStatsRow``, by the minute."""

    __tablename__ = "run_minutes"

    account_id: UUID = Field(primary_key=True)
    minute: datetime = Field(primary_key=True)
    workflow_id: UUID | None = Field(default=None, primary_key=True)
    started: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    timed_out: int = 0
    seconds: Decimal = Decimal(0)
    model_calls: int = 0
    cost_usd: Decimal = Decimal(0)


class RunDuration(SQLModel, table=True):
    """How many runs that ended from ``at`` on took as long as the bucket says."""

    __tablename__ = "run_durations"

    account_id: UUID = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    workflow_id: UUID = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    n: int = 0


class StepStatsRow(SQLModel, table=True):
    """How often a step ended, and how long it had taken, retries and all. ``step`` is its path without iterations, or
    "…" for those beyond the number that is kept apart; ``waits``: it waited for a person, a time or an event."""

    __tablename__ = "step_stats"

    account_id: UUID = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    workflow_id: UUID = Field(primary_key=True)
    step: str = Field(primary_key=True)
    waits: bool = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    n: int = 0
    failed: int = 0
    seconds: Decimal = Decimal(0)


class CallStatsRow(SQLModel, table=True):
    """Calls of a tool ("connector.tool"), each try for itself. ``code``: of the error, "" for a success."""

    __tablename__ = "call_stats"

    account_id: UUID = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    workflow_id: UUID = Field(primary_key=True)
    tool: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    n: int = 0
    seconds: Decimal = Decimal(0)


class FigureName(SQLModel, table=True):
    """A name that is counted for itself: of a step, a tool or a code. A workflow has a bounded number of them."""

    __tablename__ = "figure_names"

    account_id: UUID = Field(primary_key=True)
    workflow_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)


class QueueSample(SQLModel, table=True):
    """How it stood in a minute, or at its worst within an hour: runs that were due and how long the first of them had
    been, runs that ran and waited, open approvals and the age of the oldest. Times in seconds."""

    __tablename__ = "queue_samples"

    account_id: UUID = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True)
    due: int = 0
    oldest_s: float = 0
    running: int = 0
    waiting: int = 0
    approvals: int = 0
    approval_s: float = 0


class RunFold(SQLModel, table=True):
    """How far a run's journal is added up, and whether there is more to look at. It goes once the run is over."""

    __tablename__ = "run_folds"

    run_id: UUID = Field(primary_key=True)
    account_id: UUID
    seq: int = 0
    due: bool = True
    ended: bool = False
