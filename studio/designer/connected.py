"""Who answers in an account: the model it has connected, or the rules."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine.actor import Actor
from engine.database import Database
from engine.model import ChatModel
from engine.models import chat_model
from engine.settings import BadSettings
from engine.vault import Sealed
from studio.designer.writers import BuiltinWriter


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers in an account: ``model``, or the rules where it is None. ``problem``: why the rules do although a
    model is connected, and what to do about it; "" where nothing is wrong."""

    model: ChatModel | None
    problem: str = ""

    @property
    def name(self) -> str:
        return BuiltinWriter.name if self.model is None else self.model.name


async def answering(db: Database, actor: Actor, conversation_id: UUID | None = None) -> Answering:
    """Models whose settings make no sense, or whose keys do not open, count as none: the rules answer meanwhile."""
    try:
        return Answering(await chat_model(db, actor, conversation_id))
    except (BadSettings, Sealed) as error:
        return Answering(None, f"{error.message} {error.help}")
