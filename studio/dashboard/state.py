"""State of the dashboard: what is looked at, and the numbers as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from engine import figures, workflows
from engine.alerts import rules
from engine.errors import WeftError
from engine.figures import RANGES, Span, span_between, span_of
from studio.dashboard.shown import board
from studio.shell import services
from studio.shell.moments import iso
from studio.shell.session import authorized, guarded

DEFAULT: Final = "24h"


class Board(rx.State):
    """``span``: one of ``RANGES``, or "custom" from ``since`` until ``until`` (ISO). ``shown``: see ``shown.board``."""

    span: str = DEFAULT
    since: str = ""
    until: str = ""
    workflow: str = ""
    choices: list[tuple[str, str]] = []
    shown: dict[str, Any] = {}
    tiles: list[dict[str, str]] = []
    steps: list[dict[str, str]] = []
    waits: list[dict[str, str]] = []
    calls: list[dict[str, Any]] = []
    ages: list[dict[str, Any]] = []
    firing: list[dict[str, str]] = []
    loaded: bool = False
    ever: bool = True
    paused: bool = False
    picking: bool = False
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens, with what its address asks for."""
        query = self.router.url.query_parameters
        self.workflow = _uuid_or_none(query.get("workflow", ""))
        self.since, self.until = _moment(query.get("since", "")), _moment(query.get("until", ""))
        self.span = query.get("range", DEFAULT)
        if self.since and self.until:
            self.span = "custom"
        elif self.span not in RANGES:
            self.span = DEFAULT
        self.picking = False
        actor = await authorized(self)
        try:
            listed = await workflows.list_workflows(await services.database(), actor)
        except WeftError:
            listed = ()
        self.choices = [(str(each.id), each.title or each.name) for each in listed]
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds while the page is looked at."""
        if self.loaded and not self.paused:
            await self._read()

    @rx.event
    @guarded("view")
    async def retry(self) -> None:
        """After a failure."""
        await self._read()

    @rx.event
    @guarded("view")
    async def pause(self) -> None:
        """The numbers stand still, or follow again."""
        self.paused = not self.paused
        if not self.paused:
            await self._read()

    @rx.event
    @guarded("view")
    async def choose_range(self, span: str) -> rx.event.EventSpec | None:
        """One of the usual ones; "custom" asks from when until when."""
        if span not in RANGES:
            self.picking = True
            return None
        self.span, self.since, self.until, self.picking = span, "", "", False
        return await self._changed()

    @rx.event
    @guarded("view")
    async def choose_between(self, since: str, until: str) -> rx.event.EventSpec | None:
        """Any time, as two ISO times."""
        self.since, self.until = _moment(since), _moment(until)
        if not self.since or not self.until or self.since >= self.until:
            self.message, self.help = "The end must be after the beginning.", "Choose two times."
            return None
        self.span, self.picking = "custom", False
        return await self._changed()

    @rx.event
    @guarded("view")
    async def choose_workflow(self, workflow: str) -> rx.event.EventSpec:
        """The numbers of one workflow; "" for all."""
        self.workflow = _uuid_or_none(workflow)
        return await self._changed()

    async def _changed(self) -> rx.event.EventSpec:
        await self._read()
        said = {"range": "" if self.span in ("custom", DEFAULT) else self.span, "workflow": self.workflow}
        said |= {"since": self.since, "until": self.until}
        query = urlencode({name: value for name, value in said.items() if value}, safe=":")
        address = f"/dashboard?{query}" if query else "/dashboard"
        return rx.call_script(f"history.replaceState(history.state, '', '{address}')")

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            db, workflow = await services.database(), UUID(self.workflow) if self.workflow else None
            found = await figures.figures(db, actor, self._span(), workflow)
            firing = await rules.firing(db, actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        self.firing = [
            {"name": one.name, "words": one.words, "since": iso(one.since), "severity": one.severity}
            for one in firing
        ]
        fresh = board(found, self.workflow)
        self.tiles, self.steps, self.waits = fresh.pop("tiles"), fresh.pop("steps"), fresh.pop("waits")
        self.calls, self.ages = fresh.pop("calls"), fresh.pop("ages")
        self.shown = fresh
        self.ever, self.loaded, self.message, self.help = found.ever, True, "", ""

    def _span(self) -> Span:
        now = datetime.now(UTC)
        if self.span == "custom":
            return span_between(datetime.fromisoformat(self.since), datetime.fromisoformat(self.until), now)
        return span_of(self.span, now)


def _uuid_or_none(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _moment(text: str) -> str:
    """An ISO time in UTC, or "" for what is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
