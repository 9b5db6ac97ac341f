"""What can be done with the run that is shown: one list, as a row of buttons, and as a menu on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from studio.runs.comparing import Comparison
from studio.runs.detail import RunPage, run_in
from studio.runs.forking import ForkRun
from studio.runs.forking_dialog import StopRun, run_again_dialogs
from studio.shell.elements import icon, test_id
from studio.shell.session import guarded
from studio.shell.state import Shell

MENU = "run-actions-menu"
# The address names the step that is open.
SHARE = [
    rx.call_script("navigator.clipboard?.writeText(location.href)"),
    rx.toast.success("The link is copied. It leads to the step that is open."),
]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. ``key`` is what tests find it by ("cancel-run"; in the menu "menu-cancel-run"); ``when`` says
    whether it is offered at all, ``does`` is the handler that a click calls. What a handler does it checks itself."""

    key: str
    words: str
    icon: str
    when: rx.Var[bool]
    does: Any
    tone: Literal["", "danger"] = ""


class RunDialogs(rx.State):
    """The dialogs of a run's page together."""

    @rx.event
    @guarded("view")
    async def arrive(self) -> None:
        """When the page of a run opens: a dialog that was opened for another run is closed."""
        here = run_in(self.router.url.path)
        comparison, forking, stopping = [
            await self.get_state(each) for each in (Comparison, ForkRun, StopRun)
        ]
        for dialog, run in (
            (comparison, comparison._run),
            (forking, forking.run_id),
            (stopping, stopping._run),
        ):
            if dialog.open and run != here:
                dialog.open = False


def actions() -> Sequence[Action]:
    """In the order in which they stand; what ends something comes last."""
    over = (RunPage.run.id != "") & ~RunPage.run.live & Shell.can_run
    may_stop = (Shell.role == "operator") | (Shell.role == "admin")
    return (
        Action("share-run", "Copy link", "link", RunPage.run.id != "", SHARE),
        Action("compare-run", "Compare", "columns-2", RunPage.run.id != "", Comparison.ask),
        Action(
            "open-editor", "Open in the editor", "pencil", RunPage.run.workflow_id != "", RunPage.open_editor
        ),
        Action("run-again", "Run again…", "rotate-cw", over, ForkRun.ask(RunPage.run.id, "")),
        Action(
            "run-with-input",
            "With another input…",
            "text-cursor-input",
            over,
            ForkRun.ask_input(RunPage.run.id),
        ),
        Action(
            "force-stop",
            "Stop waiting…",
            "octagon-x",
            RunPage.run.live & (RunPage.run.trouble == "stopping") & may_stop,
            StopRun.ask(RunPage.run.id),
            "danger",
        ),
        Action(
            "cancel-run",
            "Cancel run",
            "square",
            RunPage.run.live & Shell.can_run,
            RunPage.ask_cancel,
            "danger",
        ),
    )


def run_actions() -> rx.Component:
    """The row, at the right of the page's head. Nothing where nothing is offered."""
    offered = actions()
    some = offered[0].when
    for action in offered[1:]:
        some = some | action.when
    return rx.fragment(_offered(offered, some), run_again_dialogs())


def _offered(offered: Sequence[Action], some: rx.Var[bool]) -> rx.Component:
    return rx.cond(
        some,
        rx.fragment(
            rx.el.div(*[_button(each) for each in offered], class_name="w-row w-run-actions"),
            rx.el.button(
                "Actions",
                icon("chevron-down", 14),
                type="button",
                class_name="w-button w-run-actions-menu",
                custom_attrs={**test_id("run-actions"), "popoverTarget": MENU},
            ),
            rx.el.div(
                *[_entry(each) for each in offered],
                id=MENU,
                class_name="w-menu w-popover w-run-actions-list",
                custom_attrs={"popover": "auto", "role": "group", "aria-label": "Actions"},
            ),
        ),
    )


def _button(action: Action) -> rx.Component:
    return rx.cond(
        action.when,
        rx.el.button(
            icon(action.icon, 13),
            action.words,
            type="button",
            class_name=f"w-button {action.tone}".strip(),
            on_click=action.does,
            custom_attrs=test_id(action.key),
        ),
    )


def _entry(action: Action) -> rx.Component:
    closing = {"popoverTarget": MENU, "popoverTargetAction": "hide"}
    return rx.cond(
        action.when,
        rx.el.button(
            icon(action.icon, 15),
            action.words,
            type="button",
            class_name=f"w-menu-item {action.tone}".strip(),
            on_click=action.does,
            custom_attrs={**test_id(f"menu-{action.key}"), **closing},
        ),
    )
