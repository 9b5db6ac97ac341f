"""Approvals: what waits for a person, and deciding it. A GET never decides anything."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine import approvals
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.approvals import Approval
from engine.permissions import Permission

router = APIRouter(prefix="/approvals")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Decider = Annotated[Actor, Depends(Guard(Permission.DECIDE))]


class Decide(BaseModel):
    """``args_hash``: of what the person saw, so that nothing else can be approved by it."""

    decision: Literal["approve", "reject"]
    comment: str = ""
    args_hash: str | None = None


@router.get("")
async def list_(
    actor: Viewer,
    request: Request,
    state: Literal["open", "approved", "rejected", "expired", "cancelled", "all"] = "open",
) -> tuple[Approval, ...]:
    return await approvals.list_approvals(database(request), actor, None if state == "all" else state)


@router.get("/{approval_id}")
async def one(approval_id: UUID, actor: Viewer, request: Request) -> Approval:
    return await approvals.get(database(request), actor, approval_id)


@router.post("/{approval_id}")
async def decide(approval_id: UUID, body: Decide, actor: Decider, request: Request) -> Approval:
    """409 with ``current`` when it was decided, has expired, or the arguments are others by now."""
    return await approvals.decide(
        database(request), actor, approval_id, body.decision, body.comment, args_hash=body.args_hash
    )
