"""State of what the designer remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from engine import preferences
from engine.errors import WeftError
from engine.permissions import Permission, may
from engine.preferences import Preference
from studio.shell import services
from studio.shell.moments import iso
from studio.shell.session import authorized, guarded


@dataclass(frozen=True, slots=True)
class Remembered:
    """``talk``: whether it was said in a conversation that is still there."""

    id: str
    text: str
    who: str
    at: str
    talk: bool


class Memory(rx.State):
    """Everything that is remembered; ``added`` counts up with each, so that the field empties."""

    rows: list[Remembered] = []
    loaded: bool = False
    can_see: bool = False
    problem: str = ""
    added: int = 0

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        actor = await authorized(self)
        self.problem, self.can_see = "", may(actor, Permission.CONVERSE)
        if self.can_see:
            try:
                self._show(await preferences.list_(await services.database(), actor))
            except WeftError as error:
                self.problem = f"{error.message} {error.help}".strip()
        self.loaded = True

    @rx.event
    @guarded("converse")
    async def add(self, form: dict[str, Any]) -> None:
        """Remembers what was typed."""
        actor = await authorized(self, "converse")
        try:
            kept = await preferences.add(await services.database(), actor, str(form.get("text") or ""))
        except WeftError as error:
            said = dict(getattr(error, "problems", ())).get("text", "")
            self.problem = f"{error.message} {said or error.help}".strip()
            return
        self.problem = ""
        self.added += 1
        self._show(kept)

    @rx.event
    @guarded("converse")
    async def forget(self, preference_id: str) -> None:
        """Forgets one."""
        actor = await authorized(self, "converse")
        try:
            self._show(await preferences.delete(await services.database(), actor, UUID(preference_id)))
        except (WeftError, ValueError) as error:
            self.problem = str(error)

    def _show(self, known: tuple[Preference, ...]) -> None:
        self.rows = [
            Remembered(
                str(one.id), one.text, one.source or "somebody", iso(one.at), one.conversation_id is not None
            )
            for one in known
        ]
