"""Who sent a request, and to which name: addresses, trusted proxies, the Host header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from tracker.config.validation import Network

_PORT = re.compile(r":\d*$")
_CLIENT_PREFIX = 64  # bits of an IPv6 address; a client can choose the rest freely


@dataclass(frozen=True, slots=True)
class ClientAddresses:
    """Finds the address by which a client is counted. `proxies` are the trusted ones."""

    proxies: tuple[Network, ...] = ()

    def is_proxy(self, address: str) -> bool:
        """Return whether an address is that of a trusted proxy."""
        found = _parse_address(address)
        return found is not None and any(found in network for network in self.proxies)

    def find_client(self, peer: str, forwarded: Sequence[str] = ()) -> str:
        """Return the client behind `peer`, given the X-Forwarded-For headers of its request.

        A proxy appends the address of its client, so the last address that is not a trusted
        proxy's is the client's; any addresses before it may be forged.
        """
        client = peer
        hops = ",".join(forwarded).split(",")
        while hops and self.is_proxy(client):
            hop = _parse_address(_without_port(hops.pop().strip()))
            if hop is None:
                break
            client = str(hop)
        return client if self.is_proxy(client) else _group_address(client)


def _parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, IPv4 if it is IPv4 mapped to IPv6; None for other text."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _group_address(text: str) -> str:
    """Return the address to count by: for IPv6 the network of one client."""
    found = _parse_address(text)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _CLIENT_PREFIX), strict=False))
    return str(found or text)


def _without_port(host: str) -> str:
    """Return a host without its port, and without the brackets of an IPv6 address."""
    if host.count(":") > 1 and not host.startswith("["):
        return host  # an IPv6 address in the usual form of X-Forwarded-For
    return _PORT.sub("", host).removeprefix("[").removesuffix("]")


def is_known_host(header: str, names: Iterable[str]) -> bool:
    """Return whether a Host header is one of the names, `localhost` or an address.

    Another web site can point its own name at this server and make a browser inside the network
    send requests (DNS rebinding); it cannot do so with an address.
    """
    host = _without_port(header.strip().lower()).rstrip(".")
    known = {name.lower().rstrip(".") for name in names}
    return host in known | {"localhost"} or _parse_address(host) is not None
