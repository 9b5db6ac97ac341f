"""The state of the frame around every page."""

from __future__ import annotations

import reflex as rx

from engine.actor import Actor
from engine.errors import WeftError
from engine.permissions import ALLOWED, Permission
from studio.shell import services
from studio.shell.pulse import monitor
from studio.shell.session import authorized, guarded


def initials(name: str, email: str) -> str:
    """One or two letters for the round mark of a person."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalpha()]
    if words:
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
    return email[:1].upper() or "?"


class Shell(rx.State):
    """Who is signed in, the workspace, the engine, and how many approvals wait."""

    ready: bool = False
    person: str = ""
    email: str = ""
    role: str = ""
    letters: str = ""
    workspace: str = ""
    engine: str = "starting"
    approvals: int = 0
    alerts: int = 0

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When a page opens."""
        self._show(await authorized(self))
        await self._look()

    @rx.event(temporal=True)
    @guarded("view")
    async def beat(self) -> None:
        """Every few seconds while a page is looked at."""
        await self._look()

    def _show(self, actor: Actor) -> None:
        self.person = actor.name or actor.email
        self.email = actor.email
        self.role = actor.role
        self.letters = initials(actor.name, actor.email)

    async def _look(self) -> None:
        try:
            now = await monitor.pulse(await services.database(), await authorized(self))
        except WeftError:
            self.engine = "down"
        else:
            self.workspace = now.workspace
            self.engine = now.engine
            self.approvals = now.approvals
            self.alerts = now.alerts
        self.ready = True

    @rx.var
    def can_edit(self) -> bool:
        """Whether to offer what changes workflows."""
        return self.role in ALLOWED[Permission.EDIT]

    @rx.var
    def can_run(self) -> bool:
        """Whether to offer starting and cancelling runs."""
        return self.role in ALLOWED[Permission.RUN]
