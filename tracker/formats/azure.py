"""Azure Firewall: IP groups, and rules for a firewall policy of yours, as an ARM template.

Deployed into the resource group of the policy (Microsoft Learn, template reference of
Microsoft.Network/ipGroups and firewallPolicies/ruleCollectionGroups). A deployment replaces
each group of rules as a whole, so it is exact for any version. An IP group accepts only IPv4,
so IPv6 addresses are in rules; IPv6 is a preview, and off by default. A network rule accepts
names only if the policy has DNS proxy on, and no wildcards; an application rule accepts both,
for HTTP and TLS ("Use FQDN filtering in network rules", "Azure Firewall FAQ").
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tracker.decoding import convert_checked, decode_json
from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.shared.addresses import (
    canonical_target,
    is_mapped,
    is_wildcard,
    network_of,
)
from tracker.formats.shared.comments import FileHeader, file_header, left_out_lines
from tracker.formats.shared.objects import ObjectNames, lan_lines, object_names
from tracker.formats.shared.policy import MAPPED, list_left_out
from tracker.formats.shared.port_ranges import Ports, parse_ranges, range_text
from tracker.formats.shared.service_groups import (
    GroupTarget,
    ServiceGroup,
    Services,
    group_lines,
    list_groups,
)
from tracker.model import LAN, Direction, Endpoint, Protocol

FILE = "azure.json"
MOST_NAMES = 1000  # FQDNs in network rules of a firewall
_PER_GROUP = 5000  # addresses in an IP group
_LIMITS = (
    "Microsoft Learn, Azure subscription and service limits, Azure Firewall limits:"
    " FQDNs in network rules"
)
NO_NAT = "incoming connections through Azure Firewall need a DNAT rule of your own"
NO_WILDCARD = "Azure Firewall supports wildcards in application rules only: tcp/80 and tcp/443"
_LONGEST = 70  # characters of a name: 80, minus the number of a part

_WEB: dict[Ports, str] = {(80, 80): "Http", (443, 443): "Https"}
_API = "2024-03-01"
_IP_GROUPS = "Microsoft.Network/ipGroups"
_RULES = "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
_SOURCES = "[parameters('sources')]"
_STEM = re.compile(
    r"\[format\('\{0\}/([a-z0-9-]+)(?:_lan)?', parameters\('firewallPolicy'\)\)\]"
)
_IP_GROUP = re.compile(rf"\[resourceId\('{_IP_GROUPS}', '([a-z0-9_-]+)'\)\]")

_PARAMETERS: dict[str, tuple[dict[str, object], str]] = {
    "firewallPolicy": ({"type": "string"}, "The name of your firewall policy"),
    "dnsProxy": (
        {"type": "bool"},
        "Whether the policy has DNS proxy on: then host names are opened on all their ports,"
        " else on 80 and 443 alone, for HTTP and TLS",
    ),
    "sources": (
        {"type": "array", "defaultValue": ["*"]},
        "Which of your networks may reach what the page names",
    ),
    "ipv6": (
        {"type": "bool", "defaultValue": False},
        "Whether the firewall is in dual stack mode",
    ),
    "sourcesIpv6": (
        {"type": "array", "defaultValue": ["*"]},
        "The same of your IPv6 networks",
    ),
    "lan": (
        {"type": "bool", "defaultValue": False},
        "Whether machines of one of your networks may reach services of the local network,"
        " as SMB and RPC, on those of another",
    ),
    "priority": (
        {"type": "int", "defaultValue": 1000, "minValue": 100, "maxValue": 64999},
        "Of the rule collection group; the one for the local network has the next",
    ),
    "location": (
        {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "Where the IP groups are kept",
    ),
}
# Which rules are in which variable, in the order in which a firewall evaluates them.
_WAN = ("ipv4", "ipv6", "names", "web")
_LAN = ("lanIpv4", "lanIpv6")
_IF = {"ipv6": "ipv6", "names": "dnsProxy", "lanIpv6": "ipv6"}

Json = dict[str, Any]


class AzureAbout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The metadata of a template."""

    fwtracker: FileHeader
    left_out_lines: int
    left_out: list[str]


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole template; no text if no endpoint can be in a rule."""
    left_out = list_left_out(rule_set, _explain_unsupported)
    groups = list_groups(rule_set, _explain_unsupported, split_lan=True)
    if not groups:
        return Rendered(None, left_out)
    missing = [line.strip() for line in left_out_lines(left_out) if line]
    about = AzureAbout(file_header(rule_set), len(missing), missing)
    document = _template(object_names(rule_set, _LONGEST), groups)
    text = msgspec.json.encode({**document, "metadata": about})
    return Rendered(msgspec.json.format(text, indent=2).decode() + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the rules open: `outbound 192.0.2.1 tcp/443`, and `lan 10.0.0.0/8`.

    Raises RuleError for anything that a template of the same groups does not have.
    """
    try:
        document = decode_json(text, dict[str, Any])
        about = convert_checked(document.pop("metadata"), AzureAbout)
        names, groups = _parse_groups(document)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RuleError(f"{FILE} cannot be read back: {error}") from None
    whole = len(about.left_out) == about.left_out_lines
    if not whole or document != _template(names, groups):
        raise RuleError(f"{FILE} cannot be read back: it is of another shape")
    lan = lan_lines(FILE, [[each.name for each in one.targets] for one in groups if one.lan])
    return frozenset(line for group in groups for line in group.lines) | lan


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the rules must open."""
    return group_lines(rule_set, _explain_unsupported)


def count_names(text: str) -> int:
    """Return the number of names in network rules."""
    variables = decode_json(text, dict[str, Any])["variables"]
    return sum(
        len(rule["destinationFqdns"]) for part in variables["names"] for rule in part["rules"]
    )


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    if endpoint.target == LAN:
        return None
    if endpoint.direction == "inbound":
        return NO_NAT
    web = endpoint.protocol == "tcp" and (endpoint.from_port, endpoint.to_port) in _WEB
    if is_wildcard(endpoint.target):
        return None if web else NO_WILDCARD
    return MAPPED if is_mapped(endpoint.target) else None


def _template(names: ObjectNames, groups: Sequence[ServiceGroup]) -> Json:
    """Return the whole template except its metadata."""
    variables: dict[str, list[Json]] = {name: [] for name in (*_WAN, *_LAN)}
    for group in groups:
        for name, rule in _rules(names, group):
            variables[name].append(rule)
    wan = [*_ip_groups(names, groups), *_rule_group(names, _WAN, variables)]
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            name: {**kind, "metadata": {"description": said}}
            for name, (kind, said) in _PARAMETERS.items()
        },
        "variables": {
            name: [_collection(names, name, rules)] if rules else []
            for name, rules in variables.items()
        },
        "resources": [*wan, *_rule_group(names, _LAN, variables)],
    }


def _rules(names: ObjectNames, group: ServiceGroup) -> Iterator[tuple[str, Json]]:
    """Yield the rules of a group, each with the variable that it belongs to."""
    [(protocol, (ports,))] = group.services
    rule: Json = {
        "ruleType": "NetworkRule",
        "name": names.of(group.key),
        "ipProtocols": [protocol.upper()],
        "destinationPorts": [range_text(ports)],
    }
    found = {family: [t.name for t in group.targets if t.family == family] for family in (4, 6)}
    if group.lan:
        for family, networks in found.items():
            if networks:
                ends = {"sourceAddresses": networks, "destinationAddresses": networks}
                yield f"lanIpv{family}", {**rule, **ends}
        return
    if found[4]:
        parts = [_resource_id(name) for name, _ in _parts(names, group)]
        yield "ipv4", {**rule, "sourceAddresses": _SOURCES, "destinationIpGroups": parts}
    if found[6]:
        sources = "[parameters('sourcesIpv6')]"
        yield "ipv6", {**rule, "sourceAddresses": sources, "destinationAddresses": found[6]}
    hosts = [target.name for target in group.targets if not target.network]
    if plain := [host for host in hosts if not is_wildcard(host)]:
        yield "names", {**rule, "sourceAddresses": _SOURCES, "destinationFqdns": plain}
    if hosts and protocol == "tcp" and ports in _WEB:
        yield (
            "web",
            {
                "ruleType": "ApplicationRule",
                "name": names.of(group.key),
                "protocols": [{"protocolType": _WEB[ports], "port": ports[0]}],
                "sourceAddresses": _SOURCES,
                "targetFqdns": hosts,
            },
        )


def _parts(names: ObjectNames, group: ServiceGroup) -> Iterator[tuple[str, list[str]]]:
    """Yield the IP groups for a group's IPv4 addresses, each with its name."""
    addresses = [target.name for target in group.targets if target.family == 4]  # noqa: PLR2004 - IPv4
    for start in range(0, 0 if group.lan else len(addresses), _PER_GROUP):
        number = f"_{start // _PER_GROUP + 1}" if start else ""
        yield names.of(group.key) + number, addresses[start : start + _PER_GROUP]


