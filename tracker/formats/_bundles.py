"""Endpoints in bundles: what firewalls that work with objects need one policy for.

A bundle is the targets of one service, named after it, so that a port which comes or goes
on the page changes the members of bundles and not the policies of the user. What the local
network has by one protocol is one bundle. A wildcard brings its bare name along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import attrgetter

import msgspec

from tracker.formats import RuleSet
from tracker.formats._boxes import Ports
from tracker.formats._once import kept
from tracker.formats._policy import (
    LAN_NETWORKS,
    Allowed,
    Cannot,
    Network,
    comment,
    first_alike,
    network_of,
    rules_of,
    span_key,
)
from tracker.formats.domains import with_bare
from tracker.model import LAN, Direction, Protocol

PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")
SHORT: dict[Direction, str] = {"outbound": "", "inbound": "in-"}
LAN_TARGETS = tuple(network for family in LAN_NETWORKS.values() for network in family)

Service = tuple[Protocol, Ports]
Services = tuple[tuple[Protocol, tuple[Ports, ...]], ...]

_name = attrgetter("name")


class Target(msgspec.Struct, frozen=True, gc=False):
    """One address, network or host; `words` is what the page calls it."""

    name: str
    network: Network | None
    words: str = ""

    @property
    def family(self) -> int | None:
        """4 or 6; None for a host."""
        return self.network.version if self.network else None


class Bundle(msgspec.Struct, frozen=True):
    """Targets reached by the same services. For the local network they are its networks."""

    direction: Direction
    lan: bool
    services: Services
    targets: tuple[Target, ...]
    apart: bool = False

    @property
    def key(self) -> str:
        """`tcp-443`, `in-udp-3478to3481`; `lan-in-tcp` of any ports, apart `lan-in-tcp-80`."""
        lan = "lan-in-" if self.direction == "inbound" else "lan-out-"
        if self.lan and not self.apart:
            return lan + "-".join(dict(self.services))
        spans = (f"{protocol}-{_spans(ports)}" for protocol, ports in self.services)
        return (lan if self.lan else SHORT[self.direction]) + "-".join(spans)

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound 192.0.2.1 tcp/443`, `inbound lan udp/6771`."""
        names = [LAN] if self.lan else [target.name for target in self.targets]
        return endpoint_lines(self.direction, names, self.services)


def endpoint_lines(
    direction: str, names: Iterable[str], services: Iterable[tuple[str, Iterable[Ports]]]
) -> Iterator[str]:
    """Each name with each port range, as a format proves it."""
    said = [f"{protocol}/{port_span(ports)}" for protocol, spans in services for ports in spans]
    return (f"{direction} {name} {ports}" for name in names for ports in said)


def bundles(
    allowed: Iterable[Allowed], *, whole: bool = False, apart: bool = False
) -> list[Bundle]:
    """All bundles: outbound first, by services; in each the addresses by number, then hosts.

    With `whole`, no target is in two bundles of one direction: a bundle's services are then
    all that its targets have. With `apart`, each port of the local network is a bundle too.
    """
    split = _whole if whole else _each
    grouped: dict[tuple[Direction, bool, Services], list[Target]] = defaultdict(list)
    for (direction, lan, found), targets in _alike(allowed).items():
        for services in (_by_protocol if lan and not apart else split)(found):
            grouped[direction, lan, services] += targets
    made = (
        Bundle(*group, _sorted(group[1], targets), apart) for group, targets in grouped.items()
    )
    return sorted(made, key=_bundle_key)


def _alike(
    allowed: Iterable[Allowed],
) -> dict[tuple[Direction, bool, frozenset[Service]], list[Target]]:
    """The targets that have the same services; nearly every target has one rule."""
    first: dict[tuple[Direction, str], Allowed] = {}
    several: dict[tuple[Direction, str], list[Allowed]] = {}
    for rule in allowed:
        direction, target = rule.endpoint.direction, rule.endpoint.target
        for name in with_bare(target) if target[0] == "*" else (target,):
            other = first.setdefault((direction, name), rule)
            if other is not rule:
                several.setdefault((direction, name), [other]).append(rule)
    alike: dict[tuple[Direction, bool, frozenset[Service]], list[Target]] = defaultdict(list)
    for key, rule in first.items():
        rules = several.get(key)
        services = frozenset(map(_service, rules)) if rules else _alone(_service(rule))
        direction, name = key
        network = None if name == LAN else network_of(name)
        words = _words(rules) if rules else rule.words
        alike[direction, name == LAN, services].append(Target(name, network, words))
    return alike


