"""For administrators: the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine import audit
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.audit import Entry, Verdict
from engine.permissions import Permission

router = APIRouter(prefix="/admin")

Auditor = Annotated[Actor, Depends(Guard(Permission.AUDIT))]


class AuditPage(BaseModel):
    """``next``: give it as ``before`` for the entries before these."""

    entries: tuple[Entry, ...]
    next: int | None


@router.get("/audit")
async def entries(actor: Auditor, request: Request, before: int | None = None, limit: int = 100) -> AuditPage:
    found = await audit.list_entries(database(request), actor, before=before, limit=limit)
    return AuditPage(entries=found, next=found[-1].id if len(found) >= limit else None)


@router.get("/audit/verdict")
async def verdict(actor: Auditor, request: Request) -> Verdict:
    """Walks the whole chain."""
    return await audit.verify(database(request), actor.account_id)
