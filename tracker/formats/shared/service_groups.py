"""Endpoints in groups, each of which needs one policy in a firewall that uses objects.

A group has the targets of one service and is named after it, so that a port added to or removed
from the page changes the members of groups and not the user's policies. The services of the
local network are in separate groups, one per protocol. Gateways load these, so link-local
networks are not included. A wildcard includes its bare name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import IPv6Network

import msgspec

from tracker.errors import RuleError
from tracker.formats.shared.addresses import Network, address_key, network_of
from tracker.formats.shared.domain_names import with_bare_name
from tracker.formats.shared.lan import Lan
from tracker.formats.shared.policy import (
    Rule,
    RuleSet,
    Unsupported,
    cached_in_rule_set,
    mark_allowed,
    select_rules,
)
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.model import LAN, Direction, Protocol, port_text
from tracker.text import to_comment

PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")

PortService = tuple[Protocol, Ports]
Services = tuple[tuple[Protocol, tuple[Ports, ...]], ...]

_PREFIX: dict[Direction, str] = {"outbound": "", "inbound": "in-"}


class GroupTarget(msgspec.Struct, frozen=True):
    """One address, network or host; `words` is the page's name for it."""

    name: str
    network: Network | None
    words: str = ""

    @property
    def family(self) -> int | None:
        """The IP version, 4 or 6; None for a host."""
        if self.network is None:
            return None
        return 6 if isinstance(self.network, IPv6Network) else 4


class ServiceGroup(msgspec.Struct, frozen=True):
    """Targets with the same services. For the local network they are its networks.

    `split_lan` if each port of the local network is a group.
    """

    direction: Direction
    lan: bool
    services: Services
    targets: tuple[GroupTarget, ...]
    split_lan: bool = False

    @property
    def key(self) -> str:
        """`tcp-443`, `in-udp-3478to3481`; `lan-in-tcp` for all ports, split `lan-in-tcp-80`."""
        lan = "lan-in-" if self.direction == "inbound" else "lan-out-"
        if self.lan and not self.split_lan:
            return lan + "-".join(dict(self.services))
        parts = (
            f"{protocol}-{'-'.join(range_text(each, 'to') for each in ports)}"
            for protocol, ports in self.services
        )
        return (lan if self.lan else _PREFIX[self.direction]) + "-".join(parts)

    @property
    def lines(self) -> Iterator[str]:
        """The proof lines: `outbound 192.0.2.1 tcp/443`.

        For the LAN `inbound lan udp/6771`, and `lan 10.0.0.0/8` for each of its networks.
        """
        names = [target.name for target in self.targets]
        if self.lan:
            yield from (f"{LAN} {name}" for name in names)
        yield from endpoint_lines(self.direction, [LAN] if self.lan else names, self.services)


# The targets with the same services, by direction and services.
TargetsByServices = dict[tuple[Direction, frozenset[PortService]], list[GroupTarget]]


def endpoint_lines(
    direction: str, names: Iterable[str], services: Iterable[tuple[str, Iterable[Ports]]]
) -> Iterator[str]:
    """Yield the proof lines for each name with each port range."""
    ports = [f"{protocol}/{range_text(span)}" for protocol, spans in services for span in spans]
    return (f"{direction} {name} {each}" for name in names for each in ports)


def list_groups(
    rule_set: RuleSet, unsupported: Unsupported, *, split_lan: bool = False
) -> list[ServiceGroup]:
    """Return the groups of the rules that a format may write.

    With `split_lan`, each port of the local network is a group too. Raises RuleError as
    `allowed_rules` does.
    """
    return _group_marked(rule_set, mark_allowed(rule_set, unsupported), split_lan=split_lan)


@cached_in_rule_set
def _group_marked(rule_set: RuleSet, marks: bytes, *, split_lan: bool) -> list[ServiceGroup]:
    found = _find_services(rule_set, marks)
    return _build_groups(found, rule_set.lan.routed, _each_alone, split_lan=split_lan)


def group_exclusively(allowed: Iterable[Rule], lan: Lan) -> list[ServiceGroup]:
    """Return groups of which no two in one direction share a target.

    A group's services are then all those of its targets. Raises RuleError as `list_groups`
    does.
    """
    return _build_groups(_targets_by_services(allowed), lan, _all_as_one)


