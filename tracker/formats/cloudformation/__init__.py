"""An AWS CloudFormation template: prefix lists, security groups, a Network Firewall group.

The security groups only allow traffic, in addition to an instance's other groups; rules for the
LAN are in a separate one. Names are in a rule group that is created only if its parameter says
so, because AWS makes an allow list of names deny all others.

A group has no more rules than AWS's default quota, and names and descriptions stay far below
their 255 characters (Amazon EC2 API, CreateSecurityGroup). CloudFormation accepts templates of
51,200 bytes from a request and 1 MB from a bucket (AWS CloudFormation user guide, Understand
CloudFormation quotas): about 200 rules, and more than 16 groups can have.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.cloudformation.plan import (
    CloudPlan,
    build_plan,
    expected_lines,
    explain_unsupported,
)
from tracker.formats.cloudformation.security_groups import parse_list_name
from tracker.formats.cloudformation.template import (
    TemplateHead,
    build_template,
    parse_lan,
    template_head,
)
from tracker.formats.shared.comments import left_out_lines
from tracker.formats.shared.policy import allowed_rules, list_left_out


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole template, indented; no text if it would open nothing."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    if not allowed:
        return Rendered(None, left_out)
    lines = tuple(line for line in left_out_lines(left_out) if line)
    document = build_template(template_head(rule_set, lines), build_plan(rule_set))
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    return Rendered(text.decode() + "\n", left_out)


def read_back(text: str) -> frozenset[str]:
    """Return what the template opens: `outbound 192.0.2.1/32 tcp/443`.

    Raises RuleError if it is not what would be written for the endpoints in it.
    """
    try:
        document = json.loads(text)
        found = _parse_plan(document)
        written = build_template(TemplateHead(**document["Metadata"]["fwtracker"]), found)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RuleError(f"cloudformation.json cannot be read back: {error!r}") from None
    if written != document:
        raise RuleError("cloudformation.json cannot be read back: a part is missing, or odd")
    return frozenset(found.lines)


def _parse_plan(document: dict[str, Any]) -> CloudPlan:
    """Return the endpoints as far as they can be read; writing them again reveals the rest."""
    found = CloudPlan(names=document["Metadata"].get("names", {}))
    resources = document["Resources"]
    for name, resource in resources.items():
        if key := parse_list_name(name):
            entries = resource["Properties"]["Entries"]
            said = {each["Cidr"]: each.get("Description", "") for each in entries}
            found.networks.setdefault(key, {}).update(said)
    found.lan, found.lan_networks = parse_lan(resources)
    return found


def _count_groups(text: str) -> int:
    """Return the number of security groups in a template."""
    return len(json.loads(text)["Metadata"]["rules"])


FORMAT = Format(
    name="cloudformation",
    file="cloudformation.json",
    about="AWS prefix lists, security groups, and a Network Firewall list of names",
    loaded="aws cloudformation deploy --template-file FILE --stack-name NAME",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    limit=Limit(
        most=16,
        default=5,
        what="security groups of one network interface",
        source="Amazon VPC user guide, Amazon VPC quotas: Security groups",
        count=_count_groups,
    ),
)
