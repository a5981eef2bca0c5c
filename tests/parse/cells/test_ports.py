"""A port cell is read to exactly the services that it spells, or refused."""

from __future__ import annotations

import pytest

from tests.support.readings import WHERE, services
from tracker.errors import Unreadable
from tracker.parse.cells.port_tokens import KNOWN
from tracker.parse.cells.ports import read_ports

PAGE = {  # every cell of the page of which the text is known
    "22543 TCP, TLS 1.2 over TCP": ["tcp/22543 TLS 1.2"],
    "22551 TCP/UDP, 6771 UDP": ["tcp/22551", "udp/22551", "udp/6771"],
    "135 RPC TCP": ["tcp/135 RPC"],
    "139 SMB TCP": ["tcp/139 SMB"],
    "445 SMB TCP": ["tcp/445 SMB"],
    "389 LDAP TCP": ["tcp/389 LDAP"],
    "Randomly allocated high TCP ports (between 49152 - 65535) TCP": ["tcp/49152-65535"],
    "443 HTTPS": ["tcp/443 HTTPS"],
    "HTTPS/TLS 1.2": ["tcp/443 HTTPS?"],
    "HTTP": ["tcp/80 HTTP?"],
    "TCP, proprietary by Microsoft": ["tcp/-"],
    "22543 TCP, 443 TCP, TLS 1.2 over TCP": ["tcp/22543 TLS 1.2", "tcp/443 TLS 1.2"],
}
ONE_PORT = {
    "443 TCP": ["tcp/443"],
    "TCP 443": ["tcp/443"],
    "443/tcp": ["tcp/443"],
    "tcp/443": ["tcp/443"],
    "443TCP": ["tcp/443"],
    "443 TCP,": ["tcp/443"],
    "TCP: 443": ["tcp/443"],
    "TCP port 443.": ["tcp/443"],
    "port 443 (TCP)": ["tcp/443"],
    "[443] TCP": ["tcp/443"],
    "443 - HTTPS": ["tcp/443 HTTPS"],
    "HTTPS (443)": ["tcp/443 HTTPS"],
    "HTTPS (TCP 443)": ["tcp/443 HTTPS"],
    "8443 https": ["tcp/8443 HTTPS"],
    "UDP 123 (NTP)": ["udp/123 NTP"],
    "443": ["tcp/443?"],
    "123": ["udp/123?"],
    "443 TLS": ["tcp/443 TLS?"],
    "443 TCP, SSL 3": ["tcp/443 SSL 3"],
    "443 TCP (TLS 1.2+)": ["tcp/443 TLS 1.2"],
    "TLS 1.2, 443 TCP": ["tcp/443 TLS 1.2"],
    "1 TCP": ["tcp/1"],
    "65535 UDP": ["udp/65535"],
    "2 TCP": ["tcp/2"],
}
SEVERAL_PORTS = {
    "80, 443": ["tcp/80?", "tcp/443?"],
    "80, 443 TCP": ["tcp/80", "tcp/443"],
    "80/443 TCP": ["tcp/80", "tcp/443"],
    "80 and 443 TCP": ["tcp/80", "tcp/443"],
    "ports 80; 443 (TCP)": ["tcp/80", "tcp/443"],
    "80 + 443 TCP": ["tcp/80", "tcp/443"],
    "UDP/80,443,3478": ["udp/80", "udp/443", "udp/3478"],
    "443 (HTTPS) and 80 (HTTP)": ["tcp/443 HTTPS", "tcp/80 HTTP"],
    "443 HTTPS 80 HTTP": ["tcp/443 HTTPS", "tcp/80 HTTP"],
    "HTTPS 443 HTTP 80": ["tcp/443 HTTPS", "tcp/80 HTTP"],
    "443 TCP 53 UDP": ["tcp/443", "udp/53"],
    "TCP 443 UDP 53": ["tcp/443", "udp/53"],
    "443 TCP, 53 UDP": ["tcp/443", "udp/53"],
    "443 TCP\n53 UDP": ["tcp/443", "udp/53"],
    "443 HTTPS, 22543 TCP": ["tcp/443 HTTPS", "tcp/22543"],
    "443 TCP, 443 TCP": ["tcp/443"],
    "HTTP, HTTPS": ["tcp/80 HTTP?", "tcp/443 HTTPS?"],
    "443 TCP TLS 1.2 80 TCP": ["tcp/443 TLS 1.2", "tcp/80"],
}
BOTH_PROTOCOLS = {
    text: ["tcp/53", "udp/53"]
    for text in (
        "53 TCP/UDP",
        "TCP/UDP 53",
        "53 TCP and UDP",
        "TCP and UDP 53",
        "53 TCP & UDP",
        "TCP+UDP 53",
        "53 TCP, UDP",
        "TCP, UDP 53",
        "53 TCP UDP",
    )
} | {
    "80, 443 TCP, UDP": ["tcp/80", "udp/80", "tcp/443", "udp/443"],
    "22551 TCP and UDP, 6771 UDP": ["tcp/22551", "udp/22551", "udp/6771"],
    "TCP and UDP": ["tcp/-", "udp/-"],
}
RANGES = {
    "49152-65535 TCP": ["tcp/49152-65535"],
    "49152 – 65535 TCP": ["tcp/49152-65535"],
    "49152 to 65535 TCP": ["tcp/49152-65535"],
    "TCP 49152 through 65535": ["tcp/49152-65535"],
    "TCP/5100:6200": ["tcp/5100-6200"],
    "between 49152 and 65535 TCP": ["tcp/49152-65535"],
    "50,000-59,999 UDP": ["udp/50000-59999"],
    "UDP 10,500 - 11,000": ["udp/10500-11000"],
    "1,024-65,535 TCP": ["tcp/1024-65535"],
    "50,000 TCP": ["tcp/50000"],
    "443-443 TCP": ["tcp/443"],
    "UDP 3478-3481, 50,000-59,999": ["udp/3478-3481", "udp/50000-59999"],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [*(PAGE | ONE_PORT | SEVERAL_PORTS | BOTH_PROTOCOLS | RANGES).items()],
)
def test_a_spelling_is_read_exactly(text: str, expected: list[str]) -> None:
    assert read_ports(text, WHERE) == services(*expected)


