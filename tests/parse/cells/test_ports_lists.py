"""Each list of a port cell keeps its own protocol; what can be read in two ways is refused."""

from __future__ import annotations

import pytest

from tests.support.readings import WHERE, services
from tracker.errors import Unreadable
from tracker.parse.cells.ports import read_ports

TWO_LISTS = {
    "TCP 8080, 8443\nUDP 3478": ["tcp/8080", "tcp/8443", "udp/3478"],
    "8080, 8443 TCP\n3478, 3479 UDP": ["tcp/8080", "tcp/8443", "udp/3478", "udp/3479"],
    "8080, 8443 TCP; 3478, 3479 UDP": ["tcp/8080", "tcp/8443", "udp/3478", "udp/3479"],
    "TCP: 8080; UDP: 3478-3481": ["tcp/8080", "udp/3478-3481"],
    "8080, 8443 (TCP), 3478, 3479 (UDP)": ["tcp/8080", "tcp/8443", "udp/3478", "udp/3479"],
    "8080, 8443 TCP, 3478 UDP": ["tcp/8080", "tcp/8443", "udp/3478"],
    "TCP 8080, 8443, UDP 3478, 3479": ["tcp/8080", "tcp/8443", "udp/3478", "udp/3479"],
    "TCP (8080, 8443), UDP (3478)": ["tcp/8080", "tcp/8443", "udp/3478"],
    "8080 TCP / 3478 UDP": ["tcp/8080", "udp/3478"],
    "8080 TCP | 3478 UDP": ["tcp/8080", "udp/3478"],
    "8080 TCP\n8443 TCP;\n3478 UDP": ["tcp/8080", "tcp/8443", "udp/3478"],
    "• 8080 TCP\n• 3478 UDP": ["tcp/8080", "udp/3478"],
    "- 8080 TCP\n- 3478 UDP": ["tcp/8080", "udp/3478"],
    "443 HTTPS\n53 DNS": ["tcp/443 HTTPS", "udp/53 DNS"],
    "443 (TCP, UDP), 80 TCP": ["tcp/443", "udp/443", "tcp/80"],
}
# The protocol on a line of its own, above or below its ports.
OWN_LINE = {
    "8080\n8443\nTCP": ["tcp/8080", "tcp/8443"],
    "TCP\n8080\n8443": ["tcp/8080", "tcp/8443"],
    "8080, 8443\n(TCP)": ["tcp/8080", "tcp/8443"],
    "TCP:\n8080\n8443\nUDP:\n3478": ["tcp/8080", "tcp/8443", "udp/3478"],
    "8080\nTCP\n3478\nUDP": ["tcp/8080", "udp/3478"],
    "443 HTTPS\nTCP": ["tcp/443 HTTPS"],
    "53 DNS\nTCP/UDP": ["tcp/53 DNS", "udp/53 DNS"],
    "TCP\nUDP": ["tcp/-", "udp/-"],
}
GOES_ON = {
    "8080,\n8443 TCP": ["tcp/8080", "tcp/8443"],
    "8080 TCP,\n3478 UDP": ["tcp/8080", "udp/3478"],
    "8080 and\n8443 TCP": ["tcp/8080", "tcp/8443"],
    "8080\nand 8443 TCP": ["tcp/8080", "tcp/8443"],
    "8080 TCP\nTLS 1.3": ["tcp/8080 TLS 1.3"],
    "8080 TCP, 8443 TCP\nTLS 1.3 over TCP": ["tcp/8080 TLS 1.3", "tcp/8443 TLS 1.3"],
    "8080 TCP\nTLS 1.3\n3478 UDP": ["tcp/8080 TLS 1.3", "udp/3478"],
    "TLS 1.3\n8080 TCP": ["tcp/8080 TLS 1.3"],
    "8080, TLS 1.3 over TCP": ["tcp/8080 TLS 1.3"],
    "8080 TCP, TLS 1.3 over TCP, 8443 TCP": ["tcp/8080 TLS 1.3", "tcp/8443"],
    "443\nHTTPS": ["tcp/443 HTTPS"],
    "9443\n(HTTPS)": ["tcp/9443 HTTPS"],
    "TCP\nproprietary by Contoso": ["tcp/-"],
    "Dynamic TCP ports\n(49152 - 65535)": ["tcp/49152-65535"],
}
WELL_KNOWN = {  # both ways to read them come to the same
    "443 TCP, 80": ["tcp/443", "tcp/80"],
    "80\n443 TCP": ["tcp/80", "tcp/443"],
    "80\n443": ["tcp/80?", "tcp/443?"],
}
RANGES = {
    text: ["udp/50000-50100"]
    for text in (
        *(f"50000{dash}50100 UDP" for dash in "-‐‑‒–—―−"),
        "50000 −  50100 UDP",
        "50000 -\n50100 UDP",
        "50000 –\n50100\nUDP",
        "50000 to\n50100 UDP",
        "50000\nto 50100 UDP",
        "UDP 50000 thru 50100",
        "UDP between 50000\nand 50100",
        "UDP from 50000 to 50100",
        "UDP port range 50000:50100",
    )
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [*(TWO_LISTS | OWN_LINE | GOES_ON | WELL_KNOWN | RANGES).items()],
)
def test_lists_are_read_exactly(text: str, expected: list[str]) -> None:
    assert read_ports(text, WHERE) == services(*expected)


@pytest.mark.parametrize(
    "text",
    [
        *("80 TCP, 443, 53 UDP", "8080 TCP, 3478, 3479 UDP", "TCP 8080, 8443, 3478 UDP"),
        *("8080, 8443 TCP, 22 TCP, 3478, 3479 UDP", "80 TCP,\n443,\n53 UDP"),
        *("8080\n8443 TCP", "8080 TCP\n8443", "8080; 8443 TCP", "TCP 8080; 8443"),
        *("8080, TCP 8443", "8080 TCP, 8443", "53 DNS, 8443 TCP", "443 TCP\n53", "53, 443"),
        *("8080\nTCP\n8443\n3478\nUDP", "TCP\n8080\nUDP", "8080\nTCP\n3478", "443 TCP\nUDP"),
        *("443 HTTPS\nUDP", "9443\nHTTPS", "9443 TCP, HTTPS", "HTTPS, 9443 TCP"),
        *(
            "80/443 HTTP/HTTPS",
            "443 TCP and UDP 53",
            "TCP 80 / TCP and UDP 53",
            "8080, 8443, TCP",
            "3478 UDP, TLS 1.2 over TCP",
        ),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "50000 ... 50100 UDP",
            "50000 … 50100 UDP",
            "50000..50100 UDP",
            "50000, …, 50100 UDP",
        ),
        *("50000 UDP - 50100 UDP", "UDP 50000 to UDP 50100", "50000 (UDP) – 50100 (UDP)"),
        *("50000\n- 50100 UDP", "50000\n50100 UDP", "50000 -, 50100 UDP", "UDP over 50000"),
        *("50000-50050-50100 UDP", "UDP from 50000", "UDP range 50000, 50100", "80+ 443 TCP"),
        *("135 TCP, dynamic TCP ports", "135 TCP\nhigh TCP ports", "UDP 50000 : 50100"),
    ],
)
def test_a_range_is_whole_or_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text", ["443,,80 TCP", ", 443 TCP", "443 TCP and", "and 443 TCP", "443 TCP, , 80 TCP"]
)
def test_a_separator_that_lost_its_port_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="nothing stands"):
        read_ports(text, WHERE)
