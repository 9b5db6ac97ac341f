"""State of the list of runs: filters, live refresh, more on demand."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import reflex as rx

from engine import runs, workflows
from engine.errors import WeftError
from studio.runs.rows import STATES, RunRow, row
from studio.shell import people, services
from studio.shell.session import authorized, guarded

PAGE: Final = 30
MOST_REFRESHED: Final = 200
TESTS: Final = {"only": True, "none": False}


class RunList(rx.State):
    """What is filtered for, and the rows that fit, newest first."""

    rows: list[RunRow] = []
    loaded: bool = False
    more: bool = False
    busy: bool = False
    workflow: str = ""
    state: str = ""
    tests: str = ""
    choices: list[tuple[str, str]] = []
    message: str = ""
    help: str = ""
    _cursor: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens, with the filters of its address."""
        query = self.router.url.query_parameters
        self.workflow = _uuid_or_none(query.get("workflow", ""))
        self.state = query.get("state", "") if query.get("state", "") in STATES else ""
        self.tests = query.get("tests", "") if query.get("tests", "") in TESTS else ""
        self.rows, self.loaded = [], False
        actor = await authorized(self)
        try:
            listed = await workflows.list_workflows(await services.database(), actor)
        except WeftError:
            listed = ()
        self.choices = [(str(each.id), each.title or each.name) for each in listed]
        await self._read(PAGE)

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds: as many rows as are shown."""
        if self.loaded and not self.busy:
            await self._read(max(PAGE, min(len(self.rows), MOST_REFRESHED)))

    @rx.event
    @guarded("view")
    async def retry(self) -> None:
        """After a failure."""
        await self._read(PAGE)

    @rx.event
    @guarded("view")
    async def filter_workflow(self, workflow: str) -> rx.event.EventSpec:
        """Only runs of one workflow; "" for all."""
        self.workflow = _uuid_or_none(workflow)
        return await self._filtered()

    @rx.event
    @guarded("view")
    async def filter_state(self, state: str) -> rx.event.EventSpec:
        """Only runs in one state; "" for all."""
        self.state = state if state in STATES else ""
        return await self._filtered()

    @rx.event
    @guarded("view")
    async def filter_tests(self, tests: str) -> rx.event.EventSpec:
        """Tests of drafts alone ("only"), runs alone ("none"), or both."""
        self.tests = tests if tests in TESTS else ""
        return await self._filtered()

    @rx.event
    @guarded("view")
    async def load_more(self) -> None:
        """The next page, below what is there."""
        if self._cursor:
            await self._read(PAGE, cursor=self._cursor)

    async def _filtered(self) -> rx.event.EventSpec:
        await self._read(PAGE)
        named = {"workflow": self.workflow, "state": self.state, "tests": self.tests}
        query = "&".join(f"{name}={value}" for name, value in named.items() if value)
        address = "/runs?" + query if query else "/runs"
        return rx.call_script(f"history.replaceState(history.state, '', '{address}')")

    async def _read(self, limit: int, cursor: str = "") -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            page = await runs.list_runs(
                db,
                actor,
                workflow_id=UUID(self.workflow) if self.workflow else None,
                state=self.state or None,
                trial=TESTS.get(self.tests),
                cursor=cursor or None,
                limit=limit,
            )
            named = await people.names(db, actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        fresh = [row(run, named) for run in page.items]
        kept = self.rows if cursor else []
        beyond = [] if cursor or len(self.rows) <= MOST_REFRESHED else self.rows[MOST_REFRESHED:]
        if (shown := [*kept, *fresh, *beyond]) != self.rows:
            self.rows = shown
        if cursor or not beyond:
            self._cursor, self.more = page.next or "", page.next is not None
        self.loaded, self.message, self.help = True, "", ""


def _uuid_or_none(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
