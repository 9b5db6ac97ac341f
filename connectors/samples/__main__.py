"""Serve the sample business over streamable HTTP: /shop/mcp, /mail/mcp, /http/mcp, and GET /health.

Exit codes: 0 stopped by a signal, 1 the port is taken, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import hmac
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.samples.http import http
from connectors.samples.mail import mail
from connectors.samples.shop import shop


def application(data: Path, token: str = "", hosts: tuple[str, ...] = ()) -> ASGIApp:
    """The three servers as one application.

    `token` is what callers must send as a bearer token (empty: none); `hosts` are Host headers to accept
    besides the loopback names ("samples:*" for any port).
    """
    servers: dict[str, MCPServer[Any]] = {"shop": shop(data), "mail": mail(data), "http": http(data)}
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=["127.0.0.1:*", "localhost:*", "[::1]:*", *hosts],
        allowed_origins=["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*"],
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # A mounted application's own lifespan is never run; ours runs all of them.
        async with contextlib.AsyncExitStack() as stack:
            for server in servers.values():
                await stack.enter_async_context(server.session_manager.run())
            yield

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "servers": list(servers)})

    mounts = [
        Mount(
            f"/{name}",
            # Stateless with plain JSON answers: a restart loses no session, and a call is one request.
            server.streamable_http_app(stateless_http=True, json_response=True, transport_security=security),
        )
        for name, server in servers.items()
    ]
    app = Starlette(routes=[Route("/health", health), *mounts], lifespan=lifespan)
    return _BearerToken(app, token) if token else app


class _BearerToken:
    """Only requests that carry the token pass; /health is open."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != "/health":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._expected):
                refusal = JSONResponse(
                    {"error": "a bearer token is needed"}, 401, headers={"www-authenticate": "Bearer"}
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m connectors.samples", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder of the database files")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--allow-host", action="append", default=[], help="Host header to accept, e.g. samples:*"
    )
    parser.add_argument("--token-env", help="name of the environment variable that holds the bearer token")
    arguments = parser.parse_args()
    token = os.environ.get(arguments.token_env, "") if arguments.token_env else ""
    if arguments.token_env and not token:
        parser.error(f"the environment variable {arguments.token_env} is not set or empty")

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    family = socket.AF_INET6 if ":" in arguments.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((arguments.host, arguments.port))
    except OSError as error:
        print(f"cannot listen on {arguments.host}:{arguments.port}: {error.strerror}", file=sys.stderr)
        return 1
    app = application(arguments.data, token, tuple(arguments.allow_host))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=3, server_header=False
    )
    # uvicorn raises the signal again once it has shut down; by then it has done its work.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    host = f"[{arguments.host}]" if family == socket.AF_INET6 else arguments.host
    listener.listen(512)
    print(f"listening on http://{host}:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
