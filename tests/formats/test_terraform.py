"""terraform.auto.tfvars.json: it fits the documented variable, and holds no template."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from msgspec.structs import replace

from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set, rule_sets
from tests.support import checkers
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.shared.lan import Lan
from tracker.model import LAN, Service

FORMAT = load("terraform")
DOCS = (Path(__file__).parents[2] / "docs" / "terraform.md").read_text()
HCL = re.findall(r"```hcl\n(.*?)```", DOCS, re.DOTALL)
JSON_TYPES = {"string": "string", "number": "integer"}


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


def value_of(of) -> dict:
    [value] = json.loads(text_of(of)).values()
    return value


EUROPE = text_of(SAMPLES["2024-04-europe"])


def declared(text: str) -> dict:
    """The documented variable's type as a JSON Schema, so that the two cannot part."""
    properties: dict = {}
    maps = re.findall(
        r"^    (\w+) += map\(object\(\{(.*?)\}\)\)", text, re.DOTALL | re.MULTILINE
    )
    for name, fields in maps:
        properties[name] = {"type": "object", "additionalProperties": closed(fields)}
    for name, kind in re.findall(r"^    (\w+) += (string|number)$", text, re.MULTILINE):
        properties[name] = {"type": JSON_TYPES[kind]}
    for name in re.findall(r"^    (\w+) += list\(string\)$", text, re.MULTILINE):
        properties[name] = {"type": "array", "items": {"type": "string"}}
    return strict(properties)


def closed(fields: str) -> dict:
    found = re.findall(r"(\w+) += (string|number)", fields)
    return strict({name: {"type": JSON_TYPES[kind]} for name, kind in found})


def strict(properties: dict) -> dict:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMA = declared(HCL[0])


def proven(text: str) -> bool:
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_fits_the_documented_variable(name: str) -> None:
    document = json.loads(text_of(SAMPLES[name]))
    assert list(document) == [f"action1_{SAMPLES[name].name.replace('-', '_')}"]
    jsonschema.validate(value_of(SAMPLES[name]), SCHEMA)


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_fits_the_documented_variable(of) -> None:
    if FORMAT.render(of).text is not None:
        jsonschema.validate(value_of(of), SCHEMA)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('"from_port":22543', '"from_port":"22543"'),
        ('"protocol":"tcp",', ""),
        ('"cidr"', '"cidrs"'),
        ('"version": 2', '"version": "2"'),
        ('"captured_at"', '"captured"'),
    ],
)
def test_a_broken_twin_is_rejected(good: str, broken: str) -> None:
    assert good in EUROPE
    twin = EUROPE.replace(good, broken, 1)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(*json.loads(twin).values(), SCHEMA)
    assert not proven(twin)


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('"3.74.63.86/32"', '"3.74.63.87/32"'),
        ("tcp 22543-22543", "tcp 22543-22544"),
        ('"to_port":22551', '"to_port":22552'),
        ('"lan": {', '"lans": {'),
        ('"*.windowsupdate.com"', '"*.windowsupdates.com"'),
    ],
)
def test_a_changed_rule_is_seen(good: str, broken: str) -> None:
    assert good in EUROPE
    assert not proven(EUROPE.replace(good, broken, 1))


@pytest.mark.parametrize("block", HCL)
def test_the_documented_blocks_are_terraform(block: str, tmp_path: Path) -> None:
    assert checkers.hcl(block, tmp_path) == ""
    assert checkers.hcl(block.replace("{", "", 1), tmp_path)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_documented_groups_fit_the_default_quota_of_aws(name: str) -> None:
    [service] = re.findall(r'service = "(.*)"', HCL[1])
    counted = Counter(
        service.replace("${rule.", "{").format_map(rule)
        for rule in value_of(SAMPLES[name])["ipv4"].values()
        if rule["direction"] == "outbound"
    )
    assert all("$" not in each for each in counted)
    assert 0 < max(counted.values()) <= 60
    assert len(counted) <= 4  # of five groups, one is of the user's own


def test_the_lan_has_its_networks_and_nothing_without_rules() -> None:
    of = replace(rule_set(entry(LAN, ports=(445,))), lan=Lan(("10.1.0.7",), ("fd00:1::/64",)))
    assert value_of(of)["lan_networks"] == ["10.1.0.7/32", "fd00:1::/64"]
    assert value_of(rule_set(entry("192.0.2.1")))["lan_networks"] == []
    for networks in ("[]", '["10.1.0.7/33"]', '["lan.example.com"]'):
        twin = re.sub(r'("lan_networks": )\[.*\]', rf"\1{networks}", text_of(of))
        with pytest.raises(RuleError):
            FORMAT.read_back(twin)


def test_addresses_hosts_and_the_local_network() -> None:
    of = rule_set(
        entry("192.0.2.1", "2001:db8::/32", "*.example.com", ports=((500, 600),)),
        entry(LAN, direction="inbound", services=(Service("udp", 6771, 6771),)),
        entry("192.0.2.1", direction="inbound"),
    )
    value = value_of(of)
    assert {name: list(value[name]) for name in ("ipv4", "ipv6", "hosts", "lan")} == {
        "ipv4": ["inbound 192.0.2.1/32 tcp 443-443", "outbound 192.0.2.1/32 tcp 500-600"],
        "ipv6": ["outbound 2001:db8::/32 tcp 500-600"],
        "hosts": ["outbound *.example.com tcp 500-600", "outbound example.com tcp 500-600"],
        "lan": ["inbound lan udp 6771-6771"],
    }
    assert value["ipv6"]["outbound 2001:db8::/32 tcp 500-600"] == {
        "direction": "outbound",
        "protocol": "tcp",
        "from_port": 500,
        "to_port": 600,
        "cidr": "2001:db8::/32",
        "note": "Servers (required)",
    }


def test_one_rule_for_what_two_regions_share() -> None:
    of = rule_set(
        entry("192.0.2.1", region="Europe", resource="A"), entry("192.0.2.1", resource="B")
    )
    [rule] = value_of(of)["ipv4"].values()
    assert rule["note"] == "A (required) / B (required)"


@pytest.mark.parametrize("words", [*HOSTILE, "${file(1)}", "%{ if true }"])
def test_no_text_is_a_template(words: str) -> None:
    of = rule_set(entry("192.0.2.1", resource=words, only_for=words), name=words)
    assert not re.search(r"[$%]\{", text_of(of))
    [variable] = json.loads(text_of(of))
    assert re.fullmatch(r"[a-z][a-z0-9_]*", variable)
