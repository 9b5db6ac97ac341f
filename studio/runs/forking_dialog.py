"""The dialogs of a run's page that run it again, and that stop waiting for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine import stopping
from engine.errors import WeftError
from studio.runs import elements  # registers form.jsx, which forking.jsx imports
from studio.runs.detail import RunPage
from studio.runs.forking import ForkRun
from studio.shell import services
from studio.shell.elements import Modal, icon, test_id
from studio.shell.session import authorized, guarded

_FORK = rx.asset("forking.jsx", shared=True)

__all__ = ["ForkDialog", "StopRun", "elements", "run_again_dialogs"]


class ForkDialog(rx.Component):
    """See :class:`studio.runs.forking.ForkRun`."""

    library = _FORK.importable_path
    tag = "ForkDialog"

    open: rx.Var[bool]
    stage: rx.Var[str]
    busy: rx.Var[bool]
    run_id: rx.Var[str]
    title: rx.Var[str]
    steps: rx.Var[list[dict[str, str]]]
    at: rx.Var[str]
    versions: rx.Var[list[dict[str, str]]]
    version: rx.Var[str]
    changed: rx.Var[bool]
    schema: rx.Var[dict[str, Any]]
    plan: rx.Var[dict[str, Any]]
    problems: rx.Var[list[dict[str, str]]]
    message: rx.Var[str]
    help: rx.Var[str]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_choose: rx.EventHandler[rx.event.passthrough_event_spec(str, str)]
    on_edit: rx.EventHandler[rx.event.no_args_event_spec]
    on_back: rx.EventHandler[rx.event.no_args_event_spec]
    on_input: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]
    on_start: rx.EventHandler[rx.event.passthrough_event_spec(str, list)]


class StopRun(rx.State):
    """Asked before nobody waits any longer for the step that a cancelled run is in."""

    open: bool = False
    undoing: str = "undo"
    comment: str = ""
    busy: bool = False
    message: str = ""
    help: str = ""
    _run: str = ""

    @rx.event
    @guarded("review")
    async def ask(self, run_id: str) -> None:
        """Opens the question."""
        self.reset()
        self._run, self.open = run_id, True

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Goes on waiting."""
        self.open = False

    @rx.event
    @guarded("review")
    async def choose(self, undoing: str) -> None:
        """ "undo" what was done, or "leave" it."""
        self.undoing = undoing if undoing in ("undo", "leave") else "undo"

    @rx.event
    @guarded("review")
    async def say(self, comment: str) -> None:
        """Why; kept with the run."""
        self.comment = comment[: stopping.LONGEST_COMMENT]

    @rx.event
    @guarded("review")
    async def stop(self) -> Any:
        """Does it."""
        actor = await authorized(self, "review")
        self.busy, self.message, self.help = True, "", ""
        yield
        try:
            said = await stopping.force_stop(
                await services.database(),
                actor,
                UUID(self._run),
                "leave" if self.undoing == "leave" else "undo",
                self.comment,
            )
        except (WeftError, ValueError) as error:
            self.message = getattr(error, "message", "There is no such run.")
            self.help = getattr(error, "help", "")
        else:
            self.open = False
            over = said.state == "cancelled"
            yield rx.toast.success(
                "Stopped." if over else "Taken from its runner; what it did is undone now."
            )
            yield RunPage.load
        self.busy = False


def run_again_dialogs() -> rx.Component:
    """Once on the page of a run."""
    return rx.fragment(
        ForkDialog.create(
            open=ForkRun.open,
            stage=ForkRun.stage,
            busy=ForkRun.busy,
            run_id=RunPage.run.id,
            title=ForkRun.title,
            steps=ForkRun.steps,
            at=ForkRun.at,
            versions=ForkRun.versions,
            version=ForkRun.version,
            changed=ForkRun.changed,
            schema=ForkRun.schema,
            plan=ForkRun.plan,
            problems=ForkRun.problems,
            message=ForkRun.message,
            help=ForkRun.help,
            on_ask=ForkRun.ask,
            on_choose=ForkRun.choose,
            on_edit=ForkRun.edit,
            on_back=ForkRun.back,
            on_input=ForkRun.take_input,
            on_close=ForkRun.close,
            on_start=ForkRun.start,
        ),
        _stop_dialog(),
    )


def _stop_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("Stop waiting for this run?")),
        rx.el.div(
            rx.el.p(
                "The run was cancelled, and it is still in the middle of a step. If you stop waiting, nobody will know "
                "whether the calls it is making happened: that is written down at each of them, and what they answer "
                "later is not heard. Look in the other system yourself."
            ),
            rx.el.fieldset(
                rx.el.legend("What it did before", class_name="w-strong"),
                _choice(
                    "undo",
                    "Undo it",
                    "Another runner undoes what the workflow can undo, then the run is over.",
                ),
                _choice("leave", "Leave it", "The run is over at once, and everything it did stays."),
                class_name="w-choices",
            ),
            rx.el.label(
                "Why ",
                rx.el.span("optional, kept with the run", class_name="w-muted w-small"),
                rx.el.textarea(
                    value=StopRun.comment,
                    on_change=StopRun.say,
                    max_length=stopping.LONGEST_COMMENT,
                    rows="2",
                    class_name="w-input",
                    custom_attrs=test_id("stop-comment"),
                ),
                class_name="w-field",
            ),
            rx.cond(
                StopRun.message != "",
                rx.el.div(StopRun.message, " ", StopRun.help, class_name="w-note danger", role="alert"),
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Keep waiting", type="button", class_name="w-button", on_click=StopRun.close),
            rx.el.button(
                icon("octagon-x", 13),
                "Stop waiting",
                type="button",
                class_name="w-button solid danger",
                disabled=StopRun.busy,
                on_click=StopRun.stop,
                custom_attrs=test_id("confirm-force-stop"),
            ),
        ),
        open=StopRun.open,
        label="Stop waiting for this run?",
        on_close=StopRun.close,
        custom_attrs=test_id("force-stop-dialog"),
    )


def _choice(key: str, words: str, teach: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="undoing",
            checked=StopRun.undoing == key,
            on_change=StopRun.choose(key),
            custom_attrs=test_id(f"stop-{key}"),
        ),
        rx.el.span(rx.el.span(words, ". ", class_name="w-strong"), teach),
        class_name="w-check",
    )
