"""Accepting a proposal into the draft, for callers without an open page: read, put together, decide in one write."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

import dsl
from engine import catalog as catalogs
from engine import conversations, proposals, workflows
from engine.actor import Actor
from engine.database import Database
from engine.drafts import Draft
from engine.errors import BadInput, Conflict
from engine.permissions import Permission, require
from engine.proposals import Begin, Proposal, Verdict, Write
from studio.chat.taking import Clashing, Taken, Unfit, take
from studio.designer.choosing import Needs

TRIES: Final = 5
"""How often a draft that others keep changing is read anew."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """``fitted``: put together with what others changed meanwhile. ``safety`` is what the change took away."""

    proposal: Proposal
    draft: Draft
    fitted: bool
    safety: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """``parts`` are ids of parts of what is left, None for all. ``sides`` choose "mine", "theirs" or "both" for each
    clash. ``less_safe`` says yes to what it takes away from safety."""

    parts: Collection[str] | None = None
    sides: Sequence[str] = ()
    less_safe: bool = False


async def accept(db: Database, actor: Actor, proposal_id: UUID, how: Acceptance) -> Accepted:
    """Into the draft of its workflow; a proposal without one makes a new workflow.

    Raises ``Conflict`` when it was decided, clashes with what was changed since, lowers safety without a yes to that,
    or where the new workflow's name is taken; ``BadInput`` for parts that are not there or need others.
    """
    require(actor, Permission.EDIT)
    for _ in range(TRIES):
        proposal = await proposals.get(db, actor, proposal_id)
        of = await conversations.get(db, actor, proposal.conversation_id)
        workflow_id = proposal.workflow_id or of.workflow_id
        draft = await workflows.get_draft(db, actor, workflow_id) if workflow_id else None
        catalog = catalogs.without_secrets(await catalogs.catalog(db, actor))
        taken = await asyncio.to_thread(_take, proposal, draft.text if draft else "", catalog, how)
        if taken.safety and not how.less_safe:
            raise Conflict(
                f"This makes the workflow less safe: {taken.safety[0]}",
                'Say yes to that with "less_safe": true, or take other parts.',
                current=taken.safety,
            )
        verdict = Verdict(taken.state, proposal.start, taken.titles, taken.applied)
        if draft is None:
            name = dsl.parse(taken.text).workflow.name or "workflow"
            decided, made = await proposals.decide(db, actor, proposal_id, verdict, Begin(name, taken.text))
            assert made is not None
            await conversations.attach(db, actor, of.id, made.workflow_id)
            return Accepted(decided, made, taken.fitted, taken.safety)
        try:
            write = Write(draft.workflow_id, taken.text, draft.revision)
            decided, written = await proposals.decide(db, actor, proposal_id, verdict, write)
        except Conflict as conflict:
            if isinstance(conflict.current, Draft):
                continue
            raise
        return Accepted(decided, written or draft, taken.fitted, taken.safety)
    raise Conflict("The draft keeps changing.", "Try again when nobody types.")


def _take(proposal: Proposal, now: str, catalog: dsl.Catalog, how: Acceptance) -> Taken:
    try:
        found = take(proposal, now, catalog, how.parts, how.sides)
    except ValueError as error:
        raise BadInput(str(error), [("parts", "are not those of this proposal")]) from None
    match found:
        case Taken():
            return found
        case Needs(message=message, more=more):
            raise BadInput(message, [("parts", f"need {', '.join(more)}")], "Take those too, or fewer.")
        case Unfit(message=message):
            raise Conflict(
                f"With what was changed since, the proposal has an error: {message}",
                "Ask for it again: the designer then works on the text as it is now.",
            )
        case Clashing(clashes=places):
            raise Conflict(
                "The workflow was changed in the same places since this proposal was made.",
                'Choose "mine", "theirs" or "both" for each of them in "sides".',
                current=[asdict(place) for place in places],
            )
