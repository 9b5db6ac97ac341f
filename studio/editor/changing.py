"""What every writer's change goes through, and what the page is told of it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from dsl import Edit
from dsl.diagnostic import Diagnostic
from engine.errors import WeftError
from engine.permissions import Permission
from studio.editor.desk import Desk, Told
from studio.editor.document import Change, NewText, Refused
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.inspection.start import START
from studio.editor.inspector import inspect
from studio.editor.mending import mended, problems_of
from studio.shell import authorized


class Changing(rx.State, mixin=True):
    """The open document's ``_desk``, and what follows from what lies on it."""

    selected: str = ""
    inspected: dict[str, Any] = {}
    problems: list[dict[str, Any]] = []
    errors: int = 0
    warnings: int = 0
    can_undo: bool = False
    can_redo: bool = False
    changed: bool = False

    # Not sent to the page.
    _desk: Any = None
    _live_text: str = ""

    @property
    def text(self) -> str:
        """The text as it is now, for whoever talks about it."""
        return self._desk.document.text if self._desk else ""

    @property
    def revision(self) -> int:
        return self._desk.document.revision if self._desk else 0

    async def _open_feeds(self) -> None:
        (await self.get_state(CanvasFeed)).open(self._desk)
        (await self.get_state(TextFeed)).open(self._desk)
        self._describe()

    async def _edit(self, edit: Edit | Refused, *, gesture: str = "") -> Any:
        """Does an edit, or says why there is none; a step that is new by it becomes the selected one."""
        if isinstance(edit, Refused):
            return await self._refuse(edit)
        return await self._change(Change("canvas", self.revision, edit, gesture), follow=True)

    def _problem(self, index: int) -> tuple[Diagnostic, ...]:
        """The problem with this number, if there still is one."""
        desk: Desk | None = self._desk
        return desk.reading.diagnostics[index : index + 1] if desk is not None and index >= 0 else ()

    async def _fix(self, index: int) -> Any:
        desk: Desk = self._desk
        found = self._problem(index)
        if not found or found[0].fix is None:
            return None
        text = mended(desk.document.text, found)
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
        elif self.selected not in ("", START) and self.selected not in desk.reading.steps:
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
        path = path if place is not None or path == START else ""
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
