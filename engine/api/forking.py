"""Running a recorded run again: what that would mean, and doing it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.forking import service
from engine.forking.planning import ForkPlan
from engine.forking.service import Change
from engine.permissions import Permission
from engine.runs import RunSummary

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Replayer = Annotated[Actor, Depends(Guard(Permission.REPLAY))]


class Changed(BaseModel):
    """``step``: the path of the step from which on it runs again; empty: where the run stopped. ``input`` null: the
    same. ``version_id`` null: the same version."""

    step: str = ""
    input: dict[str, Any] | None = None
    version_id: UUID | None = None

    def change(self) -> Change:
        return Change(self.step, self.input, self.version_id)


class Replay(BaseModel):
    """``plan``: the hash that came with the plan. ``confirmed``: the path of every effect that may fire again."""

    step: str = ""
    plan: str
    confirmed: list[str] = Field(default_factory=list, max_length=10_000)
    idempotency_key: str | None = None


class Fork(Replay):
    """With another ``input``, or another version of the workflow."""

    input: dict[str, Any] | None = None
    version_id: UUID | None = None


@router.get("/runs/{run_id}/fork-plan")
async def replay_plan(run_id: UUID, actor: Replayer, request: Request, step: str = "") -> ForkPlan:
    """What running it again from a step on would take over, and what would happen again. Nothing is started."""
    return await service.fork_plan(database(request), actor, run_id, Change(step))


@router.post("/runs/{run_id}/fork-plan")
async def changed_plan(run_id: UUID, body: Changed, actor: Replayer, request: Request) -> ForkPlan:
    """The same, with another input or version. Nothing is started."""
    return await service.fork_plan(database(request), actor, run_id, body.change())


@router.post("/runs/{run_id}/replay", status_code=202)
async def replay(run_id: UUID, body: Replay, actor: Replayer, request: Request) -> RunSummary:
    """202 once the run is committed. 409 with the plan as it is now when that is another one; 422 names each effect
    that would fire again and that nobody has confirmed. The new run has idempotency keys of its own: a refund that
    fires again is a second refund."""
    return await _fork(request, actor, run_id, Change(body.step), body)


@router.post("/runs/{run_id}/fork", status_code=202)
async def fork(run_id: UUID, body: Fork, actor: Replayer, request: Request) -> RunSummary:
    """As ``replay``, with another input or version: what is not provably the same runs again."""
    return await _fork(request, actor, run_id, Change(body.step, body.input, body.version_id), body)


@router.get("/runs/{run_id}/forks")
async def forks(run_id: UUID, actor: Viewer, request: Request) -> tuple[RunSummary, ...]:
    """The runs that go on from this one, newest first."""
    return await service.forks_of(database(request), actor, run_id)


async def _fork(request: Request, actor: Actor, run_id: UUID, change: Change, body: Replay) -> RunSummary:
    return await service.fork(
        database(request),
        actor,
        run_id,
        change,
        plan=body.plan,
        confirmed=body.confirmed,
        idempotency_key=body.idempotency_key,
    )
