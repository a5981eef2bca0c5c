"""`[guard]` of the configuration: limits of the rules, and the names of findings that hold."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

FindingName = Literal[
    "region-gone",
    "mass-removal",
    "mass-addition",
    "column-gone",
    "resource-group-gone",
    "typing-error",
    "rollback",
    "default-route",
    "wide-network",
    "loopback-address",
    "link-local-address",
    "private-address",
    "multicast-address",
    "documentation-address",
    "reserved-address",
    "all-ports",
    "wide-wildcard",
    "domain-changed",
    # Found while reading a page, whatever the last version says.
    "region-uncertain",
    "region-missing",
    "region-without-rows",
    "contradicting-tables",
    "audience-mismatch",
    "resource-spans-two-rows",
    "out-of-force",
    "unknown-column",
    "struck-out",
    "value-in-words",
    "value-in-label",
    "hidden-values",
    "address-outside-tables",
    "host-outside-tables",
    "ports-outside-tables",
    "table-not-read",
    "table-without-targets",
    "rows-not-shown",
    "region-page-without-table",
    "region-page-of-another",
    "linked-page-not-followed",
    "linked-page-unexpected",
    "end-tag-missing",
]
FINDING_NAMES: tuple[FindingName, ...] = get_args(FindingName)


class GuardLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of the rules; shares are of a region's hosts and addresses.

    A value at its limit is published. `publish` names findings that inform and do not hold.
    """

    max_removed: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.30
    max_added: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    widest_v4: Annotated[int, msgspec.Meta(ge=0, le=32)] = 24
    widest_v6: Annotated[int, msgspec.Meta(ge=0, le=128)] = 48
    most_ports: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 32768
    publish: tuple[str, ...] = ()
