"""Which network addresses a request made on a user's behalf may reach: global unicast ones, no others.

Names are resolved once and the request goes to the very address that was judged; a second look-up could
answer differently (DNS rebinding). Spellings such as 127.1, 0x7f000001 or 2130706433 need no rule of their
own: the resolver turns them into an address, and the address is judged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TypeAlias

from connectors.samples.refusal import Refusal

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# All of IPv6 that is in use for global unicast. The transition ranges inside it carry IPv4 addresses of any kind.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_REFUSED: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays
    # A cloud's own services for the machines in it, some of which hand out credentials.
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("168.63.129.16/32"),
    ipaddress.IPv6Network("2001::/32"),  # Teredo
    ipaddress.IPv6Network("2002::/16"),  # 6to4
    ipaddress.IPv6Network("3fff::/20"),  # documentation
)


def is_public(address: Address) -> bool:
    """Whether `address` is global unicast. An IPv4 address inside an IPv6 one (::ffff:...) is judged itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_V6:
            return False
    if any(address in network for network in _REFUSED):
        return False
    # The standard library's words overlap and have changed between releases; each is reason enough.
    return address.is_global and not (
        address.is_multicast
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_reserved
        or address.is_unspecified
    )


async def resolve_public(host: str, port: int) -> Address:
    """The address to connect to for `host`. Refused when any of its addresses is not public.

    Raises `Refusal` with code "dns_failed" or "address_not_allowed".
    """
    found = await resolve(host, port)
    for address in found:
        if not is_public(address):
            raise Refusal(
                "address_not_allowed",
                f"{host!r} is at {address}, which is not a public address; only those may be reached",
            )
    return found[0]


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """All addresses of `host`, in the resolver's order, at least one. Raises `Refusal("dns_failed")`."""
    loop = asyncio.get_running_loop()
    try:
        answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refusal("dns_failed", f"the name {host!r} could not be resolved; check the address") from error
    # A scope ("%eth0") only ever belongs to link-local addresses, which is_public refuses with or without it.
    found = tuple(
        dict.fromkeys(ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers)
    )
    if not found:
        raise Refusal("dns_failed", f"the name {host!r} has no address")
    return found
