"""The parts of the chat that live in the browser."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from studio.chat.view import MessageView

_FILES = {
    name: rx.asset(name, shared=True)
    for name in ("chat.jsx", "thread.jsx", "card.jsx", "trail.jsx", "history.jsx")
}
"""They import each other by name, so all must be beside each other."""


class ChatBox(rx.NoSSRComponent):
    library = _FILES["chat.jsx"].importable_path
    tag = "ChatBox"
    workflow: rx.Var[str]
    ready: rx.Var[bool]
    busy: rx.Var[bool]
    empty: rx.Var[bool]
    restore: rx.Var[dict[str, Any]]
    placeholder: rx.Var[str]
    on_send: rx.EventHandler[passthrough_event_spec(str)]
    on_stop: rx.EventHandler[rx.event.no_args_event_spec]


class ChatScroll(rx.NoSSRComponent):
    library = _FILES["chat.jsx"].importable_path
    tag = "ChatScroll"


class ChatChip(rx.NoSSRComponent):
    library = _FILES["chat.jsx"].importable_path
    tag = "ChatChip"
    text: rx.Var[str]


class ChatThread(rx.NoSSRComponent):
    """Messages and the answer under way. ``on_say`` gets one dict, see :mod:`studio.chat.says`."""

    library = _FILES["thread.jsx"].importable_path
    tag = "ChatThread"
    messages: rx.Var[list[MessageView]]
    branches: rx.Var[list[dict[str, Any]]]
    stream: rx.Var[dict[str, Any]]
    progress: rx.Var[str]
    rounds: rx.Var[list[dict[str, Any]]]
    busy: rx.Var[bool]
    asking: rx.Var[dict[str, Any]]
    remember: rx.Var[str]
    failure: rx.Var[str]
    failure_help: rx.Var[str]
    offer_builtin: rx.Var[bool]
    can_edit: rx.Var[bool]
    looking: rx.Var[str]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]
    on_edit_last: rx.EventHandler[passthrough_event_spec(str)]
    on_again: rx.EventHandler[rx.event.no_args_event_spec]
    on_builtin: rx.EventHandler[rx.event.no_args_event_spec]


class ChatHistory(rx.NoSSRComponent):
    """Old conversations. ``on_say``: see :mod:`studio.chat.history`; ``on_open`` is the thread's ``on_say``."""

    library = _FILES["history.jsx"].importable_path
    tag = "ChatHistory"
    open: rx.Var[bool]
    rows: rx.Var[list[dict[str, Any]]]
    deleted: rx.Var[dict[str, Any]]
    failure: rx.Var[str]
    current: rx.Var[str]
    on_say: rx.EventHandler[passthrough_event_spec(dict)]
    on_open: rx.EventHandler[passthrough_event_spec(dict)]
