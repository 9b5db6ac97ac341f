"""What is started when a run fails: the setting, at the foot of the list of runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine import workflows
from engine.errors import WeftError
from engine.permissions import Permission, may
from engine.rescuing import setting
from engine.rescuing.telling import NAMES, STATES
from studio.runs.rows import STATES as WORDS
from studio.shell import services
from studio.shell.elements import Modal, icon, link, test_id
from studio.shell.session import authorized, guarded


class RescueForm(rx.State):
    """``said``: what is set, in words. ``choices``: workflows that are published; ``calls``: for which runs it was."""

    said: str = ""
    may_change: bool = False
    open: bool = False
    busy: bool = False
    choices: list[tuple[str, str]] = []
    workflow: str = ""
    states: list[str] = ["failed", "timed_out"]
    calls: list[dict[str, str]] = []
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """What is set."""
        actor = await authorized(self)
        self.may_change = may(actor, Permission.RESCUE)
        try:
            self._show(await setting.get(await services.database(), actor))
        except WeftError as error:
            self.said = error.message

    @rx.event
    @guarded("rescue")
    async def ask(self) -> None:
        """Opens the form."""
        actor = await authorized(self, "rescue")
        self.message = self.help = ""
        try:
            db = await services.database()
            found = await setting.get(db, actor)
            listed = await workflows.list_workflows(db, actor)
            called = await setting.calls(db, actor, 5)
        except WeftError as error:
            self.message, self.help, self.open = error.message, error.help, True
            return
        self.choices = [
            (str(each.id), each.title or each.name) for each in listed if each.live_version is not None
        ]
        self.workflow = "" if found is None else str(found.workflow_id)
        self.states = ["failed", "timed_out"] if found is None else list(found.states)
        self.calls = [
            {
                "run": str(one.run_id),
                "started": str(one.started or ""),
                "words": f"{one.workflow_name}, {_word(one.state)}",
                "problem": one.problem or ("" if one.done_at else "It is started in a moment."),
            }
            for one in called
        ]
        self.open = True

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the form; nothing changes."""
        self.open = False

    @rx.event
    @guarded("rescue")
    async def choose(self, workflow: str) -> None:
        """Which workflow; "" for none."""
        self.workflow = workflow

    @rx.event
    @guarded("rescue")
    async def tick(self, state: str, yes: bool) -> None:
        """In which states."""
        kept = [one for one in self.states if one != state]
        self.states = [*kept, state] if yes and state in STATES else kept

    @rx.event
    @guarded("rescue")
    async def save(self) -> Any:
        """Keeps it; what does not fit is said over the form."""
        actor = await authorized(self, "rescue")
        self.busy, self.message, self.help = True, "", ""
        yield
        try:
            db = await services.database()
            if self.workflow:
                self._show(await setting.put(db, actor, UUID(self.workflow), list(self.states)))
            else:
                await setting.clear(db, actor)
                self._show(None)
        except (WeftError, ValueError) as error:
            self.message = getattr(error, "message", "There is no such workflow.")
            self.help = getattr(error, "help", "")
        else:
            self.open = False
            yield rx.toast.success("Kept.")
        self.busy = False

    def _show(self, found: setting.Setting | None) -> None:
        if found is None:
            self.said = "When a run fails, nothing else is started."
        else:
            states = " or ".join(_word(one).lower() for one in found.states)
            self.said = (
                f"When a run is {states}, “{found.workflow_title or found.workflow_name}” is started for it."
            )


def _word(state: str) -> str:
    return WORDS[state][0] if state in WORDS else state


def rescue_line() -> rx.Component:
    """One line with what is set, and the way to change it."""
    return rx.el.div(
        icon("life-buoy", 14),
        rx.el.span(RescueForm.said, custom_attrs=test_id("rescue-said")),
        rx.cond(
            RescueForm.may_change,
            rx.el.button(
                "Change…",
                type="button",
                class_name="w-button small",
                on_click=RescueForm.ask,
                custom_attrs=test_id("rescue-change"),
            ),
        ),
        _dialog(),
        on_mount=RescueForm.load,
        class_name="w-row w-small w-muted w-table-foot",
    )


def _dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("When a run fails")),
        rx.el.div(
            rx.el.p(
                f"Start a workflow for each run that ends badly. It may take these inputs: {', '.join(NAMES)}; "
                "it must need nothing else. Tests, runs that another run has started, and this workflow's own "
                "failures start nothing.",
                class_name="w-small",
            ),
            rx.el.label(
                "Start",
                rx.el.select(
                    rx.el.option("nothing", value=""),
                    rx.foreach(RescueForm.choices, lambda one: rx.el.option(one[1], value=one[0])),
                    value=RescueForm.workflow,
                    on_change=RescueForm.choose,
                    class_name="w-input",
                    custom_attrs=test_id("rescue-workflow"),
                ),
                class_name="w-field",
            ),
            rx.el.fieldset(
                rx.el.legend("When a run is", class_name="w-strong"),
                *[_tick(state) for state in STATES],
                class_name="w-choices",
            ),
            rx.cond(
                RescueForm.message != "",
                rx.el.div(
                    RescueForm.message,
                    " ",
                    RescueForm.help,
                    class_name="w-note danger",
                    role="alert",
                    custom_attrs=test_id("rescue-problem"),
                ),
            ),
            rx.cond(
                RescueForm.calls.length() > 0,
                rx.el.div(
                    rx.el.h3("Lately"),
                    rx.foreach(RescueForm.calls, _call),
                    class_name="w-stack",
                ),
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Cancel", type="button", class_name="w-button", on_click=RescueForm.close),
            rx.el.button(
                "Keep",
                type="button",
                class_name="w-button primary",
                disabled=RescueForm.busy,
                on_click=RescueForm.save,
                custom_attrs=test_id("rescue-save"),
            ),
        ),
        open=RescueForm.open,
        label="When a run fails",
        on_close=RescueForm.close,
        custom_attrs=test_id("rescue-dialog"),
    )


def _tick(state: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=RescueForm.states.contains(state),
            on_change=lambda yes: RescueForm.tick(state, yes),
            custom_attrs=test_id(f"rescue-{state}"),
        ),
        rx.el.span(_word(state).lower()),
        class_name="w-check",
    )


def _call(one: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.p(
        link(one["words"], href="/runs/" + one["run"]),
        rx.cond(
            one["started"] != "",
            rx.fragment(": ", link("the run that was started", href="/runs/" + one["started"])),
            rx.fragment(": ", one["problem"]),
        ),
        class_name="w-small",
    )
