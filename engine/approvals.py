"""Approvals: what waits for a person, and their decision.

Deciding consumes the approval, journals the answer and makes the run due again in one transaction. The run's row is
locked before the approval's, as the runner does when it opens or closes a gate, so the two never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit, eventlog, tables
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.eventlog import NewEvent
from engine.lifecycle import RunState, is_terminal
from engine.permissions import Permission, may, require

Decision = Literal["approve", "reject"]
LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person is asked. ``effects``: ``[{"path", "connector", "tool", "arguments", "pending"}]`` with the exact
    arguments, or None where they depend on what is not known yet; ``args_hash`` is over them. ``may_decide``: the
    reader can decide it; ``refusal`` says why not. From ``escalates_at`` on ``approvers`` also holds whom it escalates
    to; it has ``escalated`` by the database's clock, whether a runner has journaled that yet or not (then
    ``escalated_at`` is when). ``trial``: a test asks; an effect that is ``stubbed`` will not really happen."""

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


async def list_approvals(
    db: Database, actor: Actor, state: str | None = "open", *, limit: int = 100
) -> tuple[Approval, ...]:
    """Newest first; ``state`` None for all."""
    require(actor, Permission.VIEW)
    query = _JOINED.order_by(col(tables.Approval.created_at).desc()).limit(min(max(limit, 1), 500))
    if state is not None:
        query = query.where(col(tables.Approval.state) == state)
    async with db.account(actor) as session:
        four_eyes = await _four_eyes(session, actor)
        rows: Iterable[Any] = await session.execute(query)
        return tuple(_view(actor, four_eyes, *row) for row in rows)


async def get(db: Database, actor: Actor, approval_id: UUID) -> Approval:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _read(session, actor, approval_id)


async def decide(
    db: Database,
    actor: Actor,
    approval_id: UUID,
    decision: Decision,
    comment: str = "",
    *,
    args_hash: str | None = None,
) -> Approval:
    """Approve or reject, once. ``args_hash``: what the person saw, refused when it is not what would happen.

    Raises ``NotFound``, ``Forbidden`` (not an approver of this one, or four eyes), ``Conflict`` (decided, expired, the
    run is over, or other arguments) with the approval as it is now.
    """
    require(actor, Permission.DECIDE)
    if len(comment) > LONGEST_COMMENT or "\0" in comment:
        raise BadInput(
            "The comment does not fit.", [("comment", f"needs at most {LONGEST_COMMENT} characters")]
        )
    async with db.account(actor) as session:
        before = await _read(session, actor, approval_id)
        run = await eventlog.lock(session, before.run_id)
        query = select(tables.Approval).where(tables.Approval.id == approval_id).with_for_update()
        row = (await session.exec(query.execution_options(populate_existing=True))).one()
        now = (await session.exec(select(func.clock_timestamp()))).one()
        current = await _read(session, actor, approval_id)
        _refuse(row, run, now, args_hash, current)
        if not current.may_decide:
            raise Forbidden(current.refusal, "Ask somebody it names.")

        said = {
            "user_id": str(actor.user_id),
            "email": actor.email,
            "decision": decision,
            "comment": comment,
            "at": now.astimezone(UTC).isoformat(),
        }
        row.decisions = [*row.decisions, said]
        outcome = _outcome(row)
        if outcome is not None:
            row.state, row.decided_at = outcome, now
            session.add(row)
            await _answer(session, run, row, outcome)
        session.add(row)
        await session.flush()
        noted = {"decision": decision, "run": str(run.id), "args_hash": row.args_hash, "comment": comment}
        await audit.append(session, actor.account_id, actor.email, "approval.decide", str(row.id), noted)
        return await _read(session, actor, approval_id)


def _refuse(
    row: tables.Approval, run: tables.Run, now: datetime, args_hash: str | None, current: Approval
) -> None:
    if row.state != "open":
        raise Conflict(f"This approval is {row.state} already.", "Nothing else was done.", current=current)
    if row.expires_at is not None and row.expires_at <= now:
        raise Conflict(
            "This approval has expired.", "The workflow goes on as it says for a time-out.", current=current
        )
    if is_terminal(run.state):
        raise Conflict(
            f"The run is {run.state} already.", "There is nothing left to approve.", current=current
        )
    if args_hash is not None and args_hash != row.args_hash:
        raise Conflict(
            "What would happen is not what you saw.", "Look at it again, then decide.", current=current
        )


