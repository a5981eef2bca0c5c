"""Address ranges that no public service has.

From the special-purpose address registries of IANA (RFC 6890 and what amends it), written
down here because `ipaddress` follows them differently from one Python to the next.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from tracker.guard.limits import Name

Network = IPv4Network | IPv6Network

# In this order: an address is of the first kind that it falls in.
_RANGES: tuple[tuple[Name, str, str], ...] = (
    ("loopback-address", "127.0.0.0/8 ::1", "the machine itself (RFC 1122, 4291)"),
    ("link-local-address", "169.254.0.0/16 fe80::/10", "of one link only (RFC 3927, 4291)"),
    (
        "private-address",  # 100.64.0.0/10 is shared by the customers of a provider
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7",
        "private, not reachable over the internet (RFC 1918, 4193, 6598)",
    ),
    ("multicast-address", "224.0.0.0/4 ff00::/8", "multicast (RFC 5771, 4291)"),
    (
        "documentation-address",
        "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        "an example, for documentation only (RFC 5737, 3849, 9637)",
    ),
    (
        # Of IPv6 only 2000::/3 is given out. Protocol assignments (2001::/23, with Teredo)
        # and 6to4 (2002::/16, 192.88.99.0/24) in there are no service's own address.
        "reserved-address",
        (
            "0.0.0.0/8 192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4"
            " ::/3 4000::/2 8000::/1 2001::/23 2002::/16"
        ),
        "reserved, in use nowhere (IANA special-purpose registries)",
    ),
)
_NETWORKS: tuple[tuple[Name, str, tuple[Network, ...]], ...] = tuple(
    (name, what, tuple(map(ip_network, ranges.split()))) for name, ranges, what in _RANGES
)


def special_of(network: Network) -> tuple[Name, str] | None:
    """The name of the finding and what the network is; None for a public one.

    A part of the network is enough. A default route is not judged here.
    """
    if network.prefixlen == 0:
        return None
    for name, what, ranges in _NETWORKS:
        if any(network.version == it.version and network.overlaps(it) for it in ranges):
            return name, what
    return None
