"""A plan as a CloudFormation template: its parts, and the resources in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats.shared.addresses import (
    address_key,
    address_of,
    is_mapped,
    network_of,
    to_cidr,
)
from tracker.formats.shared.domain_names import collect_words, describe_target
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import INBOUND, MAPPED, Rule, allowed_rules
from tracker.formats.shared.port_ranges import Ports, ports_of, range_text
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

UDP_NAME = "AWS Network Firewall finds names in TLS and HTTP only, and both are TCP here"
# A list holds 1,000 entries, but a request makes 100 (Amazon EC2 API, CreateManagedPrefixList).
_MOST = 100

_KEY = re.compile(
    r"(In|Out)Ipv([46])(Tcp|Udp)([0-9]+)(?:To([0-9]+))?(?:Part([0-9]+))?Of([0-9]+)"
)

Json = dict[str, Any]
DIRECTIONS = {"outbound": "SecurityGroupEgress", "inbound": "SecurityGroupIngress"}
# What AWS tells those to write who want a group that lets nothing out: without any such rule
# a new group lets everything out.
_NOTHING_OUT = {"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "nothing"}
_LAN = re.compile(rf"{LAN}(?:: (.*))?")
_LONGEST = 60

_DOMAIN_LIST = (
    "yes: make a rule group for AWS Network Firewall too. It passes the names on any port, and"
    " in the traffic that it inspects AWS makes it drop every other TLS and HTTP name."
)

_LAN_CIDR = "The network that counts as local: that of the VPC, for instance."
_NO_CIDR = "The same in IPv6; empty for none."
_QUOTA = "As AWS counts them, a prefix list by its entries; 60 each unless you ask for more."
# Neither may be all addresses: from /8 on, and from /7 on, which is fc00::/7.
_CIDR_6 = "^$|^[0-9a-fA-F:]+/([7-9]|[1-9][0-9]|1[01][0-9]|12[0-8])$"
_CIDR = r"^([0-9]{1,3}\.){3}[0-9]{1,3}/([89]|[12][0-9]|3[0-2])$"


class CloudSide(msgspec.Struct, frozen=True, order=True):
    """Direction, protocol and ports: what a rule of a security group says beside addresses."""

    direction: str
    protocol: str
    ports: Ports

    @property
    def title(self) -> str:
        """`OutTcp443`, with the place of the address family left open."""
        first, last = self.ports
        span = str(first) if first == last else f"{first}To{last}"
        return f"{self.direction.title()[:-5]}{{}}{self.protocol.title()}{span}"

    @property
    def text(self) -> str:
        """`tcp/443`."""
        return f"{self.protocol}/{range_text(self.ports)}"


class CloudPlan(msgspec.Struct):
    """Networks by side and family, LAN sides, and names; each with what the page calls it."""

    networks: dict[tuple[CloudSide, int], dict[str, str]] = msgspec.field(default_factory=dict)
    lan: dict[CloudSide, str] = msgspec.field(default_factory=dict)
    names: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def lines(self) -> Iterator[str]:
        """As a format proves it: `outbound 192.0.2.1/32 tcp/443`, `outbound a.example.com`."""
        for (side, _), networks in self.networks.items():
            yield from (f"{side.direction} {each} {side.text}" for each in networks)
        yield from (f"{side.direction} {LAN} {side.text}" for side in self.lan)
        yield from (f"outbound {name}" for name in self.names)

    @property
    def weights(self) -> dict[str, int]:
        """How many rules AWS counts, by direction and family: a list has as many as entries."""
        found = Counter(
            {f"{each}_ipv{family}": 0 for each in ("outbound", "inbound") for family in (4, 6)}
        )
        for (side, family), networks in self.networks.items():
            found[f"{side.direction}_ipv{family}"] += len(networks)
        for side in self.lan:
            found.update(f"{side.direction}_ipv{family}" for family in (4, 6))
        return dict(found)


class TemplateHead(msgspec.Struct, frozen=True):
    """What the template says of itself; it has no comments."""

    source: str
    rule_set: str
    name: str
    version: int
    digest: str
    captured_at: str
    page_url: str
    left_out_lines: int
    left_out: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise RuleError where a line of what is left out is missing."""
        if len(self.left_out) != self.left_out_lines:
            raise RuleError("cloudformation.json: what it leaves out is cut short")


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the template must open."""
    return frozenset(build_plan(rule_set).lines)


def unsupported(endpoint: Endpoint) -> str | None:
    """Return what the template leaves out beside what no format writes."""
    if endpoint.target == LAN:
        return None
    if network_of(endpoint.target):
        return MAPPED if is_mapped(endpoint.target) else None
    if endpoint.direction == "inbound":
        return INBOUND
    return UDP_NAME if endpoint.protocol == "udp" else None


def build_plan(rule_set: RuleSet) -> CloudPlan:
    """Return everything in a stable order: by side, and addresses by number."""
    allowed = allowed_rules(rule_set, unsupported)
    said = collect_words(
        (((*_side_of(rule), ports_of(rule)), rule.endpoint.target), rule.words)
        for rule in allowed
    )
    found = CloudPlan()
    for sided, keys in groupby(sorted(said, key=_plan_key), key=itemgetter(0)):
        side = CloudSide(*sided)
        networks: dict[int, dict[str, str]] = {4: {}, 6: {}}
        for key in keys:
            target, words = key[1], to_comment(describe_target(key[1], said[key]))
            if target == LAN:
                found.lan[side] = words
            elif network_of(target):
                networks[address_of(target).version][to_cidr(target)] = words
            else:
                found.names[target] = words
        found.networks |= {(side, family): each for family, each in networks.items() if each}
    found.names = dict(sorted(found.names.items()))
    return found


def list_prefix_lists(
    found: CloudPlan,
) -> Iterator[tuple[str, tuple[CloudSide, int], dict[str, str]]]:
    """Return each prefix list: its name in the template, its side and family, its entries.

    The number of entries is part of the name. CloudFormation cannot change entries and size
    at once (aws-cloudformation/cloudformation-coverage-roadmap, 2377), so a list that grows
    becomes another one, and the old one goes when nothing refers to it.
    """
    for (side, family), networks in found.networks.items():
        cidrs = list(networks)
        for start in range(0, len(cidrs), _MOST):
            part = cidrs[start : start + _MOST]
            number = f"Part{start // _MOST + 1}" if start else ""
            name = f"{side.title.format(f'Ipv{family}')}{number}Of{len(part)}"
            yield name, (side, family), {each: networks[each] for each in part}


def parse_list_name(name: str) -> tuple[CloudSide, int] | None:
    """Return what a prefix list's name in the template says of it; None for any other name."""
    found = _KEY.fullmatch(name)
    if not found:
        return None
    direction = {"In": "inbound", "Out": "outbound"}[found[1]]
    ports = int(found[4]), int(found[5] or found[4])
    return CloudSide(direction, found[3].lower(), ports), int(found[2])


