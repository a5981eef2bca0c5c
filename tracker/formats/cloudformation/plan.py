"""The endpoints that a template opens: networks by service, the LAN, and names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats.shared.addresses import (
    address_key,
    address_of,
    canonical_address,
    is_mapped,
    network_of,
    to_cidr,
)
from tracker.formats.shared.domain_names import collect_words, describe_target
from tracker.formats.shared.policy import (
    INBOUND,
    MAPPED,
    Rule,
    allowed_rules,
    cached_for_format,
)
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

UDP_NAME = "AWS Network Firewall finds names in TLS and HTTP only, which use TCP here"


class CloudSide(msgspec.Struct, frozen=True, order=True):
    """Direction, protocol and ports: the parts of a security group's rule besides addresses."""

    direction: str
    protocol: str
    ports: Ports

    @property
    def title(self) -> str:
        """`Out{}Tcp443`, with a placeholder for the address family."""
        first, last = self.ports
        span = str(first) if first == last else f"{first}To{last}"
        return f"{self.direction.title()[:-5]}{{}}{self.protocol.title()}{span}"

    @property
    def text(self) -> str:
        """`tcp/443`."""
        return f"{self.protocol}/{range_text(self.ports)}"


class CloudPlan(msgspec.Struct):
    """Networks by side and family, LAN sides, and names; each with the page's name for it.

    `lan_networks` are those of the LAN by family; with a prefix length, as all networks here.
    """

    networks: dict[tuple[CloudSide, int], dict[str, str]] = msgspec.field(default_factory=dict)
    lan: dict[CloudSide, str] = msgspec.field(default_factory=dict)
    lan_networks: dict[int, list[str]] = msgspec.field(default_factory=dict)
    names: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def lines(self) -> Iterator[str]:
        """The proof lines: `outbound 192.0.2.1/32 tcp/443`, `outbound a.example.com`."""
        for (side, _), networks in self.networks.items():
            yield from (f"{side.direction} {each} {side.text}" for each in networks)
        yield from (f"{side.direction} {LAN} {side.text}" for side in self.lan)
        for lan in self.lan_networks.values():
            yield from (f"{LAN} {canonical_address(each)}" for each in lan)
        yield from (f"outbound {name}" for name in self.names)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the template must open."""
    return frozenset(build_plan(rule_set).lines)


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why the template cannot express an endpoint; None if it can."""
    if endpoint.target == LAN:
        return None
    if network_of(endpoint.target):
        return MAPPED if is_mapped(endpoint.target) else None
    if endpoint.direction == "inbound":
        return INBOUND
    return UDP_NAME if endpoint.protocol == "udp" else None


@cached_for_format
def build_plan(rule_set: RuleSet) -> CloudPlan:
    """Return everything in a stable order: by side, and addresses by number."""
    allowed = allowed_rules(rule_set, explain_unsupported)
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
    for family in (4, 6) if found.lan else ():
        if lan := rule_set.lan.routed.of(family):
            found.lan_networks[family] = list(map(to_cidr, lan))
    if found.lan and not found.lan_networks:
        raise RuleError("no network of the LAN is routed: no rule is written")
    return found


def _side_of(rule: Rule) -> tuple[str, str]:
    return rule.endpoint.direction, rule.endpoint.protocol


def _plan_key(key: tuple[tuple[str, str, Ports], str]) -> tuple[object, ...]:
    side, target = key
    is_network = target != LAN and network_of(target)
    return side, address_key(target) if is_network else (0, 0, 0), target
