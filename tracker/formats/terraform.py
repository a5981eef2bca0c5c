"""Values for a variable in the user's Terraform code: maps for `for_each`, for any provider.

Terraform loads a file of this name automatically (`*.auto.tfvars.json`). docs/terraform.md has
the matching variable, and resources that use it. Terraform drops attributes that the variable
does not declare, such as those of a later version (HashiCorp, "Type Constraints", Conversion of
Complex Types). One rule is one line, so that a changed rule is a changed line. Terraform itself
has no limits; a cloud has its own, so docs/terraform.md explains how to stay within AWS's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tracker.decoding import decode_json
from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import (
    address_key,
    address_of,
    canonical_address,
    is_mapped,
    network_of,
    to_cidr,
)
from tracker.formats.shared.comments import left_out_lines
from tracker.formats.shared.domain_names import collect_words, describe_target, with_bare_name
from tracker.formats.shared.objects import lan_lines, name_stem
from tracker.formats.shared.policy import (
    MAPPED,
    allowed_rules,
    cached_for_format,
    list_left_out,
)
from tracker.formats.shared.port_ranges import ports_of, range_text
from tracker.model import LAN, Direction, Endpoint, Protocol
from tracker.text import to_comment

FILE = "terraform.auto.tfvars.json"
MAPS = ("ipv4", "ipv6", "hosts", "lan")
_LONGEST = 60  # characters of the variable's name, to keep it readable


class NetworkRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for a network, in `ipv4` or `ipv6`."""

    direction: Direction
    protocol: Protocol
    from_port: int
    to_port: int
    cidr: str
    note: str


class HostRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for a host name, or a wildcard `*.example.com`."""

    direction: Direction
    protocol: Protocol
    from_port: int
    to_port: int
    host: str
    note: str


class LanNetworkRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for the local network, whose networks are in `lan_networks`."""

    direction: Direction
    protocol: Protocol
    from_port: int
    to_port: int
    scope: str
    note: str


class TerraformValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The variable's value, as docs/terraform.md declares it."""

    source: str
    rule_set: str
    version: int
    digest: str
    captured_at: str
    page_url: str
    left_out_lines: int
    left_out: list[str]
    lan_networks: list[str]
    ipv4: dict[str, NetworkRule]
    ipv6: dict[str, NetworkRule]
    hosts: dict[str, HostRule]
    lan: dict[str, LanNetworkRule]


TerraformRule = NetworkRule | HostRule | LanNetworkRule


