"""Guarded HTTP requests as a tool: public addresses only, no redirects, limits on time and size.

`python -m connectors.samples.http --data DIR` serves it over stdio (it keeps no data).
WEFT_HTTP_ALLOW_HOSTS, a comma separated list of `host` or `host:port`, names hosts that may be reached
wherever they are: an operator's decision.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx2
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from connectors.samples.addresses import resolve, resolve_public
from connectors.samples.refusal import Refusal, answering
from connectors.samples.standalone import serve_stdio

ALLOW_HOSTS = "WEFT_HTTP_ALLOW_HOSTS"

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

# The connection's own business; letting a caller set them would allow requests within requests.
_REFUSED_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "keep-alive",
        "expect",
    }
    | {"proxy-authorization", "proxy-connection", "accept-encoding"}
)


@dataclass(frozen=True)
class Limits:
    """`seconds` for a whole request, `body_bytes` for what is sent and for what is received."""

    seconds: float = 15.0
    body_bytes: int = 1_000_000


class Answer(BaseModel):
    status: int = Field(description="HTTP status code; redirects are returned, not followed")
    headers: dict[str, str] = Field(description="Response headers, names in lower case")
    body: Any = Field(description="The value when the answer is JSON, its text otherwise")


class _ExactArguments(FuncMetadata):
    """Arguments as they were sent; by default the SDK parses a text that happens to be JSON."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        return data


def http(data: Path, limits: Limits = Limits(), allowed: frozenset[str] | None = None) -> MCPServer[Any]:
    """A server with the one tool `request`. `data` is unused; it is there so that all samples start alike.

    `allowed` names hosts that skip the address check; None reads the environment.
    """
    exempt = _allowed_hosts() if allowed is None else allowed

    @answering
    async def request(
        method: Annotated[Method, Field(description="HTTP method")],
        url: Annotated[str, Field(description="Full address, https://... or http://...", max_length=8000)],
        headers: Annotated[dict[str, str] | None, Field(description="Request headers")] = None,
        body: Annotated[Any, Field(description="Text is sent as it is; any other value as JSON")] = None,
    ) -> Answer:
        return await send(method, url, headers or {}, body, limits, exempt)

    tool = Tool.from_function(
        request,
        title="Send an HTTP request",
        description="Call a REST API or web service over HTTP and return its status, headers and body.",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
        ),
    )
    plain = tool.fn_metadata
    tool.fn_metadata = _ExactArguments(
        arg_model=plain.arg_model, output_schema=plain.output_schema, output_model=plain.output_model
    )
    return MCPServer[Any](
        "http",
        title="HTTP",
        instructions="Sends requests to public web addresses.",
        version="1.0.0",
        tools=[tool],
        log_level="WARNING",
    )


async def send(
    method: str,
    url: str,
    headers: dict[str, str],
    body: Any,
    limits: Limits,
    allowed: frozenset[str] = frozenset(),
) -> Answer:
    """One guarded request.

    Raises `Refusal`: "invalid_url", "invalid_header", "dns_failed", "address_not_allowed",
    "connection_failed" and "too_large" before sending have the outcome "not_done"; from the first byte sent
    on, "timeout", "connection_failed", "too_large" and "unsupported_encoding" have the outcome "unknown".
    """
    target = _target(url)
    sent_headers, content = _content(headers, body, limits)
    sending = False

    async def watch(event: str, info: dict[str, Any]) -> None:
        nonlocal sending
        sending = sending or event.endswith("send_request_headers.started")

    try:
        async with asyncio.timeout(limits.seconds):
            address = await _address(target, allowed)
            # The environment must not route around the guard (trust_env), nor an answer (redirects).
            async with httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client:
                outgoing = client.build_request(
                    method,
                    target.copy_with(host=str(address)),
                    headers={"user-agent": "weft-http", **sent_headers, "host": target.netloc.decode()},
                    content=content,
                    extensions={"sni_hostname": target.host, "trace": watch},
                )
                response = await client.send(outgoing, stream=True)
                try:
                    return await _answer(response, limits)
                finally:
                    await response.aclose()
    except TimeoutError:
        raise Refusal(
            "timeout",
            f"no complete answer within {limits.seconds:g} seconds",
            "unknown" if sending else "not_done",
        ) from None
    except httpx2.HTTPError as error:
        raise Refusal(
            "connection_failed",
            f"the request to {target.host!r} failed: {str(error) or type(error).__name__}",
            "unknown" if sending else "not_done",
        ) from error


def _target(url: str) -> httpx2.URL:
    try:
        target = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise Refusal("invalid_url", f"{url!r} is not a web address: {error}") from error
    if target.scheme not in ("http", "https") or not target.host:
        raise Refusal("invalid_url", f"{url!r} must begin with https:// or http:// and name a host")
    if target.userinfo:
        raise Refusal("invalid_url", "the address must not carry a user name or password; use a header")
    return target.copy_with(fragment=None)


async def _address(target: httpx2.URL, allowed: frozenset[str]) -> object:
    port = target.port or (443 if target.scheme == "https" else 80)
    if target.host in allowed or f"{target.host}:{port}" in allowed:
        return (await resolve(target.host, port))[0]
    return await resolve_public(target.host, port)


def _content(headers: dict[str, str], body: Any, limits: Limits) -> tuple[dict[str, str], bytes | None]:
    refused = sorted(name for name in headers if name.lower() in _REFUSED_HEADERS)
    if refused:
        raise Refusal(
            "invalid_header", f"the header {refused[0]!r} is set by the connection itself; leave it out"
        )
    if any(control in text for pair in headers.items() for text in pair for control in "\r\n\0"):
        raise Refusal("invalid_header", "a header must not contain line breaks")
    if not all(text.isascii() for pair in headers.items() for text in pair):
        raise Refusal("invalid_header", "a header must be plain ASCII")
    given = {name.lower(): value for name, value in headers.items()} | {"accept-encoding": "identity"}
    if body is None:
        return given, None
    if isinstance(body, str):
        content = body.encode("utf-8", "surrogatepass")
        given.setdefault("content-type", "text/plain; charset=utf-8")
    else:
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        given.setdefault("content-type", "application/json")
    if len(content) > limits.body_bytes:
        raise Refusal("too_large", f"the body is larger than {limits.body_bytes:,} bytes")
    return given, content


async def _answer(response: httpx2.Response, limits: Limits) -> Answer:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # Unasked-for compression could unfold to any size.
        raise Refusal(
            "unsupported_encoding", "the server compressed its answer without being asked", "unknown"
        )
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > limits.body_bytes:
            raise Refusal("too_large", f"the answer is larger than {limits.body_bytes:,} bytes", "unknown")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=headers, body=_value(bytes(received), response))


def _value(received: bytes, response: httpx2.Response) -> Any:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return json.loads(received)
        except (ValueError, RecursionError):
            pass
    try:
        return received.decode(response.charset_encoding or "utf-8", "replace")
    except LookupError:
        return received.decode("utf-8", "replace")


def _allowed_hosts() -> frozenset[str]:
    return frozenset(name.strip() for name in os.environ.get(ALLOW_HOSTS, "").split(",") if name.strip())


if __name__ == "__main__":
    serve_stdio(http)
