"""Generation 3, late 2024: as generation 2, with more relays in the first region."""

from __future__ import annotations

from typing import Final

from . import cells, gen2
from .cells import Place, lan
from .facts import Generation, Region

ADDED: Final[dict[Place, tuple[str, ...]]] = {
    cells.NORTH_AMERICA: ("3.229.22.34", "44.212.254.73", "54.144.130.130"),
    cells.EUROPE: ("13.41.182.195", "18.171.0.33", "35.179.20.122"),
    cells.MIDDLE_EAST: ("13.202.109.124", "43.205.156.38"),
    cells.EAST_ASIA: ("3.0.4.167", "13.213.228.50"),
    cells.AUSTRALIA: ("3.104.236.56",),
}
RELAYS_NA: Final = {
    place: found + ADDED.get(place, ()) for place, found in gen2.RELAYS_NA.items()
}

GENERATION: Final = Generation(
    name="2024-11",
    banner=("Join the Patch Summit 2024", "Nov 19 - 22 | Chicago | Booth #1318"),
    modified="2024-11-05T11:47:30+00:00",
    regions=(
        Region(
            name="North America",
            page="region-north-america",
            resources=(
                gen2.SERVERS_NA,
                *gen2.relay_groups(RELAYS_NA),
                lan(),
                *gen2.DOWNLOADS_NA,
                *gen2.CONSOLES_NA,
            ),
        ),
        gen2.europe(),
    ),
)
