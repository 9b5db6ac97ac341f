"""Accounts, the people in them, and how people stay signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import json, moment, stamped, texts


class Account(SQLModel, table=True):
    """``settings``: ``{"four_eyes": bool, "roles": [business roles], "policy": dsl.policy.Policy}``, each with a
    default when absent. ``weight``: its share of the free slots, 1 to 100. ``max_running``: None for no limit;
    ``max_queued``: starts beyond it are refused."""

    __tablename__ = "accounts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    settings: dict[str, Any] = json()
    created_at: datetime = stamped()
    weight: int = 1
    max_running: int | None = None
    max_queued: int = 10_000


class User(SQLModel, table=True):
    """``role`` is what the person may do in the studio; ``groups`` are the business roles that approvals name."""

    __tablename__ = "users"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    email: str
    name: str
    password_hash: str | None = None
    oidc_subject: str | None = None
    role: str
    groups: list[str] = texts()
    disabled_at: datetime | None = moment()
    created_at: datetime = stamped()


class UserSession(SQLModel, table=True):
    """A browser's session. Only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    user_id: UUID
    token_hash: bytes
    created_at: datetime = stamped()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment()


class RefreshToken(SQLModel, table=True):
    """One link in a family of rotating refresh tokens. A second use of one revokes the whole family."""

    __tablename__ = "refresh_tokens"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    user_id: UUID
    family: UUID
    token_hash: bytes
    created_at: datetime = stamped()
    expires_at: datetime = moment()
    used_at: datetime | None = moment()
    revoked_at: datetime | None = moment()


class LoginDelay(SQLModel, table=True):
    """Failed sign-ins of one e-mail address (as SHA-256), known or not. A platform table: no account is known yet."""

    __tablename__ = "login_delays"

    key: bytes = Field(primary_key=True)
    failures: int = 0
    last_at: datetime = stamped()
