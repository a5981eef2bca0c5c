"""What a RouterOS file holds: address lists, DNS entries that fill them, and filter rules.

A list is of targets with all services in common, so that a wildcard, whose DNS entry fills one
list alone, is in one. Where wildcards lie in each other, the inner one has the outer one's
services too: which of the two entries RouterOS asks is unverified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.formats._boxes import Ports
from tracker.formats._bundles import Bundle, port_span
from tracker.formats._object_names import names_for
from tracker.formats._policy import Allowed
from tracker.model import Direction, Protocol

MENUS = {4: "/ip firewall", 6: "/ipv6 firewall"}
SHORT: dict[Direction, str] = {"outbound": "out", "inbound": "in"}
_MOST_PORTS = 15  # in one rule; a range counts for two

# List, then address or host, then what the page calls it.
Lists = dict[str, dict[str, str]]


class Rule(msgspec.Struct, frozen=True):
    """One filter rule of a chain of ours."""

    direction: Direction
    protocol: Protocol
    ports: str
    list: str


class Plan(msgspec.Struct):
    """Address lists and rules by family; the list of each wildcard, by its bare name."""

    stem: str
    lists: dict[int, Lists] = msgspec.field(
        default_factory=lambda: {family: {} for family in MENUS}
    )
    wildcards: dict[str, str] = msgspec.field(default_factory=dict)
    rules: dict[int, list[Rule]] = msgspec.field(
        default_factory=lambda: {family: [] for family in MENUS}
    )

    def chain(self, direction: Direction) -> str:
        """The chain to jump to."""
        return f"{self.stem}-{SHORT[direction]}"


def plan_of(rule_set: RuleSet, found: Iterable[Bundle]) -> Plan:
    """All that a file holds of a rule set; no target may be in two of its bundles."""
    names = names_for(rule_set)
    plan = Plan(names.stem)
    for bundle in found:
        name = names.of(bundle.key)
        for family in MENUS:
            members = dict(_members(bundle, family))
            has_wildcard = any(each.name.startswith("*.") for each in bundle.targets)
            if members:
                plan.lists[family][name] = members
            if members or has_wildcard:
                plan.rules[family] += _rules(bundle, name)
        for target in bundle.targets:
            if target.name.startswith("*."):
                plan.wildcards[target.name[2:]] = name
    return plan


def _members(bundle: Bundle, family: int) -> Iterator[tuple[str, str]]:
    """Addresses as RouterOS stores them, so that they are found again: IPv6 with a length."""
    for target in bundle.targets:
        if target.network and target.family == family:
            six = family == 6  # noqa: PLR2004 - IPv6
            yield str(target.network) if six else target.name, target.words
        elif target.network is None and not target.name.startswith("*."):
            yield target.name, target.words


def _rules(bundle: Bundle, name: str) -> Iterator[Rule]:
    for protocol, spans in bundle.services:
        for ports in _few(spans):
            yield Rule(bundle.direction, protocol, ports, name)


def _few(spans: Iterable[Ports]) -> Iterator[str]:
    """Lists of ports short enough for one rule each."""
    now: list[str] = []
    room = _MOST_PORTS
    for span in spans:
        need = 1 if span[0] == span[1] else 2
        if need > room:
            yield ",".join(now)
            now, room = [], _MOST_PORTS
        now.append(port_span(span))
        room -= need
    yield ",".join(now)


def nested(allowed: Iterable[Allowed]) -> Iterator[Allowed]:
    """The rules, and for each wildcard those of every wildcard that it lies in."""
    known: dict[tuple[str, str], list[Allowed]] = defaultdict(list)
    for rule in allowed:
        yield rule
        if rule.endpoint.target.startswith("*."):
            known[rule.endpoint.direction, rule.endpoint.target].append(rule)
    for direction, inner in known:
        _, *labels = inner[2:].split(".")
        for depth in range(len(labels)):
            for rule in known.get((direction, "*." + ".".join(labels[depth:])), ()):
                endpoint = msgspec.structs.replace(rule.endpoint, target=inner)
                yield msgspec.structs.replace(rule, endpoint=endpoint)
