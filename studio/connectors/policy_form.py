"""The dialog in which an administrator says what a tool may do."""

from __future__ import annotations

import reflex as rx

from studio.connectors.natures import APPROVALS, DEEDS
from studio.connectors.state import Choice, ConnectorList
from studio.shell.elements import Modal, test_id


def policy_dialog() -> rx.Component:
    """Open while a tool is being edited."""
    return Modal.create(
        rx.el.header(rx.el.h2("What ", ConnectorList.editing, " may do")),
        rx.el.form(
            rx.el.div(
                rx.el.fieldset(
                    rx.el.legend("Calling it", class_name="w-label"),
                    *[
                        _check(f"does_{deed}", words, ConnectorList.said_does.contains(deed))
                        for deed, (_, _, words) in DEEDS.items()
                    ],
                    rx.el.p("None of them: it only reads.", class_name="w-help"),
                    class_name="w-choices",
                ),
                rx.el.fieldset(
                    rx.el.legend("It needs an approval", class_name="w-label"),
                    _approval("required"),
                    _approval("bounded"),
                    rx.el.label(
                        "The amount is ",
                        rx.el.select(
                            rx.el.option("no argument", value=""),
                            rx.foreach(
                                ConnectorList.said_arguments, lambda each: rx.el.option(each, value=each)
                            ),
                            name="amount",
                            default_value=ConnectorList.said_amount,
                            class_name="w-input",
                            custom_attrs=test_id("policy-amount"),
                        ),
                        class_name="w-field w-inline",
                    ),
                    _approval("free"),
                    class_name="w-choices",
                ),
                rx.el.fieldset(
                    rx.el.legend("Whose yes counts", class_name="w-label"),
                    rx.foreach(ConnectorList.said_roles, _role),
                    rx.el.p("Nobody chosen: anybody who may approve.", class_name="w-help"),
                    class_name="w-choices",
                ),
                rx.el.fieldset(
                    rx.el.legend("When something fails", class_name="w-label"),
                    _check(
                        "repeat",
                        "It may be tried again: the same key does it once",
                        ConnectorList.said_repeat,
                    ),
                    _check("undo", "A workflow that fails later should undo it", ConnectorList.said_undo),
                    class_name="w-choices",
                ),
                rx.cond(
                    ConnectorList.problem != "",
                    rx.el.div(
                        ConnectorList.problem,
                        class_name="w-note danger",
                        role="alert",
                        custom_attrs=test_id("policy-problem"),
                    ),
                ),
                class_name="body",
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=ConnectorList.close),
                rx.el.button(
                    "Save",
                    type="submit",
                    class_name="w-button primary",
                    custom_attrs=test_id("save-policy"),
                ),
            ),
            key=ConnectorList.editing,
            on_submit=ConnectorList.save,
        ),
        open=ConnectorList.editing != "",
        label="What a tool may do",
        on_close=ConnectorList.close,
        custom_attrs=test_id("policy-dialog"),
    )


def _role(each: rx.Var[Choice]) -> rx.Component:
    return _check(each.key, each.words, each.chosen)


def _approval(key: str) -> rx.Component:
    return _check("approval", APPROVALS[key], ConnectorList.said_approval == key, kind="radio", value=key)


def _check(
    name: str | rx.Var[str],
    words: str | rx.Var[str],
    chosen: rx.Var[bool],
    *,
    kind: str = "checkbox",
    value: str = "yes",
) -> rx.Component:
    return rx.el.label(
        rx.el.input(type=kind, name=name, value=value, default_checked=chosen),
        words,
        class_name="w-check",
    )
