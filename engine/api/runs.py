"""Runs: start, look, follow, cancel."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from engine import runs, stopping
from engine.actor import Actor
from engine.api.access import Guard, caller, database
from engine.api.finding import Asked
from engine.artifacts import Artifact
from engine.errors import WeftError
from engine.journal import Event
from engine.lifecycle import is_terminal
from engine.permissions import Permission
from engine.runs import Page, RunSummary
from engine.stopping import Undoing

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Starter = Annotated[Actor, Depends(Guard(Permission.RUN))]
Reviewer = Annotated[Actor, Depends(Guard(Permission.REVIEW))]
Canceller = Annotated[Actor, Depends(Guard(Permission.CANCEL))]

RECHECK_S = 4.0
"""How often a stream makes sure that its reader is still signed in; also its heartbeat."""


class Start(BaseModel):
    """``wait_seconds``: stay on the line for the result, at most so long. ``priority``: -9 to 9, the workflow's when
    null. ``debounce``: a later start with the same key replaces the input of the run as long as it has not begun."""

    input: dict[str, Any] = Field(default_factory=dict)
    idempotency_key: str | None = None
    version_id: UUID | None = None
    wait_seconds: float = Field(default=0, ge=0, le=60)
    priority: int | None = None
    debounce: runs.Debounce | None = None


class Item(BaseModel):
    """One run of many."""

    input: dict[str, Any] = Field(default_factory=dict)
    idempotency_key: str | None = None
    priority: int | None = None


class Batch(BaseModel):
    items: list[Item] = Field(min_length=1, max_length=runs.MOST_AT_ONCE)
    version_id: UUID | None = None


class ForceStop(BaseModel):
    """``undoing``: "undo" what the run has done, or "leave" all as it is."""

    undoing: Undoing
    comment: str = ""


class StartedBatch(BaseModel):
    """In the order of the items."""

    run_ids: tuple[UUID, ...]


class Started(BaseModel):
    """``output`` and ``error`` once the run is over. A large output is an ``output_artifact`` instead, to be had at
    ``runs/{run_id}/artifacts/{sha256}``."""

    run_id: UUID
    state: str
    output: Any = None
    output_artifact: Artifact | None = None
    error: dict[str, Any] | None = None


class RunAnswer(BaseModel):
    """One run; ``steps`` are its events folded, by path. A large output is an ``output_artifact`` instead; the same
    of a step's input or output is in the step's ``large``. One without a hash is not kept: it follows from others."""

    summary: RunSummary
    input: dict[str, Any]
    output: Any
    output_artifact: Artifact | None
    steps: list[dict[str, Any]]
    text: str


@router.post("/workflows/{workflow_id}/runs", status_code=202, responses={200: {"model": Started}})
async def start(
    workflow_id: UUID, body: Start, actor: Starter, request: Request, response: Response
) -> Started:
    """202 once the run is committed; 200 with the result when it was over within ``wait_seconds``. 429 with
    ``Retry-After`` when too many runs wait to begin."""
    db = database(request)
    run = await runs.start_run(
        db,
        actor,
        workflow_id,
        body.input,
        body.idempotency_key,
        body.version_id,
        trigger="api",
        traceparent=request.headers.get("traceparent"),
        priority=body.priority,
        debounce=body.debounce,
    )
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/runs/{run.id}"
    if body.wait_seconds:
        try:
            async with asyncio.timeout(body.wait_seconds):
                async for _ in runs.follow(db, actor, run.id):
                    pass
        except TimeoutError:
            pass
        run = await runs.get_summary(db, actor, run.id)
    if not is_terminal(run.state):
        return Started(run_id=run.id, state=run.state)
    response.status_code = 200
    detail = await runs.get_run(db, actor, run.id)
    return Started(
        run_id=run.id,
        state=run.state,
        output=detail.output,
        output_artifact=detail.output_artifact,
        error=run.error,
    )


@router.post("/workflows/{workflow_id}/runs:batch", status_code=202)
async def start_batch(workflow_id: UUID, body: Batch, actor: Starter, request: Request) -> StartedBatch:
    """All of them or none: 422 names what is wrong with which item."""
    new = [runs.NewRun(item.input, item.idempotency_key, item.priority) for item in body.items]
    ids = await runs.start_runs(database(request), actor, workflow_id, new, body.version_id, trigger="api")
    return StartedBatch(run_ids=ids)


@router.get("/runs")
async def list_(
    actor: Viewer,
    request: Request,
    asks: Asked,
    parent_run_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Newest first, as ``engine.finding.asking`` words a filter. ``state``, ``trigger``: one, or several separated by
    commas. ``trial``: only tests of drafts, or only what is none. ``q``: ``order_id=A-1001``, a value alone, or the
    id of a run. ``until`` in the answer: a search looked so far back, and goes on with ``next``."""
    return await runs.list_runs(
        database(request), actor, parent_run_id=parent_run_id, asks=asks, cursor=cursor, limit=limit
    )


@router.get("/runs/{run_id}")
async def one(run_id: UUID, actor: Viewer, request: Request) -> RunAnswer:
    detail = await runs.get_run(database(request), actor, run_id)
    return RunAnswer(
        summary=detail.summary,
        input=detail.input,
        output=detail.output,
        output_artifact=detail.output_artifact,
        steps=[asdict(step) for step in detail.view.steps],
        text=detail.text,
    )


@router.post("/runs/{run_id}/cancel")
async def cancel(run_id: UUID, actor: Canceller, request: Request) -> RunSummary:
    return await runs.cancel_run(database(request), actor, run_id)


@router.post("/runs/{run_id}/force-stop")
async def force_stop(run_id: UUID, body: ForceStop, actor: Reviewer, request: Request) -> RunSummary:
    """Stop waiting for the step that a cancelled run is in: what came of its calls is unknown from then on, and written
    down as that. 409 when the run was not cancelled before, or is over."""
    return await stopping.force_stop(database(request), actor, run_id, body.undoing, body.comment)


@router.get("/runs/{run_id}/events", response_class=StreamingResponse)
async def events(run_id: UUID, actor: Viewer, request: Request, after: int = 0) -> StreamingResponse:
    """Server-sent events, ``id`` is the event's ``seq``. Goes on behind ``Last-Event-ID`` (or ``after``), and ends
    when the run is over."""
    last = request.headers.get("last-event-id", "")
    after = max(after, int(last)) if last.isdigit() else after
    await runs.get_summary(database(request), actor, run_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(request, actor, run_id, after), media_type="text/event-stream", headers=headers
    )


async def _stream(request: Request, actor: Actor, run_id: UUID, after: int) -> AsyncIterator[str]:
    checked = time.monotonic()
    try:
        async for batch in runs.batches(database(request), actor, run_id, after, quiet_s=RECHECK_S):
            if time.monotonic() - checked >= RECHECK_S:
                await caller(request)
                checked = time.monotonic()
            yield "".join(_frame(event) for event in batch) or ": still here\n\n"
    except WeftError as error:
        yield f"event: problem\ndata: {json.dumps({'detail': error.message, 'help': error.help})}\n\n"
    else:
        yield "event: end\ndata: {}\n\n"


def _frame(event: Event) -> str:
    at = datetime.fromtimestamp(event.at).astimezone().isoformat()
    data = {"seq": event.seq, "at": at, "kind": event.kind, "path": event.path, "data": event.data}
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
