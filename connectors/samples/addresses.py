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

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")
# "IPv4-compatible" addresses: deprecated, and some stacks still unwrap them.
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: Address) -> bool:
    """Whether `address` is global unicast. An address that carries another one inside is judged by both."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if any(address in network for network in (*_NAT64, _SITE_LOCAL, _COMPATIBLE)):
            return False
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
