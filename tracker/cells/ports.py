"""The port cell: every usual spelling of protocol, port, range and service name.

A cell is cut into parts at commas and the like, and where a number, protocol or name begins
anew; a part holds numbers, protocols, names and filling words. A word that is none of these
is refused: "any" or "except" would turn the meaning around.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from tracker.errors import Unreadable
from tracker.model import Protocol, Service
from tracker.text import quote, remembered

_LAST_PORT = 65535

# IANA's service name and port number registry; the transport that firewalls mean by the name.
KNOWN: dict[str, tuple[Protocol, int]] = {
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
_FILLERS = frozenset(
    [
        "port",
        "ports",
        "randomly",
        "allocated",
        "high",
        "dynamic",
        "dynamically",
        "assigned",
        "ephemeral",
        "between",
        "from",
        "over",
        "via",
        "using",
        "on",
        "the",
        "in",
        "range",
        "ranges",
    ]
)
_PROPRIETARY = re.compile(r"^proprietary( by [A-Z]\w+)?$", re.IGNORECASE)
_TLS = r"\b(?P<tls>(?:TLS|SSL)\s*v?\s*(?P<version>[0-9](?:\.[0-9])?)\+?)(?!\w|\.[0-9])"
_THOUSANDS = re.compile(r"(?<![\d,])(\d{1,2}),(\d{3})(?![\d,])")
_THOUSANDS_RANGE = re.compile(
    r"(?<![\d,])(\d{1,2}),(\d{3})(\s*(?:[-–—:]|to|through)\s*)(\d{1,2}),(\d{3})(?![\d,])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween\s+(\d+)\s+and\s+(\d+)\b", re.IGNORECASE)
# "443 TCP and UDP", "TCP and UDP 53", "80, 443 TCP, UDP": both protocols for the same ports.
_BOTH = re.compile(
    r"\b(TCP|UDP)\s*(?:and|or|&|\+)\s*(TCP|UDP)\b(?![\s:/(]*(?:ports?\s*)?\d)"
    r"|^\s*(TCP|UDP)\s*(?:and|or|[&+,])\s*(TCP|UDP)\b"
    r"|\b(TCP|UDP)\s*,\s*(TCP|UDP)[\s.)]*$",
    re.IGNORECASE,
)
# "1024+", "1024- TCP", "-65535", "> 1023": a range without one of its ends.
_OPEN_END = re.compile(
    r"\d\+(?!\d)|\d[-–—](?!\s*\d)(?=[\s,;)]|$)|(?:^|[,;(])\s*[-–—]\s*\d|[<>≤≥]"
)
_PART = re.compile(r"\s*(?:[,;&\n]|(?<![0-9]\.[0-9])\+|\band\b|\bor\b)\s*", re.IGNORECASE)
_TOKEN = re.compile(
    rf"{_TLS}|(?P<unclear>[0-9]+(?:\.+[0-9]+)+|[0-9]+(?:\s*[-–—:]\s*[0-9]+){{2,}}"
    r"|[0-9]+(?:\s*[-–—:]){2,}\s*[0-9]+)"
    r"|(?P<range>[0-9]+\s*(?:[-–—:]|to|through)\s*[0-9]+)|(?P<number>[0-9]+)"
    r"|(?P<word>[^\W\d_][\w-]*)|(?P<mark>[/()\[\].:–—-]+)|(?P<odd>\S)",
    re.IGNORECASE,
)
_NAME = re.compile(r"^(?!(?:TCP|UDP))(?!.*-(?:TCP|UDP))[A-Z][A-Z0-9-]{1,11}$")
_SECURE = frozenset(["TLS", "SSL"])  # say nothing of the port, but that it is TCP
_FIRST_PORT_OF_NAMED = 7  # echo; "HTTP/2" and "SMB 3" are versions, not ports
# Words in capitals that are no service: they widen, negate, or name another protocol.
_NO_NAME = frozenset(
    [
        "ANY",
        "ALL",
        "NOT",
        "NO",
        "NONE",
        "NEVER",
        "EXCEPT",
        "BUT",
        "EXCLUDING",
        "OTHER",
        "WITHOUT",
        "UNLESS",
        "BLOCK",
        "BLOCKED",
        "CLOSE",
        "CLOSED",
        "DENIED",
        "DENY",
        "DEPRECATED",
        "DISABLED",
        "DROP",
        "FORBIDDEN",
        "OBSOLETE",
        "REJECT",
        "REMOVED",
        "RETIRED",
        "UNUSED",
        "ICMP",
        "ICMPV6",
        "IGMP",
        "GRE",
        "ESP",
        "AH",
        "IP",
        "SCTP",
    ]
)


_LONG_NUMBER = re.compile(r"\d{10,}")  # and int() refuses one of some thousands

_Kind = Literal["port", "protocol", "name"]


class _Part(msgspec.Struct):
    """One part of the cell: what it states by itself, and of which kinds that is."""

    ports: list[tuple[int, int]] = msgspec.field(default_factory=list)
    protocols: list[Protocol] = msgspec.field(default_factory=list)
    name: str | None = None
    tls: str | None = None
    first: _Kind | None = None
    last: _Kind | None = None
    is_mixed: bool = False

    @property
    def is_protocol_only(self) -> bool:
        return bool(self.protocols) and not (self.ports or self.name or self.tls)


def read_ports(text: str, where: str) -> tuple[Service, ...]:
    """Type a port cell. Raises Unreadable for words or numbers without a certain meaning."""
    try:
        return _read(text)
    except Unreadable as problem:
        raise Unreadable(f"{where}: {problem}") from None


@remembered
def _read(text: str) -> tuple[Service, ...]:
    if long := _LONG_NUMBER.search(text):
        raise Unreadable(f"{quote(long[0])} in {quote(text)} is no port")
    plain = _BETWEEN.sub(r"\1-\2", _thousands_joined(text))
    if end := _OPEN_END.search(re.sub(_TLS, " ", plain, flags=re.IGNORECASE)):
        raise Unreadable(f"{quote(end[0])} in {quote(text)} leaves a range open")
    plain = _BOTH.sub(lambda both: "/".join(filter(None, both.groups())), plain)
    stated = [part for piece in _PART.split(plain) for part in _read_parts(piece, text)]
    parts = _unrepeated(_qualified(stated), text)
    _share_protocols(parts)
    services = [service for part in parts for service in _services(part, text)]
    if not services:
        raise Unreadable(f"no port and no protocol in {quote(text)}")
    return tuple(dict.fromkeys(services))


def _thousands_joined(text: str) -> str:
    """`50,000` is one number and `80,443` two; what can be both is refused."""

    def join(match: re.Match[str]) -> str:
        joined = int(match[1] + match[2])
        if match[2].startswith("0"):
            return str(joined)
        if joined <= _LAST_PORT:
            raise Unreadable(f"{match[0]} in {quote(text)} can be one port or two")
        return match[0]

    # As a list, "10,500-11,000" would hold a range that ends below its start.
    return _THOUSANDS.sub(join, _THOUSANDS_RANGE.sub(r"\1\2\3\4\5", text))


def _read_parts(text: str, cell: str) -> list[_Part]:
    """The parts between two commas; none for words that state nothing.

    "443 TCP 53 UDP" is two: what a part begins with begins the next one.
    """
    if not text or _PROPRIETARY.match(text.strip(" ().")):
        return []
    parts = [_Part()]
    for token in _TOKEN.finditer(text):
        if token["unclear"] or token["odd"]:
            raise Unreadable(f"{quote(token[0])} in {quote(cell)} is not understood")
        if token["tls"]:
            for part in parts:
                part.tls = part.tls or _tls(token)
        elif kind := _kind_of(token, cell):
            _check_version(token, kind, parts[-1], cell)
            if kind == parts[-1].first and parts[-1].is_mixed:
                parts.append(_Part())
            _add(token, kind, parts[-1], cell)
    return parts


def _check_version(token: re.Match[str], kind: _Kind, part: _Part, cell: str) -> None:
    is_small = kind == "port" and int(token["number"] or _LAST_PORT) < _FIRST_PORT_OF_NAMED
    if is_small and part.last == "name":
        raise Unreadable(f"{token[0]} in {quote(cell)} looks like the version of {part.name}")


def _tls(token: re.Match[str]) -> str:
    return f"{token['tls'][:3].upper()} {token['version']}"


def _kind_of(token: re.Match[str], cell: str) -> _Kind | None:
    """What a token states; None for marks and filling words."""
    word = token["word"]
    if token["range"] or token["number"]:
        return "port"
    if not word or word.lower() in _FILLERS:
        return None
    if word.upper() in {"TCP", "UDP"}:
        return "protocol"
    if _is_name(word):
        return "name"
    raise Unreadable(f"the word {quote(word)} in {quote(cell)} is not understood")


def _add(token: re.Match[str], kind: _Kind, part: _Part, cell: str) -> None:
    part.first = part.first or kind
    part.last = kind
    part.is_mixed = part.is_mixed or kind != part.first
    word = token[0].upper()
    if kind == "port":
        part.ports.append(_port_range(token[0], cell))
    elif kind == "name":
        if part.name not in {None, word}:
            raise Unreadable(f"{quote(cell)} names two services for the same port")
        part.name = word
    elif word == "TCP" and "tcp" not in part.protocols:
        part.protocols.append("tcp")
    elif word == "UDP" and "udp" not in part.protocols:
        part.protocols.append("udp")


def _port_range(text: str, cell: str) -> tuple[int, int]:
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    first, last = numbers[0], numbers[-1]
    if not 0 < first <= last <= _LAST_PORT:
        raise Unreadable(f"{quote(text)} in {quote(cell)} is no port from 1 to 65535")
    return first, last


def _is_name(word: str) -> bool:
    upper = word.upper()
    return upper in KNOWN or (upper not in _NO_NAME and _NAME.match(word) is not None)


def _qualified(parts: list[_Part]) -> list[_Part]:
    """`TLS 1.2 over TCP` names the service of the ports before it; it is no port itself."""
    kept: list[_Part] = []
    for part in parts:
        if part.tls and not part.ports and not part.name and len(parts) > 1:
            for other in kept or parts:
                other.tls = other.tls or part.tls
        else:
            kept.append(part)
    return kept or parts[:1]


def _unrepeated(parts: list[_Part], cell: str) -> list[_Part]:
    """Without parts that only repeat a protocol. A new protocol without a port is refused.

    A cell of nothing but protocols states no port: "TCP, proprietary".
    """
    if all(part.is_protocol_only for part in parts):
        return parts
    kept: list[_Part] = []
    for part in parts:
        if not part.is_protocol_only:
            kept.append(part)
        elif not kept or not set(part.protocols) <= set(kept[-1].protocols):
            raise Unreadable(
                f"{quote(cell)} does not say which port {part.protocols[0]} is for"
            )
    return kept


def _share_protocols(parts: list[_Part]) -> None:
    """`UDP/80,443`: a protocol goes on to the right; `80, 443 TCP`: else to the left."""
    for ordered in (parts, list(reversed(parts))):
        current: list[Protocol] = []
        for part in ordered:
            named = part.name in KNOWN and not part.protocols
            if part.protocols:
                current = part.protocols
            elif not named:
                part.protocols = list(current)


def _services(part: _Part, cell: str) -> list[Service]:
    """The services of one part; a port or protocol that only its name tells is inferred."""
    known = KNOWN.get(part.name or "")
    protocols = part.protocols or ([known[0]] if known else [])
    name = part.name or part.tls
    if not part.ports and not protocols and name:
        raise Unreadable(f"no port is known for {quote(name)} in {quote(cell)}")
    if part.ports:
        inferred = False
        if not protocols:
            protocols, inferred = _protocol_of(part, cell), True
        return [
            Service(protocol, first, last, name, inferred)
            for first, last in part.ports
            for protocol in protocols
        ]
    if known:
        return [
            Service(protocol, known[1], known[1], name, inferred=True) for protocol in protocols
        ]
    return [Service(protocol, None, None, name) for protocol in protocols]


def _protocol_of(part: _Part, cell: str) -> list[Protocol]:
    """The protocol of bare well-known ports; another bare number is not certain."""
    by_port = {port: protocol for protocol, port in KNOWN.values()}
    found = {by_port.get(first) if first == last else None for first, last in part.ports}
    if len(found) == 1 and None not in found and part.name in {None, *_SECURE}:
        return [protocol for protocol in found if protocol]
    raise Unreadable(f"{quote(cell)} does not say whether it means TCP or UDP")
