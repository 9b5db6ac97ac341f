"""The chat's state: thin. It asks :mod:`studio.chat.exchange`, shows what happens, and hands an accepted text over."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import Any
from uuid import UUID

import reflex as rx

from engine import catalog as catalogs
from engine import conversations, preferences, workflows
from engine.actor import Actor
from engine.conversations import Conversation
from engine.database import Database
from engine.errors import NotFound, WeftError
from engine.permissions import Permission, may
from studio.chat.accepting import Accepting
from studio.chat.exchange import (
    Happening,
    Kept,
    Question,
    conversation_of,
    exchange,
    title_of,
)
from studio.chat.overlaying import Overlay
from studio.chat.remembering import preference_in
from studio.chat.says import Accept, Drop, Gap, GoOn, Look, Reject, Remember, Switch, read
from studio.chat.spending import spent
from studio.chat.streaming import Tail
from studio.chat.view import MessageView, branches_of, thread_of
from studio.designer import Doing, Failed, Round, Text
from studio.designer.connected import Answering, answering
from studio.designer.proving import has_steps
from studio.editor.state import EditorState
from studio.shell import authorized, guarded, services

FLUSH_S = 0.1
"""At most ten flushes a second, each with the new end of the text alone."""

_stops: dict[str, asyncio.Event] = {}
"""Conversations that are being answered now, in this process: set the event to stop the answer."""
_tails: dict[str, Tail] = {}
"""What was said so far in them."""


class ChatState(Accepting, rx.State):
    """``rounds`` are the attempts of the answer under way. ``remember`` is a sentence that may be kept as a
    preference."""

    ready: bool = False
    allowed: bool = False
    has_steps: bool = False
    workflow_id: str = ""
    title: str = ""
    messages: list[MessageView] = []
    branches: list[dict[str, Any]] = []
    stream: dict[str, Any] = {}
    progress: str = ""
    rounds: list[dict[str, Any]] = []
    busy: bool = False
    answers: str = ""
    has_model: bool = False
    model_hint: str = ""
    spent: str = ""
    warnings: list[str] = []
    failure: str = ""
    failure_help: str = ""
    offer_builtin: bool = False
    remember: str = ""
    restore: dict[str, Any] = {}
    """Text to put back into the box: {"seq", "text"}."""

    _last: str = ""

    # ---- opening -------------------------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the panel appears. The address may name a conversation: ``?chat=ID``."""
        actor = await authorized(self)
        wanted = str(self.router.url.path).rstrip("/").rsplit("/", 1)[-1]
        if wanted == self.workflow_id and (self.ready or self.busy):
            return
        self.ready, self.workflow_id = False, wanted
        self._empty()
        self._answered_by(Answering(None))
        self.allowed = may(actor, Permission.CONVERSE)
        try:
            if self.allowed:
                db = await services.database()
                self._answered_by(await answering(db, actor))
                self.has_steps = has_steps((await workflows.get_draft(db, actor, UUID(wanted))).text)
                linked = str(self.router.url.query_parameters.get("chat", ""))
                found = await self._linked(db, actor, linked) or await conversation_of(
                    db, actor, UUID(wanted)
                )
                if found is not None:
                    await self._show_conversation(db, actor, found)
        except ValueError:
            return
        except WeftError as error:
            self.failure, self.failure_help = error.message, error.help
        self.ready = True

    def _answered_by(self, found: Answering, *, builtin: bool = False) -> None:
        """``builtin``: the rules were asked for, this once; the model can be asked the next time."""
        self.answers = Answering(None).name if builtin else found.name
        self.has_model, self.model_hint = found.model is not None, found.problem

    async def _linked(self, db: Database, actor: Actor, id: str) -> Conversation | None:
        """The one that a link names, if it is about this workflow."""
        try:
            found = await conversations.get(db, actor, UUID(id)) if id else None
        except (ValueError, NotFound):
            return None
        return found if found is not None and str(found.workflow_id) == self.workflow_id else None

    async def _show_conversation(self, db: Database, actor: Actor, found: Conversation) -> None:
        catalog = catalogs.without_secrets(await catalogs.catalog(db, actor))
        self.conversation_id, self.title = str(found.id), found.title
        self.messages = await asyncio.to_thread(thread_of, found, catalog)
        self.branches = branches_of(found)
        await self._count(db, actor, found.id)
        self._offer_again()

    async def _count(self, db: Database, actor: Actor, conversation_id: UUID) -> None:
        found = await spent(db, actor, conversation_id)
        self.spent, self.warnings = found.words, list(found.warnings)

    async def _refresh(self, db: Database, actor: Actor) -> None:
        await self._show_conversation(
            db, actor, await conversations.get(db, actor, UUID(self.conversation_id))
        )

    def _offer_again(self) -> None:
        """A question that nobody answers any more (the answer failed, or the studio ended) can be asked again."""
        last = self.messages[-1] if self.messages else None
        if last is not None and last.mine and last.own and self.conversation_id not in _stops:
            self._last = last.content
            self._fail("This was not answered.", "Nothing of it is lost: ask it again.", builtin=True)

    def _empty(self) -> None:
        self.messages, self.branches, self.conversation_id, self.title = [], [], "", ""
        self.spent, self.asking, self.remember = "", {}, ""
        self._quiet()

    # ---- asking --------------------------------------------------------------------------------------

    @rx.event(background=True)
    @guarded("converse")
    async def send(self, text: str) -> None:
        """A new message."""
        if isinstance(text, str) and text.strip():
            await self._converse(text)

    @rx.event(background=True)
    @guarded("converse")
    async def edit_last(self, text: str) -> None:
        """The last message said in other words: a branch from before it; the answer it had stays in the other."""
        if not isinstance(text, str) or not text.strip():
            return
        async with self:
            mine = [message for message in self.messages if message.mine and message.seq]
        await self._converse(text, behind=mine[-1].seq - 1 if mine else None)

    @rx.event(background=True)
    @guarded("converse")
    async def again(self) -> None:
        """The last message once more."""
        await self._converse(self._last, again=True)

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

    async def _converse(
        self, text: str, *, again: bool = False, builtin: bool = False, behind: int | None = None
    ) -> None:
        async with self:
            if self.busy or not text.strip():
                return
            self.busy = True
            self._quiet()
            self._last = text
            self.asking, self.remember = {}, preference_in(text)
            if behind is not None:
                self.messages = [message for message in self.messages if message.seq <= behind]
            if not again:
                self.messages.append(MessageView(f"new-{len(self.messages)}", True, text.strip()))
            (await self.get_state(Overlay)).close()
        kept = False
        try:
            async with self:
                actor = await authorized(self, Permission.CONVERSE)
                db = await services.database()
                conversation_id = await self._conversation(db, actor, text, behind)
                self._answered_by(await answering(db, actor), builtin=builtin)
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
                self.busy, self.stream, self.progress, self.rounds = False, {}, "", []

    async def _follow(self, db: Database, actor: Actor, conversation_id: UUID, question: Question) -> bool:
        """Shows an exchange as it happens, until it is over or stopped. Returns whether the question was kept."""
        key = str(conversation_id)
        stopping = _stops[key] = asyncio.Event()
        tail = _tails[key] = Tail(time.monotonic_ns())
        stopped = asyncio.create_task(stopping.wait())
        kept, flushed = question.again, 0.0
        try:
            async with aclosing(exchange(db, actor, conversation_id, question)) as happenings:
                while True:
                    coming = asyncio.ensure_future(anext(happenings, None))
                    try:
                        done, _ = await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        # Stopped, or called off altogether: while a generator still runs it cannot be closed.
                        if not coming.done():
                            coming.cancel()
                            await asyncio.gather(coming, return_exceptions=True)
                    if coming not in done:
                        break
                    happening = coming.result()
                    if happening is None:
                        return True
                    if isinstance(happening, Text):
                        tail.feed(happening.delta)
                        if time.monotonic() - flushed >= FLUSH_S and (news := tail.news()):
                            flushed = time.monotonic()
                            async with self:
                                self.stream = news
                        continue
                    kept = kept or isinstance(happening, Kept)
                    async with self:
                        await self._show(db, actor, happening)
            note = (tail.whole.strip() + "\n\n(Stopped.)").strip()
            message = await conversations.append_message(db, actor, conversation_id, "assistant", note)
            async with self:
                await self._show(db, actor, Kept(message))
            return kept
        except WeftError as error:
            if not kept:
                raise
            async with self:
                self._fail(error.message, error.help, builtin=True)
            return True
        finally:
            stopped.cancel()
            if (
                _stops.get(key) is stopping
            ):  # else somebody else's answer in the same conversation can be stopped
                del _stops[key], _tails[key]

    async def _show(self, db: Database, actor: Actor, happening: Happening) -> None:
        match happening:
            case Kept():
                # A newer proposal changes what stands above it, too.
                await self._refresh(db, actor)
                if happening.message.role != "user":
                    self.stream, self.progress = {}, ""
            case Doing(what=what):
                self.progress = f"{what}…"
            case Round(number=number, of=of, problems=problems):
                self.rounds = [*self.rounds, {"number": number, "problems": list(problems)}]
                self.progress = f"Attempt {number} of {of} had {_problems(len(problems))}, writing it again…"
            case Failed(message=message, help=help, builtin=builtin):
                self.stream = {}
                self._fail(message, help, builtin=builtin)
            case _:
                pass

    async def _conversation(self, db: Database, actor: Actor, text: str, behind: int | None) -> UUID:
        if not self.conversation_id:
            workflow_id = UUID(self.workflow_id) if self.workflow_id else None
            made = await conversations.create(db, actor, title_of(text), workflow_id)
            self.conversation_id, self.title = str(made.id), made.title
        elif behind is not None:
            title = title_of(text) if behind == 0 else ""
            made = await conversations.branch(db, actor, UUID(self.conversation_id), behind, title)
            self.conversation_id, self.title = str(made.id), made.title
        return UUID(self.conversation_id)

    async def _open_text(self) -> str:
        editor = await self.get_state(EditorState)
        return editor._desk.document.text if editor._desk is not None else ""

    def _quiet(self) -> None:
        self.failure, self.failure_help, self.offer_builtin = "", "", False
        self.stream, self.progress, self.rounds = {}, "", []

    def _fail(self, message: str, help: str, *, builtin: bool) -> None:
        self.failure, self.failure_help = message, help
        self.offer_builtin = builtin and self.has_model

    # ---- what the thread says ------------------------------------------------------------------------

    @rx.event
    @guarded("converse")
    async def on_say(self, said: dict[str, Any]) -> Any:
        """The list of messages, a card, or the proposal on the canvas."""
        match read(said):
            case Accept() as message:
                return await self._accept(message)
            case Reject(message=id):
                return await type(self).reject.fn(self, id)
            case Look(message=id):
                await self._look(id)
            case GoOn(message=id):
                await self._move_on(behind=id)
            case Switch(conversation=id):
                await self._move_on(to=id)
            case Drop():
                self.asking = {}
            case Gap():
                if tail := _tails.get(self.conversation_id):
                    self.stream = tail.all()
            case Remember(text=text):
                return await self._remember(text)
            case None:
                pass
        return None

    async def _look(self, message_id: str) -> None:
        overlay = await self.get_state(Overlay)
        found = await self._proposed(message_id) if message_id else None
        editor = await self.get_state(EditorState)
        if found is None or editor._desk is None or found[2].decision is None:
            return overlay.close()
        await overlay.look(message_id, found[2].decision, editor._desk.document.text, editor._desk.catalog)

    async def _move_on(self, to: str = "", behind: str = "") -> None:
        """Another conversation: one that is there, a new one, or a branch behind a message."""
        if self.busy:
            return
        (await self.get_state(Overlay)).close()
        try:
            actor, db = await authorized(self, Permission.CONVERSE), await services.database()
            if behind:
                seq = next((message.seq for message in self.messages if message.id == behind), None)
                if seq is None:
                    return
                found = await conversations.branch(db, actor, UUID(self.conversation_id), seq)
            elif to:
                found = await conversations.get(db, actor, UUID(to))
            else:
                return self._empty()
            self._empty()
            await self._show_conversation(db, actor, found)
        except ValueError:
            return
        except WeftError as error:
            self._fail(error.message, error.help, builtin=False)

    async def _remember(self, text: str) -> Any:
        """Kept only because somebody said so."""
        self.remember = ""
        if not text.strip():
            return None
        try:
            actor, db = await authorized(self, Permission.CONVERSE), await services.database()
            of = UUID(self.conversation_id) if self.conversation_id else None
            await preferences.add(db, actor, text, of)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        return rx.toast.success(
            "Remembered.", description="It holds for all workflows, and can be taken away again."
        )


def _problems(count: int) -> str:
    return "a problem" if count == 1 else f"{count} problems"
