"""Classifies the words of a line outside the tables, and finds ports in them.

The words are fixed lists, by meaning: sentences, commands at a prompt, contacts, other numbers,
and the visitor's IP address. Numbers are ports only next to a protocol, a service or the word
"port", or below a heading that says so. The grammar of port cells is in `cells/ports.py`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker.errors import Unreadable
from tracker.model import LAST_PORT
from tracker.parse.cells.ports import read_ports

# Words between values that are not part of a label.
FILLERS = frozenset(
    "and or to on over via from between through both only protocol outbound inbound".split()
)
_SENTENCE = (
    "a an the this that these those it its we us our you your they their he she i is are was"
    " were be been being has have had do does did can could may might must shall should will"
    " would not never no if when where while which who what because so then than as but with"
    " without to from on over via by at into through please allow permit open add use using"
    " see visit contact go ping run try replace replaces replaced whitelist allowlist block"
    " deny set enter type configure connect connects ensure check make download click log sign"
    " added removed changed moved updated resolve resolves reach reaches tell read learn call"
    " example e.g sample"
)
SENTENCE_WORDS = frozenset(_SENTENCE.split())
_COMMANDS = (
    "curl wget telnet nc ncat netcat nslookup dig ping ping6 tracert traceroute mtr ssh scp"
    " sftp ftp openssl iptables ip6tables nft netsh ufw firewall-cmd msiexec export set setx"
    " sudo apt apt-get yum dnf docker kubectl git npm pip echo powershell pwsh ip GET POST PUT"
    " DELETE PATCH HEAD CONNECT Test-NetConnection tnc Invoke-WebRequest New-NetFirewallRule"
    " Resolve-DnsName Test-Connection"
)
COMMANDS = frozenset(_COMMANDS.split())  # case-sensitive
# Words directly before numbers that look like addresses but are not.
OTHER_NUMBERS = re.compile(
    r"v|versions?|builds?|releases?|firmware|driver|hotfix|patch|revision|price|section|chapter"
    r"|oid|phone|tel|telephone|fax|mobile|hotline|serial|no|nr",
    re.IGNORECASE,
)
# Words before a host that is a web page to visit.
CONTACTS = re.compile(
    r"(?:our |visit |for )?(?:web ?sites?|web|home ?page|blog|twitter|facebook|linkedin"
    r"|youtube|github|source|copyright|author|publisher|posted by|written by|see|see also"
    r"|read more|more|more information|learn more|further reading|example|for example|e\.g)",
    re.IGNORECASE,
)
COPYRIGHT = re.compile(r"©|\bcopyright\b|\ball rights reserved\b", re.IGNORECASE)
# A heading or column header above numbers that are versions.
VERSIONS = re.compile(
    r"\b(?:versions?|builds?|releases?|firmware|hotfix(?:es)?|revisions?)"
    r"(?: (?:history|notes?|numbers?|log|info(?:rmation)?|date))?[\W\d]*$",
    re.IGNORECASE,
)
_VALUE = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}:[0-9a-f:.]*:[0-9a-f:.]*)"
_IS = (
    r"(?:\W|\b(?:is|was|are|as|appears?|seems?|to|be|being|currently|now|detected|shown"
    r"|address|addresses|ip|ipv4|ipv6|v4|v6|public|internet)\b)*"
)
_WHICH = (
    r"(?:(?:current|public|external|own|internet|detected|visible|real|remote|outgoing|wan|ip"
    r"|ipv4|ipv6) ){0,3}"
)
_OWN = (
    rf"\b(?:your|my|visitor'?s?|detected) {_WHICH}(?:ip|ipv4|ipv6|address|connection)\b"
    r"|\byou(?:'re| are) (?:[\w-]+ ){0,3}?(?:visiting|connecting|connected"
    r"|browsing|coming|accessing|viewing|surfing|logged in)(?: [\w-]+){0,4}? (?:from|via|with"
    r"|as|by)\b|\bwe (?:see|detected|saw|recorded|logged) (?:you|your)\b(?: [\w-]+){0,3}"
)
_READER = re.compile(rf"(?:{_OWN}){_IS}{_VALUE}", re.IGNORECASE)
_READER_AFTER = re.compile(
    rf"^{_VALUE}\W+(?:(?:is|this is) )?your (?:[\w-]+ ){{0,3}}?(?:ip|address)\b", re.IGNORECASE
)
_READER_LABEL = re.compile(rf"(?:[\w ]{{0,30}}\W)?(?:{_OWN}){_IS}", re.IGNORECASE)
_MAY_NAME_READER = re.compile(r"\b(?:you|my|visitor|detected)", re.IGNORECASE)
_READER_LENGTH = 300  # characters; a line about the visitor's IP address is short
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
PROTOCOL = re.compile(r"(?<![a-z])(?:tcp|udp)(?![a-z])", re.IGNORECASE)
LONGEST_STATEMENT = 200


_FIRST_PORT = 20  # ftp-data: without a protocol, lower numbers are sockets, steps, versions
_RANGE = re.compile(r"(\d{1,5})(?:\s*(?:[-–—:…]|\bto\b)\s*(\d{1,5}))?", re.ASCII)


class LoneTarget(NamedTuple):
    """A host or address in a line; `is_link` if it is part of a URL with a path."""

    text: str
    is_address: bool
    is_link: bool = False


class StatedPorts(NamedTuple):
    """Ports as written in a line: each range with its protocols, if any."""

    text: str
    ranges: tuple[tuple[frozenset[str], int, int], ...] = ()


def says_ports(text: str) -> bool:
    """Return whether a heading or label says that numbers below it are ports."""
    return len(text) <= LONGEST_STATEMENT and _SAYS_PORT.search(text) is not None


def names_protocol(text: str) -> bool:
    """Return whether the words contain TCP or UDP."""
    return PROTOCOL.search(text) is not None


def could_be_port(text: str, *, about_ports: bool = False) -> bool:
    """Return whether the line may state a port. This is a quick test for every line."""
    if len(text) > LONGEST_STATEMENT or not any(sign.isdigit() for sign in text):
        return False
    return about_ports or states_ports(text)


def states_ports(text: str) -> bool:
    """Return whether the words contain "port", a protocol, or a service next to a number."""
    return _SAYS_PORT.search(text) is not None or _NAMED.search(text) is not None


def is_port_word(word: str) -> bool:
    """Return whether a word can be part of a text that states ports."""
    return _STATED.fullmatch(word) is not None


def drop_reader_address(text: str) -> str:
    """Return the line without the visitor's IP address, which may differ at each visit."""
    if len(text) > _READER_LENGTH or not _MAY_NAME_READER.search(text):
        return text
    return _READER.sub(" ", _READER_AFTER.sub(" ", text)).strip()


