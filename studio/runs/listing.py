"""State of the list of runs: what is asked for, the rows that fit, live, and views that people keep."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from engine import runs, workflows
from engine.errors import BadInput, WeftError
from engine.finding import views
from engine.finding.asking import RunFilter, lenient, read
from engine.permissions import may
from engine.triggers.register import list_triggers
from studio.runs.bulking import BULK, MOST, offered
from studio.runs.patching import Patches
from studio.runs.rows import RunRow, row
from studio.shell import people, services
from studio.shell.session import authorized, guarded

PAGE: Final = 50
MOST_REFRESHED: Final = 200


class RunList(rx.State):
    """`asked`: the words of the filter, as in the address. `patches`: the rows, see :mod:`studio.runs.patching`; with
    them travel `more` (there is a next page), `count` ("200+") and `until` (how far a search looked)."""

    asked: dict[str, str] = {}
    patches: list[dict[str, Any]] = []
    loaded: bool = False
    busy: bool = False
    empty: bool = False
    choices: dict[str, list[dict[str, str]]] = {}
    kept: list[dict[str, Any]] = []
    bulks: list[dict[str, Any]] = []
    message: str = ""
    help: str = ""
    _asks: RunFilter = RunFilter()
    _rows: tuple[RunRow, ...] = ()
    _cursor: str = ""
    _until: str = ""
    _counted: tuple[str, int] = ("", 0)
    _sent: Any = None

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens, with the filters of its address."""
        self._asks = lenient(dict(self.router.url.query_parameters))
        self.asked = self._asks.words()
        self._rows, self._cursor, self._sent = (), "", Patches()
        self.loaded, self.message, self.help, self._counted = False, "", "", ("", 0)
        actor = await authorized(self)
        self.bulks = offered(actor.role)
        await self._read(whole=True)
        try:
            db = await services.database()
            self.choices = {
                "workflow": [
                    {"key": str(each.id), "words": each.title or each.name}
                    for each in await workflows.list_workflows(db, actor)
                ],
                "by": [
                    {"key": str(each), "words": name}
                    for each, name in (await people.names(db, actor)).items()
                ],
                "trigger_id": [
                    {"key": str(each.id), "words": f"{each.name} ({each.kind})"}
                    for each in await list_triggers(db, actor)
                ],
            }
            await self._read_views()
        except WeftError:
            self.choices, self.kept = {}, []

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds: as many rows as are shown."""
        if self.loaded and not self.busy:
            await self._read()

    @rx.event
    @guarded("view")
    async def retry(self) -> None:
        """After a failure, and for a page that misses something."""
        await self._read(whole=True)

    @rx.event
    @guarded("view")
    async def ask(self, words: dict[str, str]) -> Any:
        """Other filters: all of them, as the words of an address."""
        try:
            self._asks = read(words)
        except BadInput as unfit:
            return rx.toast.error(unfit.message, description=unfit.help)
        self.asked = self._asks.words()
        self._rows, self._cursor = (), ""
        await self._read(whole=True)
        query = urlencode(self.asked)
        address = f"/runs?{query}" if query else "/runs"
        return rx.call_script(f"history.replaceState(history.state, '', {address!r})")

    @rx.event
    @guarded("view")
    async def load_more(self) -> None:
        """The next page, below what is there."""
        if self._cursor:
            await self._read(cursor=self._cursor)

    @rx.event
    @guarded("view")
    async def keep(self, name: str, shared: bool) -> Any:
        """Keeps the filter as a view of the person's."""
        actor = await authorized(self)
        try:
            db = await services.database()
            await views.save_view(db, actor, name, self._asks.words(), shared)
            await self._read_views()
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        return rx.toast.success(f"Kept as “{' '.join(name.split())}”.")

    @rx.event
    @guarded("view")
    async def forget(self, view_id: str) -> Any:
        """Deletes a view of the person's."""
        actor = await authorized(self)
        try:
            await views.delete_view(await services.database(), actor, UUID(view_id))
            await self._read_views()
        except (WeftError, ValueError) as error:
            return rx.toast.error(getattr(error, "message", "There is no such view."))

    @rx.event
    @guarded("view")
    async def bulk(self, key: str, ids: list[str]) -> Any:
        """One of :data:`studio.runs.bulking.BULK`, for the chosen runs."""
        chosen = BULK.get(key)
        actor = await authorized(self)
        if chosen is None or not may(actor, chosen.permission):
            return rx.toast.error("Your role may not do this.")
        try:
            said = await chosen.does(await services.database(), actor, [UUID(each) for each in ids[:MOST]])
        except (WeftError, ValueError) as error:
            return rx.toast.error(getattr(error, "message", "One of these is no run."))
        await self._read()
        return rx.toast.success(said)

    async def _read_views(self) -> None:
        actor = await authorized(self)
        self.kept = [
            {
                "key": str(each.id),
                "name": each.name,
                "asked": each.asks.words(),
                "shared": each.shared,
                "mine": each.mine,
            }
            for each in await views.list_views(await services.database(), actor)
        ]

    async def _read(self, *, cursor: str = "", whole: bool = False) -> None:
        actor = await authorized(self)
        limit = PAGE if cursor else max(PAGE, min(len(self._rows), MOST_REFRESHED))
        try:
            db = await services.database()
            page, named, count = await asyncio.gather(
                runs.list_runs(db, actor, asks=self._asks, cursor=cursor or None, limit=limit),
                people.names(db, actor),
                self._count(whole),
            )
            costs = await runs.costs(db, actor, [run.id for run in page.items])
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        fresh = [row(run, named, costs.get(run.id)) for run in page.items]
        kept = self._rows if cursor else ()
        beyond = () if cursor or len(self._rows) <= MOST_REFRESHED else self._rows[MOST_REFRESHED:]
        self._rows = (*kept, *fresh, *beyond)
        if cursor or not beyond:
            self._cursor = page.next or ""
            self._until = "" if page.until is None else page.until.isoformat()
        known = "" if count.endswith("+") or self._cursor else str(len(self._rows))
        rest = {"more": bool(self._cursor), "count": known or count, "until": self._until}
        sent: Patches = self._sent or Patches()
        patches = sent.change([(each.id, asdict(each)) for each in self._rows], rest, whole=whole)
        self._sent = sent
        if patches is not None:
            self.patches = patches
        if self.empty != (not self._rows):
            self.empty = not self._rows
        if not self.loaded or self.message:
            self.loaded, self.message, self.help = True, "", ""

    async def _count(self, anew: bool) -> str:
        """How many fit, in words; counted when the filter changes, and then only looked at."""
        asked = repr(self._asks)
        if anew or self._counted[0] != asked:
            counted = await runs.count_runs(await services.database(), await authorized(self), self._asks)
            self._counted = (asked, counted)
        number = self._counted[1]
        return f"{number - 1}+" if number > runs.MOST_COUNTED else str(max(number, len(self._rows)))

    def shown(self) -> tuple[RunRow, ...]:
        """The rows as this side has them."""
        return self._rows
