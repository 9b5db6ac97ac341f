"""Old conversations of the open workflow: found by words, opened, renamed, deleted and taken back."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import reflex as rx
from pydantic import Field, TypeAdapter, ValidationError

from engine import conversations
from engine.conversations import Conversation
from engine.errors import WeftError
from engine.permissions import Permission
from studio.chat.state import ChatState
from studio.editor.gesture import Said
from studio.shell import authorized, guarded, services

Id = Annotated[str, Field(max_length=40)]


class Show(Said):
    """``words`` "" lists the latest."""

    type: Literal["show"]
    words: Annotated[str, Field(max_length=200)] = ""


class Close(Said):
    type: Literal["close"]


class Rename(Said):
    type: Literal["rename"]
    id: Id
    title: Annotated[str, Field(max_length=200)]


class Delete(Said):
    type: Literal["delete"]
    id: Id


class Restore(Said):
    type: Literal["restore"]
    id: Id


_Says: TypeAlias = Annotated[Show | Close | Rename | Delete | Restore, Field(discriminator="type")]
_SAYS: TypeAdapter[_Says] = TypeAdapter(_Says)


class Conversations(rx.State):
    """``rows``: {"id", "title", "at", "found", "branch"}; ``deleted``: the id and title of the one that can be
    taken back."""

    open: bool = False
    words: str = ""
    rows: list[dict[str, Any]] = []
    deleted: dict[str, str] = {}
    failure: str = ""

    @rx.event
    @guarded("converse")
    async def on_say(self, said: dict[str, Any]) -> Any:
        try:
            message = _SAYS.validate_python(said)
        except ValidationError:
            return None
        if isinstance(message, Close):
            self.open, self.rows, self.deleted, self.words = False, [], {}, ""
            return None
        try:
            return await self._do(message)
        except ValueError:
            return None
        except WeftError as error:
            self.failure = f"{error.message} {error.help}".strip()
            return None

    async def _do(self, message: Show | Rename | Delete | Restore) -> Any:
        actor, db = await authorized(self, Permission.CONVERSE), await services.database()
        chat = await self.get_state(ChatState)
        self.failure, answer = "", None
        match message:
            case Show(words=words):
                self.open, self.words = True, words
            case Rename(id=id, title=title):
                await conversations.rename(db, actor, UUID(id), title)
                if id == chat.conversation_id:
                    chat.title = " ".join(title.split())
            case Delete(id=id):
                title = next((row["title"] for row in self.rows if row["id"] == id), "")
                await conversations.delete(db, actor, UUID(id))
                self.deleted = {"id": id, "title": title}
                if id == chat.conversation_id:
                    answer = ChatState.on_say({"type": "switch", "conversation": ""})
            case Restore(id=id):
                await conversations.restore(db, actor, UUID(id))
                self.deleted = {}
        workflow = UUID(chat.workflow_id) if chat.workflow_id else None
        found = await conversations.list_(db, actor, workflow, 50, self.words)
        self.rows = [_row(one) for one in found]
        return answer


def _row(one: Conversation) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "title": one.title or "Untitled",
        "at": one.updated_at.isoformat(),
        "found": one.found,
        "branch": one.parent_id is not None,
    }
