"""What stands around every HTTP request and socket of the studio: security headers and the origin check.

The socket is refused unless its Origin is on the exact list. Requests that change something must come from that list
too, when a browser says where they come from; programs (no Origin, no Sec-Fetch-Site) sign in with a token instead of
a cookie.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from studio import veil

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The framework evaluates event scripts and writes style elements itself, hence 'unsafe-inline' and 'unsafe-eval';
# nothing may be loaded from, or sent to, anywhere but this server.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' {sockets}",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def headers(origins: tuple[str, ...]) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of every answer. HSTS only where the studio is reached over https."""
    sockets = " ".join(origin.replace("http", "ws", 1) for origin in origins)
    named = {
        "content-security-policy": POLICY.format(sockets=sockets),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
    if any(origin.startswith("https://") for origin in origins):
        named["strict-transport-security"] = "max-age=31536000"
    return tuple((name.encode(), value.encode()) for name, value in named.items())


def refusal(scope: Scope, origins: tuple[str, ...]) -> str | None:
    """Why a request or socket is refused because of where it comes from, or None. Pure."""
    sent = {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in scope["headers"]}
    origin = sent.get("origin")
    if scope["type"] == "websocket":
        return None if origin in origins else "origin"
    if scope["method"] in SAFE_METHODS:
        # The socket's protocol may fall back to polling by GET: it is held to the same list.
        if scope["path"].startswith("/_event") and origin is not None and origin not in origins:
            return "origin"
        return None
    if origin is None:
        return "origin" if sent.get("sec-fetch-site", "none") not in ("same-origin", "none") else None
    return None if origin in origins else "origin"


class Fence:
    """ASGI middleware: checks origins, adds the headers, and keeps credentials from the pages' framework."""

    def __init__(self, app: App, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = origins
        self._headers = headers(origins)
        self._cookie = veil.cookie_name(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if refusal(scope, self._origins):
            await self._refuse(scope, receive, send)
            return
        if scope["type"] == "websocket":
            scope = {**scope, "headers": veil.veiled(scope["headers"], self._cookie)}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {bytes(name).lower() for name, _ in message.get("headers", ())}
                added = [(name, value) for name, value in self._headers if name not in present]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, with_headers)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        body = (
            b'{"type":"about:blank","title":"Forbidden","status":403,'
            b'"detail":"This request came from an address that is not on the list in WEFT_ORIGINS."}'
        )
        named = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": [*named, *self._headers]})
        await send({"type": "http.response.body", "body": body})
