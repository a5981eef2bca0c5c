"""`verify` where each endpoint has a condition of its own: which word is said of it.

All of them are in one network and one run: under a search list below which DNS answers every
name with a stranger's address, and watched by a capture of what the client sends.
"""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.formats.samples import entry
from tests.support import checkers
from tests.support.schemas import assert_valid
from tests.verify.authorities import Authority
from tests.verify.lab import DNS, Lab
from tests.verify.test_lab import TLS, store
from tracker.model import Service
from tracker.times import parse_utc
from tracker.verify.states import STATES

STRANGER = "20.66.6.6"
PLAIN = Service("tcp", 8080, 8080)
PROXY = "10.77.2.2"
OWN = "own"
UDP = {
    53: "blocked-here",
    123: "blocked",
    3478: "open",
    5000: "cannot-tell",
    5001: "refused",
    9999: "open",
}


@dataclass
class Case:
    """A condition: what stands at the server and on the way, and what is to be said."""

    state: str
    said: str
    certificate: str | None = None  # of `Net.chains`; None for a plain port
    how: str = "hold"
    listed: bool = False  # the page has the address beside the name
    dns: Any = None  # what DNS answers; None for the case's own address, which is OWN in a list
    address: str = ""  # in place of the next free one
    router: str = ""  # what the router does with its packets
    serves: bool = True
    retries: bool = False


CASES = {
    "good": Case("open", "certificate by Public", "good"),
    "plain": Case("open", ""),
    "listed": Case("open", "certificate by Public", "good", listed=True),
    "moved": Case(
        "open-unlisted",
        "open at 20.2.0.9, which the page does not list",
        listed=True,
        dns=["20.2.0.9"],
        serves=False,
    ),
    "half": Case(
        "blocked",
        "1 of 2 (20.2.0.8): no answer in 1.5 s",
        dns=["20.2.0.9", "20.2.0.8"],
        serves=False,
    ),
    "portal": Case("accepted-closed", "accepted, then closed", how="close"),
    "resetter": Case("accepted-closed", "accepted, then reset", how="reset"),
    "refused": Case("refused", "connection refused", serves=False),
    "dropped": Case("blocked", "no answer in 1.5 s", router="drop"),
    "no-host": Case(
        "unreachable",
        "the network says that the host cannot be reached",
        router="reject with icmp host-unreachable",
    ),
    "no-net": Case(
        "unreachable",
        "the network says that it has no route to it",
        router="reject with icmp net-unreachable",
    ),
    "prohibited": Case(
        "unreachable",
        "the network says that the host cannot be reached",
        router="reject with icmp admin-prohibited",
    ),
    "nxdomain": Case("dns-fails", "DNS knows no address of it", dns="nxdomain", serves=False),
    "servfail": Case("dns-fails", "DNS does not answer, or says", dns="servfail", serves=False),
    "sinkhole": Case(
        "dns-filtered", "DNS answers 10.0.0.1, which is private", dns=["10.0.0.1"], serves=False
    ),
    "half-filtered": Case(
        "dns-filtered",
        "1 of 2 (10.0.0.1): DNS answers 10.0.0.1, which is private",
        dns=["10.0.0.1", OWN],
    ),
    "private": Case("open", "", listed=True, address="10.77.2.3"),
    "both-versions": Case("open", "", dns=["2600:9::2", OWN]),
    "version-6": Case(
        "no-route", "this machine has no route for IPv6", dns=["2600:9::2"], serves=False
    ),
    "inspected": Case(
        "tls-unknown-authority",
        "certificate by Inspection, Inspection CA, which is not a public authority",
        "inspected",
    ),
    "expected": Case(
        "open",
        "certificate by Inspection, Inspection CA, as [verify.issuers] says",
        "inspected",
    ),
    "expected-wrong": Case("tls-wrong-name", "is not for expected-wrong", "inspected-wrong"),
    "pinned": Case("tls-unknown-authority", ", not by Example Ltd", "good"),
    "wrong": Case("tls-wrong-name", "Public, Public CA, is not for wrong.example.com", "wrong"),
    "expired": Case("tls-expired", "the certificate has expired", "expired"),
    "incomplete": Case(
        "tls-incomplete",
        "sends no certificate of Middle, Middle CA, which is above its own",
        "incomplete",
    ),
    "below": Case("open", "certificate by Middle", "below"),
    "twice": Case(
        "tls-unknown-authority",
        "by whom it is cannot be seen, as a second handshake is reset",
        "inspected",
        how="once",
    ),
    "cut": Case("tls-cut", "is cut off in the TLS handshake", "none", how="cut"),
    "mute": Case("tls-silent", "the TLS handshake gets no answer", "none", how="mute"),
    "no-tls": Case("tls-fails", "no TLS: wrong version number", "none"),
    "narrow": Case(
        "mtu", "only in packets of 500 bytes", "good", router="meta length > 700 drop"
    ),
}


# Those that the shell script is shown with on every commit; all of them, nightly.
SHELL = (
    *("good", "plain", "moved", "portal", "refused", "no-host", "nxdomain", "sinkhole"),
    *("inspected", "expected", "wrong", "expired", "incomplete", "cut", "no-tls"),
)


def host(name: str) -> str:
    return f"{name}.example.com"


