"""The session cookie never reaches the page framework as it is: the framework logs headers and keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from studio import veil
from studio.security import Fence

HTTP = ("http://localhost:3000",)
HTTPS = ("https://studio.example.com",)
TOKEN = "canary-of-a-session"


async def seen_by_the_framework(origins: tuple[str, ...], cookie: str, kind: str = "websocket") -> str:
    """The headers, as text, that the framework gets for a socket with this Cookie header."""
    seen: list[Any] = []

    async def framework(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])

    async def nothing(*_: Any) -> dict[str, str]:
        return {"type": "websocket.connect"}

    headers = [
        (b"origin", origins[0].encode()),
        (b"cookie", cookie.encode()),
        (b"authorization", b"Bearer canary-of-a-token"),
    ]
    scope = {"type": kind, "method": "GET", "path": "/_event", "headers": headers}
    await Fence(framework, origins)(scope, nothing, nothing)
    return "\n".join(f"{name.decode()}: {value.decode()}" for name, value in seen)


async def test_a_sockets_credentials_are_not_in_its_headers_any_more() -> None:
    seen = await seen_by_the_framework(HTTP, f"weft_session={TOKEN}; other=canary-of-a-neighbour")
    assert "canary" not in seen
    assert veil.session_token(seen.partition("cookie: ")[2]) == TOKEN


async def test_without_the_veil_they_would_be() -> None:
    assert "canary" in await seen_by_the_framework(HTTP, f"weft_session={TOKEN}", kind="http")


async def test_behind_https_a_cookie_that_another_host_can_set_does_not_count() -> None:
    seen = await seen_by_the_framework(HTTPS, f"weft_session={TOKEN}")
    assert "cookie" not in seen
    seen = await seen_by_the_framework(HTTPS, f"weft_session=fixed; __Host-weft_session={TOKEN}")
    assert veil.session_token(seen.partition("cookie: ")[2]) == TOKEN


@pytest.mark.parametrize(
    "cookie", ["weft_session=veiled.a.b.c.d.e", "weft_session=veiled.", "a b=c; ;;=", ""]
)
def test_a_forged_veil_is_nobody(cookie: str) -> None:
    assert veil.session_token(cookie) == ""


async def test_what_was_veiled_is_no_session_when_it_is_sent_as_one() -> None:
    once = (await seen_by_the_framework(HTTP, f"weft_session={TOKEN}")).partition("cookie: ")[2]
    twice = (await seen_by_the_framework(HTTP, once)).partition("cookie: ")[2]
    assert veil.session_token(twice) != TOKEN
