"""What is wrong with the text, told once there is time: what changed is painted before it is looked through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from studio.editor.desk import Desk
from studio.editor.feeds import CanvasFeed
from studio.editor.inspector import inspect
from studio.editor.mending import PLACE, problems_of
from studio.shell import guarded


class Diagnosing(rx.State, mixin=True):
    """``problems`` and, one for each, ``problem_places``: most changes move the places and leave the problems."""

    problems: list[dict[str, Any]] = []
    problem_places: list[dict[str, Any]] = []
    errors: int = 0
    warnings: int = 0

    @rx.event(background=True)
    @guarded("view")
    async def examine(self) -> AsyncIterator[Any]:
        """After a change: has it saved, finds out what is wrong, a little at a time so that nobody waits for it, and
        tells the page. When the text changes meanwhile, that is left to the examination that follows."""
        async with self:
            desk: Desk | None = self._desk
            unsaved = self.save_state == "unsaved"
        if unsaved:
            yield self.__class__.autosave
        if desk is None:
            return
        reading = desk.reading
        async with desk.examining:
            if not reading.diagnosis.known:
                for _ in reading.diagnosis.steps():
                    await asyncio.sleep(0)
                    if desk.document.text != reading.text:
                        return
        async with self:
            if self._desk is desk and desk.document.text == reading.text:
                self._diagnosed()
                (await self.get_state(CanvasFeed)).follow(reading)

    def _diagnosed(self) -> None:
        """The page shows what is wrong."""
        desk: Desk = self._desk
        reading = desk.reading
        found = problems_of(reading)
        told = [{key: value for key, value in one.items() if key not in PLACE} for one in found]
        if told != self.problems:
            self.problems = told
        places = [{key: one[key] for key in PLACE} for one in found]
        if places != self.problem_places:
            self.problem_places = places
        self._put(errors=reading.errors, warnings=reading.warnings)
        self._inspect()

    def _inspect(self) -> None:
        """The form of the selected step as it is now; where problems are not known yet, those it shows stay."""
        if not self.selected:
            return
        reading = self._desk.reading
        if not reading.diagnosis.known and self.inspected.get("path") == self.selected:
            return
        fresh = inspect(reading.so_far, self._desk.catalog, self.selected)
        if fresh != self.inspected:
            self.inspected = fresh
