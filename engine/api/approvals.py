"""Approvals: what waits for a person, what is asked about it, and deciding it. A GET never decides anything."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine import approvals
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.approvals import Approval, Decided, Delegation, Person, Wanted
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Decider = Annotated[Actor, Depends(Guard(Permission.DECIDE))]


class Decide(BaseModel):
    """``args_hash``: of what the person saw, so that nothing else can be approved by it."""

    decision: Literal["approve", "reject"]
    comment: str = ""
    args_hash: str | None = None


class Item(BaseModel):
    approval_id: UUID
    args_hash: str


class Batch(BaseModel):
    items: list[Item]
    decision: Literal["approve", "reject"]
    comment: str = ""


class Words(BaseModel):
    text: str


class Handing(BaseModel):
    """``approval_id``: only this one. Times with their offset; from now, and until it expires, unless said."""

    to: UUID
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    approval_id: UUID | None = None
    note: str = ""


@router.get("/approvals")
async def list_(
    actor: Viewer,
    request: Request,
    state: Literal["open", "approved", "rejected", "expired", "cancelled", "decided", "all"] = "open",
    workflow_id: UUID | None = None,
    decided_by: UUID | None = None,
    before: datetime | None = None,
    limit: int = 100,
) -> tuple[Approval, ...]:
    """Newest first; ``before``: the ``created_at`` of the last one of the page before."""
    return await approvals.list_approvals(
        database(request),
        actor,
        None if state == "all" else state,
        limit=limit,
        workflow_id=workflow_id,
        decided_by=decided_by,
        before=before,
    )


@router.post("/approvals:batch")
async def batch(body: Batch, actor: Decider, request: Request) -> tuple[Decided, ...]:
    """Several at once, each with the hash of what was seen; the result of each."""
    wanted = [Wanted(item.approval_id, item.args_hash) for item in body.items]
    return await approvals.decide_many(database(request), actor, wanted, body.decision, body.comment)


@router.get("/approvals/{approval_id}")
async def one(approval_id: UUID, actor: Viewer, request: Request) -> Approval:
    return await approvals.get(database(request), actor, approval_id)


@router.post("/approvals/{approval_id}")
async def decide(approval_id: UUID, body: Decide, actor: Decider, request: Request) -> Approval:
    """409 with ``current`` when it was decided, has expired, or the arguments are others by now."""
    return await approvals.decide(
        database(request), actor, approval_id, body.decision, body.comment, args_hash=body.args_hash
    )


@router.post("/approvals/{approval_id}/questions", status_code=201)
async def ask(approval_id: UUID, body: Words, actor: Decider, request: Request) -> Approval:
    """Asks whoever started the run; the approval stays open."""
    return await approvals.ask(database(request), actor, approval_id, body.text)


@router.post("/questions/{question_id}")
async def answer(question_id: UUID, body: Words, actor: Viewer, request: Request) -> Approval:
    """By whoever was asked."""
    return await approvals.answer(database(request), actor, question_id, body.text)


@router.get("/delegations")
async def delegations(actor: Viewer, request: Request) -> tuple[Delegation, ...]:
    return await approvals.list_delegations(database(request), actor)


@router.get("/delegations/people")
async def people(actor: Decider, request: Request) -> tuple[Person, ...]:
    """To whom one may hand approvals."""
    return await approvals.colleagues(database(request), actor)


@router.post("/delegations", status_code=201)
async def delegate(body: Handing, actor: Decider, request: Request) -> Delegation:
    return await approvals.delegate(
        database(request),
        actor,
        body.to,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        approval_id=body.approval_id,
        note=body.note,
    )


@router.delete("/delegations/{delegation_id}")
async def revoke(delegation_id: UUID, actor: Viewer, request: Request) -> Delegation:
    """At once."""
    return await approvals.revoke(database(request), actor, delegation_id)
