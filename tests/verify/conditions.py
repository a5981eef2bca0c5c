"""The conditions that an endpoint may be in, what is to be said of each, and their lab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.formats.samples import entry
from tests.verify.authorities import Authority
from tests.verify.lab import DNS, Lab
from tests.verify.test_lab import TLS, store
from tracker.model import Service

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
    "nxdomain": Case("dns-fails", "DNS has no address for it", dns="nxdomain", serves=False),
    "servfail": Case(
        "dns-fails", "DNS does not answer, or returns", dns="servfail", serves=False
    ),
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
