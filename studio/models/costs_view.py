"""Budgets, and what was spent."""

from __future__ import annotations

import reflex as rx

from engine.ownmodels.budget import NAMES
from studio.models.costs import LimitRow, SpendRow
from studio.models.rules_state import ModelRules
from studio.shell.elements import Modal, fact, icon, test_id

_SPANS = {"conversation": "In one conversation", "day": "In a day", "month": "In a month"}


def budgets_card() -> rx.Component:
    """The limits with what is used of them, then who spent what."""
    return rx.el.section(
        rx.el.div(
            icon("wallet"),
            rx.el.h2("Budgets"),
            rx.el.span(class_name="w-spacer"),
            rx.cond(
                ModelRules.can_change,
                rx.el.button(
                    "Change",
                    type="button",
                    class_name="w-button small",
                    on_click=ModelRules.ask("budgets"),
                    custom_attrs=test_id("edit-budgets"),
                ),
            ),
            class_name="w-card-head",
        ),
        rx.el.div(
            rx.el.dl(
                fact("Spent today", ModelRules.today),
                fact("Spent this month", ModelRules.month),
                class_name="w-facts",
                custom_attrs=test_id("spent"),
            ),
            rx.cond(
                ModelRules.limits.length() > 0,
                rx.el.div(rx.foreach(ModelRules.limits, _limit), class_name="w-limits"),
                rx.el.p(
                    "There is no limit. With one, no model is called any more once it is reached; a warning comes at "
                    "80 %. Days and months are those of UTC.",
                    class_name="w-muted w-lead",
                ),
            ),
            rx.cond(
                ModelRules.by_model.length() > 0,
                rx.el.div(
                    _lines("This month, by model", "spend-by-model", ModelRules.by_model),
                    _lines("Day by day", "spend-by-day", ModelRules.by_day),
                    class_name="w-two",
                ),
            ),
            class_name="w-card-body w-stack",
        ),
        class_name="w-card",
        custom_attrs=test_id("budgets-card"),
    )


def _limit(each: rx.Var[LimitRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(each.words, class_name="w-strong"),
            rx.el.span(each.used, class_name="w-muted w-number"),
            class_name="w-row w-wrap w-limit-words",
        ),
        rx.cond(
            each.measured,
            rx.el.div(
                rx.el.div(class_name=["w-meter-fill", each.tone], style={"width": f"{each.share}%"}),
                class_name="w-meter",
                custom_attrs={"aria-hidden": "true"},
            ),
        ),
        custom_attrs=test_id("limit", tone=each.tone),
    )


def _lines(title: str, test: str, lines: rx.Var[list[SpendRow]]) -> rx.Component:
    return rx.el.div(
        rx.el.h3(title),
        rx.el.ul(rx.foreach(lines, _line), class_name="w-spend", custom_attrs=test_id(test)),
    )


def _line(each: rx.Var[SpendRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(each.words, class_name="w-break"),
            rx.cond(each.purpose != "", rx.el.span(each.purpose, class_name="w-badge square")),
            rx.el.span(class_name="w-spacer"),
            rx.el.span(each.cost, class_name="w-number w-nowrap"),
            class_name="w-row w-wrap",
        ),
        rx.el.div(
            rx.el.div(class_name="w-meter-fill", style={"width": f"{each.share}%"}),
            class_name="w-meter",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.div(each.calls, " · ", each.tokens, " tokens", class_name="w-small w-muted w-number"),
    )


def budgets_dialog() -> rx.Component:
    """The limits, two for each span of time."""
    spans = dict.fromkeys(name.partition("_")[0] for name in NAMES)
    return Modal.create(
        rx.el.header(rx.el.h2("Budgets")),
        rx.el.form(
            rx.el.div(
                rx.el.p(
                    "What the models of this workspace may cost. Nobody's call goes out once a limit is reached, in a "
                    "conversation or in a run. A field that is empty is no limit. Tokens count for every model, also "
                    "for those whose price nobody knows.",
                    class_name="w-muted",
                ),
                *[
                    rx.el.fieldset(
                        rx.el.legend(_SPANS[span], class_name="w-label"),
                        rx.el.div(
                            _amount(f"{span}_usd", "US dollars"),
                            _amount(f"{span}_tokens", "Tokens"),
                            class_name="w-three",
                        ),
                        class_name="w-choices",
                    )
                    for span in spans
                ],
                class_name="body",
            ),
            problem("budgets-problem"),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=ModelRules.close),
                rx.el.button(
                    "Save", type="submit", class_name="w-button primary", custom_attrs=test_id("save-budgets")
                ),
            ),
            on_submit=ModelRules.save_budgets,
        ),
        open=ModelRules.asking == "budgets",
        label="Budgets",
        on_close=ModelRules.close,
        custom_attrs=test_id("budgets-dialog"),
    )


def _amount(name: str, words: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(words, html_for=f"budget-{name}"),
        rx.el.input(
            type="text",
            name=name,
            id=f"budget-{name}",
            default_value=ModelRules.budgets[name],
            placeholder="no limit",
            auto_complete="off",
            class_name="w-input",
            custom_attrs={
                **test_id(f"budget-{name}"),
                "inputMode": "decimal",
                "aria-invalid": rx.cond(ModelRules.errors.contains(name), "true", "false"),
                "aria-describedby": f"budget-{name}-error",
            },
        ),
        rx.cond(
            ModelRules.errors.contains(name),
            rx.el.p(ModelRules.errors[name], id=f"budget-{name}-error", class_name="w-error"),
        ),
        class_name="w-field",
    )


def problem(test: str) -> rx.Component:
    """What is wrong with what a dialog says."""
    return rx.cond(
        ModelRules.problem != "",
        rx.el.div(ModelRules.problem, class_name="w-note danger", role="alert", custom_attrs=test_id(test)),
    )
