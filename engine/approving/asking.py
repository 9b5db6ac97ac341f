"""Asking whoever asked for the run, before deciding. The gate stays open, and so does its time."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit, tables
from engine.actor import Actor
from engine.approving.seeing import Approval, read
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.notifying import Notice, mailing, writing
from engine.permissions import Permission, require

MOST: Final = 20
"""Questions about one approval."""
LONGEST_QUESTION: Final = 2000
LONGEST_ANSWER: Final = 4000


async def ask(db: Database, actor: Actor, approval_id: UUID, question: str) -> Approval:
    """By who may decide it, of who started the run; where nobody did, of who published the workflow.

    Raises ``BadInput``, ``NotFound``, ``Forbidden``, ``Conflict`` (it is over, too many questions, nobody to ask)."""
    require(actor, Permission.DECIDE)
    said = _checked("question", question, LONGEST_QUESTION)
    async with db.account(actor) as session:
        lock = select(tables.Approval).where(tables.Approval.id == approval_id).with_for_update()
        row = (await session.exec(lock)).first()
        current = await read(session, actor, approval_id)
        if row is None or row.state != "open" or current.expired:
            raise Conflict(
                "This approval is over already.", "There is nobody to ask any more.", current=current
            )
        if not current.may_decide:
            raise Forbidden(current.refusal, "Only who may decide it can ask.")
        if len(current.questions) >= MOST:
            raise Conflict(f"{MOST} questions were asked already.", "Decide, or talk to each other.")
        whom = await _whom(session, actor, row)
        asked = tables.ApprovalQuestion(
            account_id=actor.account_id,
            approval_id=approval_id,
            asked_by=actor.user_id,
            asked_of=whom.id,
            text=said,
        )
        session.add(asked)
        await session.flush()
        about = {"title": current.title, "workflow": current.workflow_title or current.workflow_name}
        await _tell(session, "approval.question", asked, whom, {**about, "asker": _name(actor), "text": said})
        await audit.append(
            session,
            actor.account_id,
            actor.email,
            "approval.ask",
            str(approval_id),
            {"of": whom.email, "question": said},
        )
        return await read(session, actor, approval_id)


async def answer(db: Database, actor: Actor, question_id: UUID, words: str) -> Approval:
    """By whoever was asked, once, while the approval is open. Raises ``BadInput``, ``NotFound``, ``Conflict``."""
    require(actor, Permission.VIEW)
    said = _checked("answer", words, LONGEST_ANSWER)
    async with db.account(actor) as session:
        asked = await session.get(tables.ApprovalQuestion, question_id, with_for_update=True)
        if asked is None or asked.asked_of != actor.user_id:
            raise NotFound("Nobody asked you that.", "Look at the list of approvals.")
        current = await read(session, actor, asked.approval_id)
        if asked.answer is not None:
            raise Conflict("You have answered already.", "Nothing else was done.", current=current)
        if current.state != "open":
            raise Conflict(
                f"The approval is {current.state} already.", "No answer is needed.", current=current
            )
        now = (await session.exec(select(func.clock_timestamp()))).one()
        asked.answer, asked.answered_by, asked.answered_at = said, actor.user_id, now
        session.add(asked)
        await session.flush()
        asker = await session.get(tables.User, asked.asked_by)
        if asker is not None and asker.disabled_at is None:
            about = {"title": current.title, "workflow": current.workflow_title or current.workflow_name}
            heard = {**about, "asker": _name(actor), "question": asked.text, "text": said}
            await _tell(session, "approval.answer", asked, asker, heard)
        await audit.append(
            session,
            actor.account_id,
            actor.email,
            "approval.answer",
            str(asked.approval_id),
            {"question": str(asked.id), "answer": said},
        )
        return await read(session, actor, asked.approval_id)


async def _whom(session: AsyncSession, actor: Actor, row: tables.Approval) -> tables.User:
    query = (
        select(tables.Run.requested_by, tables.Version.edited_by, tables.Version.published_by)
        .join(tables.Version, col(tables.Version.id) == col(tables.Run.version_id))
        .where(tables.Run.id == row.run_id)
    )
    for user_id in (await session.exec(query)).one():
        user = None if user_id is None else await session.get(tables.User, user_id)
        if user is not None and user.disabled_at is None and user.id != actor.user_id:
            return user
    raise Conflict(
        "There is nobody to ask: you started this run yourself, or whoever did is not here any more.",
        "Decide by what you see.",
    )


async def _tell(
    session: AsyncSession, topic: str, asked: tables.ApprovalQuestion, whom: tables.User, said: dict[str, str]
) -> None:
    own = select(tables.Channel.config).where(tables.Channel.kind == "email", col(tables.Channel.enabled))
    servers = [config for config in await session.exec(own) if isinstance(config.get("smtp"), dict)]
    if mailing.of_installation() is None and not servers:
        return  # they see it at the approval in any case
    body = {
        **said,
        "approval_id": str(asked.approval_id),
        "to": whom.email,
        "link": f"/approvals/{asked.approval_id}",
    }
    notice = Notice(asked.account_id, topic, f"{topic}:{asked.id}", body)
    await writing.enqueue(session, notice, "person", whom.id)


def _checked(name: str, words: str, longest: int) -> str:
    said = words.strip()
    if not 0 < len(said) <= longest or "\0" in said:
        raise BadInput(f"The {name} does not fit.", [(name, f"needs 1 to {longest} characters")])
    return said


def _name(actor: Actor) -> str:
    return actor.name or actor.email
