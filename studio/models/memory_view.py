"""What the designer remembers: seen, added to and deleted here."""

from __future__ import annotations

import reflex as rx

from engine.preferences import LONGEST
from studio.models.memory_state import Memory, Remembered
from studio.shell.elements import TimeAgo, icon, test_id


def memory_card() -> rx.Component:
    """Only for those who may talk with the designer."""
    return rx.cond(
        Memory.can_see,
        rx.el.section(
            rx.el.div(icon("bookmark"), rx.el.h2("What the designer remembers"), class_name="w-card-head"),
            rx.el.p(
                "What holds for every workflow here, in your words. The designer reads it with each request. It "
                "remembers nothing unless somebody says so.",
                class_name="w-muted w-lead w-memory-lead",
            ),
            rx.cond(
                Memory.rows.length() > 0,
                rx.el.ul(
                    rx.foreach(Memory.rows, _remembered),
                    class_name="w-memory",
                    custom_attrs=test_id("memory"),
                ),
                rx.el.p(
                    "Nothing yet. For example: “amounts are in euros”, or “finance_manager approves refunds”.",
                    class_name="w-muted w-memory-lead",
                    custom_attrs=test_id("memory-empty"),
                ),
            ),
            rx.el.form(
                rx.el.label("Something to remember", html_for="memory-text", class_name="w-visually-hidden"),
                rx.el.input(
                    type="text",
                    name="text",
                    id="memory-text",
                    key=Memory.added.to_string(),
                    max_length=LONGEST,
                    placeholder="Something to remember",
                    auto_complete="off",
                    class_name="w-input",
                    custom_attrs=test_id("memory-text"),
                ),
                rx.el.button(
                    "Remember", type="submit", class_name="w-button", custom_attrs=test_id("memory-add")
                ),
                on_submit=Memory.add,
                class_name="w-row w-memory-form",
            ),
            rx.cond(
                Memory.problem != "",
                rx.el.p(
                    Memory.problem,
                    class_name="w-error w-memory-lead",
                    role="alert",
                    custom_attrs=test_id("memory-problem"),
                ),
            ),
            class_name="w-card",
            custom_attrs=test_id("memory-card"),
        ),
    )


def _remembered(each: rx.Var[Remembered]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(each.text, class_name="w-break"),
            rx.el.span(
                each.who,
                rx.cond(each.talk, ", in a conversation, ", ", "),
                TimeAgo.create(at=each.at),
                class_name="w-small w-muted",
            ),
            class_name="w-memory-words",
        ),
        rx.el.button(
            icon("trash-2", 14),
            type="button",
            class_name="w-button ghost icon small",
            on_click=Memory.forget(each.id),
            custom_attrs={
                **test_id("memory-forget"),
                "aria-label": f"Forget: {each.text}",
                "title": "Forget it",
            },
        ),
        key=each.id,
        class_name="w-row",
        custom_attrs=test_id("memory-row"),
    )
