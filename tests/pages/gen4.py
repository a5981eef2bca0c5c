"""Generation 4a, mid 2025: relays re-ordered and added, South America, Australia.

Completed by us: where the new South America rows stand (last of their kind), and the
Australia region, of which only the server's host and the relays are known. Its server
row lists no address, since none is known; its other rows use hosts of the first region.
"""

from __future__ import annotations

from typing import Final

from . import cells, gen2, gen3
from .cells import Place, console, lan, relays, servers
from .facts import Generation, Region

RELAYS_AUSTRALIA: Final = (*gen3.RELAYS_NA[cells.AUSTRALIA], "54.79.198.20")
RELAYS_NA: Final[dict[Place, tuple[str, ...]]] = {
    **gen3.RELAYS_NA,
    cells.NORTH_AMERICA: (
        "34.203.184.16",
        "44.212.254.73",
        "52.200.246.160",
        "52.205.66.134",
        "100.24.103.37",
        "3.229.22.34",
        "3.88.244.142",
        "54.144.130.130",
    ),
    cells.AUSTRALIA: RELAYS_AUSTRALIA,
    cells.SOUTH_AMERICA: (
        "15.229.170.56",
        "18.230.233.136",
        "18.231.231.56",
        "54.207.116.27",
    ),
}
CONSOLES_NA: Final = (
    *gen2.CONSOLES_NA,
    console(cells.SOUTH_AMERICA, "sa.remote.app.action1.com"),
)


def north_america(ports: str = cells.CLOUD_PORTS) -> Region:
    """The North America region, as it has been since then."""
    addresses = gen2.SERVERS_NA.addresses
    return Region(
        name="North America",
        page="region-north-america",
        resources=(
            servers("server.action1.com", addresses, ports),
            *gen2.relay_groups(RELAYS_NA, ports=ports),
            lan(),
            *gen2.DOWNLOADS_NA,
            *CONSOLES_NA,
        ),
    )


def australia(ports: str = cells.CLOUD_PORTS) -> Region:
    """The Australia region."""
    return Region(
        name="Australia",
        page="region-australia",
        resources=(
            servers("server.au.action1.com", (), ports),
            relays(cells.AUSTRALIA, RELAYS_AUSTRALIA, ports=ports),
            lan(),
            *gen2.DOWNLOADS_NA,
            console(cells.AUSTRALIA, "au.remote.app.action1.com"),
        ),
    )


GENERATION: Final = Generation(
    name="2025-06",
    banner=("Visit us at Infosecurity 2025", "Jun 3 - 5 | London | Booth #D118"),
    modified="2025-06-11T16:05:19+00:00",
    regions=(north_america(), gen2.europe(), australia()),
)
