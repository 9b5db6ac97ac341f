"""Handing approvals to a colleague: all of them for a time, or one.

A delegation lends what its giver may decide, never the studio's role: whoever gets it must be one who decides anyway.
It holds while both are there, both may decide, and nobody has revoked it. See ``engine.approving.rights``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit
from engine.actor import Actor
from engine.approving.involved import involved
from engine.approving.seeing import read
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.permissions import ALLOWED, Permission, may, require
from engine.tables import Account, ApprovalDelegation, User

MOST: Final = 20
"""That one person may have given at once."""
LONGEST_DAYS: Final = 90
LONGEST_NOTE: Final = 300


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """``state``: planned, active, over or revoked, by the database's clock. ``approval_id``: the only one, or None for
    all."""

    id: UUID
    giver: Person
    taker: Person
    approval_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    note: str
    state: str
    revoked_at: datetime | None


async def colleagues(db: Database, actor: Actor) -> tuple[Person, ...]:
    """To whom the actor may hand approvals: who decides, too."""
    require(actor, Permission.DECIDE)
    query = (
        select(User)
        .where(
            col(User.role).in_(ALLOWED[Permission.DECIDE]),
            col(User.disabled_at).is_(None),
            User.id != actor.user_id,
        )
        .order_by(col(User.name), col(User.email))
        .limit(500)
    )
    async with db.account(actor) as session:
        return tuple(_person(user) for user in await session.exec(query))


async def delegate(
    db: Database,
    actor: Actor,
    to_user: UUID,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    approval_id: UUID | None = None,
    note: str = "",
) -> Delegation:
    """From now unless ``starts_at`` says when; one approval until it expires unless ``ends_at`` says when, all of them
    always need an end. Raises ``BadInput``, ``NotFound``, ``Forbidden`` (the taker may not decide, or four eyes),
    ``Conflict`` (the approval is over, or there are too many delegations)."""
    require(actor, Permission.DECIDE)
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise BadInput("The note does not fit.", [("note", f"needs at most {LONGEST_NOTE} characters")])
    if to_user == actor.user_id:
        raise BadInput("You have your own approvals already.", [("to", "must be somebody else")])
    async with db.account(actor) as session:
        # Whoever gives comes one after the other, or two at once would count past the limit.
        giver = await session.get(User, actor.user_id, with_for_update={"key_share": True})
        taker = await session.get(User, to_user)
        if giver is None or taker is None or taker.disabled_at is not None:
            raise NotFound("There is no such person here.", "Choose somebody from the list.")
        if taker.role not in ALLOWED[Permission.DECIDE]:
            raise Forbidden(
                f"{taker.name or taker.email} may not decide approvals.",
                "Choose somebody whose role is approver or admin.",
            )
        now = (await session.exec(select(func.clock_timestamp()))).one()
        if approval_id is not None:
            expires = await _one(session, actor, taker, approval_id, now)
            ends_at = ends_at or expires or now + timedelta(days=LONGEST_DAYS)
        for at in (starts_at, ends_at):
            if at is not None and at.tzinfo is None:
                raise BadInput(
                    "A time needs its zone.", [("until", "needs an offset, as in 2026-12-24T18:00:00Z")]
                )
        begins = max(starts_at or now, now)
        _refuse_times(begins, ends_at, now)
        assert ends_at is not None
        mine = select(func.count()).where(
            ApprovalDelegation.from_user == actor.user_id,
            col(ApprovalDelegation.revoked_at).is_(None),
            col(ApprovalDelegation.ends_at) > now,
        )
        if (await session.exec(mine)).one() >= MOST:
            raise Conflict(f"You have given {MOST} delegations already.", "Take one back first.")
        row = ApprovalDelegation(
            account_id=actor.account_id,
            from_user=actor.user_id,
            to_user=to_user,
            approval_id=approval_id,
            starts_at=begins,
            ends_at=ends_at,
            note=note.strip(),
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        said = {
            "to": taker.email,
            "approval": None if approval_id is None else str(approval_id),
            "from": begins.isoformat(),
            "until": ends_at.isoformat(),
        }
        await audit.append(session, actor.account_id, actor.email, "approval.delegate", str(row.id), said)
        return _view(row, {giver.id: giver, taker.id: taker}, now)


def _refuse_times(begins: datetime, ends: datetime | None, now: datetime) -> None:
    if ends is None:
        raise BadInput("Say until when.", [("until", "is needed")])
    if ends <= begins:
        raise BadInput("It would end before it begins.", [("until", "must be later than the beginning")])
    if ends > now + timedelta(days=LONGEST_DAYS):
        raise BadInput(
            f"A delegation lasts {LONGEST_DAYS} days at most.",
            [("until", "is too far away")],
            "Renew it then.",
        )


async def _one(
    session: AsyncSession, actor: Actor, taker: User, approval_id: UUID, now: datetime
) -> datetime | None:
    """When the one approval expires. It must be open, one's own to decide, and not asked for by the taker."""
    approval = await read(session, actor, approval_id)
    if approval.state != "open" or (approval.expires_at is not None and approval.expires_at <= now):
        raise Conflict("This approval is over already.", "Look at the list of approvals.", current=approval)
    if not approval.may_decide or approval.acting_for:
        raise Forbidden(
            approval.refusal or "You only stand in for somebody here.",
            "Only who may decide it themselves can hand it over.",
        )
    account = await session.get(Account, actor.account_id)
    four_eyes = account is not None and account.settings.get("four_eyes", False)
    if four_eyes and taker.id in (await involved(session, [approval.run_id]))[approval.run_id]:
        raise Forbidden(
            f"Four eyes: {taker.name or taker.email} started this run, or edited or published its workflow.",
            "Choose somebody who is not involved.",
        )
    return approval.expires_at