def is_reader_label(text: str) -> bool:
    """Return whether the line is only a label for the visitor's IP address."""
    return len(text) <= _READER_LENGTH and _READER_LABEL.fullmatch(text) is not None


def read_stated_ports(text: str, *, about_ports: bool = False) -> StatedPorts:
    """Return the ports in the words, without ranges if there are none."""
    if len(text) > LONGEST_STATEMENT or not (about_ports or states_ports(text)):
        return StatedPorts(text)
    numbers = [(int(m[1]), int(m[2] or m[1])) for m in _RANGE.finditer(text)]
    least = 1 if names_protocol(text) else _FIRST_PORT
    if not numbers or not all(least <= first <= last <= LAST_PORT for first, last in numbers):
        return StatedPorts(text)
    return StatedPorts(text, _read_typed(text) or _read_untyped(text, numbers))


def _read_typed(text: str) -> tuple[tuple[frozenset[str], int, int], ...]:
    try:
        services = read_ports(text, "")
    except Unreadable:
        return ()
    return tuple(
        (frozenset([s.protocol]), s.from_port, s.to_port)
        for s in services
        if s.from_port is not None and s.to_port is not None
    )


def _read_untyped(
    text: str, numbers: list[tuple[int, int]]
) -> tuple[tuple[frozenset[str], int, int], ...]:
    """Return each range with all protocols of a line that is not valid as a port cell."""
    protocols = frozenset(word.lower() for word in PROTOCOL.findall(text))
    return tuple((protocols, first, last) for first, last in numbers)
