"""The editor's state: one open document, what is selected, and whether it is saved."""

from __future__ import annotations

from typing import Any, assert_never
from uuid import UUID, uuid4

import reflex as rx

from dsl.diagnostic import Diagnostic
from engine import catalog as catalogs
from engine import workflows
from engine.errors import WeftError
from engine.permissions import Permission, may
from studio.editor import gesture as says
from studio.editor.desk import Desk, Told
from studio.editor.document import Change, NewText, Refused, Source, Typed
from studio.editor.edits import edit_of
from studio.editor.feeds import CanvasFeed, TextFeed, problems_of
from studio.editor.inspector import inspect
from studio.editor.palette import palette
from studio.editor.saving import Saving
from studio.shell import authorized, guarded, services


class EditorState(Saving, rx.State):
    """The open document, its reading, and what is selected; saving is in :mod:`studio.editor.saving`."""

    ready: bool = False
    failure: str = ""
    failure_help: str = ""
    workflow_id: str = ""
    title: str = ""
    name: str = ""
    selected: str = ""
    inspected: dict[str, Any] = {}
    problems: list[dict[str, Any]] = []
    errors: int = 0
    warnings: int = 0
    can_undo: bool = False
    can_redo: bool = False
    may_edit: bool = False
    may_run: bool = False
    live_version: int = 0
    changed: bool = False
    drawer: str = "problems"
    drawer_open: bool = False
    chat_open: bool = True

    # Not sent to the page.
    _desk: Any = None
    _live_text: str = ""

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
        self._desk = Desk(self.workflow_id, draft.text, catalog, uuid4().hex[:12])
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

    async def _open_feeds(self) -> None:
        (await self.get_state(CanvasFeed)).open(self._desk)
        (await self.get_state(TextFeed)).open(self._desk)
        self._describe()

    # ---- what the browser says -----------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def on_gesture(self, said: dict[str, Any]) -> Any:
        """The canvas. Looking needs no more than a viewer; anything that changes needs a builder."""
        gesture = says.on_canvas(said)
        if gesture is None or self._desk is None:
            return None
        match gesture:
            case says.Select(step=step):
                (await self.get_state(CanvasFeed)).show_way(None)
                await self._select(step or "", on_canvas=True)
            case says.Resync():
                (await self.get_state(CanvasFeed)).open(self._desk)
            case says.Undo():
                return await self._step_back(forward=False)
            case says.Redo():
                return await self._step_back(forward=True)
            case says.Add() | says.Move() | says.Remove():
                return await self._edit(gesture)
            case _:
                assert_never(gesture)
        return None

    @rx.event
    @guarded("view")
    async def on_text(self, said: dict[str, Any]) -> Any:
        """The text pane."""
        message = says.in_text(said)
        desk: Desk | None = self._desk
        if message is None or desk is None:
            return None
        match message:
            case says.Typed(epoch=epoch) if epoch == desk.epoch:
                typed = Typed(message.start, message.end, message.text)
                return await self._change(
                    Change("text", message.base, typed, message.gesture), seen=message.seq
                )
            case says.Cursor(epoch=epoch, base=base, offset=offset) if (epoch, base) == (
                desk.epoch,
                desk.document.revision,
            ):
                await self._select(desk.reading.step_at(offset) or "", in_text=True)
            case says.Resync():
                await self._resync_text()
            case says.Undo():
                return await self._step_back(forward=False)
            case says.Redo():
                return await self._step_back(forward=True)
            case _:
                pass
        return None

    @rx.event
    @guarded("view")
    async def on_inspector(self, said: dict[str, Any]) -> Any:
        """The inspector."""
        message = says.in_inspector(said)
        if message is None or self._desk is None:
            return None
        match message:
            case says.Select(step=step):
                await self._select(step or "")
            case says.FixProblem(index=index):
                return await self._fix(index)
            case says.ShowWay(index=index):
                for found in self._problem(index):
                    (await self.get_state(CanvasFeed)).show_way(found)
            case says.SetField() | says.Remove():
                return await self._edit(message)
            case _:
                assert_never(message)
        return None

    @rx.event
    @guarded("view")
    async def go_to_problem(self, index: int) -> None:
        """A problem was clicked: its node and its place in the text."""
        for diagnostic in self._problem(index):
            await self._select(diagnostic.step or "", in_text=True)
            (await self.get_state(CanvasFeed)).show_way(diagnostic)
            text = await self.get_state(TextFeed)
            text.show(diagnostic.span.start, diagnostic.span.end, focus=self.drawer == "text")

    @rx.event
    @guarded("edit")
    async def fix_problem(self, index: int) -> Any:
        """The one-click fix of a problem."""
        return await self._fix(index)

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

    @property
    def text(self) -> str:
        """The text as it is now, for whoever talks about it."""
        return self._desk.document.text if self._desk else ""

    @property
    def revision(self) -> int:
        return self._desk.document.revision if self._desk else 0

    # ---- changing ------------------------------------------------------------------------------------

    async def _edit(self, gesture: says.Add | says.Move | says.Remove | says.SetField) -> Any:
        desk: Desk = self._desk
        edit = edit_of(gesture, desk.reading, desk.catalog)
        if isinstance(edit, Refused):
            return await self._refuse(edit)
        return await self._change(Change("canvas", desk.document.revision, edit), follow=True)

    def _problem(self, index: int) -> tuple[Diagnostic, ...]:
        """The problem with this number, if there still is one."""
        desk: Desk | None = self._desk
        return desk.reading.diagnostics[index : index + 1] if desk is not None and index >= 0 else ()

    async def _fix(self, index: int) -> Any:
        desk: Desk = self._desk
        found = self._problem(index)
        fix = found[0].fix if found else None
        if fix is None:
            return None
        text = desk.document.text
        for one in sorted(fix.replacements, key=lambda one: one.span.start, reverse=True):
            text = text[: one.span.start] + one.text + text[one.span.end :]
        return await self._change(Change("canvas", desk.document.revision, NewText(text)))

    async def _change(self, change: Change, *, seen: int | None = None, follow: bool = False) -> Any:
        refused = await self._barred()
        if refused is not None:
            return refused
        told = self._desk.apply(change, seen)
        if isinstance(told, Refused):
            return await self._refuse(told)
        return await self._told(told, follow=follow)

    async def _barred(self) -> Any:
        """What to say to somebody who may look but not change; None for those who may."""
        try:
            await authorized(self, Permission.EDIT)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        return None

    async def _step_back(self, *, forward: bool) -> Any:
        refused = await self._barred()
        if refused is not None:
            return refused
        told = self._desk.redo() if forward else self._desk.undo()
        return None if told is None else await self._told(told)

    async def _told(self, told: Told, *, follow: bool = False) -> Any:
        """Passes a change on to the page. With ``follow`` a step that is new becomes the selected one."""
        desk: Desk = self._desk
        canvas = await self.get_state(CanvasFeed)
        canvas.tell(told, desk)
        (await self.get_state(TextFeed)).tell(told, desk)
        outer = [path for path in told.fresh if not any(path.startswith(f"{other}.") for other in told.fresh)]
        if follow and outer:
            await self._select(outer[0])
        elif self.selected and self.selected not in desk.reading.steps:
            await self._select("")
        self._describe()
        return self.touched()

    async def _refuse(self, refused: Refused) -> Any:
        # The page may show what was not accepted: it gets everything as it is.
        await self._resync_text()
        self.inspected = {**self.inspected, "refused": self.inspected.get("refused", 0) + 1}
        return rx.toast.error(refused.message, description=refused.help)

    async def _resync_text(self) -> None:
        desk: Desk = self._desk
        desk.document = desk.document.touched()
        await self._open_feeds()

    async def _select(self, path: str, *, on_canvas: bool = False, in_text: bool = False) -> None:
        place = self._desk.reading.steps.get(path)
        path = path if place is not None else ""
        again = path == self.selected
        self.selected = path
        if not on_canvas and not again:
            (await self.get_state(CanvasFeed)).select(path)
        if not in_text:
            span = place.step.span if place is not None else None
            (await self.get_state(TextFeed)).show(*((span.start, span.end) if span else (-1, -1)))
        self.inspected = inspect(self._desk.reading, self._desk.catalog, path) if path else {}

    def _describe(self) -> None:
        """What the page shows around the canvas follows from the reading."""
        desk: Desk = self._desk
        reading = desk.reading
        shown = problems_of(reading)
        if shown != self.problems:
            self.problems = shown
        self.errors, self.warnings = reading.errors, reading.warnings
        self.can_undo, self.can_redo = bool(desk.document.done), bool(desk.document.undone)
        self.changed = desk.document.text != self._live_text
        self.name = reading.parsed.workflow.name or self.name
        if self.selected:
            fresh = inspect(reading, desk.catalog, self.selected)
            if fresh != self.inspected:
                self.inspected = fresh
