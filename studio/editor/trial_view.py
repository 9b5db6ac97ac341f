"""The Test tab, what can happen, and the bar of the chosen step."""

from __future__ import annotations

import reflex as rx

from studio.editor.browser import StepResult, StepTest, TestHead, TestSetup, WaysPane
from studio.editor.feeds import CanvasFeed
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.editor.ways import Ways
from studio.runs.elements import open_gates, run_form, state_pill, test_badge
from studio.shell import Shell
from studio.shell.elements import Json, icon, link, test_id


def test_panel() -> rx.Component:
    """What is run and with what, what it may do, and what came of it."""
    ready = (Trial.what == "live") | Trial.setup["ready"].to(bool)
    return rx.el.div(
        rx.el.div(
            TestHead.create(
                open=EditorState.drawer_open & (EditorState.drawer == "run"),
                snapshot=CanvasFeed.snapshot,
                patches=CanvasFeed.patches,
                setup=Trial.setup,
                on_say=Trial.on_say,
            ),
            rx.cond(
                ready & EditorState.may_run,
                run_form(
                    schema=Trial.schema,
                    problems=Trial.problems,
                    message=Trial.message,
                    busy=Trial.busy,
                    submit_label=rx.cond(Trial.what == "live", "Start run", "Start test"),
                    on_submit=Trial.start,
                ),
            ),
            class_name="wf-test-form",
            custom_attrs=test_id("run-start"),
        ),
        TestSetup.create(setup=Trial.setup, on_say=Trial.on_say),
        rx.el.div(
            rx.cond(Trial.run_id != "", _followed(), _not_yet()),
            StepResult.create(step=Trial.step),
            class_name="wf-run-state",
        ),
        class_name=[
            "wf-test-columns",
            rx.cond(Trial.run_id != "", "has-run", ""),
            rx.cond(Trial.what == "live", "is-live", ""),
        ],
    )


def _not_yet() -> rx.Component:
    return rx.cond(
        Shell.engine == "ready",
        rx.fragment(),
        rx.el.p(
            "The engine is still starting. A test that you start now waits, and begins by itself.",
            class_name="w-note info",
            custom_attrs=test_id("engine-starting"),
        ),
    )


def _followed() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            state_pill(Trial.run_state, "trial-state"),
            rx.cond(Trial.result["trial"].to(bool), test_badge()),
            link(
                "Open the run",
                href=f"/runs/{Trial.run_id}",
                class_name="w-small",
                custom_attrs=test_id("trial-link"),
            ),
            rx.el.span(class_name="w-spacer"),
            rx.el.button("Clear", type="button", class_name="w-button ghost small", on_click=Trial.clear),
            class_name="w-row",
        ),
        rx.cond(
            Trial.run_state == "queued",
            rx.el.p(
                rx.cond(
                    Shell.engine == "ready",
                    "Waiting for the engine to take it.",
                    "The engine is still starting. It begins by itself when that is done.",
                ),
                class_name="w-muted",
            ),
        ),
        rx.cond(Trial.run_state == "waiting", open_gates(Trial.gates)),
        rx.cond(
            Trial.error != "",
            rx.el.div(
                icon("circle-alert"),
                rx.el.div(
                    rx.el.div(Trial.error),
                    rx.cond(
                        Trial.result["step"].to(str) != "",
                        rx.el.div("In step ", Trial.result["step"].to(str), class_name="w-small w-muted"),
                    ),
                ),
                class_name="w-note danger",
                custom_attrs=test_id("trial-error"),
            ),
        ),
        rx.cond(
            Trial.result["has_output"].to(bool),
            rx.el.section(
                rx.el.h3(
                    rx.cond(
                        Trial.result["until"].to(str) != "",
                        rx.fragment("Output of ", Trial.result["until"].to(str)),
                        "Result",
                    )
                ),
                Json.create(value=Trial.result["output"], label="Result"),
                class_name="wf-result",
                custom_attrs=test_id("trial-output"),
            ),
        ),
    )


def ways_panel() -> rx.Component:
    """Every way through the draft."""
    return WaysPane.create(
        open=EditorState.drawer_open & (EditorState.drawer == "ways"),
        snapshot=CanvasFeed.snapshot,
        patches=CanvasFeed.patches,
        found=Ways.found,
        busy=Ways.busy,
        on_look=Ways.look,
    )


def step_test() -> rx.Component:
    """Under the name of the chosen step."""
    return StepTest.create(
        path=EditorState.selected,
        step=Trial.step,
        may_edit=EditorState.may_edit,
        may_run=EditorState.may_run,
        on_say=Trial.on_say,
    )
