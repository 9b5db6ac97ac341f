"""Reviews: calls whose outcome nobody knows, and what a person says about one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine import reviews
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.reviews import Decision, Review
from engine.runs import RunSummary

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Reviewer = Annotated[Actor, Depends(Guard(Permission.REVIEW))]


class Say(BaseModel):
    """``result``: what the tool would have answered, for "happened". ``attempt``: the try that the person saw, so that
    a request that is sent twice is not taken for an answer about the next try."""

    path: str
    decision: Decision
    result: Any = None
    comment: str = ""
    attempt: int | None = None


@router.get("/reviews")
async def list_(actor: Viewer, request: Request, limit: int = 50) -> tuple[Review, ...]:
    """What waits for a review, of the ``limit`` runs that were queued last."""
    return await reviews.list_reviews(database(request), actor, limit=limit)


@router.get("/runs/{run_id}/review")
async def of_run(run_id: UUID, actor: Viewer, request: Request) -> tuple[Review, ...]:
    """What of one run waits for a review; empty when nothing does."""
    return await reviews.of_run(database(request), actor, run_id)


@router.post("/runs/{run_id}/review")
async def say(run_id: UUID, body: Say, actor: Reviewer, request: Request) -> RunSummary:
    """The run as it is then: queued once nothing else is unclear. 409 with ``current`` when somebody has answered, or
    the run is not in review; 422 when the result does not fit what the tool answers."""
    return await reviews.answer(
        database(request),
        actor,
        run_id,
        body.path,
        body.decision,
        body.result,
        body.comment,
        attempt=body.attempt,
    )
