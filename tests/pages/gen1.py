"""Generation 1, to early 2024: one table that names no region, and older relay labels.

Completed by us: everything but the labels, which is as in generation 2.
"""

from __future__ import annotations

from typing import Final

from . import gen2
from .cells import lan
from .facts import Generation, Region

RELAY_LABEL: Final = "Action1 servers in {} (Remote Desktop)"

GENERATION: Final = Generation(
    name="2024-01",
    banner=("See us at Cloud Expo 2024", "Mar 6 - 7 | London | Booth #210"),
    modified="2024-01-09T14:30:02+00:00",
    regions=(
        Region(
            name=None,
            page="all",
            resources=(
                gen2.SERVERS_NA,
                *gen2.relay_groups(gen2.RELAYS_NA, label=RELAY_LABEL),
                lan(),
                *gen2.DOWNLOADS_NA,
                *gen2.CONSOLES_NA,
            ),
        ),
    ),
)
