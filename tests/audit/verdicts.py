"""What an audit says of each documented endpoint, to hold against a model of a firewall."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.audit.samples import snapshot
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile, audit, parse_files
from tracker.audit.parsed_config import ReadOptions
from tracker.audit.report import AuditReport
from tracker.config import Config
from tracker.config.tables import Rules
from tracker.model import Entry
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import read_settings

Verdict = Literal["open", "closed", "not understood"]
PORTS = (80, 443, 22543)
ADDRESSES = ("192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1")
HOSTS = ("a.example.com", "b.example.net")


@dataclass(frozen=True)
class Packet:
    """A connection to a documented endpoint; a host name has one address of each family."""

    target: str
    port: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return f"outbound {self.target} {self.protocol}/{self.port}"

    @property
    def family(self) -> int:
        """4 for a host name too: it counts as open where it is over IPv4."""
        return 4 if self.target in HOSTS else ipaddress.ip_address(self.target).version

    def is_in(self, network: str) -> bool:
        """Whether a network has the packet's address; the names' addresses are in none."""
        if self.target in HOSTS:
            return ipaddress.ip_network(network).prefixlen == 0 and ":" not in network
        found = ipaddress.ip_network(network)
        return found.version == self.family and ipaddress.ip_address(self.target) in found


def entries(*, hosts: bool) -> list[Entry]:
    """One entry for each endpoint."""
    targets = (*ADDRESSES, *HOSTS) if hosts else ADDRESSES
    return [entry(target, ports=(port,)) for target in targets for port in PORTS]


def packets(*, hosts: bool) -> list[Packet]:
    """A packet for each endpoint."""
    targets = (*ADDRESSES, *HOSTS) if hosts else ADDRESSES
    return [Packet(target, port) for target in targets for port in PORTS]


def read(
    of: Sequence[Entry], *files: ConfigFile, options: ReadOptions | None = None
) -> AuditReport:
    """An audit of these files by the options."""
    parsed = parse_files(files, options)
    settings = read_settings(Config())
    choice = Rules(name="audit")
    return audit(snapshot(*of), [], PendingRemovals(), choice, settings, parsed).report


def verdicts(report: AuditReport, of: Sequence[Packet]) -> dict[Packet, Verdict]:
    """The audit's verdict on each packet."""
    doubtful = {each.endpoint for each in report.not_compared}
    missing = {
        each.endpoint: each.message for each in report.findings if each.kind == "missing"
    }
    found: dict[Packet, Verdict] = {}
    for packet in of:
        message = missing.get(str(packet))
        unknown = str(packet) in doubtful or "not understood" in (message or "")
        found[packet] = "not understood" if unknown else "closed" if message else "open"
    return found


def judged_path(report: AuditReport, otherwise: str) -> tuple[str, str]:
    """The places between which the report says that it judged, or else those of `lan>wan`."""
    named = re.fullmatch(r"policies(?: of \S+)? from (\S+) to (\S+)", report.judged[0].what)
    found = named.groups() if named else otherwise.split(">")
    return found[0], found[1]


def hold_against_model(
    report: AuditReport, passes: Callable[[Packet], bool], *, hosts: bool, shown: str
) -> int:
    """Assert that no verdict contradicts the model; return how many say something."""
    found = verdicts(report, packets(hosts=hosts))
    for packet, verdict in found.items():
        if verdict != "not understood":
            assert verdict == ("open" if passes(packet) else "closed"), f"{packet}\n{shown}"
    return sum(1 for verdict in found.values() if verdict != "not understood")
