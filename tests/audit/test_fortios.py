"""FortiOS: whole configurations, virtual domains, interfaces, and what is not understood."""

from __future__ import annotations

import pytest

from tests.audit.verdicts import read
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ConfigParseError, ReadOptions
from tracker.audit.report import AuditReport

SERVER = [entry("192.0.2.1")]
WHOLE = "#config-version=FGT60F-7.4.4-FW-build2662-240514:opmode=0:vdom=0:user=admin\n"
OBJECTS = """config firewall address
    edit "all"
    next
    edit "server"
        set uuid 0b2f9f7a-0000-51ee-0000-000000000001
        set subnet 192.0.2.1 255.255.255.255
    next
    edit "lan"
        set subnet 10.1.0.0 255.255.0.0
    next
    edit "abroad"
        set type geography
        set country "SE"
    next
end
config firewall service custom
    edit "ALL"
        set category "General"
        set protocol IP
    next
    edit "HTTPS"
        set tcp-portrange 443
    next
end
config firewall vip
    edit "web"
        set extip 203.0.113.10
        set mappedip "10.1.0.80"
    next
end
"""


def policy(number: int = 1, table: str = "policy", **settings: str) -> str:
    """A policy that lets the server through; an empty setting is left out."""
    usual = {
        "srcintf": '"lan"',
        "dstintf": '"wan1"',
        "srcaddr": '"all"',
        "dstaddr": '"server"',
        "action": "accept",
        "schedule": '"always"',
        "service": '"HTTPS"',
    }
    said = {**usual, **{key.replace("_", "-"): value for key, value in settings.items()}}
    lines = "".join(f"        set {key} {value}\n" for key, value in said.items() if value)
    return f"config firewall {table}\n    edit {number}\n{lines}    next\nend\n"


def report(*parts: str, entries=SERVER, **options) -> AuditReport:
    file = ConfigFile("fw.conf", "".join(parts), "fortios")
    return read(entries, file, options=ReadOptions(**options))


def missing(found: AuditReport) -> list[str]:
    return [each.endpoint for each in found.findings if each.kind == "missing"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((WHOLE, OBJECTS), "there are none: nothing gets through"),
        ((WHOLE,), "there are none: nothing gets through"),
        ((OBJECTS, "config firewall policy\nend\n"), "there are none: nothing gets through"),
        ((WHOLE, OBJECTS, policy(action="deny")), "no policy lets anything out"),
        ((WHOLE, OBJECTS, policy(status="disable")), "no policy lets anything out"),
    ],
)
def test_what_lets_nothing_through_is_never_clean(parts: tuple[str, ...], said: str) -> None:
    found = report(*parts)
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]
    assert said in found.judged[0].why


def test_objects_alone_are_taken_as_let_through_and_said_to_be() -> None:
    found = report('config firewall address\nedit "a"\nset subnet 192.0.2.1/32\nnext\nend\n')
    assert missing(found) == []
    assert "no policy in this file" in found.judged[0].why


def test_a_policy_is_judged_by_its_objects() -> None:
    found = report(WHOLE, OBJECTS, policy())
    assert (missing(found), found.not_read) == ([], ())
    assert found.judged[0].what == "policies from lan to wan1"


NARROWING = [
    ("srcaddr_negate", "enable"),
    ("dstaddr_negate", "enable"),
    ("service_negate", "enable"),
    ("internet_service", "enable"),
    ("internet_service_src", "enable"),
    ("schedule", '"office hours"'),
    ("action", "ipsec"),
    ("users", '"alice"'),
    ("groups", '"staff"'),
    ("fsso_groups", '"CN=STAFF"'),
    ("ztna_status", "enable"),
    ("ztna_ems_tag", '"EMS1_TAG"'),
    ("sgt_check", "enable"),
    ("src_vendor_mac", "12"),
    ("reputation_minimum", "3"),
    ("policy_expiry", "enable"),
    ("disclaimer", "enable"),
    ("nat64", "enable"),
    ("a-key-of-a-later-release", "enable"),
    ("dstaddr", '"abroad"'),
    ("dstaddr", '"of another file"'),
    ("service", '"of another file"'),
]


