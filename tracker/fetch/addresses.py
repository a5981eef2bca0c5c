"""The address policy: which addresses are public. Pure: no look-ups and no connections.

Facts: IANA's IPv4 and IPv6 special-purpose address registries (RFC 6890 and its updates, as
of 2025). `ipaddress.is_global` does not suffice: it considers multicast, NAT64 and 6to4
global, and its lists differ between releases of Python.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_SPECIAL_4 = tuple(
    (ip_network(network), words)
    for network, words in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "a carrier's own (RFC 6598)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_SPECIAL_6 = tuple(
    (ip_network(network), words)
    for network, words in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        # RFC 8215: the translated address is local policy, and may be private.
        ("64:ff9b:1::/48", "a local NAT64"),
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_6 = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
ALLOW_HINT = "if that is intended, name the page with --url, or as url in the configuration"
_NUMBERS = re.compile(r"[0-9][0-9a-fA-FxX.]*")


def forbidden_reason(address: str | IPv4Address | IPv6Address) -> str | None:
    """Return why an address is not public, in words; None if it is public."""
    inner = _unwrap_ipv4(ip_address(address))
    if isinstance(inner, IPv4Address):
        return next((words for network, words in _SPECIAL_4 if inner in network), None)
    for network, words in _SPECIAL_6:
        if inner in network:
            return words
    return None if inner in _GLOBAL_6 else "reserved"


def parse_host_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host spells, also `2130706433` or `0x7f.1`; otherwise None."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(host):
        return None
    try:
        return IPv4Address(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        return None


def _unwrap_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside a v4-mapped, 6to4 or NAT64 one: packets go there."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
