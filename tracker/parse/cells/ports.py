"""The port cell: every usual spelling of protocol, port, range and service name.

Each token of a cell has a role (`port_tokens`) and stands in a list (`port_lists`); the
cell is read in the only way that it can be, or refused. A protocol that only a name or a
well-known port tells is taken where nothing else in the row says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from tracker.errors import Unreadable
from tracker.model import Protocol, Service
from tracker.parse.cells.port_column import apply_protocols
from tracker.parse.cells.port_lists import PortList, read_lists, split_lines
from tracker.parse.cells.port_names import (
    KNOWN,
    contradicts,
    port_of_name,
    protocol_of_name,
    protocol_of_port,
)
from tracker.parse.cells.port_parts import PortPart
from tracker.text import quote

__all__ = ["KNOWN", "read_ports"]

_LONGEST = 2000  # no port cell of a firewall page is; a hostile one takes no time
_SHORT = 200  # no longer cell is remembered
_BLANKS = " -–—()"  # how a column says that it has nothing to say
_PROTOCOL = re.compile(r"\b(TCP|UDP)\b", re.IGNORECASE)


class _Reading(NamedTuple):
    """The services of a cell, and the protocols that no word in it states."""

    services: tuple[Service, ...]
    implied: frozenset[Protocol]


def read_ports(
    text: str, where: str, *, protocol: str = "", row_words: Iterable[str] = ()
) -> tuple[Service, ...]:
    """Type a port cell of which each line is one of `text`.

    `protocol` is the cell of a column for the protocol, `row_words` what the other cells of
    the row say. Raises Unreadable for a word or number without a certain meaning.
    """
    is_short = len(text) + len(protocol) <= _SHORT
    try:
        reading = (_remember if is_short else _read)(text, protocol)
        if reading.implied:
            _check_row(reading.implied, row_words, text)
    except Unreadable as problem:
        raise Unreadable(f"{where}: {problem}") from None
    return reading.services


def _check_row(implied: frozenset[Protocol], words: Iterable[str], cell: str) -> None:
    """Refuse a protocol that only a name or number tells where the row names another one."""
    for text in words:
        for match in _PROTOCOL.finditer(text):
            if implied != {match[1].lower()}:
                raise Unreadable(
                    f"{quote(cell)} does not say whether it means TCP or UDP, and"
                    f" {quote(text)} in its row names {match[1].upper()}"
                )


def _read(text: str, protocol: str) -> _Reading:
    if len(text) + len(protocol) > _LONGEST:
        raise Unreadable(f"{quote(text)} is longer than {_LONGEST} characters")
    lines, stated = split_lines(text), split_lines(protocol)
    stated = stated if any(map(_says_something, stated)) else []
    if stated and not any(map(_says_something, lines)):
        lines, stated = stated, []
    lists = apply_protocols(lines, stated, text) if stated else read_lists(lines, text)
    lists = _apply_headings(lists, text)
    _infer_protocols(lists, text)
    services = tuple(service for found in lists for service in _services(found, text))
    if not services:
        raise Unreadable(f"no port and no protocol in {quote(text)}")
    parts = (part for found in lists for part in found.parts if part.is_implied)
    implied = frozenset(protocol for part in parts for protocol in part.protocols)
    return _Reading(tuple(dict.fromkeys(services)), implied)


_remember = lru_cache(maxsize=1024)(_read)  # a page repeats its cells


def _says_something(line: str) -> bool:
    return line.strip(_BLANKS) != ""


def _apply_headings(lists: Sequence[PortList], cell: str) -> list[PortList]:
    """Protocols on lines of their own go to the lists below, or to those above."""
    heads = [found for found in lists if found.is_heading]
    if not heads or len(heads) == len(lists):
        return list(lists)
    if any(found.explicit for found in lists):
        return list(_without_repeated(lists, cell))
    ordered = list(lists) if lists[0].is_heading else list(reversed(lists))
    groups = list(_groups(ordered, cell))
    if ordered[0] is not lists[0]:
        _check_groups(groups[::-1], cell)
    for head, group in groups:
        for part in (part for found in group for part in found.parts):
            if contradicts(part.name, head.protocols):
                raise Unreadable(f"{quote(cell)} says two protocols for {part.name}")
            part.protocols = head.protocols
            part.tls = part.tls or head.tls
    return [found for found in lists if not found.is_heading]


def _without_repeated(lists: Sequence[PortList], cell: str) -> Iterator[PortList]:
    """The lists without a line that only repeats the protocol of the list above it."""
    above: PortList | None = None
    for found in lists:
        if not found.is_heading:
            above = found
            yield found
        elif found.is_loose or above is None or above.explicit != set(found.protocols):
            raise _ambiguous(cell, found)


def _groups(lists: Sequence[PortList], cell: str) -> Iterator[tuple[PortList, list[PortList]]]:
    """Each line with a protocol, and the lists up to the next one: at least one."""
    head: PortList | None = None
    group: list[PortList] = []
    for found in lists:
        if not found.is_heading:
            group.append(found)
            continue
        if head:
            yield _group(head, group, cell)
        head, group = found, []
    if head:
        yield _group(head, group, cell)


def _group(head: PortList, group: list[PortList], cell: str) -> tuple[PortList, list[PortList]]:
    if not group or head.is_loose:
        raise _ambiguous(cell, head)
    return head, group


def _check_groups(groups: Sequence[tuple[PortList, list[PortList]]], cell: str) -> None:
    """`80`, `TCP`, `443`, `53`, `UDP` line by line: 443 may be of either."""
    for (head, group), (next_head, next_group) in pairwise(groups):
        sizes = [sum(len(found.parts) for found in lists) for lists in (group, next_group)]
        if sizes[0] == 1 < sizes[1] and set(head.protocols) != set(next_head.protocols):
            raise _ambiguous(cell, next_head)


def _ambiguous(cell: str, head: PortList) -> Unreadable:
    said = "/".join(head.protocols).upper()
    return Unreadable(f"{quote(cell)} does not say which port {said} is for")


def _infer_protocols(lists: Sequence[PortList], cell: str) -> None:
    """Give each port without a protocol the one that its name or number alone tells.

    A bare number gets none where another protocol stands in the cell.
    """
    stated = {protocol for found in lists for protocol in found.explicit}
    parts = [part for found in lists for part in found.parts if not part.protocols]
    named = {known for part in parts if (known := protocol_of_name(part.name))}
    bare = {part.shown: _protocol_by_number(part) for part in parts if not part.name}
    all_known = {known for known in (*stated, *named, *bare.values()) if known}
    for part in parts:
        known = protocol_of_name(part.name) if part.name else bare[part.shown]
        if known is None or (not part.name and all_known != {known}):
            shown = f"{quote(part.shown)} in " if part.shown else ""
            raise Unreadable(f"{shown}{quote(cell)} does not say whether it means TCP or UDP")
        part.protocols = (known,)
        part.is_implied = part.name is not None or not stated
        part.is_inferred = part.name is None and not stated


def _protocol_by_number(part: PortPart) -> Protocol | None:
    """The protocol of a bare well-known port; TLS is never over UDP."""
    first, last = part.ports or (0, 0)
    known = protocol_of_port(first) if first == last else None
    return None if part.tls and known == "udp" else known


def _services(found: PortList, cell: str) -> Iterator[Service]:
    """The services of a list; a port or protocol that only its name tells is inferred."""
    for protocol in found.protocols:
        yield Service(protocol, None, None, found.tls)
    for part in found.parts:
        first, last = part.ports or (port_of_name(part.name),) * 2
        if first is None or last is None:
            raise Unreadable(f"no port is known for {quote(part.name or '')} in {quote(cell)}")
        inferred = part.is_inferred or part.ports is None
        for protocol in part.protocols:
            yield Service(protocol, first, last, part.name or part.tls, inferred)
