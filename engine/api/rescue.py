"""The account's error workflow: what is started when a run fails."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.rescuing import setting
from engine.rescuing.setting import Call, Setting

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Rescuer = Annotated[Actor, Depends(Guard(Permission.RESCUE))]


class Wanted(BaseModel):
    """``states``: any of failed, timed_out, cancelled, needs_review."""

    workflow_id: UUID
    states: list[str] = ["failed", "timed_out"]


@router.get("/rescue")
async def get(actor: Viewer, request: Request) -> Setting | None:
    """What is started when a run fails; null when nothing is."""
    return await setting.get(database(request), actor)


@router.put("/rescue")
async def put(body: Wanted, actor: Rescuer, request: Request) -> Setting:
    """Start this workflow whenever a run comes into one of these states. It may take the inputs run_id, workflow,
    state, error and link, and must need nothing else."""
    return await setting.put(database(request), actor, body.workflow_id, body.states)


@router.delete("/rescue", status_code=204)
async def clear(actor: Rescuer, request: Request) -> None:
    await setting.clear(database(request), actor)


@router.get("/rescue/calls")
async def calls(actor: Viewer, request: Request, limit: int = 20) -> tuple[Call, ...]:
    """The runs for which it was started, or could not be; the last ones first."""
    return await setting.calls(database(request), actor, limit)
