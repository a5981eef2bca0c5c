"""Writes a plan as a CloudFormation template: its parts, and the resources in it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats.cloudformation.plan import CloudPlan, CloudSide
from tracker.formats.cloudformation.security_groups import (
    LAN_GROUP,
    LAN_LIST,
    GroupPlan,
    PrefixListRule,
    list_lan_lists,
    list_prefix_lists,
    list_security_groups,
)
from tracker.formats.shared.objects import name_stem
from tracker.model import LAN
from tracker.text import to_comment

Json = dict[str, Any]
DIRECTIONS = {"outbound": "SecurityGroupEgress", "inbound": "SecurityGroupIngress"}
# AWS documents this rule for a group that lets nothing out: without any outbound rule, a new
# group lets everything out.
_NOTHING_OUT = {"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "nothing"}
_LAN = re.compile(rf"{LAN}(?:: (.*))?")
_LONGEST = 60

_DOMAIN_LIST = (
    "yes: make a rule group for AWS Network Firewall too. It passes the names on any port, and"
    " in the traffic that it inspects AWS makes it drop every other TLS and HTTP name."
)

_COUNTED = "As AWS counts them, a prefix list by its entries; 60 each unless you ask for more."
_FOR_ALL = "For every instance that the page is about, beside its own groups."
_FOR_LAN = (
    "For agents that serve each other, and for an instance that installs on others by RPC and"
    " SMB; no instance needs it for the internet."
)


class TemplateHead(msgspec.Struct, frozen=True):
    """The template's description of itself, as it cannot have comments."""

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
        """Raise RuleError if a line about what is left out is missing."""
        if len(self.left_out) != self.left_out_lines:
            raise RuleError("cloudformation.json: what it leaves out is cut short")


def build_resources(own: str, found: CloudPlan, groups: dict[str, GroupPlan]) -> Json:
    """Return all resources by their names in the template; `own` starts their names in AWS."""
    resources: Json = {}
    for name, (side, family), networks in list_prefix_lists(found):
        title = f"{own} {side.direction} {side.text}"
        resources[name] = _prefix_list(title, family, networks)
    for name, family, lan in list_lan_lists(found):
        resources[name] = _prefix_list(f"{own} {LAN}", family, dict.fromkeys(lan, ""))
    for name, group in groups.items():
        resources[name] = _security_group(f"{own}{group.suffix}", group)
    if not groups:
        # A template needs at least one unconditional resource.
        resources["Nothing"] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    if found.names:
        resources["Names"] = _domain_list(own, found)
    return resources


def parse_lan(resources: Json) -> tuple[dict[CloudSide, str], dict[int, list[str]]]:
    """Return the rules for the LAN in a template's resources, and its networks by family."""
    sides: dict[CloudSide, str] = {}
    networks: dict[int, list[str]] = {}
    for name, resource in resources.items():
        if LAN_LIST.fullmatch(name):
            entries = [each["Cidr"] for each in resource["Properties"]["Entries"]]
            networks.setdefault(int(name[len("LanIpv")]), []).extend(entries)
        elif name.startswith(LAN_GROUP):
            sides |= _parse_lan_rules(resource["Properties"])
    return sides, networks


def _parse_lan_rules(group: Json) -> dict[CloudSide, str]:
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


def _security_group(own: str, group: GroupPlan) -> Json:
    """Return the group. Its description has no version: changing it would replace the group."""
    sections = {
        section: [_security_rule(rule) for rule in group.rules if rule.side.direction == way]
        for way, section in DIRECTIONS.items()
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


def _security_rule(rule: PrefixListRule) -> Json:
    end = "Destination" if rule.side.direction == "outbound" else "Source"
    listed = {f"{end}PrefixListId": attribute_of(rule.list, "PrefixListId")}
    return {**_ports(rule.side), **listed, **_description(rule.said)}


def _ports(side: CloudSide) -> Json:
    return {"IpProtocol": side.protocol, "FromPort": side.ports[0], "ToPort": side.ports[1]}


def _domain_list(own: str, found: CloudPlan) -> Json:
    """Return the list of names: a leading dot means the bare name and its subdomains.

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
    """Return the whole template, without empty sections."""
    title = f"Firewall rules of {head.source} - {head.rule_set} - version {head.version}"
    groups = list_security_groups(found)
    sections = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{title}. Written by fwtracker: changes made here are lost.",
        "Metadata": _build_metadata(head, found, groups),
        "Parameters": _build_parameters(found, groups),
        "Conditions": _build_conditions(found),
        "Resources": build_resources(head.name, found, groups),
        "Outputs": {name: _output(name) for name in groups},
    }
    return {name: section for name, section in sections.items() if section}


def _output(group: str) -> Json:
    use = _FOR_LAN if group.startswith(LAN_GROUP) else _FOR_ALL
    return {"Description": use, "Value": attribute_of(group, "GroupId")}


def _build_metadata(head: TemplateHead, found: CloudPlan, groups: dict[str, GroupPlan]) -> Json:
    return {
        "fwtracker": {**msgspec.structs.asdict(head), "left_out": list(head.left_out)},
        "names": found.names,
        "rules": {name: group.counted for name, group in groups.items()},
        "quota": _COUNTED,
    }


def _build_parameters(found: CloudPlan, groups: dict[str, GroupPlan]) -> Json:
    parameters: Json = {}
    if groups:
        parameters["VpcId"] = {"Type": "AWS::EC2::VPC::Id"}
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
    if found.names:
        conditions["WithDomainList"] = {"Fn::Equals": [{"Ref": "DomainList"}, "yes"]}
    return conditions
