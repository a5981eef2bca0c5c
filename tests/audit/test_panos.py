"""PAN-OS: XML and commands, scopes, Panorama's rules, lists from elsewhere, what narrows."""

from __future__ import annotations

import pytest

from tests.audit.verdicts import read
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ConfigParseError, ReadOptions
from tracker.audit.report import AuditReport

SERVER = [entry("192.0.2.1")]
GONE = ["outbound 192.0.2.1 tcp/443"]
OBJECTS = "set address server ip-netmask 192.0.2.1\nset service s443 protocol tcp port 443\n"
USUAL = {
    "from": "trust",
    "to": "untrust",
    "source": "any",
    "destination": "server",
    "application": "any",
    "service": "s443",
    "action": "allow",
}


def rule(name: str = "r1", base: str = "rulebase", **settings: str) -> str:
    """Commands of a rule that lets the server through; an empty setting is left out."""
    said = {
        **USUAL,
        **{key.strip("_").replace("_", "-"): each for key, each in settings.items()},
    }
    lines = [
        f"set {base} security rules {name} {key} {each}\n" for key, each in said.items() if each
    ]
    return "".join(lines)


def report(*parts: str, entries=SERVER, **options) -> AuditReport:
    file = ConfigFile("fw.txt", "".join(parts), "panos")
    return read(entries, file, options=ReadOptions(**options))


def missing(found: AuditReport) -> list[str]:
    return [each.endpoint for each in found.findings if each.kind == "missing"]


DEVICE = "set deviceconfig system hostname fw\n"


def test_a_device_without_rules_lets_nothing_through() -> None:
    for parts in ((DEVICE, OBJECTS), (OBJECTS, "set rulebase nat rules out from trust\n")):
        found = report(*parts)
        assert missing(found) == GONE
        assert found.judged[0].why == "there are none: nothing gets through"


def test_a_device_whose_rules_panorama_pushes_is_refused() -> None:
    managed = "set deviceconfig system panorama local-panorama panorama-server 10.0.0.5\n"
    with pytest.raises(ConfigParseError, match="has no rules of its own: Panorama pushes them"):
        report(DEVICE, managed, OBJECTS)
    assert missing(report(DEVICE, managed, OBJECTS, rule())) == []


def test_objects_alone_are_taken_as_let_through_and_said_to_be() -> None:
    found = report(OBJECTS)
    assert missing(found) == []
    assert "no policy in this file" in found.judged[0].why


NARROWING = [
    ("rule-type", "intrazone"),
    ("schedule", "nights"),
    ("negate-source", "yes"),
    ("negate-destination", "yes"),
    ("source-user", "alice"),
    ("source-hip", "patched"),
    ("hip-profiles", "patched"),
    ("target", "devices 0123456789"),
    ("a-key-of-a-later-release", "yes"),
    ("application", "dns"),
    ("service", "of-another-file"),
    ("destination", "of-another-file"),
    ("destination", "SE"),
    ("category", "computer-and-internet-info"),
]


@pytest.mark.parametrize(("key", "value"), NARROWING)
def test_what_narrows_a_rule_and_is_not_known_takes_it_out(key: str, value: str) -> None:
    found = report(OBJECTS, rule(**{key: value}))
    assert missing(found) == GONE
    [line] = found.not_read
    assert line.text == "rule r1"


@pytest.mark.parametrize(("key", "value"), NARROWING)
def test_a_deny_that_is_not_understood_may_stop_what_stands_below(key: str, value: str) -> None:
    found = report(OBJECTS, rule(action="deny", **{key: value}), rule("r2"))
    assert missing(found) == []
    [doubt] = found.not_compared
    assert "may stop it" in doubt.reason


def test_keys_that_change_nothing_are_no_noise() -> None:
    usual = {
        "description": '"to the vendor"',
        "tag": "[ vendor out ]",
        "log-setting": "default",
        "log-end": "yes",
        "profile-setting": "group strict",
        "option": "disable-server-response-inspection no",
        "rule-type": "universal",
        "negate-source": "no",
        "source-user": "any",
        "source-hip": "any",
        "category": "any",
        "target": "negate no",
        "disabled": "no",
    }
    found = report(OBJECTS, rule(**usual))
    assert (missing(found), found.not_read, found.notes) == ([], (), ())


def test_a_list_from_elsewhere_says_what_to_audit() -> None:
    edl = (
        "set external-list vendor type ip recurring hourly\n"
        "set external-list vendor type ip url https://fw.example.com/ip.txt\n"
    )
    found = report(OBJECTS, edl, rule(destination="vendor"))
    assert missing(found) == GONE
    assert found.not_read[0].why == (
        "the external list vendor is filled from https://fw.example.com/ip.txt: audit that list"
    )


def test_denied_lists_of_palo_alto_networks_are_noted_alone() -> None:
    deny = rule(action="deny", destination="[ panw-highrisk-ip-list panw-known-ip-list ]")
    found = report(OBJECTS, deny, rule("r2"))
    assert (missing(found), found.not_read, found.not_compared) == ([], (), ())
    assert "denies lists of Palo Alto Networks" in found.notes[0]


def test_rules_of_panorama_stand_before_and_after_the_firewalls_own() -> None:
    deny = rule(action="deny", destination="any", service="any")
    before = rule("p", "policy panorama pre-rulebase")
    after = rule("p", "policy panorama post-rulebase")
    assert missing(report(OBJECTS, deny, before)) == []
    assert missing(report(OBJECTS, deny, after)) == GONE