def _side_of(rule: Rule) -> tuple[str, str]:
    return rule.endpoint.direction, rule.endpoint.protocol


def _plan_key(key: tuple[tuple[str, str, Ports], str]) -> tuple[object, ...]:
    side, target = key
    is_network = target != LAN and network_of(target)
    return side, address_key(target) if is_network else (0, 0, 0), target


def build_resources(own: str, found: CloudPlan, *, group: bool) -> Json:
    """Return all resources by their names in the template; `own` starts what AWS calls them."""
    build_resources: Json = {}
    for name, (side, family), networks in list_prefix_lists(found):
        title = f"{own} {side.direction} {side.text}"
        build_resources[name] = _prefix_list(title, family, networks)
    if group:
        build_resources["SecurityGroup"] = _security_group(own, found)
    else:
        # A template needs a resource that is there whatever its parameters say.
        build_resources["Nothing"] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    if found.names:
        build_resources["Names"] = _domain_list(own, found)
    return build_resources


def parse_lan_rules(group: Json) -> dict[CloudSide, str]:
    """Return the rules for the LAN in a security group's properties."""
    found = {}
    for direction, section in DIRECTIONS.items():
        for rule in group.get(section, []):
            if said := _LAN.fullmatch(rule.get("Description", "")):
                ports = rule["FromPort"], rule["ToPort"]
                found[CloudSide(direction, rule["IpProtocol"], ports)] = said[1] or ""
    return found


def _prefix_list(name: str, family: int, networks: dict[str, str]) -> Json:
    return {
        "Type": "AWS::EC2::PrefixList",
        "Properties": {
            "PrefixListName": name,
            "AddressFamily": f"IPv{family}",
            "MaxEntries": len(networks),
            "Entries": [
                {"Cidr": cidr, **_description(words)} for cidr, words in networks.items()
            ],
        },
    }


def _security_group(own: str, found: CloudPlan) -> Json:
    """Return the group. Its description names no version: AWS would make another group."""
    sections = {
        section: list(_security_rules(found, direction))
        for direction, section in DIRECTIONS.items()
    }
    sections["SecurityGroupEgress"] = sections["SecurityGroupEgress"] or [_NOTHING_OUT]
    return {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupDescription": f"{own}: written by fwtracker",
            "VpcId": {"Ref": "VpcId"},
            **{name: rules for name, rules in sections.items() if rules},
            "Tags": [{"Key": "Name", "Value": own}],
        },
    }


