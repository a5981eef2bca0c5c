"""cloudformation.json: taken by cfn-lint, and never a group that lets everything out."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set
from tests.support import checkers
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import LAN, Service

FORMAT = load("cloudformation")


def text_of(of) -> str:
    text = FORMAT.render(of).text
    assert text is not None
    return text


def resources(of) -> dict:
    return json.loads(text_of(of))["Resources"]


EUROPE = text_of(SAMPLES["2024-04-europe"])
MANY = [f"10.{number // 256}.{number % 256}.1" for number in range(201)]
ODD = {
    "names-only": rule_set(entry("*.example.com", "a.example.com")),
    "lan-only": rule_set(entry(LAN, direction="inbound")),
    "both-families": rule_set(
        entry("2001:db8::/32", "192.0.2.0/24", ports=((500, 600),)),
        entry("2001:db8::1", "192.0.2.1", direction="inbound"),
        entry("192.0.2.1", services=(Service("udp", 3478, 3481),)),
        name="x" * 300,
    ),
    "many": rule_set(entry(*MANY)),
    "hostile": rule_set(
        *(entry("192.0.2.1", "*.example.com", resource=each) for each in HOSTILE),
        *(entry(LAN, resource=each, direction="inbound") for each in HOSTILE),
        name='${x} "',
    ),
}
GOOD = {name: text_of(of) for name, of in (SAMPLES | ODD).items()}
TWINS = {
    "enum": ("ALLOWLIST", "ALOWLIST"),
    "port": ('"FromPort": 22543', '"FromPort": "abc"'),
    "cidr": ("3.74.63.86/32", "3.74.63.86/33"),
    "reference": ('"OutIpv4Tcp22543Of4",', '"OutIpv4Tcp22543Of5",'),
    "property": ('"MaxEntries"', '"MaximumEntries"'),
    "json": ('"Outputs": {', '"Outputs": '),
}


def test_cfn_lint_takes_each_template_and_no_broken_twin(tmp_path: Path) -> None:
    """One start for all of them, because a start takes a second."""
    checkers.need("cfn-lint")
    texts = GOOD | {name: EUROPE.replace(*twin, 1) for name, twin in TWINS.items()}
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
    files = [f"{name}.json" for name in texts]
    options = ("--format", "json", "--regions", "us-east-1", "--")
    done = checkers.run("cfn-lint", *options, *files, folder=tmp_path)
    said = {
        (Path(each["Filename"]).stem, f"{each['Rule']['Id']} {each['Message']}")
        for each in json.loads(done.stdout)
    }
    assert {each for each in said if each[0] in GOOD} == set()
    assert {name for name, _ in said} == set(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_is_seen_by_the_format_itself(name: str) -> None:
    good, broken = TWINS[name]
    assert good in EUROPE
    assert not proven(EUROPE.replace(good, broken, 1))


@pytest.mark.parametrize("name", GOOD)
def test_the_api_takes_what_the_template_hands_on(name: str) -> None:
    # What CloudFormation calls has the same fields; botocore knows their types and bounds.
    made = json.loads(GOOD[name])["Resources"].values()
    operations = {
        "AWS::EC2::PrefixList": ("ec2", "CreateManagedPrefixList"),
        "AWS::NetworkFirewall::RuleGroup": ("network-firewall", "CreateRuleGroup"),
    }
    for resource in made:
        if resource["Type"] in operations:
            assert refused(*operations[resource["Type"]], resource["Properties"]) == ""
            assert refused(*operations[resource["Type"]], resource["Properties"] | {"X": 1})


def refused(service: str, operation: str, given: dict) -> str:
    """What botocore says against the arguments of a call."""
    shape = service_model(service).operation_model(operation).input_shape
    return ParamValidator().validate(given, shape).generate_report()


@lru_cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def proven(text: str) -> bool:
    try:
        return FORMAT.read_back(text) == FORMAT.expected_lines(SAMPLES["2024-04-europe"])
    except RuleError:
        return False


def test_a_rule_names_addresses_by_their_list() -> None:
    found = resources(rule_set(entry("192.0.2.0/24", "192.0.2.1", ports=((500, 600),))))
    rows = found["OutIpv4Tcp500To600Of2"]["Properties"]
    assert (rows["AddressFamily"], rows["MaxEntries"]) == ("IPv4", 2)
    assert [each["Cidr"] for each in rows["Entries"]] == ["192.0.2.0/24", "192.0.2.1/32"]
    group = found["SecurityGroup"]["Properties"]
    assert group["SecurityGroupEgress"] == [
        {
            "IpProtocol": "tcp",
            "FromPort": 500,
            "ToPort": 600,
            "DestinationPrefixListId": {
                "Fn::GetAtt": ["OutIpv4Tcp500To600Of2", "PrefixListId"]
            },
        }
    ]
    assert "SecurityGroupIngress" not in group


@pytest.mark.parametrize(
    "of", [ODD["lan-only"], rule_set(entry("192.0.2.1", direction="inbound"))]
)
def test_a_group_without_outbound_rules_lets_nothing_out(of) -> None:
    # AWS gives a group without any the rule that lets everything out.
    group = resources(of)["SecurityGroup"]["Properties"]
    assert [each["CidrIp"] for each in group["SecurityGroupEgress"]] == ["127.0.0.1/32"]


def test_no_group_where_there_are_only_names() -> None:
    found = resources(ODD["names-only"])
    assert sorted(found) == ["Names", "Nothing"]
    assert found["Names"]["Condition"] == "WithDomainList"
    source = found["Names"]["Properties"]["RuleGroup"]["RulesSource"]["RulesSourceList"]
    assert source["Targets"] == [".example.com", "a.example.com"]


def test_names_deny_others_only_where_somebody_says_so() -> None:
    document = json.loads(EUROPE)
    parameter = document["Parameters"]["DomainList"]
    assert parameter["Default"] == "no"
    assert "drop every other" in parameter["Description"]


def test_the_local_network_is_named_by_who_has_it() -> None:
    document = json.loads(text_of(ODD["lan-only"]))
    assert "Default" not in document["Parameters"]["LanCidr"]
    four, six = document["Resources"]["SecurityGroup"]["Properties"]["SecurityGroupIngress"]
    assert four["CidrIp"] == {"Ref": "LanCidr"}
    assert six["Fn::If"][1]["CidrIpv6"] == {"Ref": "LanCidrIpv6"}


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "LanCidr",
            ("10.0.0.0/8", "192.168.7.0/24"),
            ("0.0.0.0/0", "10.0.0.0/7", "10.0.0.0", ""),
        ),
        ("LanCidrIpv6", ("", "fc00::/7", "fd00:1::/64"), ("::/0", "::/6", "fd00::", "x/64")),
    ],
)
def test_the_local_network_is_never_every_address(parameter, good, bad) -> None:
    pattern = json.loads(EUROPE)["Parameters"][parameter]["AllowedPattern"]
    assert all(re.fullmatch(pattern, each) for each in good)
    assert not any(re.fullmatch(pattern, each) for each in bad)


def test_what_aws_replaces_when_it_changes_names_no_version() -> None:
    one, two = (
        resources(rule_set(entry("192.0.2.1", "a.example.com"), version=version))
        for version in (1, 2)
    )
    assert one == two


def test_a_list_of_another_size_is_another_list() -> None:
    one = resources(rule_set(entry("192.0.2.1")))
    two = resources(rule_set(entry("192.0.2.1", "192.0.2.2")))
    same = resources(rule_set(entry("192.0.2.3")))
    assert set(one) - set(two) == {"OutIpv4Tcp443Of1"}
    assert set(one) == set(same)


def test_a_list_holds_a_hundred_at_most() -> None:
    first, second, third = (
        "OutIpv4Tcp443Of100",
        "OutIpv4Tcp443Part2Of100",
        "OutIpv4Tcp443Part3Of1",
    )
    assert list(resources(ODD["many"])) == [first, second, third, "SecurityGroup"]


def test_what_is_counted_is_what_aws_counts() -> None:
    of = rule_set(
        entry("192.0.2.1", "192.0.2.2", "2001:db8::1", ports=(443, 80)), entry(LAN, ports=(1,))
    )
    assert json.loads(text_of(of))["Metadata"]["rules"] == {
        "outbound_ipv4": 5,
        "outbound_ipv6": 3,
        "inbound_ipv4": 0,
        "inbound_ipv6": 0,
    }
    assert FORMAT.limit is not None
    assert FORMAT.limit.count(text_of(of)) == 5


def test_names_of_other_than_tcp_and_inbound_are_left_out() -> None:
    udp = entry("a.example.com", services=(Service("udp", 443, 443),))
    rendered = FORMAT.render(rule_set(udp, entry("b.example.com", direction="inbound")))
    assert rendered.text is None
    assert len(rendered.left_out) == 2