@pytest.mark.parametrize(("key", "value"), NARROWING)
def test_what_narrows_a_policy_and_is_not_known_takes_it_out(key: str, value: str) -> None:
    found = report(WHOLE, OBJECTS, policy(**{key: value}))
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]
    [line] = found.not_read
    assert line.text == "policy 1"
    assert value.strip('"') in line.why or key.replace("_", "-") in line.why


@pytest.mark.parametrize(("key", "value"), NARROWING)
def test_a_deny_that_is_not_understood_may_stop_what_stands_below(key: str, value: str) -> None:
    denies = policy(**{"action": "deny", key: value})
    found = report(WHOLE, OBJECTS, denies, policy(2))
    assert missing(found) == []
    [doubt] = found.not_compared
    assert "may stop it" in doubt.reason


def test_keys_that_change_nothing_are_no_noise() -> None:
    found = report(
        WHOLE,
        OBJECTS,
        policy(
            uuid="0b2f9f7a-0000-51ee-0000-000000000002",
            logtraffic="all",
            nat="enable",
            ippool="disable",
            tos_mask="0x00",
            reputation_minimum="0",
            internet_service="disable",
            groups="''",
            ztna_status="disable",
            vlan_cos_fwd="255",
            session_ttl="0",
        ),
    )
    assert (missing(found), found.not_read, found.notes) == ([], (), ())


def test_profiles_that_inspect_are_noted() -> None:
    found = report(WHOLE, OBJECTS, policy(webfilter_profile='"default"', utm_status="enable"))
    assert missing(found) == []
    assert "webfilter-profile" in found.notes[0]


def vdoms(**contents: str) -> str:
    names = "".join(f"edit {name}\nnext\n" for name in contents)
    bodies = "".join(
        f"config vdom\nedit {name}\n{text}end\n" for name, text in contents.items()
    )
    return f"{WHOLE}config vdom\n{names}end\nconfig global\nend\n{bodies}"


def test_virtual_domains_are_never_added_up() -> None:
    text = vdoms(root=OBJECTS + policy(action="deny"), users=OBJECTS + policy())
    with pytest.raises(ConfigParseError, match=r"2 virtual domains.*: root, users; .*--scope"):
        report(text)
    assert missing(report(text, scopes=("root",))) == ["outbound 192.0.2.1 tcp/443"]
    found = report(text, scopes=("users",))
    assert missing(found) == []
    assert found.judged[0].what == "policies of users from lan to wan1"


def test_policies_outside_of_virtual_domains_are_not_added_to_theirs() -> None:
    text = vdoms(root=OBJECTS + policy(action="deny")) + OBJECTS + policy()
    with pytest.raises(ConfigParseError, match="2 virtual domains"):
        report(text)
    assert missing(report(text, scopes=("root",))) == ["outbound 192.0.2.1 tcp/443"]


def test_a_virtual_domain_without_policies_is_no_firewall() -> None:
    found = report(vdoms(root=OBJECTS, users=OBJECTS + policy(action="deny")))
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]
    assert any("no policies in root" in part.why for part in found.judged)


def test_policies_between_other_interfaces_do_not_add_up() -> None:
    two = [entry("192.0.2.1"), entry("192.0.2.2")]
    other = 'config firewall address\nedit "other"\nset subnet 192.0.2.2/32\nnext\nend\n'
    parts = (
        *(WHOLE, OBJECTS, other, policy(), policy(2)),
        policy(3, srcintf='"guest"', dstaddr='"other"'),
    )
    found = report(*parts, entries=two)
    assert found.judged[0].what == "policies from lan to wan1"
    assert '"guest>wan1"' in found.judged[0].why
    assert missing(found) == ["outbound 192.0.2.2 tcp/443"]
    guest = report(*parts, entries=two, chain="guest>wan1")
    assert missing(guest) == ["outbound 192.0.2.1 tcp/443"]
    with pytest.raises(ConfigParseError, match='by --chain "dmz>wan1"; there are: lan>wan1'):
        report(*parts, chain="dmz>wan1")


