"""Proposals of the designer, and what becomes of them.

::

    open ──> accepted            superseded ──> accepted, partly
    open ──> partly ──> partly, accepted, rejected
    open ──> rejected, superseded (a newer proposal came in the same conversation)

``partly``: some parts were taken; the others can still be, or are rejected. A decision is one transaction under the
lock of the row, together with the draft where the draft is written here: decided twice at once, it counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from engine import drafts, tables, workflows
from engine.actor import Actor
from engine.database import Database, Session
from engine.drafts import Draft
from engine.errors import Conflict, NotFound
from engine.identity import new_id
from engine.permissions import Permission, require

State: TypeAlias = Literal["open", "accepted", "partly", "rejected", "superseded"]

LEGAL: Final[Mapping[str, frozenset[str]]] = {
    "open": frozenset({"accepted", "partly", "rejected", "superseded"}),
    "partly": frozenset({"accepted", "partly", "rejected"}),
    "superseded": frozenset({"accepted", "partly"}),
    "accepted": frozenset(),
    "rejected": frozenset(),
}
TAKES: Final = frozenset({"accepted", "partly"})
_SAID: Final[Mapping[str, str]] = {
    "accepted": "was accepted already",
    "rejected": "was rejected already",
    "partly": "was accepted in parts already",
    "superseded": "was replaced by a newer one",
    "open": "is open",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """``said`` is what the designer said with it (title, summary, questions, ...). ``parts`` are the names of those
    that were taken. ``applied`` is ``base`` with them, None where none was."""

    id: UUID
    conversation_id: UUID
    message_id: UUID
    workflow_id: UUID | None
    base: str
    base_revision: int | None
    text: str
    applied: str | None
    state: State
    parts: tuple[str, ...]
    decided_by: UUID | None
    decided_at: datetime | None
    created_at: datetime
    said: Mapping[str, Any]

    @property
    def start(self) -> str:
        """The text that what is left of it was made from."""
        return self.base if self.applied is None else self.applied

    @property
    def decidable(self) -> bool:
        return bool(LEGAL[self.state])


@dataclass(frozen=True, slots=True)
class Verdict:
    """``start`` is the text that the decision was made over (:attr:`Proposal.start`); ``parts`` and ``applied`` say
    what was taken when it is ``partly``."""

    state: State
    start: str
    parts: Sequence[str] = ()
    applied: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A draft to be written with the decision: its whole text, over the revision it was made from, and where its steps
    are (None: where they were)."""

    workflow_id: UUID
    text: str
    revision: int
    positions: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """A workflow that begins with the decision: its title in plain words, and its draft."""

    title: str
    text: str


async def get(db: Database, actor: Actor, proposal_id: UUID) -> Proposal:
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        return await _read(session, await _row(session, proposal_id, lock=False))


async def of_conversation(db: Database, actor: Actor, conversation_id: UUID) -> tuple[Proposal, ...]:
    """Those made in the conversation itself, oldest first."""
    require(actor, Permission.CONVERSE)
    query = (
        select(tables.Proposal, tables.Message.proposal)
        .join(tables.Message, col(tables.Message.id) == col(tables.Proposal.message_id))
        .where(tables.Proposal.conversation_id == conversation_id)
        .order_by(col(tables.Message.seq))
    )
    async with db.account(actor) as session:
        return tuple(view(row, said) for row, said in await session.exec(query))


async def decide(
    db: Database, actor: Actor, proposal_id: UUID, verdict: Verdict, write: Write | Begin | None = None
) -> tuple[Proposal, Draft | None]:
    """One decision, counted once; with ``write`` the draft, or the new workflow, in the same transaction.

    Raises ``Conflict`` (``current``: the proposal) when it was decided otherwise meanwhile, as ``save_draft`` does
    (``current``: the draft) when the draft is another by now, and where the name of a new workflow is taken: then
    nothing is decided.
    """
    require(actor, Permission.EDIT if verdict.state in TAKES else Permission.CONVERSE)
    async with db.account(actor) as session:
        row = await _row(session, proposal_id, lock=True)
        now = await _read(session, row)
        if verdict.state not in LEGAL[row.state] or verdict.start != now.start:
            raise Conflict(
                f"This proposal {_SAID[row.state]}.",
                "Look at what it led to; undo takes it back.",
                current=now,
            )
        draft = None
        match write:
            case Write(workflow_id, text, revision, positions):
                draft = await drafts.put(session, actor, workflow_id, text, revision, positions)
            case Begin(title, text):
                draft = await workflows.make(session, actor, title, text)
        if draft is not None:
            row.workflow_id = draft.workflow_id
        row.state = verdict.state
        if verdict.state == "partly":
            row.parts, row.applied = [*row.parts, *verdict.parts], verdict.applied
        row.decided_by = actor.user_id
        row.decided_at = (await session.exec(select(func.now()))).one()
        session.add(row)
        await session.flush()
        return await _read(session, row), draft


async def record(
    session: Session,
    actor: Actor,
    message: tables.Message,
    workflow_id: UUID | None,
    texts: tuple[str, str],
    state: State = "open",
) -> tables.Proposal:
    """In the caller's transaction: a proposal (``texts``: its base, its text) of a message that is new. Those of the
    same conversation that were open are superseded by it."""
    base, text = texts
    older = (
        update(tables.Proposal)
        .where(col(tables.Proposal.conversation_id) == message.conversation_id)
        .where(col(tables.Proposal.state) == "open")
        .values(state="superseded")
    )
    await session.execute(older)
    revision = None
    if workflow_id is not None:
        draft = select(tables.Draft.revision).where(
            tables.Draft.workflow_id == workflow_id, tables.Draft.text == base
        )
        revision = (await session.exec(draft)).first()
    row = tables.Proposal(
        id=new_id(),
        account_id=actor.account_id,
        conversation_id=message.conversation_id,
        message_id=message.id,
        workflow_id=workflow_id,
        base=base,
        base_revision=revision,
        text=text,
        state=state,
    )
    session.add(row)
    await session.flush()
    return row


async def _row(session: Session, proposal_id: UUID, *, lock: bool) -> tables.Proposal:
    row = await session.get(tables.Proposal, proposal_id, with_for_update=True if lock else None)
    if row is None:
        raise NotFound("There is no such proposal.", "Look at the conversation.")
    return row


async def _read(session: Session, row: tables.Proposal) -> Proposal:
    said = select(tables.Message.proposal).where(tables.Message.id == row.message_id)
    return view(row, (await session.exec(said)).one())


def view(row: tables.Proposal, said: Mapping[str, Any] | None) -> Proposal:
    return Proposal(
        row.id,
        row.conversation_id,
        row.message_id,
        row.workflow_id,
        row.base,
        row.base_revision,
        row.text,
        row.applied,
        row.state,  # type: ignore[arg-type]  # the table's CHECK
        tuple(row.parts),
        row.decided_by,
        row.decided_at,
        row.created_at,
        said or {},
    )
