"""The command palette on every page: the workflows there are; the rest of it runs in the browser."""

from __future__ import annotations

from typing import Any

import reflex as rx

from engine import workflows
from engine.errors import WeftError
from studio.shell import services
from studio.shell.session import authorized, guarded

_FILES = {
    name: rx.asset(name, shared=True) for name in ("commands.css", "commands.jsx", "keys.js", "offers.js")
}


class CommandList(rx.State):
    """What can be gone to: ``{"id", "title", "name"}`` of each workflow."""

    workflows: list[dict[str, str]] = []

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the palette opens. Without an answer it shows what it had."""
        actor = await authorized(self)
        try:
            listed = await workflows.list_workflows(await services.database(), actor)
        except WeftError:
            return
        rows = [{"id": str(each.id), "title": each.title, "name": each.name} for each in listed]
        if rows != self.workflows:
            self.workflows = rows


class Commands(rx.Component):
    """The palette and the button that opens it. ``places`` are pages: ``{"key", "title", "href"}``."""

    library = _FILES["commands.jsx"].importable_path
    tag = "Commands"

    places: rx.Var[list[dict[str, Any]]]
    workflows: rx.Var[list[dict[str, str]]]
    on_open: rx.EventHandler[rx.event.no_args_event_spec]
    sign_out: rx.EventHandler[rx.event.no_args_event_spec]
