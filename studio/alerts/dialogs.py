"""The dialogs of the alerts page: a rule, what it would say now, and deleting it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from engine.alerts import KINDS, SEVERITIES
from studio.alerts.rows import BUDGET_WORDS
from studio.alerts.state import Alerts
from studio.shell.elements import Modal, test_id

_CONNECTOR = [key for key, kind in KINDS.items() if kind.connector]
_BUDGET = [key for key, kind in KINDS.items() if kind.budget]
_WORKFLOW = [key for key, kind in KINDS.items() if kind.workflow != "never"]
_WINDOW = [key for key, kind in KINDS.items() if kind.fields]


def _of(kinds: list[str]) -> rx.Var[bool]:
    found: Any = Alerts.kind == kinds[0]
    for one in kinds[1:]:
        found = found | (Alerts.kind == one)
    return found


def rule_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2(rx.cond(Alerts.chosen != "", "Change the rule", "A new rule"))),
        rx.el.form(
            rx.el.div(
                _field(
                    "kind",
                    "What it watches",
                    rx.el.select(
                        *[rx.el.option(kind.title, value=key) for key, kind in KINDS.items()],
                        value=Alerts.kind,
                        on_change=Alerts.choose_kind,
                        name="kind",
                        id="rule-kind",
                        class_name="w-input",
                        custom_attrs=test_id("rule-kind"),
                    ),
                    rx.match(Alerts.kind, *[(key, kind.help) for key, kind in KINDS.items()], ""),
                ),
                _text("name", "Name"),
                rx.cond(
                    _of(_WORKFLOW),
                    _field(
                        "workflow_id",
                        "Workflow",
                        rx.el.select(
                            rx.el.option(
                                rx.cond(Alerts.kind == "silence", "Choose one", "All of them"), value=""
                            ),
                            rx.foreach(Alerts.workflows, lambda one: rx.el.option(one[1], value=one[0])),
                            name="workflow_id",
                            id="rule-workflow_id",
                            default_value=Alerts.fields["workflow_id"],
                            class_name="w-input",
                        ),
                    ),
                ),
                rx.cond(
                    _of(_CONNECTOR),
                    _field(
                        "connector",
                        "Connector",
                        rx.el.select(
                            rx.el.option("Choose one", value=""),
                            rx.foreach(Alerts.connectors, lambda one: rx.el.option(one, value=one)),
                            name="connector",
                            id="rule-connector",
                            default_value=Alerts.fields["connector"],
                            class_name="w-input",
                        ),
                    ),
                ),
                rx.cond(
                    _of(_BUDGET),
                    _field(
                        "budget",
                        "Budget of a",
                        rx.el.select(
                            *[rx.el.option(words, value=key) for key, words in BUDGET_WORDS.items()],
                            name="budget",
                            id="rule-budget",
                            default_value=Alerts.fields["budget"],
                            class_name="w-input",
                        ),
                    ),
                ),
                rx.el.div(
                    _text(
                        "limit",
                        rx.match(Alerts.kind, *[(key, kind.label) for key, kind in KINDS.items()], "Limit"),
                    ),
                    rx.cond(_of(_WINDOW), _text("window_min", "Over the last minutes")),
                    rx.cond(_of(_WINDOW), _text("least", "If there were at least")),
                    class_name="w-three",
                ),
                rx.el.div(
                    _field(
                        "severity",
                        "Severity",
                        rx.el.select(
                            *[rx.el.option(one.capitalize(), value=one) for one in SEVERITIES],
                            name="severity",
                            id="rule-severity",
                            default_value=Alerts.fields["severity"],
                            class_name="w-input",
                        ),
                    ),
                    _text("cooldown_min", "Quiet afterwards, in minutes"),
                    class_name="w-three",
                ),
                _channels(),
                class_name="body",
                key=Alerts.kind + Alerts.chosen,
            ),
            rx.cond(
                Alerts.problem != "",
                rx.el.div(
                    Alerts.problem,
                    class_name="w-note danger w-dialog-problem",
                    role="alert",
                    custom_attrs=test_id("rule-problem"),
                ),
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=Alerts.close),
                rx.el.button(
                    "Save", type="submit", class_name="w-button primary", custom_attrs=test_id("rule-save")
                ),
            ),
            on_submit=Alerts.save,
        ),
        open=Alerts.asking == "rule",
        label="Alert rule",
        on_close=Alerts.close,
        custom_attrs=test_id("rule-dialog"),
    )


def _channels() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Who hears of it", class_name="w-label"),
        rx.cond(
            Alerts.channels.length() > 0,
            rx.fragment(
                rx.foreach(
                    Alerts.channels,
                    lambda one: rx.el.label(
                        rx.el.input(
                            type="checkbox",
                            checked=Alerts.picked.contains(one[0]),
                            on_change=lambda _: Alerts.pick(one[0]),
                        ),
                        one[1],
                        class_name="w-check",
                    ),
                ),
                rx.el.p("With none ticked: every channel that wants to hear of alerts.", class_name="w-help"),
            ),
            rx.el.p(
                "There is no channel yet. Alerts are shown here and on the dashboard; add e-mail, chat or a webhook "
                "under Notifications.",
                class_name="w-help",
            ),
        ),
        class_name="w-choices",
    )


def _field(name: str, label: Any, control: rx.Component, help: Any = None) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"rule-{name}"),
        control,
        rx.el.p(help, class_name="w-help") if help is not None else rx.fragment(),
        rx.cond(
            Alerts.errors.contains(name),
            rx.el.p(Alerts.errors[name], id=f"rule-{name}-error", class_name="w-error"),
        ),
        class_name="w-field",
    )


def _text(name: str, label: Any) -> rx.Component:
    return _field(
        name,
        label,
        rx.el.input(
            type="text",
            name=name,
            id=f"rule-{name}",
            default_value=Alerts.fields[name],
            auto_complete="off",
            class_name="w-input",
            custom_attrs={
                **test_id(f"rule-{name}"),
                "aria-invalid": rx.cond(Alerts.errors.contains(name), "true", "false"),
                "aria-describedby": f"rule-{name}-error",
            },
        ),
    )


def tried_dialog() -> rx.Component:
    """What the rule would say now, and sending it."""
    return Modal.create(
        rx.el.header(rx.el.h2("What it would say now")),
        rx.el.div(
            rx.el.p(Alerts.tried, class_name="w-strong", custom_attrs=test_id("tried")),
            rx.el.p(
                rx.cond(Alerts.tried_fires, "The rule would fire.", "The rule would not fire."),
                class_name="w-muted",
            ),
            rx.cond(
                Alerts.tried_told != "",
                rx.el.p(Alerts.tried_told, role="status", custom_attrs=test_id("tried-told")),
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Close", type="button", class_name="w-button", on_click=Alerts.close),
            rx.el.button(
                "Send it as a test",
                type="button",
                class_name="w-button primary",
                on_click=Alerts.send_test,
                custom_attrs=test_id("rule-send"),
            ),
        ),
        open=Alerts.asking == "tried",
        label="What the rule would say now",
        on_close=Alerts.close,
        custom_attrs=test_id("tried-dialog"),
    )


def delete_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("Delete this rule?")),
        rx.el.div(rx.el.p("Its history goes with it. What it watches goes on as before."), class_name="body"),
        rx.el.footer(
            rx.el.button("Keep it", type="button", class_name="w-button", on_click=Alerts.close),
            rx.el.button(
                "Delete",
                type="button",
                class_name="w-button danger solid",
                on_click=Alerts.delete,
                custom_attrs=test_id("rule-delete"),
            ),
        ),
        open=Alerts.asking == "delete",
        label="Delete this rule",
        on_close=Alerts.close,
    )
