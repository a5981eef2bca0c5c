"""Random rule sets, loaded: no packet contradicts what the audit says of its endpoint."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.audit.random_rules import Script, make_iptables, make_nft
from tests.audit.samples import audit_report
from tests.formats.netns import need
from tests.formats.samples import entry
from tests.support import checkers
from tracker.audit.audit import ConfigFile
from tracker.audit.parsed_config import ReadOptions
from tracker.model import LAN, Service

ADDRESSES = ("192.0.2.1", "192.0.2.77", "198.51.100.7", "2001:db8::1", "2001:db8:5::9")
HOST = "a.example.com"
# What stands for an endpoint on the network; of a name any address, which no rule names.
FAR = {
    **{each: (each,) for each in ADDRESSES},
    HOST: ("203.0.113.200",),
    LAN: (
        *("192.168.7.5", "192.168.200.1", "10.1.2.3", "172.16.9.9", "169.254.3.3"),
        *("fd00::5", "fc00::5", "fe80::5"),
    ),
}
OUT = (("tcp", 443), ("tcp", 80), ("tcp", 22543), ("udp", 443))
IN = (("tcp", 22551), ("udp", 6771))
ENTRIES = [
    *(
        entry(*targets, services=tuple(Service(each, port, port) for each, port in OUT))
        for targets in (ADDRESSES, (HOST,))
    ),
    entry(
        LAN, direction="inbound", services=tuple(Service(each, port, port) for each, port in IN)
    ),
]
Endpoint = tuple[str, str, int]  # target, protocol, port
ENDPOINTS: list[Endpoint] = [
    *((target, *service) for target in (*ADDRESSES, HOST) for service in OUT),
    *((LAN, *service) for service in IN),
]
AT_ONCE = 5
INJECTED = Path(__file__).with_name("injected.py")


def packets(script: Script) -> list[dict[str, Any]]:
    return [
        {
            "hook": "input" if target == LAN else script.hook,
            "far": far,
            "protocol": protocol,
            "port": port,
            "of": [target, protocol, port],
        }
        for target, protocol, port in ENDPOINTS
        for far in FAR[target]
    ]


def run(scripts: list[Script], folder: Path) -> list[dict[str, Any]]:
    """What each script is shown as, and what gets through it.

    Most of the time the kernel is waited for, so several namespaces are busy at once.
    """
    cases = [asdict(each) | {"packets": packets(each)} for each in scripts]
    command = (*checkers.ISOLATED, "sh", "-ec", f'"$PYTHON" {INJECTED}')

    def run_part(part: list[dict[str, Any]]) -> list[dict[str, Any]]:
        done = checkers.run(*command, folder=folder, given=json.dumps(part))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = list(pool.map(run_part, (cases[start::AT_ONCE] for start in range(AT_ONCE))))
    return [parts[at % AT_ONCE][at // AT_ONCE] for at in range(len(cases))]


def verdicts(script: Script, *files: ConfigFile) -> dict[Endpoint, str]:
    """The audit's verdict on every endpoint."""
    report = audit_report(ENTRIES, *files, options=ReadOptions(chain=script.hook))
    missing = {
        (each.target, each.protocol, each.from_port): each.message
        for each in report.findings
        if each.kind == "missing"
    }
    left = {each.endpoint for each in report.not_compared}
    found: dict[Endpoint, str] = {}
    for endpoint in ENDPOINTS:
        target, protocol, port = endpoint
        way = "inbound" if target == LAN else "outbound"
        if f"{way} {target} {protocol}/{port}" in left:
            found[endpoint] = "not understood"
        elif endpoint in missing:
            maybe = "not understood" in missing[endpoint]
            found[endpoint] = "not understood" if maybe else "closed"
        else:
            found[endpoint] = "open"
    return found


def contradictions(
    script: Script, result: dict[str, Any], said: dict[Endpoint, str]
) -> Iterator[str]:
    """What the packets show to be wrong."""
    passed = {tuple(packets(script)[at]["of"]) for at in result["through"]}
    for endpoint, verdict in said.items():
        if (verdict, endpoint in passed) in {("open", False), ("closed", True)}:
            yield f"{endpoint} is said to be {verdict}"


def compare_all(
    make: Callable[[int], Script], files: Callable[[list[str]], list[list[ConfigFile]]],
    seeds: range, folder: Path,
) -> Counter[str]:  # fmt: skip
    """How often each verdict was given; fails at the first that a packet contradicts."""
    scripts = [make(seed) for seed in seeds]
    counted: Counter[str] = Counter()
    for seed, script, result in zip(seeds, scripts, run(scripts, folder), strict=True):
        for given in files(result["shown"]):
            said = verdicts(script, *given)
            wrong = list(contradictions(script, result, said))
            assert not wrong, "\n".join([f"seed {seed}", *wrong, given[0].text])
            counted.update(said.values())
    return counted


def nft_files(shown: list[str]) -> list[list[ConfigFile]]:
    return [[ConfigFile("fw", text, "nftables")] for text in shown]


def iptables_files(shown: list[str]) -> list[list[ConfigFile]]:
    rules, sets = shown
    return [[ConfigFile("fw", rules, "iptables"), ConfigFile("sets", sets, "ipset")]]


KINDS = {
    "nftables": (make_nft, nft_files, ("nft",)),
    "iptables": (make_iptables, iptables_files, ("iptables", "ipset")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_packet_contradicts_the_audit(kind: str, tmp_path: Path) -> None:
    make, files, tools = KINDS[kind]
    need(*tools)
    counted = compare_all(make, files, range(15), tmp_path)
    assert min(counted["open"], counted["closed"]) > 20
    assert counted["not understood"] < sum(counted.values()) / 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", range(1000, 1200, 40))
def test_none_of_10_000_packets_contradicts_the_audit(
    kind: str, start: int, tmp_path: Path
) -> None:
    make, files, tools = KINDS[kind]
    need(*tools)
    compare_all(make, files, range(start, start + 40), tmp_path)
