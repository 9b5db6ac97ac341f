"""Runs, their journal, and the runners that execute them.

How the services and the runners write to one run without losing an event:

- Whoever adds events to a run locks its row, in the transaction that inserts them, and numbers them behind the newest
  one. The lock makes the events of one run a line without gaps; a runner locks the row by owner and epoch, so a stale
  one finds none. A runner knows the newest number by heart (``engine.journal.Numbers``); where a service has numbered
  an event meanwhile, the key (run_id, seq) refuses the number, and the runner asks.
- ``last_seq`` is the newest number as of the row's last change; nobody relies on it but who has just changed the row.
- A service (a decision, a cancel) takes that same row lock, appends its event, and moves ``waiting`` to ``queued``
  only when the run is ``waiting``. To a running run it only appends, and notifies ``weft_runs``.
- ``cancel_requested_at`` is set on a run that has begun; whoever claims or holds it undoes what was done and ends it
  as ``cancelled``.
- A run is due when it is ``queued`` and ``due_at <= now()``, when it is ``waiting`` and ``due_at <= now()`` (null:
  until an answer), or when it is ``running`` and its lease is over.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, json_or_null, moment, stamped, texts


class Run(SQLModel, table=True):
    """``error`` is ``{"code", "message", "step"}``. ``due_at`` of a new run is the time it was queued. A large output
    is elsewhere: ``output_artifact`` is its ``{"sha256", "bytes"}``. ``parent_path`` is the step of ``parent_run_id``
    that started it, ``depth`` how many runs stand above it. ``traceparent`` is the span above it (W3C Trace Context).
    ``priority``: -9 to 9, the higher the sooner. A run with a ``debounce_key`` that has not begun takes the input of
    the next start with that key, and begins at ``debounce_until`` at the latest. ``trial``: of a test, its settings
    (``engine.runtime.trial``). ``forked_from``: the run whose journal it goes on from, ``fork`` says how
    (``engine.forking``). ``trigger_id``: the row of what started it by itself.
    ``caused_by``: the run whose failure started this one (``engine.rescuing``)."""

    __tablename__ = "runs"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    workflow_id: UUID
    version_id: UUID
    content_hash: str
    input: dict[str, Any] = json()
    output: Any = json_or_null()
    output_artifact: dict[str, Any] | None = json_or_null()
    error: dict[str, Any] | None = json_or_null()
    state: str = "queued"
    trigger: str = "manual"
    idempotency_key: str | None = None
    requested_by: UUID | None = None
    queued_at: datetime = stamped()
    started_at: datetime | None = moment()
    finished_at: datetime | None = moment()
    due_at: datetime | None = stamped()
    lease_owner: str | None = None
    lease_until: datetime | None = moment()
    epoch: int = 0
    attempt: int = 0
    last_seq: int = 0
    waiting_on: list[str] = texts()
    cancel_requested_at: datetime | None = moment()
    parent_run_id: UUID | None = None
    parent_path: str | None = None
    depth: int = 0
    traceparent: str | None = None
    priority: int = 0
    debounce_key: str | None = None
    debounce_until: datetime | None = moment()
    trial: dict[str, Any] | None = json_or_null()
    forked_from: UUID | None = None
    fork: dict[str, Any] | None = json_or_null()
    caused_by: UUID | None = None
    trigger_id: UUID | None = None


class StartKey(SQLModel, table=True):
    """An idempotency key that came with a debounced start, and the input that came with it, as that version took it.
    The run may be of many."""

    __tablename__ = "start_keys"

    account_id: UUID = Field(primary_key=True)
    workflow_id: UUID = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True)
    run_id: UUID
    version_id: UUID
    input: dict[str, Any] = json()


class RunEvent(SQLModel, table=True):
    """One event of a run's journal. ``at`` is the database's clock at the insert, not the transaction's start."""

    __tablename__ = "run_events"

    run_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    account_id: UUID
    at: datetime = stamped()
    kind: str
    path: str = ""
    data: dict[str, Any] = json()


class RunTrace(SQLModel, table=True):
    """How far a run's journal was made into spans: up to the event ``seq``. See ``engine.telemetry.tracer``."""

    __tablename__ = "run_traces"

    run_id: UUID = Field(primary_key=True)
    account_id: UUID
    seq: int = 0


class RunnerRow(SQLModel, table=True):
    """A runner that lives, as long as ``seen_at`` is fresh. A platform table."""

    __tablename__ = "runners"

    id: str = Field(primary_key=True)
    host: str
    pid: int
    started_at: datetime = stamped()
    seen_at: datetime = stamped()
    active: int = 0
