"""Rules that watch an account's numbers, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid
from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, moment, stamped

_UUIDS: Any = ARRAY(Uuid)


class AlertRule(SQLModel, table=True):
    """``spec``: ``{"limit", "window_min", "least", "connector", "budget"}``, as its kind needs
    (``engine.alerts.kinds``). ``channels``: () for all that want to hear of alerts. ``value`` and ``words``: what it
    read last, at ``looked_at``. ``since``: when it last began or stopped to fire."""

    __tablename__ = "alert_rules"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    name: str
    kind: str
    severity: str = "warning"
    workflow_id: UUID | None = None
    spec: dict[str, Any] = json()
    channels: list[UUID] = Field(default_factory=list, sa_type=_UUIDS)
    cooldown_s: int = 300
    paused_at: datetime | None = moment()
    snoozed_until: datetime | None = moment()
    firing: bool = False
    untold: bool = False
    since: datetime | None = moment()
    ended_at: datetime | None = moment()
    looked_at: datetime | None = moment()
    value: float | None = None
    words: str = ""
    changes: int = 0
    created_by: UUID | None = None
    created_at: datetime = stamped()
    updated_at: datetime = stamped()


class AlertChange(SQLModel, table=True):
    """``change``: firing, still firing, resolved, or what a person did: paused, resumed, snoozed, tested. ``told``: how
    many channels of its own heard of it."""

    __tablename__ = "alert_changes"

    account_id: UUID = Field(primary_key=True)
    rule_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = stamped()
    change: str
    value: float | None = None
    words: str = ""
    severity: str = "warning"
    told: int = 0
    by: str = ""
