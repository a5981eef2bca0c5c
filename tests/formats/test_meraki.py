"""meraki.json: the shape of the Dashboard API's rules, and a merge with a list of one's own."""

from __future__ import annotations

import ipaddress
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given

from tests.formats.deltas import PAIRS, pairs, prove_delta
from tests.formats.samples import SAMPLES, entry, rule_set, rule_sets
from tests.support.examples import examples
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("meraki")
DOCS = Path(__file__).parents[2] / "docs" / "firewalls.md"
# A rule of updateNetworkApplianceFirewallL3FirewallRules, Meraki Dashboard API v1.
ADDRESS = r"([0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}|[0-9a-f:.]*:[0-9a-f:.]*/[0-9]{1,3})"
HOST = r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*"
RULE = {
    "type": "object",
    "required": ["policy", "protocol", "destCidr"],
    "additionalProperties": False,
    "properties": {
        "comment": {"type": "string", "minLength": 1, "maxLength": 127},
        "policy": {"enum": ["allow", "deny"]},
        "protocol": {"enum": ["any", "icmp", "icmp6", "tcp", "udp"]},
        "srcPort": {"type": "string", "pattern": "^(Any|[0-9]{1,5}(-[0-9]{1,5})?)$"},
        "srcCidr": {"type": "string"},
        "destPort": {"type": "string", "pattern": "^(Any|[0-9]{1,5}(-[0-9]{1,5})?)$"},
        "destCidr": {
            "type": "string",
            "pattern": f"^({ADDRESS}|{HOST})(,({ADDRESS}|{HOST}))*$",
        },
        "syslogEnabled": {"type": "boolean"},
    },
}
VALID = jsonschema.Draft202012Validator(RULE)
DEFAULT = {"comment": "Default rule", "policy": "allow", "protocol": "Any", "destCidr": "Any"}
DENY = {"comment": "all else", "policy": "deny", "protocol": "any", "destCidr": "Any"}
EUROPE = json.loads(FORMAT.render(SAMPLES["2024-04-europe"]).text or "")


class Network:
    """The list of a network: rules of ours by their comments."""

    def __init__(self) -> None:
        self.rules: dict[str, dict] = {}

    def load(self, text: str) -> None:
        document = json.loads(text)
        assert "rules" not in document, "the API would take it and drop all else"
        for rule in (*document["allow"], *document["lan"]):
            VALID.validate(rule)
            assert ("_lan-" in rule["comment"]) is (rule in document["lan"])
            self.rules[rule["comment"]] = rule
        for comment in document.get("remove", ()):
            del self.rules[comment]

    def opened(self) -> frozenset[str]:
        found = set()
        for rule in self.rules.values():
            name = rule["comment"].partition("_")[2]
            way = "inbound" if name.startswith("lan-in") else "outbound"
            targets = map(plain, rule["destCidr"].split(","))
            if name.startswith("lan-"):
                found |= {f"lan {network}" for network in targets}
                targets = [LAN]
            for target in targets:
                found.add(f"{way} {target} {rule['protocol']}/{rule['destPort']}")
        return frozenset(found)


MODELS = {"meraki": Network}


def plain(target: str) -> str:
    try:
        network = ipaddress.ip_network(target)
    except ValueError:
        return target
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def rules_of(*entries) -> list[dict]:
    document = json.loads(FORMAT.render(rule_set(*entries)).text or "")
    return [*document["allow"], *document["lan"]]


@examples(100)
@given(of=rule_sets)
def test_any_rule_set_is_of_the_schema_and_opens_what_it_says(of) -> None:
    box = Network()
    if text := FORMAT.render(of).text:
        box.load(text)
    assert box.opened() == FORMAT.expected_lines(of)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_delta_leads_there_and_back(before, after) -> None:
    prove_delta(FORMAT, Network, before, after)


@examples(60)
@given(pair=pairs)
def test_any_delta_leads_there_and_back(pair) -> None:
    prove_delta(FORMAT, Network, *pair)


def merged(folder: Path, current: dict, ours: dict) -> dict:
    """The body that the documented lines of Python write."""
    section = DOCS.read_text("utf-8").partition("## Meraki")[2]
    script = section.partition("```python\n")[2].partition("```")[0]
    (folder / "current.json").write_text(json.dumps(current))
    (folder / "meraki.json").write_text(json.dumps(ours))
    command = [sys.executable, "-W", "ignore", "-c", script]
    subprocess.run(command, cwd=folder, check=True, timeout=30)
    body: dict = json.loads((folder / "body.json").read_text())
    return body


def test_the_documented_merge_keeps_what_is_not_ours(tmp_path: Path) -> None:
    unnamed = {key: DENY[key] for key in DENY if key != "comment"}
    current = {"rules": [DENY, unnamed, DEFAULT]}
    for of in PAIRS[0]:
        ours = json.loads(FORMAT.render(of).text or "")
        body = merged(tmp_path, current, ours)
        assert body == {"rules": [*ours["allow"], DENY, unnamed], "syslogDefaultRule": False}
        current = {"rules": [*body["rules"], DEFAULT]}


