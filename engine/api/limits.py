"""A bound on request bodies, so that nobody fills the memory with one."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.api.problems import answer

LARGEST_BODY = 4 * 2**20
"""Bytes. A text may have a million characters, a run's input 256 KB."""


class BodyLimit:
    """ASGI middleware: 413 when the announced length is too large, or as soon as too much has come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > LARGEST_BODY:
            await answer(413, "Too large", "The request's body is too large.")(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > LARGEST_BODY:
                raise HTTPException(413, "The request's body is too large.")
            return message

        await self._app(scope, counted, send)
