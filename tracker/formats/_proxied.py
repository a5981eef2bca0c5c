"""What a web proxy decides about: TCP to a host name or an address, asked for by its client."""

from __future__ import annotations

from collections.abc import Container

from tracker.formats import NO_LAN
from tracker.formats._policy import INBOUND, MAPPED, is_mapped
from tracker.model import LAN, Endpoint

NO_UDP = "a web proxy carries TCP, not UDP"


def cannot(endpoint: Endpoint) -> str | None:
    """What files for web proxies leave out beside what no format writes.

    Squid holds 192.0.2.1 as ::ffff:192.0.2.1, so a network around those would be all of IPv4.
    """
    if endpoint.target == LAN:
        return NO_LAN
    if endpoint.direction == "inbound":
        return INBOUND
    if endpoint.protocol == "udp":
        return NO_UDP
    return MAPPED if is_mapped(endpoint.target) else None


def wider(host: str, wildcards: Container[str]) -> str | None:
    """The wildcard among these that includes this host, or wildcard, with all below it.

    On the source's page `*.x` includes `x`. A wildcard does not include itself.
    """
    name = host.removeprefix("*.")
    if host == name and f"*.{name}" in wildcards:
        return f"*.{name}"
    while "." in name:
        name = name.partition(".")[2]
        if f"*.{name}" in wildcards:
            return f"*.{name}"
    return None
