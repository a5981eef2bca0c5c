"""Layer 3 outbound rules for Meraki MX, in the form of the Dashboard API, to put above yours.

The API replaces the whole list of a network, so this file is not a request body: its rules are
in `allow`, and the API rejects it. Those for the local network are in `lan`, because outbound
includes traffic from one VLAN to another, and the first rule that matches counts (Meraki,
"Using Layer 3 Firewall Rules"). Each rule's comment is a name of ours, by which it is found
again. Each has one port or range, because some versions refuse lists of ports; IPv6 has its own
rules, because it is unverified that older firmware accepts it.

A comment has at most 127 characters (Cisco, Network as Code for Meraki, "Layer 3 Firewall
Rules"). Meraki documents no maximum of rules in a network or of targets in a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

import msgspec

from tracker.decoding import decode_json
from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import is_wildcard, network_of, network_text
from tracker.formats.shared.comments import FileHeader, file_header
from tracker.formats.shared.objects import (
    group_direction,
    is_lan_group,
    lan_lines,
    object_names,
)
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.port_ranges import parse_ranges, range_text
from tracker.formats.shared.service_groups import (
    GroupTarget,
    endpoint_lines,
    group_lines,
    list_groups,
)
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

FILE = "meraki.json"
NO_SOURCE = "these rules are for outgoing traffic, and this is incoming"
NO_WILDCARD = "whether Meraki accepts a wildcard in a rule is unverified"
_LONGEST = 127 - len(" hosts 99999")  # characters of a comment
_PER_RULE = 50
_NAMED = re.compile(r"([a-z0-9-]+_[a-z0-9-]+) (v4|v6|hosts) ([0-9]+)")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=127)]


class MerakiRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule, with the fields of updateNetworkApplianceFirewallL3FirewallRules."""

    comment: Name
    policy: Literal["allow"]
    protocol: Literal["tcp", "udp"]
    srcCidr: Literal["Any"]  # noqa: N815 - the API's own names
    srcPort: Literal["Any"]  # noqa: N815
    destCidr: str  # noqa: N815
    destPort: str  # noqa: N815
    syslogEnabled: bool  # noqa: N815


class MerakiFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file: rules to put above any that deny, and separate ones for the LAN."""

    fwtracker: FileHeader
    allow: tuple[MerakiRule, ...]
    lan: tuple[MerakiRule, ...]


class MerakiDelta(msgspec.Struct, frozen=True):
    """A delta: rules to add, or to replace by comment, and the comments of rules to remove."""

    fwtracker: FileHeader
    allow: tuple[MerakiRule, ...]
    lan: tuple[MerakiRule, ...]
    remove: tuple[str, ...]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole file; no text if no endpoint can be in a rule."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    left_out = list_left_out(rule_set, _explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    document = MerakiFile(file_header(rule_set), *_split_lan(_build_rules(rule_set)))
    return Rendered(_text(document), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the rules let through.

    Raises RuleError for a file of another shape, and for a rule for the LAN among those for the
    internet, or vice versa.
    """
    try:
        document = decode_json(text, MerakiFile)
    except msgspec.DecodeError as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    rules = (*document.allow, *document.lan)
    if len({rule.comment for rule in rules}) < len(rules):
        raise RuleError(f"{FILE} cannot be read back: two rules have one comment")
    found: set[str] = set()
    lan: dict[str, list[str]] = {}
    if _split_lan(rules) != (document.allow, document.lan):
        raise RuleError(f"{FILE}: rules for the LAN and for the internet are mixed")
    for rule in rules:
        name, targets = _parse_targets(rule)
        if is_lan_group(name):
            lan.setdefault(name, []).extend(targets)
            targets = [LAN]
        services = [(rule.protocol, parse_ranges(rule.destPort, " "))]
        found.update(endpoint_lines(group_direction(name), targets, services))
    return frozenset(found) | lan_lines(FILE, lan.values())


def delta(before: RuleSet, after: RuleSet) -> str | None:
    """Return a `MerakiDelta` as JSON."""
    if expected_lines(before) == expected_lines(after):
        return None
    old, new = ({rule.comment: rule for rule in _build_rules(each)} for each in (before, after))
    come = (rule for name, rule in new.items() if old.get(name) != rule)
    go = tuple(name for name in old if name not in new)
    return _text(MerakiDelta(file_header(after), *_split_lan(come), go))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the rules must let through."""
    return group_lines(rule_set, _explain_unsupported)


def _split_lan(
    rules: Iterable[MerakiRule],
) -> tuple[tuple[MerakiRule, ...], tuple[MerakiRule, ...]]:
    """Return the rules for the internet, and those for the local network."""
    found: dict[bool, list[MerakiRule]] = {False: [], True: []}
    for rule in rules:
        found[is_lan_group(rule.comment)].append(rule)
    return tuple(found[False]), tuple(found[True])


def _build_rules(rule_set: RuleSet) -> Iterator[MerakiRule]:
    names = object_names(rule_set, _LONGEST)
    for group in list_groups(rule_set, _explain_unsupported, split_lan=True):
        [(protocol, [ports])] = group.services
        for kind, number, targets in _split_targets(group.targets):
            said = f"{names.of(group.key)} {kind} {number}"
            yield MerakiRule(
                *(said, "allow", protocol, "Any", "Any", ",".join(targets)),
                destPort=range_text(ports),
                syslogEnabled=False,
            )


def _split_targets(targets: Iterable[GroupTarget]) -> Iterator[tuple[str, int, list[str]]]:
    """Yield the targets by kind, in numbered parts of limited size."""
    kinds: dict[str, list[str]] = {"v4": [], "v6": [], "hosts": []}
    for target in targets:
        kind = f"v{target.family}" if target.network else "hosts"
        kinds[kind].append(str(target.network or target.name))
    for kind, names in kinds.items():
        for start in range(0, len(names), _PER_RULE):
            yield kind, start // _PER_RULE + 1, names[start : start + _PER_RULE]


def _parse_targets(rule: MerakiRule) -> tuple[str, list[str]]:
    """Return a rule's name and its targets, which must be of the kind in the name."""
    named = _NAMED.fullmatch(rule.comment)
    targets = rule.destCidr.split(",")
    networks = [network_of(_bare(each)) for each in targets]
    kinds = {f"v{network.version}" if network else "hosts" for network in networks}
    if not named or kinds != {named[2]} or any(each.startswith("*") for each in targets):
        raise RuleError(f'{FILE} cannot be read back: "{to_comment(rule.comment)}"')
    spelt = [
        network_text(net) if net else name for net, name in zip(networks, targets, strict=True)
    ]
    return named[1], spelt


def _bare(target: str) -> str:
    """Return an address without its prefix length, as in other formats."""
    return target.removesuffix("/128" if ":" in target else "/32")


def _text(document: MerakiFile | MerakiDelta) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    if is_wildcard(endpoint.target):
        return NO_WILDCARD
    inbound = endpoint.direction == "inbound" and endpoint.target != LAN
    return NO_SOURCE if inbound else None


FORMAT = Format(
    name="meraki",
    file=FILE,
    about="Meraki MX layer 3 rules, to put above your own with the Dashboard API",
    loaded="merge with your rules, then PUT them by the Dashboard API",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta,
)
