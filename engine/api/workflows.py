"""Workflows, drafts, versions."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from engine import differences, workflows
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.differences import Comparison
from engine.errors import NotFound
from engine.permissions import Permission
from engine.workflows import Draft, Version, VersionSummary, WorkflowSummary

router = APIRouter(prefix="/workflows")

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]
Editor = Annotated[Actor, Depends(Guard(Permission.EDIT))]
Publisher = Annotated[Actor, Depends(Guard(Permission.PUBLISH))]


class NewWorkflow(BaseModel):
    """``name``: a title in plain words will do; the text's own name wins."""

    name: str
    text: str = ""


class DraftChange(BaseModel):
    """``revision``: of the draft that the text was made from. ``positions`` stay as they are when null."""

    text: str
    revision: int
    positions: dict[str, Any] | None = None


class Rename(BaseModel):
    title: str


class Tags(BaseModel):
    tags: list[str] = Field(max_length=100)


class Publish(BaseModel):
    message: str = Field(default="", max_length=500)


class Rollback(BaseModel):
    """``version``: the number of the one to go back to."""

    version: int = Field(ge=1, le=2**31 - 1)


@router.get("")
async def list_(actor: Viewer, request: Request, archived: bool = False) -> tuple[WorkflowSummary, ...]:
    return await workflows.list_workflows(database(request), actor, archived=archived)


@router.post("", status_code=201)
async def create(body: NewWorkflow, actor: Editor, request: Request, response: Response) -> Draft:
    draft = await workflows.create_workflow(database(request), actor, body.name, body.text)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/workflows/{draft.workflow_id}"
    return draft


@router.get("/{workflow_id}")
async def draft(workflow_id: UUID, actor: Viewer, request: Request) -> Draft:
    return await workflows.get_draft(database(request), actor, workflow_id)


@router.put("/{workflow_id}")
async def save(workflow_id: UUID, body: DraftChange, actor: Editor, request: Request) -> Draft:
    """409 with ``current`` when the draft has another revision by now."""
    return await workflows.save_draft(
        database(request), actor, workflow_id, body.text, body.revision, body.positions
    )


@router.patch("/{workflow_id}", status_code=204)
async def rename(workflow_id: UUID, body: Rename, actor: Editor, request: Request) -> None:
    await workflows.rename(database(request), actor, workflow_id, body.title)


@router.delete("/{workflow_id}", status_code=204)
async def archive(workflow_id: UUID, actor: Publisher, request: Request) -> None:
    await workflows.archive(database(request), actor, workflow_id)


@router.post("/{workflow_id}/unarchive", status_code=204)
async def unarchive(workflow_id: UUID, actor: Publisher, request: Request) -> None:
    await workflows.unarchive(database(request), actor, workflow_id)


@router.put("/{workflow_id}/tags")
async def tag(workflow_id: UUID, body: Tags, actor: Editor, request: Request) -> tuple[str, ...]:
    """The tags as they are kept: spaces evened out, doubles left out."""
    return await workflows.set_tags(database(request), actor, workflow_id, body.tags)


@router.post("/{workflow_id}/duplicate", status_code=201)
async def duplicate(workflow_id: UUID, actor: Editor, request: Request, response: Response) -> Draft:
    made = await workflows.duplicate(database(request), actor, workflow_id)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/workflows/{made.workflow_id}"
    return made


@router.post("/{workflow_id}/publish")
async def publish(
    workflow_id: UUID, actor: Publisher, request: Request, body: Publish | None = None
) -> Version:
    """422 with ``diagnostics`` when the text has errors."""
    message = "" if body is None else body.message
    return await workflows.publish(database(request), actor, workflow_id, message)


@router.post("/{workflow_id}/rollback")
async def rollback(workflow_id: UUID, body: Rollback, actor: Publisher, request: Request) -> Version:
    """Makes the text of an earlier version live again, as a new version. 422 with ``diagnostics`` when it no longer
    fits what is connected."""
    return await workflows.rollback(database(request), actor, workflow_id, body.version)


@router.get("/{workflow_id}/diff")
async def diff(
    workflow_id: UUID,
    actor: Viewer,
    request: Request,
    old: Annotated[str | None, Query(alias="from")] = None,
    new: Annotated[str, Query(alias="to")] = "draft",
) -> Comparison:
    """What ``to`` (a version's number, or draft) does otherwise than ``from`` (the live version), in sentences, with
    what it breaks for callers and for the runs that wait now."""
    return await differences.compare(database(request), actor, workflow_id, old, new)


@router.get("/{workflow_id}/versions")
async def versions(workflow_id: UUID, actor: Viewer, request: Request) -> tuple[VersionSummary, ...]:
    return await workflows.list_versions(database(request), actor, workflow_id)


@router.get("/{workflow_id}/versions/{version_id}")
async def version(workflow_id: UUID, version_id: UUID, actor: Viewer, request: Request) -> Version:
    found = await workflows.get_version(database(request), actor, version_id)
    if found.workflow_id != workflow_id:
        raise NotFound("This workflow has no such version.", "Look at the workflow's versions.")
    return found
