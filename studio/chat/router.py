"""``POST /api/chat``: the designer over HTTP, as server-sent events.

Events: ``conversation`` (its id), ``text`` (a delta), ``round`` (an attempt with errors, written again), ``proposal``,
``error`` (code, message, help), and last ``done``.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from engine import conversations, workflows
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.errors import WeftError
from engine.permissions import Permission
from studio.chat.exchange import LONGEST, Happening, Kept, Question, exchange, title_of
from studio.designer import Failed, Proposal, Round, Text

chat_router = APIRouter()
Talker = Annotated[Actor, Depends(Guard(Permission.CONVERSE))]


class Chat(BaseModel):
    """``text`` is the workflow to change; without it, the draft of ``workflow_id``; without both, a new workflow."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1, max_length=LONGEST)
    conversation_id: UUID | None = None
    workflow_id: UUID | None = None
    text: str | None = Field(default=None, max_length=500_000)
    designer: Literal["model", "builtin"] = "model"


@chat_router.post("/chat", response_class=StreamingResponse)
async def chat(body: Chat, actor: Talker, request: Request) -> StreamingResponse:
    """One message to the designer. Nothing is saved but the conversation: a proposal is for a person to accept."""
    db = database(request)
    base = body.text
    if base is None:
        base = (await workflows.get_draft(db, actor, body.workflow_id)).text if body.workflow_id else ""
    if body.conversation_id is not None:
        conversation_id = (await conversations.get(db, actor, body.conversation_id)).id
    else:
        conversation_id = (await conversations.create(db, actor, title_of(body.message), body.workflow_id)).id
    question = Question(body.message, base, builtin=body.designer == "builtin")
    stream = _stream(request, actor, conversation_id, question)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(
    request: Request, actor: Actor, conversation_id: UUID, question: Question
) -> AsyncIterator[str]:
    yield _frame("conversation", {"conversation_id": str(conversation_id)})
    last = ""
    try:
        async with aclosing(exchange(database(request), actor, conversation_id, question)) as happenings:
            async for happening in happenings:
                if isinstance(happening, Kept):
                    last = str(happening.message.id)
                elif frame := _told(happening):
                    yield frame
    except WeftError as error:
        yield _frame("error", {"code": "unavailable", "message": error.message, "help": error.help})
    yield _frame("done", {"conversation_id": str(conversation_id), "message_id": last})


def _told(happening: Happening) -> str:
    match happening:
        case Text(delta=delta):
            return _frame("text", {"delta": delta})
        case Round():
            return _frame("round", happening.model_dump(mode="json", exclude={"kind"}))
        case Proposal():
            return _frame("proposal", happening.model_dump(mode="json", exclude={"kind"}))
        case Failed():
            return _frame("error", happening.model_dump(mode="json", exclude={"kind"}))
        case _:
            return ""


def _frame(event: str, data: dict[str, Any]) -> str:
    return f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
