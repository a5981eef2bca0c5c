"""A plan as a CloudFormation template, part by part."""

from __future__ import annotations

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats._cfn_plan import Plan
from tracker.formats._cfn_resources import Json, id_of, resources
from tracker.formats._names import stem
from tracker.formats._policy import comment

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


class About(msgspec.Struct, frozen=True):
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


def about(rule_set: RuleSet, left_out: tuple[str, ...]) -> About:
    """The head of a template for this rule set."""
    return About(
        source=comment(rule_set.source),
        rule_set=comment(rule_set.name),
        name=stem(rule_set, _LONGEST, "-"),
        version=rule_set.version,
        digest=comment(rule_set.digest),
        captured_at=comment(rule_set.captured_at),
        page_url=comment(rule_set.page_url),
        left_out_lines=len(left_out),
        left_out=left_out,
    )


def template(head: About, found: Plan) -> Json:
    """The whole template; sections without content are not in it."""
    title = f"Firewall rules of {head.source} - {head.rule_set} - version {head.version}"
    group = bool(found.networks or found.lan)
    sections = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{title}. Written by fwtracker: changes made here are lost.",
        "Metadata": _metadata(head, found),
        "Parameters": _parameters(found, group=group),
        "Conditions": _conditions(found),
        "Resources": resources(head.name, found, group=group),
        "Outputs": {"SecurityGroup": {"Value": id_of("SecurityGroup", "GroupId")}}
        if group
        else {},
    }
    return {name: section for name, section in sections.items() if section}


def _metadata(head: About, found: Plan) -> Json:
    return {
        "fwtracker": {**msgspec.structs.asdict(head), "left_out": list(head.left_out)},
        "names": found.names,
        "rules": found.weights,
        "quota": _QUOTA,
    }


def _parameters(found: Plan, *, group: bool) -> Json:
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


def _conditions(found: Plan) -> Json:
    conditions: Json = {}
    if found.lan:
        empty = {"Fn::Equals": [{"Ref": "LanCidrIpv6"}, ""]}
        conditions["WithLanIpv6"] = {"Fn::Not": [empty]}
    if found.names:
        conditions["WithDomainList"] = {"Fn::Equals": [{"Ref": "DomainList"}, "yes"]}
    return conditions
