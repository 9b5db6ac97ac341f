"""The dialogs of the notifications page: a channel, its signing secret, deleting it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from engine.notifying.wording import TOPICS
from studio.notifications.rows import WAYS
from studio.notifications.state import Channels
from studio.shell.elements import Modal, test_id

_HELP = {
    "slack": "From the chat's own settings: an incoming webhook. It is a secret, sealed before it is stored.",
    "webhook": "Requests are signed (Standard Webhooks); you see the secret once, when the channel is made.",
}


def channel_dialog() -> rx.Component:
    """Open while one is being added or changed."""
    return Modal.create(
        rx.el.header(rx.el.h2(rx.cond(Channels.editing == "new", "Add a channel", "Change the channel"))),
        rx.el.form(
            rx.el.div(
                _text("name", "Name", "As people here call it", autofocus=True),
                rx.match(
                    Channels.kind,
                    ("email", _email()),
                    (
                        "slack",
                        _text(
                            "url",
                            "Address of the incoming webhook",
                            _HELP["slack"],
                            placeholder=rx.cond(
                                Channels.editing == "new", "https://…", "kept as it is; type to replace it"
                            ),
                        ),
                    ),
                    _text("url", "Address", _HELP["webhook"], placeholder="https://example.com/in"),
                ),
                rx.el.fieldset(
                    rx.el.legend("Tell it when"),
                    *[
                        rx.el.label(
                            rx.el.input(
                                type="checkbox",
                                name=f"topic {topic}",
                                value="yes",
                                default_checked=Channels.topics.contains(topic),
                                custom_attrs=test_id(f"topic-{topic}"),
                            ),
                            words,
                            class_name="w-check",
                        )
                        for topic, words in TOPICS.items()
                    ],
                    _error("topics"),
                    class_name="w-fieldset",
                ),
                rx.el.label(
                    rx.el.input(
                        type="checkbox", name="enabled", value="yes", default_checked=Channels.enabled
                    ),
                    "On",
                    class_name="w-check",
                ),
                class_name="body",
            ),
            rx.cond(
                Channels.problem != "",
                rx.el.div(
                    Channels.problem,
                    class_name="w-note danger w-dialog-problem",
                    role="alert",
                    custom_attrs=test_id("channel-problem"),
                ),
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=Channels.close),
                rx.el.button(
                    rx.cond(Channels.editing == "new", "Add", "Save"),
                    type="submit",
                    class_name="w-button primary",
                    custom_attrs=test_id("save-channel"),
                ),
            ),
            key=Channels.editing + Channels.kind,
            on_submit=Channels.save,
        ),
        open=Channels.editing != "",
        label="A channel",
        on_close=Channels.close,
        custom_attrs=test_id("channel-dialog"),
    )


def _email() -> rx.Component:
    return rx.el.div(
        _text("to", "To", "Addresses, separated by commas", placeholder="approvals@example.com"),
        rx.cond(
            Channels.common_server != "",
            rx.el.div(
                rx.el.label("Sent by", html_for="channel-server"),
                rx.el.select(
                    rx.el.option("The installation's mail server", value="common"),
                    rx.el.option("A server of its own", value="own"),
                    id="channel-server",
                    value=rx.cond(Channels.own_server, "own", "common"),
                    on_change=Channels.choose_server,
                    class_name="w-input",
                ),
                class_name="w-field",
            ),
        ),
        rx.cond(
            Channels.own_server,
            rx.el.div(
                rx.el.div(
                    _text("host", "Mail server", "", placeholder="smtp.example.com"),
                    _text("port", "Port", ""),
                    rx.el.div(
                        rx.el.label("Encryption", html_for="channel-tls"),
                        rx.el.select(
                            *[rx.el.option(words, value=key) for key, words in WAYS.items()],
                            name="tls",
                            id="channel-tls",
                            default_value=Channels.said["tls"],
                            class_name="w-input",
                        ),
                        _error("tls"),
                        class_name="w-field",
                    ),
                    class_name="w-three",
                ),
                _text("from", "From", "The address messages come from", placeholder="weft@example.com"),
                rx.el.div(
                    _text("user", "User", ""),
                    rx.el.div(
                        rx.el.label("Password", html_for="channel-password"),
                        rx.el.input(
                            type="password",
                            name="password",
                            id="channel-password",
                            placeholder=rx.cond(
                                Channels.has_password, "kept as it is; type to replace it", "none"
                            ),
                            auto_complete="new-password",
                            class_name="w-input",
                        ),
                        _error("password"),
                        rx.cond(
                            Channels.has_password,
                            rx.el.label(
                                rx.el.input(type="checkbox", name="no_password", value="yes"),
                                "Take the password away",
                                class_name="w-check",
                            ),
                        ),
                        class_name="w-field",
                    ),
                    class_name="w-three",
                ),
                class_name="w-stack",
            ),
        ),
        class_name="w-stack",
    )


def _text(
    name: str, words: str, help: Any, *, placeholder: Any = "", autofocus: bool = False
) -> rx.Component:
    focus = {"data-autofocus": "true"} if autofocus else {}
    return rx.el.div(
        rx.el.label(words, html_for=f"channel-{name}"),
        rx.el.input(
            type="text",
            name=name,
            id=f"channel-{name}",
            default_value=Channels.said[name],
            placeholder=placeholder,
            auto_complete="off",
            class_name="w-input",
            custom_attrs={
                **test_id(f"channel-{name}"),
                **focus,
                "aria-invalid": rx.cond(Channels.errors.contains(name), "true", "false"),
            },
        ),
        rx.el.p(help, class_name="w-help") if help else rx.fragment(),
        _error(name),
        class_name="w-field",
    )


def _error(name: str) -> rx.Component:
    return rx.cond(
        Channels.errors.contains(name),
        rx.el.p(Channels.errors[name], class_name="w-error", role="alert"),
    )


def secret_dialog() -> rx.Component:
    """A signing secret, this once."""
    return Modal.create(
        rx.el.header(rx.el.h2("The signing secret")),
        rx.el.div(
            rx.el.p(
                "Give it to the receiver now: it is not shown again. Messages are signed with it, and for as long as "
                "there was one before, with that one as well.",
                class_name="w-muted",
            ),
            rx.el.pre(
                Channels.signing_secret,
                class_name="w-code",
                tab_index=0,
                custom_attrs={**test_id("signing-secret"), "aria-label": "Signing secret"},
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button(
                "I have it",
                type="button",
                class_name="w-button primary",
                on_click=Channels.close,
                custom_attrs=test_id("secret-done"),
            )
        ),
        open=Channels.signing_secret != "",
        label="The signing secret",
        on_close=Channels.close,
    )


def delete_dialog() -> rx.Component:
    """A question before."""
    return Modal.create(
        rx.el.header(rx.el.h2("Delete this channel?")),
        rx.el.div(
            rx.el.p(
                rx.el.span(Channels.deleting_name, class_name="w-strong"),
                " is told nothing any more, and its secret goes with it. What is on its way to it is given up.",
            ),
            class_name="body",
        ),
        rx.el.footer(
            rx.el.button("Keep it", type="button", class_name="w-button", on_click=Channels.close),
            rx.el.button(
                "Delete",
                type="button",
                class_name="w-button danger solid",
                on_click=Channels.delete,
                custom_attrs=test_id("delete-channel"),
            ),
        ),
        open=Channels.deleting != "",
        label="Delete a channel",
        on_close=Channels.close,
    )
