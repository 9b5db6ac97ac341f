"""Several decisions at once: each with the hash of what was on the screen, each by itself, each with its own result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from engine.actor import Actor
from engine.approving.deciding import Decision, decide
from engine.database import Database
from engine.errors import BadInput, Unavailable, WeftError
from engine.permissions import Permission, require

MOST_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """One approval, and the hash of its arguments as the person saw them: without it nothing is decided."""

    approval_id: UUID
    args_hash: str


@dataclass(frozen=True, slots=True)
class Decided:
    """``state``: of the approval now, "" where it was refused; ``refusal`` then says why."""

    approval_id: UUID
    state: str
    refusal: str = ""


async def decide_many(
    db: Database, actor: Actor, wanted: Sequence[Wanted], decision: Decision, comment: str = ""
) -> tuple[Decided, ...]:
    """In their order; a refusal of one stops no other. Raises ``BadInput`` for none, too many or the same twice, and
    ``Unavailable`` when the database went away: what was decided by then stays so."""
    require(actor, Permission.DECIDE)
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise BadInput("That many cannot be decided at once.", [("items", f"needs 1 to {MOST_AT_ONCE}")])
    if len({one.approval_id for one in wanted}) < len(wanted):
        raise BadInput("An approval is named twice.", [("items", "must be different ones")])
    results = []
    for one in wanted:
        try:
            now = await decide(db, actor, one.approval_id, decision, comment, args_hash=one.args_hash)
        except Unavailable:
            raise
        except WeftError as error:
            results.append(Decided(one.approval_id, "", error.message))
        else:
            results.append(Decided(one.approval_id, now.state))
    return tuple(results)
