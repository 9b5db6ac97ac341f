"""Versions: what publishing makes. Text, pins, plan and content hash, never changed again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

import dsl
from dsl.catalog import Catalog
from dsl.diagnostic import Diagnostic
from dsl.plan import Plan
from engine import audit, catalog, drafts, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import Conflict, NotFound, Rejected
from engine.identity import new_id
from engine.permissions import Permission, require
from engine.runtime import unsupported
from engine.triggers import publishing, syncing


@dataclass(frozen=True, slots=True)
class VersionSummary:
    id: UUID
    workflow_id: UUID
    number: int
    content_hash: str
    message: str
    published_by: UUID | None
    published_at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable version. ``plan`` is what the engine runs; ``pins`` the tools as they were."""

    id: UUID
    workflow_id: UUID
    number: int
    text: str
    plan: Plan
    pins: tuple[dict[str, Any], ...]
    content_hash: str
    message: str
    published_by: UUID | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Publishable:
    """A text that passed every check, lowered against a catalog."""

    text: str
    plan: Plan
    content_hash: str

    def pins(self) -> list[dict[str, Any]]:
        return [pin.model_dump(mode="json") for pin in self.plan.pins]


def name_in(text: str) -> str:
    """The workflow's name as the text says it, "" when it does not."""
    if not text.strip():
        return ""
    return dsl.parse(text).workflow.name


def decide(text: str, known: Catalog, then: str = "publish") -> Publishable:
    """Check and lower a text, to ``then`` do something with it. Pure. Raises ``Rejected`` with every diagnostic when
    there is an error among them."""
    parsed = dsl.parse(text)
    diagnostics = dsl.check(parsed, known)
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
    if errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        raise Rejected(
            f"The workflow has {count}.", diagnostics, f"Correct what is listed under Problems, then {then}."
        )
    try:
        plan = dsl.lower(parsed, known)
    except ValueError as error:
        raise _rejected(parsed, diagnostics, [("", str(error))], then) from None
    if problems := unsupported(plan):
        raise _rejected(parsed, diagnostics, problems, then)
    return Publishable(text, plan, dsl.content_hash(text, plan.pins, plan))


def _rejected(
    parsed: dsl.Parsed, diagnostics: tuple[Diagnostic, ...], problems: list[tuple[str, str]], then: str
) -> Rejected:
    """What only publishing finds: a form that this engine cannot run yet, a tool that nobody knows."""
    found = [
        Diagnostic(
            "E901",
            "error",
            message,
            parsed.workflow.name_span,
            f"Change this step, then {then}.",
            path or None,
        )
        for path, message in problems
    ]
    return Rejected(
        problems[0][1], (*diagnostics, *found), f"Change what is listed under Problems, then {then}."
    )


async def publish(db: Database, actor: Actor, workflow_id: UUID, message: str = "") -> Version:
    """Make the draft the live version. Publishing what is live already returns that version, without a new number.

    Raises ``Rejected`` (diagnostics) when the text has errors, ``Conflict`` when its name belongs to another workflow
    or the workflow is archived.
    """
    known = await _known(db, actor)
    async with _publishing(db, actor, workflow_id) as (session, workflow, draft):
        made = decide(draft.text, known)
        await _startable(session, workflow_id, made, "publish")
        return await _publish(session, actor, workflow, made, message)


async def rollback(db: Database, actor: Actor, workflow_id: UUID, number: int) -> Version:
    """Make the text of an earlier version live again, as a new version: what was published is never changed, and the
    tools are pinned as they are today. The draft stays as it is. Going back to what is live already returns that.

    Raises ``Rejected`` (diagnostics) when the text no longer fits what is connected, ``NotFound`` when there is no such
    version, ``Conflict`` as publishing does.
    """
    known = await _known(db, actor)
    async with _publishing(db, actor, workflow_id) as (session, workflow, _):
        query = select(tables.Version.text).where(
            tables.Version.workflow_id == workflow_id,
            tables.Version.number == number,
            tables.Version.number > 0,
        )
        words = (await session.exec(query)).first()
        if words is None:
            raise NotFound(f"This workflow has no version {number}.", "Look at the workflow's versions.")
        made = decide(words, known, "go back")
        await _startable(session, workflow_id, made, "go back")
        return await _publish(session, actor, workflow, made, f"Back to version {number}", back_to=number)


async def _startable(session: Session, workflow_id: UUID, made: Publishable, then: str) -> None:
    """Raises ``Rejected`` when a trigger of it could not be live: only then does it matter, not in a test."""
    if not made.plan.triggers:
        return
    parsed = dsl.parse(made.text)
    found = publishing.problems(parsed, made.text, await syncing.taken(session, workflow_id))
    if found:
        help = f"Change what is listed under Problems, then {then}."
        raise Rejected(found[0].message[:1].upper() + found[0].message[1:] + ".", found, help)


async def _known(db: Database, actor: Actor) -> Catalog:
    require(actor, Permission.PUBLISH)
    return await catalog.catalog(db, actor, fresh=True)


