"""From endpoints to what AWS has for them: prefix lists, rules for the LAN, names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from tracker.formats import RuleSet
from tracker.formats.shared.addresses import (
    address_key,
    address_of,
    is_mapped,
    network_of,
    to_cidr,
)
from tracker.formats.shared.domain_names import collect_words, describe_target
from tracker.formats.shared.policy import INBOUND, MAPPED, Rule, allowed_rules
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.formats.shared.text import to_comment
from tracker.model import LAN, Endpoint

UDP_NAME = "AWS Network Firewall finds names in TLS and HTTP only, and both are TCP here"
# A list holds 1,000 entries, but a request makes 100 (Amazon EC2 API, CreateManagedPrefixList).
_MOST = 100

_KEY = re.compile(
    r"(In|Out)Ipv([46])(Tcp|Udp)([0-9]+)(?:To([0-9]+))?(?:Part([0-9]+))?Of([0-9]+)"
)


class CloudSide(msgspec.Struct, frozen=True, order=True):
    """Direction, protocol and ports: what a rule of a security group says beside addresses."""

    direction: str
    protocol: str
    ports: Ports

    @property
    def title(self) -> str:
        """`OutTcp443`, with the place of the address family left open."""
        first, last = self.ports
        span = str(first) if first == last else f"{first}To{last}"
        return f"{self.direction.title()[:-5]}{{}}{self.protocol.title()}{span}"

    @property
    def text(self) -> str:
        """`tcp/443`."""
        return f"{self.protocol}/{range_text(self.ports)}"


class CloudPlan(msgspec.Struct):
    """Networks by side and family, LAN sides, and names; each with what the page calls it."""

    networks: dict[tuple[CloudSide, int], dict[str, str]] = msgspec.field(default_factory=dict)
    lan: dict[CloudSide, str] = msgspec.field(default_factory=dict)
    names: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound 192.0.2.1/32 tcp/443`, `outbound a.example.com`."""
        for (side, _), networks in self.networks.items():
            yield from (f"{side.direction} {each} {side.text}" for each in networks)
        yield from (f"{side.direction} {LAN} {side.text}" for side in self.lan)
        yield from (f"outbound {name}" for name in self.names)

    @property
    def weights(self) -> dict[str, int]:
        """How many rules AWS counts, by direction and family: a list has as many as entries."""
        found = Counter(
            {f"{each}_ipv{family}": 0 for each in ("outbound", "inbound") for family in (4, 6)}
        )
        for (side, family), networks in self.networks.items():
            found[f"{side.direction}_ipv{family}"] += len(networks)
        for side in self.lan:
            found.update(f"{side.direction}_ipv{family}" for family in (4, 6))
        return dict(found)


def unsupported(endpoint: Endpoint) -> str | None:
    """What the template leaves out beside what no format writes."""
    if endpoint.target == LAN:
        return None
    if network_of(endpoint.target):
        return MAPPED if is_mapped(endpoint.target) else None
    if endpoint.direction == "inbound":
        return INBOUND
    return UDP_NAME if endpoint.protocol == "udp" else None


def build_plan(rule_set: RuleSet) -> CloudPlan:
    """Everything in a stable order: by side, and addresses by number."""
    allowed = allowed_rules(rule_set, unsupported)
    said = collect_words(
        (((*_side_of(rule), ports_of(rule)), rule.endpoint.target), rule.words)
        for rule in allowed
    )
    found = CloudPlan()
    for sided, keys in groupby(sorted(said, key=_plan_key), key=itemgetter(0)):
        side = CloudSide(*sided)
        networks: dict[int, dict[str, str]] = {4: {}, 6: {}}
        for key in keys:
            target, words = key[1], to_comment(describe_target(key[1], said[key]))
            if target == LAN:
                found.lan[side] = words
            elif network_of(target):
                networks[address_of(target).version][to_cidr(target)] = words
            else:
                found.names[target] = words
        found.networks |= {(side, family): each for family, each in networks.items() if each}
    found.names = dict(sorted(found.names.items()))
    return found


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """What the template must open."""
    return frozenset(build_plan(rule_set).lines)


def list_prefix_lists(
    found: CloudPlan,
) -> Iterator[tuple[str, tuple[CloudSide, int], dict[str, str]]]:
    """Each prefix list: its name in the template, its side and family, its entries.

    The number of entries is part of the name. CloudFormation cannot change entries and size
    at once (aws-cloudformation/cloudformation-coverage-roadmap, 2377), so a list that grows
    becomes another one, and the old one goes when nothing refers to it.
    """
    for (side, family), networks in found.networks.items():
        cidrs = list(networks)
        for start in range(0, len(cidrs), _MOST):
            part = cidrs[start : start + _MOST]
            number = f"Part{start // _MOST + 1}" if start else ""
            name = f"{side.title.format(f'Ipv{family}')}{number}Of{len(part)}"
            yield name, (side, family), {each: networks[each] for each in part}


def parse_list_name(name: str) -> tuple[CloudSide, int] | None:
    """What a prefix list's name in the template says of it; None for any other name."""
    found = _KEY.fullmatch(name)
    if not found:
        return None
    direction = {"In": "inbound", "Out": "outbound"}[found[1]]
    ports = int(found[4]), int(found[5] or found[4])
    return CloudSide(direction, found[3].lower(), ports), int(found[2])


def _side_of(rule: Rule) -> tuple[str, str]:
    return rule.endpoint.direction, rule.endpoint.protocol


def _plan_key(key: tuple[tuple[str, str, Ports], str]) -> tuple[object, ...]:
    side, target = key
    is_network = target != LAN and network_of(target)
    return side, address_key(target) if is_network else (0, 0, 0), target
