"""`[guard]` of the configuration: the limits of the rules."""

from __future__ import annotations

from typing import Annotated

import msgspec


class GuardLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of the rules; shares are of a region's hosts and addresses.

    A value at its limit is published. `publish` names findings that inform and do not hold.
    """

    max_removed: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.30
    max_added: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 1.0
    widest_v4: Annotated[int, msgspec.Meta(ge=0, le=32)] = 24
    widest_v6: Annotated[int, msgspec.Meta(ge=0, le=128)] = 48
    most_ports: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 32768
    publish: tuple[str, ...] = ()
