"""The rows of what came in at webhooks: written here, and kept bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from engine.database import Session
from engine.hooks.request import HookRequest
from engine.hooks.verdict import UNSIGNED, Verdict
from engine.identity import new_id

MOST_UNSIGNED: Final = 100
MOST_SIGNED: Final = 1_000
"""Of a trigger, besides those that were accepted: they go with their runs."""
LONGEST_WHY: Final = 1_000

INSERT = text(
    """
    INSERT INTO hook_deliveries (id, account_id, trigger_id, verdict, why, run_id, method, source, size, content_type,
      body_hash, preview, signed, secret, identity, told, asked_by)
    VALUES (:id, :account, :trigger, :verdict, :why, :run, :method, :source, :size, :content_type, :body_hash, :preview,
      :signed, :secret, :identity, :told, :asked_by)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
ENDED = text(
    """
    UPDATE hook_deliveries SET verdict = :verdict, why = :why, run_id = :run,
      identity = CASE WHEN :known THEN identity END, told = CASE WHEN :known THEN told END
    WHERE account_id = :account AND id = :id
    """
)
BEFORE = text(
    """
    SELECT run_id, received_at, identity = :identity AS same FROM hook_deliveries
    WHERE account_id = :account AND trigger_id = :trigger AND (identity = :identity OR told = :told)
    ORDER BY identity = :identity DESC LIMIT 1
    """
)
MARK = text(
    """
    INSERT INTO hook_seen (account_id, digest) VALUES (:account, :digest) ON CONFLICT DO NOTHING RETURNING digest
    """
)
MARKED = text("SELECT seen_at FROM hook_seen WHERE account_id = :account AND digest = :digest")
UNMARK = text("DELETE FROM hook_seen WHERE account_id = :account AND digest = :digest")
BOUND = text(
    """
    DELETE FROM hook_deliveries WHERE account_id = :account AND id IN (
      SELECT id FROM hook_deliveries WHERE account_id = :account AND trigger_id = :trigger AND signed = :signed
      AND verdict <> 'accepted' ORDER BY received_at DESC OFFSET :most LIMIT 50)
    """
)


@dataclass(frozen=True, slots=True)
class Noted:
    """What is known of a delivery before its end. ``preview``, ``identity``, ``told``, ``secret`` and ``undated`` are
    only those of one that is signed."""

    trigger_id: UUID
    request: HookRequest
    asked_by: UUID | None = None
    signed: bool = False
    secret: int | None = None
    identity: str | None = None
    told: str | None = None
    preview: str | None = None
    undated: bool = False

    @property
    def digest(self) -> bytes:
        """What is remembered of it: of its address, since a trigger may get another name and a workflow another
        version."""
        said = f"{self.request.method} {self.request.path}\n{self.identity}"
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:16]

    def row(self, delivery_id: UUID, verdict: Verdict, why: str, run: UUID | None) -> Mapping[str, Any]:
        request, body = self.request, self.request.body
        return {
            "id": delivery_id,
            "account": request.account_id,
            "trigger": self.trigger_id,
            "verdict": verdict.value,
            "why": why.replace("\0", "")[:LONGEST_WHY],
            "run": run,
            "method": request.method[:20],
            "source": request.source[:100],
            "size": request.size,
            "content_type": request.content_type.replace("\0", ""),
            "body_hash": hashlib.sha256(body).hexdigest() if self.signed and body is not None else None,
            "preview": self.preview if self.signed else None,
            "signed": self.signed,
            "secret": self.secret,
            "asked_by": self.asked_by,
        }


async def begin(session: Session, noted: Noted) -> UUID | None:
    """Write it down as accepted, with what makes it known again; None: it is known. Whoever brings the same one at the
    same time waits here until this transaction is over."""
    row = {
        **noted.row(new_id(), Verdict.ACCEPTED, "", None),
        "identity": noted.identity,
        "told": noted.told or None,
    }
    found: UUID | None = (await session.execute(INSERT, row)).scalar_one_or_none()
    return found


async def end(
    session: Session, account_id: UUID, delivery_id: UUID, verdict: Verdict, why: str, run: UUID | None
) -> None:
    """What became of it. One that started nothing because something was wrong is not known again: it may come in once
    more when that was mended."""
    known = verdict in (Verdict.ACCEPTED, Verdict.FILTERED)
    about = {
        "account": account_id,
        "id": delivery_id,
        "verdict": verdict.value,
        "why": why[:LONGEST_WHY],
        "run": run,
    }
    await session.execute(ENDED, {**about, "known": known})


async def note(session: Session, noted: Noted, verdict: Verdict, why: str, run: UUID | None = None) -> None:
    """Write down one that starts nothing (any more), and let the oldest of its sort go."""
    assert noted.signed or verdict in UNSIGNED or verdict in (Verdict.TOO_LARGE, Verdict.TOO_MANY)
    row = noted.row(new_id(), verdict, why, run)
    await session.execute(INSERT, {**row, "identity": None, "told": None})
    await bound(session, noted)


async def bound(session: Session, noted: Noted) -> None:
    most = MOST_SIGNED if noted.signed else MOST_UNSIGNED
    about = {"account": noted.request.account_id, "trigger": noted.trigger_id, "signed": noted.signed}
    await session.execute(BOUND, {**about, "most": most})


async def mark(session: Session, noted: Noted) -> datetime | None:
    """Remember one in which no time is signed, for longer than its row and its run are kept: when the same came before,
    None where it is the first. Whoever brings the same one at the same time waits here."""
    about = {"account": noted.request.account_id, "digest": noted.digest}
    if (await session.execute(MARK, about)).first() is not None:
        return None
    at: datetime = (await session.execute(MARKED, about)).scalar_one()
    return at


async def unmark(session: Session, noted: Noted) -> None:
    """It started nothing, because something was wrong: it may come in once more when that was mended."""
    await session.execute(UNMARK, {"account": noted.request.account_id, "digest": noted.digest})


@dataclass(frozen=True, slots=True)
class Before:
    """``same``: what is signed is the same; otherwise an id beside it is."""

    run_id: UUID | None
    same: bool
    received_at: Any


async def before(session: Session, noted: Noted) -> Before | None:
    about = {
        "account": noted.request.account_id,
        "trigger": noted.trigger_id,
        "identity": noted.identity,
        "told": noted.told or None,
    }
    row = (await session.execute(BEFORE, about)).one_or_none()
    return None if row is None else Before(row.run_id, bool(row.same), row.received_at)
