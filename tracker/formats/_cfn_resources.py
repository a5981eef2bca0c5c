"""The resources of a CloudFormation template: prefix lists, a security group, a rule group."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tracker.formats._cfn_plan import Plan, Side, list_names
from tracker.model import LAN

Json = dict[str, Any]

DIRECTIONS = {"outbound": "SecurityGroupEgress", "inbound": "SecurityGroupIngress"}
# What AWS tells those to write who want a group that lets nothing out: without any such rule
# a new group lets everything out.
_NOTHING_OUT = {"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "nothing"}
_LAN = re.compile(rf"{LAN}(?:: (.*))?")


def resources(own: str, found: Plan, *, group: bool) -> Json:
    """All resources by their names in the template; `own` starts what AWS calls them."""
    resources: Json = {}
    for name, (side, family), networks in list_names(found):
        title = f"{own} {side.direction} {side.text}"
        resources[name] = _prefix_list(title, family, networks)
    if group:
        resources["SecurityGroup"] = _security_group(own, found)
    else:
        # A template needs a resource that is there whatever its parameters say.
        resources["Nothing"] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    if found.names:
        resources["Names"] = _domain_list(own, found)
    return resources


def lan_sides(group: Json) -> dict[Side, str]:
    """The rules for the LAN in a security group's properties."""
    found = {}
    for direction, section in DIRECTIONS.items():
        for rule in group.get(section, []):
            if said := _LAN.fullmatch(rule.get("Description", "")):
                ports = rule["FromPort"], rule["ToPort"]
                found[Side(direction, rule["IpProtocol"], ports)] = said[1] or ""
    return found


def _prefix_list(name: str, family: int, networks: dict[str, str]) -> Json:
    return {
        "Type": "AWS::EC2::PrefixList",
        "Properties": {
            "PrefixListName": name,
            "AddressFamily": f"IPv{family}",
            "MaxEntries": len(networks),
            "Entries": [{"Cidr": cidr, **_said(words)} for cidr, words in networks.items()],
        },
    }


def _security_group(own: str, found: Plan) -> Json:
    """Its description names no version: where that changes, AWS makes another group."""
    sections = {
        section: list(_rules(found, direction)) for direction, section in DIRECTIONS.items()
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


def _rules(found: Plan, direction: str) -> Iterator[Json]:
    end = "Destination" if direction == "outbound" else "Source"
    for name, (side, _), _ in list_names(found):
        if side.direction == direction:
            yield {**_ports(side), f"{end}PrefixListId": id_of(name, "PrefixListId")}
    for side, words in found.lan.items():
        if side.direction == direction:
            said = f"{LAN}: {words}" if words else LAN
            rule = {**_ports(side), **_said(said)}
            six = {**rule, "CidrIpv6": {"Ref": "LanCidrIpv6"}}
            yield {**rule, "CidrIp": {"Ref": "LanCidr"}}
            yield {"Fn::If": ["WithLanIpv6", six, {"Ref": "AWS::NoValue"}]}


def _ports(side: Side) -> Json:
    return {"IpProtocol": side.protocol, "FromPort": side.ports[0], "ToPort": side.ports[1]}


def _domain_list(own: str, found: Plan) -> Json:
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


def id_of(name: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [name, attribute]}


def _said(words: str) -> Json:
    return {"Description": words} if words else {}
