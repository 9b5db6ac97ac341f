"""The chat panel at the editor's left."""

from __future__ import annotations

from typing import Final

import reflex as rx

from studio.chat.browser import ChatBox, ChatChip, ChatHistory, ChatScroll, ChatThread
from studio.chat.history import Conversations
from studio.chat.overlaying import Overlay
from studio.chat.state import ChatState
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
            rx.el.span(class_name="w-spacer"),
            rx.cond(
                ChatState.allowed,
                rx.fragment(
                    _head_button(
                        "history", "Old conversations", "chat-history", Conversations.on_say({"type": "show"})
                    ),
                    _head_button(
                        "square-pen", "A new conversation", "chat-new", ChatState.on_say({"type": "switch"})
                    ),
                ),
            ),
            class_name="wc-head",
        ),
        rx.cond(
            (ChatState.title != "") | (ChatState.spent != ""),
            rx.el.div(
                rx.el.span(ChatState.title, class_name="w-truncate", title=ChatState.title),
                rx.el.span(class_name="w-spacer"),
                rx.el.span(ChatState.spent, class_name="w-nowrap", custom_attrs=test_id("chat-spent")),
                class_name="wc-about",
                custom_attrs=test_id("chat-title"),
            ),
        ),
        rx.el.div(
            ChatScroll.create(
                rx.cond(ChatState.messages.length() == 0, _welcome()),
                ChatThread.create(
                    messages=ChatState.messages,
                    branches=ChatState.branches,
                    stream=ChatState.stream,
                    progress=ChatState.progress,
                    rounds=ChatState.rounds,
                    busy=ChatState.busy,
                    asking=ChatState.asking,
                    remember=ChatState.remember,
                    failure=ChatState.failure,
                    failure_help=ChatState.failure_help,
                    offer_builtin=ChatState.offer_builtin,
                    can_edit=EditorState.may_edit,
                    looking=rx.cond(Overlay.open, Overlay.message, ""),
                    on_say=ChatState.on_say,
                    on_edit_last=ChatState.edit_last,
                    on_again=ChatState.again,
                    on_builtin=ChatState.ask_builtin,
                ),
                rx.foreach(
                    ChatState.warnings,
                    lambda words: rx.el.div(
                        icon("wallet", 15),
                        rx.el.span(words, class_name="w-small"),
                        class_name="w-note warning",
                        custom_attrs=test_id("chat-budget"),
                    ),
                ),
            ),
            ChatHistory.create(
                open=Conversations.open,
                rows=Conversations.rows,
                deleted=Conversations.deleted,
                failure=Conversations.failure,
                current=ChatState.conversation_id,
                on_say=Conversations.on_say,
                on_open=ChatState.on_say,
            ),
            class_name="wc-body",
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


def _head_button(name: str, words: str, test: str, does: rx.event.EventType) -> rx.Component:
    return rx.el.button(
        icon(name, 15),
        type="button",
        class_name="w-button ghost icon small",
        on_click=does,
        title=words,
        disabled=ChatState.busy,
        custom_attrs={**test_id(test), "aria-label": words},
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
                    rx.el.div(
                        rx.cond(
                            ChatState.model_hint != "",
                            "Built-in designer: no connected model can be used.",
                            "Built-in designer: no model is connected.",
                        ),
                        class_name="w-strong",
                    ),
                    rx.el.div(
                        rx.cond(
                            ChatState.model_hint != "",
                            ChatState.model_hint,
                            "It works by rules over your tools. An administrator can connect a language model under "
                            "Models.",
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
