"""The account's error workflow: which one, when it is started, and for which runs it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from engine import audit, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.interfaces import interfaces
from engine.permissions import Permission, require
from engine.rescuing.telling import NAMES, SAMPLE, STATES, told

MOST_CALLS = 50


@dataclass(frozen=True, slots=True)
class Setting:
    """``states``: of a run, in which the workflow is started for it."""

    workflow_id: UUID
    workflow_name: str
    workflow_title: str
    states: tuple[str, ...]
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """``run_id`` came into ``state``; ``started`` is the run that was started for it, ``problem`` why none was."""

    run_id: UUID
    workflow_name: str
    state: str
    at: datetime
    done_at: datetime | None
    started: UUID | None
    problem: str | None


async def get(db: Database, actor: Actor) -> Setting | None:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _read(session, actor)


async def put(db: Database, actor: Actor, workflow_id: UUID, states: Sequence[str]) -> Setting:
    """Start this workflow from now on whenever a run comes into one of these states. Its input takes some of
    ``run_id``, ``workflow``, ``state``, ``error`` and ``link``, and needs nothing else.

    Raises ``NotFound``, ``Conflict`` (archived, or not published), ``BadInput``."""
    require(actor, Permission.RESCUE)
    if not states or not set(states) <= set(STATES):
        raise BadInput(
            "Not states in which a workflow can be started.",
            [("states", f"needs one or more of {', '.join(STATES)}")],
        )
    async with db.account(actor) as session:
        workflow = await session.get(tables.Workflow, workflow_id)
        if workflow is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        if workflow.archived_at is not None or workflow.live_version_id is None:
            raise Conflict(
                f"{workflow.name!r} is {'archived' if workflow.archived_at else 'not published'}.",
                "Choose a workflow that is published.",
            )
        interface = await interfaces.get(session, actor.account_id, workflow_id, workflow.live_version_id)
        try:
            told(SAMPLE, interface)
        except BadInput as error:
            raise BadInput(
                f"{workflow.name!r} needs an input that is not known when a run fails.",
                error.problems,
                f"It may take any of {', '.join(NAMES)}; give every other input a default.",
            ) from error
        row = await session.get(tables.Rescue, actor.account_id)
        if row is None:
            row = tables.Rescue(account_id=actor.account_id, workflow_id=workflow_id)
        row.workflow_id, row.states, row.set_by = workflow_id, sorted(set(states)), actor.user_id
        row.set_at = (await session.exec(select(func.now()))).one()
        session.add(row)
        await session.flush()
        said = {"workflow": workflow.name, "states": row.states}
        await audit.append(session, actor.account_id, actor.email, "rescue.set", str(workflow_id), said)
        found = await _read(session, actor)
        assert found is not None
        return found


async def clear(db: Database, actor: Actor) -> None:
    """Start nothing any more. Once is as good as twice."""
    require(actor, Permission.RESCUE)
    async with db.account(actor) as session:
        row = await session.get(tables.Rescue, actor.account_id)
        if row is not None:
            await session.delete(row)
            await session.flush()
            before = str(row.workflow_id)
            await audit.append(session, actor.account_id, actor.email, "rescue.clear", before, {})


async def calls(db: Database, actor: Actor, limit: int = 20) -> tuple[Call, ...]:
    """For which runs it was started, or could not be; the last ones first."""
    require(actor, Permission.VIEW)
    one, run, flow = tables.RescueCall, tables.Run, tables.Workflow
    query = (
        select(one, flow.name)
        .join(run, col(run.id) == col(one.run_id))
        .join(flow, col(flow.id) == col(run.workflow_id))
        .where(one.account_id == actor.account_id)
        .order_by(col(one.at).desc())
        .limit(min(max(limit, 1), MOST_CALLS))
    )
    async with db.account(actor) as session:
        return tuple(
            Call(row.run_id, name, row.state, row.at, row.done_at, row.started, row.problem)
            for row, name in (await session.exec(query)).all()
        )


async def _read(session: Session, actor: Actor) -> Setting | None:
    query = (
        select(tables.Rescue, tables.Workflow)
        .join(tables.Workflow, col(tables.Workflow.id) == col(tables.Rescue.workflow_id))
        .where(tables.Rescue.account_id == actor.account_id)
    )
    row = (await session.exec(query)).first()
    if row is None:
        return None
    found, workflow = row
    return Setting(workflow.id, workflow.name, workflow.title, tuple(found.states), found.set_at)