def render(rule_set: RuleSet) -> Rendered:
    """Return one variable named after source and rule set; no text if it is empty."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    left_out = list_left_out(rule_set, _explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    missing = [line.strip() for line in left_out_lines(left_out) if line]
    lines = ["{", f'  "{name_stem(rule_set, _LONGEST, "_")}": {{']
    rules = list_rules(rule_set)
    lan = rule_set.lan.routed.networks if _has_lan_rules(rule for _, rule in rules) else ()
    lines += [f"    {field}," for field in _head(rule_set, missing, lan)]
    maps: dict[str, list[str]] = {name: [] for name in MAPS}
    for name, rule in rules:
        maps[name].append(f"      {_to_json(rule_key(rule))}: {_to_json(rule)},")
    for name, written in maps.items():
        lines += _map(name, written)
    lines[-1] = lines[-1].removesuffix(",")
    return Rendered("\n".join([*lines, "  }", "}", ""]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the variable opens: `outbound 192.0.2.1/32 tcp/443`.

    Raises RuleError if a rule does not match its key, a part of the value is missing, or the
    LAN has only rules or only networks.
    """
    try:
        [value] = decode_json(text, dict[str, TerraformValue]).values()
    except ValueError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    found: dict[str, TerraformRule] = {}
    for rules in (value.ipv4, value.ipv6, value.hosts, value.lan):
        found |= rules
    odd = [key for key, rule in found.items() if key != rule_key(rule)]
    if odd or len(value.left_out) != value.left_out_lines:
        raise RuleError(f"{FILE} cannot be read back: a part is missing")
    networks = list(map(canonical_address, value.lan_networks))
    if bool(networks) is not bool(value.lan):
        raise RuleError(f"{FILE}: its LAN has no networks, or no rules")
    lan = lan_lines(FILE, [networks] if networks else [])
    return lan | set(map(rule_line, found.values()))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the variable must open."""
    rules = [rule for _, rule in list_rules(rule_set)]
    lan = rule_set.lan.routed.lines if _has_lan_rules(rules) else set()
    return frozenset(map(rule_line, rules)) | lan


def _has_lan_rules(rules: Iterable[TerraformRule]) -> bool:
    return any(isinstance(rule, LanNetworkRule) for rule in rules)


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    return MAPPED if endpoint.target != LAN and is_mapped(endpoint.target) else None


@cached_for_format
def list_rules(rule_set: RuleSet) -> list[tuple[str, TerraformRule]]:
    """Return each rule with the map it belongs in: addresses by number, names, then the LAN."""
    found: list[tuple[str, TerraformRule]] = []
    said = collect_words(
        ((target, each.endpoint.direction, each.endpoint.protocol, ports_of(each)), each.words)
        for each in allowed_rules(rule_set, _explain_unsupported)
        for target in with_bare_name(each.endpoint.target)
    )
    for key in sorted(said, key=lambda key: (_place(key[0]), key)):
        target, direction, protocol, ports = key
        note = to_comment(describe_target(target, said[key]))
        common = (direction, protocol, *ports)
        if target == LAN:
            found.append(("lan", LanNetworkRule(*common, LAN, note)))
        elif network_of(target):
            rule = NetworkRule(*common, to_cidr(target), note)
            found.append((f"ipv{address_of(target).version}", rule))
        else:
            found.append(("hosts", HostRule(*common, target, note)))
    return found


def _place(target: str) -> tuple[int, int, int]:
    network = None if target == LAN else network_of(target)
    return address_key(target) if network else (9, 0, 0)


def rule_key(rule: TerraformRule) -> str:
    """Return all of a rule except its note, so that changing a rule affects no other."""
    ports = f"{rule.from_port}-{rule.to_port}"
    return f"{rule.direction} {_rule_target(rule)} {rule.protocol} {ports}"


def rule_line(rule: TerraformRule) -> str:
    """Return the proof line of a rule: `outbound 192.0.2.1/32 tcp/443`."""
    ports = range_text((rule.from_port, rule.to_port))
    return f"{rule.direction} {_rule_target(rule)} {rule.protocol}/{ports}"


def _rule_target(rule: TerraformRule) -> str:
    match rule:
        case NetworkRule():
            return rule.cidr
        case HostRule():
            return rule.host
        case LanNetworkRule():
            return rule.scope


def _head(rule_set: RuleSet, left_out: list[str], lan: Iterable[str]) -> Iterator[str]:
    yield f'"source": {_to_json(to_comment(rule_set.source))}'
    yield f'"rule_set": {_to_json(to_comment(rule_set.name))}'
    yield f'"version": {_to_json(rule_set.version)}'
    yield f'"digest": {_to_json(to_comment(rule_set.digest))}'
    yield f'"captured_at": {_to_json(to_comment(rule_set.captured_at))}'
    yield f'"page_url": {_to_json(to_comment(rule_set.page_url))}'
    yield f'"left_out_lines": {len(left_out)}'
    listed = ",".join(f"\n      {_to_json(line)}" for line in left_out)
    yield f'"left_out": [{listed}\n    ]'
    yield f'"lan_networks": {_to_json([to_cidr(network) for network in lan])}'


def _map(name: str, rules: list[str]) -> list[str]:
    """Return the lines of a map, with a comma after its end but none after its last rule."""
    if not rules:
        return [f'    "{name}": {{}},']
    rules[-1] = rules[-1].removesuffix(",")
    return [f'    "{name}": {{', *rules, "    },"]


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


FORMAT = Format(
    name="terraform",
    file=FILE,
    about="a Terraform variable with maps of addresses, hosts and LAN rules",
    loaded="copy it beside your .tf files, then terraform apply",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
)
