"""``POST /api/chat``: the designer over HTTP, as server-sent events.

Events: ``conversation`` (its id), ``doing`` (progress in words), ``text`` (a delta), ``round`` (an attempt with errors,
written again), ``proposal``, ``error`` (code, message, help), and last ``done``. A comment is sent while nothing else
is, so that nobody in between takes the connection for dead. Who goes away ends the answer and the model's call with it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from engine import conversations, workflows
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.errors import Conflict, WeftError
from engine.permissions import Permission
from studio.chat.exchange import LONGEST, Happening, Kept, Question, exchange, title_of
from studio.designer import Doing, Failed, Proposal, Round, Text

chat_router = APIRouter()
Talker = Annotated[Actor, Depends(Guard(Permission.CONVERSE))]

HEARTBEAT_S: Final = 15.0
_LOOK_S: Final = 1.0
"""How often it is looked whether somebody still listens, while there is nothing to send."""


class Chat(BaseModel):
    """``text`` is the workflow to change; without it, the draft of ``workflow_id`` (else of the conversation's
    workflow); without any, a new workflow. A conversation about one workflow says nothing about another."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1, max_length=LONGEST)
    conversation_id: UUID | None = None
    workflow_id: UUID | None = None
    text: str | None = Field(default=None, max_length=500_000)
    designer: Literal["model", "builtin"] = "model"


class Begun(BaseModel):
    conversation_id: UUID


class Done(BaseModel):
    """``message_id`` is the last that was kept, ``proposal_id`` what can be accepted or rejected; "" for none."""

    conversation_id: UUID
    message_id: str
    proposal_id: str


class ConversationEvent(BaseModel):
    event: Literal["conversation"]
    data: Begun


class DoingEvent(BaseModel):
    event: Literal["doing"]
    data: Doing


class TextEvent(BaseModel):
    event: Literal["text"]
    data: Text


class RoundEvent(BaseModel):
    event: Literal["round"]
    data: Round


class ProposalEvent(BaseModel):
    event: Literal["proposal"]
    data: Proposal


class ErrorEvent(BaseModel):
    event: Literal["error"]
    data: Failed


class DoneEvent(BaseModel):
    event: Literal["done"]
    data: Done


ChatEvent: TypeAlias = Annotated[
    ConversationEvent | DoingEvent | TextEvent | RoundEvent | ProposalEvent | ErrorEvent | DoneEvent,
    Field(discriminator="event"),
]
"""One server-sent event: ``event`` is its name, ``data`` its JSON."""


class EventStream(StreamingResponse):
    media_type = "text/event-stream"


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": ChatEvent, "description": "Server-sent events; each is one of these, the last one `done`."}
}


@chat_router.post("/chat", response_class=EventStream, responses=_ANSWERS)
async def chat(body: Chat, actor: Talker, request: Request) -> StreamingResponse:
    """One message to the designer. Nothing is saved but the conversation: a proposal is for a person to accept."""
    db = database(request)
    base, workflow_id, first = body.text, body.workflow_id, ""
    about = None
    if body.conversation_id is not None:
        about = await conversations.get(db, actor, body.conversation_id)
        if workflow_id not in (None, about.workflow_id):
            # A proposal is recorded for the conversation's workflow, and this one's text is not that one's.
            raise Conflict(
                "This conversation is about another workflow."
                if about.workflow_id
                else "This conversation is about no workflow yet.",
                'Leave "workflow_id" out, or begin a new conversation by leaving "conversation_id" out.',
            )
        workflow_id = about.workflow_id
    if base is None:
        base = (await workflows.get_draft(db, actor, workflow_id)).text if workflow_id else ""
    if about is not None:
        conversation_id = about.id
    elif body.message.strip():
        # With its first message at once: many conversations that begin in one moment are few transactions.
        title, asked = title_of(body.message), body.message.strip()
        made, message = await conversations.begin(db, actor, title, asked, body.workflow_id)
        conversation_id, first = made.id, str(message.id)
    else:
        conversation_id = (await conversations.create(db, actor, title_of(body.message), body.workflow_id)).id
    question = Question(
        body.message,
        base,
        first=bool(first),
        builtin=body.designer == "builtin",
        workflow_id=workflow_id,
    )
    frames = _frames(request, actor, conversation_id, question, first)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(_while_heard(frames, request), headers=headers)


async def _frames(
    request: Request, actor: Actor, conversation_id: UUID, question: Question, message_id: str
) -> AsyncGenerator[str, None]:
    yield _frame("conversation", Begun(conversation_id=conversation_id))
    proposal_id = ""
    try:
        async with aclosing(exchange(database(request), actor, conversation_id, question)) as happenings:
            async for happening in happenings:
                if isinstance(happening, Kept):
                    message_id = str(happening.message.id)
                    proposal_id = str((happening.message.proposal or {}).get("id", ""))
                elif (name := _name(happening)) is not None:
                    yield _frame(name, happening)
    except WeftError as error:
        failed = Failed(code="unavailable", message=error.message, help=error.help, builtin=False)
        yield _frame("error", failed)
    done = Done(conversation_id=conversation_id, message_id=message_id, proposal_id=proposal_id)
    yield _frame("done", done)


async def _while_heard(frames: AsyncGenerator[str, None], request: Request) -> AsyncIterator[str]:
    """The frames, with a sign of life while there is none, until they are over or nobody listens any more."""
    quiet_s = 0.0
    coming = asyncio.ensure_future(anext(frames, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=_LOOK_S)
            if coming in done:
                if (frame := coming.result()) is None:
                    return
                coming = asyncio.ensure_future(anext(frames, None))
                quiet_s = 0.0
                yield frame
            elif await request.is_disconnected():
                return
            elif (quiet_s := quiet_s + _LOOK_S) >= HEARTBEAT_S:
                quiet_s = 0.0
                yield ": still here\n\n"
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await frames.aclose()


def _name(happening: Happening) -> str | None:
    match happening:
        case Doing() | Text() | Round() | Proposal():
            return happening.kind
        case Failed():
            return "error"
        case _:
            return None


def _frame(event: str, data: BaseModel) -> str:
    return f"event: {event}\ndata: {json.dumps(data.model_dump(mode='json'), ensure_ascii=False)}\n\n"
