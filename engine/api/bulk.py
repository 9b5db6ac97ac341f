"""Many runs at once: run again from where they failed, or cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from pydantic import BaseModel, Field

from engine import bulk
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.bulk import BulkPlan, Job, Selection
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Replayer = Annotated[Actor, Depends(Guard(Permission.REPLAY))]
Canceller = Annotated[Actor, Depends(Guard(Permission.CANCEL))]


class Chosen(BaseModel):
    """``ids``, or what the other fields find; at most 1,000, the newest."""

    ids: list[UUID] = Field(default_factory=list, max_length=bulk.MOST)
    workflow_id: UUID | None = None
    states: list[Literal["queued", "running", "waiting", "needs_review", "failed", "timed_out"]] = Field(
        default_factory=list
    )
    code: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def selection(self) -> Selection:
        return Selection(
            tuple(self.ids), self.workflow_id, tuple(self.states), self.code, self.since, self.until
        )


class Cancel(Chosen):
    """``key``: of the request; the same key is the same job, however often it is sent."""

    key: str


class Retry(Cancel):
    """``plan``: the hash that came with the plan. ``confirmed``: each tool whose effects would happen again."""

    plan: str
    confirmed: list[str] = Field(default_factory=list, max_length=1_000)


@router.post("/runs:retry-plan")
async def plan(body: Chosen, actor: Replayer, request: Request) -> BulkPlan:
    """What running these again from where they failed would mean. Nothing is started."""
    return await bulk.plan_retry(database(request), actor, body.selection())


@router.post("/runs:retry", status_code=202)
async def retry(body: Retry, actor: Replayer, request: Request, after: BackgroundTasks) -> Job:
    """202 once it is written down; ``GET bulk/{id}`` says how far it has come. 409 with the plan as it is now, 422
    names each tool that nobody has confirmed. Sent again with its key, it goes on from where it stood."""
    db = database(request)
    job = await bulk.start(
        db, actor, "retry", body.selection(), body.key, plan=body.plan, confirmed=body.confirmed
    )
    after.add_task(bulk.carry_on, db, actor, job.id)
    return job


@router.post("/runs:cancel", status_code=202)
async def cancel(body: Cancel, actor: Canceller, request: Request, after: BackgroundTasks) -> Job:
    """As ``runs:retry``, for runs that are not over."""
    db = database(request)
    job = await bulk.start(db, actor, "cancel", body.selection(), body.key)
    after.add_task(bulk.carry_on, db, actor, job.id)
    return job


@router.get("/bulk/{job_id}")
async def one(job_id: UUID, actor: Viewer, request: Request) -> Job:
    return await bulk.get(database(request), actor, job_id)
