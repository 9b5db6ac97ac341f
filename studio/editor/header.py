"""The part of the top bar that is the editor's: saved or not, undo and redo, problems, run, publish, the menu."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.browser import Link, SaveState, ViewSwitch
from studio.editor.presence import avatars
from studio.editor.publishing import Publishing
from studio.editor.sharing import ENTRIES, Sharing
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.shell.elements import Menu, icon, test_id


def actions() -> list[rx.Component]:
    """What stands beside the title, left to right."""
    return [
        avatars(),
        Link.create(),
        rx.cond(
            EditorState.ready,
            SaveState.create(told=EditorState.save_state, message=EditorState.save_message),
        ),
        ViewSwitch.create(),
        rx.cond(
            EditorState.may_edit,
            rx.el.div(
                _icon_button("undo-2", "Undo", "Ctrl+Z", EditorState.undo, ~EditorState.can_undo, "undo"),
                _icon_button(
                    "redo-2", "Redo", "Ctrl+Shift+Z", EditorState.redo, ~EditorState.can_redo, "redo"
                ),
                class_name="wf-pair",
            ),
        ),
        _icon_button(
            "sliders-horizontal",
            "Workflow settings",
            "inputs, triggers",
            EditorState.on_inspector({"type": "select", "step": "~start"}),
            ~EditorState.ready,
            "workflow-settings",
        ),
        _problem_count(),
        rx.cond(
            EditorState.may_run,
            rx.el.button(
                icon("play", 15),
                "Run",
                type="button",
                class_name="w-button",
                disabled=~EditorState.ready,
                on_click=Trial.ask,
                custom_attrs=test_id("run-open"),
            ),
        ),
        rx.cond(
            EditorState.may_edit,
            rx.el.button(
                icon("rocket", 15),
                "Publish",
                type="button",
                class_name="w-button primary",
                disabled=~EditorState.ready,
                on_click=Publishing.ask,
                custom_attrs=test_id("publish"),
            ),
        ),
        rx.cond(
            EditorState.ready,
            Menu.create(
                icon("ellipsis-vertical", 16),
                label="Take it elsewhere",
                items=ENTRIES,
                on_pick=Sharing.pick,
                custom_attrs=test_id("editor-menu"),
            ),
        ),
    ]


def _icon_button(name: str, words: str, keys: str, handler: Any, disabled: Any, test: str) -> rx.Component:
    return rx.el.button(
        icon(name, 16),
        type="button",
        class_name="w-button ghost icon small",
        disabled=disabled,
        on_click=handler,
        title=f"{words} ({keys})",
        custom_attrs={**test_id(test), "aria-label": words},
    )


def _problem_count() -> rx.Component:
    count = EditorState.errors + EditorState.warnings
    return rx.cond(
        EditorState.ready & (count > 0),
        rx.el.button(
            icon("circle-alert", 15),
            rx.el.span(count),
            rx.el.span(rx.cond(count == 1, " problem", " problems"), class_name="wf-wide"),
            type="button",
            class_name=[
                "w-button ghost small wf-count",
                rx.cond(EditorState.errors > 0, "danger", "warning"),
            ],
            on_click=EditorState.show_problems,
            custom_attrs=test_id("problem-count"),
        ),
    )
