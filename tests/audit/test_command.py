"""`fwtracker audit` as a user has it: output, exit status, one line for each error."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.support import checkers

SCHEMA = json.loads((Path(__file__).parent / "sarif.schema.json").read_text())
EUROPE = ("--region", "Europe")


@pytest.fixture
def rules(first_runs, tmp_path) -> Path:
    """The rule files of Europe; the store has one version."""
    first_runs("2024-04/stacks.html")
    return tmp_path / "snapshots/action1/rules/europe"


def without(path: Path, line: str) -> Path:
    path.write_text("".join(x for x in path.read_text().splitlines(True) if line not in x))
    return path


def test_our_own_files_are_clean(rules: Path, fwtracker) -> None:
    names = ("ips.txt", "domains.txt", "endpoints.csv", "nftables.nft", "fortios.conf")
    names += ("iptables.rules", "ipset.conf")
    for name in names:
        ran = fwtracker("audit", rules / name, *EUROPE)
        assert (ran.status, ran.err) == (0, "")
        assert ran.out.endswith("compared: clean\n")


def test_what_is_missing_is_named_and_fails(rules: Path, fwtracker) -> None:
    path = without(rules / "ips.txt", "3.74.63.86")
    ran = fwtracker("audit", path, *EUROPE)
    assert ran.status == 1
    assert "missing: 1, documented, and not let through: this will break" in ran.out
    assert "3.74.63.86" in ran.out
    for option, status in (("stale", 0), ("wide", 0), ("missing", 1)):
        assert fwtracker("audit", path, *EUROPE, "--fail-on", option).status == status
    assert fwtracker("audit", path, *EUROPE, "--fix").out == "+ 3.74.63.86\n"


def test_json_and_sarif_say_the_same(rules: Path, fwtracker) -> None:
    path = without(rules / "ips.txt", "3.74.63.86")
    path.write_text(path.read_text() + "198.51.100.9\nwhat is this\n")
    found = fwtracker("audit", path, *EUROPE, "--json").json
    assert found["summary"] == {"missing": 1, "stale": 0, "wide": 0, "covered": 0, "extra": 1}
    assert found["not_read"][0]["text"] == "what is this"
    sarif = fwtracker("audit", path, *EUROPE, "--sarif").json
    jsonschema.validate(sarif, SCHEMA)
    results = sarif["runs"][0]["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [
        ("missing", "error"),
        ("extra", "note"),
        ("not-read", "note"),
    ]
    line = results[1]["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert path.read_text().splitlines()[line - 1] == "198.51.100.9"


HOST = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A FORWARD -d 198.51.100.1/32 -j ACCEPT
COMMIT
"""


def test_what_was_judged_is_said_first_and_chosen(rules: Path, fwtracker, tmp_path) -> None:
    (tmp_path / "fw").write_text(HOST)
    for options, chain, why in (
        ((), "FORWARD", "it forwards some of what is new, so this is a gateway"),
        (("--chain", "output"), "OUTPUT", "chosen with --chain"),
    ):
        ran = fwtracker("audit", "fw", *EUROPE, *options)
        first, second, *_ = ran.out.splitlines()
        assert first == f"fw (iptables, chain {chain}) against action1 version 1: Europe"
        assert second == f"judged: fw: chain {chain}: {why}"
        found = fwtracker("audit", "fw", *EUROPE, *options, "--json").json
        assert found["judged"] == [{"file": "fw", "what": f"chain {chain}", "why": why}]
        mended = fwtracker("audit", "fw", *EUROPE, *options, "--fix").out
        assert f"iptables -I {chain} -d 18.185.175.163 -p tcp --dport 22543 -j ACCEPT" in mended
    listed = fwtracker("audit", rules / "ips.txt", *EUROPE).out.splitlines()
    assert listed[1].endswith("taken as let through: no policy in this file")


def test_several_firewalls_need_a_choice(rules: Path, fwtracker, tmp_path) -> None:
    (tmp_path / "fw").write_text(HOST + HOST.replace(":OUTPUT DROP", ":OUTPUT ACCEPT"))
    ran = fwtracker("audit", "fw", *EUROPE)
    assert (ran.status, ran.out) == (2, "")
    assert "fw: has 2 hosts, each with rules of its own: host 1, host 2" in ran.err
    assert "choose with --scope NAME" in ran.err
    ran = fwtracker("audit", "fw", *EUROPE, "--scope", "host 2", "--chain", "output")
    assert ran.out.splitlines()[1] == "judged: fw: host 2: chain OUTPUT: chosen with --chain"
    assert ran.status == 0


def test_lines_of_nat_do_not_fail_what_is_not_read(rules: Path, fwtracker, tmp_path) -> None:
    nat = "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n"
    (tmp_path / "fw").write_text(nat + HOST)
    assert fwtracker("audit", "fw", *EUROPE, "--fail-on", "not-read").status == 0
    (tmp_path / "fw").write_text(HOST.replace("-d 198", "-m time --weekdays Mon -d 198"))
    assert fwtracker("audit", "fw", *EUROPE, "--fail-on", "not-read").status == 1


def test_a_file_of_windows_powershell_is_utf_16(rules: Path, fwtracker) -> None:
    path = rules / "ips.txt"
    path.write_bytes(path.read_text().encode("utf-16"))
    assert fwtracker("audit", path, *EUROPE).status == 0


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (None, (), "fw: cannot be read: No such file or directory"),
        (b"\xff\xff\xff", (), "fw: not UTF-8 text: invalid start byte"),
        (b"what is this?\n", (), "fw: is of no known kind; say which with --as: "),
        (b"ASA Version 9.16(1)\n", (), "fw: looks like Cisco ASA, which is not read"),
        (b"<opnsense></opnsense>", ("--as", "pfsense"), "fw: looks like opnsense, not pfsense"),
        (b"192.0.2.1\n", ("--chain", "x"), "--chain is for files of "),
        (b"*filter\n:OUTPUT DROP\nCOMMIT\n", ("--chain", "x"), 'is called "x"; there are: OUT'),
        (b"{", ("--as", "nftables"), "fw: is not JSON: "),
        (b"{}", ("--as", "nft"), 'no kind of dump is called "nft"; there are: '),
        (b"192.0.2.1\n", ("--region", "Mars"), 'no region is called "Mars"; there are: '),
        (b"192.0.2.1\n", ("--component", "x"), 'no component is called "x"; there are: '),
        (b"192.0.2.1\n", ("--version", "9"), "there is no version 9 of action1"),
        (b"192.0.2.1\n", ("--json", "--sarif"), "choose one of --json, --sarif and --fix"),
        (b"192.0.2.1\n", ("--as", "ips", "--as", "ips"), "give --as once, or once for each"),
        (b'config firewall address\nedit "x', (), "fw: the quote of line 2 is not closed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><alias>', (), "fw: has a document type"),
    ],
)
def test_an_error_is_one_line(rules, fwtracker, tmp_path, data, options, said) -> None:
    if data is not None:
        (tmp_path / "fw").write_bytes(data)
    ran = fwtracker("audit", "fw", *options)
    assert ran.status == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err


def test_no_file_is_told_where_to_look(fwtracker) -> None:
    ran = fwtracker("audit")
    assert ran.status == 2
    assert "fwtracker audit --list" in ran.err


def test_the_powershell_of_the_docs_is_powershell() -> None:
    docs = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    script = docs.partition("```powershell\n")[2].partition("```")[0]
    assert script
    assert checkers.powershell(script, Path("/")) == ""
