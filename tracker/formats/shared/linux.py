"""Endpoints in the form for Linux filters: addresses with ports, and ports for the LAN.

It is the same for nftables, iptables and ipset.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from tracker.formats.shared.addresses import address_key, network_of
from tracker.formats.shared.policy import (
    Rule,
    RuleSet,
    Unsupported,
    cached_in_rule_set,
    mark_allowed,
    select_rules,
)
from tracker.formats.shared.port_ranges import (
    Ports,
    cut_overlaps,
    merge_ranges,
    ports_of,
    range_text,
)
from tracker.formats.shared.service_groups import PROTOCOLS
from tracker.model import LAN, Direction, Endpoint, Protocol

# They resolve a name once, when they load the file, and loading fails if they cannot.
NO_HOSTS = "Linux filters by address and would resolve a host name only while loading"
DIRECTIONS: tuple[Direction, ...] = ("outbound", "inbound")
FAMILIES = (4, 6)


class LinuxElement(msgspec.Struct, frozen=True):
    """One element of a set; `words` is for its comment."""

    direction: Direction
    target: str
    protocol: Protocol
    ports: Ports
    words: str = ""

    @property
    def family(self) -> int:
        """The IP version, 4 or 6."""
        return 6 if ":" in self.target else 4

    @property
    def text(self) -> str:
        """The element as nft reads it: `192.0.2.1 . tcp . 443`."""
        return f"{self.target} . {self.protocol} . {range_text(self.ports)}"

    @property
    def line(self) -> str:
        """The proof line: `outbound 192.0.2.1 tcp/443`."""
        return f"{self.direction} {self.target} {self.protocol}/{range_text(self.ports)}"


class LinuxPorts(msgspec.Struct, frozen=True):
    """All ports of an address, a network or the LAN, for one direction and protocol."""

    direction: Direction
    target: str
    protocol: Protocol
    ports: tuple[Ports, ...]
    words: str = ""

    @property
    def family(self) -> int:
        """The IP version of an address, 4 or 6."""
        return 6 if ":" in self.target else 4

    @property
    def lines(self) -> Iterator[str]:
        """The proof lines: `outbound 192.0.2.1 tcp/443`, `inbound lan tcp/22551`."""
        for ports in self.ports:
            yield f"{self.direction} {self.target} {self.protocol}/{range_text(ports)}"


def list_elements(rule_set: RuleSet, unsupported: Unsupported) -> list[LinuxElement]:
    """Return the endpoints with an address, without overlaps, by address and port."""
    return _list_elements(rule_set, mark_allowed(rule_set, unsupported))


@cached_in_rule_set
def _list_elements(rule_set: RuleSet, marks: bytes) -> list[LinuxElement]:
    elements = []
    allowed = select_rules(rule_set, marks)
    for (direction, protocol), rules in _group_rules(allowed, lan=False):
        opened: dict[str, list[Ports]] = defaultdict(list)
        words: dict[str, list[tuple[Ports, str]]] = defaultdict(list)
        for rule in rules:
            target, ports = rule.endpoint.target, ports_of(rule)
            opened[target].append(ports)
            words[target].append((ports, rule.words))
        for target, left in cut_overlaps(opened).items():
            for ports, text in zip(left, _words_of(left, words[target]), strict=True):
                elements.append(LinuxElement(direction, target, protocol, ports, text))
    return sorted(elements, key=_element_key)


def list_lan_ports(rule_set: RuleSet, unsupported: Unsupported) -> list[LinuxPorts]:
    """Return the ports of the local network, by direction and protocol."""
    return _list_lan_ports(rule_set, mark_allowed(rule_set, unsupported))


@cached_in_rule_set
def _list_lan_ports(rule_set: RuleSet, marks: bytes) -> list[LinuxPorts]:
    allowed = select_rules(rule_set, marks)
    return [
        LinuxPorts(
            direction,
            LAN,
            protocol,
            tuple(merge_ranges(map(ports_of, rules))),
            _join_words([rule.words for rule in rules]),
        )
        for (direction, protocol), rules in _group_rules(allowed, lan=True)
    ]


def list_ports(rule_set: RuleSet, unsupported: Unsupported) -> list[LinuxPorts]:
    """Return the addresses by direction and number, without overlaps, then the LAN."""
    return _list_ports(rule_set, mark_allowed(rule_set, unsupported))


@cached_in_rule_set
def _list_ports(rule_set: RuleSet, marks: bytes) -> list[LinuxPorts]:
    found = []
    for key, elements in groupby(
        _list_elements(rule_set, marks),
        lambda each: (each.direction, each.target, each.protocol),
    ):
        parts = list(elements)
        words = _join_words([part.words for part in parts])
        found.append(LinuxPorts(*key, tuple([part.ports for part in parts]), words))
    return found + _list_lan_ports(rule_set, marks)


def expected_port_lines(rule_set: RuleSet, unsupported: Unsupported) -> frozenset[str]:
    """Return what a file must open, without overlaps and hosts; and the LAN's networks."""
    return _expect_lines(rule_set, mark_allowed(rule_set, unsupported))


@cached_in_rule_set
def _expect_lines(rule_set: RuleSet, marks: bytes) -> frozenset[str]:
    lines = {element.line for element in _list_elements(rule_set, marks)}
    lan = _list_lan_ports(rule_set, marks)
    of_lan = rule_set.lan.lines if lan else frozenset()
    return frozenset(lines.union(of_lan, *(each.lines for each in lan)))


def is_host(endpoint: Endpoint) -> bool:
    """Return whether the target is a host name."""
    return endpoint.target != LAN and network_of(endpoint.target) is None


def unsupported_by_linux(endpoint: Endpoint) -> str | None:
    """Return why Linux filters cannot express an endpoint; None if they can."""
    return NO_HOSTS if is_host(endpoint) else None


def _group_rules(
    allowed: Iterable[Rule], *, lan: bool
) -> list[tuple[tuple[Direction, Protocol], list[Rule]]]:
    groups: dict[tuple[Direction, Protocol], list[Rule]] = {
        (direction, protocol): [] for direction in DIRECTIONS for protocol in PROTOCOLS
    }
    for rule in allowed:
        target = rule.endpoint.target
        if (target == LAN) is lan and (lan or network_of(target)):
            groups[rule.endpoint.direction, rule.endpoint.protocol].append(rule)
    return [(key, rules) for key, rules in groups.items() if rules]


def _join_words(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else " / ".join(sorted(set(words)))


def _words_of(left: Sequence[Ports], words: Sequence[tuple[Ports, str]]) -> Iterator[str]:
    """Yield the words for each range; the ranges are sorted and do not overlap."""
    if len(words) == 1:
        yield from [words[0][1]] * len(left)
        return
    ahead = deque(sorted(words))
    begun: list[tuple[Ports, str]] = []
    for first, last in left:
        while ahead and ahead[0][0][0] <= last:
            begun.append(ahead.popleft())
        begun = [each for each in begun if each[0][1] >= first]
        yield _join_words([text for _, text in begun])


def _element_key(element: LinuxElement) -> tuple[object, ...]:
    return (
        element.direction == "inbound",
        address_key(element.target),
        element.protocol,
        element.ports,
    )
