"""What objects of a firewall open, read from a file of ours, whatever the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker.errors import RuleError
from tracker.formats._boxes import Ports
from tracker.formats._bundles import LAN_TARGETS, endpoint_lines
from tracker.formats._policy import comment
from tracker.model import LAN

# Name of a group or service to the ports that it stands for, by protocol.
ServicesRead = Mapping[str, list[tuple[str, list[Ports]]]]


def opened(
    file: str,
    targets: Mapping[str, str],
    groups: Mapping[str, Iterable[str]],
    services: ServicesRead,
) -> frozenset[str]:
    """The lines that a format proves: each target of each group with the group's services.

    `targets` are objects by name, `groups` names of objects by a name that `services` has as
    well. Raises RuleError for a group without a service, a service without a group, an object
    without a group, and a group for the local network that holds something else.
    """
    if groups.keys() != services.keys():
        raise RuleError(f"{file}: its groups and services do not match")
    found: set[str] = set()
    used: set[str] = set()
    for name, members in groups.items():
        used |= (own := set(members))
        if not own <= targets.keys():
            raise RuleError(f"{file}: the group {comment(name)} has a member that is none")
        reached = [targets[each] for each in own]
        if is_lan(name):
            reached = lan_of(file, reached)
        found.update(endpoint_lines(direction_of(name), reached, services[name]))
    if targets.keys() - used:
        raise RuleError(f"{file}: an object is in no group")
    return frozenset(found)


def lan_of(file: str, targets: Iterable[str]) -> list[str]:
    """The target "lan". Raises RuleError where these are not the networks that it is."""
    if sorted(targets) != sorted(LAN_TARGETS):
        raise RuleError(f"{file}: its LAN is not the local network")
    return [LAN]


def direction_of(name: str) -> str:
    """Which way a group is used, which its name says."""
    key = name.partition("_")[2]
    return "inbound" if key.startswith(("in-", "lan-in-")) else "outbound"


def is_lan(name: str) -> bool:
    """Whether a group stands for the local network, which its name says."""
    return name.partition("_")[2].startswith("lan-")


def port_ranges(text: str, between: str, to: str = "-") -> list[Ports]:
    """`443 80-90` as pairs. Raises RuleError where there is no port, or one is no number."""
    try:
        found = [tuple(map(int, each.split(to))) for each in text.split(between)]
    except ValueError:
        found = []
    if not found or any(len(each) not in {1, 2} for each in found):
        raise RuleError(f'"{comment(text)}" is no list of ports')
    return [(each[0], each[-1]) for each in found]
