"""How much of the engine an account and its workflows may have: weight, runs at once, length of the queue, priority."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from engine import audit, backpressure, eventlog, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, NotFound
from engine.permissions import Permission, require
from engine.starting import PRIORITIES

LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """``weight``: its share of the free slots against other accounts, 1 to 100. ``max_running``: runs at once, None for
    no limit; runs that wait for somebody or something do not count. ``max_queued``: runs that wait to begin."""

    weight: int = 1
    max_running: int | None = None
    max_queued: int = 10_000


@dataclass(frozen=True, slots=True)
class WorkflowLimits:
    """``max_running`` as of an account. ``priority``: of runs whose start says none, -9 to 9."""

    max_running: int | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class LimitedWorkflow:
    workflow_id: UUID
    name: str
    title: str
    limits: WorkflowLimits


@dataclass(frozen=True, slots=True)
class Limits:
    """``running``: how many run now. ``workflows``: all that are not archived, by name."""

    account: AccountLimits
    running: int
    workflows: tuple[LimitedWorkflow, ...]


async def get_limits(db: Database, actor: Actor) -> Limits:
    require(actor, Permission.LIMITS)
    async with db.account(actor) as session:
        return await _read(session, actor)


async def set_account_limits(db: Database, actor: Actor, limits: AccountLimits) -> Limits:
    """They hold from the next claim on: a lower limit stops nothing that runs. Raises ``BadInput``."""
    require(actor, Permission.LIMITS)
    _refuse(
        {
            "weight": limits.weight in range(1, 101) or "must be from 1 to 100",
            "max_running": _bound(limits.max_running),
            "max_queued": limits.max_queued in range(1, LARGEST + 1) or f"must be from 1 to {LARGEST}",
        }
    )
    async with db.account(actor) as session:
        account = await session.get(tables.Account, actor.account_id, with_for_update={"key_share": True})
        if account is None:
            raise NotFound("This workspace is not there any more.", "Sign in again.")
        before = _of_account(account)
        account.weight, account.max_running = limits.weight, limits.max_running
        account.max_queued = limits.max_queued
        session.add(account)
        await _changed(session, actor, "account", asdict(before), asdict(limits))
        now = await _read(session, actor)
    backpressure.forget(db, actor.account_id)
    return now


async def set_workflow_limits(
    db: Database, actor: Actor, workflow_id: UUID, limits: WorkflowLimits
) -> Limits:
    """As ``set_account_limits``; the priority is that of runs started from now on. Raises ``NotFound`` besides."""
    require(actor, Permission.LIMITS)
    _refuse(
        {
            "max_running": _bound(limits.max_running),
            "priority": limits.priority in PRIORITIES or f"must be from {PRIORITIES[0]} to {PRIORITIES[-1]}",
        }
    )
    async with db.account(actor) as session:
        workflow = await session.get(tables.Workflow, workflow_id, with_for_update={"key_share": True})
        if workflow is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        before = WorkflowLimits(workflow.max_running, workflow.priority)
        workflow.max_running, workflow.priority = limits.max_running, limits.priority
        session.add(workflow)
        await _changed(session, actor, str(workflow_id), asdict(before), asdict(limits))
        return await _read(session, actor)


async def _changed(
    session: Session, actor: Actor, subject: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    await session.flush()
    changed = {name: value for name, value in after.items() if value != before[name]}
    if changed:
        await eventlog.notify(session, "weft_runs", "")
        await audit.append(session, actor.account_id, actor.email, "limits.set", subject, changed)


async def _read(session: Session, actor: Actor) -> Limits:
    account = await session.get_one(tables.Account, actor.account_id)
    known = select(tables.Workflow).where(col(tables.Workflow.archived_at).is_(None))
    running = select(func.count()).select_from(tables.Run)
    mine = (tables.Run.account_id == actor.account_id, tables.Run.state == "running")
    return Limits(
        _of_account(account),
        (await session.exec(running.where(*mine))).one(),
        tuple(
            LimitedWorkflow(
                workflow.id,
                workflow.name,
                workflow.title,
                WorkflowLimits(workflow.max_running, workflow.priority),
            )
            for workflow in await session.exec(known.order_by(tables.Workflow.name))
        ),
    )


def _of_account(account: tables.Account) -> AccountLimits:
    return AccountLimits(account.weight, account.max_running, account.max_queued)


def _bound(most: int | None) -> bool | str:
    return (
        most is None or most in range(1, LARGEST + 1) or f"must be from 1 to {LARGEST}, or null for no limit"
    )


def _refuse(checks: dict[str, bool | str]) -> None:
    problems = [(name, said) for name, said in checks.items() if isinstance(said, str)]
    if problems:
        raise BadInput("These limits do not fit.", problems)
