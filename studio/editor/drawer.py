"""The drawer below the canvas: problems, text, test run, versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.browser import Problems
from studio.editor.publishing import Versions
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.editor.trial_view import test_panel, ways_panel
from studio.shell.elements import TimeAgo, icon, test_id


def drawer() -> rx.Component:
    """Tabs with one panel open, or only the tabs. What the text tab shows is in :mod:`studio.editor.sides`."""
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                _tab("problems", "Problems", "circle-alert", EditorState.errors + EditorState.warnings),
                _tab("text", "Text", "code-xml"),
                _tab("run", "Test", "flask-conical", None, Trial.load),
                _tab("ways", "What can happen", "split"),
                _tab("versions", "Versions", "history", EditorState.live_version, Versions.load),
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
            _panel("versions", _versions(), "versions-tab"),
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


def _versions() -> rx.Component:
    return rx.cond(
        Versions.rows.length() > 0,
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Version"),
                    rx.el.th("What changed"),
                    rx.el.th("Who"),
                    rx.el.th("When"),
                    rx.el.th(""),
                )
            ),
            rx.el.tbody(rx.foreach(Versions.rows, _version)),
            class_name="w-table",
            custom_attrs=test_id("versions-list"),
        ),
        rx.el.div(
            icon("history", 18),
            rx.el.span(
                rx.cond(
                    Versions.loaded, "Nothing is published yet. Each publish adds a version here.", "Loading…"
                )
            ),
            class_name="wf-calm",
        ),
    )


def _version(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.span("Version ", row["number"], class_name="w-strong"),
            rx.cond(row["live"], rx.el.span("live", class_name="w-badge success wf-live")),
            class_name="w-nowrap",
        ),
        rx.el.td(
            rx.cond(row["message"] != "", row["message"], rx.el.span("No message", class_name="w-muted"))
        ),
        rx.el.td(row["by"], class_name="w-nowrap"),
        rx.el.td(TimeAgo.create(at=row["at"].to(str)), class_name="w-nowrap"),
        rx.el.td(
            rx.cond(
                EditorState.may_edit,
                rx.el.button(
                    "Take into the draft",
                    type="button",
                    class_name="w-button small",
                    on_click=Versions.restore(row["id"].to(str)),
                ),
            ),
            class_name="num",
        ),
        custom_attrs=test_id("version-row"),
    )
