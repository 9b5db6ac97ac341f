"""What must not leave: the rules, a place to try them, and their dialog."""

from __future__ import annotations

import reflex as rx

from engine.dlp import KINDS
from studio.models.costs_view import problem
from studio.models.rules import ACTIONS, REACHES, RuleRow
from studio.models.rules_state import LONGEST_TRIAL, ModelRules
from studio.shell.elements import Modal, icon, skeleton_rows, test_id


def rules_card() -> rx.Component:
    """What becomes of each kind of thing on its way to a model."""
    return rx.el.section(
        rx.el.div(
            icon("shield"),
            rx.el.h2("What must not leave"),
            rx.el.span(class_name="w-spacer"),
            rx.cond(
                ModelRules.can_change,
                rx.el.button(
                    "Change",
                    type="button",
                    class_name="w-button small",
                    on_click=ModelRules.ask("policy"),
                    custom_attrs=test_id("edit-rules"),
                ),
            ),
            class_name="w-card-head",
        ),
        rx.cond(
            ~ModelRules.loaded,
            skeleton_rows(4),
            rx.el.div(
                rx.el.p(
                    "What people write and what runs say is looked through before a model gets it. ",
                    rx.cond(
                        ModelRules.reach == "all",
                        "This holds for all models.",
                        "This holds for hosted models; those at this machine and in its network see everything.",
                    ),
                    " Whoever wrote it is told what was kept back.",
                    class_name="w-muted w-lead",
                ),
                rx.el.ul(
                    rx.foreach(ModelRules.rules, _rule), class_name="w-rules", custom_attrs=test_id("rules")
                ),
                _trial(),
                class_name="w-card-body w-stack",
            ),
        ),
        class_name="w-card",
        custom_attrs=test_id("rules-card"),
    )


def _rule(each: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(each.words, class_name="w-break"),
        rx.cond(each.pattern != "", rx.el.span(each.pattern, class_name="w-mono w-small w-muted w-break")),
        rx.el.span(class_name="w-spacer"),
        rx.el.span(each.says, class_name=["w-badge square", each.tone]),
        class_name="w-row w-wrap",
        custom_attrs=test_id("rule", key=each.key, action=each.action),
    )


def _trial() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            rx.el.label("Try a text", html_for="trial-text"),
            rx.el.textarea(
                name="text",
                id="trial-text",
                rows=2,
                max_length=LONGEST_TRIAL,
                placeholder="Refund 4111 1111 1111 1111 and tell anna@example.com",
                class_name="w-input",
                custom_attrs=test_id("trial-text"),
            ),
            class_name="w-field",
        ),
        rx.el.div(
            rx.el.button(
                "See what a model would get",
                type="submit",
                class_name="w-button small",
                custom_attrs=test_id("try-rules"),
            ),
            rx.el.span("Nothing is sent, and nothing is kept.", class_name="w-small w-muted"),
            class_name="w-row w-wrap",
        ),
        rx.cond(
            ModelRules.tried != "",
            rx.el.div(
                rx.el.div(
                    rx.match(
                        ModelRules.tried,
                        ("same", "All of it may leave:"),
                        ("marked", "This is what a model would get:"),
                        "A message with this is stopped; nothing of it is sent.",
                    ),
                    class_name="w-small w-muted",
                ),
                rx.el.p(ModelRules.trial, class_name="w-break w-value-lines"),
                class_name="w-trial",
                role="status",
                custom_attrs=test_id("trial", state=ModelRules.tried),
            ),
        ),
        on_submit=ModelRules.try_out,
        class_name="w-stack w-trial-form",
    )


def rules_dialog() -> rx.Component:
    """One choice for each kind, the account's own patterns, and for which models."""
    return Modal.create(
        rx.el.header(rx.el.h2("What must not leave")),
        rx.el.form(
            rx.el.div(
                rx.el.fieldset(
                    rx.el.legend("It holds for", class_name="w-label"),
                    *[
                        rx.el.label(
                            rx.el.input(
                                type="radio", name="reach", value=key, default_checked=ModelRules.reach == key
                            ),
                            words,
                            class_name="w-check",
                        )
                        for key, words in REACHES.items()
                    ],
                    class_name="w-choices",
                ),
                rx.el.div(
                    *[_choice(place, kind.key, kind.several) for place, kind in enumerate(KINDS)],
                    class_name="w-two",
                ),
                rx.el.div(
                    rx.el.label("Patterns of your own", html_for="rules-custom"),
                    rx.el.textarea(
                        name="custom",
                        id="rules-custom",
                        default_value=ModelRules.custom,
                        rows=3,
                        placeholder="case number: ACME-[0-9]{4,8}",
                        class_name="w-input mono",
                        custom_attrs={
                            **test_id("rules-custom"),
                            "spellCheck": "false",
                            "aria-invalid": rx.cond(ModelRules.errors.contains("pattern"), "true", "false"),
                        },
                    ),
                    rx.el.p(
                        "One a line, as name: pattern, in RE2's syntax. What it finds is replaced by a mark; write "
                        "=> refuse behind it to stop the message instead.",
                        class_name="w-help",
                    ),
                    class_name="w-field",
                ),
                class_name="body",
            ),
            problem("rules-problem"),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=ModelRules.close),
                rx.el.button(
                    "Save", type="submit", class_name="w-button primary", custom_attrs=test_id("save-rules")
                ),
            ),
            on_submit=ModelRules.save_policy,
        ),
        open=ModelRules.asking == "policy",
        label="What must not leave",
        wide=True,
        on_close=ModelRules.close,
        custom_attrs=test_id("rules-dialog"),
    )


def _choice(place: int, key: str, words: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(words[0].upper() + words[1:], html_for=f"rule-{key}"),
        rx.el.select(
            *[rx.el.option(says, value=action) for action, says in ACTIONS.items()],
            name=f"kind_{key}",
            id=f"rule-{key}",
            default_value=ModelRules.rules[place].action,
            class_name="w-input",
            custom_attrs=test_id(f"rule-{key}"),
        ),
        class_name="w-field",
    )
