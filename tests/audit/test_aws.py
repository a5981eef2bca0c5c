"""Security groups: networks apart, what a file does not have, and a model of them."""

from __future__ import annotations

import ipaddress
import json
import random
from typing import Any

import pytest

from tests.audit.verdicts import Packet, entries, hold_against_model, read
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ConfigParseError, ReadOptions
from tracker.audit.report import AuditReport

SERVER = [entry("192.0.2.1")]
GONE = ["outbound 192.0.2.1 tcp/443"]


def permission(
    *cidrs: str, protocol: str = "tcp", ports=(443, 443), **more: Any
) -> dict[str, Any]:
    """One permission as the API answers it: without ports where all are open."""
    four = [{"CidrIp": each} for each in cidrs if ":" not in each]
    six = [{"CidrIpv6": each} for each in cidrs if ":" in each]
    said = {} if protocol == "-1" else {"FromPort": ports[0], "ToPort": ports[1]}
    lists = {"PrefixListIds": [], "UserIdGroupPairs": [], **more}
    return {"IpProtocol": protocol, **said, "IpRanges": four, "Ipv6Ranges": six, **lists}


def group(number: str, vpc: str, *egress: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "GroupId": f"sg-{number}",
        "GroupName": f"group {number}",
        "VpcId": f"vpc-{vpc}",
        "IpPermissions": [],
        "IpPermissionsEgress": list(egress),
        **more,
    }


def report(*groups: dict[str, Any], entries=SERVER, beside=(), **options: Any) -> AuditReport:
    text = json.dumps({"SecurityGroups": list(groups)})
    files = (ConfigFile("sg.json", text, "aws-sg"), *beside)
    return read(entries, *files, options=ReadOptions(**options))


def missing(found: AuditReport) -> list[str]:
    return [each.endpoint for each in found.findings if each.kind == "missing"]


def test_groups_of_several_networks_are_never_added_up() -> None:
    groups = group("1", "a"), group("2", "b", permission("0.0.0.0/0", protocol="-1"))
    with pytest.raises(
        ConfigParseError, match=r"2 networks \(VPCs\).*: vpc-a, vpc-b; .*--scope"
    ):
        report(*groups)
    assert missing(report(*groups, scopes=("vpc-a",))) == GONE
    assert missing(report(*groups, scopes=("vpc-b",))) == []


def test_a_group_without_a_network_is_not_added_to_those_with_one() -> None:
    classic = group("2", "b", permission("0.0.0.0/0", protocol="-1"))
    del classic["VpcId"]
    with pytest.raises(ConfigParseError, match=": vpc-a, no-vpc; "):
        report(group("1", "a"), classic)
    assert missing(report(classic)) == []


def test_groups_of_one_network_add_up_and_are_named() -> None:
    groups = group("1", "a"), group("2", "a", permission("192.0.2.1/32"))
    found = report(*groups)
    assert missing(found) == []
    [judged] = found.judged
    assert judged.what == "security groups sg-1, sg-2 of vpc-a"
    assert "--chain ID" in judged.why
    assert missing(report(*groups, chain="sg-1")) == GONE
    assert missing(report(*groups, chain="group 2")) == []
    with pytest.raises(ConfigParseError, match=r'has no group "sg-3" .*: sg-1, sg-2'):
        report(*groups, chain="sg-3")


def test_no_permission_lets_nothing_out_and_no_key_says_nothing() -> None:
    found = report(group("1", "a"))
    assert (missing(found), found.not_read) == (GONE, ())
    absent = group("1", "a")
    del absent["IpPermissionsEgress"]
    found = report(absent)
    assert missing(found) == GONE
    assert found.not_read[0].why == "the file has no IpPermissionsEgress of it"
    with pytest.raises(ConfigParseError, match="has no SecurityGroups"):
        report()


@pytest.mark.parametrize(
    "narrowed",
    [
        permission("192.0.2.1/32", AKeyOfALaterRelease="x"),
        permission(IpRanges=[{"CidrIp": "192.0.2.1/32", "AKeyOfALaterRelease": "x"}]),
        permission(PrefixListIds=[{"PrefixListId": "pl-1"}]),
        permission("192.0.2.1/32", ports=("https", 443)),
    ],
)
def test_a_permission_that_is_not_understood_opens_nothing(narrowed: dict[str, Any]) -> None:
    found = report(group("1", "a", narrowed))
    assert missing(found) == GONE
    assert len(found.not_read) == 1


NETWORKS = ("192.0.2.1/32", "192.0.2.0/24", "198.51.100.0/24", "0.0.0.0/0", "2001:db8::/32")
SERVICES = (("tcp", (443, 443)), ("tcp", (1, 30000)), ("udp", (0, 65535)), ("-1", (0, 65535)))
LIST = ("192.0.2.2/32", "198.51.100.7/32")


def passes(packet: Packet, groups: list[dict[str, Any]]) -> bool:
    """Whether one of a network's groups has a rule for a packet.

    Amazon, "Security group rules": rules allow only; those of all groups of an interface apply.
    """
    return any(
        rule["IpProtocol"] in {"-1", packet.protocol}
        and rule.get("FromPort", 0) <= packet.port <= rule.get("ToPort", 65535)
        and any(packet.is_in(network) for network in networks_of(rule))
        for each in groups
        for rule in each["IpPermissionsEgress"]
    )


def networks_of(rule: dict[str, Any]) -> list[str]:
    return [
        *(each["CidrIp"] for each in rule["IpRanges"]),
        *(each["CidrIpv6"] for each in rule["Ipv6Ranges"]),
        *(LIST if rule["PrefixListIds"] else ()),
    ]


def random_permission(chance: random.Random) -> dict[str, Any]:
    protocol, ports = chance.choice(SERVICES)
    lists = [{"PrefixListId": "pl-1"}] if chance.random() < 0.2 else []
    others = [{"GroupId": "sg-9"}] if chance.random() < 0.1 else []
    return permission(
        *chance.sample(NETWORKS, chance.randrange(3)),
        protocol=protocol,
        ports=ports,
        PrefixListIds=lists,
        UserIdGroupPairs=others,
    )


def test_no_verdict_contradicts_the_documentation() -> None:
    chance, said, every = random.Random(22), 0, 0
    of = entries(hosts=False)
    members = [{"Cidr": str(ipaddress.ip_network(each))} for each in LIST]
    beside = ConfigFile(
        "pl-1.json", json.dumps({"PrefixListId": "pl-1", "Entries": members}), "aws-prefix-list"
    )
    for _ in range(100):
        groups = [
            group(
                str(number),
                chance.choice("ab"),
                *(random_permission(chance) for _ in range(chance.randrange(4))),
            )
            for number in range(chance.randrange(1, 5))
        ]
        network = chance.choice(sorted({each["VpcId"] for each in groups}))
        own = [each for each in groups if each["VpcId"] == network]
        found = report(*groups, entries=of, beside=[beside], scopes=(network,))
        every += len(of)
        said += hold_against_model(
            found,
            lambda packet, own=own: passes(packet, own),
            hosts=False,
            shown=json.dumps(groups, indent=1),
        )
    assert said == every
