"""Events: tell the runs that wait for one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine import events
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.events import PublishedEvent
from engine.permissions import Permission

router = APIRouter(prefix="/events")

Signaller = Annotated[Actor, Depends(Guard(Permission.SIGNAL))]


class Publish(BaseModel):
    """``payload`` is what conditions see as ``event``. The same ``idempotency_key`` is the same event."""

    name: str
    payload: Any = None
    idempotency_key: str | None = None


@router.post("", status_code=201)
async def publish(body: Publish, actor: Signaller, request: Request) -> PublishedEvent:
    """201 once the event is committed; 409 when the key was used for another one."""
    return await events.publish(database(request), actor, body.name, body.payload, body.idempotency_key)