def _outcome(row: tables.Approval) -> Literal["approved", "rejected"] | None:
    """One rejection rejects; as many approvals as the quorum approve."""
    if any(said["decision"] == "reject" for said in row.decisions):
        return "rejected"
    return "approved" if len(row.decisions) >= row.quorum else None


async def _answer(
    session: AsyncSession, run: tables.Run, row: tables.Approval, outcome: Literal["approved", "rejected"]
) -> None:
    data = {
        "answer": outcome,
        "by": [said["email"] for said in row.decisions],
        "comment": "\n".join(said["comment"] for said in row.decisions if said["comment"]),
        "approval_id": str(row.id),
        "args_hash": row.args_hash,
    }
    if run.state == RunState.WAITING:
        run.state = RunState.QUEUED
        run.due_at = (await session.exec(select(func.now()))).one()
        run.waiting_on = []
    await eventlog.append(session, run, [NewEvent("gate.answered", row.path, data)])
    await eventlog.notify(session, "weft_runs", str(run.id))


_JOINED = (
    select(tables.Approval, tables.Workflow, tables.Run.requested_by, tables.Version.published_by)
    .add_columns(
        func.coalesce(col(tables.Approval.expires_at) <= func.now(), False),
        func.coalesce(col(tables.Approval.escalates_at) <= func.now(), False),
        col(tables.Run.trial).is_not(None),
    )
    .join(tables.Run, col(tables.Run.id) == col(tables.Approval.run_id))
    .join(tables.Workflow, col(tables.Workflow.id) == col(tables.Approval.workflow_id))
    .join(tables.Version, col(tables.Version.id) == col(tables.Run.version_id))
)


async def _read(session: AsyncSession, actor: Actor, approval_id: UUID) -> Approval:
    row = (await session.execute(_JOINED.where(col(tables.Approval.id) == approval_id))).first()
    if row is None:
        raise NotFound("There is no such approval.", "Look at the list of approvals.")
    return _view(actor, await _four_eyes(session, actor), *row)


async def _four_eyes(session: AsyncSession, actor: Actor) -> bool:
    account = await session.get(tables.Account, actor.account_id)
    return account is not None and bool(account.settings.get("four_eyes", False))


def _view(
    actor: Actor,
    four_eyes: bool,
    row: tables.Approval,
    workflow: tables.Workflow,
    requested_by: UUID | None,
    published_by: UUID | None,
    expired: bool,
    escalated: bool,
    trial: bool,
) -> Approval:
    involved = (requested_by, published_by)
    approvers = [*row.approvers]
    if escalated and row.escalation is not None and row.escalation not in approvers:
        approvers.append(row.escalation)
    refusal = (
        "It has expired." if expired else refusal_of(actor, approvers, row.decisions, four_eyes, involved)
    )
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
    )


def refusal_of(
    actor: Actor,
    approvers: list[dict[str, Any]],
    decisions: list[dict[str, Any]],
    four_eyes: bool,
    involved: tuple[UUID | None, ...],
) -> str:
    """Why this person may not decide, "" when they may. Pure. ``involved``: who asked for the run, who published."""
    if not may(actor, Permission.DECIDE):
        return f"Your role {actor.role!r} may not decide approvals."
    if not any(_names(approver, actor) for approver in approvers):
        wanted = " or ".join(f"{approver['by']} {approver['name']!r}" for approver in approvers) or "nobody"
        return f"This asks for {wanted}."
    if four_eyes and actor.user_id in involved:
        return "Four eyes: whoever started the run or published the workflow cannot approve it."
    if any(said["user_id"] == str(actor.user_id) for said in decisions):
        return "You have decided already; others must as well."
    return ""


def _names(approver: Mapping[str, Any], actor: Actor) -> bool:
    if approver["by"] == "role":
        return approver["name"] in actor.groups
    return str(approver["name"]).lower() == actor.email
