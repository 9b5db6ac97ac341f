"""Workflows: list, create, rename, archive. Drafts are in ``engine.drafts``, versions in ``engine.versions``."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import dsl
from engine import audit, drafts, tables, versions
from engine.actor import Actor
from engine.database import Database, Session
from engine.drafts import Draft, get_draft, save_draft
from engine.errors import BadInput, Conflict, NotFound
from engine.identity import new_id
from engine.permissions import Permission, require
from engine.triggers import syncing
from engine.versions import Version, VersionSummary, get_version, list_versions, publish, read_texts, rollback

__all__ = [
    "Draft",
    "Version",
    "VersionSummary",
    "WorkflowSummary",
    "archive",
    "create_workflow",
    "duplicate",
    "get_draft",
    "get_version",
    "list_versions",
    "list_workflows",
    "name_of",
    "publish",
    "read_texts",
    "rename",
    "renamed",
    "rollback",
    "save_draft",
    "set_tags",
    "unarchive",
]

LONGEST_TITLE = 200
LONGEST_TAG = 40
MOST_TAGS = 12
MOST_COPIES = 50


@dataclass(frozen=True, slots=True)
class WorkflowSummary:
    """``changed``: the draft says something else than the live version."""

    id: UUID
    name: str
    title: str
    live_version: int | None
    live_version_id: UUID | None
    changed: bool
    archived: bool
    revision: int
    updated_at: datetime
    tags: tuple[str, ...] = ()


async def list_workflows(
    db: Database, actor: Actor, *, archived: bool = False
) -> tuple[WorkflowSummary, ...]:
    """Latest change first."""
    require(actor, Permission.VIEW)
    query = (
        select(tables.Workflow, tables.Version.number, tables.Draft.revision, tables.Draft.updated_at)
        .add_columns(col(tables.Version.text).is_distinct_from(col(tables.Draft.text)))
        .join(tables.Draft, col(tables.Draft.workflow_id) == col(tables.Workflow.id))
        .outerjoin(tables.Version, col(tables.Version.id) == col(tables.Workflow.live_version_id))
        .order_by(func.greatest(tables.Workflow.updated_at, tables.Draft.updated_at).desc())
    )
    if not archived:
        query = query.where(col(tables.Workflow.archived_at).is_(None))
    async with db.account(actor) as session:
        rows: Iterable[Any] = await session.execute(query)
        return tuple(
            WorkflowSummary(
                id=workflow.id,
                name=workflow.name,
                title=workflow.title,
                live_version=number,
                live_version_id=workflow.live_version_id,
                changed=bool(changed),
                archived=workflow.archived_at is not None,
                revision=revision,
                updated_at=max(workflow.updated_at, updated_at),
                tags=tuple(workflow.tags),
            )
            for workflow, number, revision, updated_at, changed in rows
        )


async def create_workflow(db: Database, actor: Actor, name: str, text: str = "") -> Draft:
    """A new workflow with its draft. ``name`` may be a title in plain words: the name in the language comes from the
    text when it has one, and is made from the title otherwise. Raises ``Conflict`` when the name is taken.
    """
    require(actor, Permission.EDIT)
    async with db.account(actor) as session:
        return await make(session, actor, name, text)


async def make(session: Session, actor: Actor, name: str, text: str) -> Draft:
    """:func:`create_workflow` in the caller's transaction, which cannot go on after a ``Conflict``."""
    title = _title(name)
    drafts.check_text(text)
    identifier = versions.name_in(text) or slug(title)
    text = text or f"workflow {identifier} {{\n}}\n"
    workflow = tables.Workflow(
        id=new_id(), account_id=actor.account_id, name=identifier, title=title, created_by=actor.user_id
    )
    session.add(workflow)
    try:
        await session.flush()
    except IntegrityError as error:
        raise name_taken(identifier) from error
    session.add(
        tables.Draft(
            workflow_id=workflow.id,
            account_id=actor.account_id,
            text=text,
            positions={},
            updated_by=actor.user_id,
        )
    )
    await session.flush()
    await audit.append(
        session, actor.account_id, actor.email, "workflow.create", str(workflow.id), {"name": identifier}
    )
    return await drafts.read(session, workflow.id)


def name_taken(name: str) -> Conflict:
    return Conflict(f"There is a workflow named {name!r} already.", "Choose another name.")


async def rename(db: Database, actor: Actor, workflow_id: UUID, title: str) -> None:
    """Give it another title. The name in the language changes with the text, when that is published."""
    require(actor, Permission.EDIT)
    title = _title(title)
    async with db.account(actor) as session:
        workflow = await _workflow(session, workflow_id)
        workflow.title = title
        await _touch(session, workflow)
        await audit.append(
            session, actor.account_id, actor.email, "workflow.rename", str(workflow_id), {"title": title}
        )


