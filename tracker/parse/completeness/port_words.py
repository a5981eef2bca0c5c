"""Ports that stand outside a port cell: whether words state them, and which they are.

A port cell's own grammar is in `cells/ports.py`. Here numbers count as ports only beside a
protocol or the word port, or below a heading that says so.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker.errors import Unreadable
from tracker.parse.cells.ports import read_ports

_LAST_PORT = 65535
_FIRST_PORT = 20  # ftp-data: without a protocol, lower numbers are sockets, steps, versions
_NUMBER = r"\d{1,5}(?:\s*[-–—:…]\s*\d{1,5})?"
_STATED = re.compile(
    rf"(?:(?:tcp|udp)[:/-]?)?{_NUMBER}(?:[/-]?(?:tcp|udp))?|(?:tcp|udp)(?:[/&+](?:tcp|udp))?"
    r"|ports?|https?|dns|ntp|ssh|rdp|smb|ldaps?|smtp|quic|dtls|tls|stun|turn|rtp|srtp|sip"
    r"|port/\d{1,5}|[-–—:]",
    re.IGNORECASE | re.ASCII,
)
_SAYS_PORT = re.compile(r"(?<![a-z])(?:tcp|udp|ports?)(?![a-z])", re.IGNORECASE)
# "443 HTTPS", but not "HTTP 404".
_NAME = r"\b(?:https?|dns|ntp|ssh|rdp|smb|ldaps?|smtp|quic|stun|turn)\b"
_NAMED = re.compile(
    rf"\b\d{{1,5}}\W{{1,3}}{_NAME}|{_NAME}\W{{1,3}}(?:443|80|53|22|\d{{4,5}})\b", re.IGNORECASE
)
_RANGE = re.compile(r"(\d{1,5})(?:\s*(?:[-–—:…]|\bto\b)\s*(\d{1,5}))?", re.ASCII)
_PROTOCOL = re.compile(r"(?<![a-z])(?:tcp|udp)(?![a-z])", re.IGNORECASE)
_LONGEST = 200


class Ports(NamedTuple):
    """Ports as a line writes them: each range with its protocols, of which none may be said."""

    text: str
    ranges: tuple[tuple[frozenset[str], int, int], ...] = ()


def says_ports(text: str) -> bool:
    """Whether a heading or label says that numbers below it are ports."""
    return len(text) <= _LONGEST and _SAYS_PORT.search(text) is not None


def names_protocol(text: str) -> bool:
    """Whether TCP or UDP stands in the words: a bare port of a sentence is of anything."""
    return _PROTOCOL.search(text) is not None


def could_be_port(text: str, *, about_ports: bool = False) -> bool:
    """Whether the line may state a port: cheap, for it is asked of every line."""
    if len(text) > _LONGEST or not any(sign.isdigit() for sign in text):
        return False
    return about_ports or _states(text)


def _states(text: str) -> bool:
    return _SAYS_PORT.search(text) is not None or _NAMED.search(text) is not None


def is_port_word(word: str) -> bool:
    """Whether a word can be part of what states ports."""
    return _STATED.fullmatch(word) is not None


def ports_of(text: str, *, about_ports: bool = False) -> Ports:
    """The ports that the words state; no ranges where they state none."""
    if len(text) > _LONGEST or not (about_ports or _states(text)):
        return Ports(text)
    numbers = [(int(m[1]), int(m[2] or m[1])) for m in _RANGE.finditer(text)]
    least = 1 if names_protocol(text) else _FIRST_PORT
    if not numbers or not all(least <= first <= last <= _LAST_PORT for first, last in numbers):
        return Ports(text)
    return Ports(text, _typed(text) or _untyped(text, numbers))


def _typed(text: str) -> tuple[tuple[frozenset[str], int, int], ...]:
    try:
        services = read_ports(text, "")
    except Unreadable:
        return ()
    return tuple(
        (frozenset([s.protocol]), s.from_port, s.to_port)
        for s in services
        if s.from_port is not None and s.to_port is not None
    )


def _untyped(
    text: str, numbers: list[tuple[int, int]]
) -> tuple[tuple[frozenset[str], int, int], ...]:
    """What a port cell's grammar cannot tell: each range with all protocols of the line."""
    protocols = frozenset(word.lower() for word in _PROTOCOL.findall(text))
    return tuple((protocols, first, last) for first, last in numbers)
