"""The outermost layer of the API: headers of every answer, and the end of every error that nobody expected.

Such an error goes no further than here. The server around the application would write its message to the log, and a
message holds what somebody sent.
"""

from __future__ import annotations

import logging
import traceback

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.api.problems import answer

log = logging.getLogger("weft.api")


class Sealed:
    """ASGI middleware: nobody keeps an answer, nobody guesses its type, nobody reads what went wrong."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sealed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self._app(scope, receive, sealed)
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
            log.error(
                "%s %s failed: %s at\n%s", scope.get("method"), scope["path"], type(error).__name__, where
            )
            if begun:
                raise RuntimeError("an answer broke off") from None
            broken = answer(
                500, "Internal error", "Something went wrong here.", "Try again; the server's log says more."
            )
            await broken(scope, receive, sealed)