@asynccontextmanager
async def _publishing(
    db: Database, actor: Actor, workflow_id: UUID
) -> AsyncIterator[tuple[Session, tables.Workflow, tables.Draft]]:
    """A transaction that alone publishes this workflow."""
    try:
        async with db.account(actor) as session:
            draft = await drafts.lock(session, workflow_id)
            workflow = await session.get(tables.Workflow, workflow_id, with_for_update=True)
            if workflow is None or workflow.archived_at is not None:
                raise Conflict("This workflow is archived.", "Make a new one from its text.")
            yield session, workflow, draft
    except IntegrityError as error:
        if "triggers_address" in str(error.orig):
            raise syncing.address_taken() from error
        raise Conflict(
            "Another workflow has this name already.", "Change the name behind `workflow` in the text."
        ) from error


async def _editor(session: Session, workflow_id: UUID, text: str) -> UUID | None:
    """Whose hand was last on this text: the draft's, or that of the earlier version it comes from."""
    draft = select(tables.Draft.updated_by).where(
        tables.Draft.workflow_id == workflow_id, tables.Draft.text == text
    )
    earlier = (
        select(tables.Version.edited_by)
        .where(tables.Version.workflow_id == workflow_id, tables.Version.text == text)
        .order_by(col(tables.Version.number).desc())
    )
    return (await session.exec(draft)).first() or (await session.exec(earlier)).first()


async def _publish(
    session: Session,
    actor: Actor,
    workflow: tables.Workflow,
    made: Publishable,
    message: str,
    back_to: int | None = None,
) -> Version:
    live = None
    if workflow.live_version_id is not None:
        live = await session.get(tables.Version, workflow.live_version_id)
    if live is not None and live.content_hash == made.content_hash:
        return view(live)
    newest = select(func.max(tables.Version.number)).where(tables.Version.workflow_id == workflow.id)
    number = ((await session.exec(newest)).one() or 0) + 1
    row = tables.Version(
        id=new_id(),
        account_id=actor.account_id,
        workflow_id=workflow.id,
        number=number,
        text=made.text,
        pins=made.pins(),
        plan=made.plan.model_dump(mode="json"),
        content_hash=made.content_hash,
        message=message,
        published_by=actor.user_id,
        edited_by=await _editor(session, workflow.id, made.text),
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    workflow.live_version_id = row.id
    workflow.name = made.plan.workflow
    workflow.updated_at = row.published_at
    session.add(workflow)
    await session.flush()
    await syncing.sync(session, actor.account_id, workflow.id, row.id, made.plan)
    await session.execute(text("SELECT pg_notify('weft_versions', :id)"), {"id": str(row.id)})
    said = {"number": number, "content_hash": row.content_hash, "message": message}
    if back_to is not None:
        said["back_to"] = back_to
    action = "version.publish" if back_to is None else "version.rollback"
    await audit.append(session, actor.account_id, actor.email, action, str(workflow.id), said)
    return view(row)


async def list_versions(db: Database, actor: Actor, workflow_id: UUID) -> tuple[VersionSummary, ...]:
    """Newest first."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        workflow = await session.get(tables.Workflow, workflow_id)
        if workflow is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        query = select(tables.Version).where(
            tables.Version.workflow_id == workflow_id, tables.Version.number > 0
        )
        rows = await session.exec(query.order_by(col(tables.Version.number).desc()))
        return tuple(_summaries(rows, workflow.live_version_id))


def _summaries(rows: Iterable[tables.Version], live: UUID | None) -> Iterable[VersionSummary]:
    for row in rows:
        yield VersionSummary(
            id=row.id,
            workflow_id=row.workflow_id,
            number=row.number,
            content_hash=row.content_hash,
            message=row.message,
            published_by=row.published_by,
            published_at=row.published_at,
            live=row.id == live,
        )


async def get_version(db: Database, actor: Actor, version_id: UUID) -> Version:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await session.get(tables.Version, version_id)
        if row is None or row.number == 0:
            raise NotFound("There is no such version.", "Look at the workflow's versions.")
        return view(row)


async def read_texts(
    db: Database, actor: Actor, workflow_id: UUID, numbers: Collection[int]
) -> dict[int, str]:
    """The texts of some versions of a workflow, by number; one that there is not is not in it."""
    require(actor, Permission.VIEW)
    query = select(tables.Version.number, tables.Version.text).where(
        tables.Version.workflow_id == workflow_id,
        tables.Version.number > 0,
        col(tables.Version.number).in_(list(numbers)),
    )
    async with db.account(actor) as session:
        return {number: text for number, text in await session.exec(query)}


def view(row: tables.Version) -> Version:
    return Version(
        id=row.id,
        workflow_id=row.workflow_id,
        number=row.number,
        text=row.text,
        plan=Plan.model_validate(row.plan),
        pins=tuple(row.pins),
        content_hash=row.content_hash,
        message=row.message,
        published_by=row.published_by,
        published_at=row.published_at,
    )
