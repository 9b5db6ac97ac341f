"""Pages whose socket closes leave the room of their draft."""

from __future__ import annotations

from typing import Any

import reflex as rx

from studio.editor.room import ROOMS


def watch_leaving(app: rx.App) -> None:
    """Puts an ear to the app's socket."""
    namespace = app.event_namespace
    if namespace is None:
        raise RuntimeError("The app has no socket to listen to.")
    passed_on = namespace.on_disconnect

    def closed(sid: str, *_: Any) -> Any:
        token = namespace.sid_to_token.get(sid)
        # A page that reconnected has another socket by now.
        if token is not None and namespace.token_to_sid.get(token) == sid:
            ROOMS.gone(token)
        return passed_on(sid)

    namespace.on_disconnect = closed  # type: ignore[method-assign]
