"""The dialog in which an administrator connects a model or changes one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.models.list_state import ModelList
from studio.models.rows import PROVIDERS, TIERS
from studio.shell.elements import Modal, test_id


def model_dialog() -> rx.Component:
    """Open while one is being added or changed."""
    return Modal.create(
        rx.el.header(
            rx.el.h2(rx.cond(ModelList.editing == "new", "Connect a model", "Change the model")),
        ),
        rx.el.form(
            rx.el.div(
                field(
                    "provider",
                    "Where it is",
                    rx.el.select(
                        *[rx.el.option(words, value=key) for key, (words, _, _) in PROVIDERS.items()],
                        name="provider",
                        value=ModelList.provider,
                        on_change=ModelList.choose_provider,
                        id="model-provider",
                        class_name="w-input",
                        custom_attrs=test_id("model-provider"),
                    ),
                ),
                rx.el.div(
                    _text("name", "Name", "As people here call it", autofocus=True),
                    _text("model", "Model", "Its name at the server, like llama3.1 or gpt-4.1", mono=True),
                    class_name="w-three",
                ),
                _text(
                    "url",
                    "Address",
                    "",
                    mono=True,
                    placeholder=ModelList.usual_place,
                    help=rx.cond(
                        ModelList.provider == "local",
                        "Addresses inside the operator's network work when the operator has allowed the host.",
                        "Leave it empty for the service's own address.",
                    ),
                ),
                _key(),
                rx.el.div(
                    field(
                        "tier",
                        "Answers for",
                        rx.el.select(
                            *[rx.el.option(words, value=key) for key, words in TIERS.items()],
                            name="tier",
                            id="model-tier",
                            default_value=ModelList.said["tier"],
                            class_name="w-input",
                        ),
                        "The tier that a workflow's agent steps ask for.",
                    ),
                    _text("usd_in", "USD per million in", "", placeholder="nobody knows"),
                    _text("usd_out", "USD per million out", "", placeholder="nobody knows"),
                    class_name="w-three",
                ),
                rx.el.div(
                    _text(
                        "usd_cached",
                        "USD per million read from its cache",
                        "Providers keep the beginning of a prompt, and it costs less the next time.",
                        placeholder="as what goes in",
                    ),
                    _text("usd_stored", "USD per million written there", "", placeholder="as what goes in"),
                    class_name="w-three",
                ),
                rx.el.label(
                    rx.el.input(
                        type="checkbox", name="enabled", value="yes", default_checked=ModelList.enabled
                    ),
                    "It may be asked",
                    class_name="w-check",
                ),
                class_name="body",
            ),
            rx.cond(
                ModelList.problem != "",
                rx.el.div(
                    ModelList.problem,
                    class_name="w-note danger w-dialog-problem",
                    role="alert",
                    custom_attrs=test_id("model-problem"),
                ),
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=ModelList.close),
                rx.el.button(
                    rx.cond(ModelList.editing == "new", "Connect and test", "Save"),
                    type="submit",
                    class_name="w-button primary",
                    custom_attrs=test_id("save-model"),
                ),
            ),
            key=ModelList.editing,
            on_submit=ModelList.save,
        ),
        open=ModelList.editing != "",
        label="A model",
        on_close=ModelList.close,
        custom_attrs=test_id("model-dialog"),
    )


def _key() -> rx.Component:
    return field(
        "key",
        "Key",
        rx.el.input(
            type="password",
            name="key",
            id="model-key",
            placeholder=rx.cond(ModelList.has_key, "kept as it is; type to replace it", "none"),
            auto_complete="new-password",
            class_name="w-input mono",
            custom_attrs={**test_id("model-key"), "spellCheck": "false", **_invalid("key")},
        ),
        "Sealed before it is stored; it is never shown again and never part of a prompt or a log.",
        rx.cond(
            ModelList.has_key,
            rx.el.label(
                rx.el.input(type="checkbox", name="no_key", value="yes"),
                "Take the key away",
                class_name="w-check",
            ),
        ),
    )


def _text(
    name: str,
    words: str,
    hint: str,
    *,
    mono: bool = False,
    autofocus: bool = False,
    placeholder: Any = "",
    help: Any = None,
) -> rx.Component:
    return field(
        name,
        words,
        rx.el.input(
            type="text",
            name=name,
            id=f"model-{name}",
            default_value=ModelList.said[name],
            placeholder=placeholder,
            auto_complete="off",
            class_name="w-input mono" if mono else "w-input",
            custom_attrs={
                **test_id(f"model-{name}"),
                **_invalid(name),
                **({"data-autofocus": "true"} if autofocus else {}),
            },
        ),
        help if help is not None else hint,
    )


def field(name: str, words: str, control: rx.Component, help: Any = "", *more: Any) -> rx.Component:
    """A label over its control, with what is wrong in it."""
    return rx.el.div(
        rx.el.label(words, html_for=f"model-{name}"),
        control,
        rx.el.p(help, class_name="w-help") if not isinstance(help, str) or help else rx.fragment(),
        rx.cond(
            ModelList.errors.contains(name),
            rx.el.p(ModelList.errors[name], id=f"model-{name}-error", class_name="w-error"),
        ),
        *more,
        class_name="w-field",
    )


def _invalid(name: str) -> dict[str, Any]:
    return {
        "aria-invalid": rx.cond(ModelList.errors.contains(name), "true", "false"),
        "aria-describedby": f"model-{name}-error",
    }
