"""Splits a line of a port cell into tokens: numbers, ranges, protocols, names, signs.

Every character of the line is in a token; otherwise the line is refused and the character
quoted. Only known service names and filling words are accepted: "WAS", "OLD" or "BIT" in
capitals look like a service's name, but change the meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from tracker.errors import Unreadable
from tracker.model import LAST_PORT, Protocol
from tracker.text import quote

# From IANA's service name and port number registry, with the transport that firewalls use.
# Only for these services the name implies the port, and the bare port implies the protocol.
KNOWN: Final[dict[str, tuple[Protocol, int]]] = {
    "HTTP": ("tcp", 80),
    "HTTPS": ("tcp", 443),
    "SSH": ("tcp", 22),
    "DNS": ("udp", 53),
    "NTP": ("udp", 123),
    "SMTP": ("tcp", 25),
    "LDAP": ("tcp", 389),
    "LDAPS": ("tcp", 636),
    "SMB": ("tcp", 445),
    "RDP": ("tcp", 3389),
}
# These services run over both protocols; the other protocol is not a contradiction.
_OVER_BOTH = frozenset(["DNS", "LDAP", "RDP"])
# Services whose protocol is certain, but whose ports differ between vendors.
_TCP = (
    "ADWS AMQP AMQPS BGP FTP FTPS GRPC IMAP IMAPS IPP KAFKA MONGODB MQTT MQTTS MYSQL"
    " NETBIOS-SSN POP3 POP3S POSTGRESQL PPTP REDIS RTMP RTMPS SCP SFTP SIPS SMTPS SOCKS SOCKS5"
    " TELNET VNC WEBSOCKET WEBSOCKETS WINRM WS WSS XMPP"
)
_UDP = (
    "BOOTP DHCP DHCPV6 IKE IKEV2 ISAKMP L2TP LLMNR MDNS NETBIOS-DGM NETBIOS-NS SNMP"
    " SNMPV3 SSDP TFTP WIREGUARD"
)
# Services that run over both protocols, families of services, and names that often denote a
# second protocol on the same port (QUIC): the name implies neither port nor protocol.
_NAMES_ONLY = (
    "CIFS DCOM DTLS ICE IPSEC KERBEROS KMS MS-RPC MSRPC MSSQL NETBIOS NFS OPENVPN QUIC RADIUS"
    " RADSEC RPC"
    " RTCP RTP RTSP SIP SRTP STUN STUNS SYSLOG TACACS TURN TURNS WMI"
)
# Names that are also English words: they count as names only in capitals.
_CAPITALS = frozenset(["ICE", "KMS", "SCP", "SIP", "SOCKS", "STUN", "TURN", "WS"])
_PROTOCOLS: Final[dict[str, Protocol | None]] = {
    **dict.fromkeys(_NAMES_ONLY.split()),
    **dict.fromkeys(_TCP.split(), "tcp"),
    **dict.fromkeys(_UDP.split(), "udp"),
    **{name: protocol for name, (protocol, _) in KNOWN.items()},
}
# Services with ports of one or two digits. Another such number next to the name is a version
# ("SMB 3"), a footnote or an item number.
_LOW_PORTS: Final[dict[str, tuple[int, ...]]] = {
    "BOOTP": (67, 68),
    "DHCP": (67, 68),
    "FTP": (20, 21),
    "KERBEROS": (88,),
    "SCP": (22,),
    "SFTP": (22,),
    "TACACS": (49,),
    "TELNET": (23,),
    "TFTP": (69,),
}
_BY_PORT: Final[dict[int, Protocol]] = {port: protocol for protocol, port in KNOWN.values()}
# Filling words. `port_parts` checks their context.
PORTS: Final = frozenset(["port", "ports", "port(s)"])
RANGE: Final = frozenset(["range", "ranges"])
BOUNDS: Final = frozenset(["between", "from"])  # a range follows
OVER: Final = frozenset(["over"])  # a protocol follows: "over 1024" would be more than 1024
LINKS: Final = frozenset(["over", "via", "using", "on", "in"])  # never between two ports
LOOSE: Final = frozenset(
    ["randomly", "allocated", "high", "dynamic", "dynamically", "assigned", "ephemeral"]
)  # they announce a range
FILLERS: Final = PORTS | RANGE | BOUNDS | LINKS | LOOSE | {"the"}
Kind = Literal[
    "number",
    "range",
    "protocol",
    "name",
    "tls",
    "owner",
    "filler",
    "comma",
    "and",
    "slash",
    "open",
    "close",
    "colon",
    "dash",
    "dots",
    "to",
    "stop",
]
_DASHES = "-‐‑‒–—―−"  # U+2010 to U+2015, and the minus sign
_LEXEME = re.compile(
    r"(?P<tls>\b(?:TLS|SSL)(?:\s*v?\s*[0-9](?:\.[0-9])?\+?(?!\w|\.[0-9]))?"
    r"(?:\s+(?:or|and)\s+(?:higher|later|above|newer|greater)\b)?"
    r"(?:\s+over\s+(?P<over>TCP)\b)?(?![\w-]))"
    r"|(?P<owner>\bproprietary\b(?:\s+by\s+(?!(?-i:TCP|UDP)\b)(?-i:[A-Z])\w+)?)"
    r"|(?P<unclear>[0-9]+(?:\.[0-9]+)+)|(?P<dots>\.{2,3}(?!\.)|…|‥)|(?P<number>[0-9]+)"
    r"|(?P<and>\band\s*/\s*or\b|\b(?:and|or)\b|[&+])|(?P<to>\b(?:to|through|thru)\b)"
    r"|(?P<portsword>\bports?\(s\))|(?P<word>[^\W\d_][\w-]*)|(?P<comma>[,|])"
    r"|(?P<colon>:(?://)?)|(?P<slash>/)|(?P<open>[(\[])|(?P<close>[)\]])"
    rf"|(?P<dash>[{_DASHES}])|(?P<stop>\.)|(?P<odd>\S)",
    re.IGNORECASE,
)
_TLS_TEXT = re.compile(r"(TLS|SSL)\s*v?\s*([0-9](?:\.[0-9])?)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d,])(\d{1,2}),(\d{3})(?![\d,])")
_THOUSANDS_RANGE = re.compile(
    rf"(?<![\d,])(\d{{1,2}}),(\d{{3}})(\s*(?:[{_DASHES}:]|to|through|thru)\s*)"
    r"(\d{1,2}),(\d{3})(?![\d,])",
    re.IGNORECASE,
)
_DIGITS = 5
_LEAST_SPACED = 10  # "1 - 443 TCP" looks like the first item of a list
_USUAL_ENDS = frozenset([1023, 1024, LAST_PORT])
# An ellipsis is not a range: "80 ... 443" may omit ports that the vendor thinks are obvious.
_RANGES = frozenset(["dash", "to"])
NUMERIC: frozenset[Kind] = frozenset(["number", "range"])
_KINDS: dict[str, Kind] = {
    "owner": "owner",
    "dots": "dots",
    "and": "and",
    "to": "to",
    "comma": "comma",
    "colon": "colon",
    "slash": "slash",
    "open": "open",
    "close": "close",
    "dash": "dash",
    "stop": "stop",
}


class PortToken(msgspec.Struct, frozen=True):
    """One token: its text, its meaning, and whether there are blanks around it."""

    kind: Kind
    text: str
    blank_before: bool = False
    blank_after: bool = False
    first: int = 0
    last: int = 0
    protocols: tuple[Protocol, ...] = ()
    name: str | None = None

    def is_word(self, words: frozenset[str]) -> bool:
        """Return whether this is one of these filling words."""
        return self.kind == "filler" and self.text.lower() in words


COMMA = PortToken("comma", ",")


def read_tokens(line: str, cell: str) -> list[PortToken]:
    """Return all tokens of a line. Raises Unreadable for an unknown sign or word."""
    plain = _join_thousands(line, cell)
    return [_build_token(match, plain, cell) for match in _LEXEME.finditer(plain)]


def _join_thousands(text: str, cell: str) -> str:
    """Return the text with `50,000` as one number; raise Unreadable if it may be two ports."""

    def join(match: re.Match[str]) -> str:
        """Return the digits as one number or as they were; raise Unreadable if unclear."""
        joined = int(match[1] + match[2])
        if match[2].startswith("0"):
            return match[1] + match[2]
        if joined <= LAST_PORT:
            raise Unreadable(f"{quote(match[0])} in {quote(cell)} can be one port or two")
        return match[0]

    # "10,500-11,000" cannot be a list: the range 500-11 would end below its start.
    return _THOUSANDS.sub(join, _THOUSANDS_RANGE.sub(r"\1\2\3\4\5", text))


def _build_token(match: re.Match[str], line: str, cell: str) -> PortToken:
    start, end = match.span()
    kind, text = match.lastgroup or "odd", match[0]
    # If start is 0, this is line[-1:0], which is empty.
    blanks = not line[start - 1 : start].strip(), not line[end : end + 1].strip()
    if match["tls"]:
        over: tuple[Protocol, ...] = ("tcp",) if match["over"] else ()
        return PortToken("tls", text, *blanks, protocols=over, name=_normalize_tls(text))
    if kind == "number":
        port = _parse_port(text, cell)
        return PortToken("number", text, *blanks, first=port, last=port)
    if kind in {"word", "portsword"}:
        return _build_word_token(text, blanks, cell)
    if kind in {"odd", "unclear"}:
        raise Unreadable(f"{quote(text)} in {quote(cell)} is not understood")
    return PortToken(_KINDS[kind], text, *blanks)


def _normalize_tls(text: str) -> str:
    match = _TLS_TEXT.match(text)
    return " ".join(filter(None, match.groups())).upper() if match else text


def _build_word_token(text: str, blanks: tuple[bool, bool], cell: str) -> PortToken:
    lower = text.lower()
    if lower == "tcp":
        return PortToken("protocol", text, *blanks, protocols=("tcp",))
    if lower == "udp":
        return PortToken("protocol", text, *blanks, protocols=("udp",))
    if lower in FILLERS:
        return PortToken("filler", text, *blanks)
    if name := find_service_name(text):
        return PortToken("name", text, *blanks, name=name)
    raise Unreadable(f"the word {quote(text)} in {quote(cell)} is not understood")


def _parse_port(number: str, cell: str) -> int:
    if len(number) > _DIGITS or number.startswith("0") or int(number) > LAST_PORT:
        raise Unreadable(f"{quote(number)} in {quote(cell)} is not a port from 1 to 65535")
    return int(number)


def join_ranges(tokens: Sequence[PortToken], cell: str) -> list[PortToken]:
    """Return the tokens with each range as one. Raises Unreadable for an open range."""
    joined: list[PortToken] = []
    at = 0
    while at < len(tokens):
        length = _range_length(tokens, at)
        if length:
            joined.append(_build_range(tokens[at : at + length], cell))
        else:
            joined.append(tokens[at])
        at += length or 1
    for token, after in zip(joined, [*joined[1:], None], strict=True):
        _check_bound(token, after, cell)
    _check_marks(joined, cell)
    return joined


def _range_length(tokens: Sequence[PortToken], at: int) -> int:
    """Return the length of a range at `at`, such as `between 1 and 2`, in tokens, or 0."""
    kinds = [token.kind for token in tokens[at : at + 4]]
    if kinds == ["filler", "number", "and", "number"]:
        is_between = tokens[at].text.lower() == "between" and tokens[at + 2].text.isalpha()
        return 4 if is_between else 0
    if kinds[:1] != ["number"] or kinds[2:3] != ["number"]:
        return 0
    middle = tokens[at + 1]
    is_tight = not (middle.blank_before or middle.blank_after)
    return 3 if middle.kind in _RANGES or (middle.text == ":" and is_tight) else 0


def _build_range(tokens: Sequence[PortToken], cell: str) -> PortToken:
    first, middle, last = tokens[-3:]
    text = f"{first.text}{middle.text}{last.text}"
    is_spaced = middle.kind == "dash" and (middle.blank_before or middle.blank_after)
    if is_spaced and first.first < _LEAST_SPACED and last.last not in _USUAL_ENDS:
        raise Unreadable(f"{quote(text)} in {quote(cell)} can be a range or an item's number")
    if first.first > last.last:
        raise Unreadable(f"{quote(text)} in {quote(cell)} is not a port from 1 to 65535")
    return PortToken(
        "range", text, tokens[0].blank_before, last.blank_after, first.first, last.last
    )


def _check_bound(token: PortToken, after: PortToken | None, cell: str) -> None:
    """Raise Unreadable for words without their range: `from 1024`, `between 80, 443`."""
    if token.is_word(BOUNDS) and (after is None or after.kind != "range"):
        raise Unreadable(f"{quote(token.text)} in {quote(cell)} leaves a range open")


def _check_marks(tokens: Sequence[PortToken], cell: str) -> None:
    """Raise Unreadable for range marks outside a range, and for misplaced full stops."""
    for at, token in enumerate(tokens):
        before, after = find_kind(tokens, at - 1), find_kind(tokens, at + 1)
        if token.kind in {"dots", "to"}:
            is_open = True
        elif token.kind == "dash":
            is_open = _is_open_dash(token, before, after)
        elif token.text == "+":
            is_joined = token.blank_after is False and after in NUMERIC
            is_open = before in NUMERIC and not (token.blank_before or is_joined)
        else:
            is_open = False
        if is_open:
            raise Unreadable(f"{quote(token.text)} in {quote(cell)} leaves a range open")
        if _is_misplaced(token, before, after):
            raise Unreadable(f"{quote(token.text)} in {quote(cell)} is not understood")


def find_kind(tokens: Sequence[PortToken], at: int) -> Kind | None:
    """Return the kind of the token at this index; None if there is none."""
    return tokens[at].kind if 0 <= at < len(tokens) else None


def _is_open_dash(token: PortToken, before: Kind | None, after: Kind | None) -> bool:
    """Return whether the dash lacks an end: `443 TCP -`, `-443`, but not `TCP - 443`."""
    joins = {*NUMERIC, "protocol", "name", "tls", "filler", "open", "close"}
    is_even = token.blank_before == token.blank_after
    is_between_ports = before in NUMERIC and after in NUMERIC
    return not (is_even and before in joins and after in joins) or is_between_ports


def _is_misplaced(token: PortToken, before: Kind | None, after: Kind | None) -> bool:
    """Return whether a full stop is inside the cell, or a colon follows a number: `1: 443`."""
    if token.kind == "stop":
        return after is not None or before is None
    return token.kind == "colon" and before in NUMERIC and after in NUMERIC


def find_service_name(word: str) -> str | None:
    """Return the service name that `word` is, in capitals; None for another word."""
    name = word.upper()
    if name not in _PROTOCOLS or (name in _CAPITALS and word != name):
        return None
    return name


def find_protocol_of_service(name: str | None) -> Protocol | None:
    """Return the protocol that the service's name implies, or None."""
    return _PROTOCOLS.get(name or "")


def find_protocol_of_port(port: int) -> Protocol | None:
    """Return the protocol that a bare well-known port implies, or None."""
    return _BY_PORT.get(port)


def find_port_of_service(name: str | None) -> int | None:
    """Return the port that the service's name implies, or None."""
    known = KNOWN.get(name or "")
    return known[1] if known else None


def is_port_of(port: int, name: str | None) -> bool:
    """Return whether this is a known port of the service, or of any service for None."""
    if name is None:
        return port in _BY_PORT or any(port in ports for ports in _LOW_PORTS.values())
    return port == find_port_of_service(name) or port in _LOW_PORTS.get(name, ())


def contradicts(name: str | None, protocols: tuple[Protocol, ...]) -> bool:
    """Return whether the service's name implies a protocol that is not in `protocols`."""
    known = find_protocol_of_service(name)
    return known is not None and known not in protocols and name not in _OVER_BOTH
