"""What comes after a conversation. The conversation itself is the studio's."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.triggers import afterwards
from engine.watching import RunSummary

router = APIRouter(prefix="/conversations")

Starter = Annotated[Actor, Depends(Guard(Permission.RUN))]


class Afterwards(BaseModel):
    input: dict[str, Any] = Field(default_factory=dict)


@router.post("/{conversation_id}/run", status_code=202)
async def run(conversation_id: UUID, body: Afterwards, actor: Starter, request: Request) -> RunSummary:
    """Run its workflow once, when what was accepted last is published; asked again, the same run. 409 until then."""
    return await afterwards.run_after(database(request), actor, conversation_id, body.input)
