"""What is told of every request: its id, in the answer and in the log's lines, and its part in the metrics.

``X-Request-Id`` is taken from the request when it looks like an id, and made here otherwise. Requests are counted by
the template of their route, never by their path. The counts are added up in Postgres now and then.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine import tallybook
from engine.database import Database
from engine.errors import Unavailable
from engine.tallies import REQUEST_SECONDS, REQUESTS, Tallies
from engine.telemetry.subject import REQUEST

EVERY_S = 5.0
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Telling:
    """ASGI middleware, the outermost one."""

    def __init__(self, app: ASGIApp, db: Database, tallies: Tallies) -> None:
        self._app = app
        self._db = db
        self._tallies = tallies
        self._added_at = time.monotonic()
        self._adding: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        named = given if _ID.fullmatch(given) else uuid4().hex
        began, status = time.perf_counter(), 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = named
                self._count(scope, status, time.perf_counter() - began)
            await send(message)

        token = REQUEST.set(named)
        try:
            await self._app(scope, receive, told)
        finally:
            REQUEST.reset(token)
            self._add()

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route: Any = scope.get("route")
        template = str(getattr(route, "path", "other"))
        self._tallies.add(REQUESTS, method, template, str(status))
        self._tallies.observe(REQUEST_SECONDS, seconds, method, template)

    def _add(self) -> None:
        if time.monotonic() - self._added_at > EVERY_S and (self._adding is None or self._adding.done()):
            self._added_at = time.monotonic()
            self._adding = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        try:
            await tallybook.add(self._db, self._tallies)
        except Unavailable:
            pass  # counts of a few seconds are lost; nobody who asks for something shall notice
