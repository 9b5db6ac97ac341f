"""Where events come in from a socket: what no page sends is dropped before the framework sees it.

The framework logs such a message whole, with the headers of its socket, to whoever asks for it as often as they like.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

import reflex as rx
from reflex_base.registry import RegistrationContext

log = logging.getLogger("weft.studio")

Receive = Callable[[str, Any], Awaitable[None]]


class _Namespace(Protocol):
    on_event: Receive


def guard_inlet(app: rx.App) -> None:
    """Puts the check in front of the app's socket."""
    namespace = app.event_namespace
    if namespace is None:
        raise RuntimeError("The app has no socket to guard.")
    known = RegistrationContext.get().event_handlers
    _put(namespace, known)


def _put(namespace: _Namespace, known: Collection[str]) -> None:
    passed_on = namespace.on_event

    async def checked(sid: str, data: Any) -> None:
        if not well_formed(data, known):
            log.info("an event that no page sends was dropped")
            return
        try:
            await passed_on(sid, data)
        except Exception as error:
            log.warning("an event could not be taken in: %s", type(error).__name__)

    namespace.on_event = checked


def well_formed(data: Any, known: Collection[str]) -> bool:
    """Whether `data` has an event's shape and names a handler there is. Pure."""
    if not isinstance(data, dict):
        return False
    name, payload, router = data.get("name"), data.get("payload", {}), data.get("router_data", {})
    if not isinstance(name, str) or name not in known:
        return False
    return isinstance(payload, dict) and isinstance(router, dict) and _a_place(router)


def _a_place(router: dict[str, Any]) -> bool:
    query = router.get("query", {})
    texts = (router.get(name, "") for name in ("pathname", "asPath", "origin"))
    return isinstance(query, dict) and all(isinstance(text, str) for text in texts)
