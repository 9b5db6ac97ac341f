"""The versions there are: what each changed, what runs on it, and going back to one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import reflex as rx

import dsl
from dsl.catalog import Catalog
from dsl.changes import changes
from engine import inflight, workflows
from engine.errors import Rejected, WeftError
from engine.inflight import InFlight
from engine.permissions import Permission, may
from studio.editor import differing
from studio.editor.comparing import DRAFT, Comparing
from studio.editor.inspector import problem
from studio.editor.sharing import Sharing
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.shell import authorized, guarded, people, services
from studio.shell.moments import iso

Json = dict[str, Any]
AT_ONCE: Final = 25
"""Versions whose changes are put into words at a time, newest first."""
_KEPT: Final = 400
_told: OrderedDict[tuple[str, str], Json] = OrderedDict()
"""What a version changed, by the hashes of both: versions never change. Titles of tools may be of an older catalog."""
_UNTOLD: Final[Json] = {"words": "", "more": 0, "all": [], "lowers": False}


class Versions(rx.State):
    """What was published, newest first. ``chosen`` is the number whose changes are all shown, 0 for none."""

    rows: list[Json] = []
    loaded: bool = False
    chosen: int = 0
    may_publish: bool = False

    _texts_wanted: int = AT_ONCE

    @rx.event
    @guarded("view")
    async def load(self) -> Any:
        """When the page opens, and the tab. An address that ends in ``?version=N`` leads to that version."""
        await self.refresh()
        wanted = str(self.router.url.query_parameters.get("version", ""))
        if wanted.isascii() and wanted.isdigit() and any(row["number"] == int(wanted) for row in self.rows):
            editor = await self.get_state(EditorState)
            editor.drawer, editor.drawer_open = "versions", True
            self.chosen = int(wanted)
        return Versions.describe

    @rx.event
    @guarded("view")
    async def look(self) -> Any:
        """The tab was opened."""
        await self.refresh()
        return Versions.describe

    async def refresh(self) -> None:
        """Reads the list anew. For other handlers too."""
        editor = await self.get_state(EditorState)
        if not editor.workflow_id:
            return
        try:
            actor = await authorized(self)
            db, workflow = await services.database(), UUID(editor.workflow_id)
            found = await workflows.list_versions(db, actor, workflow)
            flying = await inflight.by_version(db, actor, workflow)
            names = await people.names(db, actor)
        except WeftError:
            return
        self.may_publish = may(actor, Permission.PUBLISH)
        live = next((one.number for one in found if one.live), 0)
        if live and live != editor.live_version:
            # Somebody else published.
            editor.published(live, (await workflows.read_texts(db, actor, workflow, {live}))[live])
        before = {one.number: found[n + 1].content_hash for n, one in enumerate(found[:-1])}
        self.rows = [
            {
                "id": str(version.id),
                "number": version.number,
                "message": version.message,
                "by": names.get(version.published_by, "") if version.published_by else "",
                "at": iso(version.published_at),
                "live": version.live,
                "runs": flying.get(version.id, InFlight()).count,
                "hash": version.content_hash,
                "before": before.get(version.number, ""),
                "told": _told.get((before.get(version.number, ""), version.content_hash), _UNTOLD),
            }
            for version in found
        ]
        if self.chosen and all(row["number"] != self.chosen for row in self.rows):
            self.chosen = 0
        self.loaded = True

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def describe(self) -> None:
        """Puts into words what the newest versions changed, where that is not known yet."""
        async with self:
            editor = await self.get_state(EditorState)
            if editor._desk is None:
                return
            workflow, catalog = editor.workflow_id, editor._desk.catalog
            todo = [row for row in self.rows[: self._texts_wanted] if not row["told"]["words"]]
            numbers = [row["number"] for row in self.rows]
        if not todo:
            return
        pairs = {row["number"]: numbers[numbers.index(row["number"]) + 1 :][:1] for row in todo}
        wanted = {*pairs, *(number for older in pairs.values() for number in older)}
        try:
            actor = await authorized(self)
            texts = await workflows.read_texts(await services.database(), actor, UUID(workflow), wanted)
        except WeftError:
            return
        for row in todo:
            old = [texts.get(number, "") for number in pairs[row["number"]]]
            told = await asyncio.to_thread(_telling, old, texts.get(row["number"], ""), catalog)
            _keep((row["before"], row["hash"]), told)
        async with self:
            if (await self.get_state(EditorState)).workflow_id == workflow:
                self.rows = [
                    {**row, "told": _told.get((row["before"], row["hash"]), row["told"])} for row in self.rows
                ]

    @rx.event
    @guarded("view")
    async def more(self) -> Any:
        """Puts older versions into words too."""
        self._texts_wanted += AT_ONCE
        return Versions.describe

    @rx.event
    @guarded("view")
    async def choose(self, number: int) -> None:
        """Shows all that a version changed, or hides it again."""
        self.chosen = 0 if self.chosen == number else number

    @rx.event
    @guarded("view")
    async def pick(self, number: int, key: str) -> Any:
        """An entry of a version's menu."""
        row = next((row for row in self.rows if row["number"] == number), None)
        if row is None:
            return None
        editor = await self.get_state(EditorState)
        match key:
            case "compare-before":
                older = [other["number"] for other in self.rows if other["number"] < number]
                return Comparing.between(older[0], number) if older else None
            case "compare-live":
                return Comparing.between(number, editor.live_version)
            case "compare-draft":
                return Comparing.between(number, DRAFT)
            case "take":
                return Versions.restore(row["id"])
            case "link":
                origin, path = self.router.url.origin, f"/workflows/{editor.workflow_id}?version={number}"
                (await self.get_state(Sharing)).copy(f"{origin}{path}")
                return rx.toast.success(f"The link to version {number} is copied.")
            case "download":
                return Versions.download(row["id"])
        return None

    @rx.event
    @guarded("view")
    async def download(self, version_id: str) -> Any:
        """A version's text as a file."""
        version = await self._version(version_id)
        if version is None:
            return _unread()
        return rx.download(data=version.text, filename=f"{version.plan.workflow}-{version.number}.weft")

    @rx.event
    @guarded("edit")
    async def restore(self, version_id: str) -> Any:
        """Puts a version's text into the draft: one change, one undo. Nothing is published by it."""
        await authorized(self, Permission.EDIT)
        version = await self._version(version_id)
        if version is None:
            return _unread()
        return [
            EditorState.take_text(version.text, "restore"),
            rx.toast.success(
                f"The draft has the text of version {version.number}.",
                description="Publish to make it live. Undo brings back what was there.",
            ),
        ]

    async def _version(self, version_id: str) -> workflows.Version | None:
        """The version of the open workflow with this id, if there is one."""
        try:
            actor = await authorized(self)
            version = await workflows.get_version(await services.database(), actor, UUID(version_id))
        except (WeftError, ValueError):
            return None
        editor = await self.get_state(EditorState)
        return version if str(version.workflow_id) == editor.workflow_id else None


