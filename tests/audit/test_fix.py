"""What a fix prints, loaded into what it is for, leads to a clean audit."""

from __future__ import annotations

import json

import pytest

from tests.audit.dumps import exported_windows, in_namespace, ours
from tests.audit.samples import list_findings, run_audit
from tests.formats.netns import need
from tests.formats.samples import entry, rule_set
from tracker.audit.audit import ConfigFile, parse_files
from tracker.audit.fix import fix, list_by_hand
from tracker.audit.readers import load_reader
from tracker.formats import load as load_format

NOW = [entry("192.0.2.1", "192.0.2.2", "a.example.com")]
THEN = [entry("192.0.2.2", "192.0.2.9", "a.example.com")]
OTHERS = "-A FORWARD -d 198.51.100.1/32 -p tcp -m tcp --dport 25 -j ACCEPT\n"


def fixed(kind: str, text: str) -> str:
    file = ConfigFile("fw", text, kind)
    [read] = parse_files([file])
    made = run_audit(NOW, file, older=[THEN])
    return fix(made.found, made.sets, read.reader, "fw", text, read.config.fix_into) or ""


def found(kind: str, text: str) -> list[str]:
    return list_findings(run_audit(NOW, ConfigFile("fw", text, kind), older=[THEN]).report)


@pytest.mark.parametrize(
    ("kind", "come", "go"),
    [("ips", "192.0.2.1", "192.0.2.9"), ("domains", "a.example.com", "b.example.com")],
)
def test_a_list_is_told_its_lines(kind: str, come: str, go: str) -> None:
    made = run_audit([entry(come)], ConfigFile("fw", f"{go}\n", kind), older=[[entry(go)]])
    assert fix(made.found, made.sets, load_reader(kind), "fw", go) == f"+ {come}\n- {go}\n"


def test_a_ruleset_of_nft_is_loaded_again() -> None:
    need("nft")
    [before] = ours("nftables")(rule_set(*THEN))
    old = in_namespace("nft -f -", before, "nft -j list ruleset")
    new = in_namespace("nft -f -", before + fixed("nftables", old), "nft -j list ruleset")
    assert found("nftables", old) == [
        "missing outbound 192.0.2.1 tcp/443",
        "stale outbound 192.0.2.9 tcp/443",
    ]
    assert found("nftables", new) == []


def test_iptables_is_told_commands() -> None:
    need("iptables")
    rule = "-A FORWARD -d {}/32 -p tcp -m tcp --dport 443 -j ACCEPT\n"
    rules = "".join(rule.format(each) for each in ("192.0.2.2", "192.0.2.9"))
    old = f"*filter\n:FORWARD DROP [0:0]\n:INPUT DROP [0:0]\n{rules}{OTHERS}COMMIT\n"
    script = f"iptables-restore\n{fixed('iptables', old)}"
    new = in_namespace(script, old, "iptables-save")
    # Other people's rules stay.
    assert found("iptables", new) == ["extra outbound 198.51.100.1 tcp/25"]


def test_ipset_is_told_lines_to_restore() -> None:
    need("ipset")
    old = "create a1 hash:net,port\nadd a1 192.0.2.2,tcp:443\nadd a1 192.0.2.9,tcp:443\n"
    lines = fixed("ipset", old)
    assert lines == "add a1 192.0.2.1,tcp:443\ndel a1 192.0.2.9,tcp:443\n"
    assert found("ipset", in_namespace("ipset restore -exist", old + lines, "ipset save")) == []


@pytest.mark.parametrize("kind", ["fortios", "panos", "windows", "pfsense", "opnsense"])
def test_objects_are_told_by_the_delta_of_their_format(kind: str) -> None:
    make = exported_windows if kind == "windows" else ours(kind)
    form = load_format(kind)
    assert form.delta is not None
    expected = form.delta(rule_set(*THEN), rule_set(*NOW)) or ""
    assert "192.0.2.1" in expected
    assert without_digests(fixed(kind, *make(rule_set(*THEN)))) == without_digests(expected)


def without_digests(text: str) -> list[str]:
    said = ("digest", "version")
    return [line for line in text.splitlines() if not any(word in line for word in said)]


def test_somebody_elses_objects_are_not_deleted_by_a_name_that_they_do_not_have() -> None:
    text = ours("fortios")(rule_set(*THEN))[0].replace("action1-europe", "mine")
    made = run_audit(NOW, ConfigFile("fw", text, "fortios"), older=[THEN])
    own = (made.found, made.sets, load_reader("fortios"), "fw", text)
    lines = fix(*own) or ""
    assert 'edit "action1-europe_192.0.2.1"' in lines
    assert "192.0.2.9" not in lines
    assert [each.permit.location.text for each in list_by_hand(*own)] == [
        "mine_192.0.2.9 in mine_tcp-443"
    ]


def test_aws_is_told_commands_of_its_tool() -> None:
    lists = [{"Cidr": "192.0.2.2/32"}, {"Cidr": "192.0.2.9/32"}]
    text = json.dumps({"PrefixListId": "pl-1", "Entries": lists})
    [line] = fixed("aws-prefix-list", text).splitlines()
    assert line.startswith("aws ec2 modify-managed-prefix-list --prefix-list-id pl-1")
    assert "--add-entries Cidr=192.0.2.1/32 --remove-entries Cidr=192.0.2.9/32" in line
    group = {
        "GroupId": "sg-1",
        "IpPermissionsEgress": [
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": each["Cidr"]} for each in lists],
            }
        ],
    }
    lines = fixed("aws-sg", json.dumps({"SecurityGroups": [group]})).splitlines()
    assert [line.split()[2] for line in lines] == [
        "authorize-security-group-egress",
        "revoke-security-group-egress",
    ]
    assert '"CidrIp": "192.0.2.9/32"' in lines[1]


def test_nothing_to_do_is_nothing() -> None:
    assert fixed("ips", "192.0.2.1\n192.0.2.2\n198.51.100.7\n") == ""
