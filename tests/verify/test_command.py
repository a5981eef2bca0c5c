"""`fwtracker verify` as a user runs it, on loopback: nothing documented is connected to."""

from __future__ import annotations

import json
import re
import socket
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.audit.samples import snapshot
from tests.formats.samples import SAMPLES, entry
from tests.support import checkers
from tracker.commands.verify_output import OutputFile
from tracker.model import LAN, Service
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.verify.connect import find_silent_gateway
from tracker.verify.exports import render_prometheus
from tracker.verify.plan import plan_tasks
from tracker.verify.probe import ProbeOptions, run_probes
from tracker.verify.report import (
    Attempt,
    VerifyReport,
    is_reached,
    summarize_attempts,
    summarize_regions,
)
from tracker.verify.states import MEANINGS, STATES, WORST_FIRST, Meaning
from tracker.verify.tls import load_authorities


def stored(folder: Path, *entries, version: int = 1) -> None:
    Tree(open_store(str(folder / "snapshots")), "action1").commit(
        snapshot(*entries, version=version), {}
    )


def test_a_dry_run_says_what_it_would_connect_to(fwtracker, tmp_path) -> None:
    stored(tmp_path, *SAMPLES["2024-04-europe"].entries)
    ran = fwtracker("verify", "--dry-run")
    assert (ran.status, ran.err) == (0, "")
    assert "3.74.63.86 tcp/22543 TLS" in ran.out
    assert "445" not in ran.out
    assert "not tried: 3, inbound" in ran.out