def _security_rules(found: CloudPlan, direction: str) -> Iterator[Json]:
    end = "Destination" if direction == "outbound" else "Source"
    for name, (side, _), _ in list_prefix_lists(found):
        if side.direction == direction:
            yield {**_ports(side), f"{end}PrefixListId": attribute_of(name, "PrefixListId")}
    for side, words in found.lan.items():
        if side.direction == direction:
            said = f"{LAN}: {words}" if words else LAN
            rule = {**_ports(side), **_description(said)}
            six = {**rule, "CidrIpv6": {"Ref": "LanCidrIpv6"}}
            yield {**rule, "CidrIp": {"Ref": "LanCidr"}}
            yield {"Fn::If": ["WithLanIpv6", six, {"Ref": "AWS::NoValue"}]}


def _ports(side: CloudSide) -> Json:
    return {"IpProtocol": side.protocol, "FromPort": side.ports[0], "ToPort": side.ports[1]}


def _domain_list(own: str, found: CloudPlan) -> Json:
    """Return the list of names: a leading dot is the bare name and all below it.

    AWS cannot change a group's capacity, so that is part of its name, with room to grow.
    """
    capacity = (2 * len(found.names) // 100 + 1) * 100
    source = {
        "GeneratedRulesType": "ALLOWLIST",
        "Targets": [name.removeprefix("*") for name in found.names],
        "TargetTypes": ["TLS_SNI", "HTTP_HOST"],
    }
    return {
        "Type": "AWS::NetworkFirewall::RuleGroup",
        "Condition": "WithDomainList",
        "Properties": {
            "RuleGroupName": f"{own}-names-{capacity}",
            "Type": "STATEFUL",
            "Capacity": capacity,
            "RuleGroup": {"RulesSource": {"RulesSourceList": source}},
        },
    }


def attribute_of(name: str, attribute: str) -> Json:
    """Return a reference to an attribute of a resource."""
    return {"Fn::GetAtt": [name, attribute]}


def _description(words: str) -> Json:
    return {"Description": words} if words else {}


def template_head(rule_set: RuleSet, left_out: tuple[str, ...]) -> TemplateHead:
    """Return the head of a template for this rule set."""
    return TemplateHead(
        source=to_comment(rule_set.source),
        rule_set=to_comment(rule_set.name),
        name=name_stem(rule_set, _LONGEST, "-"),
        version=rule_set.version,
        digest=to_comment(rule_set.digest),
        captured_at=to_comment(rule_set.captured_at),
        page_url=to_comment(rule_set.page_url),
        left_out_lines=len(left_out),
        left_out=left_out,
    )


def build_template(head: TemplateHead, found: CloudPlan) -> Json:
    """Return the whole template; sections without content are not in it."""
    title = f"Firewall rules of {head.source} - {head.rule_set} - version {head.version}"
    group = bool(found.networks or found.lan)
    sections = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{title}. Written by fwtracker: changes made here are lost.",
        "Metadata": _build_metadata(head, found),
        "Parameters": _build_parameters(found, group=group),
        "Conditions": _build_conditions(found),
        "Resources": build_resources(head.name, found, group=group),
        "Outputs": {"SecurityGroup": {"Value": attribute_of("SecurityGroup", "GroupId")}}
        if group
        else {},
    }
    return {name: section for name, section in sections.items() if section}


def _build_metadata(head: TemplateHead, found: CloudPlan) -> Json:
    return {
        "fwtracker": {**msgspec.structs.asdict(head), "left_out": list(head.left_out)},
        "names": found.names,
        "rules": found.weights,
        "quota": _QUOTA,
    }


def _build_parameters(found: CloudPlan, *, group: bool) -> Json:
    parameters: Json = {}
    if group:
        parameters["VpcId"] = {"Type": "AWS::EC2::VPC::Id"}
    if found.lan:
        parameters["LanCidr"] = {
            "Type": "String",
            "AllowedPattern": _CIDR,
            "Description": _LAN_CIDR,
        }
        parameters["LanCidrIpv6"] = {
            "Type": "String",
            "Default": "",
            "AllowedPattern": _CIDR_6,
            "Description": _NO_CIDR,
        }
    if found.names:
        parameters["DomainList"] = {
            "Type": "String",
            "Default": "no",
            "AllowedValues": ["no", "yes"],
            "Description": _DOMAIN_LIST,
        }
    return parameters


def _build_conditions(found: CloudPlan) -> Json:
    conditions: Json = {}
    if found.lan:
        empty = {"Fn::Equals": [{"Ref": "LanCidrIpv6"}, ""]}
        conditions["WithLanIpv6"] = {"Fn::Not": [empty]}
    if found.names:
        conditions["WithDomainList"] = {"Fn::Equals": [{"Ref": "DomainList"}, "yes"]}
    return conditions
