"""What came in at webhooks, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from engine.identity import new_id
from engine.tables.columns import stamped


class HookDelivery(SQLModel, table=True):
    """``verdict``: an ``engine.hooks.verdict.Verdict``; ``why`` in words for the page. ``signed``: a valid signature
    was on it; of what is not signed neither hash nor preview is kept.

    ``identity`` and ``told`` (both SHA-256, see ``engine.hooks.verifying``) are those of a delivery that was accepted
    or filtered, and unique for the trigger: it is what makes the same one a duplicate. ``secret``: 0 where it was
    signed with the current value, 1 with the one before. ``asked_by``: of a test, the person."""

    __tablename__ = "hook_deliveries"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    trigger_id: UUID
    received_at: datetime = stamped()
    verdict: str
    why: str = ""
    run_id: UUID | None = None
    method: str
    source: str = ""
    size: int = 0
    content_type: str = ""
    body_hash: str | None = None
    preview: str | None = None
    signed: bool
    secret: int | None = None
    identity: str | None = None
    told: str | None = None
    asked_by: UUID | None = None


class HookSeen(SQLModel, table=True):
    """That a delivery came, in which no time is signed: for longer than its row and its run. ``digest``: of its address
    and its identity (``engine.hooks.deliveries.Noted.digest``)."""

    __tablename__ = "hook_seen"

    account_id: UUID = Field(primary_key=True)
    digest: bytes = Field(primary_key=True)
    seen_at: datetime = stamped()