async def archive(db: Database, actor: Actor, workflow_id: UUID) -> None:
    """Take it off the list and off the engine: no new runs start; running ones go on, history stays."""
    require(actor, Permission.PUBLISH)
    async with db.account(actor) as session:
        workflow = await _workflow(session, workflow_id)
        if workflow.archived_at is None:
            workflow.archived_at = (await session.exec(select(func.now()))).one()
            await _touch(session, workflow)
            await syncing.switch_off(session, workflow_id)
            await audit.append(
                session, actor.account_id, actor.email, "workflow.archive", str(workflow_id), {}
            )


async def unarchive(db: Database, actor: Actor, workflow_id: UUID) -> None:
    """Put an archived workflow back: it is listed again, its live version takes runs, and its triggers start them.

    Raises ``Conflict`` when another workflow's webhook has one of its addresses by now.
    """
    require(actor, Permission.PUBLISH)
    async with _addressed(), db.account(actor) as session:
        workflow = await _workflow(session, workflow_id)
        if workflow.archived_at is not None:
            workflow.archived_at = None
            await _touch(session, workflow)
            await syncing.switch_on(session, workflow_id)
            await audit.append(
                session, actor.account_id, actor.email, "workflow.unarchive", str(workflow_id), {}
            )


@asynccontextmanager
async def _addressed() -> AsyncIterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "triggers_address" in str(error.orig):
            raise syncing.address_taken() from error
        raise


async def set_tags(db: Database, actor: Actor, workflow_id: UUID, tags: Iterable[str]) -> tuple[str, ...]:
    """Give it these tags in the place of those it has. Spaces are evened out and doubles left out; the order stays.

    Raises ``BadInput`` for an empty tag, one of over 40 characters, or more than 12 of them.
    """
    require(actor, Permission.EDIT)
    kept = _tags(tags)
    async with db.account(actor) as session:
        workflow = await _workflow(session, workflow_id)
        if tuple(workflow.tags) != kept:
            workflow.tags = list(kept)
            session.add(workflow)
            await session.flush()
            await audit.append(
                session, actor.account_id, actor.email, "workflow.tag", str(workflow_id), {"tags": list(kept)}
            )
    return kept


async def duplicate(db: Database, actor: Actor, workflow_id: UUID) -> Draft:
    """A new workflow with this one's draft, where its steps stand, and its tags. Nothing of it is published."""
    require(actor, Permission.EDIT)
    original = await get_draft(db, actor, workflow_id)
    async with db.account(actor) as session:
        tags = (await _workflow(session, workflow_id)).tags
    for number in range(1, MOST_COPIES + 1):
        ending = " copy" if number == 1 else f" copy {number}"
        title = (original.title or original.name)[: LONGEST_TITLE - len(ending)] + ending
        try:
            made = await create_workflow(db, actor, title, renamed(original.text, slug(title)))
        except Conflict:
            continue
        await set_tags(db, actor, made.workflow_id, tags)
        return await save_draft(
            db, actor, made.workflow_id, made.text, made.revision, positions=original.positions
        )
    raise Conflict(
        f"There are {MOST_COPIES} copies of this workflow already.", "Give one of them another name."
    )


def name_of(text: str) -> str:
    """The name a text gives its workflow, "" when there is none."""
    return versions.name_in(text)


def renamed(text: str, name: str) -> str:
    """The text under another name; itself where it says none that can be read."""
    workflow = dsl.parse(text).workflow
    if not workflow.name:
        return text
    span = workflow.name_span
    return text[: span.start] + name + text[span.end :]


def slug(title: str) -> str:
    """A name for the language: lower case, letters, digits and underscores, a letter first."""
    plain = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "workflow"
    return plain if plain[0].isalpha() else f"workflow_{plain}"


def _title(value: str) -> str:
    title = " ".join(value.split())
    if not title or len(title) > LONGEST_TITLE:
        raise BadInput(
            "The name does not fit.",
            [("name", "is required" if not title else f"has over {LONGEST_TITLE} characters")],
        )
    drafts.check_text(title)
    return title


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for tag in tags:
        plain = " ".join(tag.split())
        drafts.check_text(plain)
        if not plain or len(plain) > LONGEST_TAG:
            raise BadInput(
                "A tag does not fit.",
                [("tags", "one is empty" if not plain else f"one has over {LONGEST_TAG} characters")],
            )
        kept.setdefault(plain.casefold(), plain)
    if len(kept) > MOST_TAGS:
        raise BadInput("These are too many tags.", [("tags", f"are more than {MOST_TAGS}")])
    return tuple(kept.values())


async def _workflow(session: AsyncSession, workflow_id: UUID) -> tables.Workflow:
    workflow = await session.get(tables.Workflow, workflow_id, with_for_update=True)
    if workflow is None:
        raise NotFound("There is no such workflow.", "Look at the list of workflows.")
    return workflow


async def _touch(session: AsyncSession, workflow: tables.Workflow) -> None:
    workflow.updated_at = (await session.exec(select(func.now()))).one()
    session.add(workflow)
    await session.flush()
