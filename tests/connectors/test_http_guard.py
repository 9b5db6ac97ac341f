"""The http tool reaches public addresses only. A server on loopback counts who gets through."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from connectors import MemoryToolset, ToolResult
from connectors.samples.addresses import is_public
from connectors.samples.http import Limits, http, send
from connectors.samples.refusal import Refusal
from tests.connectors.conftest import opened

LIMITS = Limits(seconds=2.0, body_bytes=10_000)

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1
192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2001:10::1 2002:7f00:1:: 2002:808:808::
3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
"""

PUBLIC = """
1.1.1.1 8.8.8.8 93.184.215.14 172.32.0.1 100.128.0.1 192.88.98.1 ::ffff:8.8.8.8 2606:4700:4700::1111 2a00:1450::1
"""

# Every one of these is this machine, for somebody.
SPELLINGS = """
http://127.0.0.1:{port}/ http://localhost:{port}/ http://LOCALHOST:{port}/ http://localhost.:{port}/
http://127.1:{port}/ http://0x7f000001:{port}/ http://2130706433:{port}/ http://017700000001:{port}/
http://0:{port}/ http://0.0.0.0:{port}/ http://[::1]:{port}/ http://[::]:{port}/ http://[::ffff:127.0.0.1]:{port}/
http://[0:0:0:0:0:ffff:7f00:1]:{port}/ http://127.0.0.1:{port}/#@example.com http://①②⑦.⓪.⓪.①:{port}/
https://127.0.0.1:{port}/ http://[::1%25lo]:{port}/
"""

NOT_ADDRESSES = """
file:///etc/hostname ftp://127.0.0.1/ gopher://127.0.0.1/ data:,x javascript:1 //127.0.0.1/ 127.0.0.1 http:// http:///x
http://user:pass@127.0.0.1/ http://example.com@127.0.0.1/ http://[::1 http://127.0.0.1:99999/ unix:///tmp/x
"""