def _resource_id(ip_group: str) -> str:
    return f"[resourceId('{_IP_GROUPS}', '{ip_group}')]"


def _ip_groups(names: ObjectNames, groups: Iterable[ServiceGroup]) -> Iterator[Json]:
    """Yield the IP groups in a chain of dependencies: a firewall takes one change at a time."""
    before: list[str] = []
    for name, addresses in (part for group in groups for part in _parts(names, group)):
        yield {
            "type": _IP_GROUPS,
            "apiVersion": _API,
            "name": name,
            "location": "[parameters('location')]",
            "dependsOn": before,
            "properties": {"ipAddresses": addresses},
        }
        before = [_resource_id(name)]


def _collection(names: ObjectNames, name: str, rules: list[Json]) -> Json:
    return {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": f"{names.stem}_{name}",
        "priority": 1000 + 10 * (*_WAN, *_LAN).index(name),
        "action": {"type": "Allow"},
        "rules": rules,
    }


def _rule_group(
    names: ObjectNames, wanted: Sequence[str], variables: Mapping[str, list[Json]]
) -> Iterator[Json]:
    """Yield the rule collection group, and a separate, optional one for the LAN."""
    if not any(variables[name] for name in wanted):
        return
    lan = wanted == _LAN
    name = f"{names.stem}_{LAN}" if lan else names.stem
    parts = (
        f"if(parameters('{_IF[each]}'), variables('{each}'), createArray())"
        if each in _IF
        else f"variables('{each}')"
        for each in wanted
    )
    priority = "parameters('priority')"
    resource: Json = {
        "type": _RULES,
        "apiVersion": _API,
        "name": f"[format('{{0}}/{name}', parameters('firewallPolicy'))]",
        "dependsOn": _rules_wait_for(names, wanted, variables),
        "properties": {
            "priority": f"[add({priority}, 1)]" if lan else f"[{priority}]",
            "ruleCollections": f"[concat({', '.join(parts)})]",
        },
    }
    yield {"condition": "[parameters('lan')]", **resource} if lan else resource


