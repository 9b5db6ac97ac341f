"""Conversations and proposals over HTTP: list, search, branch, rename, delete; accept (whole or parts), reject."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from engine import catalog as catalogs
from engine import conversations, proposals
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.conversations import LONGEST_TITLE, Conversation
from engine.permissions import Permission
from engine.proposals import Proposal, Verdict
from studio.chat.deciding import Acceptance, Accepted, accept
from studio.designer.parts import Part, parts

conversations_router = APIRouter()
Talker = Annotated[Actor, Depends(Guard(Permission.CONVERSE))]
Editor = Annotated[Actor, Depends(Guard(Permission.EDIT))]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class New(_Body):
    title: str = Field(default="", max_length=LONGEST_TITLE)
    workflow_id: UUID | None = None


class Title(_Body):
    title: str = Field(max_length=LONGEST_TITLE)


class Behind(_Body):
    """``seq``: the message behind which the branch goes on; 0 for before the first."""

    seq: int = Field(ge=0, le=2**31 - 1)
    title: str = Field(default="", max_length=LONGEST_TITLE)


class Accept(_Body):
    """``parts``: ids as the proposal lists them, null for all. ``sides``: one for each clash. ``less_safe``: yes to
    what is taken away from the workflow's safety."""

    parts: list[str] | None = Field(default=None, max_length=1_000)
    sides: list[Literal["mine", "theirs", "both"]] = Field(default=[], max_length=1_000)
    less_safe: bool = False


class Shown(BaseModel):
    """A proposal with the parts of what is left of it."""

    id: UUID
    conversation_id: UUID
    message_id: UUID
    workflow_id: UUID | None
    state: str
    base: str
    base_revision: int | None
    text: str
    applied: str | None
    taken: tuple[str, ...]
    decided_by: UUID | None
    decided_at: datetime | None
    created_at: datetime
    said: dict[str, Any]
    parts: tuple[Part, ...] = ()


@conversations_router.get("/conversations")
async def list_(
    actor: Talker,
    request: Request,
    workflow_id: UUID | None = None,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> tuple[Conversation, ...]:
    return await conversations.list_(database(request), actor, workflow_id, limit, q)


@conversations_router.post("/conversations", status_code=201)
async def create(body: New, actor: Talker, request: Request, response: Response) -> Conversation:
    made = await conversations.create(database(request), actor, body.title, body.workflow_id)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/conversations/{made.id}"
    return made


@conversations_router.get("/conversations/{conversation_id}")
async def get(conversation_id: UUID, actor: Talker, request: Request) -> Conversation:
    """With its messages, those before a branch included."""
    return await conversations.get(database(request), actor, conversation_id)


@conversations_router.patch("/conversations/{conversation_id}")
async def rename(conversation_id: UUID, body: Title, actor: Talker, request: Request) -> Conversation:
    return await conversations.rename(database(request), actor, conversation_id, body.title)


@conversations_router.delete("/conversations/{conversation_id}", status_code=204)
async def delete(conversation_id: UUID, actor: Talker, request: Request) -> None:
    """It can be restored for 30 days."""
    await conversations.delete(database(request), actor, conversation_id)


@conversations_router.post("/conversations/{conversation_id}/restore")
async def restore(conversation_id: UUID, actor: Talker, request: Request) -> Conversation:
    return await conversations.restore(database(request), actor, conversation_id)


@conversations_router.post("/conversations/{conversation_id}/branch", status_code=201)
async def branch(
    conversation_id: UUID, body: Behind, actor: Talker, request: Request, response: Response
) -> Conversation:
    made = await conversations.branch(database(request), actor, conversation_id, body.seq, body.title)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/conversations/{made.id}"
    return made


@conversations_router.get("/proposals/{proposal_id}")
async def proposal(proposal_id: UUID, actor: Talker, request: Request) -> Shown:
    db = database(request)
    return await _shown(
        await proposals.get(db, actor, proposal_id),
        catalogs.without_secrets(await catalogs.catalog(db, actor)),
    )


@conversations_router.post("/proposals/{proposal_id}/accept")
async def accept_(
    proposal_id: UUID, actor: Editor, request: Request, body: Accept | None = None
) -> dict[str, Any]:
    """409 when it was decided already, clashes with the draft (``current``: the places), or lowers safety without a
    yes. 422 when the chosen parts need others."""
    body = body or Accept()
    done: Accepted = await accept(
        database(request),
        actor,
        proposal_id,
        Acceptance(body.parts, tuple(body.sides), body.less_safe),
    )
    return {
        "state": done.proposal.state,
        "taken": done.proposal.parts,
        "workflow_id": done.draft.workflow_id,
        "revision": done.draft.revision,
        "text": done.draft.text,
        "fitted": done.fitted,
        "safety": done.safety,
    }


@conversations_router.post("/proposals/{proposal_id}/reject")
async def reject(proposal_id: UUID, actor: Talker, request: Request) -> dict[str, Any]:
    db = database(request)
    start = (await proposals.get(db, actor, proposal_id)).start
    decided, _ = await proposals.decide(db, actor, proposal_id, Verdict("rejected", start))
    return {"state": decided.state, "taken": decided.parts}


async def _shown(found: Proposal, catalog: Any) -> Shown:
    left = await asyncio.to_thread(parts, found.start, found.text, catalog) if found.decidable else ()
    return Shown(
        id=found.id,
        conversation_id=found.conversation_id,
        message_id=found.message_id,
        workflow_id=found.workflow_id,
        state=found.state,
        base=found.base,
        base_revision=found.base_revision,
        text=found.text,
        applied=found.applied,
        taken=found.parts,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
        created_at=found.created_at,
        said=dict(found.said),
        parts=left,
    )
