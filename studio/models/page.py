"""/models: which models answer and in which order, what they cost, what must not reach them, what is remembered."""

from __future__ import annotations

import reflex as rx

from studio.models.costs_view import budgets_card, budgets_dialog
from studio.models.list_state import ModelList
from studio.models.list_view import delete_dialog, models_list
from studio.models.memory_view import memory_card
from studio.models.model_dialog import model_dialog
from studio.models.rules_state import ModelRules
from studio.models.rules_view import rules_card, rules_dialog
from studio.shell.elements import failure, icon, test_id
from studio.shell.frame import frame


def models_page() -> rx.Component:
    """The list on top, then what holds for all of them."""
    return frame(
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    "Language models write workflows in the conversation and answer in agent steps. The first that can "
                    "be reached answers; a workflow asks for a tier or for a model by name.",
                    class_name="w-muted w-lead",
                ),
                rx.el.span(class_name="w-spacer"),
                rx.cond(ModelList.can_change & (ModelList.rows.length() > 0), add_button()),
                class_name="w-toolbar",
            ),
            failure(ModelList.message, ModelList.help, ModelList.load),
            failure(ModelRules.message, ModelRules.help, ModelRules.load),
            rx.foreach(ModelRules.warnings, _warning),
            models_list(add_button("add-model-first")),
            rx.cond(ModelRules.can_see, budgets_card()),
            rules_card(),
            memory_card(),
            model_dialog(),
            delete_dialog(),
            budgets_dialog(),
            rules_dialog(),
            class_name="w-stack",
        ),
        active="models",
        title="Models",
    )


def add_button(test: str = "add-model") -> rx.Component:
    """Opens the dialog for a new model."""
    return rx.el.button(
        icon("plus", 15),
        "Connect a model",
        type="button",
        class_name="w-button primary",
        on_click=ModelList.ask,
        custom_attrs=test_id(test),
    )


def _warning(words: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        icon("triangle-alert"),
        rx.el.div(words),
        class_name="w-note warning",
        role="status",
        custom_attrs=test_id("budget-warning"),
    )
