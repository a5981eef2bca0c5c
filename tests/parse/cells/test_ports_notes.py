"""Numbers that are no ports, and words that are no services, refuse the cell by their name."""

from __future__ import annotations

import pytest

from tests.support.readings import WHERE, services
from tracker.errors import Unreadable
from tracker.parse.cells.port_tokens import KNOWN
from tracker.parse.cells.ports import read_ports
from tracker.text import quote


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("8443 [2] TCP", "[2]"),
        ("8443 TCP [12]", "[12]"),
        ("UDP 3478 (3)", "(3)"),
        ("HTTPS (2)", "(2)"),
        ("8443³ TCP", "³"),
        ("8443 TCP†", "†"),
        ("8443* UDP", "*"),
        ("8443 TCP 3", "3"),
        ("8443 TCP\n3", "3"),
        ("UDP [8]", "[8]"),
    ],
)
def test_a_footnote_mark_is_no_port(text: str, token: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_ports(text, WHERE)
    assert quote(token) in str(caught.value)
    assert quote(text) in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *("8443 TCP (2026)", "8443 TCP 2026", "8443 TCP, 2026", "TCP in 2026", "HTTPS 2026"),
        *("8443 TCP since 2026", "HTTPS [2026]", "TCP (2026)", "2026: 8443 TCP"),
        *(
            "8443 TCP 2026-03-31",
            "8443 TCP (31.03.2026)",
            "8443 TCP 3/31/2026",
            "8443 TCP, 3/31",
        ),
        *("TCP 8443 (Mar 2026)", "8443 TCP until 31 March", "8443 TCP 3/2026", "24/7, 443 TCP"),
    ],
)
def test_a_year_or_date_is_no_port(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        *("2. 8443 TCP", "2) 8443 TCP", "(2) 8443 TCP", "[2] 8443 TCP", "2: 8443 TCP"),
        *("2 - 8443 TCP", "2. TCP 8443", "2: TCP 8443", "2 HTTPS", "2. HTTPS", "#2 8443 TCP"),
    ],
)
def test_the_number_of_an_item_is_no_port(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        *("8443 TCP 128 BIT", "8443 TCP (256-bit)", "8443 TCP, RSA 4096", "8443 TCP AES-128"),
        *("8443 HTTP/3", "HTTP/2 8443 TCP", "445 SMB 2 TCP", "445 TCP SMB 2", "TLS 12 TCP"),
        *("2 TCP ports", "20 ports TCP", "1 TCP port", "8443 TCP x2", "8443 TCP 50%"),
    ],
)
def test_a_length_a_version_or_a_count_is_no_port(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize("gap", [" ", "\u00a0", "\u2009", "\u202f", "  ", "'", "_", "\t"])
def test_a_number_with_a_gap_is_not_two_ports(gap: str) -> None:
    for text in (f"50{gap}100 UDP", f"UDP 50{gap}100", f"UDP 50{gap}100-60{gap}200"):
        with pytest.raises(Unreadable):
            read_ports(text, WHERE)


@pytest.mark.parametrize(
    "word",
    [
        *("WAS", "OLD", "NEW", "FORMERLY", "NO LONGER", "NOLONGER", "BIT", "KEY", "PLANNED"),
        *("TEST", "EXAMPLE", "SEE", "NOTE", "IF", "FOR", "IN", "LEGACY", "ALSO", "EX"),
    ],
)
@pytest.mark.parametrize("place", ["8443 TCP, {} 9443 TCP", "8443 TCP {} 9443", "{} 8443 TCP"])
def test_a_word_in_capitals_is_no_service(word: str, place: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(place.format(word), WHERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21 FTP", ["tcp/21 FTP"]),
        ("20/21 TCP", ["tcp/20", "tcp/21"]),
        ("500, 4500 UDP IKE", ["udp/500", "udp/4500 IKE"]),
        ("88 Kerberos TCP/UDP", ["tcp/88 KERBEROS", "udp/88 KERBEROS"]),
        ("TCP 8883 (MQTTS)", ["tcp/8883 MQTTS"]),
        ("5671 AMQPS", ["tcp/5671 AMQPS"]),
        ("UDP 3478 STUN", ["udp/3478 STUN"]),
        ("443 WSS", ["tcp/443 WSS"]),
        ("514 syslog UDP", ["udp/514 SYSLOG"]),
        ("443 HTTPS (TLS 1.2 or higher)", ["tcp/443 HTTPS"]),
        ("443 HTTPS/TLS", ["tcp/443 HTTPS"]),
        ("HTTP/HTTPS", ["tcp/80 HTTP?", "tcp/443 HTTPS?"]),
        ("HTTPS 2096", ["tcp/2096 HTTPS"]),
        ("TCP 1 - 65535", ["tcp/1-65535"]),
    ],
)
def test_services_that_firewall_pages_name_are_read(text: str, expected: list[str]) -> None:
    assert read_ports(text, WHERE) == services(*expected)


@pytest.mark.parametrize(
    "text", ["RPC", "135 RPC", "514 syslog", "5060 SIP", "443 turn TCP", "SFTP", "3478 STUN"]
)
def test_a_name_tells_no_more_than_is_certain(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


def test_the_names_that_tell_a_port_are_few() -> None:
    assert len(KNOWN) <= 10


def test_a_cell_longer_than_any_is_refused_at_once() -> None:
    with pytest.raises(Unreadable, match="longer than"):
        read_ports("443 TCP\n" * 10_000, WHERE)
