"""The editor's part of the top bar: saved or not, undo and redo, problems, run, publish; and the publish dialog."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.browser import Link, Said, ViewSwitch
from studio.editor.presence import avatars
from studio.editor.publishing import Publishing
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.shell.elements import Modal, icon, test_id

# state: (words, tone, icon)
_SAVE = {
    "saved": ("Saved", "", "cloud-check"),
    "unsaved": ("Saving…", "", "cloud-upload"),
    "saving": ("Saving…", "", "cloud-upload"),
    "conflict": ("Conflict", "danger", "git-merge"),
    "failed": ("Not saved", "danger", "cloud-off"),
    "readonly": ("Read only", "", "eye"),
}


def actions() -> list[rx.Component]:
    """What stands beside the title, left to right."""
    return [
        avatars(),
        Link.create(),
        _save_state(),
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


def _save_state() -> rx.Component:
    state = EditorState.save_state
    return rx.cond(
        EditorState.ready,
        rx.el.span(
            rx.match(
                state, *[(key, icon(name, 15)) for key, (_, _, name) in _SAVE.items()], icon("cloud", 15)
            ),
            rx.match(state, *[(key, words) for key, (words, _, _) in _SAVE.items()], ""),
            class_name=[
                "wf-save",
                rx.match(state, *[(key, tone) for key, (_, tone, _) in _SAVE.items()], ""),
            ],
            title=EditorState.save_message,
            role="status",
            custom_attrs={**test_id("save-state"), "data-state": state},
        ),
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


def publish_dialog() -> rx.Component:
    """Asks for a message, or lists what stands in the way."""
    return Modal.create(
        rx.el.header(
            icon("rocket", 17),
            rx.el.h2("Publish ", EditorState.title),
            rx.el.span(class_name="w-spacer"),
            _close(),
        ),
        rx.el.div(
            rx.cond(Publishing.trouble != "", _trouble()),
            rx.cond(Publishing.refused.length() > 0, _refused(), _ready()),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Cancel", type="button", class_name="w-button", on_click=Publishing.close),
            rx.el.button(
                rx.cond(Publishing.busy, icon("loader-circle", 15, class_name="w-spin"), icon("rocket", 15)),
                "Publish",
                type="button",
                class_name="w-button primary",
                disabled=Publishing.busy | (Publishing.refused.length() > 0),
                on_click=Publishing.publish,
                custom_attrs=test_id("publish-confirm"),
            ),
        ),
        open=Publishing.open,
        label="Publish",
        on_close=Publishing.close,
        custom_attrs=test_id("publish-dialog"),
    )


def _close() -> rx.Component:
    return rx.el.button(
        icon("x", 15),
        type="button",
        class_name="w-button ghost icon small",
        on_click=Publishing.close,
        custom_attrs={"aria-label": "Close"},
    )


def _trouble() -> rx.Component:
    return rx.el.div(
        icon("circle-alert"),
        rx.el.div(
            rx.el.div(Publishing.trouble, class_name="w-strong"),
            rx.el.div(Publishing.trouble_help, class_name="w-small w-muted"),
        ),
        class_name="w-note danger",
        role="alert",
    )


def _refused() -> rx.Component:
    return rx.el.div(
        rx.el.p("This cannot go live yet. Click a problem to go there."),
        rx.el.ul(
            rx.foreach(
                Publishing.refused,
                lambda found: rx.el.li(
                    rx.el.button(
                        rx.el.span(class_name="wf-dot error"),
                        rx.el.span(
                            rx.el.span(Said.create(text=found["message"].to(str)), class_name="w-strong"),
                            rx.el.span(Said.create(text=found["help"].to(str)), class_name="w-small w-muted"),
                            class_name="wf-problem-words",
                        ),
                        type="button",
                        class_name="wf-problem-row",
                        on_click=Publishing.show(found["index"].to(int)),
                        custom_attrs=test_id("publish-error"),
                    )
                ),
            ),
            class_name="wf-problem-list boxed",
        ),
        class_name="w-stack",
    )


def _ready() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            rx.cond(
                EditorState.live_version > 0,
                rx.fragment(
                    "Replaces version ", EditorState.live_version, ". Runs under way stay on theirs."
                ),
                "The first version. It can be run as soon as it is live.",
            ),
            class_name="w-muted",
        ),
        rx.el.div(
            rx.el.label("What changed?", html_for="publish-message"),
            rx.el.textarea(
                id="publish-message",
                class_name="w-input",
                placeholder="Optional. For those who look back later.",
                value=Publishing.message,
                on_change=Publishing.say,
                rows="2",
                custom_attrs={**test_id("publish-message"), "data-autofocus": ""},
            ),
            class_name="w-field",
        ),
    )
