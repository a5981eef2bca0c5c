"""Generation 5, early 2026: one page per region; the first holds two server groups.

Completed by us: how the port cell spells the second port, and the rows of North America
2 beside its servers and relays, which use the hosts of the first region.
"""

from __future__ import annotations

from typing import Final

from . import cells, gen2, gen4
from .cells import CLOUD_PORTS_443, console, lan, relays, servers
from .facts import Generation, Region

NORTH_AMERICA_2: Final = Region(
    name="North America 2",
    page="region-north-america",
    resources=(
        servers(
            "server.na-2.action1.com",
            ("44.232.42.159", "44.241.5.109", "52.41.75.35", "54.244.151.59"),
            CLOUD_PORTS_443,
        ),
        relays(
            cells.NORTH_AMERICA,
            (
                "44.244.87.228",
                "52.32.48.50",
                "52.41.51.36",
                "54.186.213.1",
                "54.244.2.21",
            ),
            ports=CLOUD_PORTS_443,
        ),
        lan(),
        *gen2.DOWNLOADS_NA,
        console(cells.NORTH_AMERICA, "us.remote.app.action1.com"),
    ),
)

GENERATION: Final = Generation(
    name="2026-02",
    banner=(
        "Meet us at RSA Conference 2026",
        "Mar 23 - 26 | San Francisco | Booth #4604",
    ),
    modified="2026-02-03T08:21:57+00:00",
    regions=(
        gen4.north_america(CLOUD_PORTS_443),
        NORTH_AMERICA_2,
        gen2.europe(CLOUD_PORTS_443),
        gen4.australia(CLOUD_PORTS_443),
    ),
)