@pytest.mark.parametrize(
    ("toml", "options", "said"),
    [
        ("", ("--region", "Mars"), 'no region is called "Mars"'),
        ("", ("--format", "ips", "--json"), "choose one of --format and --json"),
        ("", ("--version", "7"), "there is no version 7"),
        (
            '[verify]\nca_file = "no-such.pem"',
            (),
            "[verify] ca_file: no-such.pem: no such file",
        ),
        ("[verify]\ntimeout = 0", (), "[verify.timeout]"),
        ("[verify]\ntimout = 1", (), 'unknown key "timout"; did you mean "timeout"?'),
        (
            '[verify]\nchildren = {"*.a.com" = ["b.com"]}',
            (),
            '"b.com" is not a host below "*.a.com"',
        ),
        ("", ("--junit", "no/such/file"), "no/such/file: cannot be written: No such file"),
        ("", ("--prometheus", "no/such/file"), "cannot be written: No such file"),
        ("", ("--format", "tables"), 'no format is called "tables"; there are:'),
        (
            "",
            ("--source-address", "192.0.2.77"),
            "192.0.2.77 is not an address of this machine",
        ),
        ("", ("--source-address", "eth0"), "eth0 is not an address of this machine"),
        ("", ("--proxy", "socks5://a:1"), "the proxy is not of the form http://HOST:PORT"),
        ("", ("--proxy", "http://a:x"), "the proxy is not of the form http://HOST:PORT"),
        ("", ("--proxy", "env"), "the environment has no proxy; set one of HTTPS_PROXY"),
        ('[verify]\nproxy = "http://a:secret@b"', (), "cannot contain a password"),
        ("", ("--site", "Mars"), 'the page has nothing only for "Mars"; its sites: none'),
    ],
)
def test_an_error_is_one_line_and_comes_before_anything_is_dialled(
    fwtracker, tmp_path, toml, options, said
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(toml)
    with socket.create_server(("127.0.0.1", 0)) as server:
        stored(tmp_path, entry("127.0.0.1", ports=(server.getsockname()[1],)))
        ran = fwtracker("verify", "-q", *options)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert ran.out == ""
    assert [each.name for each in tmp_path.iterdir() if "such" in each.name] == []


def test_a_report_is_printed_though_its_file_cannot_be_written(fwtracker, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stored(tmp_path, entry("127.0.0.1", ports=(server.getsockname()[1],)))
        ran = fwtracker("verify", "--junit", "/dev/full", "--prometheus", "out.prom")
    assert ran.status == 2
    assert "/dev/full: cannot be written: No space left on device" in ran.err
    assert "everything required is open" in ran.out
    assert (
        'fwtracker_verify_reached{source="action1",version="1"} 1'
        in (tmp_path / "out.prom").read_text().splitlines()
    )


def test_an_interrupted_run_reports_what_it_has() -> None:
    """One endpoint is open, the other never answers in TLS; the interrupt comes between."""

    def interrupt(done: int, count: int) -> None:
        if done == 1 and not seen:
            seen.append((done, count))
            raise KeyboardInterrupt

    seen: list[tuple[int, int]] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        tls = Service("tcp", other.getsockname()[1], other.getsockname()[1], "TLS")
        rows = [entry("127.0.0.1", ports=(one.getsockname()[1],))]
        tasks = plan_tasks([*rows, entry("127.0.0.1", services=(tls,))], {})
        options = ProbeOptions(60, load_authorities(None, {}))
        found = run_probes(tasks, options, 2, 60, interrupt)
    assert seen == [(1, 2)]
    said = {each.direct[0].port: each.direct[0].detail for each in found}
    assert said == {rows[0].services[0].from_port: "", tls.from_port: "not tried in time"}


def test_a_file_that_was_there_is_whole_until_the_new_one_is(tmp_path) -> None:
    path = tmp_path / "out.prom"
    path.write_text("old")
    file = OutputFile(path)
    assert path.read_text() == "old"
    file.write("new")
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["out.prom"]


def test_a_machine_without_a_network_is_told_so_and_offered_no_rules(tmp_path) -> None:
    checkers.need("unshare")
    stored(tmp_path, entry("20.1.0.1"), entry("a.example.com"))
    root = Path(__file__).parents[2]
    verify = f'PYTHONPATH={root} "$PYTHON" -m tracker verify --timeout 2'
    script = f"{verify} --format ips > rules 2> said; {verify} --json --junit out.xml"
    ran = checkers.run(*checkers.ISOLATED, "sh", "-c", script, folder=tmp_path)
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["network"], report["reached"]) == (1, False, False)
    assert {each["state"] for each in report["results"]} == {"no-route", "dns-fails"}
    assert (tmp_path / "rules").read_text() == ""
    said = (tmp_path / "said").read_text()
    assert "note: this machine has no network: no route leads to any target; the" in said
    assert "allow these" not in said


SILENT = """
ip link add a0 type veth peer name b0
ip addr add 10.77.9.2/24 dev a0
ip link set a0 up; ip link set b0 up
ip route add default via 10.77.9.1
"""


def test_a_gateway_that_does_not_answer_is_no_network_either(tmp_path) -> None:
    checkers.need("unshare", "ip")
    stored(tmp_path, entry("20.1.0.1"))
    root = Path(__file__).parents[2]
    verify = f'PYTHONPATH={root} "$PYTHON" -m tracker verify --timeout 1 --format ips'
    script = f"{SILENT}\n{verify} --prometheus it.prom"
    ran = checkers.run(*checkers.ISOLATED, "sh", "-c", script, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "this machine has no network: its gateway 10.77.9.1 does not answer" in ran.stderr
    assert (
        'fwtracker_verify_network{source="action1",version="1"} 0'
        in (tmp_path / "it.prom").read_text()
    )


@pytest.mark.parametrize(
    ("neighbour", "silent"),
    [
        ("10.77.9.1 0x1 0x0 00:00:00:00:00:00 * a0", "10.77.9.1"),
        ("10.77.9.1 0x1 0x2 02:00:00:00:00:01 * a0", None),  # it answered
        ("10.77.9.7 0x1 0x0 00:00:00:00:00:00 * a0", None),  # another was asked
    ],
)
def test_a_gateway_is_silent_where_it_was_asked_in_vain(tmp_path, neighbour, silent) -> None:
    gateway = int.from_bytes(bytes([10, 77, 9, 1]), sys.byteorder)
    (tmp_path / "route").write_text(
        "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        f"a0 00000000 {gateway:08X} 0003 0 0 0 00000000 0 0 0\n"
        "a0 00094D0A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
    )
    (tmp_path / "arp").write_text(
        f"IP address HW type Flags HW address Mask Dev\n{neighbour}\n"
    )
    assert find_silent_gateway(tmp_path) == silent
    assert find_silent_gateway(tmp_path / "none") is None


def test_labels_of_prometheus_hold_any_text() -> None:
    region = 'x"} 1\\\n{y="z'
    [task] = plan_tasks([entry("192.0.2.1", region=region)], {})
    result = summarize_attempts(task, [Attempt("192.0.2.1", 443, None, "open", "")])
    report = VerifyReport(
        *(1, 'a"b', 1, (region,), True, {"open": 1}, (result,)),
        by_region=summarize_regions([(task, result)], (), [region]),
    )
    lines = render_prometheus(report).splitlines()
    label = r'[a-z]+="(?:[^"\\\n]|\\[\\"n])*"'
    for line in lines:
        assert line.startswith("# ") or re.fullmatch(
            rf"fwtracker_verify_[a-z_]+\{{{label}(?:,{label})*\}} [0-9.]+", line
        )
    said = r'region="x\"} 1\\\n{y=\"z"'
    assert f'fwtracker_verify_region_reached{{source="a\\"b",version="1",{said}}} 1' in lines


def test_a_proxy_that_is_not_there_is_named_without_its_password(
    fwtracker, tmp_path, monkeypatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
        stored(tmp_path, entry("127.0.0.1", ports=(server.getsockname()[1],)))
        ran = fwtracker("verify", "--json", "--proxy", "env")
        plain = fwtracker("verify")
    assert ran.status == 0
    [found] = ran.json["results"]
    assert (found["state"], found["proxy"]["state"]) == ("open", "proxy-fails")
    assert f"the proxy 127.0.0.1:{port} is not reached" in found["proxy"]["detail"]
    assert f"through the proxy 127.0.0.1:{port}" in ran.err
    assert "secret" not in ran.out + ran.err
    assert "HTTPS_PROXY is set, but that proxy is not tried" in plain.out


def test_a_site_is_not_asked_for_what_is_only_for_others(fwtracker, tmp_path) -> None:
    """The row for Australia is refused; the one for all is open."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ports = (server.getsockname()[1], closed.getsockname()[1])
        stored(
            tmp_path,
            entry("127.0.0.1", ports=ports[:1]),
            entry("127.0.0.1", ports=ports[1:], only_for="Australia", region="Pacific"),
        )
        anywhere = fwtracker("verify", "--json")
        there = fwtracker("verify", "--json", "--site", "australia")
        other = fwtracker("verify", "--json", "--only-for", "elsewhere", "--junit", "o.xml")
        (tmp_path / "config").mkdir()
        (tmp_path / "config/fwtracker.toml").write_text('[verify]\nsites = ["elsewhere"]\n')
        configured = fwtracker("verify")
        (tmp_path / "config/fwtracker.toml").write_text('[verify]\nsites = ["Mars"]\n')
        unknown = fwtracker("verify")
        stored(tmp_path, entry("127.0.0.1", ports=ports[:1]), version=2)
        without = fwtracker("verify", "--json")
    assert (unknown.status, without.status) == (2, 0)
    assert 'the page has nothing only for "Mars"; its sites: Australia' in unknown.err
    assert without.json["sites"] == []
    assert [ran.status for ran in (anywhere, there, other, configured)] == [1, 1, 0, 0]
    assert "only for Australia: --site NAME counts" in anywhere.json["notes"][0]
    assert [
        (each["region"], each["reached"], each["required"], each["required_open"])
        for each in there.json["by_region"]
    ] == [("Europe", True, 1, 1), ("Pacific", False, 1, 0)]
    assert there.json["by_region"][1]["not_open"] == [f"outbound 127.0.0.1 tcp/{ports[1]}"]
    assert [each["required"] for each in other.json["by_region"]] == [1, 0]
    assert sorted(each["applies"] for each in other.json["results"]) == [False, True]
    assert 'message="for another site; refused' in (tmp_path / "o.xml").read_text()
    assert "Pacific: 0 of 0 required open" in configured.out
    assert "everything required for elsewhere is open" in configured.out


def test_the_hosts_below_the_wildcards_of_windows_update_are_known(fwtracker, tmp_path) -> None:
    stored(tmp_path, *SAMPLES["2024-04-europe"].entries)
    ran = fwtracker("verify", "--dry-run")
    assert "download.windowsupdate.com tcp/80, tcp/443" in ran.out
    assert "fe3.delivery.mp.microsoft.com tcp/443 TLS" in ran.out
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(
        '[verify.children]\n"*.windowsupdate.com" = []\n"*.mp.microsoft.com" = '
        '["own.mp.microsoft.com"]\n'
    )
    ran = fwtracker("verify", "--dry-run")
    assert "windowsupdate" not in ran.out
    assert "not tried: 2, a wildcard: name hosts below it in [verify] children" in ran.out
    assert "fe3." not in ran.out
    assert "own.mp.microsoft.com tcp/443 TLS" in ran.out


def test_each_word_is_documented_with_its_meaning_and_how_sure_it_is() -> None:
    docs = (Path(__file__).parents[2] / "docs/verify.md").read_text("utf-8")
    rows = {
        state: (meaning, sure)
        for state, meaning, sure in re.findall(
            r"^\| ([a-z-]+) \| (.+?) \| (.+?) \|$", docs, re.MULTILINE
        )
    }
    rows.pop("result")
    assert {key: Meaning(*value) for key, value in rows.items()} == MEANINGS
    assert sorted(WORST_FIRST) == sorted(STATES) == sorted(MEANINGS)


def test_junit_has_a_case_for_each_endpoint(fwtracker, tmp_path) -> None:
    # An address of this machine: refused, because nothing listens.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        stored(tmp_path, entry("127.0.0.1", ports=(port,)), entry(LAN, direction="inbound"))
        ran = fwtracker("verify", "--junit", "out.xml", "-q")
    assert ran.status == 1
    suite = ET.parse(tmp_path / "out.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    [failure] = suite.iter("failure")
    assert failure.get("message") == "refused: connection refused"


def test_json_says_what_became_of_each_attempt(fwtracker, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        stored(tmp_path, entry("127.0.0.1", ports=(port,)))
        ran = fwtracker("verify", "--json")
    assert ran.status == 0
    assert ran.json["reached"] is True
    [found] = ran.json["results"]
    [attempt] = found["attempts"]
    assert 0 < attempt.pop("seconds") < 1
    assert attempt == {
        "address": "127.0.0.1",
        "port": port,
        "name": None,
        "state": "open",
        "detail": "",
        "tries": 1,
    }


def test_required_decides_and_where_none_is_marked_all_do() -> None:
    def made(requirement, state):
        [task] = plan_tasks([entry("192.0.2.1", requirement=requirement)], {})
        return summarize_attempts(task, [Attempt("192.0.2.1", 443, None, state, "")])

    assert is_reached([made("required", "open"), made("optional", "blocked")])
    assert not is_reached([made("required", "cannot-tell"), made("optional", "open")])
    assert not is_reached([made(None, "open"), made(None, "blocked")])
    assert is_reached([made("required", "open"), made(None, "blocked")])