class Target:
    """A small web server on loopback. `reply` is sent as it is; `seen` collects the heads of requests."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.seen: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            first = await reader.read(4096)
            self.seen.append(first)
            if self.reply == b"<drip>":
                while True:
                    writer.write(b"HTTP/1.1 200 OK\r\n"[:1])
                    await writer.drain()
                    await asyncio.sleep(0.02)
            writer.write(self.reply)
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def target(reply: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi") -> AsyncIterator[Target]:
    made = Target(reply)
    server = await asyncio.start_server(made.serve, None, 0, family=socket.AF_INET)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


def answer(body: bytes, kind: str = "text/plain", extra: str = "") -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n".encode()
        + body
    )


async def refusal(url: str, *, allowed: frozenset[str] = frozenset(), **more: Any) -> Refusal:
    given: dict[str, Any] = {"method": "GET", "headers": {}, "body": None, "limits": LIMITS, **more}
    with pytest.raises(Refusal) as caught:
        await asyncio.wait_for(
            send(given["method"], url, given["headers"], given["body"], given["limits"], allowed), 10
        )
    return caught.value


@pytest.mark.parametrize("text", PRIVATE.split())
def test_an_address_that_is_not_global_unicast_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_a_global_unicast_address_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("spelling", SPELLINGS.split())
async def test_no_spelling_of_this_machine_gets_through(spelling: str) -> None:
    async with target() as server:
        error = await refusal(spelling.format(port=server.port))
        assert server.connections == 0
    assert (error.code in ("address_not_allowed", "invalid_url", "dns_failed"), error.outcome) == (
        True,
        "not_done",
    )


async def test_an_unguarded_client_would_have_got_through() -> None:
    """The control: most of the spellings reach the server when nothing stands in the way."""
    through = 0
    async with target() as server, httpx2.AsyncClient(trust_env=False, timeout=2) as client:
        for spelling in SPELLINGS.split():
            try:
                through += (await client.get(spelling.format(port=server.port))).text == "hi"
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
                pass
        assert server.connections >= through
    assert through >= 10


@pytest.mark.parametrize("text", NOT_ADDRESSES.split())
async def test_what_is_not_a_web_address_is_refused(text: str) -> None:
    error = await refusal(text)
    assert (error.code in ("invalid_url", "address_not_allowed", "dns_failed"), error.outcome) == (
        True,
        "not_done",
    )


async def test_a_name_is_looked_up_once_and_the_request_goes_to_that_very_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def counting(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, *rest, **more)

    async with target() as server:
        monkeypatch.setattr(socket, "getaddrinfo", counting)
        found = await send(
            "GET", f"http://localhost:{server.port}/a?b=c#d", {}, None, LIMITS, frozenset({"localhost"})
        )
        assert server.seen[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
        assert f"host: localhost:{server.port}\r\n".encode() in server.seen[0].lower()
    assert (found.status, found.body) == (200, "hi")
    assert asked == ["localhost"]


async def test_a_secure_request_names_the_host_and_not_the_address() -> None:
    async with target(b"") as server:
        error = await refusal(f"https://localhost:{server.port}/", allowed=frozenset({"localhost"}))
        assert b"localhost" in server.seen[0], "the name is in the TLS greeting"
    assert error.code == "connection_failed"


async def test_a_redirect_is_returned_and_not_followed() -> None:
    async with target() as inner:
        away = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{inner.port}/\r\ncontent-length: 0\r\n\r\n"
        async with target(away.encode()) as server:
            url = f"http://127.0.0.1:{server.port}/"
            found = await send("GET", url, {}, None, LIMITS, frozenset({f"127.0.0.1:{server.port}"}))
        assert (found.status, inner.connections) == (302, 0)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with target() as proxy, target() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await send("GET", f"http://127.0.0.1:{server.port}/", {}, None, LIMITS, frozenset({"127.0.0.1"}))
        assert (proxy.connections, server.connections) == (0, 1)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answer(b"x" * 20_000), "too_large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 20_000, "too_large"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 500_000, "connection_failed"),
        (answer(b"x", extra="content-encoding: gzip\r\n"), "unsupported_encoding"),
        (b"<drip>", "timeout"),
        (b"", "connection_failed"),
        (b"nonsense\r\n\r\n", "connection_failed"),
    ],
)
async def test_an_answer_beyond_the_limits_is_an_error_with_an_unknown_outcome(
    reply: bytes, code: str
) -> None:
    async with target(reply) as server:
        error = await refusal(f"http://127.0.0.1:{server.port}/", allowed=frozenset({"127.0.0.1"}))
    assert (error.code, error.outcome) == (code, "unknown")


async def test_a_refused_connection_is_an_error_and_nothing_was_done() -> None:
    error = await refusal("http://127.0.0.1:9/", allowed=frozenset({"127.0.0.1"}))
    assert (error.code, error.outcome) == ("connection_failed", "not_done")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.com"},
        {"Transfer-Encoding": "chunked"},
        {"content-length": "0"},
        {"x": "a\r\nHost: b"},
        {"x\n": "a"},
        {"x": "ü"},
    ],
)
async def test_headers_that_would_make_another_request_are_refused(headers: dict[str, str]) -> None:
    async with target() as server:
        url = f"http://127.0.0.1:{server.port}/"
        error = await refusal(url, allowed=frozenset({"127.0.0.1"}), headers=headers)
        assert server.connections == 0
    assert (error.code, error.outcome) == ("invalid_header", "not_done")


async def test_too_large_a_body_is_not_sent() -> None:
    error = await refusal(
        "http://127.0.0.1:9/", allowed=frozenset({"127.0.0.1"}), method="POST", body="x" * 10_001
    )
    assert (error.code, error.outcome) == ("too_large", "not_done")


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        ('{"a":  1}', b'{"a":  1}', b"text/plain"),
        ({"a": 1, "ü": [None, True]}, '{"a": 1, "ü": [null, true]}'.encode(), b"application/json"),
        (0, b"0", b"application/json"),
    ],
)
async def test_text_goes_out_as_it_is_and_values_as_json(
    tmp_path: Any, body: Any, sent: bytes, kind: bytes
) -> None:
    async with target(answer(b'{"ok": true}', "application/json; charset=utf-8")) as server:
        allowed = frozenset({"127.0.0.1"})
        async with opened(MemoryToolset("http", http(tmp_path, LIMITS, allowed))) as toolset:
            arguments = {"method": "POST", "url": f"http://127.0.0.1:{server.port}/x", "body": body}
            result = await toolset.call("request", arguments, key=None, timeout_s=10)
        head, _, content = server.seen[0].partition(b"\r\n\r\n")
    assert (content, kind in head) == (sent, True)
    assert result.unwrap()["body"] == {"ok": True}


async def test_the_tool_refuses_with_a_code(tmp_path: Any) -> None:
    async with opened(MemoryToolset("http", http(tmp_path, LIMITS, frozenset()))) as toolset:
        arguments = {"method": "GET", "url": "http://169.254.169.254/latest/meta-data"}
        result: ToolResult = await toolset.call("request", arguments, key=None, timeout_s=10)
    assert (result.is_error, result.error_code, result.outcome) == (True, "address_not_allowed", "not_done")
    assert "not a public address" in result.message