def test_the_documented_merge_takes_no_rule_of_the_lan_along(tmp_path: Path) -> None:
    of = rule_set(entry("192.0.2.1"), entry(LAN, ports=(445,)))
    ours = json.loads(FORMAT.render(of).text or "")
    # As a network has them that merged the rules of both kinds in the past.
    current = {"rules": [*ours["allow"], *ours["lan"], DENY, DEFAULT]}
    rules = merged(tmp_path, current, ours)["rules"]
    assert [rule["destPort"] for rule in ours["lan"]] == ["445", "445"]
    assert [*ours["allow"], DENY] == rules


@pytest.mark.parametrize("logged", [True, False])
def test_the_documented_merge_keeps_the_log_of_the_default_rule(tmp_path: Path, logged) -> None:
    ours = json.loads(FORMAT.render(rule_set(entry(LAN, ports=(445,)))).text or "")
    said = {"rules": [DENY, DEFAULT], "syslogDefaultRule": logged}
    shown = {"rules": [DENY, DEFAULT | {"syslogEnabled": logged}]}
    for current in (said, shown):
        assert merged(tmp_path, current, ours)["syslogDefaultRule"] is logged


def test_addresses_and_hosts_are_rules_of_their_own() -> None:
    of = entry("192.0.2.1", "192.0.2.0/24", "2001:db8::1", "a.example.com", ports=((10, 20),))
    assert [(rule["comment"], rule["destCidr"], rule["destPort"]) for rule in rules_of(of)] == [
        ("action1-europe_tcp-10to20 v4 1", "192.0.2.0/24,192.0.2.1/32", "10-20"),
        ("action1-europe_tcp-10to20 v6 1", "2001:db8::1/128", "10-20"),
        ("action1-europe_tcp-10to20 hosts 1", "a.example.com", "10-20"),
    ]


def test_many_addresses_are_several_rules() -> None:
    found = rules_of(entry(*(f"10.0.{n}.1" for n in range(120))))
    assert [len(rule["destCidr"].split(",")) for rule in found] == [50, 50, 20]
    assert [rule["comment"][-4:] for rule in found] == ["v4 1", "v4 2", "v4 3"]


def test_each_port_of_the_local_network_is_a_rule() -> None:
    services = Service("udp", 6771, 6771), Service("tcp", 22551, 22551)
    found = rules_of(entry(LAN, direction="inbound", services=services))
    assert [rule["destPort"] for rule in found] == ["22551", "22551", "6771", "6771"]
    assert "192.168.0.0/16" in found[0]["destCidr"]
    assert found[1]["destCidr"] == "fc00::/7"


def test_what_it_cannot_say_is_left_out() -> None:
    of = rule_set(entry("*.example.com"), entry("192.0.2.1", direction="inbound"))
    rendered = FORMAT.render(of)
    assert rendered.text is None
    assert {left.endpoint.target: left.reason.split()[-1] for left in rendered.left_out} == {
        "*.example.com": "unverified",
        "192.0.2.1": "incoming",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("policy", "permit"),
        ("protocol", "TCP"),
        ("destPort", "443,80"),
        ("destPort", 443),
        ("destCidr", "3.74.63.86/33x"),
        ("destCidr", "*.example.com"),
        ("destCidr", "http://a.example"),
        ("comment", "x" * 128),
        ("syslogEnabled", "no"),
        ("dstCidr", "3.74.63.86/32"),
    ],
)
def test_a_broken_twin_is_rejected_by_the_schema_and_the_proof(field, value) -> None:
    twin = json.loads(json.dumps(EUROPE))
    twin["allow"][2][field] = value
    with pytest.raises(jsonschema.ValidationError):
        VALID.validate(twin["allow"][2])
    assert not proven(twin)


@pytest.mark.parametrize(
    ("part", "number", "field", "value"),
    [
        ("allow", 2, "destCidr", "3.74.63.0/24"),
        ("allow", 2, "destCidr", "a.example.com"),
        ("allow", 2, "destPort", "22543-22544"),
        ("allow", 2, "policy", "deny"),
        ("allow", 2, "srcCidr", "10.0.0.0/8"),
        ("allow", 1, "comment", "action1-europe_tcp-80 hosts 1"),
        ("allow", 1, "comment", "Default rule"),
        ("lan", 0, "destCidr", "10.0.0.0/8"),
        ("lan", 1, "destCidr", "fd00::/8"),
    ],
)
def test_what_the_schema_cannot_see_does_not_pass_the_proof(part, number, field, value) -> None:
    twin = json.loads(json.dumps(EUROPE))
    assert twin[part][number][field] != value
    twin[part][number][field] = value
    assert not proven(twin)


def test_a_rule_of_the_lan_among_the_others_does_not_pass_the_proof() -> None:
    twin = json.loads(json.dumps(EUROPE))
    twin["allow"].append(twin["lan"].pop())
    assert not proven(twin)


def proven(document) -> bool:
    try:
        found = FORMAT.read_back(json.dumps(document))
    except RuleError:
        return False
    return found == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
