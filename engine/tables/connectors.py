"""Connectors of an account, with the tool definitions as they were pinned."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, moment


class ConnectorRow(SQLModel, table=True):
    """``transport``: ``{"kind": "http", "url", "headers_env"}`` or ``{"kind": "stdio", "command", ...}``.

    ``pins``: ``{tool: {"definition": raw definition, "sha256", "changed": sha256 seen since or absent}}``;
    ``health``: ``{"state": "up" | "down", "message", "changed": [tools], "new": [tools], "missing": [tools]}``.
    """

    __tablename__ = "connectors"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    name: str
    title: str = ""
    transport: dict[str, Any] = json()
    trusted: bool = False
    enabled: bool = True
    pins: dict[str, Any] = json()
    health: dict[str, Any] = json()
    checked_at: datetime | None = moment()
