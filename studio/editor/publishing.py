"""Publishing the draft: what stands in the way, what it means for those who use the workflow, and doing it."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import UUID

import reflex as rx

from engine import inflight, workflows
from engine.errors import Rejected, WeftError
from engine.inflight import InFlight
from engine.permissions import Permission
from studio.editor import differing
from studio.editor.comparing import DRAFT, Comparing
from studio.editor.inspector import problem
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.editor.versions import Rollback, Versions
from studio.shell import authorized, guarded, services

Json = dict[str, Any]
_UNSET = re.compile(r"the secret `([a-zA-Z_][a-zA-Z0-9_]{0,63})` is not set")

__all__ = ["Publishing", "Versions"]


class Publishing(rx.State):
    """The publish dialog. ``refused`` are the problems that stand in the way; ``found`` is what changes for those who
    use ``live``, which they must say to have read when it is grave."""

    open: bool = False
    looking: bool = False
    busy: bool = False
    message: str = ""
    trouble: str = ""
    trouble_help: str = ""
    refused: list[Json] = []
    warnings: list[Json] = []
    live: int = 0
    found: Json = {}
    runs: Json = {}
    starts: list[str] = []
    same: bool = False
    lowers: int = 0
    breaks: int = 0
    read: bool = False

    @rx.var
    def unset(self) -> str:
        """The first secret that would have to be set before; "" where none is missing."""
        said = (_UNSET.match(str(one["message"])) for one in self.refused if one["code"] == "E106")
        return next((found[1] for found in said if found), "")

    @rx.event
    @guarded("publish")
    async def ask(self) -> Any:
        """Opens the dialog. Errors that are known already are listed at once; without any, what would change."""
        editor = await self.get_state(EditorState)
        self.reset()
        self.refused = [found for found in editor.problems if found["severity"] == "error"]
        self.warnings = [found for found in editor.problems if found["severity"] == "warning"]
        self.live, self.open = editor.live_version, True
        if self.refused or editor._desk is None:
            return
        self.looking = True
        yield
        try:
            await self._look(editor)
        except WeftError as error:
            self.trouble, self.trouble_help = error.message, error.help
        finally:
            self.looking = False

    async def _look(self, editor: EditorState) -> None:
        actor = await authorized(self, Permission.PUBLISH)
        db, workflow = await services.database(), UUID(editor.workflow_id)
        draft = await workflows.get_draft(db, actor, workflow)
        reading, catalog = editor._desk.reading, editor._desk.catalog
        self.starts = differing.starts(reading.parsed)
        self.live = draft.live_version or 0
        if draft.live_version_id is None:
            self.message = "First version"
            return
        texts = await workflows.read_texts(db, actor, workflow, {self.live})
        runs = (await inflight.by_version(db, actor, workflow)).get(draft.live_version_id, InFlight())
        difference = await asyncio.to_thread(
            differing.differ, texts[self.live], reading.text, catalog, runs.waiting
        )
        self.found = differing.shown(difference)
        self.runs = differing.in_flight(runs, difference.old)
        self.same = difference.old.text == difference.new.text
        self.lowers = len(difference.lowering)
        self.breaks = sum(one.severity == "error" for one in difference.breaks)
        self.message = self.message or differing.suggested(difference.changes)

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.open = False

    @rx.event
    @guarded("view")
    async def say(self, message: str) -> None:
        self.message = message[:400]

    @rx.event
    @guarded("view")
    async def tick(self, read: bool) -> None:
        """Whether what is grave was read."""
        self.read = read

    @rx.event
    @guarded("view")
    async def compare(self) -> Any:
        """Everything beside each other, instead of the dialog."""
        self.open = False
        return Comparing.between(self.live, DRAFT)

    @rx.var
    def grave(self) -> bool:
        """Whether there is something that must have been read."""
        return self.lowers > 0 or self.breaks > 0

    @rx.event
    @guarded("publish")
    async def publish(self) -> Any:
        """Saves the draft and makes it the live version. Refused with the list of errors when there are any."""
        if self.busy or (self.grave and not self.read):
            return
        self.busy = True
        yield
        editor = await self.get_state(EditorState)
        try:
            actor = await authorized(self, Permission.PUBLISH)
            if not await editor.save_now():
                self.trouble = "Somebody else changed this draft."
                self.trouble_help = "Choose whose text to keep, then publish."
                return
            db = await services.database()
            version = await workflows.publish(db, actor, UUID(editor.workflow_id), self.message.strip())
        except Rejected as rejected:
            errors = [found for found in rejected.diagnostics if found.severity == "error"]
            self.refused = [problem(found, n) for n, found in enumerate(errors)]
            self.trouble, self.trouble_help = rejected.message, rejected.help
        except WeftError as error:
            self.trouble, self.trouble_help = error.message, error.help
        else:
            self.open = False
            before = self.live
            editor.published(version.number, version.text)
            await (await self.get_state(Versions)).refresh()
            yield Versions.describe
            yield Trial.load
            yield _published(version.number, before, editor.may_run)
        finally:
            self.busy = False

    @rx.event
    @guarded("view")
    async def show(self, index: int) -> Any:
        """A problem in the dialog was clicked: the editor goes there."""
        self.open = False
        return EditorState.go_to_problem(index)


def _published(number: int, before: int, may_run: bool) -> Any:
    then: dict[str, Any] = {}
    if may_run:
        then["action"] = {"label": "Run it", "on_click": Trial.ask}
    if before and before != number:
        then["cancel"] = {"label": "Undo", "on_click": Rollback.undo(before)}
    return rx.toast.success(
        f"Version {number} is live.",
        description="The engine runs it from now on.",
        duration=12_000,
        **then,
    )
