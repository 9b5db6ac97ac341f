"""Testing the draft from the editor, or running the live version: painted on the canvas as it goes."""

from __future__ import annotations

import asyncio
import json
from typing import Any, assert_never
from uuid import UUID

import reflex as rx

from engine import pins, runs, trials, workflows
from engine.actor import Actor
from engine.errors import BadInput, NotFound, Rejected, WeftError
from engine.identity import new_id
from engine.lifecycle import TERMINAL
from engine.permissions import Permission, may
from engine.trials import NewTrial, Unready, Wish
from studio.editor import rehearsal
from studio.editor import trial_says as says
from studio.editor.inspecting import Inspecting
from studio.editor.rehearsal import Ready
from studio.editor.state import EditorState
from studio.runs.gates import gates
from studio.runs.steps import known_steps, painted
from studio.shell import authorized, guarded, services
from studio.shell.moments import iso

PAINT = 0.2
"""Seconds between two paints."""
QUIET = 5.0
OVER = frozenset({"succeeded", "failed", "cancelled", "timed_out", "needs_review"})
SOURCES = 12
"""Runs that are offered to begin from."""


class Trial(rx.State):
    """The form, what a test may do, and the run that is painted. ``states`` is step path -> state, as the canvas paints
    it; ``setup`` what the Test tab offers, ``step`` what is known of the chosen step, ``run`` the run as it goes."""

    what: str = "draft"
    schema: dict[str, Any] = {}
    version: int = 0
    problems: list[dict[str, str]] = []
    message: str = ""
    busy: bool = False
    run_id: str = ""
    run_state: str = ""
    gates: list[dict[str, str]] = []
    error: str = ""
    states: dict[str, str] = {}
    setup: dict[str, Any] = {}
    step: dict[str, Any] = {}
    result: dict[str, Any] = {}

    _workflow: str = ""
    _version_id: str = ""
    _key: str = ""
    _real: frozenset[str] = frozenset()
    _approve: frozenset[str] = frozenset()
    _until: str = ""
    _begin: str = ""
    _source: str = ""
    _blockers: tuple[tuple[str, str], ...] = ()
    _pins: tuple[pins.StepPin, ...] = ()
    _ready: Any = None
    _live: Any = None
    _last: Any = None
    _given: Any = None
    _sources: tuple[runs.RunSummary, ...] = ()
    _chosen: str = ""
    _unfit: tuple[str, tuple[tuple[str, str], ...]] = ("", ())

    # ---- opening -------------------------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def load(self) -> Any:
        """What is known of the workflow's runs and pins; another workflow's run is forgotten."""
        editor = await self.get_state(EditorState)
        if editor.workflow_id != self._workflow:
            self.reset()
            self._workflow = editor.workflow_id
        if not editor.workflow_id:
            return None
        try:
            await self._read(await authorized(self))
        except WeftError as error:
            self.message = f"{error.message} {error.help}".strip()
        return Trial.refresh

    async def _read(self, actor: Actor) -> None:
        db, workflow = await services.database(), UUID(self._workflow)
        draft = await workflows.get_draft(db, actor, workflow)
        self._live = None
        if draft.live_version_id is not None:
            self._live = await workflows.get_version(db, actor, draft.live_version_id)
        self.version = self._live.number if self._live is not None else 0
        self._version_id = str(self._live.id) if self._live is not None else ""
        self._pins = await pins.list_pins(db, actor, workflow)
        over = [str(state) for state in TERMINAL]
        self._sources = (
            await runs.list_runs(db, actor, workflow_id=workflow, state=over, limit=SOURCES)
        ).items
        tested = (await runs.list_runs(db, actor, workflow_id=workflow, trial=True, limit=1)).items
        if self._last is None and self._sources:
            self._last = await runs.get_run(db, actor, self._sources[0].id)
        if self._given is None and tested:
            self._given = (await runs.get_run(db, actor, tested[0].id)).input
        self.message = ""

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def refresh(self) -> None:
        """What a test of the text as it is now could do. Of many that are asked for, the last one counts."""
        async with self:
            editor = await self.get_state(EditorState)
            desk = editor._desk
            if desk is None or editor.workflow_id != self._workflow:
                return
            reading, catalog = desk.reading, desk.catalog
        ready = await asyncio.to_thread(rehearsal.read, reading, catalog)
        try:
            found = await pins.list_pins(
                await services.database(), await authorized(self), UUID(editor.workflow_id)
            )
        except WeftError:
            found = self._pins
        async with self:
            self._ready, self._pins = ready, found
            await self._show()

    async def _show(self) -> None:
        """Everything the page shows around the form follows from what is known here."""
        editor = await self.get_state(EditorState)
        desk = editor._desk
        if desk is None:
            return
        actor = await authorized(self)
        ready: Ready = self._ready or Ready()
        live = self.what == "live" and self._live is not None
        schema = self.schema
        if live:
            schema = rehearsal.filled_schema(self._live.plan, self._live.text, self._given)
        elif ready.plan is not None:
            schema = rehearsal.filled_schema(ready.plan, desk.document.text, self._given)
        lines = rehearsal.pins_of(self._pins, desk.reading)
        pinned = {line["path"]: line for line in lines if not line["gone"]}
        told = ready.outline
        setup = {
            "live": live,
            "version": self.version,
            "changed": editor.changed,
            "ready": ready.plan is not None,
            "why": ready.message,
            "errors": desk.reading.errors,
            "effects": [] if told is None else rehearsal.effects(told, self._real, pinned, self._begin),
            "gates": [] if told is None else rehearsal.gates(told, self._real, self._approve, pinned),
            "pins": lines,
            "until": self._until,
            "begin": self._begin,
            "source": self._source,
            "sources": [_source(run) for run in self._sources] if self._begin else [],
            "blockers": [{"path": path, "message": said} for path, said in self._blockers],
            "may_edit": may(actor, Permission.EDIT),
            "may_run": may(actor, Permission.RUN),
            "may_real": may(actor, Permission.PUBLISH),
        }
        chosen = rehearsal.step_of(self._chosen, ready, self._last, lines)
        step, unfit = self._unfit
        problems = [{"path": path, "message": said} for path, said in unfit if step == self._chosen]
        shown = {"schema": schema, "setup": setup, "step": {**chosen, "problems": problems} if chosen else {}}
        # What is assigned is sent whole, changed or not.
        for name, value in shown.items():
            if getattr(self, name) != value:
                setattr(self, name, value)

    # ---- what the page says --------------------------------------------------------------------------

    @rx.event
    @guarded("view")
    async def on_say(self, said: dict[str, Any]) -> Any:
        """The Test tab and the bar of the chosen step."""
        message = says.in_trial(said)
        if message is None or not self._workflow:
            return None
        answer: Any = None
        match message:
            case says.Look():
                return Trial.refresh
            case says.Show(step=step):
                self._chosen, self._unfit = step, ("", ())
            case says.Use(what=what):
                self.what, self._blockers, self.message = what, (), ""
            case says.Tick(step=step, on=on):
                self._real = self._real | {step} if on else self._real - {step}
                self._blockers = ()
            case says.Approve(step=step, on=on):
                self._approve = self._approve | {step} if on else self._approve - {step}
                self._blockers = ()
            case says.Here(type=what, step=step):
                answer = await self._here(what, step)
            case says.From(run=run):
                self._source, self._blockers = run, ()
            case says.PinText() | says.PinLast() | says.Unpin():
                answer = await self._pin(message)
            case says.Clear():
                self._clear()
            case _:
                assert_never(message)
        await self._show()
        return answer

    async def _here(self, what: str, step: str) -> Any:
        """A test up to a step, or from it on: the tab opens, and one press starts it."""
        self._blockers, self.message, self.what = (), "", "draft"
        if what == "until":
            self._until = step
            self._begin = "" if step and self._begin == step else self._begin
        else:
            self._begin, self._source = step, ""
            self._until = "" if step and self._until == step else self._until
        if step:
            editor = await self.get_state(EditorState)
            editor.drawer, editor.drawer_open = "run", True
        return Trial.refresh if self._ready is None else None

    async def _pin(self, message: says.PinText | says.PinLast | says.Unpin) -> Any:
        editor = await self.get_state(EditorState)
        db, workflow = await services.database(), UUID(self._workflow)
        self._unfit = ("", ())
        try:
            actor = await authorized(self, Permission.EDIT)
            if not await editor.save_now():
                return rx.toast.error("The draft is not saved.", description="Save it, then pin.")
            match message:
                case says.Unpin(step=step):
                    await pins.remove_pin(db, actor, workflow, step)
                case says.PinLast(step=step):
                    last = rehearsal.last_of(self._last, step)
                    if last is None or last.state != "succeeded" or "output" in last.large:
                        raise NotFound("The last run has no output of this step.", "Type one instead.")
                    await pins.set_pin(db, actor, workflow, step, {"output": last.output})
                case says.PinText(step=step, code=code, message=said) if code:
                    content = {"error": {"code": code, "message": said}}
                    await pins.set_pin(db, actor, workflow, step, content)
                case says.PinText(step=step, text=text):
                    await pins.set_pin(db, actor, workflow, step, {"output": _json(text)})
            self._pins = await pins.list_pins(db, actor, workflow)
            (await self.get_state(Inspecting)).learn_again()
        except BadInput as unfit:
            self._unfit = (message.step, unfit.problems)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        return None

    @rx.event
    @guarded("run")
    async def ask(self) -> Any:
        """The Run button: the drawer with the form of the live version, or of the draft when nothing is live."""
        editor = await self.get_state(EditorState)
        editor.drawer, editor.drawer_open = "run", True
        self.what = "live" if editor.live_version else "draft"
        self.problems, self.message, self._key, self._blockers = [], "", "", ()
        return Trial.load

    # ---- running -------------------------------------------------------------------------------------

    @rx.event
    @guarded("run")
    async def start(self, value: dict[str, Any]) -> Any:
        """Starts a test of the draft, or a run of the live version, and follows it."""
        if not self._workflow:
            return
        self.busy, self.problems, self.message, self._blockers = True, [], "", ()
        yield
        self._key = self._key or f"studio-{new_id().hex}"
        try:
            run = await (self._run(value) if self.what == "live" else self._test(value))
        except Unready as unready:
            self._blockers = unready.problems
        except BadInput as bad:
            self.problems = [{"path": path, "message": said} for path, said in bad.problems]
            self.message = "" if self.problems else bad.message
        except Rejected as rejected:
            self.message = f"{rejected.message} {rejected.help}"
        except WeftError as error:
            self.message = f"{error.message} {error.help}".strip()
        else:
            self._key = ""
            self._given = value
            self.run_id, self.run_state = str(run.id), run.state
            self.states, self.gates, self.error, self.result = {}, [], "", {}
            yield Trial.follow
        finally:
            self.busy = False
            await self._show()

    async def _test(self, value: dict[str, Any]) -> runs.RunSummary:
        editor = await self.get_state(EditorState)
        actor = await authorized(self, Permission.RUN)
        if editor.may_edit and not await editor.save_now():
            raise BadInput("The draft is not saved: somebody else changed it. Choose whose text to keep.")
        # What is shown is what is asked for: a tick that something else has overruled does not count.
        real = frozenset(one["path"] for one in self.setup["effects"] if one["real"])
        yes = frozenset(one["path"] for one in self.setup["gates"] if one["auto"])
        wish = Wish(real, yes, self._until, self._begin)
        source = UUID(self._source) if self._begin and self._source else None
        return await trials.start_trial(
            await services.database(),
            actor,
            UUID(self._workflow),
            NewTrial(value, wish, source),
            idempotency_key=self._key,
        )

    async def _run(self, value: dict[str, Any]) -> runs.RunSummary:
        return await runs.start_run(
            await services.database(),
            await authorized(self, Permission.RUN),
            UUID(self._workflow),
            value,
            idempotency_key=self._key,
            version_id=UUID(self._version_id) if self._version_id else None,
        )

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def follow(self) -> None:
        """Paints what is recorded as it is recorded; ends with the run or the session."""
        async with self:
            run_id = self.run_id
        if not run_id:
            return
        try:
            db = await services.database()
            actor = await authorized(self)
            async for batch in runs.batches(db, actor, UUID(run_id), 0, QUIET):
                actor = await authorized(self)
                if not batch:
                    continue
                detail = await runs.get_run(db, actor, UUID(run_id))
                async with self:
                    if self.run_id != run_id:
                        return
                    await self._paint(detail)
                await asyncio.sleep(PAINT)
        except WeftError as error:
            async with self:
                self.message = f"{error.message} {error.help}".strip()

    @rx.event
    @guarded("view")
    async def clear(self) -> None:
        """Takes the run off the canvas."""
        self._clear()

    def _clear(self) -> None:
        self.run_id, self.run_state, self.error = "", "", ""
        self.states, self.gates, self.result = {}, [], {}

    async def _paint(self, detail: runs.RunDetail) -> None:
        self._last = detail
        self.run_state = detail.summary.state
        self.states = painted(detail.view.steps)
        self.gates = gates(detail.view.steps, detail.summary.waiting_on, known_steps(detail.plan))
        error = detail.summary.error or {}
        self.error = str(error.get("message", ""))
        over = self.run_state in OVER
        self.result = {
            "trial": detail.summary.trial,
            "over": over,
            "step": str(error.get("step", "")),
            "until": str((detail.trial or {}).get("until", "")),
            "output": rehearsal.shown(detail.output),
            "has_output": self.run_state == "succeeded" and detail.output_artifact is None,
            "pinned": sum(step.pinned for step in detail.view.steps),
        }
        if over and all(run.id != detail.summary.id for run in self._sources):
            self._sources = (detail.summary, *self._sources)[:SOURCES]
        if over or self.run_state == "waiting":
            (await self.get_state(Inspecting)).learn_again()
        await self._show()

    @rx.var
    def over(self) -> bool:
        """Whether the painted run is over."""
        return self.run_state in OVER


def _source(run: runs.RunSummary) -> dict[str, str]:
    return {
        "id": str(run.id),
        "words": f"{'Test' if run.trial else f'v{run.version}'} {str(run.id)[-8:]}, {run.state}",
        "at": iso(run.finished_at),
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("This cannot be pinned.", [("", f"is not JSON: {error}")]) from None
