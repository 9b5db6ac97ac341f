"""One guarded POST: to a judged public address, no redirects, bounded in time and size.

The names of hosts in ``WEFT_NOTIFY_ALLOW_HOSTS`` (``host`` or ``host:port``, separated by commas) may be reached
wherever they are: the operator's word, as for the ``http`` connector.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from connectors.samples.addresses import Address, resolve, resolve_public
from connectors.samples.refusal import Refusal

ALLOW_HOSTS: Final = "WEFT_NOTIFY_ALLOW_HOSTS"
WITHIN_S: Final = 15.0
MOST_BYTES: Final = 262_144
"""Of a body."""
HEARD_BYTES: Final = 2_000
"""Of an answer that are looked at; what comes after is not waited for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It has it. ``words``: what it answered."""

    words: str


@dataclass(frozen=True, slots=True)
class Failed:
    """``words``: why, for people. ``for_good``: another attempt makes no sense. ``asked_s``: it asked to be left alone
    for so long."""

    words: str
    for_good: bool = False
    asked_s: float | None = None


Outcome: TypeAlias = Sent | Failed


def allowed_hosts(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    named = environment.get(ALLOW_HOSTS, "").split(",")
    return frozenset(name.strip().lower() for name in named if name.strip())


async def judged(host: str, port: int) -> Address:
    """The address to connect to. Raises ``Refusal`` for one that is not public, unless the operator allows the host."""
    allowed = allowed_hosts()
    if host.lower() in allowed or f"{host.lower()}:{port}" in allowed:
        return (await resolve(host, port))[0]
    return await resolve_public(host, port)


def refused(error: Refusal, host: str, port: int) -> Failed:
    """A refusal of ``judged`` in words that say what to do."""
    if error.code == "address_not_allowed":
        return Failed(
            f"{host!r} is inside the operator's network, which messages do not reach."
            f" Whoever runs this installation can allow it: {ALLOW_HOSTS}={host}:{port}"
        )
    return Failed(f"The name {host!r} has no address. Look at its spelling.")


async def post(url: str, headers: Mapping[str, str], body: bytes, within_s: float = WITHIN_S) -> Outcome:
    """Raises nothing that a receiver could cause. 2xx is success, 410 says never again."""
    import httpx2  # 60 ms, which a runner without messages is spared

    try:
        target = httpx2.URL(url)
        port = target.port or (443 if target.scheme == "https" else 80)
    except (httpx2.InvalidURL, ValueError):
        return Failed("Its address cannot be read.", for_good=True)
    if target.scheme not in ("http", "https") or not target.host or target.userinfo:
        return Failed(
            "Its address must begin with https:// and name a host, without a password.", for_good=True
        )
    if len(body) > MOST_BYTES:
        return Failed(f"The message is larger than {MOST_BYTES:,} bytes.", for_good=True)
    try:
        async with asyncio.timeout(within_s):
            address = await judged(target.host, port)
            # The environment must not route around the guard, nor an answer: no proxies, no redirects.
            async with httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client:
                request = client.build_request(
                    "POST",
                    target.copy_with(host=str(address), fragment=None),
                    headers={
                        "user-agent": "weft-studio",
                        "accept-encoding": "identity",
                        "content-type": "application/json",
                        **headers,
                        "host": target.netloc.decode(),
                    },
                    content=body,
                    extensions={"sni_hostname": target.host},
                )
                response = await client.send(request, stream=True)
                try:
                    heard = await _heard(response)
                finally:
                    await response.aclose()
    except Refusal as error:
        return refused(error, target.host, port)
    except TimeoutError:
        return Failed(f"It did not answer within {within_s:g} seconds.")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        return Failed(f"The connection to {target.host!r} failed: {str(error)[:200] or type(error).__name__}")
    return _outcome(response.status_code, response.headers.get("retry-after", ""), heard)


async def _heard(response: object) -> str:
    """The beginning of the answer. Its status says whether it took the message, so what is slow, or no end of, or
    broken off in here changes nothing."""
    received = bytearray()
    try:
        async with asyncio.timeout(3):
            async for chunk in response.aiter_raw():  # type: ignore[attr-defined]
                received += chunk
                if len(received) >= HEARD_BYTES:
                    break
    except Exception:
        pass
    words = bytes(received[:HEARD_BYTES]).decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())[:300]


def _outcome(status: int, retry_after: str, heard: str) -> Outcome:
    said = f": {heard}" if heard else ""
    if 200 <= status < 300:
        return Sent(f"{status}{said}")
    if 300 <= status < 400:
        return Failed(
            f"It answered {status}, a redirect, which is not followed. Give the address it leads to."
        )
    if status == 410:
        return Failed(f"It answered 410: it wants no more messages{said}", for_good=True)
    asked = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
    return Failed(f"It answered {status}{said}", asked_s=asked)
