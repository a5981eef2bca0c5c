"""cloudformation.json: taken by cfn-lint, within quotas, never a group that lets all out."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from msgspec.structs import replace

from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set
from tests.support import checkers
from tracker.errors import RuleError
from tracker.formats import load
from tracker.formats.shared.lan import Lan
from tracker.model import LAN, Service
from tracker.publish.rule_files import render_rule_file

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
    [group] = groups_of(of).values()
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


def groups_of(of) -> dict[str, dict]:
    """The properties of each security group by its name in the template."""
    return {
        name: each["Properties"]
        for name, each in resources(of).items()
        if each["Type"] == "AWS::EC2::SecurityGroup"
    }


def lists_of(rules: list[dict]) -> list[str]:
    """The prefix lists that rules name."""
    refs = (value for rule in rules for key, value in rule.items() if "PrefixListId" in key)
    return [each["Fn::GetAtt"][0] for each in refs]


def test_the_local_network_is_in_a_group_of_its_own() -> None:
    lan = [entry(LAN, ports=(445,), direction=way) for way in ("inbound", "outbound")]
    narrow = Lan(("10.1.0.0/16", "10.9.0.7"), ("2001:db8:77::/48",))
    of = replace(rule_set(entry("192.0.2.1"), *lan), lan=narrow)
    groups = groups_of(of)
    both = ["LanIpv4Of2", "LanIpv6Of1"]
    assert list(groups) == ["SecurityGroup", "SecurityGroupLan"]
    assert lists_of(groups["SecurityGroup"]["SecurityGroupEgress"]) == ["OutIpv4Tcp443Of1"]
    assert "SecurityGroupIngress" not in groups["SecurityGroup"]
    assert lists_of(groups["SecurityGroupLan"]["SecurityGroupEgress"]) == both
    assert lists_of(groups["SecurityGroupLan"]["SecurityGroupIngress"]) == both
    entries = [resources(of)[name]["Properties"]["Entries"] for name in both]
    assert [[each["Cidr"] for each in part] for part in entries] == [
        ["10.1.0.0/16", "10.9.0.7/32"],
        ["2001:db8:77::/48"],
    ]
    outputs = json.loads(text_of(of))["Outputs"]
    assert outputs["SecurityGroup"]["Description"].startswith("For every instance")
    assert "no instance needs it" in outputs["SecurityGroupLan"]["Description"]


def test_a_rule_for_the_lan_among_the_others_does_not_pass_the_proof() -> None:
    of = rule_set(entry("192.0.2.1"), entry(LAN, ports=(445,)))
    document = json.loads(text_of(of))
    inside = document["Resources"]
    moved = inside["SecurityGroupLan"]["Properties"]["SecurityGroupEgress"][0]
    inside["SecurityGroup"]["Properties"]["SecurityGroupEgress"].append(moved)
    with pytest.raises(RuleError):
        FORMAT.read_back(json.dumps(document))


@pytest.mark.parametrize("name", [*SAMPLES, *ODD])
def test_no_group_has_more_rules_than_aws_lets_it_have(name: str) -> None:
    of = (SAMPLES | ODD)[name]
    sizes = {
        key: each["Properties"]["MaxEntries"]
        for key, each in resources(of).items()
        if each["Type"] == "AWS::EC2::PrefixList"
    }
    named: list[str] = []
    for group in groups_of(of).values():
        for direction in ("SecurityGroupEgress", "SecurityGroupIngress"):
            lists = lists_of(group.get(direction, []))
            named += lists
            for family in ("Ipv4", "Ipv6"):
                assert sum(sizes[each] for each in lists if family in each) <= 60
    assert set(named) == set(sizes)


def test_north_america_has_two_groups_for_the_internet() -> None:
    groups = groups_of(SAMPLES["2026-02-north-america"])
    assert list(groups) == ["SecurityGroup", "SecurityGroup2", "SecurityGroupLan"]
    assert [each["GroupDescription"].partition(":")[0] for each in groups.values()] == [
        "action1-north-america",
        "action1-north-america_2",
        "action1-north-america_lan",
    ]


def test_more_groups_than_an_interface_takes_are_said_and_then_not_written() -> None:
    assert FORMAT.limit is not None
    assert (FORMAT.limit.default, FORMAT.limit.most) == (5, 16)
    for addresses, groups in ((60, 1), (61, 2), (300, 5), (301, 6), (960, 16), (961, 17)):
        of = rule_set(entry(*(f"10.{n // 256}.{n % 256}.1" for n in range(addresses))))
        assert FORMAT.limit.count(text_of(of)) == groups
        assert (render_rule_file(of, FORMAT).finding is None) is (groups < 5)
        assert (render_rule_file(of, FORMAT).rendered.text is None) is (groups > 16)


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


def test_a_list_holds_what_one_group_takes() -> None:
    lists = [each for each in resources(ODD["many"]) if each.startswith("Out")]
    assert lists == [
        "OutIpv4Tcp443Of60",
        "OutIpv4Tcp443Part2Of60",
        "OutIpv4Tcp443Part3Of60",
        "OutIpv4Tcp443Part4Of21",
    ]


def test_what_is_counted_is_what_aws_counts() -> None:
    of = rule_set(
        entry("192.0.2.1", "192.0.2.2", "2001:db8::1", ports=(443, 80)), entry(LAN, ports=(1,))
    )
    none_in = {"inbound_ipv4": 0, "inbound_ipv6": 0}
    assert json.loads(text_of(of))["Metadata"]["rules"] == {
        "SecurityGroup": {"outbound_ipv4": 4, "outbound_ipv6": 2, **none_in},
        "SecurityGroupLan": {"outbound_ipv4": 3, "outbound_ipv6": 1, **none_in},
    }


def test_names_of_other_than_tcp_and_inbound_are_left_out() -> None:
    udp = entry("a.example.com", services=(Service("udp", 443, 443),))
    rendered = FORMAT.render(rule_set(udp, entry("b.example.com", direction="inbound")))
    assert rendered.text is None
    assert len(rendered.left_out) == 2
