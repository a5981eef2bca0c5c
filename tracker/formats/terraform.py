"""Values for a Terraform variable of one's own: maps to hand to `for_each`, for any provider.

A file of this name is read by itself (`*.auto.tfvars.json`). docs/terraform.md has the variable
that it fits, and resources that use it. One rule is one line, so that a change is too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats._names import called, gathered, stem
from tracker.formats._nft_plan import port_span, ports_of
from tracker.formats._notes import left_out_lines
from tracker.formats._policy import (
    MAPPED,
    Allowed,
    address_of,
    cidr,
    comment,
    is_mapped,
    network_key,
    network_of,
    rules_of,
)
from tracker.model import LAN, Direction, Endpoint, Protocol

_LONGEST = 60  # characters of the variable's name, for the reader's sake


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


def render(rule_set: RuleSet) -> Rendered:
    """One variable named after source and rule set; nothing where it would open nothing."""
    allowed, left_out = rules_of(rule_set, _cannot)
    if not allowed:
        return Rendered(None, left_out)
    missing = [line.strip() for line in left_out_lines(left_out) if line]
    lines = ["{", f'  "{stem(rule_set, _LONGEST, "_")}": {{']
    lines += [f"    {field}," for field in _head(rule_set, missing)]
    maps: dict[str, list[str]] = {name: [] for name in MAPS}
    for name, rule in _rules(allowed):
        maps[name].append(f"      {_json(_key(rule))}: {_json(rule)},")
    for name, rules in maps.items():
        lines += _map(name, rules)
    lines[-1] = lines[-1].removesuffix(",")
    return Rendered("\n".join([*lines, "  }", "}", ""]), left_out)


def read_back(text: str) -> frozenset[str]:
    """What the variable opens: `outbound 192.0.2.1/32 tcp/443`.

    Raises RuleError where a rule is not as its key says, or a part of the value is missing.
    """
    try:
        [value] = msgspec.json.decode(text, type=dict[str, Value]).values()
    except ValueError as error:
        raise RuleError(f"terraform.auto.tfvars.json cannot be read back: {error}") from None
    found: dict[str, Rule] = {}
    for rules in (value.ipv4, value.ipv6, value.hosts, value.lan):
        found |= rules
    odd = [key for key, rule in found.items() if key != _key(rule)]
    if odd or len(value.left_out) != value.left_out_lines:
        raise RuleError("terraform.auto.tfvars.json cannot be read back: a part is missing")
    return frozenset(map(_line, found.values()))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """What the variable must open."""
    allowed, _ = rules_of(rule_set, _cannot)
    return frozenset(_line(rule) for _, rule in _rules(allowed))


def _cannot(endpoint: Endpoint) -> str | None:
    return MAPPED if endpoint.target != LAN and is_mapped(endpoint.target) else None


def _head(rule_set: RuleSet, left_out: list[str]) -> Iterator[str]:
    yield f'"source": {_json(comment(rule_set.source))}'
    yield f'"rule_set": {_json(comment(rule_set.name))}'
    yield f'"version": {_json(rule_set.version)}'
    yield f'"digest": {_json(comment(rule_set.digest))}'
    yield f'"captured_at": {_json(comment(rule_set.captured_at))}'
    yield f'"page_url": {_json(comment(rule_set.page_url))}'
    yield f'"left_out_lines": {len(left_out)}'
    listed = ",".join(f"\n      {_json(line)}" for line in left_out)
    yield f'"left_out": [{listed}\n    ]'


def _map(name: str, rules: list[str]) -> list[str]:
    """The lines of a map, with a comma after its end but none after its last rule."""
    if not rules:
        return [f'    "{name}": {{}},']
    rules[-1] = rules[-1].removesuffix(",")
    return [f'    "{name}": {{', *rules, "    },"]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _rules(allowed: Iterable[Allowed]) -> Iterator[tuple[str, Rule]]:
    """Each rule with the map it belongs in: addresses by number, then names, then the LAN."""
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


def _key(rule: Rule) -> str:
    """All of a rule but its note, so that no change of one touches another."""
    ports = f"{rule.from_port}-{rule.to_port}"
    return f"{rule.direction} {_target(rule)} {rule.protocol} {ports}"


def _line(rule: Rule) -> str:
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


FORMAT = Format(
    name="terraform",
    file="terraform.auto.tfvars.json",
    about="a Terraform variable with maps of addresses, hosts and LAN rules",
    render=render,
    read_back=read_back,
    expressed=expressed,
)
