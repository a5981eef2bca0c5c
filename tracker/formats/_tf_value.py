"""A Terraform variable's value as types, and the rules of a rule set as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.formats import RuleSet
from tracker.formats._names import called, gathered
from tracker.formats._nft_plan import port_span, ports_of
from tracker.formats._once import once
from tracker.formats._policy import (
    Allowed,
    Cannot,
    address_of,
    cidr,
    comment,
    network_key,
    network_of,
    rules_of,
)
from tracker.model import LAN, Direction, Protocol


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for a network, in `ipv4` or `ipv6`."""

    direction: Direction
    protocol: Protocol
    from_port: int
    to_port: int
    cidr: str
    note: str


class Host(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for a host name, or a wildcard `*.example.com`."""

    direction: Direction
    protocol: Protocol
    from_port: int
    to_port: int
    host: str
    note: str


class Lan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for the local network."""

    direction: Direction
    protocol: Protocol
    from_port: int
    to_port: int
    scope: str
    note: str


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The variable's value, as docs/terraform.md declares it."""

    source: str
    rule_set: str
    version: int
    digest: str
    captured_at: str
    page_url: str
    left_out_lines: int
    left_out: list[str]
    ipv4: dict[str, Network]
    ipv6: dict[str, Network]
    hosts: dict[str, Host]
    lan: dict[str, Lan]


Rule = Network | Host | Lan
MAPS = ("ipv4", "ipv6", "hosts", "lan")


@once
def rules_in(rule_set: RuleSet, cannot: Cannot) -> list[tuple[str, Rule]]:
    """Each rule with the map it belongs in, of what the format may write."""
    return list(_rules_in(rules_of(rule_set, cannot)[0]))


def _rules_in(allowed: Iterable[Allowed]) -> Iterator[tuple[str, Rule]]:
    """Addresses by number, then names, then the LAN."""
    said = gathered(
        ((target, each.endpoint.direction, each.endpoint.protocol, ports_of(each)), each.words)
        for each in allowed
        for target in _targets(each.endpoint.target)
    )
    for key in sorted(said, key=lambda key: (_place(key[0]), key)):
        target, direction, protocol, ports = key
        note = comment(called(target, said[key]))
        common = (direction, protocol, *ports)
        if target == LAN:
            yield "lan", Lan(*common, LAN, note)
        elif network_of(target):
            yield f"ipv{address_of(target).version}", Network(*common, cidr(target), note)
        else:
            yield "hosts", Host(*common, target, note)


def _targets(target: str) -> Iterator[str]:
    """A wildcard includes its bare name, and no provider's `*.x` does."""
    yield target
    if target.startswith("*."):
        yield target[2:]


def _place(target: str) -> tuple[int, int, int]:
    network = None if target == LAN else network_of(target)
    return network_key(network) if network else (9, 0, 0)


def key_of(rule: Rule) -> str:
    """All of a rule but its note, so that no change of one touches another."""
    ports = f"{rule.from_port}-{rule.to_port}"
    return f"{rule.direction} {_target(rule)} {rule.protocol} {ports}"


def line_of(rule: Rule) -> str:
    ports = port_span((rule.from_port, rule.to_port))
    return f"{rule.direction} {_target(rule)} {rule.protocol}/{ports}"


def _target(rule: Rule) -> str:
    match rule:
        case Network():
            return rule.cidr
        case Host():
            return rule.host
        case Lan():
            return rule.scope
