"""One exchange with the designer: what was asked is kept first, then the answer, and events for whoever looks on.

No web framework here: the page's state and the HTTP route are shells around :func:`exchange`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from engine import catalog as catalogs
from engine import conversations, preferences
from engine.actor import Actor
from engine.conversations import Conversation, Message
from engine.database import Database
from engine.errors import BadInput
from engine.model import Call, ChatModel
from engine.model.ledger import record
from engine.ownmodels import ScreenedModel
from studio.chat.stories import WorkflowRuns
from studio.designer import (
    BuiltinWriter,
    Event,
    ModelWriter,
    Proposal,
    Round,
    Task,
    Text,
    Turn,
    Writer,
    answer,
)
from studio.designer.connected import answering

LONGEST = 20_000
"""Characters of one message."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message is in the database now."""

    message: Message


Happening: TypeAlias = Event | Kept


@dataclass(frozen=True, slots=True)
class Question:
    """``again``: the last message of the conversation is answered (anew) instead of a new one. ``workflow_id``: whose
    runs can be asked about; None: those of the conversation's workflow. ``first``: the conversation began with this
    message and holds nothing else.

    ``builtin``: rules answer although a model is connected.
    """

    text: str
    base: str = ""
    again: bool = False
    builtin: bool = False
    workflow_id: UUID | None = None
    first: bool = False


Connected: TypeAlias = Callable[[], ChatModel | None]
"""Gives the model that answers, None for the rules."""


async def exchange(
    db: Database,
    actor: Actor,
    conversation_id: UUID,
    question: Question,
    connected: Connected | None = None,
) -> AsyncIterator[Happening]:
    """The events of one exchange. The question is durable before the first of them; the answer when it is whole.

    ``connected`` stands in the place of what the account has connected.
    """
    asked = question.text.strip()
    if not asked:
        raise BadInput("The message is empty.", [("message", "is empty")], "Say what the workflow should do.")
    if len(asked) > LONGEST:
        raise BadInput(
            f"The message is too long: {len(asked)} characters, at most {LONGEST}.",
            [("message", "is too long")],
            "Say it in fewer words, or in several messages.",
        )
    before: tuple[Message, ...] = ()
    workflow_id = question.workflow_id
    if not question.first:
        conversation = await conversations.recent(db, actor, conversation_id)
        before, workflow_id = conversation.messages, workflow_id or conversation.workflow_id
        if question.again and before and before[-1].role == "user":
            before = before[:-1]
        else:
            yield Kept(await conversations.append_message(db, actor, conversation_id, "user", asked))
    found = None
    if not question.builtin:
        found = connected() if connected else (await answering(db, actor, conversation_id)).model
    task = Task(
        asked,
        catalogs.without_secrets(await catalogs.catalog(db, actor)),
        question.base,
        tuple(map(turn_of, before)),
        tuple(one.text for one in await preferences.list_(db, actor)),
        None if workflow_id is None else WorkflowRuns(db, actor, workflow_id),
    )
    said, rounds = "", list[Round]()
    async with aclosing(answer(task, _writer(db, actor, conversation_id, found))) as events:
        async for event in events:
            match event:
                case Text(delta=delta):
                    said += delta
                    yield event
                case Round():
                    rounds.append(event)
                    yield event
                case Proposal():
                    if note := _withheld(found, said):
                        said += note
                        yield Text(delta=note)
                    kept = await conversations.append_message(
                        db,
                        actor,
                        conversation_id,
                        "assistant",
                        _told(said.strip(), event.summary),
                        event.model_dump(mode="json") | {"rounds": [one.model_dump() for one in rounds]},
                    )
                    said = ""
                    yield event
                    yield Kept(kept)
                case _:
                    yield event
    if said.strip():
        if note := _withheld(found, said):
            said += note
            yield Text(delta=note)
        yield Kept(await conversations.append_message(db, actor, conversation_id, "assistant", said.strip()))


def _told(said: str, summary: str) -> str:
    """What is kept of an answer: what was said on the way, and the summary where that is not a part of it."""
    if said in summary:
        return summary
    return said if summary in said else f"{said}\n\n{summary}"


def _withheld(found: ChatModel | None, said: str) -> str:
    """What was not sent to the model, for the end of the answer; "" where everything was."""
    note = found.withheld if isinstance(found, ScreenedModel) else ""
    if not note:
        return ""
    return f"\n\n({note})" if said.strip() else f"({note})"


def _writer(db: Database, actor: Actor, conversation_id: UUID, found: ChatModel | None) -> Writer:
    if found is None:
        return BuiltinWriter()

    async def sink(call: Call) -> None:
        await record(db, actor, call, conversation_id=conversation_id)

    return ModelWriter(found, sink)


def turn_of(message: Message) -> Turn:
    proposal = message.proposal or {}
    role = "user" if message.role == "user" else "assistant"
    return Turn(role, message.content, *(str(proposal.get(key, "")) for key in ("text", "state", "base")))


async def conversation_of(db: Database, actor: Actor, workflow_id: UUID) -> Conversation | None:
    """The newest conversation about a workflow, with its messages."""
    found = await conversations.list_(db, actor, workflow_id, limit=1)
    return await conversations.get(db, actor, found[0].id) if found else None


def title_of(text: str) -> str:
    """A conversation's title: its first words."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
