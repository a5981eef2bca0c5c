"""Windows: profiles, what narrows a rule, and a model by Microsoft's documentation."""

from __future__ import annotations

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
NAMES = ("Domain", "Private", "Public")


def rule(name: str = "r1", **settings: Any) -> dict[str, Any]:
    """A rule that lets the server through."""
    return {
        "DisplayName": name,
        "Enabled": "True",
        "Direction": "Outbound",
        "Action": "Allow",
        "Profile": "Any",
        "Protocol": "TCP",
        "LocalPort": ["Any"],
        "RemotePort": ["443"],
        "RemoteAddress": ["192.0.2.1"],
        "Program": "Any",
        "Package": "",
        "Service": "Any",
        "LocalUser": "Any",
        **settings,
    }


def profile(name: str, action: str = "Block", **settings: str) -> dict[str, str]:
    return {
        "Name": name,
        "Enabled": "True",
        "DefaultInboundAction": "Block",
        "DefaultOutboundAction": action,
        **settings,
    }


STRICT = [profile(name) for name in NAMES]


def report(
    rules: list[dict[str, Any]], profiles=STRICT, entries=SERVER, name: str = ""
) -> AuditReport:
    body = {"Profiles": profiles, "Rules": rules} if profiles else {"Rules": rules}
    file = ConfigFile("fw.json", json.dumps(body), "windows")
    return read(entries, file, options=ReadOptions(profile=name))


def missing(found: AuditReport) -> list[str]:
    return [each.endpoint for each in found.findings if each.kind == "missing"]


def test_profiles_that_are_alike_are_judged_as_one() -> None:
    found = report([rule()])
    assert (missing(found), found.not_read) == ([], ())
    [judged] = found.judged
    assert (judged.what, judged.why) == ("profile Domain, Private, Public", "they are alike")


def test_what_one_profile_blocks_is_missing_unless_another_is_chosen() -> None:
    mixed = [profile("Domain"), profile("Private", "Allow"), profile("Public", "Allow")]
    found = report([rule(RemoteAddress=["10.1.2.3"])], mixed)
    assert missing(found) == GONE
    assert "--profile NAME" in found.judged[0].why
    for name, expected in (("Domain", GONE), ("private", []), ("Public", [])):
        assert missing(report([rule(RemoteAddress=["10.1.2.3"])], mixed, name=name)) == expected
    with pytest.raises(ConfigParseError, match='no profile "Home"; there are: Domain, Private'):
        report([rule()], mixed, name="Home")


def test_the_local_network_of_a_public_network_is_that_of_others() -> None:
    peers = [entry("lan", ports=(22551,), direction="inbound")]
    inward = rule(Direction="Inbound", LocalPort=["22551"], RemotePort=["Any"])
    inward |= {"RemoteAddress": ["LocalSubnet"], "Profile": "Domain, Private"}
    assert missing(report([inward], entries=peers)) == []
    assert missing(report([inward], entries=peers, name="Public")) == ["inbound lan tcp/22551"]
    inward["Profile"] = "Domain"
    assert missing(report([inward], entries=peers)) == ["inbound lan tcp/22551"]


@pytest.mark.parametrize("said", ["Domain", "1", "Domain, Private", "3", ["Domain", "Private"]])
def test_a_rule_counts_for_its_profiles_alone(said: Any) -> None:
    rules = [rule(Profile=said)]
    assert missing(report(rules)) == GONE
    assert missing(report(rules, name="Domain")) == []
    assert missing(report(rules, name="Public")) == GONE


def test_a_profile_that_is_off_filters_nothing() -> None:
    off = [profile(name, Enabled="False") for name in NAMES]
    assert missing(report([rule(Action="Block")], off)) == []
    assert missing(report([], [profile(name, Enabled="2") for name in NAMES])) == GONE
    some = [profile("Domain"), *off[1:]]
    assert missing(report([], some)) == GONE


def test_shields_up_lets_nothing_in() -> None:
    peers = [entry("lan", ports=(22551,), direction="inbound")]
    inward = rule(Direction="Inbound", LocalPort=["22551"], RemotePort=["Any"])
    inward["RemoteAddress"] = ["LocalSubnet"]
    assert missing(report([inward], entries=peers)) == []
    up = [profile(name, AllowInboundRules="False") for name in NAMES]
    assert missing(report([inward], up, entries=peers)) == ["inbound lan tcp/22551"]


def test_without_profiles_their_default_is_not_known() -> None:
    assert missing(report([rule()], profiles=None)) == []
    found = report([], profiles=None)
    assert missing(found) == GONE
    assert "not understood" in found.findings[0].message