class Net:
    """The lab with all cases, and what was found of them by one run."""

    def __init__(self, folder: Path) -> None:
        self.lab, self.rows, self.router = Lab(folder), [], []
        self._make_chains(folder)
        self.lab.resolver = (
            f"nameserver {DNS}\nsearch corp.test\noptions ndots:5 timeout:1 attempts:1\n"
        )
        self.lab.names["*.corp.test"] = [STRANGER]
        self.lab.addresses.add("20.2.0.8")
        for port in (443, 8080):
            self.lab.serve(STRANGER, port)
            self.lab.serve("20.2.0.9", port)
        self.lab.serve(PROXY, 3128, how="proxy")
        for number, (name, case) in enumerate(CASES.items(), 1):
            self._add_case(name, case, case.address or f"20.1.0.{number}")
        self._add_rows()
        self._add_ways()
        self._add_udp()
        self.router += ["ip daddr 20.2.0.8 drop"]
        rules = "\n".join(self.router)
        self.lab.router = (
            "table inet filter { chain forward { type filter hook forward priority 0;\n"
            f"{rules}\n}}\n}}\n"
        )
        self.lab.client = (
            "ip -n client route add unreachable 20.9.0.1\n"
            "ip -n client addr add 10.77.1.3/24 dev c0\n"
            "nsenter --net=/run/netns/client nft -f client.nft\n"
        )
        (folder / "client.nft").write_text(
            "table inet filter { chain output { type filter hook output priority 0;\n"
            "ip daddr 20.5.0.1 udp dport 53 drop\n}\n}\n"
        )
        store(folder, *self.rows)
        configure(folder)

    def _make_chains(self, folder: Path) -> None:
        public, inspection = Authority("Public"), Authority("Inspection")
        middle = Authority("Middle", above=public)
        (folder / "ca.pem").write_bytes(public.pem)
        (folder / "machine.pem").write_bytes(public.pem + inspection.pem)
        hosts = [host(name) for name in CASES]
        right = [each for each in hosts if "wrong" not in each]
        self.chains = {
            "good": public.issue(folder / "good", *right),
            "wrong": public.issue(folder / "wrong", "other.example.com"),
            "expired": public.issue(folder / "expired", *hosts, days=-1),
            "below": middle.issue(folder / "below", *right, logged=True),
            "incomplete": middle.issue(folder / "incomplete", *right, logged=True, chain=False),
            "inspected": inspection.issue(folder / "inspected", *right, "row.example.com"),
            "inspected-wrong": inspection.issue(folder / "other", "other.example.com"),
            "second": public.issue(folder / "second", "second.example.com"),
        }

    def _add_case(self, name: str, case: Case, address: str) -> None:
        self.lab.addresses.add(address)
        answers = [OWN] if case.dns is None else case.dns
        if isinstance(answers, list):
            answers = [address if each == OWN else each for each in answers]
        self.lab.names[host(name)] = answers
        service = PLAIN if case.certificate is None else TLS
        chain = self.chains.get(case.certificate or "")
        if case.serves:
            self.lab.serve(address, service.from_port or 0, chain=chain, how=case.how)
        if case.router:
            self.router += [
                f"ip daddr {address} {case.router}",
                *([f"ip saddr {address} {case.router}"] if "length" in case.router else []),
            ]
        beside = (address,) if case.listed else ()
        row = entry(host(name), *beside, services=(service,))
        self.rows += [row] + [msgspec.structs.replace(row, region="Shell")] * (name in SHELL)

    def _add_rows(self) -> None:
        """Rows of addresses: with two names, with an inspection, and without a route."""
        self.lab.serve("20.3.0.1", 443, chain=self.chains["second"])
        self.lab.serve("20.3.0.2", 443, chain=self.chains["inspected"])
        for name in ("first", "second"):
            self.lab.names[host(name)] = ["20.3.0.1"]
        self.rows += [
            entry("first.example.com", "second.example.com", "20.3.0.1", services=(TLS,)),
            entry("20.3.0.2", services=(TLS,)),
            entry("20.9.0.1", services=(PLAIN,)),
            entry("2600:9::1", services=(PLAIN,)),
            entry("20.9.0.1", "2600:9::1", services=(PLAIN,), region="Shell"),
        ]

    def _add_ways(self) -> None:
        """Rows of other regions: what a proxy lets through, what needs another try."""
        good = self.rows[0]
        for port in (80, 8080):
            self.lab.serve("20.4.0.1", port)
        self.lab.serve("20.4.0.2", 8080, how="flaky")
        self.lab.serve("20.4.0.3", 8080)
        self.rows += [
            msgspec.structs.replace(good, region="Proxy"),
            entry("20.4.0.1", ports=(80, 8080), region="Proxy"),
            entry("20.4.0.2", services=(PLAIN,), region="Retry"),
            entry("20.4.0.3", services=(PLAIN,), region="Address"),
        ]
        self.router += [
            "ip saddr 10.77.1.2 ip daddr 20.4.0.3 drop",
            "ip saddr 10.77.1.2 ip daddr 20.4.0.1 drop",
        ]

    def _add_udp(self) -> None:
        """A server that answers on some ports, behind two firewalls."""
        for port in (3478, 9999):
            self.lab.serve("20.5.0.1", port, "udp")
        services = tuple(Service("udp", port, port) for port in UDP)
        self.rows.append(entry("20.5.0.1", services=services, region="UDP"))
        self.router.append("ip daddr 20.5.0.1 udp dport { 123, 5000 } drop")


def configure(folder: Path) -> None:
    (folder / "config").mkdir()
    (folder / "config/fwtracker.toml").write_text(
        f'[verify]\nca_file = "{folder}/ca.pem"\n[verify.issuers]\n'
        '"expected.example.com" = "Inspection"\n"expected-wrong.example.com" = "Inspection"\n'
        '"pinned.example.com" = "Example Ltd"\n"20.3.0.2" = "Inspection"\n'
    )


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
