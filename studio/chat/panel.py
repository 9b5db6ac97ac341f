"""The chat panel at the editor's left."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from studio.chat.browser import ChatBox, ChatChip, ChatScroll
from studio.chat.state import ChatState
from studio.chat.view import LineView, MessageView, StepView
from studio.editor.state import EditorState
from studio.shell.elements import icon, test_id

_SHEET = rx.asset("chat.css", shared=True)

SUGGESTIONS: Final = (
    "When a customer asks for a refund, get the order and check that it is eligible. If the total is over 100 euros "
    "ask a manager to approve. Then refund it and e-mail the customer.",
    "For each delivered order, at most 5 at once, e-mail the customer and ask for a review.",
    "Get the order. If the total is over 500 euros, escalate it to support with high priority.",
)
CHANGES: Final = (
    "Raise the limit to 250",
    "Ask the finance manager instead",
    "Also tell the customer when it is refused",
)


def chat_panel() -> rx.Component:
    return rx.el.section(
        rx.el.link(rel="stylesheet", href=_SHEET, custom_attrs={"precedence": "default"}),
        rx.el.header(
            icon("sparkles", 15),
            rx.el.h2("Designer", class_name="wc-title"),
            rx.el.span(
                ChatState.answers,
                class_name="wc-answers w-truncate",
                title=ChatState.answers,
                custom_attrs=test_id("chat-designer"),
            ),
            class_name="wc-head",
        ),
        ChatScroll.create(
            rx.cond(ChatState.messages.length() == 0, _welcome()),
            rx.foreach(ChatState.messages, _message),
            rx.cond(ChatState.busy, _working()),
            rx.cond(ChatState.failure != "", _failure()),
        ),
        rx.cond(
            ChatState.allowed | ~ChatState.ready,
            ChatBox.create(
                workflow=ChatState.workflow_id,
                ready=ChatState.ready & EditorState.ready,
                busy=ChatState.busy,
                empty=ChatState.messages.length() == 0,
                restore=ChatState.restore,
                placeholder="Say what should happen, or what to change",
                on_send=ChatState.send,
                on_stop=ChatState.stop,
            ),
            rx.el.p(
                "Your role can look at workflows but not design them.", class_name="wc-note w-small w-muted"
            ),
        ),
        class_name="wc-panel",
        custom_attrs={**test_id("chat"), "aria-label": "Designer", "data-ready": ChatState.ready},
    )


def _welcome() -> rx.Component:
    return rx.el.div(
        rx.el.p("Describe a process in your own words.", class_name="w-strong"),
        rx.el.p(
            "You get a workflow over your connected tools as a proposal, read and checked. "
            "Nothing is saved before you accept it.",
            class_name="w-small w-muted",
        ),
        rx.cond(
            ChatState.has_steps,
            rx.el.div(*[ChatChip.create(text=text) for text in CHANGES], class_name="wc-chips"),
            rx.el.div(*[ChatChip.create(text=text) for text in SUGGESTIONS], class_name="wc-chips"),
        ),
        rx.cond(
            ~ChatState.has_model,
            rx.el.div(
                icon("info", 15),
                rx.el.div(
                    rx.el.div("Built-in designer: no model is connected.", class_name="w-strong"),
                    rx.el.div(
                        rx.cond(
                            ChatState.model_hint != "",
                            ChatState.model_hint,
                            "It works by rules over your tools. To connect a language model, set WEFT_MODEL_URL, "
                            "WEFT_MODEL_KEY and WEFT_MODEL before ./weft up.",
                        ),
                        class_name="w-small",
                    ),
                ),
                class_name="w-note",
                custom_attrs=test_id("chat-no-model"),
            ),
        ),
        class_name="wc-welcome",
    )


def _message(message: rx.Var[MessageView]) -> rx.Component:
    return rx.el.article(
        rx.cond(
            message.content != "",
            rx.el.div(message.content, class_name=rx.cond(message.mine, "wc-bubble mine", "wc-bubble")),
        ),
        rx.cond(message.proposed, _card(message)),
        class_name=rx.cond(message.mine, "wc-message mine", "wc-message"),
        key=message.id,
        custom_attrs={
            **test_id("chat-message"),
            "data-role": rx.cond(message.mine, "user", "assistant"),
            "aria-label": rx.cond(message.mine, "You", "Designer"),
        },
    )


def _card(message: rx.Var[MessageView]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon("workflow", 15),
            rx.el.span(message.title, class_name="w-mono w-strong w-truncate"),
            rx.el.span(class_name="w-spacer"),
            rx.match(
                message.state,
                ("accepted", rx.el.span("Accepted", class_name="w-badge success")),
                ("rejected", rx.el.span("Rejected", class_name="w-badge")),
                rx.el.span(rx.cond(message.is_change, "Change", "Proposal"), class_name="w-badge info"),
            ),
            class_name="wc-card-head",
        ),
        rx.cond(
            message.safety.length() > 0,
            _list("Less safe than before", message.safety, "danger", "shield-alert"),
        ),
        rx.cond(message.summary != "", rx.el.p(message.summary, class_name="wc-summary")),
        rx.cond(
            message.questions.length() > 0,
            _list("Open questions", message.questions, "warning", "circle-help"),
        ),
        rx.cond(
            message.is_change,
            rx.el.details(
                rx.el.summary("What changes"),
                rx.el.pre(
                    rx.foreach(message.diff, _line),
                    class_name="wc-diff",
                    tab_index=0,
                    custom_attrs={**test_id("proposal-diff"), "aria-label": "What changes in the text"},
                ),
                open=message.state == "open",
            ),
        ),
        rx.el.details(
            rx.el.summary(rx.cond(message.is_change, "All steps", "Steps")),
            rx.el.ol(rx.foreach(message.steps, _step), class_name="wc-steps"),
            open=~message.is_change & (message.state == "open"),
        ),
        rx.cond(
            message.assumptions.length() > 0,
            rx.el.details(
                rx.el.summary("Assumptions (", message.assumptions.length(), ")"),
                rx.el.ul(
                    rx.foreach(message.assumptions, lambda text: rx.el.li(text)), class_name="wc-list-plain"
                ),
                open=True,
            ),
        ),
        rx.cond(
            message.warnings.length() > 0,
            rx.el.details(
                rx.el.summary("Warnings (", message.warnings.length(), ")"),
                rx.el.ul(
                    rx.foreach(message.warnings, lambda text: rx.el.li(text)), class_name="wc-list-plain"
                ),
            ),
        ),
        rx.cond(message.state == "open", _decision(message)),
        class_name=rx.cond(message.state == "open", "wc-card", "wc-card settled"),
        custom_attrs={**test_id("proposal"), "data-state": message.state},
    )


def _decision(message: rx.Var[MessageView]) -> rx.Component:
    return rx.fragment(
        rx.cond(
            ChatState.stale == message.id,
            rx.el.div(
                icon("git-merge", 15),
                rx.el.div(
                    "The workflow was changed since this proposal was made. Accepting takes the place of those "
                    "changes; undo brings them back.",
                    class_name="w-small",
                ),
                class_name="w-note warning wc-stale",
                role="alert",
            ),
        ),
        rx.el.div(
            rx.el.button(
                rx.cond(ChatState.stale == message.id, "Accept anyway", "Accept"),
                type="button",
                class_name="w-button primary small",
                disabled=~EditorState.may_edit,
                on_click=ChatState.accept(message.id),
                custom_attrs=test_id("proposal-accept"),
            ),
            rx.el.button(
                "Reject",
                type="button",
                class_name="w-button small",
                on_click=ChatState.reject(message.id),
                custom_attrs=test_id("proposal-reject"),
            ),
            rx.el.span("or say what to change", class_name="w-small w-muted"),
            class_name="wc-decision",
        ),
    )


def _step(step: rx.Var[StepView]) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="wc-dot", custom_attrs={"data-kind": step.kind, "aria-hidden": "true"}),
        rx.el.span(step.sentence),
        style={"marginLeft": step.indent},
    )


def _line(line: rx.Var[LineView]) -> rx.Component:
    return rx.el.div(
        rx.el.span(line.sign, class_name="wc-sign"),
        line.text,
        class_name=rx.match(line.sign, ("+", "wc-line added"), ("-", "wc-line removed"), "wc-line"),
    )


def _list(title: str, items: Any, tone: str, name: str) -> rx.Component:
    return rx.el.div(
        icon(name, 15),
        rx.el.div(
            rx.el.div(title, class_name="w-strong w-small"),
            rx.el.ul(rx.foreach(items, lambda text: rx.el.li(text)), class_name="wc-list-plain"),
        ),
        class_name=f"w-note {tone}",
    )


def _working() -> rx.Component:
    return rx.el.div(
        rx.cond(
            ChatState.streaming != "",
            rx.el.div(ChatState.streaming, class_name="wc-bubble"),
        ),
        rx.el.div(
            rx.el.span(class_name="wc-dots", custom_attrs={"aria-hidden": "true"}),
            rx.cond(ChatState.progress != "", ChatState.progress, "Designing and checking…"),
            class_name="w-small w-muted wc-progress",
            custom_attrs=test_id("chat-progress"),
        ),
        class_name="wc-message",
    )


def _failure() -> rx.Component:
    return rx.el.div(
        icon("circle-alert", 16),
        rx.el.div(
            rx.el.div(ChatState.failure, class_name="w-strong"),
            rx.el.div(ChatState.failure_help, class_name="w-small"),
            rx.el.div(
                rx.el.button(
                    "Try again", type="button", class_name="w-button small", on_click=ChatState.again
                ),
                rx.cond(
                    ChatState.offer_builtin,
                    rx.el.button(
                        "Use the built-in designer",
                        type="button",
                        class_name="w-button small",
                        on_click=ChatState.ask_builtin,
                        custom_attrs=test_id("chat-builtin"),
                    ),
                ),
                class_name="w-row wc-retry",
            ),
        ),
        class_name="w-note danger",
        role="alert",
        custom_attrs=test_id("chat-failure"),
    )
