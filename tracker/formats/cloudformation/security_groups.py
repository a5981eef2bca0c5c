"""Prefix lists, and security groups that refer to them, within AWS's quota for a group.

Rules for the LAN are in separate groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

import msgspec

from tracker.formats.cloudformation.plan import CloudPlan, CloudSide
from tracker.model import LAN

# The default quota of rules in a security group for one direction and address family; a prefix
# list counts as its number of entries (Amazon VPC user guide, Amazon VPC quotas). A list can
# have 1,000, and a request can create 100 (Amazon EC2 API, CreateManagedPrefixList).
QUOTA = 60

_SIZE = "(?:Part([0-9]+))?Of([0-9]+)"
_KEY = re.compile(rf"(In|Out)Ipv([46])(Tcp|Udp)([0-9]+)(?:To([0-9]+))?{_SIZE}")
LAN_LIST = re.compile(f"LanIpv[46]{_SIZE}")
GROUP = "SecurityGroup"
LAN_GROUP = f"{GROUP}Lan"


class PrefixListRule(msgspec.Struct, frozen=True):
    """A rule of a security group for a prefix list of `size` entries.

    `said` describes the rule if its list does not.
    """

    side: CloudSide
    family: int
    list: str
    size: int
    said: str = ""

    @property
    def counter(self) -> str:
        """The quota that AWS counts it towards: `outbound_ipv4`."""
        return f"{self.side.direction}_ipv{self.family}"


class GroupPlan(msgspec.Struct):
    """One security group: the suffix of its name in AWS, its rules, and counts by quota."""

    suffix: str
    rules: list[PrefixListRule] = msgspec.field(default_factory=list)
    counted: dict[str, int] = msgspec.field(
        default_factory=lambda: {
            f"{each}_ipv{family}": 0 for each in ("outbound", "inbound") for family in (4, 6)
        }
    )

    def takes(self, rule: PrefixListRule) -> bool:
        """Return whether a rule fits."""
        return self.counted[rule.counter] + rule.size <= QUOTA

    def add(self, rule: PrefixListRule) -> None:
        """Add a rule to the group."""
        self.rules.append(rule)
        self.counted[rule.counter] += rule.size


def list_prefix_lists(
    found: CloudPlan,
) -> Iterator[tuple[str, tuple[CloudSide, int], dict[str, str]]]:
    """Yield each prefix list: its name in the template, its side and family, its entries.

    The number of entries is part of the name. CloudFormation cannot change entries and size
    at once (aws-cloudformation/cloudformation-coverage-roadmap, 2377), so a list that grows
    becomes a new one, and the old one is deleted when it is no longer referenced.
    """
    for (side, family), networks in found.networks.items():
        for name, part in _split_list(side.title.format(f"Ipv{family}"), list(networks)):
            yield name, (side, family), {each: networks[each] for each in part}


def list_lan_lists(found: CloudPlan) -> Iterator[tuple[str, int, list[str]]]:
    """Yield each prefix list of the LAN: its name in the template, its family, its entries."""
    for family, networks in found.lan_networks.items():
        for name, part in _split_list(f"LanIpv{family}", networks):
            yield name, family, part


def _split_list(title: str, networks: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield lists of networks, each small enough for one group, with their names."""
    for start in range(0, len(networks), QUOTA):
        part = networks[start : start + QUOTA]
        number = f"Part{start // QUOTA + 1}" if start else ""
        yield f"{title}{number}Of{len(part)}", part


def list_security_groups(found: CloudPlan) -> dict[str, GroupPlan]:
    """Return the groups by their names in the template; those for the LAN are separate.

    A group gets as many rules as AWS allows; the rest goes into further groups.
    """
    rules = [
        PrefixListRule(side, family, name, len(networks))
        for name, (side, family), networks in list_prefix_lists(found)
    ]
    lan_rules = [
        PrefixListRule(side, family, name, len(networks), f"{LAN}: {words}" if words else LAN)
        for side, words in found.lan.items()
        for name, family, networks in list_lan_lists(found)
    ]
    return _fill_groups(GROUP, "", rules) | _fill_groups(LAN_GROUP, "_lan", lan_rules)


def _fill_groups(name: str, suffix: str, rules: list[PrefixListRule]) -> dict[str, GroupPlan]:
    """Return groups with these rules, each rule in the first group with room for it."""
    groups: dict[str, GroupPlan] = {}
    for rule in rules:
        for number in count(1):
            many = str(number) if number > 1 else ""
            group = groups.setdefault(
                f"{name}{many}", GroupPlan(suffix + (f"_{many}" if many else ""))
            )
            if group.takes(rule):
                group.add(rule)
                break
    return groups


def parse_list_name(name: str) -> tuple[CloudSide, int] | None:
    """Return side and family from the name of a prefix list; None for any other name."""
    found = _KEY.fullmatch(name)
    if not found:
        return None
    direction = {"In": "inbound", "Out": "outbound"}[found[1]]
    ports = int(found[4]), int(found[5] or found[4])
    return CloudSide(direction, found[3].lower(), ports), int(found[2])
