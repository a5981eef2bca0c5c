"""What is missing, stale, wide, covered and more, on small cases with a known answer."""

from __future__ import annotations

import pytest

from tests.audit.samples import audit_report, list_findings
from tests.formats.samples import entry
from tracker.audit.audit import ConfigFile
from tracker.config.tables import Rules
from tracker.model import LAN, Service, flatten
from tracker.publish.grace import PendingRemovals

HEADER = "direction,target,protocol,from_port,to_port\n"
SERVER = entry("192.0.2.1", "192.0.2.2")
NET = entry("198.51.100.0/24", ports=((1000, 2000),))
NAMES = entry("a.example.com", "*.example.net")
PEERS = entry(LAN, ports=(22551,), direction="inbound")


def csv(*rows: str) -> ConfigFile:
    return ConfigFile("fw.csv", HEADER + "".join(f"{row}\n" for row in rows), "csv")


def ips(*lines: str) -> ConfigFile:
    return ConfigFile("ips.txt", "".join(f"{line}\n" for line in lines), "ips")


def names(*lines: str) -> ConfigFile:
    return ConfigFile("names.txt", "".join(f"{line}\n" for line in lines), "domains")


BOTH = ("outbound,192.0.2.1,tcp,443,443", "outbound,192.0.2.2,tcp,443,443")


@pytest.mark.parametrize(
    ("entries", "file", "expected"),
    [
        ([SERVER], csv(*BOTH), []),
        ([SERVER], csv("outbound,192.0.2.1-192.0.2.2,tcp,443,443"), []),
        ([SERVER], csv(BOTH[0]), ["missing outbound 192.0.2.2 tcp/443"]),
        ([SERVER], ips("192.0.2.1", "192.0.2.2"), []),
        ([SERVER], ips("192.0.2.1"), ["missing outbound 192.0.2.2 tcp/443"]),
        # Another port, protocol or direction is another thing.
        (
            [SERVER],
            csv(BOTH[0], "outbound,192.0.2.2,tcp,444,444"),
            ["missing outbound 192.0.2.2 tcp/443", "extra outbound 192.0.2.2 tcp/444"],
        ),
        (
            [SERVER],
            csv(BOTH[0], "outbound,192.0.2.2,udp,443,443"),
            ["missing outbound 192.0.2.2 tcp/443", "extra outbound 192.0.2.2 udp/443"],
        ),
        (
            [SERVER],
            csv(BOTH[0], "inbound,192.0.2.2,tcp,443,443"),
            ["missing outbound 192.0.2.2 tcp/443", "extra inbound 192.0.2.2 tcp/443"],
        ),
        # Wider: the endpoint is covered, and what covers it is named.
        (
            [SERVER],
            csv(BOTH[0], "outbound,192.0.2.2,tcp,440,450"),
            ["wide outbound 192.0.2.2 tcp/440-450", "covered outbound 192.0.2.2 tcp/443"],
        ),
        (
            [SERVER],
            csv(*BOTH, "outbound,192.0.2.0/24,tcp,443,443"),
            ["wide outbound 192.0.2.0/24 tcp/443"],
        ),
        (
            [SERVER],
            ips("192.0.2.1", "192.0.2.2", "192.0.2.0/30"),
            ["wide outbound 192.0.2.0/30"],
        ),
        ([SERVER], ips("192.0.2.1", "192.0.2.2", "192.0.2.3"), ["extra outbound 192.0.2.3"]),
        # A part of what is documented is not wide, and not enough.
        (
            [NET],
            csv("outbound,198.51.100.0/25,tcp,1000,2000"),
            ["missing outbound 198.51.100.0/24 tcp/1000-2000"],
        ),
        (
            [NET],
            csv(
                "outbound,198.51.100.0/25,tcp,1000,2000",
                "outbound,198.51.100.128/25,tcp,1000,1500",
                "outbound,198.51.100.128/25,tcp,1501,2000",
            ),
            [],
        ),
        # Names: a wildcard of the page includes the bare name, of a list it does not.
        ([NAMES], names("a.example.com", "*.example.net", "example.net"), []),
        ([NAMES], names("a.example.com", ".example.net"), []),
        (
            [NAMES],
            names("a.example.com", "*.example.net"),
            ["missing outbound example.net tcp/443"],
        ),
        (
            [NAMES],
            names("*.example.com", ".example.net"),
            ["wide outbound *.example.com", "covered outbound a.example.com tcp/443"],
        ),
        ([NAMES], names("a.example.com", ".example.net", "b.c.example.net"), []),
        (
            [NAMES],
            names("a.example.com", ".example.net", "xexample.net"),
            ["extra outbound xexample.net"],
        ),
        # Any address is any name too.
        (
            [NAMES, SERVER],
            csv("outbound,0.0.0.0/0,tcp,443,443"),
            [
                "wide outbound 0.0.0.0/0 tcp/443",
                *(
                    f"covered outbound {each} tcp/443"
                    for each in sorted(
                        (
                            "*.example.net",
                            "192.0.2.1",
                            "192.0.2.2",
                            "a.example.com",
                            "example.net",
                        )
                    )
                ),
            ],
        ),
        # The local network is whatever private network it is.
        ([PEERS], csv("inbound,lan,tcp,22551,22551"), []),
        ([PEERS], csv("inbound,192.168.7.0/24,tcp,22551,22551"), []),
        ([PEERS], csv("inbound,10.0.0.0/8,tcp,22551,22551"), []),
        (
            [PEERS],
            csv("inbound,203.0.113.0/24,tcp,22551,22551"),
            ["missing inbound lan tcp/22551", "extra inbound 203.0.113.0/24 tcp/22551"],
        ),
        (
            [PEERS],
            csv("inbound,0.0.0.0/0,tcp,22551,22551"),
            ["wide inbound 0.0.0.0/0 tcp/22551", "covered inbound lan tcp/22551"],
        ),
    ],
)
def test_a_small_firewall(entries, file: ConfigFile, expected: list[str]) -> None:
    assert list_findings(audit_report(entries, file)) == expected


