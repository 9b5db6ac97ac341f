"""Workflows, the draft of each, what people pinned for tests of it, and their immutable versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, moment, stamped, texts


class Workflow(SQLModel, table=True):
    """``priority``: of runs whose start says none. ``max_running``: of its runs at once, None for no limit.

    ``tags``: the words people find it by, in the order in which they were given.
    """

    __tablename__ = "workflows"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    name: str
    title: str = ""
    live_version_id: UUID | None = None
    archived_at: datetime | None = moment()
    created_by: UUID | None = None
    created_at: datetime = stamped()
    updated_at: datetime = stamped()
    max_running: int | None = None
    priority: int = 0
    tags: list[str] = texts()


class Draft(SQLModel, table=True):
    """``positions``: where a person put nodes by hand, ``{node id: {"x", "y"}}``. Never part of a version."""

    __tablename__ = "drafts"

    workflow_id: UUID = Field(primary_key=True)
    account_id: UUID
    text: str
    revision: int = 1
    positions: dict[str, Any] = json()
    updated_by: UUID | None = None
    updated_at: datetime = stamped()


class Version(SQLModel, table=True):
    """``plan`` is a ``dsl.plan.Plan`` as JSON, ``pins`` a list of its ``Pin``. A trigger refuses every change.
    ``edited_by``: whose hand was last on the text.

    ``number`` 0: the text of a test. It is never live, and its runs carry trial settings."""

    __tablename__ = "versions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    workflow_id: UUID
    number: int
    text: str
    pins: list[dict[str, Any]] = json()
    plan: dict[str, Any] = json()
    content_hash: str
    message: str = ""
    published_by: UUID | None = None
    edited_by: UUID | None = None
    published_at: datetime = stamped()


class StepPin(SQLModel, table=True):
    """What a step gives in tests instead of being done: ``{"output"}`` or ``{"error": {"code", "message"}}``."""

    __tablename__ = "step_pins"

    workflow_id: UUID = Field(primary_key=True)
    path: str = Field(primary_key=True)
    account_id: UUID
    content: dict[str, Any] = json()
    updated_by: UUID | None = None
    updated_at: datetime = stamped()
