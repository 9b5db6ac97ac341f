"""Deciding an approval: once, and all of it or nothing.

Deciding consumes the approval, journals the answer and makes the run due again in one transaction. The run's row is
locked before the approval's, as the runner does when it opens or closes a gate, so the two never wait for each other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit, eventlog, tables
from engine.actor import Actor
from engine.approving.seeing import Approval, read
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden
from engine.eventlog import NewEvent
from engine.lifecycle import RunState, is_terminal
from engine.permissions import ALLOWED, Permission, require

Decision = Literal["approve", "reject"]
LONGEST_COMMENT = 2000


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
        before = await read(session, actor, approval_id)
        run = await eventlog.lock(session, before.run_id)
        query = select(tables.Approval).where(tables.Approval.id == approval_id).with_for_update()
        row = (await session.exec(query.execution_options(populate_existing=True))).one()
        now = (await session.exec(select(func.clock_timestamp()))).one()
        actor = await _as_now(session, actor)
        current = await read(session, actor, approval_id)
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
        if current.acting_for:
            giver = select(tables.User.id).where(tables.User.email == current.acting_for)
            said |= {"for_user_id": str((await session.exec(giver)).one()), "for": current.acting_for}
        row.decisions = [*row.decisions, said]
        outcome = _outcome(row)
        if outcome is not None:
            row.state, row.decided_at = outcome, now
            session.add(row)
            await _answer(session, run, row, outcome)
        session.add(row)
        await session.flush()
        noted = {"decision": decision, "run": str(run.id), "args_hash": row.args_hash, "comment": comment}
        if current.acting_for:
            noted["for"] = current.acting_for
        await audit.append(session, actor.account_id, actor.email, "approval.decide", str(row.id), noted)
        return await read(session, actor, approval_id)


async def _as_now(session: AsyncSession, actor: Actor) -> Actor:
    """With what is left of their rights, since whoever decides may have waited for the run, or for other decisions of
    theirs. Raises ``Forbidden`` when the login was disabled."""
    query = select(tables.User).where(tables.User.id == actor.user_id)
    user = (await session.exec(query.execution_options(populate_existing=True))).first()
    if user is None:
        return actor  # nobody is ever deleted: it was no person from the start
    if user.disabled_at is not None:
        raise Forbidden("This login is disabled.", "Ask an administrator of your workspace.")
    role = user.role if user.role not in ALLOWED[Permission.DECIDE] else actor.role
    return replace(actor, role=role, groups=tuple(one for one in actor.groups if one in user.groups))  # type: ignore[arg-type]


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
        "for": [said["for"] for said in row.decisions if "for" in said],
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
