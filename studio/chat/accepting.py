"""Deciding on the page: what is accepted becomes one change of the open document, over whatever was changed since."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine import conversations, proposals
from engine.actor import Actor
from engine.conversations import Message
from engine.database import Database
from engine.errors import Conflict, WeftError
from engine.permissions import Permission
from engine.proposals import Proposal, Verdict
from studio.chat.becoming import Became, Lowers, become
from studio.chat.deciding import Acceptance
from studio.chat.overlaying import Overlay
from studio.chat.says import Accept
from studio.chat.taking import Clashing, Unfit
from studio.designer.choosing import Needs
from studio.editor.merging import Clash
from studio.editor.state import EditorState
from studio.shell import authorized, guarded, services


class Accepting(rx.State, mixin=True):
    """``asking`` is what a card asks before it can be accepted: {"message", "kind", "words", ...}, empty for nothing.

    ``kind``: "needs" (``more`` parts), "clash" (``places``), "unfit", or "confirm" (what goes of the safety).
    """

    conversation_id: str = ""
    asking: dict[str, Any] = {}

    @rx.event
    @guarded("edit")
    async def accept(self, message_id: str, less_safe: bool = False) -> Any:
        """All that is left of a proposal becomes the draft, as one change that undo takes back."""
        return await self._accept(Accept(type="accept", message=message_id, less_safe=less_safe))

    @rx.event
    @guarded("converse")
    async def reject(self, message_id: str) -> None:
        found = await self._proposed(message_id)
        if found is not None:
            db, actor, message = found
            assert message.decision is not None
            self.asking = {}
            await self._reject(db, actor, message.decision)
            (await self.get_state(Overlay)).close()

    async def _accept(self, said: Accept) -> Any:
        self.asking = {}
        found = await self._proposed(said.message)
        editor = await self.get_state(EditorState)
        if found is None or editor._desk is None:
            return None
        if (refused := await editor._barred()) is not None:
            return refused
        db, actor, message = found
        assert message.decision is not None
        how = Acceptance(said.parts, said.sides, said.less_safe)
        try:
            became = await become(editor._room, db, actor, message.decision, how, editor._token)
        except ValueError:  # parts of another cut: the page is behind
            return await self._refresh(db, actor)
        except WeftError as error:
            if isinstance(error, Conflict):
                await self._refresh(db, actor)
            return self._fail(error.message, error.help, builtin=False)
        match became:
            case Needs(message=words, more=more):
                self._ask(said, "needs", words, more=[*(said.parts or ()), *more] if more else [])
            case Unfit(message=words):
                self._ask(said, "unfit", words)
            case Clashing(clashes=places):
                self._ask(said, "clash", "", places=[_place(one) for one in places])
            case Lowers(safety=safety):
                self._ask(said, "confirm", "", safety=list(safety), sides=list(said.sides))
            case Became():
                return await self._became(db, actor, editor, became)
        return None

    async def _became(self, db: Database, actor: Actor, editor: EditorState, became: Became) -> Any:
        (await self.get_state(Overlay)).close()
        done = await editor._told(became.told)
        await self._refresh(db, actor)
        if not became.taken.fitted:
            return done
        told = rx.toast.info(
            "Made fit to your changes since.",
            description="What was changed after the proposal was made is still there. Undo takes the proposal back.",
        )
        return [told, done]

    def _ask(self, said: Accept, kind: str, words: str, **more: Any) -> None:
        self.asking = {"message": said.message, "kind": kind, "words": words, "parts": said.parts, **more}

    async def _proposed(self, message_id: str) -> tuple[Database, Actor, Message] | None:
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

    async def _reject(self, db: Database, actor: Actor, proposal: Proposal) -> None:
        try:
            await proposals.decide(db, actor, proposal.id, Verdict("rejected", proposal.start))
        except WeftError as error:
            if isinstance(error, Conflict):
                await self._refresh(db, actor)
            return self._fail(error.message, error.help, builtin=False)
        await self._refresh(db, actor)

    async def _refresh(self, db: Database, actor: Actor) -> None:
        raise NotImplementedError

    def _fail(self, message: str, help: str, *, builtin: bool) -> None:
        raise NotImplementedError


def _place(one: Clash) -> dict[str, Any]:
    return {"line": one.line, "base": one.base, "mine": one.mine, "theirs": one.theirs}