async def list_delegations(db: Database, actor: Actor) -> tuple[Delegation, ...]:
    """What the actor gave and got, the newest first; an administrator sees everybody's."""
    require(actor, Permission.VIEW)
    query = select(ApprovalDelegation).order_by(col(ApprovalDelegation.created_at).desc()).limit(200)
    if not may(actor, Permission.PEOPLE):
        mine = or_(
            col(ApprovalDelegation.from_user) == actor.user_id,
            col(ApprovalDelegation.to_user) == actor.user_id,
        )
        query = query.where(mine)
    async with db.account(actor) as session:
        now = (await session.exec(select(func.clock_timestamp()))).one()
        rows = (await session.exec(query)).all()
        wanted = {one for row in rows for one in (row.from_user, row.to_user)}
        people = await session.exec(select(User).where(col(User.id).in_(wanted)))
        known = {user.id: user for user in people}
        return tuple(_view(row, known, now) for row in rows)


async def revoke(db: Database, actor: Actor, delegation_id: UUID) -> Delegation:
    """By whoever gave it, or an administrator; at once. Raises ``NotFound``, ``Conflict`` when it is over."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await session.get(ApprovalDelegation, delegation_id, with_for_update=True)
        if row is None or (row.from_user != actor.user_id and not may(actor, Permission.PEOPLE)):
            raise NotFound("There is no such delegation of yours.", "Look at the list.")
        now = (await session.exec(select(func.clock_timestamp()))).one()
        if row.revoked_at is not None or row.ends_at <= now:
            raise Conflict("It is over already.", "Nothing else was done.")
        row.revoked_at, row.revoked_by = now, actor.user_id
        session.add(row)
        await session.flush()
        both = await session.exec(select(User).where(col(User.id).in_((row.from_user, row.to_user))))
        known = {user.id: user for user in both}
        said = {"from": known[row.from_user].email, "to": known[row.to_user].email}
        await audit.append(
            session, actor.account_id, actor.email, "approval.revoke_delegation", str(row.id), said
        )
        return _view(row, known, now)


def _person(user: User) -> Person:
    return Person(user.id, user.name, user.email)


def _view(row: ApprovalDelegation, known: Mapping[UUID, User], now: datetime) -> Delegation:
    if row.revoked_at is not None:
        state = "revoked"
    elif row.ends_at <= now:
        state = "over"
    else:
        state = "active" if row.starts_at <= now else "planned"
    return Delegation(
        row.id,
        _person(known[row.from_user]),
        _person(known[row.to_user]),
        row.approval_id,
        row.starts_at,
        row.ends_at,
        row.note,
        state,
        row.revoked_at,
    )
