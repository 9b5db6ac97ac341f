"""The editor's state: one open document, what is selected, and whether it is saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import reflex as rx
from reflex_base.event import Event
from reflex_base.event.context import EventContext

from engine import catalog as catalogs
from engine import workflows
from engine.errors import WeftError
from engine.permissions import Permission, may
from studio.editor import canvas_says, inspector_says, problems_says, text_says
from studio.editor.changing import Changing
from studio.editor.diagnosing import Diagnosing
from studio.editor.document import Change, NewText, Source
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.overhearing import overhear
from studio.editor.palette import palette
from studio.editor.room import ROOMS, Page, Person, Room
from studio.editor.saving import Saving
from studio.shell import authorized, guarded, services
from studio.shell.state import initials


class EditorState(Diagnosing, Changing, Saving, rx.State):
    """One page's editor. What the page says is heard in ``canvas_says``, ``text_says``, ``inspector_says`` and
    ``problems_says``; changing is in :mod:`studio.editor.changing`, saving in :mod:`studio.editor.saving`."""

    ready: bool = False
    opened: str = ""
    """Another value each time the draft is opened, also when the page has its socket back."""
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

    _called: str = ""

    # ---- opening -------------------------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def load(self) -> Any:
        """When the page opens, is loaded again, or has its socket back."""
        return await self._open()

    async def _open(self) -> Any:
        actor = await authorized(self)
        wanted = str(self.router.url.path).rstrip("/").rsplit("/", 1)[-1]
        if wanted != self.workflow_id:
            self.ready = False
            self.selected, self.inspected = "", {}
            self.problems, self.problem_places, self.errors, self.warnings = [], [], 0, 0
            self._go()
        self.failure = ""
        try:
            db = await services.database()
            draft = await workflows.get_draft(db, actor, UUID(wanted))
            catalog = await catalogs.catalog(db, actor)
            live = draft.live_version_id and await workflows.get_version(db, actor, draft.live_version_id)
        except ValueError:
            self.failure = "There is no such workflow."
            self.failure_help = "Go back to the list of workflows and open one from there."
            return None
        except WeftError as error:
            self.failure, self.failure_help = error.message, error.help
            return None
        self.workflow_id, self.title, self.name = str(draft.workflow_id), draft.title, draft.name
        self.may_edit = may(actor, Permission.EDIT)
        self.may_run = may(actor, Permission.RUN)
        self.live_version = draft.live_version or 0
        self._live_text = live.text if live else ""
        self._me, self._called = str(actor.user_id), actor.name or actor.email
        room = ROOMS.open(draft, catalog)
        if draft.revision > room.saved.revision and not (room.saved.busy or room.writing.locked()):
            room.join(draft)
            room.tell(besides=self._token)
        self._room = room
        overhear(room, db, actor)
        self._be_here()
        canvas = await self.get_state(CanvasFeed)
        canvas.palette = palette(catalog) if self.may_edit else []
        await self._open_feeds()
        self.ready, self.opened = True, uuid4().hex[:12]
        if step := str(self.router.url.query_parameters.get("step", ""))[:500]:
            await self._select(step)
        if self.may_edit:
            self.touched()
        return self.__class__.examine

    def _be_here(self) -> None:
        """In the room, as every page is that shows it."""
        room: Room = self._room
        page = room.pages.get(self._token)
        router = dict(self.router_data)
        if page is not None and page.left is None and page.router == router:
            return
        enqueue = EventContext.get().enqueue_impl
        person = Person(self._me, self._called, initials(self._called, self._called))
        room.enter(Page(self._token, person, enqueue, router, _hear()))

    def _go(self) -> None:
        if self._room is not None:
            ROOMS.leave(self._room, self._token)
            self._room, self._heard = None, -1

    @rx.event
    @guarded("view")
    def leave(self) -> None:
        """The page is left for another one of the studio."""
        self._go()
        self.ready, self.workflow_id = False, ""

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

    @rx.event(temporal=True)
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

    @rx.event(temporal=True)
    @guarded("edit")
    async def undo(self) -> Any:
        return await self._step_back(forward=False)

    @rx.event(temporal=True)
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
        if tab in ("problems", "text", "run", "ways", "versions"):
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


def _hear() -> str:
    return str(Event.from_event_type([EditorState.hear()])[0].name)
