"""The dialog in which a person sends a webhook a test: a request that is signed, checked and counts."""

from __future__ import annotations

import reflex as rx

from studio.shell.elements import Modal, icon, link, test_id
from studio.triggers.state import TriggerList

_TESTED = TriggerList.tested


def sending_dialog() -> rx.Component:
    """Open while somebody sends one. What was written stays there after it was sent."""
    return Modal.create(
        rx.el.header(rx.el.h2("Send a test")),
        rx.el.form(
            rx.el.div(
                rx.el.p(
                    "The body is signed with the secret and goes the way of every request. If it is right, it starts a "
                    "real run of the live version, with all that follows.",
                ),
                rx.el.div(
                    rx.el.label("Body", html_for="test-body"),
                    rx.el.textarea(
                        name="body",
                        id="test-body",
                        default_value=TriggerList.body,
                        rows="7",
                        class_name="w-input mono",
                        custom_attrs={**test_id("test-body"), "spellCheck": "false"},
                    ),
                    class_name="w-field",
                ),
                rx.cond(_TESTED.contains("words"), _result()),
                class_name="body",
            ),
            rx.el.footer(
                rx.el.button("Close", type="button", class_name="w-button", on_click=TriggerList.close_test),
                rx.el.button(
                    icon("send", 14),
                    "Sign and send",
                    type="submit",
                    class_name="w-button primary",
                    custom_attrs=test_id("send-test"),
                ),
            ),
            on_submit=TriggerList.send_test,
        ),
        open=TriggerList.testing,
        label="Send a test",
        on_close=TriggerList.close_test,
        custom_attrs=test_id("test-dialog"),
    )


def _result() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(_TESTED["words"], class_name="w-strong"),
            rx.el.div(_TESTED["why"]),
            rx.el.div(_TESTED["advice"], class_name="w-small w-muted"),
            rx.cond(
                _TESTED["run"].to(str) != "",
                link(
                    "Look at its run",
                    href="/runs/" + _TESTED["run"].to(str),
                    custom_attrs=test_id("test-run"),
                ),
            ),
        ),
        class_name=["w-note", _TESTED["tone"].to(str)],
        role="status",
        custom_attrs=test_id("test-result"),
    )
