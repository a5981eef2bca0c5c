"""Generation 2, spring 2024: two regions, the relays under their own name.

Its parts are the base that the other generations are written as differences from.
"""

from __future__ import annotations

from typing import Final

from . import cells
from .cells import Place, console, downloads, lan, relays, servers
from .facts import Generation, Region, Resource

SERVERS_NA: Final = servers(
    "server.action1.com",
    ("54.210.188.13", "54.227.102.112", "3.210.54.212", "3.213.90.174"),
)
RELAYS_NA: Final[dict[Place, tuple[str, ...]]] = {
    cells.NORTH_AMERICA: ("34.203.184.16", "52.205.66.134", "52.200.246.160"),
    cells.EUROPE: ("18.135.32.225", "18.169.144.48", "3.10.103.241"),
    cells.MIDDLE_EAST: ("43.204.118.97", "43.204.185.8"),
    cells.EAST_ASIA: ("13.215.147.78", "54.169.182.56"),
    cells.AUSTRALIA: ("13.211.73.202", "54.79.23.166"),
    cells.AFRICA: ("13.244.155.212", "13.244.175.69"),
}
# What the Europe rows of the North America region say beyond the others.
ABROAD: Final = {
    cells.EUROPE: " Agents of the North America region that run in Europe, "
    "for instance at a branch office, use these relays too.",
}
DOWNLOADS_NA: Final = downloads("a1-backend-packages.s3.amazonaws.com", "us-cdn.action1.com")
CONSOLES_NA: Final = (
    console(cells.NORTH_AMERICA, "us.remote.app.action1.com"),
    console(cells.AFRICA, "af.remote.app.action1.com"),
    console(cells.AUSTRALIA, "au.remote.app.action1.com"),
    console(cells.ASIA, "ea.remote.app.action1.com"),
    console(
        cells.EUROPE,
        "eu.remote.app.action1.com",
        more=" North American customers use it while they travel in Europe.",
    ),
    console(cells.MIDDLE_EAST, "me.remote.app.action1.com"),
)


def relay_groups(
    groups: dict[Place, tuple[str, ...]],
    *,
    label: str = cells.RELAY_LABEL,
    ports: str = cells.CLOUD_PORTS,
) -> tuple[Resource, ...]:
    """The relay rows of the North America region."""
    return tuple(
        relays(place, found, label=label, ports=ports, more=ABROAD.get(place, ""))
        for place, found in groups.items()
    )


def europe(ports: str = cells.CLOUD_PORTS) -> Region:
    """The Europe region; it kept its addresses from generation to generation."""
    packages = "a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com"
    return Region(
        name="Europe",
        page="region-europe",
        resources=(
            servers("server.eu.action1.com", ("3.74.63.86", "3.124.175.10"), ports),
            relays(cells.EUROPE, ("18.185.175.163", "3.71.193.26"), ports=ports),
            lan(),
            *downloads(packages, "eu-cdn.action1.com"),
            console(cells.EUROPE, "remote.eu.action1.com"),
        ),
    )


GENERATION: Final = Generation(
    name="2024-04",
    banner=(
        "Meet us at RSA Conference 2024",
        "May 6 - 9 | San Francisco | Booth #5472",
    ),
    modified="2024-04-18T09:12:44+00:00",
    regions=(
        Region(
            name="North America",
            page="region-north-america",
            resources=(
                SERVERS_NA,
                *relay_groups(RELAYS_NA),
                lan(),
                *DOWNLOADS_NA,
                *CONSOLES_NA,
            ),
        ),
        europe(),
    ),
)
