"""`verify` where each endpoint has a condition of its own: which word is said of it.

All of them are in one network and one run: under a search list below which DNS answers every
name with a stranger's address, and watched by a capture of what the client sends.
"""

from __future__ import annotations

import json
import re
import socket

import pytest

from tests.support import checkers
from tests.support.schemas import assert_valid
from tests.verify.conditions import CASES, PROXY, SHELL, STRANGER, UDP, Net, host
from tests.verify.lab import DNS
from tracker.times import parse_utc
from tracker.verify.states import STATES

RUNS = {
    "all": "--region Europe --region UDP --junit out.xml --prometheus out.prom",
    "proxy": f"--region Proxy --proxy http://{PROXY}:3128",
    "again": "--region Retry --region Address --retries 1 --source-address 10.77.1.3",
}
# The machine trusts the company's inspection.
SCRIPT = """
"$PYTHON" -m tracker verify --region {region} --script sh > verify.sh
env -i PATH="$PATH" SSL_CERT_FILE=machine.pem dash verify.sh {seconds} > machine.json
"$PYTHON" -m tracker verify --region {region} --read machine.json --json
"""


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    """The lab, and the reports of some runs in it."""
    checkers.need("dash", "curl", "openssl", "getent")
    made = Net(tmp_path_factory.mktemp("conditions"))
    run = '"$PYTHON" -m tracker verify --timeout 1.5 --json'
    ran = made.lab.run(
        *(f"{run} {options}" for options in RUNS.values()),
        SCRIPT.format(region="Shell", seconds=1),
    )
    for each in ran:
        assert each.stdout, each.stderr
    reports = [json.loads(each.stdout) for each in ran]
    for each in reports:
        assert_valid("verify", each)
    made.reports = dict(zip((*RUNS, "script"), reports, strict=True))
    made.report, made.ran = reports[0], ran
    made.found = {each["target"]: each for each in made.report["results"]}
    return made


@pytest.mark.parametrize("name", CASES)
def test_each_condition_has_its_word(net, name) -> None:
    found, case = net.found[host(name)], CASES[name]
    assert (found["state"], case.said in found["detail"]) == (case.state, True), found


def test_every_word_is_shown_by_a_condition() -> None:
    seen = {case.state for case in CASES.values()} | set(UDP.values())
    assert set(STATES) - seen == {"proxy-refused", "proxy-fails"}  # below


def test_udp_is_open_where_an_answer_comes_and_else_not_certain(net) -> None:
    found = [each for each in net.report["results"] if each["protocol"] == "udp"]
    assert {each["from_port"]: each["state"] for each in found} == UDP


def test_only_the_version_its_answers_and_the_resolver_are_contacted(net) -> None:
    """By a capture: no stranger of the search list, no private address of a DNS filter."""
    listed = {each for row in net.rows for each in row.addresses}
    answers = {
        address
        for name in {each for row in net.rows for each in row.hosts}
        for address in net.lab.names[name]
        if isinstance(net.lab.names[name], list)
    }
    ports = {each.from_port for row in net.rows for each in row.services}
    allowed = {(address, port) for address in listed | answers for port in ports}
    allowed |= {(DNS, 53), (PROXY, 3128)}
    contacted = {
        (address, port)
        for _, address, port in net.lab.sent
        if not address.startswith("ff02:")  # the kernel's own, to the link
    }
    assert contacted - allowed == set()
    assert (STRANGER, 8080) not in contacted
    assert ("10.0.0.1", 8080) not in contacted
    # The capture sees what there is, and the search list would have been used.
    assert {("20.1.0.1", 443), ("20.2.0.9", 8080), (DNS, 53)} <= contacted


def test_an_address_of_a_row_is_good_for_one_of_its_names(net) -> None:
    """It has the certificate of the second: both were asked for, the first is no fault."""
    found = net.found["20.3.0.1"]
    assert found["state"] == "open"
    assert {(each["certified"], each["state"]) for each in found["attempts"]} == {
        ("first.example.com", "tls-wrong-name"),
        ("second.example.com", "open"),
    }
    assert net.found["first.example.com"]["state"] == "tls-wrong-name"


def test_an_authority_may_be_expected_at_an_address(net) -> None:
    assert net.found["20.3.0.2"]["detail"] == (
        "certificate by Inspection, Inspection CA, as [verify.issuers] says"
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("20.9.0.1", "a route of this machine forbids it"),
        ("2600:9::1", "this machine has no route for IPv6"),
    ],
)
def test_no_route_of_this_machine_is_not_what_the_network_says(net, target, said) -> None:
    assert (net.found[target]["state"], net.found[target]["detail"]) == ("no-route", said)
    assert target not in {address for _, address, _ in net.lab.sent}


