"""What starts workflows by itself: the triggers that are live, their health, and what people do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.triggers import register, starting
from engine.triggers.firing import Skipped
from engine.triggers.register import CatchUp, TriggerSummary
from engine.triggers.starting import Started

router = APIRouter(prefix="/triggers")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Keeper = Annotated[Actor, Depends(Guard(Permission.TRIGGERS))]
Starter = Annotated[Actor, Depends(Guard(Permission.RUN))]


class Policy(BaseModel):
    """What a schedule does about moments at which nothing ran here."""

    catch_up: CatchUp


class Event(BaseModel):
    """``event``: what conditions and inputs see under that name."""

    event: Any = None


class Fired(BaseModel):
    """``run_id`` where a run was started; otherwise ``said`` tells why not."""

    result: Literal["started", "skipped", "problem"]
    run_id: UUID | None = None
    said: str = ""


@router.get("")
async def list_(
    actor: Viewer, request: Request, workflow_id: UUID | None = None
) -> tuple[TriggerSummary, ...]:
    return await register.list_triggers(database(request), actor, workflow_id)


@router.get("/{trigger_id}")
async def get(trigger_id: UUID, actor: Viewer, request: Request) -> TriggerSummary:
    return await register.get_trigger(database(request), actor, trigger_id)


@router.put("/{trigger_id}")
async def set_(trigger_id: UUID, body: Policy, actor: Keeper, request: Request) -> TriggerSummary:
    return await register.set_catch_up(database(request), actor, trigger_id, body.catch_up)


@router.post("/{trigger_id}/pause")
async def pause(trigger_id: UUID, actor: Keeper, request: Request) -> TriggerSummary:
    return await register.pause(database(request), actor, trigger_id)


@router.post("/{trigger_id}/resume")
async def resume(trigger_id: UUID, actor: Keeper, request: Request) -> TriggerSummary:
    """What came while it was paused is not made up for."""
    return await register.resume(database(request), actor, trigger_id)


@router.get("/{trigger_id}/next")
async def next_(trigger_id: UUID, actor: Viewer, request: Request, count: int = 5) -> tuple[datetime, ...]:
    """The next moments of a schedule, in UTC; of another kind none."""
    return await register.next_fires(database(request), actor, trigger_id, count)


@router.post("/{trigger_id}/fire")
async def fire(trigger_id: UUID, body: Event, actor: Starter, request: Request) -> Fired:
    """As if this event had come, also while it is paused. What comes of it is a run like any other."""
    outcome = await starting.try_out(database(request), actor, trigger_id, body.event)
    if isinstance(outcome, Started):
        return Fired(result="started", run_id=outcome.run_id)
    if isinstance(outcome, Skipped):
        return Fired(result="skipped", said=outcome.reason)
    return Fired(result="problem", said=outcome.problem)
