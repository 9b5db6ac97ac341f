"""A request as it came, and the event that a trigger reads of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from engine.hooks.verifying import Headers
from engine.strict import NotJson, check

LARGEST_BODY: Final = 1024 * 1024
"""Bytes. A run's input has 256 KB at most; a sender may send more than the input takes of it."""

# What signs or opens something is nobody's input: an event is read by expressions, and what they make is kept.
KEPT_BACK: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "stripe-signature",
        "webhook-signature",
        "x-hmac-sha256",
        "x-hub-signature",
        "x-hub-signature-256",
        "x-shopify-hmac-sha256",
        "x-signature",
        "x-signature-256",
        "x-signature-sha256",
        "x-webhook-signature",
    }
)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """``body`` None: it is larger than ``LARGEST_BODY``, and was not read to its end; ``size`` is then what was
    announced or read. ``path`` begins with a slash. ``source``: the address it came from."""

    account_id: UUID
    method: str
    path: str
    headers: Headers = field(repr=False)
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = field(default=b"", repr=False)
    size: int = 0
    source: str = ""

    @property
    def content_type(self) -> str:
        found = next((value for name, value in self.headers if name.lower() == "content-type"), "")
        return found.partition(";")[0].strip().lower()[:100]


class NotReadable(ValueError):
    """The body is not what its type says, or nothing that an event can hold; the message says what, without it."""


def event_of(request: HookRequest, body: bytes) -> dict[str, Any]:
    """``{method, path, headers, query, body}``: names of headers in small letters; ``body`` is JSON read where its type
    says JSON or nothing, any other text as it is, and null where there is none. Raises ``NotReadable``."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if (key := name.lower()) not in KEPT_BACK:
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
    event = {
        "method": request.method,
        "path": request.path,
        "headers": headers,
        "query": dict(request.query),
        "body": _read(body, request.content_type),
    }
    try:
        check(event)
    except NotJson as error:
        raise NotReadable(f"It holds {error}.") from None
    return event


def _read(body: bytes, content_type: str) -> Any:
    if not body.strip():
        return None
    try:
        words = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotReadable(f"It is no text: byte {error.start} is not UTF-8.") from None
    json_said = content_type == "application/json" or content_type.endswith("+json")
    if not json_said and content_type:
        return words
    try:
        return json.loads(words, parse_constant=_constant)
    except RecursionError:
        raise NotReadable("Its JSON is nested too deeply.") from None
    except ValueError as error:
        if not json_said:
            return words
        where = (
            f" at line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise NotReadable(f"Its type says JSON, and it is none{where}.") from None


def _constant(name: str) -> Any:
    raise ValueError(name)
