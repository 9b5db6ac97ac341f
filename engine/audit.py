"""The audit log: who did what, in a chain per account that shows tampering.

Each entry's hash covers its content and the hash of the entry before it. Appending takes a lock per account until the
end of the transaction, so append last, after every row lock: then two writers cannot wait for each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.actor import Actor
from engine.database import Database
from engine.permissions import Permission, require
from engine.tables import AuditEntry

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """``broken_at`` is the id of the first entry that does not follow from the one before, None when all do.

    ``head`` is the last hash; keep it elsewhere to notice entries cut off the end."""

    entries: int
    head: str
    broken_at: int | None


async def append(
    session: AsyncSession, account_id: UUID, actor: str, action: str, subject: str, data: Mapping[str, Any]
) -> None:
    """Add an entry in the caller's transaction. ``action`` is "noun.verb" ("version.publish")."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 1)), clock_timestamp()")
    at = (await session.execute(lock, {"account": str(account_id)})).one()[1]
    newest = (
        select(AuditEntry.hash).where(AuditEntry.account_id == account_id).order_by(col(AuditEntry.id).desc())
    )
    previous = (await session.exec(newest.limit(1))).first() or GENESIS
    entry = AuditEntry(
        account_id=account_id,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        data=dict(data),
        prev_hash=previous,
        hash="",
    )
    entry.hash = digest(entry)
    session.add(entry)
    await session.flush()


def digest(entry: AuditEntry) -> str:
    content = {
        "account_id": str(entry.account_id),
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "data": entry.data,
        "prev_hash": entry.prev_hash,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


async def verify(db: Database, account_id: UUID) -> Verdict:
    """Walk the whole chain of an account."""
    previous, entries, after = GENESIS, 0, 0
    while True:
        async with db.account(account_id) as session:
            page = select(AuditEntry).where(AuditEntry.account_id == account_id, col(AuditEntry.id) > after)
            rows = (await session.exec(page.order_by(col(AuditEntry.id)).limit(1000))).all()
        for row in rows:
            if row.prev_hash != previous or row.hash != digest(row):
                return Verdict(entries, previous, row.id)
            previous, entries, after = row.hash, entries + 1, row.id or 0
        if len(rows) < 1000:
            return Verdict(entries, previous, None)


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: dict[str, Any]


async def list_entries(
    db: Database, actor: Actor, *, before: int | None = None, limit: int = 100
) -> tuple[Entry, ...]:
    """Newest first; ``before`` is the id of the last entry of the page before."""
    require(actor, Permission.AUDIT)
    async with db.account(actor) as session:
        query = select(AuditEntry).where(AuditEntry.account_id == actor.account_id)
        if before is not None:
            query = query.where(col(AuditEntry.id) < before)
        rows = await session.exec(query.order_by(col(AuditEntry.id).desc()).limit(min(max(limit, 1), 500)))
        return tuple(Entry(row.id or 0, row.at, row.actor, row.action, row.subject, row.data) for row in rows)