@pytest.mark.parametrize("name", KNOWN)
def test_a_service_name_alone_tells_its_port_and_is_marked_as_inferred(name: str) -> None:
    protocol, port = KNOWN[name]
    assert read_ports(name.lower(), WHERE) == services(f"{protocol}/{port} {name}?")


@pytest.mark.parametrize(
    "text",
    [
        *("any", "ANY", "any TCP", "TCP any", "TCP *", "*", "all TCP ports", "ALL TCP"),
        *("TCP all", "any/any", "443 TCP and all others", "443 or any TCP"),
    ],
)
def test_any_and_all_are_never_a_port(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        *("TCP except 25", "443 TCP EXCEPT 445", "not 443 TCP", "443 TCP NOT UDP", "no TCP"),
        *("443 TCP but 80", "BLOCK 443 TCP", "443 TCP DENIED", "443 TCP REMOVED"),
        *("443 TCP unless 80", "CLOSED 443 TCP", "443 TCP WITHOUT", "443 TCP DEPRECATED"),
    ],
)
def test_words_that_turn_the_meaning_around_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        *("0 TCP", "65536 TCP", "443 TCP, 0 UDP", "0-1024 TCP", "1-65536 TCP", "9" * 20),
        *("500-100 TCP", "65535-49152 TCP", "60,001-70,000 TCP", "0443,000 TCP, 0"),
    ],
)
def test_a_number_that_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="is not a port"):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        "22,543 TCP",  # 22543, or 22 and 543
        "443 TCP, 22,543",
        "1024+ TCP",
        "TCP 1024+",
        "49152- TCP",
        "TCP 49152-",
        "-65535 TCP",
        "> 1023 TCP",
        "≥1024 TCP",
        "up to 1024 TCP",
        "49152..65535 TCP",
        "49152...65535 TCP",
        "49152~65535 TCP",
        "100-200-300 TCP",
        "443--445 TCP",
        "443 -: 445 TCP",
        "50.000 TCP",
    ],
)
def test_a_range_or_number_that_can_be_two_things_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        *("443 HTTP/2", "443 TCP HTTP/3", "443 TCP (TLS 1.2/1.3)", "443 TCP TLS 1.2 or 1.3"),
        *("445 TCP SMB 3", "SMB 3.1.1 445 TCP", "HTTP/1.1 80 TCP"),
    ],
)
def test_the_version_of_a_protocol_is_no_port(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    [
        "8080",
        "22543, TLS 1.2",
        "443 QUIC",
        "443 DTLS",
        "443 HTTPS, 8080",
        "443 HTTPS, UDP",
        "UDP, 80",
        "TCP 443 and UDP",
        "80 TCP, UDP, 443",
        "443-445",
        "HTTPS, TCP",
    ],
)
def test_a_port_without_a_certain_protocol_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text",
    ["443 TCP, TCP22543", "443 TCP, TCP-22543", "443 TCP-UDP", "443 UDP-TCP", "TCP22543"],
)
def test_a_number_glued_to_its_protocol_is_not_taken_for_a_name(text: str) -> None:
    with pytest.raises(Unreadable, match="is not understood"):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text", ["ICMP", "ICMP 8", "ICMPv6 TCP", "GRE 47", "ESP", "IP 50", "SCTP 443", "443 AH"]
)
def test_other_protocols_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text", ["", "-", "()", "n/a", "see below", "RPC", "TLS", "TLS 1.2", "proprietary", "TBD"]
)
def test_a_cell_without_a_port_and_a_protocol_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text", ["44З TCP", "4٤3 TCP", "٤٤٣ TCP", "443 ТСР", "443¹ TCP", "443 TCP²", "22543 TСP"]
)
def test_look_alike_letters_and_digits_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


@pytest.mark.parametrize(
    "text", ["443 TCP (optional)", "443 HTTPS RPC", "443 TCP 24/7 daily", "443 HTTPS, RPC"]
)
def test_words_that_say_something_else_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_ports(text, WHERE)


def test_the_refusal_says_where_and_quotes_the_cell() -> None:
    with pytest.raises(Unreadable) as caught:
        read_ports("443 TCP, 70000 UDP", "page, Europe, row 3")
    assert str(caught.value) == (
        'page, Europe, row 3: "70000" in "443 TCP, 70000 UDP" is not a port from 1 to 65535'
    )
