"""A firewall's configuration, for every kind of file: permits in order, and other lines.

A reader states only what is written. What it does not understand goes to `skipped` with the
reason, and counts neither as a permit nor as the absence of one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tracker.errors import UsageError
from tracker.model import Direction, Protocol
from tracker.text import quote

Ports = tuple[int, int]  # first and last, both included
ANY_PORT: Ports = (0, 65535)
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*(?=[a-z]){_LABEL}", re.IGNORECASE)
_BITS = {4: 32, 6: 128}


class ConfigParseError(UsageError):
    """A file that cannot be read as its kind; the text says where, and what to do."""

    name = "dump"


@dataclass(frozen=True, slots=True, order=True)
class AddressRange:
    """Addresses from `first` to `last` of one family, 4 or 6."""

    family: int
    first: int
    last: int

    @property
    def is_everything(self) -> bool:
        """Return whether it is the whole address space of the family."""
        return self.first == 0 and self.last == (1 << _BITS[self.family]) - 1

    @property
    def size(self) -> int:
        """The number of addresses."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """Return `192.0.2.1`, `192.0.2.0/24`, or `192.0.2.1-192.0.2.9`."""
        kind = ipaddress.IPv4Address if self.family == 4 else ipaddress.IPv6Address  # noqa: PLR2004  the family's name
        first = kind(self.first)
        if self.size == 1:
            return str(first)
        bits = self.size.bit_length() - 1
        if self.size == 1 << bits and self.first % self.size == 0:
            return f"{first}/{_BITS[self.family] - bits}"
        return f"{first}-{kind(self.last)}"


ANYWHERE_IN = {4: AddressRange(4, 0, (1 << 32) - 1), 6: AddressRange(6, 0, (1 << 128) - 1)}
ANYWHERE = tuple(ANYWHERE_IN.values())

# Addresses, "lan" for what the firewall considers the local network, or a host: `x` is only
# that name, `*.x` all names below it at any depth, but not `x`.
Target = AddressRange | str


@dataclass(frozen=True, slots=True)
class Location:
    """The place of a rule or element in a file; line 0 in a file that has no lines of its own.

    Readers leave `file` empty: the caller knows its name.
    """

    line: int
    text: str
    file: str = ""

    def __str__(self) -> str:
        """Return `fw.rules:12`."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Permit:
    """One thing that the firewall allows or, with `is_deny`, stops.

    Without a protocol it is for any. It has no ports if this kind of file never does; without
    a direction, it is from the local network to itself. The first matching permit of a scope
    decides, as on a firewall. `families` are those in which a host name is open; addresses have
    their own. Traffic must be allowed by each `stage` of its scope, such as two base chains of
    one hook. `unknown` is the part that is not understood, such as a key or a condition: such a
    permit allows nothing for certain, and what such a deny may stop is not compared. `for_some`
    is set if that part is understood, but limits the permit to some senders or interfaces.
    """

    direction: Direction | None
    target: Target
    protocol: Protocol | None
    ports: Ports | None
    location: Location
    is_deny: bool = False
    families: tuple[int, ...] = (4, 6)
    scope: str = ""
    stage: int = 0
    unknown: str = ""
    for_some: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part that the reader does not understand, and the reason."""

    location: Location
    why: str


@dataclass(frozen=True, slots=True)
class SetMember:
    """An element of a named set; a field that is None is left to the rule."""

    target: Target | None
    protocol: Protocol | None
    ports: Ports | None
    location: Location
    is_deny: bool = False


NamedSets = Mapping[str, tuple[SetMember, ...]]
Option = Literal["chain", "profile", "scope"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The input of a reader besides the text: the sets of other files, and what to judge.

    `chain`, `profile` and `scopes` are the user's choices; empty if there are none.
    """

    sets: NamedSets = field(default_factory=dict)
    chain: str = ""
    profile: str = ""
    scopes: tuple[str, ...] = ()

    def includes(self, scope: str) -> bool:
        """Return whether to read a scope: without a choice all are read."""
        return not self.scopes or scope in self.scopes


@dataclass(frozen=True, slots=True)
class Judged:
    """A part of a file that decides, such as a chain or a profile, and why that one."""

    what: str
    why: str


@dataclass(slots=True)
class ParsedConfig:
    """The content of one file.

    `sets` are named by rules in another file. `families` are the address families that the
    file is about. `judged` are the parts that decide; `notes` are other things that the user
    must know. `is_fragment` is set if the file has no policy because it is only a part (a list,
    or objects), so that everything in it counts as allowed. `scopes` are the names of all
    firewalls in the file, chosen or not. A fix adds new outbound rules to `fix_into`.
    """

    permits: list[Permit] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    sets: dict[str, tuple[SetMember, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    families: tuple[int, ...] = (4, 6)
    judged: list[Judged] = field(default_factory=list)
    is_fragment: bool = False
    scopes: tuple[str, ...] = ()
    fix_into: str = ""


def parse_range(text: str) -> AddressRange | None:
    """Parse `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0` or `192.0.2.1-192.0.2.9`.

    Host bits outside a mask are ignored, as on a firewall. Return None for anything else.
    """
    first, dash, last = text.partition("-")
    low = _network(first.strip())
    high = _network(last.strip()) if dash else low
    if low is None or high is None or low.family != high.family:
        return None
    if dash and (low.size, high.size) != (1, 1):
        return None
    return AddressRange(low.family, low.first, high.last) if low.first <= high.last else None


def parse_host(text: str) -> str | None:
    """Return a host name or a wildcard of one, in lower case; None for anything else."""
    name = text.removesuffix(".").lower()
    return name if len(name) <= 253 and _HOST.fullmatch(name) else None  # noqa: PLR2004  RFC 1035, 2.3.4


def parse_ports(text: str, separator: str = "-") -> Ports | None:
    """Parse `443`, or `1000-2000` with this separator; None for anything else."""
    first, parted, last = (part.strip() for part in text.partition(separator))
    if not _is_number(first) or (parted and not _is_number(last)):
        return None
    low, high = int(first), int(last or first)
    return (low, high) if low <= high <= ANY_PORT[1] else None


def parse_protocol(text: str) -> Protocol | None:
    """Parse `tcp` or `udp` by name or number (RFC 790); None for any other."""
    known: dict[str, Protocol] = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp"}
    return known.get(text.strip().lower())


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers from 1."""
    yield from enumerate(text.splitlines(), 1)


def locate(line: int, text: str) -> Location:
    """Return the place of a line, with its text made safe for a terminal."""
    return Location(line, quote(text, 160)[1:-1])


def _network(text: str) -> AddressRange | None:
    if "%" in text:  # a zone is free text that ipaddress lets through
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return AddressRange(network.version, int(network[0]), int(network[-1]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5  # noqa: PLR2004  65535
