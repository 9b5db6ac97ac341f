"""Filters for runs: as the words of an address, and the ones that people keep."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from engine.actor import Actor
from engine.api.access import Guard, database
from engine.finding import views
from engine.finding.asking import RunFilter, read
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]


def asked(
    workflow_id: str = "",
    state: str = "",
    trigger: str = "",
    trigger_id: str = "",
    version: str = "",
    by: str = "",
    trial: bool | None = None,
    span: str = "",
    since: str = "",
    until: str = "",
    error: str = "",
    q: str = "",
) -> RunFilter:
    """Raises ``BadInput``."""
    tests = "" if trial is None else "only" if trial else "none"
    words = {
        "workflow": workflow_id,
        "state": state,
        "trigger": trigger,
        "version": version,
        "by": by,
        "tests": tests,
    }
    return read({**words, "span": span, "since": since, "until": until, "error": error, "q": q})


Asked = Annotated[RunFilter, Depends(asked)]


class NewView(BaseModel):
    """``query``: the words of a filter, as ``GET /runs`` takes them: ``{"state": "failed", "span": "24h"}``."""

    name: str
    query: dict[str, str]
    shared: bool = False


class ViewAnswer(BaseModel):
    """``mine``: the caller made it, and may delete it."""

    id: UUID
    name: str
    query: dict[str, str]
    shared: bool
    mine: bool


@router.get("/run-views")
async def list_(actor: Viewer, request: Request) -> list[ViewAnswer]:
    """The caller's own views of the list of runs, then those that others share."""
    return [_answer(each) for each in await views.list_views(database(request), actor)]


@router.post("/run-views", status_code=201)
async def save(body: NewView, actor: Viewer, request: Request) -> ViewAnswer:
    """Keeps a filter under a name; one of the caller's of the same name becomes it."""
    return _answer(await views.save_view(database(request), actor, body.name, body.query, body.shared))


@router.delete("/run-views/{view_id}", status_code=204)
async def delete(view_id: UUID, actor: Viewer, request: Request) -> None:
    await views.delete_view(database(request), actor, view_id)


def _answer(view: views.View) -> ViewAnswer:
    return ViewAnswer(id=view.id, name=view.name, query=view.asks.words(), shared=view.shared, mine=view.mine)
