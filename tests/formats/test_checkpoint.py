"""checkpoint.json: the documented schema of a generic data center, and its objects."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from msgspec.structs import replace

from tests.formats.samples import SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.shared.lan import Lan
from tracker.model import LAN

FORMAT = load("checkpoint")
# Check Point, sk167210. A description may be left out of an object; ours have one.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "objects"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "1.0"},
        "description": {"type": "string"},
        "objects": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "id", "ranges"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "id": {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
                    "description": {"type": "string"},
                    "ranges": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                },
            },
        },
    },
}


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


def objects(text: str) -> dict[str, list[str]]:
    """The ranges of each object, after its schema and each address have been checked."""
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    for each in document["objects"]:
        families = {ipaddress.ip_network(one).version for one in each["ranges"]}
        assert len(families) == 1
    for key in ("name", "id"):
        found = [each[key] for each in document["objects"]]
        assert len(set(found)) == len(found)
    return {each["name"]: each["ranges"] for each in document["objects"]}


EUROPE = text_of(SAMPLES["2024-04-europe"])


@pytest.mark.parametrize("of", SAMPLES.values(), ids=list(SAMPLES))
def test_a_sample_is_of_the_documented_schema(of) -> None:
    assert objects(text_of(of))


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_of_the_documented_schema(of) -> None:
    if (text := FORMAT.render(of).text) is not None:
        assert objects(text)


def test_an_object_holds_the_addresses_of_one_service_and_family() -> None:
    of = rule_set(
        entry("192.0.2.1", "198.51.100.0/28", "2001:db8::1", ports=(443, (8000, 8003))),
        entry("203.0.113.1", direction="inbound"),
    )
    assert objects(text_of(of)) == {
        "action1-europe_tcp-443": ["192.0.2.1", "198.51.100.0/28"],
        "action1-europe_tcp-443-v6": ["2001:db8::1"],
        "action1-europe_tcp-8000to8003": ["192.0.2.1", "198.51.100.0/28"],
        "action1-europe_tcp-8000to8003-v6": ["2001:db8::1"],
        "action1-europe_in-tcp-443": ["203.0.113.1"],
    }


def test_the_local_network_has_objects_of_its_own() -> None:
    lan = Lan(("10.1.0.0/16", "169.254.0.0/16"), ("2001:db8:77::/48",))
    of = replace(
        rule_set(entry(LAN, ports=(22551,), direction="inbound"), entry("192.0.2.1")), lan=lan
    )
    assert objects(text_of(of)) == {
        "action1-europe_tcp-443": ["192.0.2.1"],
        "action1-europe_lan-in-tcp-22551": ["10.1.0.0/16"],
        "action1-europe_lan-in-tcp-22551-v6": ["2001:db8:77::/48"],
    }


def test_host_names_are_left_out() -> None:
    rendered = FORMAT.render(rule_set(entry("192.0.2.1", "a.example.com", "*.example.org")))
    assert {left.endpoint.target for left in rendered.left_out} == {
        *("a.example.com", "*.example.org")
    }
    assert "example" not in (rendered.text or "")


def test_an_object_keeps_its_identifier_over_versions() -> None:
    one, two = (
        re.findall('"id": "(.*)"', text_of(rule_set(entry(target), version=version)))
        for target, version in (("192.0.2.1", 2), ("192.0.2.2", 3))
    )
    assert one == two


def test_two_rule_sets_share_no_object() -> None:
    regions = ["north-america", "north-america-2", "x" * 70, "x" * 71, "Büro", "büro", ""]
    named = [set(objects(text_of(rule_set(entry("192.0.2.1"), name=each)))) for each in regions]
    assert len(set.union(*named)) == sum(map(len, named))


@pytest.mark.parametrize(
    ("good", "broken"),
    [
        ('"3.74.63.86"', '"3.74.63.87"'),
        ('"3.74.63.86"', '"3.74.63.86-3.74.63.99"'),
        ('"3.74.63.86"', '"2001:db8::1"'),
        ('"action1-europe_tcp-22543"', '"action1-europe_tcp-22544"'),
        ('"10.0.0.0/8"', '"11.0.0.0/8"'),
        ('"version": "1.0"', '"version": "2.0"'),
        ('"id": "', '"id": "0'),
        ('"ranges"', '"range"'),
    ],
)
def test_a_broken_twin_does_not_pass_the_proof(good: str, broken: str) -> None:
    assert good in EUROPE
    try:
        found = FORMAT.read_back(EUROPE.replace(good, broken, 1))
    except RuleError:
        return
    assert found != FORMAT.expected_lines(SAMPLES["2024-04-europe"])
