"""The drawer's Versions tab, and the question before going back to one of them."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from studio.editor.browser import Changes, Said
from studio.editor.publishing import Publishing
from studio.editor.state import EditorState
from studio.editor.versions import Rollback, Versions
from studio.shell.elements import Menu, Modal, TimeAgo, icon, test_id

_COMPARE: Final = [
    {"key": "compare-before", "label": "Compare with the version before"},
    {"key": "compare-live", "label": "Compare with what is live"},
    {"key": "compare-draft", "label": "Compare with the draft"},
]
_TAKE: Final = [{"key": "take", "label": "Take into the draft"}]
_SHARE: Final = [
    {"key": "link", "label": "Copy the link"},
    {"key": "download", "label": "Download as .weft"},
]


def versions_panel() -> rx.Component:
    return rx.cond(
        Versions.rows.length() > 0,
        rx.el.ul(
            rx.foreach(Versions.rows, _version),
            class_name="wf-versions",
            custom_attrs=test_id("versions-list"),
        ),
        rx.el.div(
            icon("history", 18),
            rx.el.span(
                rx.cond(
                    Versions.loaded,
                    "Nothing is published yet. Each publish adds a version here: you can compare any two, and go back.",
                    "Loading…",
                )
            ),
            rx.cond(
                Versions.loaded & EditorState.may_edit,
                rx.el.button("Publish…", type="button", class_name="w-button small", on_click=Publishing.ask),
            ),
            class_name="wf-calm",
        ),
    )


def _version(row: Any) -> rx.Component:
    number, told = row["number"].to(int), row["told"].to(dict[str, Any])
    chosen = Versions.chosen == number
    return rx.el.li(
        rx.el.div(
            rx.el.button(
                icon("chevron-right", 14, class_name="wf-version-chevron"),
                rx.el.span(
                    rx.el.span("Version ", number, class_name="w-strong"),
                    rx.cond(row["live"], rx.el.span("live", class_name="w-badge success")),
                    rx.cond(
                        row["runs"].to(int) > 0,
                        rx.el.span(
                            row["runs"],
                            rx.cond(row["runs"].to(int) == 1, " run under way", " runs under way"),
                            class_name="w-badge info",
                            custom_attrs=test_id("version-runs"),
                        ),
                    ),
                    class_name="wf-version-number",
                ),
                rx.el.span(
                    rx.cond(
                        row["message"] != "",
                        rx.el.span(row["message"], class_name="w-strong w-truncate"),
                        rx.el.span("No message", class_name="w-muted"),
                    ),
                    rx.el.span(
                        rx.cond(
                            told["words"].to(str) != "",
                            rx.fragment(
                                rx.cond(
                                    told["lowers"].to(bool),
                                    rx.el.span("Lowered safety. ", class_name="wf-lowered"),
                                ),
                                Said.create(text=told["words"].to(str)),
                                rx.cond(told["more"].to(int) > 0, f" And {told['more']} more.", ""),
                            ),
                            "…",
                        ),
                        class_name="w-small w-muted wf-version-told",
                        custom_attrs=test_id("version-told"),
                    ),
                    class_name="wf-version-words",
                ),
                rx.el.span(
                    rx.el.span(row["by"], class_name="w-truncate"),
                    TimeAgo.create(at=row["at"].to(str)),
                    class_name="wf-version-by w-small w-muted",
                ),
                type="button",
                class_name="wf-version-face",
                on_click=Versions.choose(number),
                custom_attrs={**test_id("version-open"), "aria-expanded": chosen},
            ),
            _actions(row, number),
            class_name="wf-version-row",
        ),
        rx.cond(chosen, _all(told)),
        class_name=["wf-version", rx.cond(chosen, "is-chosen", "")],
        custom_attrs={**test_id("version-row"), "data-number": number, "data-live": row["live"]},
    )


def _actions(row: Any, number: Any) -> rx.Component:
    live = row["live"].to(bool)
    items = rx.cond(
        EditorState.may_edit,
        rx.Var.create([*_COMPARE, *_TAKE, *_SHARE]),
        rx.Var.create([*_COMPARE, *_SHARE]),
    )
    return rx.el.div(
        rx.el.button(
            icon("columns-2", 14),
            "Compare",
            type="button",
            class_name="w-button small",
            on_click=Versions.pick(number, rx.cond(live, "compare-draft", "compare-live")),
            title=rx.cond(live, "With the draft", "With what is live"),
            custom_attrs=test_id("version-compare"),
        ),
        rx.cond(
            ~live & Versions.may_publish,
            rx.el.button(
                icon("undo-2", 14),
                "Roll back",
                type="button",
                class_name="w-button small",
                on_click=Rollback.ask(number),
                title="Make this text live again",
                custom_attrs=test_id("version-rollback"),
            ),
        ),
        Menu.create(
            icon("ellipsis", 16),
            label=f"More for version {number}",
            items=items,
            on_pick=lambda key: Versions.pick(number, key),
            custom_attrs=test_id("version-menu"),
        ),
        class_name="wf-version-actions",
    )


def _all(told: Any) -> rx.Component:
    """Everything a version changed."""
    return rx.el.div(
        rx.cond(
            told["all"].to(list[dict[str, Any]]).length() > 0,
            rx.el.ul(
                rx.foreach(
                    told["all"].to(list[dict[str, Any]]),
                    lambda change: rx.el.li(
                        Said.create(text=change["sentence"].to(str)),
                        ".",
                        rx.foreach(
                            change["risks"].to(list[str]),
                            lambda risk: rx.el.span(
                                " ", Said.create(text=risk), ".", class_name="wf-change-risk"
                            ),
                        ),
                    ),
                )
            ),
            rx.cond(
                told["words"].to(str) != "",
                rx.el.p(Said.create(text=told["words"].to(str)), class_name="w-muted"),
                rx.el.button(
                    "Say what changed", type="button", class_name="w-button small", on_click=Versions.more
                ),
            ),
        ),
        class_name="wf-version-all",
        custom_attrs=test_id("version-all"),
    )


def rollback_dialog() -> rx.Component:
    """What going back would mean; then it is one click."""
    return Modal.create(
        rx.el.header(
            icon("undo-2", 17),
            rx.el.h2("Roll back to version ", Rollback.number),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                icon("x", 15),
                type="button",
                class_name="w-button ghost icon small",
                on_click=Rollback.close,
                custom_attrs={"aria-label": "Close"},
            ),
        ),
        rx.el.div(
            rx.cond(Rollback.trouble != "", _trouble()),
            rx.el.p(
                "Its text is published again as a new version, in the place of version ",
                Rollback.live,
                ". The draft stays as it is.",
                class_name="w-muted",
            ),
            rx.cond(
                Rollback.looking,
                rx.el.p(
                    icon("loader-circle", 15, class_name="w-spin"),
                    " Looking at what differs…",
                    class_name="w-muted",
                    role="status",
                ),
                rx.fragment(Changes.create(found=Rollback.found, only=""), runs_under_way(Rollback.runs)),
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Cancel", type="button", class_name="w-button", on_click=Rollback.close),
            rx.el.button(
                rx.cond(Rollback.busy, icon("loader-circle", 15, class_name="w-spin"), icon("undo-2", 15)),
                rx.cond(
                    Rollback.busy, "Rolling back…", rx.cond(Rollback.lowers, "Roll back anyway", "Roll back")
                ),
                type="button",
                class_name=["w-button", rx.cond(Rollback.lowers, "danger solid", "primary")],
                disabled=Rollback.busy | Rollback.looking | (Rollback.refused.length() > 0),
                on_click=Rollback.confirm,
                custom_attrs={**test_id("rollback-confirm"), "data-autofocus": ""},
            ),
        ),
        open=Rollback.open,
        label="Roll back",
        on_close=Rollback.close,
        custom_attrs=test_id("rollback-dialog"),
    )


def _trouble() -> rx.Component:
    return rx.el.div(
        icon("circle-alert"),
        rx.el.div(
            rx.el.div(Rollback.trouble, class_name="w-strong"),
            rx.el.div(Rollback.trouble_help, class_name="w-small w-muted"),
            rx.foreach(
                Rollback.refused,
                lambda found: rx.el.div(
                    Said.create(text=found["message"].to(str)), custom_attrs=test_id("rollback-error")
                ),
            ),
        ),
        class_name="w-note danger",
        role="alert",
    )


def runs_under_way(runs: Any) -> rx.Component:
    """How many runs stay on the version that is live until now, and where they wait."""
    return rx.cond(
        runs["count"].to(int) > 0,
        rx.el.div(
            icon("activity"),
            rx.el.div(
                rx.el.div(
                    rx.cond(
                        runs["count"].to(int) == 1,
                        "1 run is under way and stays on its version",
                        f"{runs['count']} runs are under way and stay on their version",
                    ),
                    ": ",
                    runs["words"].to(str),
                    ".",
                ),
                rx.foreach(
                    runs["waiting"].to(list[dict[str, Any]]),
                    lambda wait: rx.el.div(
                        wait["count"], " at ", wait["title"].to(str), class_name="w-small w-muted"
                    ),
                ),
            ),
            class_name="w-note info",
            custom_attrs=test_id("runs-under-way"),
        ),
    )
