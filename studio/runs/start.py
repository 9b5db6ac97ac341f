"""Starting a run: the form of a published workflow in a dialog, from wherever a workflow is shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

import dsl
from dsl.plan import Plan
from dsl.tree import Fields
from engine import runs, workflows
from engine.errors import BadInput, WeftError
from engine.identity import new_id
from studio.runs.elements import run_form
from studio.shell import services
from studio.shell.elements import Modal, icon, test_id
from studio.shell.session import authorized, guarded


def form_schema(plan: Plan, text: str = "") -> dict[str, Any]:
    """The input's schema with its defaults, so that the form starts with them, in the order of the text.

    A stored schema has no order of its own, so the version's text gives it back.
    """
    known = plan.input_schema.get("properties", {})
    heads = dsl.parse(text).workflow.heads if text else ()
    written = [
        field.name
        for head in heads
        if isinstance(head, Fields) and head.role == "input"
        for field in head.fields
    ]
    properties = {name: known[name] for name in dict.fromkeys([*written, *known]) if name in known}
    for name, expression in plan.input_defaults.items():
        if name in properties:
            properties[name] = {**properties[name], "default": dsl.evaluate(expression, {})}
    required = [name for name in plan.input_schema.get("required", ()) if name not in plan.input_defaults]
    return {**plan.input_schema, "properties": properties, "required": required}


class StartRun(rx.State):
    """The dialog. `problems` are for the fields of the form."""

    open: bool = False
    busy: bool = False
    title: str = ""
    version: str = ""
    doc: str = ""
    schema: dict[str, Any] = {}
    problems: list[dict[str, str]] = []
    message: str = ""
    _workflow: str = ""
    _version: str = ""
    _key: str = ""

    @rx.event
    @guarded("run")
    async def ask(self, workflow_id: str) -> Any:
        """Opens the form of a workflow's live version."""
        actor = await authorized(self, "run")
        try:
            db = await services.database()
            draft = await workflows.get_draft(db, actor, UUID(workflow_id))
            if draft.live_version_id is None:
                return rx.toast.info(
                    "Not published yet.", description="Publish it in the editor, then start a run."
                )
            live = await workflows.get_version(db, actor, draft.live_version_id)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        self.title, self.version, self.doc = draft.title or draft.name, f"v{live.number}", live.plan.doc
        self.schema = form_schema(live.plan, live.text)
        self.problems, self.message, self.busy, self.open = [], "", False, True
        self._workflow, self._version = workflow_id, str(live.id)
        # One opened form starts one run, however often its button is pressed or its answer is lost.
        self._key = f"studio-{new_id().hex}"
        return None

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the form."""
        self.open = False

    @rx.event
    @guarded("run")
    async def start(self, value: dict[str, Any]) -> Any:
        """Starts the run and goes to its page; problems go back to their fields."""
        actor = await authorized(self, "run")
        self.busy = True
        yield
        try:
            run = await runs.start_run(
                await services.database(),
                actor,
                UUID(self._workflow),
                value,
                idempotency_key=self._key,
                version_id=UUID(self._version),
            )
        except BadInput as error:
            self.problems = [{"path": path, "message": message} for path, message in error.problems]
            self.message = "" if self.problems else error.message
            self.busy = False
        except WeftError as error:
            self.problems, self.message, self.busy = [], f"{error.message} {error.help}".strip(), False
        else:
            self.open, self.busy = False, False
            yield rx.redirect(f"/runs/{run.id}")


def start_run_dialog() -> rx.Component:
    """The dialog itself: once on every page that has a button which calls `StartRun.ask(workflow_id)`."""
    return Modal.create(
        rx.el.header(
            icon("play", 16),
            rx.el.h2("Run ", StartRun.title),
            rx.el.span(StartRun.version, class_name="w-badge square"),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                icon("x", 15),
                class_name="w-button ghost icon small",
                type="button",
                on_click=StartRun.close,
                custom_attrs={"aria-label": "Close"},
            ),
        ),
        rx.cond(StartRun.doc != "", rx.el.p(StartRun.doc, class_name="w-muted w-modal-doc")),
        run_form(
            schema=StartRun.schema,
            problems=StartRun.problems,
            message=StartRun.message,
            busy=StartRun.busy,
            on_submit=StartRun.start,
            on_cancel=StartRun.close,
        ),
        open=StartRun.open,
        label="Start a run",
        on_close=StartRun.close,
        custom_attrs=test_id("start-run-dialog"),
    )
