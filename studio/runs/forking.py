"""Running a recorded run again: the dialog's state. What it would mean is planned by the engine; here it is shown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import reflex as rx

from engine import runs, versions
from engine.errors import BadInput, Conflict, WeftError
from engine.forking import service
from engine.forking.planning import Effect, ForkPlan
from engine.forking.record import static
from engine.forking.service import Change
from engine.history import StepRun
from engine.identity import new_id
from engine.lifecycle import is_terminal
from engine.runs import RunDetail
from studio.runs.start import form_schema
from studio.runs.steps import known_steps
from studio.runs.telling import veiled
from studio.shell import services
from studio.shell.session import authorized, guarded

FIRST: Final = {
    "did": "The first time it happened.",
    "unknown": "Nobody knows whether it happened the first time.",
    "undone": "The first time it happened, and was undone.",
    "failed": "The first time it failed and did not happen.",
}
ELSEWHERE: Final = {
    "did": "Another run that goes on from the same one has done it.",
    "unknown": "Another run that goes on from the same one may do it, or have done it.",
}
WHY: Final = {
    "changed": "the input or the version is another",
    "own": "you gave that yes yourself",
    "used": "another run has used its yes",
    "old": "its yes is too old",
    "open": "it was given before the arguments were known",
    "happened": "what it was given for has happened, or may have",
}
HIDDEN: Final = "It is not shown here; left empty, it stays as it was."
NO_RUN: Final = "There is no such run."


class ForkRun(rx.State):
    """``stage``: "plan" shows what would happen, "form" asks for another input first. ``plan``: see `shown`."""

    open: bool = False
    stage: str = "plan"
    busy: bool = False
    run_id: str = ""
    title: str = ""
    steps: list[dict[str, str]] = []
    at: str = ""
    versions: list[dict[str, str]] = []
    version: str = ""
    changed: bool = False
    schema: dict[str, Any] = {}
    plan: dict[str, Any] = {}
    problems: list[dict[str, str]] = []
    message: str = ""
    help: str = ""
    _input: str = ""
    """The other input, as JSON: what a state keeps comes back in a wrapping of its own."""
    _hidden: str = ""
    _own: str = ""
    _key: str = ""

    @rx.event
    @guarded("replay")
    async def ask(self, run_id: str, at: str) -> Any:
        """Opens the dialog for a run, from a step of it on; "" where it stopped."""
        yield
        if await self._opened(run_id, at):
            yield
            await self._plan()

    @rx.event
    @guarded("replay")
    async def ask_input(self, run_id: str) -> Any:
        """Opens the dialog with the form of the run's input."""
        yield
        if await self._opened(run_id, ""):
            self.stage = "form"

    @rx.event
    @guarded("replay")
    async def choose(self, at: str, version: str) -> Any:
        """Another step, or another version: the plan is made anew."""
        other = version != self.version
        self.at, self.version = "" if other else at, version
        if other:
            self.changed = self._input != "" or version != self._own
            await self._form()
        self.busy = True
        yield
        await self._plan()

    @rx.event
    @guarded("replay")
    async def edit(self) -> None:
        """The input's form."""
        self.stage, self.problems, self.message, self.help = "form", [], "", ""

    @rx.event
    @guarded("replay")
    async def back(self) -> Any:
        """From the form to the plan, with the input as it was."""
        if not self.plan:
            self.open = False
            return
        self.stage, self.problems, self.message = "plan", [], ""

    @rx.event
    @guarded("replay")
    async def take_input(self, value: dict[str, Any]) -> Any:
        """What was typed; what does not fit goes back to its field."""
        self.busy = True
        yield
        whole = {**json.loads(self._hidden or "{}"), **value}
        before, self._input, self.at = self._input, json.dumps(whole), ""
        if await self._plan():
            self.stage, self.changed = "plan", True
        else:
            self._input = before

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialog; nothing was started."""
        self.open, self._input = False, ""

    @rx.event
    @guarded("replay")
    async def start(self, plan: str, confirmed: list[str]) -> Any:
        """Makes the run that was shown, by its plan's hash, with a yes for each effect that happens again."""
        actor = await authorized(self, "replay")
        self.busy, self.message, self.help = True, "", ""
        yield
        try:
            made = await service.fork(
                await services.database(),
                actor,
                UUID(self.run_id),
                self._change(),
                plan=plan,
                confirmed=frozenset(map(str, confirmed)),
                idempotency_key=self._key,
            )
        except Conflict as late:
            self.message, self.help = late.message, late.help
            if isinstance(late.current, ForkPlan):
                self._show(late.current)
        except (WeftError, ValueError) as error:
            self.message, self.help = getattr(error, "message", NO_RUN), getattr(error, "help", "")
        else:
            self.open = False
            yield rx.redirect(f"/runs/{made.id}")
        self.busy = False

    def _change(self) -> Change:
        given = json.loads(self._input) if self._input else None
        return Change(self.at, given, UUID(self.version) if self.version else None)

    async def _opened(self, run_id: str, at: str) -> bool:
        actor = await authorized(self, "replay")
        try:
            db = await services.database()
            found = await runs.get_run(db, actor, UUID(run_id))
            listed = (
                ()
                if found.summary.trial
                else await versions.list_versions(db, actor, found.summary.workflow_id)
            )
        except (WeftError, ValueError) as error:
            self.open, self.message = True, getattr(error, "message", NO_RUN)
            return False
        self.reset()
        self.run_id, self.title = run_id, found.summary.workflow_title or found.summary.workflow_name
        self.steps = choices(found)
        whole = bool(self.steps) and found.summary.state == "succeeded"
        self.at = at or (self.steps[0]["path"] if whole else "")
        self.versions = [
            {"id": str(each.id), "words": f"v{each.number}{' (live)' if each.live else ''}"}
            for each in listed
            if each.live or each.id == found.summary.version_id
        ]
        self.version = self._own = str(found.summary.version_id)
        self.busy, self.open, self._key = True, True, f"studio-{new_id().hex}"
        self.schema = prefilled(form_schema(found.plan, found.text), found.input)
        self._hidden = json.dumps(hidden(found.input))
        if not is_terminal(found.summary.state):
            self.message = "This run is not over yet."
            self.help = "Wait for its end, or cancel it first."
            self.busy = False
            return False
        self.busy = False
        return True

    async def _form(self) -> None:
        """The form of another version keeps what was given."""
        actor = await authorized(self, "replay")
        try:
            db = await services.database()
            found = await runs.get_run(db, actor, UUID(self.run_id))
            version = await versions.get_version(db, actor, UUID(self.version))
        except (WeftError, ValueError):
            return
        given = json.loads(self._input) if self._input else found.input
        self.schema = prefilled(form_schema(version.plan, version.text), given)

    async def _plan(self) -> bool:
        actor = await authorized(self, "replay")
        self.problems, self.message, self.help = [], "", ""
        try:
            made = await service.fork_plan(
                await services.database(), actor, UUID(self.run_id), self._change()
            )
        except BadInput as error:
            self.problems = [{"path": path, "message": said} for path, said in error.problems]
            self.message, self.help, self.busy = error.message, error.help, False
            if self.stage == "plan":
                self.plan = {}
            return False
        except (WeftError, ValueError) as error:
            self.message, self.help, self.busy = (
                getattr(error, "message", NO_RUN),
                getattr(error, "help", ""),
                False,
            )
            return False
        self._show(made)
        self.busy = False
        return True

    def _show(self, made: ForkPlan) -> None:
        labels = {each["path"]: each["label"] for each in self.steps}
        self.plan = shown(made, labels)


