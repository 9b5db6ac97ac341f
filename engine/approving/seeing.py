"""Approvals as one person sees them: what would happen, whether they may decide it, and what was asked about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import tables
from engine.actor import Actor
from engine.approving.asked import Asked, about
from engine.approving.given import Given, covering, held_by
from engine.approving.involved import involved
from engine.approving.rights import Question, right_of
from engine.database import Database
from engine.errors import NotFound
from engine.permissions import Permission, require


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person is asked. ``effects``: ``[{"path", "connector", "tool", "arguments", "pending"}]`` with the exact
    arguments, or None where they depend on what is not known yet; ``args_hash`` is over them. ``may_decide``: the
    reader can decide it; ``refusal`` says why not; ``acting_for``: for whom they would, "" for themselves. From
    ``escalates_at`` on ``approvers`` also holds whom it escalates to (``escalates_to``); it has ``escalated`` by the
    database's clock, whether a runner has journaled that yet or not (then ``escalated_at`` is when). ``trial``: a test
    asks; an effect that is ``stubbed`` will not really happen. ``requester``: who started the run, "" for nobody."""

    id: UUID
    run_id: UUID
    workflow_id: UUID
    workflow_name: str
    workflow_title: str
    path: str
    step_id: str
    title: str
    effects: tuple[dict[str, Any], ...]
    shown: dict[str, Any]
    approvers: tuple[dict[str, Any], ...]
    quorum: int
    args_hash: str
    state: str
    decisions: tuple[dict[str, Any], ...]
    created_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    may_decide: bool
    refusal: str
    escalates_at: datetime | None = None
    escalated_at: datetime | None = None
    escalated: bool = False
    trial: bool = False
    escalates_to: dict[str, Any] | None = None
    expired: bool = False
    acting_for: str = ""
    requester: str = ""
    questions: tuple[Asked, ...] = ()


async def list_approvals(
    db: Database,
    actor: Actor,
    state: str | None = "open",
    *,
    limit: int = 100,
    workflow_id: UUID | None = None,
    decided_by: UUID | None = None,
    before: datetime | None = None,
    concerning: bool = False,
) -> tuple[Approval, ...]:
    """Newest first; ``state`` None for all, "decided" for all that are not open. ``decided_by``: that person decided,
    or somebody for them. ``before``: made before then, the ``created_at`` of the last one of the page before.
    ``concerning``: only those that ask for the actor or for somebody they stand in for, or about which they are asked
    something."""
    require(actor, Permission.VIEW)
    row = tables.Approval
    query = _JOINED.order_by(col(row.created_at).desc()).limit(min(max(limit, 1), 500))
    if state == "decided":
        query = query.where(col(row.state) != "open")
    elif state is not None:
        query = query.where(col(row.state) == state)
    if workflow_id is not None:
        query = query.where(col(row.workflow_id) == workflow_id)
    if decided_by is not None:
        said = col(row.decisions)
        query = query.where(
            or_(*(said.contains([{key: str(decided_by)}]) for key in ("user_id", "for_user_id")))
        )
    if before is not None:
        query = query.where(col(row.created_at) < before)
    async with db.account(actor) as session:
        if concerning:
            query = query.where(await _concerns(session, actor))
        return await _views(session, actor, query)


async def _concerns(session: AsyncSession, actor: Actor) -> Any:
    row = tables.Approval
    ways: list[Any] = []
    for who in (actor, *(giver for _, giver in await held_by(session, actor))):
        for one in (
            *({"by": "role", "name": name} for name in who.groups),
            {"by": "user", "name": who.email},
        ):
            ways += [_names(col(row.approvers), one), _names(col(row.escalation), one)]
    asked = select(tables.ApprovalQuestion.approval_id).where(
        tables.ApprovalQuestion.asked_of == actor.user_id, col(tables.ApprovalQuestion.answer).is_(None)
    )
    return or_(*ways, col(row.id).in_(asked))


def _names(column: Any, one: dict[str, str]) -> Any:
    """Addresses are compared as ``engine.approving.rights.names`` does."""
    if one["by"] == "role":
        return column.contains(one if column.key == "escalation" else [one])
    said = func.lower(cast(column, Text))
    return said.contains(json.dumps(one["name"], ensure_ascii=False), autoescape=True)


async def get(db: Database, actor: Actor, approval_id: UUID) -> Approval:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await read(session, actor, approval_id)


_JOINED: Any = (
    select(tables.Approval, tables.Workflow)
    .add_columns(
        func.coalesce(func.nullif(col(tables.User.name), ""), col(tables.User.email), ""),
        func.coalesce(col(tables.Approval.expires_at) <= func.clock_timestamp(), False),
        func.coalesce(col(tables.Approval.escalates_at) <= func.clock_timestamp(), False),
        col(tables.Run.trial).is_not(None),
    )
    .join(tables.Run, col(tables.Run.id) == col(tables.Approval.run_id))
    .join(tables.Workflow, col(tables.Workflow.id) == col(tables.Approval.workflow_id))
    .outerjoin(tables.User, col(tables.User.id) == col(tables.Run.requested_by))
)


async def read(session: AsyncSession, actor: Actor, approval_id: UUID) -> Approval:
    """As the actor sees it in this transaction. Raises ``NotFound``."""
    found = await _views(session, actor, _JOINED.where(col(tables.Approval.id) == approval_id))
    if not found:
        raise NotFound("There is no such approval.", "Look at the list of approvals.")
    return found[0]


async def _views(session: AsyncSession, actor: Actor, query: Any) -> tuple[Approval, ...]:
    account = await session.get(tables.Account, actor.account_id)
    four_eyes = account is not None and bool(account.settings.get("four_eyes", False))
    given = await held_by(session, actor)
    rows = (await session.execute(query)).all()
    asked = await about(session, actor, [row[0].id for row in rows])
    hands = await involved(session, {row[0].run_id for row in rows}) if four_eyes else {}
    return tuple(
        _view(actor, four_eyes, given, asked.get(row[0].id, ()), hands.get(row[0].run_id, ()), *row)
        for row in rows
    )


def _view(
    actor: Actor,
    four_eyes: bool,
    given: Given,
    asked: tuple[Asked, ...],
    hands: Sequence[UUID],
    row: tables.Approval,
    workflow: tables.Workflow,
    requester: str,
    expired: bool,
    escalated: bool,
    trial: bool,
) -> Approval:
    approvers = [*row.approvers]
    if escalated and row.escalation is not None and row.escalation not in approvers:
        approvers.append(row.escalation)
    right = right_of(
        actor,
        covering(given, row.id),
        Question(approvers, row.decisions, four_eyes, hands),
    )
    refusal = "It has expired." if expired else right.refusal
    return Approval(
        id=row.id,
        run_id=row.run_id,
        workflow_id=row.workflow_id,
        workflow_name=workflow.name,
        workflow_title=workflow.title,
        path=row.path,
        step_id=row.step_id,
        title=row.title,
        effects=tuple(row.effects),
        shown=row.shown,
        approvers=tuple(approvers),
        quorum=row.quorum,
        args_hash=row.args_hash,
        state=row.state,
        decisions=tuple(row.decisions),
        created_at=row.created_at,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        may_decide=row.state == "open" and not refusal,
        refusal=refusal,
        escalates_at=row.escalates_at,
        escalated_at=row.escalated_at,
        escalated=escalated,
        trial=trial,
        escalates_to=row.escalation,
        expired=expired,
        acting_for="" if refusal or right.acting_for is None else right.acting_for.email,
        requester=requester,
        questions=asked,
    )
