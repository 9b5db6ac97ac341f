"""Origins, headers, and the page's own addresses."""

from __future__ import annotations

from typing import Any

import pytest

from studio.origins import BadOrigins, allowed_origins, exact_origins
from studio.same_origin import own_origin
from studio.security import Fence, headers, refusal

OURS = ("http://localhost:3000", "https://studio.example.com")


def scope(kind: str = "http", method: str = "GET", path: str = "/", **sent: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()]
    return {"type": kind, "method": method, "path": path, "headers": named}


def test_origins_are_an_exact_list() -> None:
    assert exact_origins("https://a.example.com, http://localhost:3000/") == (
        "https://a.example.com",
        "http://localhost:3000",
    )


@pytest.mark.parametrize(
    "bad",
    [
        "*",
        "https://*.example.com",
        "example.com",
        "https://a.example.com/path",
        "https://u@a.example.com",
        ",",
    ],
)
def test_a_wildcard_or_anything_but_an_origin_stops_the_start(bad: str) -> None:
    with pytest.raises(BadOrigins, match="WEFT_ORIGINS"):
        exact_origins(bad)


def test_without_a_setting_only_this_machine_may_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEFT_ORIGINS", raising=False)
    monkeypatch.setenv("WEFT_STUDIO_PORT", "3100")
    assert allowed_origins() == ("http://localhost:3100", "http://127.0.0.1:3100")


@pytest.mark.parametrize(
    ("request_scope", "refused"),
    [
        (scope("websocket", origin=OURS[0]), False),
        (scope("websocket", origin="https://evil.example"), True),
        (scope("websocket"), True),
        (scope("websocket", origin="null"), True),
        (scope(origin="https://evil.example"), False),
        (scope(path="/_event/", origin="https://evil.example"), True),
        (scope(method="POST", origin=OURS[1]), False),
        (scope(method="POST", origin="https://evil.example"), True),
        (scope(method="POST"), False),
        (scope(method="POST", sec_fetch_site="cross-site"), True),
        (scope(method="DELETE", sec_fetch_site="same-origin"), False),
    ],
)
def test_only_our_own_pages_open_the_socket_or_change_something(
    request_scope: dict[str, Any], refused: bool
) -> None:
    assert (refusal(request_scope, OURS) is not None) == refused


def test_https_is_remembered_only_where_it_is_used() -> None:
    assert b"strict-transport-security" in dict(headers(OURS))
    assert b"strict-transport-security" not in dict(headers(OURS[:1]))


async def test_every_answer_carries_the_headers_and_keeps_its_own() -> None:
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        own = [(b"content-type", b"text/plain"), (b"Referrer-Policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": own})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await Fence(app, OURS)(scope(), receive, send)
    named = [name.lower() for name, _ in sent[0]["headers"]]
    assert b"content-security-policy" in named
    assert b"x-content-type-options" in named
    assert named.count(b"referrer-policy") == 1


async def test_a_refused_socket_never_reaches_the_application() -> None:
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("reached")

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await Fence(app, OURS)(scope("websocket", origin="https://evil.example"), receive, send)
    assert sent == [{"type": "websocket.close", "code": 4403}]


def test_baked_in_addresses_become_the_pages_own() -> None:
    built = 'var e={PING:`http://localhost:8000/ping`,EVENT:"ws://localhost:8000/_event",T:`websocket`}'
    rewritten = own_origin(built)
    assert "localhost" not in rewritten
    assert rewritten.count("location.origin") == 2
    assert "`websocket`" in rewritten


def test_addresses_of_others_stay_as_they_are() -> None:
    assert own_origin('a="https://example.com/x"') == 'a="https://example.com/x"'
