"""From endpoints to what Linux is given: addresses with ports, and ports for the LAN.

The same for nftables, iptables and ipset.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats._boxes import Ports, disjoint, joined
from tracker.formats._nft_names import DIRECTIONS
from tracker.formats._once import once
from tracker.formats._policy import Allowed, Cannot, network_of, rules_of, span_key
from tracker.model import LAN, Direction, Endpoint, Protocol

# They resolve a name once, when they load the file, and fail where they cannot.
NO_HOSTS = "Linux filters by address and would look a host name up only while loading"
PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")


class Element(msgspec.Struct, frozen=True, gc=False):
    """One element of a set, `words` for the comment beside it."""

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
        """As nft reads it: `192.0.2.1 . tcp . 443`."""
        return f"{self.target} . {self.protocol} . {port_span(self.ports)}"

    @property
    def line(self) -> str:
        """As a format proves it: `outbound 192.0.2.1 tcp/443`."""
        ports = port_span(self.ports)
        return f"{self.direction} {self.target} {self.protocol}/{ports}"


class LanRule(msgspec.Struct, frozen=True):
    """The ports that the local network may reach, or be reached on, by one protocol."""

    direction: Direction
    protocol: Protocol
    ports: tuple[Ports, ...]
    words: str = ""

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `inbound lan tcp/22551`."""
        for ports in self.ports:
            yield f"{self.direction} {LAN} {self.protocol}/{port_span(ports)}"


@once
def elements_of(rule_set: RuleSet, cannot: Cannot) -> list[Element]:
    """The elements of what a format may write."""
    return elements(rules_of(rule_set, cannot)[0])


def elements(allowed: Iterable[Allowed]) -> list[Element]:
    """The endpoints with an address, none covering another; by address, then port."""
    found = []
    for (direction, protocol), rules in _grouped(allowed, lan=False):
        opened: dict[str, list[Ports]] = defaultdict(list)
        said: dict[str, list[tuple[Ports, str]]] = defaultdict(list)
        for rule in rules:
            ports = ports_of(rule)
            opened[rule.endpoint.target].append(ports)
            said[rule.endpoint.target].append((ports, rule.words))
        for target, kept in disjoint(opened).items():
            for ports, words in zip(kept, _words_of(kept, said[target]), strict=True):
                found.append(Element(direction, target, protocol, ports, words))
    return sorted(found, key=_element_key)


def lan_rules(allowed: Iterable[Allowed]) -> list[LanRule]:
    """The endpoints whose target is the local network, by direction and protocol."""
    return [
        LanRule(
            direction,
            protocol,
            tuple(joined(map(ports_of, rules))),
            _words([rule.words for rule in rules]),
        )
        for (direction, protocol), rules in _grouped(allowed, lan=True)
    ]


class Opening(msgspec.Struct, frozen=True, gc=False):
    """All ports of an address, a network or the LAN, of one direction and protocol."""

    direction: Direction
    target: str
    protocol: Protocol
    spans: tuple[Ports, ...]
    words: str = ""

    @property
    def family(self) -> int:
        """The IP version of an address, 4 or 6."""
        return 6 if ":" in self.target else 4

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound 192.0.2.1 tcp/443`."""
        for ports in self.spans:
            yield f"{self.direction} {self.target} {self.protocol}/{port_span(ports)}"


@once
def openings(rule_set: RuleSet, cannot: Cannot) -> list[Opening]:
    """The addresses by direction and number, none covering another, then the LAN."""
    allowed, _ = rules_of(rule_set, cannot)
    made = []
    parted = elements_of(rule_set, cannot)
    for key, found in groupby(parted, lambda e: (e.direction, e.target, e.protocol)):
        parts = list(found)
        words = _words([part.words for part in parts])
        made.append(Opening(*key, tuple(part.ports for part in parts), words))
    lan = [Opening(r.direction, LAN, r.protocol, r.ports, r.words) for r in lan_rules(allowed)]
    return made + lan


@once
def opened(rule_set: RuleSet, cannot: Cannot) -> frozenset[str]:
    """What a file must open, no two overlapping; hosts apart."""
    allowed, _ = rules_of(rule_set, cannot)
    lines = {element.line for element in elements_of(rule_set, cannot)}
    return frozenset(lines.union(*(rule.lines for rule in lan_rules(allowed))))


def is_host(endpoint: Endpoint) -> bool:
    """Whether the target is a host name."""
    return endpoint.target != LAN and network_of(endpoint.target) is None


def cannot(endpoint: Endpoint) -> str | None:
    """What filters of Linux cannot say by themselves."""
    return NO_HOSTS if is_host(endpoint) else None


def ports_of(rule: Allowed) -> Ports:
    """The port range of a rule. Raises RuleError where `cannot` let one without through."""
    first, last = rule.endpoint.from_port, rule.endpoint.to_port
    if first is None or last is None:
        raise RuleError(f"a rule without a port ({rule.words}): none is written")
    return first, last


def port_span(ports: Ports) -> str:
    """`443` or `49152-65535`."""
    first, last = ports
    return str(first) if first == last else f"{first}-{last}"


def _grouped(
    allowed: Iterable[Allowed], *, lan: bool
) -> list[tuple[tuple[Direction, Protocol], list[Allowed]]]:
    groups: dict[tuple[Direction, Protocol], list[Allowed]] = {
        (direction, protocol): [] for direction in DIRECTIONS for protocol in PROTOCOLS
    }
    for rule in allowed:
        target = rule.endpoint.target
        if (target == LAN) is lan and (lan or network_of(target)):
            groups[rule.endpoint.direction, rule.endpoint.protocol].append(rule)
    return [(key, rules) for key, rules in groups.items() if rules]


def _words(words: list[str]) -> str:
    return words[0] if len(words) == 1 else " / ".join(sorted(set(words)))


def _words_of(kept: Iterable[Ports], said: Sequence[tuple[Ports, str]]) -> Iterator[str]:
    """What is said of the ports of each range; the ranges are sorted and do not overlap."""
    if len(said) == 1:
        yield from (said[0][1] for _ in kept)
        return
    ahead = deque(sorted(said))
    begun: list[tuple[Ports, str]] = []
    for first, last in kept:
        while ahead and ahead[0][0][0] <= last:
            begun.append(ahead.popleft())
        begun = [each for each in begun if each[0][1] >= first]
        yield _words([words for _, words in begun])


def _element_key(element: Element) -> tuple[object, ...]:
    place = DIRECTIONS.index(element.direction)
    return place, span_key(element.target), element.protocol, element.ports
