"""Endpoints in groups: what firewalls that work with objects need one policy for.

A group is the targets of one service, named after it, so that a port which comes or goes on
the page changes the members of groups and not the policies of the user. What the local
network has by one protocol is one group, apart from all others. Gateways load these, so it is
the LAN without what no router forwards. A wildcard brings its bare name along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats.shared.addresses import Network, address_key, network_of
from tracker.formats.shared.domain_names import with_bare_name
from tracker.formats.shared.lan import Lan
from tracker.formats.shared.policy import (
    Rule,
    RuleSet,
    Unsupported,
    allowed_rules,
    cached_in_rule_set,
)
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.model import LAN, Direction, Protocol
from tracker.text import to_comment

PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")

PortService = tuple[Protocol, Ports]
Services = tuple[tuple[Protocol, tuple[Ports, ...]], ...]

_PREFIX: dict[Direction, str] = {"outbound": "", "inbound": "in-"}


class GroupTarget(msgspec.Struct, frozen=True):
    """One address, network or host; `words` is what the page calls it."""

    name: str
    network: Network | None
    words: str = ""

    @property
    def family(self) -> int | None:
        """4 or 6; None for a host."""
        return self.network.version if self.network else None


class ServiceGroup(msgspec.Struct, frozen=True):
    """Targets reached by the same services. For the local network they are its networks.

    `split_lan` where each port of the local network is a group.
    """

    direction: Direction
    lan: bool
    services: Services
    targets: tuple[GroupTarget, ...]
    split_lan: bool = False

    @property
    def key(self) -> str:
        """`tcp-443`, `in-udp-3478to3481`; `lan-in-tcp` of any ports, split `lan-in-tcp-80`."""
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
        """As a format proves it: `outbound 192.0.2.1 tcp/443`.

        For the LAN `inbound lan udp/6771`, and `lan 10.0.0.0/8` for each of its networks.
        """
        names = [target.name for target in self.targets]
        if self.lan:
            yield from (f"{LAN} {name}" for name in names)
        yield from endpoint_lines(self.direction, [LAN] if self.lan else names, self.services)


def endpoint_lines(
    direction: str, names: Iterable[str], services: Iterable[tuple[str, Iterable[Ports]]]
) -> Iterator[str]:
    """Return each name with each port range, as a format proves it."""
    ports = [f"{protocol}/{range_text(span)}" for protocol, spans in services for span in spans]
    return (f"{direction} {name} {each}" for name in names for each in ports)


@cached_in_rule_set
def list_groups(
    rule_set: RuleSet, unsupported: Unsupported, *, split_lan: bool = False
) -> list[ServiceGroup]:
    """Return the groups of what a format may write. Raises RuleError as `allowed_rules`."""
    allowed = allowed_rules(rule_set, unsupported)
    return group_rules(allowed, rule_set.lan.routed, split_lan=split_lan)


def group_rules(
    allowed: Iterable[Rule], lan: Lan, *, exclusive: bool = False, split_lan: bool = False
) -> list[ServiceGroup]:
    """Return all groups: outbound first, by services; in each addresses by number, then hosts.

    With `exclusive`, no target is in two groups of one direction: a group's services are then
    all that its targets have. With `split_lan`, each port of the local network is a group too.
    Raises RuleError for a LAN without networks: a group of none may mean "any".
    """
    split = _all_as_one if exclusive else _each_alone
    grouped: dict[tuple[Direction, bool, Services], list[GroupTarget]] = defaultdict(list)
    for (direction, services), targets in _targets_by_services(allowed).items():
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


@cached_in_rule_set
def group_lines(rule_set: RuleSet, unsupported: Unsupported) -> frozenset[str]:
    """Return the lines that a format which writes all groups must prove.

    Made from the rules and not from groups, which would prove themselves.
    """
    allowed = allowed_rules(rule_set, unsupported)
    lines = {
        f"{end.direction} {name} {end.protocol}/{range_text(ports_of(rule))}"
        for rule in allowed
        for end in (rule.endpoint,)
        for name in with_bare_name(end.target)
    }
    has_lan = any(rule.endpoint.target == LAN for rule in allowed)
    return rule_set.lan.routed.lines.union(lines) if has_lan else frozenset(lines)


def _targets_by_services(
    allowed: Iterable[Rule],
) -> dict[tuple[Direction, frozenset[PortService]], list[GroupTarget]]:
    """Return the targets that have the same services in one direction."""
    rules_of: dict[tuple[Direction, str], list[Rule]] = defaultdict(list)
    for rule in allowed:
        for name in with_bare_name(rule.endpoint.target):
            rules_of[rule.endpoint.direction, name].append(rule)
    alike: dict[tuple[Direction, frozenset[PortService]], list[GroupTarget]] = defaultdict(list)
    for (direction, name), rules in rules_of.items():
        services = frozenset([(rule.endpoint.protocol, ports_of(rule)) for rule in rules])
        words = {rule.words for rule in rules}
        said = to_comment(" / ".join(sorted(words))) if len(words) > 1 else words.pop()
        network = None if name == LAN else network_of(name)
        alike[direction, services].append(GroupTarget(name, network, said))
    return alike


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
