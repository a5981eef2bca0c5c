"""The port cell: every usual spelling of protocol, port, range and service name.

A cell is cut into parts at commas and the like; a part holds numbers, protocols, names and
filling words. A word that is none of these is refused: "any" or "except" would turn the
meaning around.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tracker.errors import Unreadable
from tracker.model import Protocol, Service
from tracker.text import quote

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
_TLS = re.compile(r"\b(TLS|SSL)\s*v?\s*(\d(?:\.\d)?)\+?(?![\w.])", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d,])(\d{1,2}),(\d{3})(?![\d,])")
_THOUSANDS_RANGE = re.compile(
    r"(?<![\d,])(\d{1,2}),(\d{3})(\s*(?:[-–—:]|to|through)\s*)(\d{1,2}),(\d{3})(?![\d,])",
    re.IGNORECASE,
)
_PART = re.compile(r"\s*(?:[,;+&\n]|\band\b|\bor\b)\s*", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<range>\d+\s*(?:[-–—:]|to|through)\s*\d+)|(?P<number>\d+)|(?P<word>[^\W\d_][\w-]*)"
    r"|(?P<mark>[/()\[\].:–—-]+)|(?P<odd>\S)",
    re.IGNORECASE,
)
_NAME = re.compile(r"^[A-Z][A-Z0-9-]{1,11}$")
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
        "BLOCK",
        "DENY",
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


@dataclass
class _Part:
    """One part of the cell: what it states by itself."""

    ports: list[tuple[int, int]] = field(default_factory=list)
    protocols: list[Protocol] = field(default_factory=list)
    name: str | None = None
    tls: str | None = None


def read_ports(text: str, where: str) -> tuple[Service, ...]:
    """Type a port cell. Raises Unreadable for words or numbers without a certain meaning."""
    plain = _thousands_joined(text, where)
    stated = (_read_part(part, text, where) for part in _PART.split(plain) if part)
    parts = _qualified([part for part in stated if part is not None])
    _share_protocols(parts)
    services = [service for part in parts for service in _services(part, text, where)]
    if not services:
        raise Unreadable(f"{where}: no port and no protocol in {quote(text)}")
    return tuple(dict.fromkeys(services))


def _thousands_joined(text: str, where: str) -> str:
    """`50,000` is one number and `80,443` two; what can be both is refused."""

    def join_range(match: re.Match[str]) -> str:
        as_list_is_sound = match[2][0] != "0" and int(match[2]) < int(match[4])
        if as_list_is_sound:
            return match[0]
        return match[1] + match[2] + match[3] + match[4] + match[5]

    def join(match: re.Match[str]) -> str:
        joined = int(match[1] + match[2])
        if match[2].startswith("0"):
            return str(joined)
        if joined <= _LAST_PORT:
            raise Unreadable(f"{where}: {match[0]} in {quote(text)} can be one port or two")
        return match[0]

    return _THOUSANDS.sub(join, _THOUSANDS_RANGE.sub(join_range, text))


def _read_part(text: str, cell: str, where: str) -> _Part | None:
    """One part, or None for words that state nothing."""
    part = _Part()
    if _PROPRIETARY.match(text.strip(" ().")):
        return None
    if tls := _TLS.search(text):
        part.tls = f"{tls[1].upper()} {tls[2]}"
        text = text[: tls.start()] + " " + text[tls.end() :]
    for token in _TOKEN.finditer(text):
        if token["range"] or token["number"]:
            part.ports.append(_port_range(token[0], cell, where))
        elif token["word"]:
            _read_word(token["word"], part, cell, where)
        elif token["odd"]:
            raise Unreadable(f"{where}: {quote(token[0])} in {quote(cell)} is not understood")
    return part


def _port_range(text: str, cell: str, where: str) -> tuple[int, int]:
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    first, last = numbers[0], numbers[-1]
    if not 0 < first <= last <= _LAST_PORT:
        raise Unreadable(f"{where}: {quote(text)} in {quote(cell)} is no port from 1 to 65535")
    return first, last


def _read_word(word: str, part: _Part, cell: str, where: str) -> None:
    upper = word.upper()
    if upper in {"TCP", "UDP"}:
        protocol: Protocol = "tcp" if upper == "TCP" else "udp"
        if protocol not in part.protocols:
            part.protocols.append(protocol)
    elif word.lower() in _FILLERS:
        return
    elif _is_name(word) and part.name in {None, upper}:
        part.name = upper
    else:
        raise Unreadable(f"{where}: the word {quote(word)} in {quote(cell)} is not understood")


def _is_name(word: str) -> bool:
    upper = word.upper()
    return upper in KNOWN or (upper not in _NO_NAME and _NAME.match(word) is not None)


def _qualified(parts: list[_Part]) -> list[_Part]:
    """`TLS 1.2 over TCP` behind a port names that port's service; it is no port itself."""
    kept: list[_Part] = []
    for part in parts:
        if kept and part.tls and not part.ports and not part.name:
            for before in kept:
                before.tls = before.tls or part.tls
        else:
            kept.append(part)
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


def _services(part: _Part, cell: str, where: str) -> list[Service]:
    """The services of one part; a port or protocol that only its name tells is inferred."""
    known = KNOWN.get(part.name or "")
    protocols = part.protocols or ([known[0]] if known else [])
    name = part.name or part.tls
    if part.ports:
        inferred = False
        if not protocols:
            protocols, inferred = _protocol_of(part, cell, where), True
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


def _protocol_of(part: _Part, cell: str, where: str) -> list[Protocol]:
    """The protocol of bare well-known ports; another bare number is not certain."""
    by_port = {port: protocol for protocol, port in KNOWN.values()}
    found = {by_port.get(first) for first, last in part.ports if first == last}
    if len(found) == 1 and None not in found:
        return [protocol for protocol in found if protocol]
    raise Unreadable(f"{where}: {quote(cell)} does not say whether it means TCP or UDP")