@lru_cache(maxsize=4096)
def _alone(service: Service) -> frozenset[Service]:
    return frozenset((service,))


# Few sets of services stand beside many targets.
@lru_cache(maxsize=4096)
def _whole(found: frozenset[Service]) -> tuple[Services, ...]:
    """All services as one."""
    return (tuple(service for (service,) in _by_protocol(found)),)


@lru_cache(maxsize=4096)
def _by_protocol(found: frozenset[Service]) -> tuple[Services, ...]:
    """The services of each protocol as one."""
    ports: dict[Protocol, list[Ports]] = {each: [] for each in PROTOCOLS}
    for protocol, span in sorted(found):
        ports[protocol].append(span)
    return tuple(((protocol, tuple(spans)),) for protocol, spans in ports.items() if spans)


@lru_cache(maxsize=4096)
def _each(found: frozenset[Service]) -> tuple[Services, ...]:
    """Each service on its own."""
    return tuple(((protocol, (span,)),) for protocol, span in sorted(found))


def _service(rule: Allowed) -> Service:
    """Protocol and ports; rules_of() lets none through that has no port."""
    end = rule.endpoint
    return end.protocol, (end.from_port or 0, end.to_port or 0)


def _words(rules: Iterable[Allowed]) -> str:
    """What all of them say; of one it is fit for a comment as it is."""
    said = {rule.words for rule in rules}
    return comment(" / ".join(sorted(said))) if len(said) > 1 else said.pop()


def bundled(rule_set: RuleSet, cannot: Cannot, *, apart: bool = False) -> list[Bundle]:
    """The bundles of what a format may write; formats that may write the same share them."""
    return _bundled(rule_set, first_alike(rule_set, cannot), apart)


@kept(8)
def _bundled(rule_set: RuleSet, cannot: Cannot, apart: bool) -> list[Bundle]:  # noqa: FBT001
    return bundles(rules_of(rule_set, cannot)[0], apart=apart)


def expressed_with(cannot: Cannot, rule_set: RuleSet) -> frozenset[str]:
    """What the bundles of a rule set open, for formats that say all of it."""
    return _expressed(rule_set, first_alike(rule_set, cannot))


@kept(4)
def _expressed(rule_set: RuleSet, cannot: Cannot) -> frozenset[str]:
    """Straight from the rules: no bundle proves itself, and none is made for this alone."""
    found: set[str] = set()
    for rule in rules_of(rule_set, cannot)[0]:
        protocol, ports = _service(rule)
        way, said = rule.endpoint.direction, f"{protocol}/{port_span(ports)}"
        for name in with_bare(rule.endpoint.target):
            found.add(f"{way} {name} {said}")
    return frozenset(found)


def port_span(ports: Ports, to: str = "-") -> str:
    """`443` or `49152-65535`."""
    first, last = ports
    return str(first) if first == last else f"{first}{to}{last}"


def _sorted(lan: bool, targets: list[Target]) -> tuple[Target, ...]:  # noqa: FBT001 - private
    if lan:
        [only] = targets
        targets = [Target(each, network_of(each), only.words) for each in LAN_TARGETS]
    addresses = [each for each in targets if each.network]
    hosts = [each for each in targets if not each.network]
    return *sorted(addresses, key=_number), *sorted(hosts, key=_name)


def _spans(ports: tuple[Ports, ...]) -> str:
    return "-".join(port_span(each, "to") for each in ports)


def _number(target: Target) -> int:
    return span_key(target.name)


def _bundle_key(bundle: Bundle) -> tuple[bool, bool, Services]:
    return bundle.direction == "inbound", bundle.lan, bundle.services
