"""The cells that recur in every generation: port texts, purposes, whole resources.

Labels, ports and hosts are exact, and so are the brackets and the first sentence of a
purpose; the rest of a purpose is our own wording. Values of one generation live in its
own file.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .facts import Purpose, Resource, Use

CLOUD_PORTS: Final = "22543 TCP,\nTLS 1.2 over TCP"
CLOUD_PORTS_443: Final = "22543 TCP,\n443 TCP,\nTLS 1.2 over TCP"
RPC: Final = "135 RPC TCP"
SMB_139: Final = "139 SMB TCP"
SMB_445: Final = "445 SMB TCP"
LDAP: Final = "389 LDAP TCP"
HIGH_PORTS: Final = "Randomly allocated high TCP ports (between 49152 - 65535) TCP"
SHARING_PORTS: Final = "22551 TCP/UDP,\n6771 UDP"
HTTPS: Final = "443 HTTPS"
HTTPS_BY_NAME: Final = "HTTPS/TLS 1.2"
HTTP_BY_NAME: Final = "HTTP"
NOT_STATED: Final = "TCP, proprietary by Microsoft"

AGENTS: Final = ("Agents",)
DEPLOYER: Final = ("Deployer",)
BROWSER: Final = ("Action1 Console (web browser)",)

CLOUD: Final = Purpose("(Required)", "Connection to Action1 Cloud.", "required")
DEPLOYING: Final = Purpose("", "Deploying apps and 3rd party patch management.")
WINDOWS_UPDATE: Final = Purpose("", "Windows Update management.")
SHARING: Final = Purpose(
    "(Recommended)",
    "Passing parts of downloaded apps between neighbouring agents (peer to peer), "
    "which saves external bandwidth. Open the port on the managed endpoints for the "
    "local network only. Agents that cannot reach each other still work, but each of "
    "them then fetches every package in full from the cloud.",
    "recommended",
)


class Place(NamedTuple):
    """A part of the world as printed, and as the audience of an entry names it."""

    printed: str
    name: str


NORTH_AMERICA: Final = Place("North America", "North America")
EUROPE: Final = Place("Europe", "Europe")
MIDDLE_EAST: Final = Place("the Middle East", "Middle East")
EAST_ASIA: Final = Place("East Asia", "East Asia")
ASIA: Final = Place("Asia", "Asia")
AUSTRALIA: Final = Place("Australia", "Australia")
AFRICA: Final = Place("Africa", "Africa")
SOUTH_AMERICA: Final = Place("South America", "South America")

RELAY_LABEL: Final = "Action1 Remote Desktop relay servers in {}"


def servers(host: str, addresses: tuple[str, ...], ports: str = CLOUD_PORTS) -> Resource:
    """The first resource of a region: the cloud servers, one cell for six rows."""
    deployer = (RPC, SMB_139, SMB_445, LDAP, HIGH_PORTS)
    return Resource(
        label=f"Action1 servers ({host})",
        named=host,
        addresses=addresses,
        uses=(
            Use(ports, CLOUD, ("Agents", "Deployer")),
            *(Use(port, CLOUD, DEPLOYER) for port in deployer),
        ),
    )


def relays(
    place: Place,
    addresses: tuple[str, ...],
    *,
    label: str = RELAY_LABEL,
    ports: str = CLOUD_PORTS,
    more: str = "",
) -> Resource:
    """One group of Remote Desktop relay servers."""
    text = (
        "Connection to Action1 Remote Desktop relay servers. They stand in "
        f"{place.printed} and keep remote sessions fast for the people who work there."
    )
    return Resource(
        label=label.format(place.printed),
        addresses=addresses,
        uses=(Use(ports, _only_for(place, text + more), AGENTS),),
    )


def console(place: Place, host: str, *, more: str = "") -> Resource:
    """One Remote Desktop console."""
    text = (
        "Connection to Action1 Remote Desktop Console. It runs in "
        f"{place.printed} and keeps remote sessions fast for the people who work there."
    )
    return Resource(
        label=f"Action1 Remote Desktop Console for {place.printed}",
        listed_hosts=(host,),
        uses=(Use(HTTPS, _only_for(place, text + more), BROWSER),),
    )


def lan() -> Resource:
    """The one inbound row: agents share what they downloaded."""
    use = Use(SHARING_PORTS, SHARING, AGENTS, "Inbound")
    return Resource("Managed endpoints\n(LAN only)", (use,), scope="lan")


def downloads(packages: str, cdn: str) -> tuple[Resource, ...]:
    """The rows whose resource is a bare host name."""
    return (
        _host(packages, HTTPS, DEPLOYING),
        _host("*.windowsupdate.com", NOT_STATED, WINDOWS_UPDATE),
        _host("*.mp.microsoft.com", HTTPS_BY_NAME, WINDOWS_UPDATE),
        _host("emdl.ws.microsoft.com", HTTP_BY_NAME, WINDOWS_UPDATE),
        _host("*.update.microsoft.com", HTTPS_BY_NAME, WINDOWS_UPDATE),
        _host(cdn, HTTPS, DEPLOYING),
    )


def _host(host: str, ports: str, purpose: Purpose) -> Resource:
    return Resource(host, (Use(ports, purpose, AGENTS),), named=host)


def _only_for(place: Place, text: str) -> Purpose:
    bracket = f"(Required - only for {place.printed})"
    return Purpose(bracket, text, "required", place.name)
