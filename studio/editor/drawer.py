"""The drawer below the canvas: problems, text, test run, versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.browser import Problems
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.editor.trial_view import test_panel, ways_panel
from studio.editor.versions import Versions
from studio.editor.versions_tab import versions_panel
from studio.shell.elements import icon, test_id


def drawer() -> rx.Component:
    """Tabs with one panel open, or only the tabs. What the text tab shows is in :mod:`studio.editor.sides`."""
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                _tab("problems", "Problems", "circle-alert", EditorState.errors + EditorState.warnings),
                _tab("text", "Text", "code-xml"),
                _tab("run", "Test", "flask-conical", None, Trial.load),
                _tab("ways", "What can happen", "split"),
                _tab("versions", "Versions", "history", EditorState.live_version, Versions.look),
                class_name="wf-tab-list",
                role="tablist",
                custom_attrs={"aria-label": "Details"},
            ),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                rx.cond(EditorState.drawer_open, icon("chevron-down", 16), icon("chevron-up", 16)),
                type="button",
                class_name="w-button ghost icon small",
                on_click=EditorState.open_drawer(EditorState.drawer),
                custom_attrs={
                    "aria-label": rx.cond(EditorState.drawer_open, "Close the drawer", "Open the drawer")
                },
            ),
            class_name="wf-tabs",
        ),
        rx.el.div(
            _panel("problems", _problems(), "problems-tab"),
            _panel("run", test_panel(), "run-tab"),
            _panel("ways", ways_panel(), "ways-tab"),
            _panel("versions", versions_panel(), "versions-tab"),
            class_name="wf-panels",
        ),
        class_name=[
            "wf-drawer",
            rx.cond(EditorState.drawer_open, "is-open", ""),
            rx.cond(EditorState.drawer == "text", "at-text", ""),
        ],
        custom_attrs={"aria-label": "Details"},
    )


def _tab(key: str, words: str, name: str, count: Any = None, also: Any = None) -> rx.Component:
    handlers = [EditorState.open_drawer(key), *([also] if also is not None else [])]
    shown = rx.fragment() if count is None else rx.cond(count > 0, rx.el.span(count, class_name="w-badge"))
    here = EditorState.drawer_open & (EditorState.drawer == key)
    return rx.el.button(
        icon(name, 15),
        words,
        shown,
        type="button",
        role="tab",
        on_click=handlers,
        custom_attrs={**test_id(f"tab-{key}"), "aria-selected": here, "aria-controls": f"panel-{key}"},
    )


def _panel(key: str, content: rx.Component, test: str) -> rx.Component:
    return rx.el.div(
        content,
        id=f"panel-{key}",
        role="tabpanel",
        class_name="wf-panel",
        hidden=~(EditorState.drawer_open & (EditorState.drawer == key)),
        custom_attrs=test_id(test),
    )


def _problems() -> rx.Component:
    return Problems.create(
        problems=EditorState.problems,
        places=EditorState.problem_places,
        read_only=~EditorState.may_edit,
        on_say=EditorState.on_problems,
    )
