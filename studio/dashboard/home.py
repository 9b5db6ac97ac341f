"""Where / leads: to the dashboard, or to the workflows while nothing was ever run."""

from __future__ import annotations

import reflex as rx

from engine import figures
from engine.errors import WeftError
from studio.shell import services
from studio.shell.session import authorized, guarded


class Home(rx.State):
    """Nothing is kept of it."""

    @rx.event
    @guarded("view")
    async def load(self) -> rx.event.EventSpec:
        """When / opens."""
        actor = await authorized(self)
        try:
            ever = await figures.ever_ran(await services.database(), actor)
        except WeftError:
            ever = False
        return rx.redirect("/dashboard" if ever else "/workflows", replace=True)
