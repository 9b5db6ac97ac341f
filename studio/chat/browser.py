"""The parts of the chat that live in the browser (chat.jsx)."""

from __future__ import annotations

from typing import Any

import reflex as rx

_JSX = rx.asset("chat.jsx", shared=True)


class ChatBox(rx.NoSSRComponent):
    library = _JSX.importable_path
    tag = "ChatBox"
    workflow: rx.Var[str]
    ready: rx.Var[bool]
    busy: rx.Var[bool]
    empty: rx.Var[bool]
    restore: rx.Var[dict[str, Any]]
    placeholder: rx.Var[str]
    on_send: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_stop: rx.EventHandler[rx.event.no_args_event_spec]


class ChatScroll(rx.NoSSRComponent):
    library = _JSX.importable_path
    tag = "ChatScroll"


class ChatChip(rx.NoSSRComponent):
    library = _JSX.importable_path
    tag = "ChatChip"
    text: rx.Var[str]
