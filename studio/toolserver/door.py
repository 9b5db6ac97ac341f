"""``/mcp`` as an ASGI application: who calls is known by the bearer token of the API, asked at every request.

Cookies are not looked at: programs come here, and a cookie would be sent by any page. Every request stands alone
(stateless, plain JSON), so that a restart of the studio loses no session.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations

from engine import tokens
from engine.database import Database
from engine.errors import BadCredentials, Unavailable, WeftError
from engine.settings import Settings
from studio.toolserver.offers import ACTOR, OFFERS, WriterOf

PATH = "/mcp"
_MOST_BYTES = 2_000_000
_START_S = 10.0

log = logging.getLogger("weft.studio")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class ToolServer:
    """The tools of :data:`OFFERS` over streamable HTTP. It starts with its first request, and ``close`` ends it. Where
    it does not start that request is told, and the next one tries anew."""

    def __init__(self, db: Database, settings: Settings, writer_of: WriterOf) -> None:
        self._db = db
        self._settings = settings
        self._writer_of = writer_of
        self._owner: asyncio.Task[None] | None = None
        self._up: asyncio.Future[App] | None = None
        self._over = asyncio.Event()

    def _made(self) -> MCPServer[Any]:
        server = MCPServer[Any](
            "weft",
            title="Weft Studio",
            instructions="Designs, edits and checks workflows over the tools connected here. Nothing is saved.",
            log_level="WARNING",
        )
        for offer in OFFERS:
            server.add_tool(
                offer.make(self._db, self._writer_of, offer.permission),
                name=offer.name,
                title=offer.title,
                description=offer.description,
                annotations=ToolAnnotations(
                    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
                ),
                structured_output=True,
            )
        return server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        scheme, _, token = given.partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise BadCredentials("You are not signed in.", "Send a bearer token.")
            actor = await tokens.actor_of_token(self._db, self._settings, token.strip())
            app = await self._started()
        except WeftError as error:
            await _refuse(error, send)
            return
        await app({**scope, "root_path": "", ACTOR: actor}, receive, send)

    async def close(self) -> None:
        self._over.set()
        if self._owner is not None:
            await asyncio.gather(self._owner, return_exceptions=True)

    async def _started(self) -> App:
        """Raises ``Unavailable``."""
        if self._up is None or self._owner is None or self._owner.done():
            self._up = asyncio.get_running_loop().create_future()
            # One task opens and closes the SDK's task group: it may not wander between requests.
            self._owner = asyncio.create_task(self._hold(self._up))
        try:
            return await asyncio.wait_for(asyncio.shield(self._up), _START_S)
        except TimeoutError:
            raise _not_up() from None

    async def _hold(self, up: asyncio.Future[App]) -> None:
        try:
            server = self._made()
            app = server.streamable_http_app(
                streamable_http_path=PATH,
                stateless_http=True,
                json_response=True,
                max_request_body_size=_MOST_BYTES,
                # A page of another name that resolves to this machine has no token to send.
                transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            )
            async with server.session_manager.run():
                up.set_result(app)
                await self._over.wait()
        except Exception:
            log.exception("the tools under %s ended", PATH)
        finally:
            if not up.done():
                up.set_exception(_not_up())
                up.exception()  # whoever waited for it may be gone


def _not_up() -> Unavailable:
    return Unavailable("The tools do not start.", "Try again in a moment; the studio's log says why.")


async def _refuse(error: WeftError, send: Send) -> None:
    status = 401 if isinstance(error, BadCredentials) else 503 if isinstance(error, Unavailable) else 403
    problem = {
        "type": "about:blank",
        "title": {401: "Unauthorized", 403: "Forbidden", 503: "Unavailable"}[status],
        "status": status,
        "detail": f"{error.message} {error.help}",
    }
    named = [(b"content-type", b"application/problem+json")]
    named += [(b"www-authenticate", b"Bearer")] if status == 401 else []
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