def test_what_was_documented_once_is_stale_since_its_last_version() -> None:
    old = entry("192.0.2.9")
    report = audit_report(
        [SERVER],
        csv(*BOTH, "outbound,192.0.2.9,tcp,443,443"),
        older=[[SERVER], [SERVER, old], [SERVER, old]],
    )
    [stale] = report.findings
    assert (stale.kind, stale.target, stale.version) == ("stale", "192.0.2.9", 2)
    assert stale.message == "documented until version 2, and no longer"
    assert (stale.file, stale.line) == ("fw.csv", 4)


def test_a_stale_part_of_a_range_is_named_alone() -> None:
    row = "outbound,192.0.2.1-192.0.2.3,tcp,443,443"
    [stale] = audit_report([SERVER], csv(row), older=[[entry("192.0.2.3")]]).findings
    assert (stale.kind, stale.endpoint) == ("stale", "outbound 192.0.2.3 tcp/443")
    assert "as a part of outbound 192.0.2.1-192.0.2.3 tcp/443" in stale.message


def test_what_leaves_within_its_days_of_grace_is_no_finding() -> None:
    going = entry("192.0.2.9")
    rows = csv(*BOTH, "outbound,192.0.2.9,tcp,443,443")
    late = PendingRemovals((going,), dict.fromkeys(flatten(going), "2024-04-25T10:00:00Z"))
    assert list_findings(audit_report([SERVER], rows, older=[[SERVER, going]], late=late)) == []
    # Nor is it one that it is not there any more.
    assert (
        list_findings(audit_report([SERVER], csv(*BOTH), older=[[SERVER, going]], late=late))
        == []
    )


def test_what_is_for_another_region_is_said_to_be() -> None:
    other = entry("203.0.113.1", region="North America")
    file = csv(*BOTH, "outbound,203.0.113.1,tcp,443,443")
    choice = Rules(name="audit", regions=("Europe",))
    [extra] = audit_report([SERVER, other], file, choice=choice).findings
    assert extra.kind == "extra"
    assert extra.message.startswith("documented for something else (North America)")


def test_a_region_of_which_nothing_is_open_is_a_hint() -> None:
    other = entry("203.0.113.1", region="North America")
    report = audit_report([SERVER, other], csv(*BOTH))
    assert any("nothing that is only for North America" in note for note in report.notes)
    assert list_findings(report) == ["missing outbound 203.0.113.1 tcp/443"]


def test_windows_services_are_asked_for_in_the_local_network_alone() -> None:
    server = entry("192.0.2.1", ports=(443, 445, (49152, 65535)))
    lan = csv(
        "outbound,192.0.2.1,tcp,443,443",
        "outbound,lan,tcp,445,445",
        "outbound,10.0.0.0/8,tcp,49152,65535",
    )
    assert list_findings(audit_report([server], lan)) == []
    opened = csv("outbound,192.0.2.1,tcp,443,443", "outbound,192.0.2.1,tcp,445,445")
    assert list_findings(audit_report([server], opened)) == [
        "missing outbound lan tcp/445",
        "missing outbound lan tcp/49152-65535",
        "extra outbound 192.0.2.1 tcp/445",
    ]


def test_a_port_that_the_page_does_not_state() -> None:
    unknown = entry("*.example.org", services=(Service("tcp", None, None),))
    for row in ("*.example.org,tcp,80,80", "*.example.org,tcp,,", "a.example.org,tcp,1,1"):
        report = audit_report([unknown], csv(f"outbound,{row}"))
        assert list_findings(report) == []
        assert [each.endpoint for each in report.not_compared] == [
            "outbound *.example.org tcp/not stated"
        ]
    assert list_findings(audit_report([unknown], csv("outbound,*.example.org,udp,80,80"))) == [
        "extra outbound *.example.org udp/80",
        "extra outbound example.org udp/80",
    ]


def test_a_port_that_the_configuration_assumes() -> None:
    unknown = entry("*.windowsupdate.com", services=(Service("tcp", None, None),))
    rows = [f"outbound,*.windowsupdate.com,tcp,{port},{port}" for port in (80, 443)]
    assert list_findings(audit_report([unknown], csv(*rows))) == []
    assert list_findings(audit_report([unknown], csv(rows[0]))) == [
        "missing outbound *.windowsupdate.com tcp/443",
        "missing outbound windowsupdate.com tcp/443",
    ]
    # What is assumed is no limit: the page states none.
    assert (
        list_findings(
            audit_report([unknown], csv(*rows, "outbound,*.windowsupdate.com,tcp,8530,8530"))
        )
        == []
    )


def test_several_files_together_are_one_firewall() -> None:
    files = ips("192.0.2.1", "192.0.2.2"), names("a.example.com", ".example.net")
    report = audit_report([SERVER, NAMES, PEERS], *files)
    assert list_findings(report) == []
    assert [each.endpoint for each in report.not_compared] == ["inbound lan tcp/22551"]


def test_a_line_that_is_not_understood_is_listed() -> None:
    report = audit_report(
        [SERVER], ips("192.0.2.1", "192.0.2.2", "192.0.2.300", "what is this")
    )
    assert [(each.line, each.text) for each in report.not_read] == [
        (3, "192.0.2.300"),
        (4, "what is this"),
    ]
