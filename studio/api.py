"""The engine's HTTP API under /api, in the studio's process, with the studio's own routes beside it.

It needs the open database, and the server should come up without one, so it is made at the first request that finds it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from engine.api import api
from engine.api.access import refuse_unlabelled
from engine.errors import Unavailable, WeftError
from engine.settings import Settings
from studio.chat import chat_router, conversations_router
from studio.shell import services
from studio.toolserver import PATH as TOOLS
from studio.toolserver import ToolServer, writer_for

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/api"
METRICS = "/metrics"
"""Where Prometheus looks for what the API has as /api/metrics."""


class StudioApi:
    """ASGI: /api goes to the engine's API, /mcp to the designer's tools, everything else to the pages."""

    def __init__(self, pages: App) -> None:
        self._pages = pages
        self._api: App | None = None
        self._tools: App | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path == METRICS:
            path = PREFIX + METRICS
            scope = {**scope, "path": path}
        tools = path.rstrip("/") == TOOLS
        if scope["type"] != "http" or not (tools or path == PREFIX or path.startswith(f"{PREFIX}/")):
            await self._pages(scope, receive, send)
            return
        try:
            api = await self._made()
        except WeftError as missing:
            await _unavailable(missing, send)
            return
        if tools and self._tools is not None:
            await self._tools({**scope, "path": TOOLS}, receive, send)
            return
        await api({**scope, "root_path": scope.get("root_path", "") + PREFIX}, receive, send)

    async def _made(self) -> App:
        async with self._making:
            if self._api is None:
                made = api(await services.database(), Settings.from_environment())
                made.router.routes.extend([*chat_router.routes, *conversations_router.routes])
                refuse_unlabelled(made)
                self._tools = ToolServer(await services.database(), Settings.from_environment(), writer_for)
                self._api = made
            return self._api


async def _unavailable(missing: WeftError, send: Send) -> None:
    status = 503 if isinstance(missing, Unavailable) else 500
    problem = {
        "type": "about:blank",
        "title": "Unavailable",
        "status": status,
        "detail": f"{missing.message} {missing.help}",
    }
    body = json.dumps(problem).encode()
    named = [(b"content-type", b"application/problem+json"), (b"retry-after", b"2")]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body})
