"""The editor's state: one open document, what is selected, and whether it is saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import reflex as rx

from dsl import read_placement
from engine import catalog as catalogs
from engine import workflows
from engine.errors import WeftError
from engine.permissions import Permission, may
from studio.editor import canvas_says, inspector_says, problems_says, text_says
from studio.editor.changing import Changing
from studio.editor.desk import Desk
from studio.editor.document import Change, NewText, Source
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.palette import palette
from studio.editor.saving import Saving
from studio.shell import authorized, guarded, services


class EditorState(Changing, Saving, rx.State):
    """One page's editor. What the page says is heard in ``canvas_says``, ``text_says``, ``inspector_says`` and
    ``problems_says``; changing is in :mod:`studio.editor.changing`, saving in :mod:`studio.editor.saving`."""

    ready: bool = False
    failure: str = ""
    failure_help: str = ""
    workflow_id: str = ""
    title: str = ""
    name: str = ""
    may_edit: bool = False
    may_run: bool = False
    live_version: int = 0
    drawer: str = "problems"
    drawer_open: bool = False
    chat_open: bool = True

    # ---- opening -------------------------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def load(self) -> Any:
        """When the page opens."""
        actor = await authorized(self)
        wanted = str(self.router.url.path).rstrip("/").rsplit("/", 1)[-1]
        if wanted != self.workflow_id:
            self.ready = False
            self.selected, self.inspected = "", {}
        self.failure = ""
        if wanted == self.workflow_id and await self._unsaved():
            # The page was loaded again: what is not saved yet must not give way to the draft.
            await self._open_feeds()
            self.ready = True
            return None
        try:
            db = await services.database()
            draft = await workflows.get_draft(db, actor, UUID(wanted))
            catalog = await catalogs.catalog(db, actor)
            live = draft.live_version_id and await workflows.get_version(db, actor, draft.live_version_id)
        except ValueError:
            self.failure = "There is no such workflow."
            self.failure_help = "Go back to the list of workflows and open one from there."
            return
        except WeftError as error:
            self.failure, self.failure_help = error.message, error.help
            return
        self.workflow_id = str(draft.workflow_id)
        self.may_edit = may(actor, Permission.EDIT)
        self.may_run = may(actor, Permission.RUN)
        self.live_version = draft.live_version or 0
        self._live_text = live.text if live else ""
        self._take(draft)
        self._desk = Desk(
            self.workflow_id, draft.text, catalog, uuid4().hex[:12], read_placement(draft.positions)
        )
        canvas = await self.get_state(CanvasFeed)
        canvas.palette = palette(catalog) if self.may_edit else []
        await self._open_feeds()
        self.ready = True

    async def _unsaved(self) -> bool:
        """Whether there is something here that could not be saved just now, either."""
        if self._desk is None or not self.may_edit:
            return False
        try:
            return not await self.save_now()
        except WeftError:
            return True

    # ---- what the browser says -----------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def on_gesture(self, said: dict[str, Any]) -> Any:
        """The canvas. Looking needs no more than a viewer; anything that changes needs a builder."""
        await self._heard_from(said.get("rev"))
        return await canvas_says.HEARD.hear(self, said)

    @rx.event
    @guarded("view")
    async def on_text(self, said: dict[str, Any]) -> Any:
        """The text pane."""
        await self._heard_from(said.get("base"))
        return await text_says.HEARD.hear(self, said)

    @rx.event
    @guarded("view")
    async def on_inspector(self, said: dict[str, Any]) -> Any:
        """The inspector."""
        return await inspector_says.HEARD.hear(self, said)

    async def _heard_from(self, revision: Any) -> None:
        """What the page says tells how far it has got."""
        if isinstance(revision, int):
            (await self.get_state(CanvasFeed)).heard(revision)
            (await self.get_state(TextFeed)).heard(revision)

    @rx.event
    @guarded("view")
    async def on_problems(self, said: dict[str, Any]) -> Any:
        """The list of problems."""
        return await problems_says.HEARD.hear(self, said)

    @rx.event
    @guarded("view")
    async def go_to_problem(self, index: int) -> None:
        """A problem was clicked elsewhere than in the list: its node and its place in the text."""
        for found in self._problem(index):
            await problems_says.go_to(self, found, focus=False)

    @rx.event
    @guarded("edit")
    async def undo(self) -> Any:
        return await self._step_back(forward=False)

    @rx.event
    @guarded("edit")
    async def redo(self) -> Any:
        return await self._step_back(forward=True)

    @rx.event
    @guarded("edit")
    async def take_text(self, text: str, source: str = "chat") -> Any:
        """A whole text from elsewhere (a proposal, an older version) as one change that can be undone."""
        if self._desk is None or source not in ("chat", "restore", "paste"):
            return None
        origin: Source = "chat" if source == "chat" else "restore" if source == "restore" else "paste"
        return await self._change(Change(origin, self._desk.document.revision, NewText(text)))

    @rx.event
    @guarded("view")
    def open_drawer(self, tab: str) -> None:
        """A tab was clicked; the open one's tab closes the drawer."""
        if tab in ("problems", "text", "run", "versions"):
            self.drawer_open = not (self.drawer_open and self.drawer == tab)
            self.drawer = tab

    @rx.event
    @guarded("view")
    def show_problems(self) -> None:
        self.drawer, self.drawer_open = "problems", True

    @rx.event
    @guarded("view")
    def toggle_chat(self) -> None:
        self.chat_open = not self.chat_open

    def published(self, number: int, text: str) -> None:
        """The draft became a live version."""
        self.live_version, self._live_text = number, text
        self.changed = self.text != text