NARROWING = [
    ("Program", r"C:\Program Files\Browser\browser.exe"),
    ("LocalUser", "D:(A;;CC;;;S-1-5-21-1-2-3-1001)"),
    ("RemoteMachine", "D:(A;;CC;;;S-1-5-21-1-2-3-1002)"),
    ("LocalAddress", ["10.1.2.3"]),
    ("LocalPort", ["50000"]),
    ("InterfaceType", "Wireless"),
    ("InterfaceAlias", ["Wi-Fi"]),
    ("Owner", "S-1-5-21-1-2-3-1001"),
    ("RemoteAddress", ["DefaultGateway"]),
    ("RemotePort", ["RPC"]),
    ("Profile", "Castle"),
    ("AKeyOfALaterRelease", "x"),
]


@pytest.mark.parametrize(("key", "value"), NARROWING)
def test_what_narrows_a_rule_and_is_not_known_takes_it_out(key: str, value: Any) -> None:
    found = report([rule(**{key: value})])
    assert missing(found) == GONE
    assert {line.text for line in found.not_read} == {"rule r1"}


@pytest.mark.parametrize(("key", "value"), NARROWING)
def test_a_block_that_is_not_understood_may_stop_what_is_allowed(key: str, value: Any) -> None:
    found = report([rule("r2"), rule(Action="Block", **{key: value})])
    assert missing(found) == []
    [doubt] = found.not_compared
    assert "may stop it" in doubt.reason


def test_rules_of_windows_itself_are_one_note() -> None:
    of_windows = [
        rule("dns", Service="Dnscache"),
        rule("app", Package="S-1-15-2-1"),
        rule("host", Program=r"%SystemRoot%\system32\svchost.exe", RemotePort=["Any"]),
    ]
    found = report(of_windows)
    assert (missing(found), found.not_read) == (GONE, ())
    assert "3 rules for one part of Windows alone do not count" in found.notes[0]


PORTS = {"Any": (0, 65535), "443": (443, 443), "20000-30000": (20000, 30000)}
NETWORKS = {
    "Any": ["0.0.0.0/0", "::/0"],
    "192.0.2.1": ["192.0.2.1/32"],
    "192.0.2.0/255.255.255.0": ["192.0.2.0/24"],
    "198.51.100.1-198.51.100.9": ["198.51.100.7/32"],
    "2001:db8::/32": ["2001:db8::/32"],
}
CONDITIONS = (
    *({},) * 10,
    {"Program": r"C:\other.exe"},
    {"LocalUser": "D:(A;;CC;;;S-1-5-21-1-2-3-1001)"},
    {"InterfaceType": "Wireless"},
)


def matches(packet: Packet, said: dict[str, Any], profile_name: str) -> bool:
    """Whether a rule is met by a program of no rule, as Microsoft's documentation says."""
    # "New-NetFirewallRule": all conditions have to be met; Any is met by all.
    named = said["Profile"].split(", ")
    first, last = PORTS[said["RemotePort"][0]]
    return (
        said["Enabled"] == "True"
        and (named == ["Any"] or profile_name in named)
        and all(
            said.get(key, "Any") == "Any" for key in ("Program", "LocalUser", "InterfaceType")
        )
        and said["Protocol"] in {"Any", packet.protocol.upper()}
        and first <= packet.port <= last
        and any(packet.is_in(net) for each in said["RemoteAddress"] for net in NETWORKS[each])
    )


def passes(packet: Packet, rules: list[dict[str, Any]], one: dict[str, str]) -> bool:
    """What a profile does: block rules before those that allow, then its default."""
    if one["Enabled"] == "False":
        return True
    met = [each["Action"] for each in rules if matches(packet, each, one["Name"])]
    if met:
        return "Block" not in met
    return one["DefaultOutboundAction"] == "Allow"


def test_no_verdict_contradicts_the_documentation() -> None:
    chance, said, every = random.Random(22), 0, 0
    of = entries(hosts=False)
    for _ in range(100):
        rules = [
            rule(
                f"r{number}",
                Enabled=chance.choice(("True", "True", "True", "False")),
                Action=chance.choice(("Allow", "Allow", "Block")),
                Profile=chance.choice(("Any", "Any", "Domain", "Domain, Private", "Public")),
                Protocol=chance.choice(("TCP", "TCP", "Any", "UDP")),
                RemotePort=[chance.choice(list(PORTS))],
                RemoteAddress=chance.sample(list(NETWORKS), chance.choice((1, 1, 2))),
                **chance.choice(CONDITIONS),
            )
            for number in range(chance.randrange(6))
        ]
        profiles = [
            profile(name, chance.choice(("Block", "Block", "Allow")))
            | {"Enabled": chance.choice(("True",) * 5 + ("False",))}
            for name in NAMES
        ]
        name = chance.choice(("", "", *NAMES))
        chosen = [each for each in profiles if name in {"", each["Name"]}]
        found = report(rules, profiles, of, name)
        every += len(of)
        said += hold_against_model(
            found,
            lambda packet, rules=rules, chosen=chosen: all(
                passes(packet, rules, each) for each in chosen
            ),
            hosts=False,
            shown=json.dumps([rules, profiles, name], indent=1),
        )
    assert said > every / 2
