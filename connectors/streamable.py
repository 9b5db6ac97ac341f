"""A toolset over streamable HTTP.

In the SDK one failed connection attempt cancels the client and with it every call that is under way on
other connections. `_Delivery` sits below it and turns failures of a single request into an answer to that
request, which also tells whether anything had been sent. So one client serves all calls and survives a
restart of its server.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from connectors.session import CLIENT, SessionToolset, undelivered
from connectors.tool import Outcome
from connectors.tracing import TRACEPARENT

MOST_BYTES = 8 * 1024 * 1024
"""The largest answer that is read, in bytes."""

_CONNECT_SECONDS = 5.0
_CONNECTIONS = 128
# Below the five seconds after which common servers close an idle connection, possibly just as we send.
_IDLE_SECONDS = 4.0


class HttpToolset(SessionToolset):
    """`headers` go with every request (credentials live there); redirects are not followed."""

    def __init__(
        self, name: str, url: str, headers: Mapping[str, str] | None = None, *, open_seconds: float = 10.0
    ) -> None:
        super().__init__(name, open_seconds=open_seconds)
        self._url = url
        self._headers = dict(headers or {})

    async def _connect(self, resources: contextlib.AsyncExitStack) -> Client:
        limits = httpx2.Limits(
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
        )
        network = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)
        http = httpx2.AsyncClient(
            transport=_Delivery(network),
            # Compressed content can unfold to any size; the limit is on what is read.
            headers={"accept-encoding": "identity", **self._headers},
            # How long an answer may take is each call's own business.
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )
        await resources.enter_async_context(http)
        transport = streamable_http_client(self._url, http_client=http, max_sse_event_size=MOST_BYTES)
        return Client(transport, client_info=CLIENT, cache=None, read_timeout_seconds=self.open_seconds)


class _Delivery(httpx2.AsyncBaseTransport):
    """Answers for the network when the network does not."""

    def __init__(self, network: httpx2.AsyncBaseTransport) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # The SDK sends a message in the context of whoever handed it over.
        if (traceparent := TRACEPARENT.get()) is not None:
            request.headers["traceparent"] = traceparent
        try:
            response = await self._network.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            return _instead(request, _about(error, "no connection"), "not_done")
        except httpx2.TransportError as error:
            return _instead(request, _about(error, "the connection was lost"), "unknown")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            return _instead(request, "the server compressed its answer without being asked", "unknown")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/event-stream" and response.status_code < 400:
            # The SDK answers for a broken event stream itself.
            return response
        try:
            return await _read(request, response, kind)
        except httpx2.TransportError as error:
            return _instead(request, _about(error, "the connection was lost"), "unknown")
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        await self._network.aclose()


async def _read(request: httpx2.Request, response: httpx2.Response, kind: str) -> httpx2.Response:
    """The whole response in memory, as long as it is small enough."""
    if not isinstance(response.stream, httpx2.AsyncByteStream):
        raise TypeError("an asynchronous transport gave a synchronous stream")
    received = bytearray()
    async for chunk in response.stream:
        received += chunk
        if len(received) > MOST_BYTES:
            return _instead(
                request, f"the answer is larger than {MOST_BYTES:,} bytes", "unknown", "too_large"
            )
    status = response.status_code
    if 300 <= status < 400:
        return _instead(
            request, f"the server redirects elsewhere (HTTP {status}); use that address", "not_done"
        )
    if status == 404 and "mcp-session-id" in request.headers:
        return _instead(request, "the server has ended our session", "not_done")
    if status in (401, 403) or (status >= 400 and not _is_rpc(kind, received)):
        # Below 500, and with 503, a server says that it did not take the request on.
        outcome: Outcome = "not_done" if status < 500 or status == 503 else "unknown"
        return _instead(request, _status_message(status), outcome)
    return httpx2.Response(status, headers=response.headers, content=bytes(received), request=request)


def _is_rpc(kind: str, received: bytearray) -> bool:
    if kind != "application/json":
        return False
    try:
        body = json.loads(received)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and "jsonrpc" in body


def _instead(
    request: httpx2.Request, message: str, outcome: Outcome, code: str = "unavailable"
) -> httpx2.Response:
    content = json.dumps(undelivered(message, outcome, code)).encode()
    return httpx2.Response(
        502, headers={"content-type": "application/json"}, content=content, request=request
    )


def _status_message(status: int) -> str:
    match status:
        case 401 | 403:
            return f"the server refused our credentials (HTTP {status})"
        case 404:
            return "there is no MCP server at this address (HTTP 404)"
        case _:
            return f"the server answered HTTP {status}"


def _about(error: Exception, what: str) -> str:
    detail = str(error).strip()
    return f"{what} ({detail})" if detail else what