def _build_groups(
    by_services: TargetsByServices,
    lan: Lan,
    split: Callable[[frozenset[PortService]], list[Services]],
    *,
    split_lan: bool = False,
) -> list[ServiceGroup]:
    """Return all groups: outbound first, by services; in each addresses by number, then hosts.

    Raises RuleError for a LAN without networks: an empty group may mean "any".
    """
    grouped: dict[tuple[Direction, bool, Services], list[GroupTarget]] = defaultdict(list)
    for (direction, services), targets in by_services.items():
        for local in (False, True):
            found = [target for target in targets if (target.name == LAN) is local]
            parts = _by_protocol if local and not split_lan else split
            for part in parts(services) if found else ():
                grouped[direction, local, part] += found
    groups = [
        ServiceGroup(
            direction,
            local,
            services,
            _lan_targets(lan, targets) if local else _sort_targets(targets),
            split_lan,
        )
        for (direction, local, services), targets in grouped.items()
    ]
    return sorted(groups, key=lambda e: (e.direction == "inbound", e.lan, e.services))


def group_lines(rule_set: RuleSet, unsupported: Unsupported) -> frozenset[str]:
    """Return the proof lines for a format that writes all groups.

    They are made from the rules, because groups would only prove themselves.
    """
    return _marked_lines(rule_set, mark_allowed(rule_set, unsupported))


@cached_in_rule_set
def _marked_lines(rule_set: RuleSet, marks: bytes) -> frozenset[str]:
    allowed = select_rules(rule_set, marks)
    lines = {
        f"{rule.endpoint.direction} {name} {port_text(rule.endpoint)}"
        for rule in allowed
        for name in with_bare_name(rule.endpoint.target)
    }
    has_lan = any(rule.endpoint.target == LAN for rule in allowed)
    return rule_set.lan.routed.lines.union(lines) if has_lan else frozenset(lines)


@cached_in_rule_set
def _find_services(rule_set: RuleSet, marks: bytes) -> TargetsByServices:
    return _targets_by_services(select_rules(rule_set, marks))


def _targets_by_services(allowed: Iterable[Rule]) -> TargetsByServices:
    """Return the targets with the same services in one direction."""
    rules_of: dict[Direction, dict[str, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in allowed:
        found = rules_of[rule.endpoint.direction]
        for name in with_bare_name(rule.endpoint.target):
            found[name].append(rule)
    alike: TargetsByServices = defaultdict(list)
    for direction, found in rules_of.items():
        for name, rules in found.items():
            services = frozenset([(rule.endpoint.protocol, ports_of(rule)) for rule in rules])
            network = None if name == LAN else network_of(name)
            alike[direction, services].append(GroupTarget(name, network, _join_words(rules)))
    return alike


def _join_words(rules: Sequence[Rule]) -> str:
    """Return the page's name for a target; several are cut to the length of a comment."""
    if len(rules) == 1:
        return rules[0].words
    words = sorted({rule.words for rule in rules})
    return to_comment(" / ".join(words)) if len(words) > 1 else words[0]


def _all_as_one(services: frozenset[PortService]) -> list[Services]:
    return [tuple(service for (service,) in _by_protocol(services))]


def _by_protocol(services: frozenset[PortService]) -> list[Services]:
    ports: dict[Protocol, list[Ports]] = {each: [] for each in PROTOCOLS}
    for protocol, span in sorted(services):
        ports[protocol].append(span)
    return [((protocol, tuple(spans)),) for protocol, spans in ports.items() if spans]


def _each_alone(services: frozenset[PortService]) -> list[Services]:
    return [((protocol, (span,)),) for protocol, span in sorted(services)]


def _lan_targets(lan: Lan, targets: list[GroupTarget]) -> tuple[GroupTarget, ...]:
    [only] = targets
    if not lan.networks:
        raise RuleError("no network of the LAN is routed: no rule is written")
    return tuple(GroupTarget(each, network_of(each), only.words) for each in lan.networks)


def _sort_targets(targets: list[GroupTarget]) -> tuple[GroupTarget, ...]:
    addresses = [each for each in targets if each.network]
    hosts = [each for each in targets if not each.network]
    addresses.sort(key=lambda each: address_key(each.name))
    return *addresses, *sorted(hosts, key=lambda each: each.name)
