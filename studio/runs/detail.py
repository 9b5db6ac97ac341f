"""State of one run's page: read once, then followed while the run goes on."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final, cast
from urllib.parse import quote, urlencode
from uuid import UUID

import reflex as rx

import dsl
from engine import catalog as catalogs
from engine import reviews, runs
from engine.errors import BadInput, Conflict, NotFound, WeftError
from engine.lifecycle import RunState
from studio.runs import relations, steps, telling
from studio.runs import reviews as cards
from studio.runs.following import Followed, followings
from studio.runs.outline import Look
from studio.runs.patching import Patches
from studio.runs.rows import RunRow, row
from studio.runs.telling import bounded, veiled
from studio.shell import people, services
from studio.shell.session import authorized, guarded

# The path is JSON in it: a step's name is no code.
SHOW_STEP: Final = (
    "document.querySelector('[data-path=' + CSS.escape(%s) + ']')?.scrollIntoView({block: 'nearest'})"
)
ADDRESS: Final = "history.replaceState(history.state, '', %s)"

NOBODY: Final = RunRow(*[""] * 11, live=False)
LONGEST_PATH: Final = 2_000
BEAT_MS: Final = 15_000
SILENT_S: Final = 60.0
"""A page that has said nothing for so long is closed or not seen: it is followed again once it says something."""


class RunPage(rx.State):
    """One run. `given` is its input, `result["value"]` its output. `patches`: the lines of its steps and their marks on
    the graph, see :mod:`studio.runs.patching`; `step` the path of the one that is looked at, `detail` what is known of
    it (:func:`studio.runs.telling.told`), `picked` its path in the text."""

    run: RunRow = NOBODY
    loaded: bool = False
    missing: bool = False
    given: dict[str, Any] = {}
    result: dict[str, Any] = {"value": None, "large": {}}
    error: dict[str, Any] = {}
    patches: list[dict[str, Any]] = []
    begun: bool = False
    step: str = ""
    detail: dict[str, Any] = {}
    graph: dict[str, Any] = {}
    picked: str = ""
    gates: list[dict[str, str]] = []
    reviews: list[dict[str, Any]] = []
    related: list[dict[str, str]] = []
    answering: str = ""
    review_problems: list[dict[str, str]] = []
    review_message: str = ""
    parent: str = ""
    confirming: bool = False
    busy: bool = False
    message: str = ""
    help: str = ""
    _look: Look = Look()
    _sent: Any = None
    _people: Any = None
    _told: int = -1
    _ended: bool = False
    _heard: float = 0.0
    _watching: bool = False

    @rx.event
    @guarded("view")
    async def load(self) -> Any:
        """When the page opens, at the step that its address names. Goes on as `watch` while the run is not over."""
        asked = run_in(self.router.url.path)
        self.reset()
        self._heard = time.monotonic()
        await self._read(asked, whole=True)
        if self.run.id and (step := dict(self.router.url.query_parameters).get("step", "")):
            await self._select(step[:LONGEST_PATH])
        return RunPage.watch if self.run.live else None

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def watch(self) -> None:
        """Paints what is recorded as it is recorded. Ends with the run, the page's silence or the session."""
        async with self:
            run_id, self._watching = self.run.id, True
        if not run_id:
            return
        try:
            await self._follow(UUID(run_id))
        except WeftError as error:
            async with self:
                self.message, self.help = error.message, error.help
        async with self:
            self._watching = False

    @rx.event(temporal=True)
    @guarded("view")
    async def beat(self) -> Any:
        """Now and then while the page is looked at, and when it is looked at again."""
        self._heard = time.monotonic()
        return RunPage.watch if self.run.live and not self._watching else None

    async def _follow(self, run_id: UUID) -> None:
        followed = await followings.of(await services.database(), await authorized(self), run_id)
        painted_at, seen = 0.0, -1
        async for rev in followed.changes(seen):
            await authorized(self)
            if rev == seen and not followed.over:
                async with self:
                    if self._silent:
                        return
                continue
            await asyncio.sleep(max(0.0, painted_at + followings.pace_s - time.monotonic()))
            async with self:
                if self.run.id != str(run_id) or self._silent:
                    return
                await self._read(str(run_id))
            painted_at, seen = time.monotonic(), rev

    @property
    def _silent(self) -> bool:
        return time.monotonic() - self._heard > SILENT_S

    @rx.event
    @guarded("view")
    async def resync(self) -> None:
        """For a page that misses something of its lines."""
        await self._read(self.run.id, whole=True)

    @rx.event
    @guarded("view")
    async def look(self, said: dict[str, Any]) -> Any:
        """What is shown of the steps. `{"type": "open", "path", "to"}`: a line's inner lines; `{"type": "window",
        "path", "at"}` and `{"type": "failed", "path", "to"}`: which rounds of a loop; `{"type": "select", "path"}`:
        the step that is looked at, "" for none."""
        path = str(said.get("path", ""))[:LONGEST_PATH]
        match said.get("type"):
            case "open":
                self._look = self._look.with_open(path, said.get("to") is True)
            case "window" if isinstance(at := said.get("at"), int):
                self._look = self._look.with_window(path, min(at, 10_000_000))
            case "failed":
                self._look = self._look.with_failed(path, said.get("to") is True)
            case "select":
                return await self._chosen("" if path == self.step else path)
        await self._read(self.run.id)
        return None

    @rx.event
    @guarded("view")
    async def pick(self, path: str) -> Any:
        """A node of the graph: its step, of several rounds one that failed, else the latest."""
        if not self.run.id or path == self.picked:
            return None
        followed = await self._followed()
        found = "" if followed is None else followed.outline.latest(path[:LONGEST_PATH])
        self.picked = path
        return await self._chosen(found) if found else None

    async def _chosen(self, path: str) -> Any:
        await self._select(path)
        query = f"?step={quote(path, safe='')}" if path else ""
        address = ADDRESS % json.dumps(f"/runs/{self.run.id}{query}")
        return rx.call_script(f"{address}; {SHOW_STEP % json.dumps(path)}" if path else address)

    async def _select(self, path: str) -> None:
        followed = await self._followed()
        if followed is None:
            return
        known = path and followed.outline.find(path) is not None
        self.step, self._told = path if known else "", -1
        self.picked = steps.written(path) if known else ""
        if known:
            self._look = followed.outline.reveal(path, self._look)
        elif self.detail:
            self.detail = {}
        await self._read(self.run.id)

    async def _followed(self) -> Followed | None:
        try:
            return await followings.of(await services.database(), await authorized(self), UUID(self.run.id))
        except (WeftError, ValueError):
            return None

    @rx.event
    @guarded("view")
    async def open_editor(self) -> Any:
        """To the workflow in the editor: the version that ran, and the step that is looked at."""
        asked = {"version": self.run.version.removeprefix("v"), "step": self.picked}
        query = urlencode({name: value for name, value in asked.items() if value})
        return rx.redirect(f"/workflows/{self.run.workflow_id}?{query}")

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
        await self._read(self.run.id, fresh=True)
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
        await self._read(self.run.id, fresh=True)

    async def _read(self, run_id: str, *, whole: bool = False, fresh: bool = False) -> None:
        """Brings the page up to date with the run, and sends only what is another than before. ``fresh``: after
        something was done to the run."""
        actor = await authorized(self)
        try:
            db = await services.database()
            followed = await followings.of(db, actor, UUID(run_id), fresh=fresh or whole)
            summary, state = followed.summary, followed.summary.state
            unclear = await reviews.of_run(db, actor, summary.id) if state == "needs_review" else ()
            if whole or self._people is None:
                self._people = await people.names(db, actor)
                given = bounded(veiled(followed.frame.input))
                self.given = given if isinstance(given, dict) else {"input": given}
                known = await catalogs.catalog(db, actor)
                self.graph = dsl.graph_json(dsl.layout(dsl.view(dsl.parse(followed.frame.text), (), known)))
            if whole or (followed.over and not self._ended):
                self._ended = followed.over
                self.related = await relations.of(db, actor, summary)
                if followed.over:
                    output, away = await runs.get_result(db, actor, summary.id)
                    self.result = {
                        "value": bounded(veiled(output)),
                        "large": steps.large(away, run_id),
                    }
            if self.step and (changed := followed.changed(self.step)) != self._told:
                events = await runs.events_of_step(db, actor, summary.id, self.step)
                self.detail, self._told = telling.told(events, self.step, run_id), changed
        except (NotFound, ValueError):
            self.loaded, self.missing = True, True
            return
        except WeftError as error:
            self.loaded, self.message, self.help = True, error.message, error.help
            return
        sent: Patches = self._sent or Patches()
        patches = sent.change(followed.lines(self._look), marks=followed.outline.marks, whole=whole)
        self._sent = sent
        if patches is not None:
            self.patches = patches
        shown: dict[str, Any] = {
            "run": row(summary, self._people),
            "error": summary.error or {},
            "gates": followed.gates(),
            "reviews": cards.cards(unclear),
            "parent": str(summary.parent_run_id or ""),
            "begun": bool(followed.fold.steps),
            "loaded": True,
            "missing": False,
            "message": "",
            "help": "",
        }
        # A variable that is assigned is sent whole, changed or not.
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)


def run_in(path: str) -> str:
    """The run that an address of its page names."""
    return path.rstrip("/").rpartition("/")[2]
