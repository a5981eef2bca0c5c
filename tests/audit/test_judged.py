"""What an audit does with what readers say: families, stages, scopes, doubts, options."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.audit.samples import audit_report
from tests.formats.samples import entry, rule_set
from tracker.audit.audit import ConfigFile, parse_files
from tracker.audit.compare import compare
from tracker.audit.documented import collect_documented
from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE_IN,
    ConfigParseError,
    Location,
    Permit,
    ReadOptions,
    Target,
    parse_range,
)
from tracker.audit.readers import list_readers, load_reader, load_reader_for
from tracker.errors import UsageError

FOUR, SIX, NAME = "192.0.2.1", "2001:db8::1", "a.example.com"
ENTRIES = [entry(FOUR, SIX, NAME)]
AT = Location(1, "rule", "fw")
REPORTS = {"missing", "covered", "doubtful"}


def permit(target: str | int, *, deny: bool = False, **more) -> Permit:
    """A permit for an address, a name, or any address of a family."""
    where: Target | None = ANYWHERE_IN[target] if isinstance(target, int) else None
    where = where or parse_range(str(target)) or str(target)
    return Permit("outbound", where, "tcp", more.pop("ports", ANY_PORT), AT, deny, **more)


def verdicts(*permits: Permit) -> dict[str, str]:
    """What a comparison says of each endpoint; what is exactly as documented is `clean`."""
    of = rule_set(*ENTRIES)
    found = compare(collect_documented([of], ENTRIES, [of], ()), [permits])
    said = dict.fromkeys((FOUR, SIX, NAME), "clean")
    for kind in REPORTS:
        for each in getattr(found, kind):
            said[each.needed.endpoint.target] = kind
    return said


OPEN = (permit(4), permit(6))


@pytest.mark.parametrize(
    ("permits", "expected"),
    [
        ((), {FOUR: "missing", SIX: "missing", NAME: "missing"}),
        (OPEN, {FOUR: "covered", SIX: "covered", NAME: "covered"}),
        # Each family by itself.
        ((permit(4),), {FOUR: "covered", SIX: "missing", NAME: "covered"}),
        ((permit(6),), {FOUR: "missing", SIX: "covered", NAME: "missing"}),
        ((permit(6, deny=True), *OPEN), {FOUR: "covered", SIX: "missing", NAME: "covered"}),
        ((permit(4, deny=True), *OPEN), {FOUR: "missing", SIX: "covered", NAME: "missing"}),
        ((permit(NAME, families=(6,), ports=(443, 443)),), {NAME: "missing"}),
        ((permit(NAME, families=(4,), ports=(443, 443)),), {NAME: "clean"}),
        # A deny of most addresses may well have that of a name; one of a few does not count.
        ((permit("0.0.0.0/1", deny=True), *OPEN), {FOUR: "covered", NAME: "missing"}),
        ((permit("192.0.2.0/24", deny=True), *OPEN), {FOUR: "missing", NAME: "covered"}),
        # What is not understood opens nothing, and may stop what stands below it.
        ((permit(4, unknown="x"),), {FOUR: "missing", NAME: "missing"}),
        (
            (permit(4, deny=True, unknown="x"), *OPEN),
            {FOUR: "doubtful", SIX: "covered", NAME: "doubtful"},
        ),
        ((*OPEN, permit(4, deny=True, unknown="x")), {FOUR: "covered", NAME: "covered"}),
        (
            (permit(4, deny=True, unknown="x", ports=(80, 80)), *OPEN),
            {FOUR: "covered", NAME: "covered"},
        ),
        (
            (permit("192.0.2.0/24", deny=True, unknown="x"), *OPEN),
            {FOUR: "doubtful", NAME: "covered"},
        ),
        # Every stage has to let it through, of the families that it has.
        ((*OPEN, permit(FOUR, stage=1), permit(4, deny=True, stage=1)), {FOUR: "covered"}),
        (
            (*OPEN, permit(4, deny=True, stage=1)),
            {FOUR: "missing", SIX: "covered", NAME: "missing"},
        ),
        ((permit(FOUR, ports=(443, 443)), permit(4, stage=1)), {FOUR: "clean"}),
        (
            (permit(4), permit(4, deny=True, unknown="x", stage=1), permit(4, stage=1)),
            {FOUR: "doubtful", NAME: "doubtful"},
        ),
        ((permit(4), permit(4, unknown="x", stage=1)), {FOUR: "missing", NAME: "missing"}),
    ],
)
def test_permits_of_a_scope(permits: tuple[Permit, ...], expected: dict[str, str]) -> None:
    said = verdicts(*permits)
    assert {each: said[each] for each in expected} == expected


def test_a_deny_of_one_scope_stops_nothing_in_another() -> None:
    of = rule_set(*ENTRIES)
    state = collect_documented([of], ENTRIES, [of], ())
    scopes = [[permit(4, deny=True), *OPEN], OPEN]
    assert not compare(state, scopes).missing
    assert compare(state, scopes[:1]).missing


def vpcs(*names: str) -> ConfigFile:
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    groups = [
        {"GroupId": f"sg-{at}", "VpcId": name, "IpPermissionsEgress": [rule]}
        for at, name in enumerate(names)
    ]
    return ConfigFile("-".join(names), json.dumps({"SecurityGroups": groups}), "aws-sg")


def test_firewalls_of_several_files_are_never_added_up_either() -> None:
    with pytest.raises(ConfigParseError, match=r"vpc-1, vpc-2: has 2 .* choose with --scope"):
        parse_files([vpcs("vpc-1"), vpcs("vpc-2")])
    parse_files([vpcs("vpc-1"), replace(vpcs("vpc-1"), name="again")])
    options = ReadOptions(scopes=("vpc-2",))
    one, two = parse_files([vpcs("vpc-1"), vpcs("vpc-2")], options)
    assert (one.config.permits, bool(two.config.permits)) == ([], True)
    with pytest.raises(ConfigParseError, match='no scope is called "x"; there are: vpc-1'):
        parse_files([vpcs("vpc-1")], ReadOptions(scopes=("x",)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ReadOptions(chain="x"), "--chain is for files of .*iptables.*; leave it out for ips"),
        (ReadOptions(profile="x"), "--profile is for files of windows; leave it out for ips"),
        (ReadOptions(scopes=("x",)), "--scope is for files of .*; leave it out for ips"),
    ],
)
def test_an_option_that_chooses_nothing_is_refused(options: ReadOptions, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_files([ConfigFile("fw", "192.0.2.1\n", "ips")], options)


def test_a_list_is_taken_as_let_through_and_said_to_be() -> None:
    report = audit_report(ENTRIES, ConfigFile("fw", f"{FOUR}\n", "ips"))
    [judged] = report.judged
    assert (judged.file, judged.what) == ("fw", "all that it names")
    assert judged.why == "taken as let through: no policy in this file"
    # Sets beside the rules that name them are no list.
    rules = "*filter\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
    sets = ConfigFile("sets", "create a hash:net\n", "ipset")
    report = audit_report(ENTRIES, ConfigFile("fw", rules, "iptables"), sets)
    assert [each.file for each in report.judged] == ["fw"]


def test_a_set_with_holes_is_not_taken_for_a_whole_one() -> None:
    rules = (
        "*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT -m set --match-set a dst -j ACCEPT\nCOMMIT\n"
    )
    for hole in (f"{FOUR} nomatch", f"{FOUR} timeout 300"):
        sets = f"create a hash:net\nadd a 192.0.2.0/24\nadd a {hole}\n"
        files = ConfigFile("fw", rules, "iptables"), ConfigFile("sets", sets, "ipset")
        report = audit_report(ENTRIES, *files)
        assert FOUR in {each.target for each in report.findings if each.kind == "missing"}
        reasons = [line.why for line in report.not_read]
        assert any("has members that are not understood" in why for why in reasons)


FOREIGN = {
    "nftables": "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
    "iptables": "table inet t {\n\tchain c {\n\t}\n}\n",
    "fortios": "set address a ip-netmask 192.0.2.1\nset rulebase security rules x to any\n",
    "panos": 'config firewall address\n    edit "a"\n    next\nend\n',
    "windows": json.dumps({"SecurityGroups": []}),
    "aws-sg": json.dumps({"nftables": []}),
    "pfsense": '<?xml version="1.0"?>\n<opnsense>\n<alias></alias>\n</opnsense>\n',
    "ipset": "# 2026-01-01 by RouterOS 7.1\n/ip firewall filter\n",
    "csv": "ASA Version 9.16(1)\nhostname fw\n",
}
LOOKS = {
    "nftables": "iptables",
    "iptables": "nftables",
    "fortios": "panos",
    "panos": "fortios",
    "windows": "aws-sg",
    "aws-sg": "nftables",
    "pfsense": "opnsense|OPNsense",
    "ipset": "MikroTik RouterOS",
    "csv": "Cisco ASA",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_another_product_is_refused_by_its_name(kind: str) -> None:
    with pytest.raises(
        ConfigParseError, match=f"fw: looks like (?:{LOOKS[kind]}).*, not {kind}"
    ):
        load_reader_for(kind, FOREIGN[kind], "fw")


def test_what_a_reader_takes_is_documented() -> None:
    docs = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    table = [line for line in docs.splitlines() if line.startswith("| ")]
    for reader in map(load_reader, list_readers()):
        rows = [line for line in table if reader.name in line.split("|")[1]]
        for option in reader.takes:
            assert any(f"--{option}" in row for row in rows), (reader.name, option)