def test_virtual_systems_are_never_added_up() -> None:
    text = OBJECTS.replace("set ", "set shared ") + (
        rule(base="vsys vsys1 rulebase", action="deny") + rule(base="vsys vsys2 rulebase")
    )
    with pytest.raises(
        ConfigParseError, match=r"2 virtual systems or .*: vsys1, vsys2; .*--scope"
    ):
        report(text)
    assert missing(report(text, scopes=("vsys1",))) == GONE
    found = report(text, scopes=("vsys2",))
    assert missing(found) == []
    assert found.judged[0].what == "policies of vsys2 from trust to untrust"


PANORAMA = (
    "set device-group top address server ip-netmask 192.0.2.1\n"
    "set shared service s443 protocol tcp port 443\n"
    + rule("t", "device-group top pre-rulebase")
    + rule("b", "device-group branch pre-rulebase", action="deny")
    + "set readonly devices localhost.localdomain device-group branch parent-dg top\n"
)


def test_a_device_group_has_the_rules_and_objects_of_those_above() -> None:
    with pytest.raises(ConfigParseError, match=": top, branch; "):
        report(PANORAMA)
    # The rules of the group above come first.
    assert missing(report(PANORAMA, scopes=("branch",))) == []
    last = PANORAMA.replace("top pre-rulebase", "top post-rulebase")
    assert missing(report(last, scopes=("branch",))) == GONE
    assert missing(report(last, scopes=("top",))) == []


def test_rules_within_one_zone_let_nothing_out_of_it() -> None:
    within = rule("w", **{"from": "trust", "to": "trust"}, destination="any", service="any")
    assert missing(report(OBJECTS, within, rule(destination="10.0.0.1"))) == GONE


def test_rules_for_published_servers_are_not_the_way_out() -> None:
    published = "".join(
        rule(f"p{number}", **{"from": "untrust", "to": "dmz"}, destination="203.0.113.9")
        for number in range(3)
    )
    found = report(OBJECTS, published, rule())
    assert found.judged[0].what == "policies from trust to untrust"
    assert missing(found) == []


def test_an_interzone_default_that_allows_is_the_last_rule() -> None:
    last = "set rulebase default-security-rules rules interzone-default action allow\n"
    assert missing(report(OBJECTS, rule(destination="10.0.0.1"), last)) == []
    deny = rule(action="deny", destination="any", service="any")
    assert missing(report(OBJECTS, deny, last)) == GONE


def test_rules_that_may_stop_it_besides_are_noted() -> None:
    found = report(OBJECTS, rule(), "set rulebase decryption rules d action decrypt\n")
    assert found.notes == (
        "fw.txt: rules of decryption may stop what security rules let through;"
        " they are not compared",
    )


def xml(rules: str, more: str = "") -> str:
    return f"""<?xml version="1.0"?>
<config version="10.2.0" urldb="paloaltonetworks">
 <mgt-config/>
 <shared><service><entry name="s443"><protocol><tcp><port>443</port>
  <override><no/></override></tcp></protocol></entry></service></shared>
 <devices><entry name="localhost.localdomain">
  <deviceconfig><system><hostname>fw</hostname></system></deviceconfig>
  <vsys><entry name="vsys1">
   <zone><entry name="trust"/></zone>
   <address><entry name="server"><ip-netmask>192.0.2.1</ip-netmask></entry></address>
   <rulebase><security><rules>{rules}</rules></security></rulebase>
  </entry>{more}</vsys>
 </entry></devices>
</config>
"""


def xml_rule(name: str = "r1", **settings: str) -> str:
    said = {**USUAL, **settings}
    single = ("action", "rule-type", "disabled")
    inner = "".join(
        f"<{key}>{each}</{key}>" if key in single else f"<{key}><member>{each}</member></{key}>"
        for key, each in said.items()
    )
    return f'<entry name="{name}" uuid="0b2f9f7a-0000-4000-8000-000000000001">{inner}</entry>'


def test_a_configuration_as_xml_is_read_like_its_commands() -> None:
    found = report(xml(xml_rule()))
    assert (missing(found), found.not_read) == ([], ())
    assert found.judged[0].what == "policies of vsys1 from trust to untrust"
    assert missing(report(xml(xml_rule(action="deny")))) == GONE
    assert missing(report(xml(""))) == GONE
    found = report(xml(xml_rule(**{"rule-type": "intrazone"})))
    assert (missing(found), found.not_read[0].line) == (GONE, 11)


def test_virtual_systems_of_an_xml_are_named() -> None:
    other = (
        '<entry name="vsys2"><rulebase><security><rules>'
        f"{xml_rule(destination='any')}</rules></security></rulebase></entry>"
    )
    with pytest.raises(ConfigParseError, match=": vsys1, vsys2; "):
        report(xml(xml_rule(action="deny"), other))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config {\n  devices {\n", "set cli config-output-format set"),
        (xml("")[:400], "is not XML: "),
        (f'<!DOCTYPE x [<!ENTITY a "b">]>{xml("")}', "has a document type"),
        ("<config><shared>" + "<a>" * 200, "is nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigParseError, match=said):
        report(text)


def test_a_name_that_is_denied_is_not_opened_by_what_allows_everything() -> None:
    name = "set address name fqdn a.example.com\n"
    deny = rule(action="deny", destination="name", service="any")
    everything = rule("r2", destination="any", service="any")
    two = [entry("a.example.com"), entry("b.example.com")]
    found = report(OBJECTS, name, deny, everything, entries=two)
    assert missing(found) == ["outbound a.example.com tcp/443"]
    doubt = rule(action="deny", destination="name", schedule="nights")
    found = report(OBJECTS, name, doubt, everything, entries=two)
    assert missing(found) == []
    assert [each.endpoint for each in found.not_compared] == ["outbound a.example.com tcp/443"]
