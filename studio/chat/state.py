"""The chat's state: thin. It asks :mod:`studio.chat.exchange`, shows what happens, and hands an accepted text over."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import Any
from uuid import UUID

import reflex as rx

from engine import conversations, proposals, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import WeftError
from engine.permissions import Permission, may
from studio.chat.exchange import (
    Happening,
    Kept,
    Question,
    conversation_of,
    exchange,
    model,
    model_problem,
    title_of,
    writer_name,
)
from studio.chat.view import MessageView, view_of
from studio.designer import Failed, Round, Text
from studio.designer.proving import has_steps
from studio.editor.state import EditorState
from studio.shell import authorized, guarded, services

FLUSH_S = 0.1
"""At most ten flushes a second: each one sends the whole streamed text again."""

_stops: dict[str, asyncio.Event] = {}
"""Conversations that are being answered now, in this process: set the event to stop the answer."""


class ChatState(rx.State):
    ready: bool = False
    allowed: bool = False
    has_steps: bool = False
    workflow_id: str = ""
    conversation_id: str = ""
    messages: list[MessageView] = []
    streaming: str = ""
    progress: str = ""
    busy: bool = False
    answers: str = ""
    has_model: bool = False
    model_hint: str = ""
    failure: str = ""
    failure_help: str = ""
    offer_builtin: bool = False
    stale: str = ""
    """The proposal whose workflow was changed since: accepting it asks once more."""
    restore: dict[str, Any] = {}
    """Text to put back into the box: {"seq", "text"}."""

    _last: str = ""

    # ---- opening -------------------------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the panel appears."""
        actor = await authorized(self)
        wanted = str(self.router.url.path).rstrip("/").rsplit("/", 1)[-1]
        if wanted == self.workflow_id and (self.ready or self.busy):
            return
        self.ready, self.messages, self.conversation_id = False, [], ""
        self.workflow_id = wanted
        self._quiet()
        self.answers, self.has_model = writer_name(), model() is not None
        self.model_hint = model_problem()
        self.allowed = may(actor, Permission.CONVERSE)
        try:
            if self.allowed:
                db = await services.database()
                found = await conversation_of(db, actor, UUID(wanted))
                self.has_steps = has_steps((await workflows.get_draft(db, actor, UUID(wanted))).text)
                self.conversation_id = str(found.id) if found else ""
                self.messages = [view_of(m) for m in found.messages] if found else []
                self._offer_again()
        except ValueError:
            return
        except WeftError as error:
            self.failure, self.failure_help = error.message, error.help
        self.ready = True

    def _offer_again(self) -> None:
        """A question that nobody answers any more (the answer failed, or the studio ended) can be asked again."""
        last = self.messages[-1] if self.messages else None
        if last is not None and last.mine and self.conversation_id not in _stops:
            self._last = last.content
            self._fail("This was not answered.", "Nothing of it is lost: ask it again.", builtin=True)

    # ---- asking --------------------------------------------------------------------------------------

    @rx.event(background=True)
    @guarded("converse")
    async def send(self, text: str) -> None:
        """A new message."""
        if isinstance(text, str) and text.strip():
            await self._converse(text, again=False, builtin=False)

    @rx.event(background=True)
    @guarded("converse")
    async def again(self) -> None:
        """The last message once more."""
        await self._converse(self._last, again=True, builtin=False)

    @rx.event(background=True)
    @guarded("converse")
    async def ask_builtin(self) -> None:
        """The last message, answered by the built-in designer."""
        await self._converse(self._last, again=True, builtin=True)

    @rx.event
    @guarded("converse")
    def stop(self) -> None:
        if stopping := _stops.get(self.conversation_id):
            stopping.set()

    async def _converse(self, text: str, *, again: bool, builtin: bool) -> None:
        async with self:
            if self.busy or not text.strip():
                return
            self.busy = True
            self._quiet()
            self._last = text
            self.answers = writer_name(builtin=builtin)
            if not again:
                self.messages.append(MessageView(f"new-{len(self.messages)}", True, text.strip()))
        kept = False
        try:
            async with self:
                actor = await authorized(self, Permission.CONVERSE)
                db = await services.database()
                conversation_id = await self._conversation(db, actor, text)
                base = await self._open_text()
            question = Question(text, base, again, builtin)
            kept = await self._follow(db, actor, conversation_id, question)
        except WeftError as error:
            async with self:
                self._fail(error.message, error.help, builtin=False)
                if not kept and not again:
                    self.messages = [m for m in self.messages if not m.id.startswith("new-")]
                    self.restore = {"seq": self.restore.get("seq", 0) + 1, "text": text}
        finally:
            async with self:
                self.busy, self.streaming, self.progress = False, "", ""

    async def _follow(self, db: Database, actor: Actor, conversation_id: UUID, question: Question) -> bool:
        """Shows an exchange as it happens, until it is over or stopped. Returns whether the question was kept."""
        stopping = _stops[str(conversation_id)] = asyncio.Event()
        stopped = asyncio.create_task(stopping.wait())
        kept, said, flushed = question.again, "", 0.0
        try:
            async with aclosing(exchange(db, actor, conversation_id, question)) as happenings:
                while True:
                    coming = asyncio.ensure_future(anext(happenings, None))
                    done, _ = await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
                    if coming not in done:
                        coming.cancel()
                        await asyncio.gather(coming, return_exceptions=True)
                        break
                    happening = coming.result()
                    if happening is None:
                        return True
                    if isinstance(happening, Text):
                        said += happening.delta
                        if time.monotonic() - flushed >= FLUSH_S:
                            flushed = time.monotonic()
                            async with self:
                                self.streaming = said
                        continue
                    kept = kept or isinstance(happening, Kept)
                    async with self:
                        self._show(happening)
            note = (said.strip() + "\n\n(Stopped.)").strip()
            message = await conversations.append_message(db, actor, conversation_id, "assistant", note)
            async with self:
                self._show(Kept(message))
            return kept
        finally:
            stopped.cancel()
            _stops.pop(str(conversation_id), None)

    def _show(self, happening: Happening) -> None:
        match happening:
            case Kept(message):
                fresh = view_of(message)
                others = [m for m in self.messages if not (fresh.mine and m.id.startswith("new-"))]
                self.messages = [*others, fresh]
                if not fresh.mine:
                    self.streaming, self.progress = "", ""
            case Round(number=number, of=of, problems=problems):
                first = problems[0] if problems else ""
                self.progress = (
                    f"Attempt {number} of {of} had {len(problems)} errors, writing it again. {first}"
                )
            case Failed(message=message, help=help, builtin=builtin):
                self.streaming = ""
                self._fail(message, help, builtin=builtin)
            case _:
                pass

    async def _conversation(self, db: Database, actor: Actor, text: str) -> UUID:
        if not self.conversation_id:
            workflow_id = UUID(self.workflow_id) if self.workflow_id else None
            made = await conversations.create(db, actor, title_of(text), workflow_id)
            self.conversation_id = str(made.id)
        return UUID(self.conversation_id)

    async def _open_text(self) -> str:
        editor = await self.get_state(EditorState)
        return editor._desk.document.text if editor._desk is not None else ""

    def _quiet(self) -> None:
        self.failure, self.failure_help, self.offer_builtin, self.stale = "", "", False, ""
        self.streaming, self.progress = "", ""

    def _fail(self, message: str, help: str, *, builtin: bool) -> None:
        self.failure, self.failure_help = message, help
        self.offer_builtin = builtin and model() is not None

    # ---- deciding ------------------------------------------------------------------------------------

    @rx.event
    @guarded("edit")
    async def accept(self, message_id: str) -> Any:
        """The proposal becomes the draft, as one change that undo takes back."""
        found = await self._decide(message_id)
        if found is None:
            return None
        db, actor, message = found
        proposal = message.proposal or {}
        now = await self._open_text()
        base = str(proposal.get("base", ""))
        if now.strip() != base.strip() and self.stale != message_id:
            self.stale = message_id
            return None
        self.stale = ""
        if not await self._settle(db, actor, message, "accepted"):
            return None
        return [EditorState.take_text(str(proposal.get("text", "")), "chat")]

    @rx.event
    @guarded("converse")
    async def reject(self, message_id: str) -> None:
        found = await self._decide(message_id)
        if found is not None:
            self.stale = ""
            await self._settle(found[0], found[1], found[2], "rejected")

    async def _decide(self, message_id: str) -> tuple[Database, Actor, conversations.Message] | None:
        """The stored message: what is accepted is what the database holds, never what the page sends."""
        try:
            actor, db = await authorized(self, Permission.CONVERSE), await services.database()
            conversation = await conversations.get(db, actor, UUID(self.conversation_id))
        except ValueError:
            return None
        except WeftError as error:
            self._fail(error.message, error.help, builtin=False)
            return None
        message = next((m for m in conversation.messages if str(m.id) == message_id and m.decision), None)
        return None if message is None else (db, actor, message)

    async def _settle(
        self, db: Database, actor: Actor, message: conversations.Message, state: proposals.State
    ) -> bool:
        assert message.decision is not None
        verdict = proposals.Verdict(state, message.decision.start)
        try:
            await proposals.decide(db, actor, message.decision.id, verdict)
            kept = (await conversations.get(db, actor, UUID(self.conversation_id))).messages
        except WeftError as error:
            self._fail(error.message, error.help, builtin=False)
            return False
        self.messages = [view_of(one) for one in kept]
        return True