class Rollback(rx.State):
    """Going back to version ``number``: what it means, then doing it."""

    open: bool = False
    looking: bool = False
    busy: bool = False
    number: int = 0
    live: int = 0
    found: Json = {}
    runs: Json = {}
    lowers: bool = False
    trouble: str = ""
    trouble_help: str = ""
    refused: list[Json] = []

    @rx.event
    @guarded("publish")
    async def ask(self, number: int) -> Any:
        """Opens the question, with what would be different for those who use the workflow."""
        editor = await self.get_state(EditorState)
        self.reset()
        self.number, self.live, self.open, self.looking = number, editor.live_version, True, True
        yield
        try:
            actor = await authorized(self, Permission.PUBLISH)
            db, workflow = await services.database(), UUID(editor.workflow_id)
            draft = await workflows.get_draft(db, actor, workflow)
            self.live = draft.live_version or 0
            texts = await workflows.read_texts(db, actor, workflow, {number, self.live})
            flying = await inflight.by_version(db, actor, workflow)
        except WeftError as error:
            self.trouble, self.trouble_help = error.message, error.help
        else:
            if number in texts and self.live in texts:
                runs = flying.get(draft.live_version_id, InFlight()) if draft.live_version_id else InFlight()
                difference = await asyncio.to_thread(
                    differing.differ, texts[self.live], texts[number], editor._desk.catalog, runs.waiting
                )
                self.found = differing.shown(difference)
                self.runs = differing.in_flight(runs, difference.old)
                self.lowers = bool(difference.lowering)
            else:
                self.trouble, self.trouble_help = (
                    f"This workflow has no version {number}.",
                    "Load the page again.",
                )
        finally:
            self.looking = False

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.open = False

    @rx.event
    @guarded("publish")
    async def confirm(self) -> Any:
        """Does it."""
        self.busy = True
        yield
        try:
            done = await self._go_back(self.number)
        except Rejected as rejected:
            errors = [one for one in rejected.diagnostics if one.severity == "error"]
            self.refused = [problem(one, n) for n, one in enumerate(errors)]
            self.trouble, self.trouble_help = (
                rejected.message,
                f"Take version {self.number} into the draft and mend it there.",
            )
        except WeftError as error:
            self.trouble, self.trouble_help = error.message, error.help
        else:
            self.open = False
            for told in done:
                yield told
        finally:
            self.busy = False

    @rx.event
    @guarded("publish")
    async def undo(self, number: int) -> Any:
        """Back to what was live before, from a notice: without a question."""
        try:
            return await self._go_back(number)
        except Rejected as rejected:
            return rx.toast.error(
                rejected.message, description=f"Version {number} no longer fits what is connected."
            )
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)

    async def _go_back(self, number: int) -> list[Any]:
        editor = await self.get_state(EditorState)
        was = editor.live_version
        actor = await authorized(self, Permission.PUBLISH)
        version = await workflows.rollback(await services.database(), actor, UUID(editor.workflow_id), number)
        editor.published(version.number, version.text)
        await (await self.get_state(Versions)).refresh()
        return [
            Versions.describe,
            Trial.load,
            rx.toast.success(
                f"Version {number} is live again, as version {version.number}.",
                description="The draft stays as it is. Runs under way stay on their version.",
                duration=12_000,
                action={"label": "Undo", "on_click": Rollback.undo(was)},
            ),
        ]


def _telling(old: list[str], new: str, catalog: Catalog) -> Json:
    if not old:
        return {"words": "The first version.", "more": 0, "all": [], "lowers": False}
    return differing.briefly(changes(dsl.parse(old[0]), dsl.parse(new), catalog))


def _keep(key: tuple[str, str], told: Mapping[str, Any]) -> None:
    _told[key] = dict(told)
    while len(_told) > _KEPT:
        _told.popitem(last=False)


def _unread() -> Any:
    return rx.toast.error("This version could not be read.", description="Load the page again.")
