"""Approvals: what a person is asked to allow, and who decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, json_or_null, moment, stamped


class Approval(SQLModel, table=True):
    """Opened by the runner, decided once by ``engine.approvals.decide``.

    ``effects``: ``[{"path", "connector", "tool", "arguments": object or null, "pending": [names]}]``;
    ``shown``: ``{label: value}``; ``approvers``: ``[{"by": "role" or "user", "name"}]``;
    ``escalation``: whom ``approvers`` has besides from ``escalates_at`` on; ``escalated_at``: when a runner noticed.
    ``decisions``: ``[{"user_id", "email", "decision", "comment", "at"}]``, with ``for_user_id`` and ``for`` (an
    address) where somebody decided for a person who has delegated it.
    """

    __tablename__ = "approvals"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    run_id: UUID
    workflow_id: UUID
    path: str
    step_id: str
    title: str = ""
    effects: list[dict[str, Any]] = json()
    shown: Any = json()
    approvers: list[dict[str, Any]] = json()
    quorum: int = 1
    args_hash: str
    state: str = "open"
    decisions: list[dict[str, Any]] = json()
    created_at: datetime = stamped()
    expires_at: datetime | None = moment()
    decided_at: datetime | None = moment()
    escalation: dict[str, Any] | None = json_or_null()
    escalates_at: datetime | None = moment()
    escalated_at: datetime | None = moment()
    relied_on_by: UUID | None = None
    """The run that has taken the yes over (``engine.forking``), for a call that had not happened."""


class ApprovalQuestion(SQLModel, table=True):
    """What somebody who may decide asks of whoever asked for the run. The gate stays open meanwhile."""

    __tablename__ = "approval_questions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    approval_id: UUID
    asked_by: UUID
    asked_of: UUID
    text: str
    asked_at: datetime = stamped()
    answer: str | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = moment()


class ApprovalDelegation(SQLModel, table=True):
    """``to_user`` may decide what ``from_user`` may, between the two times: everything, or ``approval_id`` alone."""

    __tablename__ = "approval_delegations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    from_user: UUID
    to_user: UUID
    approval_id: UUID | None = None
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    note: str = ""
    created_at: datetime = stamped()
    revoked_at: datetime | None = moment()
    revoked_by: UUID | None = None
