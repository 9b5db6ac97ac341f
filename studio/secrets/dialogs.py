"""The dialogs in which a secret gets a value, and in which one is deleted."""

from __future__ import annotations

from typing import Final

import reflex as rx

from studio.secrets.state import KEEP, SecretList
from studio.shell.elements import Modal, icon, test_id

# Made in the browser: what is generated is in nobody's state but the field's, until it is saved.
GENERATE: Final = """
const field = document.getElementById("secret-value");
const bytes = crypto.getRandomValues(new Uint8Array(32));
field.value = "whsec_" + btoa(String.fromCharCode(...bytes));
field.type = "text";
field.focus();
field.select();
"""


def secret_dialog() -> rx.Component:
    """Open while one is set or replaced."""
    return Modal.create(
        rx.el.header(
            rx.el.h2(rx.cond(SecretList.known, "Replace the value of " + SecretList.name, "Set a secret")),
        ),
        rx.el.form(
            rx.el.div(
                rx.cond(
                    SecretList.name == "",
                    _field(
                        "name",
                        "Name",
                        rx.el.input(
                            name="name",
                            id="secret-name",
                            placeholder="shop_key",
                            auto_complete="off",
                            auto_focus=True,
                            class_name="w-input mono",
                            custom_attrs={
                                **test_id("secret-name"),
                                "spellCheck": "false",
                                **_invalid("name"),
                            },
                        ),
                        "As the workflow declares it: letters, digits and _.",
                    ),
                    rx.el.p(
                        "Workflows use it as ",
                        rx.el.span("secrets." + SecretList.name, class_name="w-mono"),
                        ".",
                    ),
                ),
                _value(),
                rx.cond(SecretList.known, _keep()),
                class_name="body",
            ),
            rx.cond(
                SecretList.problem != "",
                rx.el.div(
                    SecretList.problem,
                    class_name="w-note danger w-dialog-problem",
                    role="alert",
                    custom_attrs=test_id("secret-problem"),
                ),
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=SecretList.close),
                rx.el.button(
                    rx.cond(SecretList.known, "Replace", "Set it"),
                    type="submit",
                    class_name="w-button primary",
                    custom_attrs=test_id("save-secret"),
                ),
            ),
            key=SecretList.editing,
            on_submit=SecretList.save,
        ),
        open=SecretList.editing != "",
        label="A secret",
        on_close=SecretList.close,
        custom_attrs=test_id("secret-dialog"),
    )


def _value() -> rx.Component:
    return _field(
        "value",
        "Value",
        rx.el.div(
            rx.el.input(
                type="password",
                name="value",
                id="secret-value",
                auto_complete="new-password",
                class_name="w-input mono",
                custom_attrs={**test_id("secret-value"), "spellCheck": "false", **_invalid("value")},
            ),
            rx.el.button(
                icon("dices", 14),
                "Generate",
                type="button",
                class_name="w-button",
                on_click=rx.call_script(GENERATE),
                custom_attrs=test_id("generate-secret"),
            ),
            class_name="w-row",
        ),
        "What the sender signs with: from its settings, or generate one and copy it there now. It is sealed when it is "
        "saved, and shown to nobody again.",
    )


def _keep() -> rx.Component:
    return _field(
        "keep",
        "The value before stays valid",
        rx.el.select(
            *[rx.el.option(words, value=hours) for hours, words in KEEP],
            name="keep",
            id="secret-keep",
            default_value=KEEP[0][0],
            class_name="w-input",
            custom_attrs=test_id("secret-keep"),
        ),
        "So that the sender can change without a request being refused. One that was replaced before that ends now.",
    )


def _field(name: str, words: str, control: rx.Component, help: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(words, html_for=f"secret-{name}"),
        control,
        rx.el.span(SecretList.errors[name], class_name="w-error", id=f"secret-{name}-error"),
        rx.el.span(help, class_name="w-help"),
        class_name="w-field",
    )


def _invalid(name: str) -> dict[str, object]:
    return {
        "aria-invalid": rx.cond(SecretList.errors.contains(name), "true", "false"),
        "aria-describedby": f"secret-{name}-error",
    }


def delete_dialog() -> rx.Component:
    """Asks before one goes; asks again where a live workflow needs it."""
    return Modal.create(
        rx.el.header(rx.el.h2("Delete ", SecretList.deleting, "?")),
        rx.el.div(
            rx.cond(
                SecretList.delete_problem != "",
                rx.el.div(
                    icon("triangle-alert"),
                    rx.el.div(SecretList.delete_problem),
                    class_name="w-note danger",
                    role="alert",
                    custom_attrs=test_id("delete-problem"),
                ),
                rx.el.p("Its value is gone then: to use it again somebody has to give it again."),
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Cancel", type="button", class_name="w-button", on_click=SecretList.close),
            rx.el.button(
                rx.cond(SecretList.delete_problem != "", "Delete it all the same", "Delete"),
                type="button",
                class_name="w-button danger solid",
                on_click=SecretList.delete,
                custom_attrs=test_id("confirm-delete-secret"),
            ),
        ),
        open=SecretList.deleting != "",
        label="Delete a secret",
        on_close=SecretList.close,
        custom_attrs=test_id("delete-secret-dialog"),
    )
