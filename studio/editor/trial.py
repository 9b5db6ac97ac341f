"""Running the live version from the editor, painted on the canvas as it goes."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import reflex as rx

import dsl
from dsl import tree
from engine import runs, workflows
from engine.errors import BadInput, WeftError
from engine.identity import new_id
from engine.permissions import Permission
from studio.editor.state import EditorState
from studio.runs import form_schema
from studio.runs.gates import gates
from studio.runs.steps import known_steps, painted
from studio.shell import authorized, guarded, services

PAINT = 0.2
"""Seconds between two paints."""
QUIET = 5.0
OVER = frozenset({"succeeded", "failed", "cancelled", "timed_out", "needs_review"})


def as_written(schema: dict[str, Any], text: str) -> dict[str, Any]:
    """The schema with its properties in the order in which the text has them: the database keeps no order."""
    names = [
        field.name
        for head in dsl.parse(text).workflow.heads
        if isinstance(head, tree.Fields) and head.role == "input"
        for field in head.fields
    ]
    known = schema.get("properties", {})
    first = {name: known[name] for name in names if name in known}
    return {**schema, "properties": {**first, **known}}


class Trial(rx.State):
    """The run form and the run that is painted. ``states`` is step path -> state, as the canvas paints it."""

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

    _workflow: str = ""
    _version_id: str = ""
    _key: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """The form of the live version; another workflow's run is forgotten."""
        editor = await self.get_state(EditorState)
        if editor.workflow_id != self._workflow:
            self.reset()
            self._workflow = editor.workflow_id
        if not editor.workflow_id:
            return
        try:
            actor = await authorized(self)
            db = await services.database()
            draft = await workflows.get_draft(db, actor, UUID(editor.workflow_id))
            if draft.live_version_id is None:
                self.schema, self.version, self._version_id = {}, 0, ""
                return
            live = await workflows.get_version(db, actor, draft.live_version_id)
        except WeftError as error:
            self.message = f"{error.message} {error.help}".strip()
            return
        self.schema = as_written(form_schema(live.plan), live.text)
        self.version, self._version_id = live.number, str(live.id)
        self.message = ""

    @rx.event
    @guarded("run")
    async def ask(self) -> Any:
        """The Run button: the drawer with the form."""
        editor = await self.get_state(EditorState)
        editor.drawer, editor.drawer_open = "run", True
        self.problems, self.message, self._key = [], "", f"studio-{new_id().hex}"
        return Trial.load

    @rx.event
    @guarded("run")
    async def start(self, value: dict[str, Any]) -> Any:
        """Starts a run of the live version and follows it."""
        if not self._version_id:
            return
        self.busy, self.problems, self.message = True, [], ""
        yield
        self._key = self._key or f"studio-{new_id().hex}"
        try:
            actor = await authorized(self, Permission.RUN)
            run = await runs.start_run(
                await services.database(),
                actor,
                UUID(self._workflow),
                value,
                idempotency_key=self._key,
                version_id=UUID(self._version_id),
            )
        except BadInput as bad:
            self.problems = [{"path": path, "message": said} for path, said in bad.problems]
            self.message = "" if self.problems else bad.message
        except WeftError as error:
            self.message = f"{error.message} {error.help}".strip()
        else:
            self._key = ""
            self.run_id, self.run_state = str(run.id), run.state
            self.states, self.gates, self.error = {}, [], ""
            yield Trial.follow
        finally:
            self.busy = False

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
                    self._paint(detail)
                await asyncio.sleep(PAINT)
        except WeftError as error:
            async with self:
                self.message = f"{error.message} {error.help}".strip()

    @rx.event
    @guarded("view")
    async def clear(self) -> None:
        """Takes the run off the canvas."""
        self.run_id, self.run_state, self.error = "", "", ""
        self.states, self.gates = {}, []

    def _paint(self, detail: runs.RunDetail) -> None:
        self.run_state = detail.summary.state
        self.states = painted(detail.view.steps)
        self.gates = gates(detail.view.steps, detail.summary.waiting_on, known_steps(detail.plan))
        error = detail.summary.error or {}
        self.error = str(error.get("message", ""))

    @rx.var
    def over(self) -> bool:
        """Whether the painted run is over."""
        return self.run_state in OVER