def test_a_deny_on_the_path_counts_before_what_allows() -> None:
    deny = policy(action="deny", dstaddr='"all"', service='"ALL"')
    assert missing(report(WHOLE, OBJECTS, deny, policy(2))) == ["outbound 192.0.2.1 tcp/443"]
    elsewhere = policy(
        action="deny", dstaddr='"all"', service='"ALL"', srcintf='"guest"', dstintf='"wan1"'
    )
    found = report(WHOLE, OBJECTS, elsewhere, policy(2), policy(3))
    assert (missing(found), found.not_compared) == ([], ())


def test_a_published_server_says_nothing_of_what_goes_out() -> None:
    published = policy(2, srcintf='"wan1"', dstintf='"lan"', dstaddr='"web"')
    found = report(WHOLE, OBJECTS, policy(), published)
    assert (missing(found), found.not_read) == ([], ())


NGFW = "config system settings\n    set ngfw-mode policy-based\nend\n"
INSPECTED = policy(
    srcintf='"any"', dstintf='"any"', dstaddr='"all"', service='"ALL"', action="", schedule=""
)


def test_security_policies_decide_in_policy_based_mode() -> None:
    found = report(WHOLE, NGFW, OBJECTS, INSPECTED, policy(table="security-policy"))
    assert (missing(found), found.not_read) == ([], ())
    assert found.judged[0].why == "NGFW mode is policy-based"
    found = report(WHOLE, NGFW, OBJECTS, INSPECTED, policy(2, dstaddr='"lan"'))
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]


@pytest.mark.parametrize(
    ("key", "value"), [("application", "15832"), ("url_category", "52"), ("service", "")]
)
def test_a_security_policy_by_application_is_not_understood(key: str, value: str) -> None:
    narrowed = policy(table="security-policy", **{key: value})
    found = report(WHOLE, NGFW, OBJECTS, INSPECTED, narrowed)
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]
    assert len(found.not_read) == 1


def test_what_no_inspection_policy_takes_in_is_not_compared() -> None:
    narrow = policy(action="", schedule="")
    found = report(WHOLE, NGFW, OBJECTS, narrow, policy(table="security-policy"))
    assert missing(found) == []
    assert "reaches the security policies" in found.not_compared[0].reason


def test_policies_of_older_releases_for_ipv6_are_read() -> None:
    six = (
        'config firewall address6\nedit "six"\nset ip6 2001:db8::1/128\nnext\n'
        'edit "all"\nset ip6 ::/0\nnext\nend\n'
    )
    entries = [entry("2001:db8::1")]
    found = report(
        WHOLE, OBJECTS, six, policy(table="policy6", dstaddr='"six"'), entries=entries
    )
    assert (missing(found), found.not_read) == ([], ())
    # A policy of IPv4 alone opens nothing over IPv6.
    found = report(WHOLE, OBJECTS, six, policy(dstaddr='"all"'), entries=entries)
    assert missing(found) == ["outbound 2001:db8::1 tcp/443"]


def test_a_list_from_elsewhere_says_what_to_audit() -> None:
    feed = (
        'config system external-resource\nedit "feed"\nset type address\n'
        'set resource "https://fw.example.com/ip.txt"\nnext\nend\n'
    )
    found = report(WHOLE, feed, OBJECTS, policy(dstaddr='"feed"'))
    assert missing(found) == ["outbound 192.0.2.1 tcp/443"]
    assert found.not_read[0].why == (
        "the list feed is filled from https://fw.example.com/ip.txt: audit that list"
    )


def test_a_service_for_some_source_ports_is_not_understood() -> None:
    for source, is_known in (("1-65535", True), ("1024-65535", True), ("11", False)):
        service = (
            f'config firewall service custom\nedit "s"\nset tcp-portrange 443:{source}\n'
            "next\nend\n"
        )
        found = report(WHOLE, OBJECTS, service, policy(service='"s"'))
        assert bool(found.not_read) is not is_known