def test_the_report_has_host_time_and_timings(net) -> None:
    report = net.report
    assert report["host"] == socket.gethostname()
    assert parse_utc(report["started_at"]).year >= 2026
    assert 0 < report["seconds"] < 60
    assert report["network"] is True
    [attempt] = net.found[host("good")]["attempts"]
    assert 0 < attempt["seconds"] < 1.5
    assert 0 < attempt["tls_seconds"] < 1.5
    assert "seconds" not in net.found[host("dropped")]["attempts"][0]


def test_the_way_through_a_proxy_is_beside_the_direct_one(net) -> None:
    report = net.reports["proxy"]
    found = {(each["target"], each["from_port"]): each for each in report["results"]}
    both = {key: (each["state"], each["proxy"]["state"]) for key, each in found.items()}
    assert both == {
        (host("good"), 443): ("open", "open"),
        ("20.4.0.1", 80): ("blocked", "proxy-refused"),
        ("20.4.0.1", 8080): ("blocked", "open"),
    }
    refused = found["20.4.0.1", 80]["proxy"]
    assert refused["detail"] == "the proxy answers 403 Not that one"
    assert found[host("good"), 443]["proxy"]["detail"] == "certificate by Public, Public CA"
    assert report["by_region"][0]["not_open"] == ["outbound 20.4.0.1 tcp/80"]
    assert report["proxy"] == f"{PROXY}:3128"


def test_what_failed_is_tried_again_as_often_as_asked(net) -> None:
    """Its server closes the first connection at once, and keeps the second."""
    found = {each["target"]: each for each in net.reports["again"]["results"]}["20.4.0.2"]
    assert (found["state"], found["attempts"][0]["tries"]) == ("open", 2)


def test_it_connects_from_the_address_that_is_asked_for(net) -> None:
    """The router lets no other address of the client through."""
    report = net.reports["again"]
    found = {each["target"]: each for each in report["results"]}["20.4.0.3"]
    assert (found["state"], found["attempts"][0]["tries"]) == ("open", 1)
    assert report["source_address"] == "10.77.1.3"


def test_prometheus_has_a_line_for_each_endpoint_that_is_tried(net) -> None:
    text = (net.lab.folder / "out.prom").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    found = dict(re.fullmatch(r"(\w+\{.*\}) (\S+)", line).groups() for line in lines)
    start = 'fwtracker_verify_open{source="action1",version="1",target='
    assert sum(key.startswith(start) for key in found) == len(net.report["results"])
    assert (
        found[
            f'{start}"dropped.example.com",protocol="tcp",port="8080",requirement="required"'
            ',applies="yes",state="blocked"}'
        ]
        == "0"
    )
    assert found['fwtracker_verify_reached{source="action1",version="1"}'] == "0"
    blocked = 'fwtracker_verify_results{source="action1",version="1",state="blocked"}'
    assert found[blocked] == str(net.report["summary"]["blocked"])
    times = [float(value) for key, value in found.items() if "connect_seconds" in key]
    assert times
    assert all(0 < each < 1 for each in times)


BY_SCRIPT = {"narrow": "tls-silent"}  # what a shell script cannot tell


def found_by_script(report) -> dict[str, str]:
    [machine] = report["machines"]
    return {each["target"]: each["state"] for each in machine["results"]}


def test_the_script_for_a_shell_says_the_same(net) -> None:
    found = found_by_script(net.reports["script"])
    assert {name: found[host(name)] for name in SHELL} == {
        name: CASES[name].state for name in SHELL
    }
    [machine] = net.reports["script"]["machines"]
    assert (machine["host"], machine["reached"]) == (socket.gethostname(), False)
    assert (found["20.9.0.1"], found["2600:9::1"]) == ("no-route", "no-route")


@pytest.mark.slow
def test_the_script_for_a_shell_says_the_same_of_all_conditions(tmp_path) -> None:
    lab = Net(tmp_path).lab
    [ran] = lab.run(SCRIPT.format(region="Europe", seconds=3))
    found = found_by_script(json.loads(ran.stdout))
    assert {name: found[host(name)] for name in CASES} == {
        name: BY_SCRIPT.get(name, case.state) for name, case in CASES.items()
    }
    assert found["20.3.0.1"] == "open"
    assert STRANGER not in {address for _, address, _ in lab.sent}