def choices(found: RunDetail) -> list[dict[str, str]]:
    """The steps from which on the run can run again: ``{"path", "label", "state"}``, in their order."""
    known = known_steps(found.plan)
    seen: dict[str, dict[str, str]] = {}
    for step in found.view.steps:
        if _may_begin(step) and (place := known.get(static(step.path))) is not None:
            label = place.label or step.path
            seen[step.path] = {"path": step.path, "label": f"{label} ({step.path})", "state": step.state}
    return list(seen.values())


def _may_begin(step: StepRun) -> bool:
    return "~" not in step.path and "#" not in step.path


def prefilled(schema: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The form's schema with what the run was given where defaults would stand; what is secret stays away."""
    properties = {}
    for name, each in schema.get("properties", {}).items():
        if name in hidden(given):
            known = {key: value for key, value in each.items() if key != "default"}
            properties[name] = {**known, "description": f"{each.get('description', '')} {HIDDEN}".strip()}
        else:
            properties[name] = {**each, "default": given[name]} if name in given else each
    required = [name for name in schema.get("required", ()) if name not in hidden(given)]
    return {**schema, "properties": properties, "required": required}


def hidden(given: dict[str, Any]) -> dict[str, Any]:
    """What of an input no page shows."""
    return {
        name: value
        for name, value in given.items()
        if veiled(value) != value or veiled({name: value}) != {name: value}
    }


def shown(made: ForkPlan, labels: dict[str, str]) -> dict[str, Any]:
    """The plan as the dialog takes it."""
    return {
        "hash": made.hash,
        "starts": [labels.get(path, path) for path in made.starts_at],
        "steps": made.steps,
        "reused": _effects(made.reused),
        "again": _effects(made.again),
        "fresh": _effects(made.new),
        "left": _effects(made.left),
        "asked": [{**asdict(gate), "why": WHY.get(gate.why, "")} for gate in made.asked],
        "relied": len(made.relied_on),
    }


def _effects(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    return [
        {
            **asdict(each),
            "arguments": veiled(each.arguments),
            "result": veiled(each.result),
            "words": (FIRST if each.elsewhere is None else ELSEWHERE).get(each.first or "", ""),
            "elsewhere": "" if each.elsewhere is None else str(each.elsewhere),
        }
        for each in effects
    ]


__all__ = ["ForkRun", "choices", "prefilled", "shown"]
