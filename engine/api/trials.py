"""Tests of drafts, and what people have pinned for them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from engine import pins, trials
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.permissions import Permission
from engine.pins import StepPin
from engine.trials import NewTrial, Prepared, Wish
from engine.watching import RunSummary

router = APIRouter(prefix="/workflows/{workflow_id}")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Editor = Annotated[Actor, Depends(Guard(Permission.EDIT))]
Starter = Annotated[Actor, Depends(Guard(Permission.RUN))]

Path = Annotated[str, Field(min_length=1, max_length=2000)]


class StartTrial(BaseModel):
    """``input``: that of ``source`` when null. ``real``: the paths of the steps whose effects may really happen; all
    others give a result that is made up. ``approve``: approvals that answer themselves with yes, whose calls must all
    be made up. ``until``: stop behind this step. ``begin``: begin at this one, with what ``source`` (the latest run
    that is over, when null) or pins give for the steps before it. ``pins``: in addition to those of the workflow.
    ``revision``: of the draft that is meant."""

    input: dict[str, Any] | None = None
    real: list[Path] = Field(default_factory=list, max_length=2000)
    approve: list[Path] = Field(default_factory=list, max_length=2000)
    until: str = Field(default="", max_length=2000)
    begin: str = Field(default="", max_length=2000)
    source: UUID | None = None
    pins: dict[Path, dict[str, Any] | None] = Field(default_factory=dict, max_length=pins.MOST_PINS)
    revision: int | None = None
    idempotency_key: str | None = Field(default=None, min_length=1, max_length=150, pattern="^[^\x00]*$")


class PinContent(BaseModel):
    """``output``: what the step gives, or ``error``: what it fails with (``{"code", "message"}``)."""

    content: dict[str, Any]


@router.get("/trial")
async def prepare(workflow_id: UUID, actor: Starter, request: Request) -> Prepared:
    """What a test of the draft could do. 422 with ``diagnostics`` when the text has errors."""
    return await trials.prepare(database(request), actor, workflow_id)


@router.post("/trial", status_code=202)
async def start(
    workflow_id: UUID, body: StartTrial, actor: Starter, request: Request, response: Response
) -> RunSummary:
    """Runs the draft's text without publishing it. Nothing happens outside but what ``real`` names, and that takes a
    role that may publish. 422 with ``diagnostics`` when the text has errors, with ``problems`` when a setting does not
    fit; 409 when the draft has another revision."""
    wish = Wish(frozenset(body.real), frozenset(body.approve), body.until, body.begin)
    run = await trials.start_trial(
        database(request),
        actor,
        workflow_id,
        NewTrial(body.input, wish, body.source, body.pins),
        revision=body.revision,
        idempotency_key=body.idempotency_key,
        trigger="api",
        traceparent=request.headers.get("traceparent"),
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/runs/{run.id}"
    return run


@router.get("/pins")
async def list_(workflow_id: UUID, actor: Viewer, request: Request) -> tuple[StepPin, ...]:
    return await pins.list_pins(database(request), actor, workflow_id)


@router.put("/pins/{path}")
async def put(workflow_id: UUID, path: Path, body: PinContent, actor: Editor, request: Request) -> StepPin:
    """What the step gives in tests, in place of being done. 422 names each field that does not fit."""
    return await pins.set_pin(database(request), actor, workflow_id, path, body.content)


@router.delete("/pins/{path}", status_code=204)
async def delete(workflow_id: UUID, path: Path, actor: Editor, request: Request) -> None:
    await pins.remove_pin(database(request), actor, workflow_id, path)
