"""A protocol column belongs to its ports, and other words of the row are heeded."""

from __future__ import annotations

import pytest

from tests.support.readings import WHERE, page, read, row, services, table
from tracker.errors import Unreadable
from tracker.parse.cells.ports import read_ports

HEADER = ("Host", "Direction", "Ports", "Protocol", "Purpose")


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("8443", "TCP", ["tcp/8443"]),
        ("8443", "UDP", ["udp/8443"]),
        ("443", "udp", ["udp/443"]),
        ("8443", "TCP/UDP", ["tcp/8443", "udp/8443"]),
        ("8443", "TCP and UDP", ["tcp/8443", "udp/8443"]),
        ("8443", "TCP\nUDP", ["tcp/8443", "udp/8443"]),
        ("8443\n3478", "TCP\nUDP", ["tcp/8443", "udp/3478"]),
        ("8443,\n3478", "TCP,\nUDP", ["tcp/8443", "udp/3478"]),
        ("8443, 9443\n3478", "TCP\nUDP", ["tcp/8443", "tcp/9443", "udp/3478"]),
        ("8443; 3478", "TCP; UDP", ["tcp/8443", "udp/3478"]),
        ("8443\n3478", "TCP/UDP", ["tcp/8443", "udp/8443", "tcp/3478", "udp/3478"]),
        ("50000 -\n50100", "UDP", ["udp/50000-50100"]),
        ("50000 -\n50100", "UDP\nUDP", ["udp/50000-50100"]),
        ("8443 TCP", "TCP", ["tcp/8443"]),
        ("8443 TCP, 3478 UDP", "TCP/UDP", ["tcp/8443", "udp/3478"]),
        ("443 HTTPS", "TCP", ["tcp/443 HTTPS"]),
        ("53 DNS", "TCP", ["tcp/53 DNS"]),
        ("135", "TCP RPC", ["tcp/135 RPC"]),
        ("135 TCP", "RPC", ["tcp/135 RPC"]),
        ("9443", "HTTPS", ["tcp/9443 HTTPS"]),
        ("80, 443", "HTTP, HTTPS", ["tcp/80 HTTP", "tcp/443 HTTPS"]),
        ("53, 443", "DNS/HTTPS", ["udp/53 DNS", "tcp/443 HTTPS"]),
        ("8443", "TLS 1.2", ["tcp/8443 TLS 1.2?"]),
        ("8443\nTLS 1.2", "TCP", ["tcp/8443 TLS 1.2"]),
        ("443", "", ["tcp/443?"]),
        ("443", "-", ["tcp/443?"]),
        ("", "TCP", ["tcp/-"]),
        ("–", "UDP", ["udp/-"]),
        ("HTTPS", "TCP", ["tcp/443 HTTPS?"]),
    ],
)
def test_the_protocol_column_is_of_its_ports(
    text: str, protocol: str, expected: list[str]
) -> None:
    assert read_ports(text, WHERE, protocol=protocol) == services(*expected)


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("8443 TCP", "UDP"),
        ("8443 TCP", "TCP/UDP"),
        ("8443 TCP, 3478", "TCP/UDP"),
        ("443 HTTPS", "UDP"),
        ("8443 UDP", "TLS"),
        ("8443 UDP", "HTTPS"),
        ("8443\n3478\n9443", "TCP\nUDP"),
        ("8443, 3478", "TCP\nUDP"),
        ("50000 -\n50100", "TCP\nUDP"),
        ("8443\nTLS 1.2", "TCP\nUDP"),
        ("8443", "6"),
        ("8443", "UDP 17"),
        ("8443", "UDP [1]"),
        ("8443", "any"),
        ("8443", "ICMP"),
        ("8443", "IP"),
        ("8443", "RPC"),
        ("9443, 9053", "DNS, HTTPS"),
    ],
)
def test_a_protocol_column_that_contradicts_or_is_unclear_is_refused(
    text: str, protocol: str
) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE, protocol=protocol)


@pytest.mark.parametrize("words", ["Only over UDP", "Relays (udp)", "TCP and UDP"])
@pytest.mark.parametrize(("text", "protocol"), [("443", ""), ("443 HTTPS", ""), ("443", "TLS")])
def test_a_protocol_is_not_inferred_where_the_row_names_another(
    words: str, text: str, protocol: str
) -> None:
    with pytest.raises(Unreadable, match="names UDP"):
        read_ports(text, WHERE, protocol=protocol, row_words=["Servers", words])


@pytest.mark.parametrize("text", ["443 TCP", "TCP/443", "22543 TCP, TLS 1.2 over TCP"])
def test_a_protocol_that_is_stated_needs_no_other_word(text: str) -> None:
    assert read_ports(text, WHERE, row_words=["over UDP"]) == read_ports(text, WHERE)


def test_words_that_name_the_same_protocol_stop_nothing() -> None:
    assert read_ports("443 HTTPS", WHERE, row_words=["by TCP"]) == services("tcp/443 HTTPS")
    assert read_ports("123", WHERE, row_words=["UDP time"]) == services("udp/123?")


def test_lines_of_a_row_are_paired_and_its_words_heeded() -> None:
    cells = ("a.example.com", "Out", "443<br>3478", "TCP<br>UDP", "Calls over UDP")
    (entry,) = read(page(table(row(*cells), header=HEADER))).entries
    assert entry.services == services("tcp/443", "udp/3478")
    with pytest.raises(Unreadable, match="names UDP"):
        read(page(table(row(*cells[:2], "443", "", cells[4]), header=HEADER)))


def test_items_of_a_list_in_a_cell_are_lines() -> None:
    ports = "<ul><li>443, 8443 TCP</li><li>3478 UDP</li></ul>"
    (entry,) = read(page(table(row("a.example.com", "Out", ports), header=HEADER[:3]))).entries
    assert entry.services == services("tcp/443", "tcp/8443", "udp/3478")
