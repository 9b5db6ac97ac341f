"""Where an account's models may be: public addresses, and the hosts that the operator of the installation names.

An account's administrator writes an address, and the machine that calls it stands inside the operator's network. So a
name is resolved once, every address it has is judged, and the connection goes to the one that was judged; there are no
redirects. ``WEFT_MODEL_ALLOW_HOSTS`` (``localhost:11434, gpu.internal``) and the servers that the environment names as
models are the operator's word that a host may be reached wherever it is, but for a cloud's own services.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from connectors.samples.addresses import Address, is_public, resolve
from connectors.samples.refusal import Refusal
from engine.errors import BadInput
from engine.model.board import Board
from engine.model.entry import checked_url
from engine.model.error import ModelError
from engine.settings import BadSettings

if TYPE_CHECKING:
    import httpx

SETTING: Final = "WEFT_MODEL_ALLOW_HOSTS"
# Services of a cloud for the machines in it: some hand out credentials, none is a model.
_NEVER: Final = (
    ipaddress.IPv4Network("169.254.0.0/16"),
    ipaddress.IPv4Network("168.63.129.16/32"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("100.100.100.200/32"),
    ipaddress.IPv6Network("fe80::/10"),
    ipaddress.IPv6Network("fd00:ec2::/32"),
    ipaddress.IPv6Network("fd20:ce::/32"),
)


class Allowed:
    """Hosts (``host`` or ``host:port``) that may be reached wherever they are."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self.hosts = hosts

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Allowed:
        hosts = {part.strip().lower() for part in environment.get(SETTING, "").split(",") if part.strip()}
        for number in ("", *(f"_{n}" for n in range(2, 10))):
            parts = urlsplit(environment.get(f"WEFT_MODEL_URL{number}", "").strip())
            if parts.hostname:
                hosts.add(_place(parts.scheme, parts.hostname, parts.port))
        return cls(frozenset(hosts))

    def names(self, scheme: str, host: str, port: int | None) -> bool:
        return host.lower() in self.hosts or _place(scheme, host, port) in self.hosts


def _place(scheme: str, host: str, port: int | None) -> str:
    return f"{host.lower()}:{port or (443 if scheme == 'https' else 80)}"


async def judged(scheme: str, host: str, port: int | None, allowed: Allowed) -> Address:
    """The address to connect to. Raises ``ModelError("refused")`` with what to do, ``unreachable`` for no address."""
    try:
        found = await resolve(host, port or (443 if scheme == "https" else 80))
    except Refusal:
        raise ModelError("unreachable", f"The name {host!r} has no address.", "Check the address.") from None
    exempt = allowed.names(scheme, host, port)
    for address in found:
        if _is_never(address):
            raise ModelError(
                "refused",
                f"{host!r} is a service of the machine's own cloud; no model is there.",
                "Give the address of a model server.",
            )
        if not (exempt or is_public(address)):
            raise ModelError(
                "refused",
                f"{host!r} is inside the operator's network ({address}); workspaces may not reach it.",
                f"Ask whoever runs this installation to add it: {SETTING}={_place(scheme, host, port)}",
            )
    return found[0]


def _is_never(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _NEVER if network.version == address.version)


async def check_address(url: str, allowed: Allowed) -> str:
    """The address as it is stored. Raises ``BadInput``. It is judged again at every connection: names move."""
    try:
        kept = checked_url(url)
    except BadSettings as error:
        raise BadInput(error.message, [("url", error.message)], error.help) from None
    parts = urlsplit(kept)
    try:
        await judged(parts.scheme, parts.hostname or "", parts.port, allowed)
    except ModelError as error:
        raise BadInput(error.message, [("url", error.message)], error.help) from None
    if parts.scheme == "http" and not allowed.names(parts.scheme, parts.hostname or "", parts.port):
        raise BadInput(
            "The address is not encrypted.",
            [("url", "must begin with https://")],
            "A key and what people write would be readable on the way: use https://.",
        )
    return kept


class GuardedBoard(Board):
    """Connections that go to judged addresses only."""

    def __init__(self, allowed: Allowed) -> None:
        super().__init__()
        self._allowed = allowed
        self._guarded: httpx.AsyncClient | None = None

    async def client(self) -> httpx.AsyncClient:
        if self._guarded is None:
            made = await asyncio.to_thread(_client, self._allowed)
            if self._guarded is None:
                self._guarded = made
        return self._guarded

    async def close(self) -> None:
        if self._guarded is not None:
            client, self._guarded = self._guarded, None
            await client.aclose()
        await super().close()


def _client(allowed: Allowed) -> httpx.AsyncClient:
    import httpcore
    import httpx

    class Judging(httpcore.AnyIOBackend):
        """Judged where the connection is made, below the pool: there a name has connections of its own. One whose
        certificate was another name's, at the same address, carries nothing of this one."""

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
        ) -> httpcore.AsyncNetworkStream:
            address = await judged("", host, port, allowed)
            return await super().connect_tcp(str(address), port, timeout, local_address, socket_options)

    class Guarded(httpx.AsyncHTTPTransport):
        def __init__(self) -> None:
            # The environment's proxies would route around the guard: a pool of its own takes none.
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=httpx.create_ssl_context(),
                max_connections=None,
                max_keepalive_connections=20,
                keepalive_expiry=30.0,
                network_backend=Judging(),
            )

    return httpx.AsyncClient(transport=Guarded(), trust_env=False, follow_redirects=False)


_BOARDS: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[frozenset[str], GuardedBoard]] = (
    WeakKeyDictionary()
)


def guarded_board(allowed: Allowed | None = None) -> GuardedBoard:
    """The running loop's, for accounts' models."""
    loop = asyncio.get_running_loop()
    now = Allowed.from_environment() if allowed is None else allowed
    kept = _BOARDS.get(loop)
    if kept is None or kept[0] != now.hosts:
        kept = _BOARDS[loop] = (now.hosts, GuardedBoard(now))
    return kept[1]
