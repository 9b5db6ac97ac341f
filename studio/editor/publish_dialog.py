"""The publish dialog: what stands in the way, or what it means for those who use the workflow."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.browser import Changes, Said
from studio.editor.publishing import Publishing
from studio.editor.state import EditorState
from studio.editor.versions_tab import runs_under_way
from studio.shell.elements import Modal, icon, link, test_id


def publish_dialog() -> rx.Component:
    """Lists what stands in the way; or what changes, what must be read of it, and asks for a message."""
    return Modal.create(
        rx.el.header(
            icon("rocket", 17),
            rx.el.h2("Publish ", EditorState.title),
            rx.el.span(class_name="w-spacer"),
            rx.el.button(
                icon("x", 15),
                type="button",
                class_name="w-button ghost icon small",
                on_click=Publishing.close,
                custom_attrs={"aria-label": "Close"},
            ),
        ),
        rx.el.div(
            rx.cond(Publishing.trouble != "", _trouble()),
            rx.cond(Publishing.refused.length() > 0, _refused(), _ready()),
            class_name="body",
        ),
        rx.el.footer(
            rx.cond(
                Publishing.grave & (Publishing.refused.length() == 0) & ~Publishing.looking,
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        on_change=Publishing.tick,
                        custom_attrs=test_id("publish-read"),
                    ),
                    "I have read what is red",
                    class_name="w-check wf-publish-read",
                ),
            ),
            rx.el.button("Cancel", type="button", class_name="w-button", on_click=Publishing.close),
            rx.el.button(
                rx.cond(Publishing.busy, icon("loader-circle", 15, class_name="w-spin"), icon("rocket", 15)),
                _label(),
                type="button",
                class_name="w-button primary",
                disabled=Publishing.busy
                | Publishing.looking
                | Publishing.same
                | (Publishing.refused.length() > 0)
                | (Publishing.grave & ~Publishing.read),
                on_click=Publishing.publish,
                custom_attrs=test_id("publish-confirm"),
            ),
        ),
        open=Publishing.open,
        label="Publish",
        on_close=Publishing.close,
        wide=Publishing.found.contains("groups"),
        custom_attrs=test_id("publish-dialog"),
    )


def _label() -> rx.Component:
    count = Publishing.warnings.length()
    return rx.cond(
        Publishing.busy,
        "Publishing…",
        rx.cond(
            (count > 0) & (Publishing.refused.length() == 0),
            rx.cond(count == 1, "Publish with 1 warning", f"Publish with {count} warnings"),
            "Publish",
        ),
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
        _problems(Publishing.refused, "error", "publish-error"),
        rx.cond(
            Publishing.unset != "",
            link(
                icon("key-round", 14),
                "Set the secret ",
                Publishing.unset,
                href="/secrets?name=" + Publishing.unset,
                class_name="w-button",
                custom_attrs=test_id("publish-set-secret"),
            ),
        ),
        class_name="w-stack",
    )


def _problems(found: Any, tone: str, test: str) -> rx.Component:
    return rx.el.ul(
        rx.foreach(
            found,
            lambda one: rx.el.li(
                rx.el.button(
                    rx.el.span(class_name=f"wf-dot {tone}"),
                    rx.el.span(
                        rx.el.span(Said.create(text=one["message"].to(str)), class_name="w-strong"),
                        rx.el.span(Said.create(text=one["help"].to(str)), class_name="w-small w-muted"),
                        class_name="wf-problem-words",
                    ),
                    type="button",
                    class_name="wf-problem-row",
                    on_click=Publishing.show(one["index"].to(int)),
                    custom_attrs=test_id(test),
                )
            ),
        ),
        class_name="wf-problem-list boxed",
    )


def _ready() -> rx.Component:
    return rx.cond(
        Publishing.looking,
        rx.el.p(
            icon("loader-circle", 15, class_name="w-spin"),
            " Looking at what changes…",
            class_name="w-muted w-row",
            role="status",
        ),
        rx.cond(
            Publishing.same,
            rx.el.p(
                "Nothing to publish: the draft is what version ",
                Publishing.live,
                " is, and that is live.",
                custom_attrs=test_id("publish-same"),
            ),
            rx.fragment(
                Changes.create(found=Publishing.found, only="grave"),
                _where(),
                _message(),
                _changes(),
                runs_under_way(Publishing.runs),
                rx.cond(
                    Publishing.warnings.length() > 0,
                    rx.el.div(
                        rx.el.h3("Warnings", class_name="wf-publish-title"),
                        _problems(Publishing.warnings, "warning", "publish-warning"),
                    ),
                ),
            ),
        ),
    )


def _where() -> rx.Component:
    """What it replaces, and what starts it from now on."""
    return rx.el.div(
        rx.el.p(
            rx.cond(
                Publishing.live > 0,
                rx.fragment("Replaces version ", Publishing.live, ". Runs under way stay on theirs."),
                "The first version. It can be run as soon as it is live.",
            ),
        ),
        rx.el.p("It is started by people, by the API and by other workflows."),
        rx.cond(
            Publishing.starts.length() > 0,
            rx.el.p(
                "From when it is live it is also started ",
                rx.foreach(
                    Publishing.starts,
                    lambda words, n: rx.fragment(
                        rx.cond(n > 0, ", ", ""), rx.el.span(words, class_name="w-strong")
                    ),
                ),
                ".",
                custom_attrs=test_id("publish-starts"),
            ),
        ),
        class_name="w-muted wf-publish-where",
    )


def _changes() -> rx.Component:
    return rx.cond(
        Publishing.found.contains("groups"),
        rx.el.div(
            Changes.create(found=Publishing.found, only="rest"),
            rx.el.button(
                icon("columns-2", 14),
                rx.cond(
                    Publishing.live > 0,
                    f"Compare with version {Publishing.live}",
                    "Compare",
                ),
                type="button",
                class_name="w-button small",
                on_click=Publishing.compare,
                custom_attrs=test_id("publish-compare"),
            ),
            class_name="w-stack wf-publish-changes",
        ),
    )


def _message() -> rx.Component:
    return rx.el.div(
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
    )
