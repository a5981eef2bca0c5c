"""A plan as a CloudFormation template: its parts, and the resources in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats.cloudformation.plan import CloudPlan, CloudSide, list_prefix_lists
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.text import to_comment
from tracker.model import LAN

Json = dict[str, Any]

DIRECTIONS = {"outbound": "SecurityGroupEgress", "inbound": "SecurityGroupIngress"}
# What AWS tells those to write who want a group that lets nothing out: without any such rule
# a new group lets everything out.
_NOTHING_OUT = {"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "nothing"}
_LAN = re.compile(rf"{LAN}(?:: (.*))?")


def build_resources(own: str, found: CloudPlan, *, group: bool) -> Json:
    """All resources by their names in the template; `own` starts what AWS calls them."""
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
    """The rules for the LAN in a security group's properties."""
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
    """Its description names no version: where that changes, AWS makes another group."""
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
    """A leading dot is the bare name and all below it. AWS cannot change a group's capacity.

    So the capacity, with room to grow, is part of its name, and a fuller group is another.
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
    return {"Fn::GetAtt": [name, attribute]}


def _description(words: str) -> Json:
    return {"Description": words} if words else {}


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
        """Raises RuleError where a line of what is left out is missing."""
        if len(self.left_out) != self.left_out_lines:
            raise RuleError("cloudformation.json: what it leaves out is cut short")


def template_head(rule_set: RuleSet, left_out: tuple[str, ...]) -> TemplateHead:
    """The head of a template for this rule set."""
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
    """The whole template; sections without content are not in it."""
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
