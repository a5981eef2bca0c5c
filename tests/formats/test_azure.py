"""azure.json: the documented schema of its resources, and what a deployment of it opens."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from tests.formats.samples import SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN

FORMAT = load("azure")
_NAME = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,78}[A-Za-z0-9_]$"}
_EXPRESSION = {"type": "string", "pattern": r"^\[.+\]$"}
_STRINGS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def closed(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


# Microsoft Learn, template reference of 2024-03-01, the part that is used; names as in "Naming
# rules and restrictions for Azure resources".
NETWORK_RULE = closed(
    {
        "ruleType": {"const": "NetworkRule"},
        "name": _NAME,
        "ipProtocols": {"enum": [["TCP"], ["UDP"]]},
        "destinationPorts": {"items": {"pattern": r"^\d+(-\d+)?$"}, **_STRINGS},
        "sourceAddresses": {"oneOf": [_EXPRESSION, _STRINGS]},
        "destinationIpGroups": {**_STRINGS, "items": _EXPRESSION},
        "destinationAddresses": {**_STRINGS, "items": {"pattern": "^[0-9a-f.:/]+$"}},
        "destinationFqdns": {**_STRINGS, "items": {"pattern": "^[a-z0-9][a-z0-9._-]+$"}},
    },
    *("destinationIpGroups", "destinationAddresses", "destinationFqdns"),
)
APPLICATION_RULE = closed(
    {
        "ruleType": {"const": "ApplicationRule"},
        "name": _NAME,
        "protocols": {
            "enum": [
                [{"protocolType": "Http", "port": 80}],
                [{"protocolType": "Https", "port": 443}],
            ]
        },
        "sourceAddresses": _EXPRESSION,
        "targetFqdns": {**_STRINGS, "items": {"pattern": r"^(\*\.)?[a-z0-9._-]+$"}},
    }
)
COLLECTION = closed(
    {
        "ruleCollectionType": {"const": "FirewallPolicyFilterRuleCollection"},
        "name": _NAME,
        "priority": {"type": "integer", "minimum": 100, "maximum": 65000},
        "action": {"const": {"type": "Allow"}},
        "rules": {
            "type": "array",
            "minItems": 1,
            "items": {"oneOf": [NETWORK_RULE, APPLICATION_RULE]},
        },
    }
)
IP_GROUP = closed(
    {
        "type": {"const": "Microsoft.Network/ipGroups"},
        "apiVersion": {"type": "string"},
        "name": _NAME,
        "location": _EXPRESSION,
        "dependsOn": {"type": "array", "items": _EXPRESSION},
        "properties": closed(
            {
                "ipAddresses": {
                    **_STRINGS,
                    "maxItems": 5000,
                    "items": {"pattern": r"^[0-9.]+(/\d+)?$"},
                }
            }
        ),
    }
)
RULE_GROUP = closed(
    {
        "condition": _EXPRESSION,
        "type": {"const": "Microsoft.Network/firewallPolicies/ruleCollectionGroups"},
        "apiVersion": {"type": "string"},
        "name": _EXPRESSION,
        "dependsOn": {"type": "array", "items": _EXPRESSION},
        "properties": closed({"priority": _EXPRESSION, "ruleCollections": _EXPRESSION}),
    },
    "condition",
)
PARAMETER = closed(
    {
        "type": {"enum": ["string", "bool", "array", "int"]},
        "defaultValue": {},
        "minValue": {"type": "integer"},
        "maxValue": {"type": "integer"},
        "metadata": {"type": "object"},
    },
    *("defaultValue", "minValue", "maxValue"),
)
TEMPLATE = closed(
    {
        "$schema": {"type": "string", "format": "uri"},
        "contentVersion": {"type": "string"},
        "metadata": {"type": "object"},
        "parameters": {"type": "object", "additionalProperties": PARAMETER},
        "variables": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": COLLECTION},
        },
        "resources": {"type": "array", "items": {"oneOf": [IP_GROUP, RULE_GROUP]}},
    }
)


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


EUROPE = text_of(SAMPLES["2024-04-europe"])
OF = rule_set(
    entry("192.0.2.1", "198.51.100.0/28", "2001:db8::1", "a.example.com", ports=(443, 22543)),
    entry("*.example.org", ports=(80, 443, 8080)),
    entry(LAN, ports=(445,)),
    entry(LAN, ports=(22551,), direction="inbound"),
)


class Deployment:
    """What Azure makes of a template with these parameters, as far as ours go."""

    def __init__(self, text: str, **given: Any) -> None:
        template = json.loads(text)
        jsonschema.validate(template, TEMPLATE)
        parameters = template["parameters"]
        unset = {name for name, each in parameters.items() if "defaultValue" not in each}
        assert unset <= given.keys() | {"firewallPolicy"}
        defaults = {name: each.get("defaultValue") for name, each in parameters.items()}
        self.given = {**defaults, "firewallPolicy": "mine", **given}
        self.variables = template["variables"]
        self.ip_groups: dict[str, list[str]] = {}
        self.rules: dict[str, list[dict[str, Any]]] = {}
        made: set[str] = set()
        wanted = [each for each in template["resources"] if self.is_wanted(each)]
        for each in wanted:
            name = self.name(each["name"])
            assert all(self.key(other) in made for other in each["dependsOn"]), "not there yet"
            made.add(f"{each['type']} {name.rpartition('/')[2]}")
            if "ipAddresses" in each["properties"]:
                self.ip_groups[name] = each["properties"]["ipAddresses"]
            else:
                self.rules[name] = self.collections(each["properties"]["ruleCollections"])

    def is_wanted(self, resource: dict[str, Any]) -> bool:
        said = re.fullmatch(r"\[parameters\('(\w+)'\)\]", resource.get("condition", ""))
        return not said or self.given[said[1]] is True

    def name(self, text: str) -> str:
        said = re.fullmatch(r"\[format\('\{0\}/(.+)', parameters\('firewallPolicy'\)\)\]", text)
        return f"{self.given['firewallPolicy']}/{said[1]}" if said else text

    def key(self, expression: str) -> str:
        kind, name = re.findall(r"resourceId\('([^']+)',.* '([^']+)'\)", expression)[0]
        return f"{kind} {name}"

    def collections(self, expression: str) -> list[dict[str, Any]]:
        found = []
        pattern = (
            r"(?:if\(parameters\('(\w+)'\), )?variables\('(\w+)'\)(?:, createArray\(\)\))?"
        )
        for condition, variable in re.findall(pattern, expression):
            if not condition or self.given[condition] is True:
                found += self.variables[variable]
        priorities = [each["priority"] for each in found]
        assert len(set(priorities)) == len(priorities)
        return [rule for each in found for rule in each["rules"]]

    def opened(self, group: str) -> set[str]:
        found = set()
        for rule in self.rules.get(group, []):
            targets = [*rule.get("destinationAddresses", []), *rule.get("targetFqdns", [])]
            targets += rule.get("destinationFqdns", [])
            for each in rule.get("destinationIpGroups", []):
                targets += self.ip_groups[self.key(each).split()[1]]
            if rule["ruleType"] == "ApplicationRule":
                services = [f"tcp/{each['port']}" for each in rule["protocols"]]
            else:
                [protocol] = rule["ipProtocols"]
                services = [f"{protocol.lower()}/{each}" for each in rule["destinationPorts"]]
            found |= {f"{target} {service}" for target in targets for service in services}
        return found


EVERYTHING = {"dnsProxy": True, "ipv6": True, "lan": True}
MAIN, OWN = "mine/action1-europe", "mine/action1-europe_lan"


@pytest.mark.parametrize("of", SAMPLES.values(), ids=list(SAMPLES))
def test_a_deployment_opens_what_the_page_names(of) -> None:
    made = Deployment(text_of(of), **EVERYTHING)
    lines = FORMAT.expected_lines(of)
    wanted = {line.partition(" ")[2] for line in lines if not re.search(r"\blan ", line)}
    assert made.opened(f"mine/action1-{of.name}") == wanted


@examples(60)
@given(of=rule_sets)
def test_any_rule_set_fits_the_schema(of) -> None:
    text = FORMAT.render(of).text
    if text is not None:
        Deployment(text, **EVERYTHING)


def test_what_is_not_asked_for_stays_shut() -> None:
    made = Deployment(text_of(OF), dnsProxy=False)
    assert set(made.rules) == {MAIN}
    assert made.opened(MAIN) == {
        *("192.0.2.1 tcp/443", "192.0.2.1 tcp/22543"),
        *("198.51.100.0/28 tcp/443", "198.51.100.0/28 tcp/22543"),
        *("a.example.com tcp/443", "example.org tcp/80", "example.org tcp/443"),
        *("*.example.org tcp/80", "*.example.org tcp/443"),
    }
    more = Deployment(text_of(OF), dnsProxy=True, ipv6=True).opened(MAIN) - made.opened(MAIN)
    assert more == {"a.example.com tcp/22543", "2001:db8::1 tcp/443", "2001:db8::1 tcp/22543"}


def test_rules_of_the_lan_are_a_group_of_their_own_between_its_networks() -> None:
    made = Deployment(text_of(OF), **EVERYTHING)
    assert set(made.rules) == {MAIN, OWN}
    assert made.opened(OWN) == {
        f"{network} tcp/{port}"
        for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
        for port in (445, 22551)
    }
    assert all(
        rule["sourceAddresses"] == rule["destinationAddresses"] for rule in made.rules[OWN]
    )


def test_what_azure_does_not_take_is_left_out_and_listed() -> None:
    of = rule_set(
        entry("192.0.2.1", direction="inbound"),
        entry("::ffff:192.0.2.1", "*.example.com", ports=(8443,)),
        entry("192.0.2.9"),
    )
    rendered = FORMAT.render(of)
    assert {left.endpoint.target: left.reason.split()[-1] for left in rendered.left_out} == {
        "192.0.2.1": "own",
        "::ffff:192.0.2.1": "IPv4",
        "*.example.com": "tcp/443",
    }
    listed = json.loads(rendered.text or "")["metadata"]["left_out"]
    assert [line for line in listed if "*.example.com" in line] == [
        "outbound *.example.com tcp/8443"
    ]


def test_more_than_an_ip_group_takes_is_in_two() -> None:
    many = entry(*(f"10.{n >> 8}.{n & 255}.1" for n in range(5001)))
    made = Deployment(text_of(rule_set(many)), dnsProxy=False)
    assert [len(each) for each in made.ip_groups.values()] == [5000, 1]
    assert len(made.opened(MAIN)) == 5001


def test_the_limit_counts_names_in_network_rules() -> None:
    assert FORMAT.limit is not None
    assert FORMAT.limit.count(text_of(OF)) == 4
    assert FORMAT.limit.count(text_of(rule_set(entry("192.0.2.1")))) == 0


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('"3.74.63.86"', '"3.74.63.87"'),
        ('"22543"', '"22544"'),
        ('"*.windowsupdate.com"', '"*.com"'),
        ('"port": 443', '"port": 444'),
        ('"Allow"', '"Deny"'),
        ("\"[parameters('lan')]\"", "\"[parameters('ipv6')]\""),
        ("variables('web'))", "variables('lanIpv4'))"),
        ('"10.0.0.0/8"', '"11.0.0.0/8"'),
        ("[parameters('sources')]", "[parameters('sourcesIpv6')]"),
        ('"left_out_lines": 4', '"left_out_lines": 3'),
        ('"contentVersion"', '"contentVersions"'),
    ],
)
def test_a_broken_twin_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    try:
        found = FORMAT.read_back(EUROPE.replace(good, broken, 1))
    except RuleError:
        return
    assert found != FORMAT.expected_lines(SAMPLES["2024-04-europe"])
