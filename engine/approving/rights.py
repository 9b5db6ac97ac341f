"""Who may decide an approval, and in whose name. Pure.

In their own name first. Else for one who has handed their approvals over: then the delegator must be one who may decide
this one now, by themselves (so a delegation never reaches further than its giver, and never two hops), and the delegate
one who may decide at all, is not involved, and has not decided yet. One person counts once for the quorum, whether they
decide, decide for another, or have somebody decide for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.actor import Actor
from engine.permissions import Permission, may


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of an approval when somebody wants to decide it. ``involved``: see ``engine.approving.involved``;
    they count where ``four_eyes`` is on."""

    approvers: Sequence[Mapping[str, Any]]
    decisions: Sequence[Mapping[str, Any]]
    four_eyes: bool
    involved: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Right:
    """``refusal``: why not, "" when they may. ``acting_for``: whose right it is, None for their own."""

    refusal: str
    acting_for: Actor | None = None


def right_of(actor: Actor, delegators: Sequence[Actor], asked: Question) -> Right:
    """``delegators``: those whose delegation to the actor holds now and covers this approval."""
    own = refusal_of(actor, asked.approvers, asked.decisions, asked.four_eyes, asked.involved)
    if not own or _excluded(actor, asked):
        return Right(own)
    for delegator in delegators:
        refusal = refusal_of(delegator, asked.approvers, asked.decisions, asked.four_eyes, asked.involved)
        if delegator.user_id != actor.user_id and not refusal:
            return Right("", delegator)
    return Right(own)


def _excluded(actor: Actor, asked: Question) -> bool:
    """Whether no delegation helps."""
    return (
        not may(actor, Permission.DECIDE)
        or (asked.four_eyes and actor.user_id in asked.involved)
        or _counted(actor.user_id, asked.decisions) is not None
    )


def refusal_of(
    actor: Actor,
    approvers: Sequence[Mapping[str, Any]],
    decisions: Sequence[Mapping[str, Any]],
    four_eyes: bool,
    involved: Sequence[UUID],
) -> str:
    """Why this person may not decide in their own name, "" when they may."""
    if not may(actor, Permission.DECIDE):
        return f"Your role {actor.role!r} may not decide approvals."
    if not any(names(approver, actor) for approver in approvers):
        wanted = " or ".join(f"{approver['by']} {approver['name']!r}" for approver in approvers) or "nobody"
        return f"This asks for {wanted}."
    if four_eyes and actor.user_id in involved:
        return "Four eyes: whoever started the run, or edited or published the workflow, cannot decide it."
    said = _counted(actor.user_id, decisions)
    if said is not None:
        if said["user_id"] != str(actor.user_id):
            return f"{said['email']} has decided for you already."
        return "You have decided already; others must as well."
    return ""


def _counted(user_id: UUID, decisions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The decision that this person has made, or that was made for them."""
    mine = str(user_id)
    return next((said for said in decisions if mine in (said["user_id"], said.get("for_user_id"))), None)


def names(approver: Mapping[str, Any], actor: Actor) -> bool:
    """Whether an approval that asks for this asks for that person."""
    if approver["by"] == "role":
        return approver["name"] in actor.groups
    return str(approver["name"]).lower() == actor.email
