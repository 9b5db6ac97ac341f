"""State of one run's page: read once, then followed while the run goes on."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final, cast
from uuid import UUID

import reflex as rx

import dsl
from dsl.catalog import Catalog
from engine import catalog as catalogs
from engine import reviews, runs
from engine.errors import BadInput, Conflict, NotFound, WeftError
from engine.lifecycle import RunState
from engine.runs import RunDetail
from studio.runs import reviews as cards
from studio.runs import steps
from studio.runs.gates import gates
from studio.runs.rows import RunRow, row
from studio.shell import people, services
from studio.shell.session import authorized, guarded

# Between two paints of a running run: often enough to feel live, seldom enough for a run of many steps.
PAINT_SECONDS: Final = 0.25
QUIET_SECONDS: Final = 4.0

# The path is JSON in it: a step's name is no code.
SHOW_STEP: Final = (
    "document.querySelector('[data-path=' + CSS.escape(%s) + ']')?.scrollIntoView({block: 'nearest'})"
)

NOBODY: Final = RunRow(*[""] * 11, live=False)


class RunPage(rx.State):
    """One run. `given` is its input, `result["value"]` its output; `painted` the state of each step, for the graph."""

    run: RunRow = NOBODY
    loaded: bool = False
    missing: bool = False
    given: dict[str, Any] = {}
    result: dict[str, Any] = {"value": None, "large": {}}
    error: dict[str, Any] = {}
    trace: list[dict[str, Any]] = []
    details: dict[str, Any] = {}
    opened: list[str] = []
    graph: dict[str, Any] = {}
    painted: dict[str, str] = {}
    picked: str = ""
    gates: list[dict[str, str]] = []
    reviews: list[dict[str, Any]] = []
    answering: str = ""
    review_problems: list[dict[str, str]] = []
    review_message: str = ""
    parent: str = ""
    confirming: bool = False
    busy: bool = False
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> Any:
        """When the page opens. Goes on as `watch` while the run is not over."""
        asked = _run_in(self.router.url.path)
        if asked != self.run.id:
            self.reset()
        await self._read(asked)
        return RunPage.watch if self.run.live else None

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def watch(self) -> None:
        """Paints what is recorded as it is recorded. Ends with the run, the page or the session."""
        async with self:
            run_id = self.run.id
        if not run_id:
            return
        try:
            await self._follow(UUID(run_id))
        except WeftError as error:
            async with self:
                self.message, self.help = error.message, error.help

    async def _follow(self, run_id: UUID) -> None:
        db = await services.database()
        actor = await authorized(self)
        after, painted_at = 0, 0.0
        async for batch in runs.batches(db, actor, run_id, after, QUIET_SECONDS):
            await authorized(self)
            if not batch:
                continue
            await asyncio.sleep(max(0.0, painted_at + PAINT_SECONDS - time.monotonic()))
            async with self:
                if self.run.id != str(run_id):
                    return
                await self._read(str(run_id))
            painted_at = time.monotonic()

    @rx.event
    @guarded("view")
    async def toggle(self, path: str) -> None:
        """Opens or closes a step's details."""
        if path in self.opened:
            self.opened = [each for each in self.opened if each != path]
        elif any(each["path"] == path for each in self.trace):
            self.opened = [*self.opened, path]
            await self._read(self.run.id)

    @rx.event
    @guarded("view")
    async def pick(self, path: str) -> Any:
        """A node of the graph: opens its step below, of several rounds the latest."""
        self.picked = path
        rounds = [each["path"] for each in self.trace if steps.written(each["path"]) == path]
        if not rounds:
            return None
        if rounds[-1] not in self.opened:
            self.opened = [*self.opened, rounds[-1]]
            await self._read(self.run.id)
        return rx.call_script(SHOW_STEP % json.dumps(rounds[-1]))

    @rx.event
    @guarded("cancel")
    async def ask_cancel(self) -> None:
        """Asks before it cancels."""
        self.confirming = True

    @rx.event
    @guarded("view")
    async def dismiss(self) -> None:
        """Closes the question."""
        self.confirming = False

    @rx.event
    @guarded("cancel")
    async def cancel(self) -> Any:
        """Cancels the run."""
        actor = await authorized(self, "cancel")
        self.confirming = False
        try:
            await runs.cancel_run(await services.database(), actor, UUID(self.run.id))
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        await self._read(self.run.id)
        return rx.toast.success(
            "Cancelled." if not self.run.live else "The run stops after the step it is in."
        )

    @rx.event
    @guarded("review")
    async def answer(self, path: str, decision: str, attempt: int, result: str, comment: str) -> Any:
        """Says what became of a call whose outcome nobody knew, about the try that this page showed."""
        actor = await authorized(self, "review")
        if decision not in ("happened", "again", "fail"):
            return
        self.answering, self.review_problems, self.review_message = path, [], ""
        yield
        try:
            value = json.loads(result)
            said = await reviews.answer(
                await services.database(),
                actor,
                UUID(self.run.id),
                path,
                cast(reviews.Decision, decision),
                value,
                comment[: reviews.LONGEST_COMMENT],
                attempt=attempt,
            )
        except (BadInput, ValueError) as unfit:
            problems = cards.problems(unfit) if isinstance(unfit, BadInput) else []
            self.review_problems = problems
            whole = not problems or any(each["path"] == "" for each in problems)
            self.review_message = getattr(unfit, "message", "This is not JSON.") if whole else ""
        except Conflict as late:
            yield rx.toast.info(late.message, description=late.help)
        except WeftError as error:
            yield rx.toast.error(error.message, description=error.help)
        else:
            more = said.state == RunState.NEEDS_REVIEW
            yield rx.toast.success("Kept. There is more to answer." if more else "Kept. The run goes on.")
        self.answering = ""
        await self._read(self.run.id)

    async def _read(self, run_id: str) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            found = await runs.get_run(db, actor, UUID(run_id))
            unclear = await reviews.of_run(db, actor, UUID(run_id))
            named = await people.names(db, actor)
            known = None if self.graph else await catalogs.catalog(db, actor)
        except (NotFound, ValueError):
            self.loaded, self.missing = True, True
            return
        except WeftError as error:
            self.loaded, self.message, self.help = True, error.message, error.help
            return
        self._show(found, unclear, named, known)

    def _show(
        self,
        found: RunDetail,
        unclear: tuple[reviews.Review, ...],
        named: dict[UUID, str],
        catalog: Catalog | None,
    ) -> None:
        known = steps.known_steps(found.plan)
        if not self.graph:  # a run's version never changes
            self.graph = dsl.graph_json(dsl.layout(dsl.view(dsl.parse(found.text), (), catalog)))
        shown: dict[str, Any] = {
            "run": row(found.summary, named),
            "given": found.input,
            "result": {
                "value": found.output,
                "large": steps.large(found.output_artifact, str(found.summary.id)),
            },
            "error": found.summary.error or {},
            "trace": steps.rows(found.view.steps, known),
            "gates": gates(found.view.steps, found.summary.waiting_on, known),
            "reviews": cards.cards(unclear),
            "parent": str(found.summary.parent_run_id or ""),
            "painted": steps.painted(found.view.steps),
            "details": {
                each.path: steps.detail(each, str(found.summary.id))
                for each in found.view.steps
                if each.path in self.opened
            },
            "loaded": True,
            "missing": False,
            "message": "",
            "help": "",
        }
        # A variable that is assigned is sent whole, changed or not.
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


def _run_in(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