def _rules_wait_for(
    names: ObjectNames, wanted: Sequence[str], variables: Mapping[str, list[Json]]
) -> list[str]:
    """Return what must exist first: the IP groups that the rules use, or the other rules."""
    if wanted == _WAN:
        return [each for rule in variables["ipv4"] for each in rule["destinationIpGroups"]]
    if not any(variables[name] for name in _WAN):
        return []
    return [f"[resourceId('{_RULES}', parameters('firewallPolicy'), '{names.stem}')]"]


def _parse_groups(document: Json) -> tuple[ObjectNames, list[ServiceGroup]]:
    """Return the service groups of a template, as far as it can be read."""
    resources, variables = document["resources"], document["variables"]
    stem = _STEM.fullmatch(next(each["name"] for each in resources if each["type"] == _RULES))
    addresses = {
        each["name"]: each["properties"]["ipAddresses"]
        for each in resources
        if each["type"] == _IP_GROUPS
    }
    found: dict[tuple[Direction, bool, Services], dict[str, None]] = defaultdict(dict)
    for variable in (*_WAN, *_LAN):
        lan = variable in _LAN
        for rule in (rule for part in variables[variable] for rule in part["rules"]):
            inbound = lan and f"_{LAN}-in-" in rule["name"]
            way: Direction = "inbound" if inbound else "outbound"
            targets = found[way, lan, _parse_services(rule)]
            targets |= dict.fromkeys(_parse_targets(rule, addresses))
    groups = [
        ServiceGroup(way, lan, services, _sort(targets), split_lan=True)
        for (way, lan, services), targets in found.items()
    ]
    groups.sort(key=lambda e: (e.direction == "inbound", e.lan, e.services))
    return ObjectNames(stem[1] if stem else "", _LONGEST), groups


def _parse_services(rule: Json) -> Services:
    if rule["ruleType"] == "ApplicationRule":
        [web] = rule["protocols"]
        return (("tcp", ((web["port"], web["port"]),)),)
    protocol: Protocol = "tcp" if rule["ipProtocols"] == ["TCP"] else "udp"
    [ports] = rule["destinationPorts"]
    return ((protocol, tuple(parse_ranges(ports, " "))),)


def _parse_targets(rule: Json, ip_groups: Mapping[str, list[str]]) -> Iterator[str]:
    yield from rule.get("destinationAddresses", [])
    yield from rule.get("destinationFqdns", [])
    yield from rule.get("targetFqdns", [])
    for each in rule.get("destinationIpGroups", []):
        if named := _IP_GROUP.fullmatch(each):
            yield from ip_groups[named[1]]


def _sort(names: Iterable[str]) -> tuple[GroupTarget, ...]:
    """Return addresses in the given order, then hosts by name."""
    targets = [GroupTarget(canonical_target(name), network_of(name)) for name in names]
    hosts = sorted(each.name for each in targets if not each.network)
    addresses = (each for each in targets if each.network)
    return *addresses, *(GroupTarget(host, None) for host in hosts)


FORMAT = Format(
    name="azure",
    file=FILE,
    about="an ARM template: IP groups, and rules for an Azure Firewall policy",
    loaded="az deployment group create --template-file FILE, with your policy",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    limit=Limit(MOST_NAMES, "names in network rules", _LIMITS, count_names),
)
