"""Parses the port cell: every usual spelling of protocol, port, range and service name.

A line is read as tokens (`port_tokens`), parts (`port_parts`) and lists (`port_lists`). An
ambiguous cell is refused. A protocol that is only implied by a service's name or a well-known
port is accepted only if the row does not contradict it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import msgspec

from tracker.errors import Unreadable
from tracker.model import Protocol, Service
from tracker.parse.cells.port_lists import PortList, read_lists, split_lines
from tracker.parse.cells.port_parts import PortPart
from tracker.parse.cells.port_tokens import (
    contradicts,
    find_port_of_service,
    find_protocol_of_port,
    find_protocol_of_service,
)
from tracker.text import quote

_LONGEST = (
    2000  # characters; longer than any real port cell, so that a hostile one costs no time
)
_BLANKS = " -–—()"  # an empty cell of a column
_PROTOCOL = re.compile(r"\b(TCP|UDP)\b", re.IGNORECASE)


class _PortReading(NamedTuple):
    """The services of a cell, and the protocols that are only implied."""

    services: tuple[Service, ...]
    implied: frozenset[Protocol]


def read_ports(
    text: str, where: str, *, protocol: str = "", row_words: Iterable[str] = ()
) -> tuple[Service, ...]:
    """Return the services of a port cell, whose lines are the lines of `text`.

    `protocol` is the cell of a protocol column, `row_words` are the texts of the row's other
    cells. Raises Unreadable for a word or number without a certain meaning.
    """
    try:
        reading = _read_cell(text, protocol)
        if reading.implied:
            _check_row(reading.implied, row_words, text)
    except Unreadable as problem:
        lines, field = tuple(text.split("\n")), "ports"
        if not _says_something(text):
            lines, protocol, field = tuple(protocol.split("\n")), "", "protocol"
        raise Unreadable(
            f"{where}: {problem}", cell=lines, field=field, beside=protocol
        ) from None
    return reading.services


def _check_row(implied: frozenset[Protocol], words: Iterable[str], cell: str) -> None:
    """Raise Unreadable if the row names a protocol other than the implied one."""
    for text in words:
        for match in _PROTOCOL.finditer(text):
            if implied != {match[1].lower()}:
                raise Unreadable(
                    f"{quote(cell)} does not say whether it means TCP or UDP, and"
                    f" {quote(text)} in its row names {match[1].upper()}"
                )


@lru_cache(maxsize=1024)  # cells are often repeated on a page
def _read_cell(text: str, protocol: str) -> _PortReading:
    if len(text) + len(protocol) > _LONGEST:
        raise Unreadable(f"{quote(text)} is longer than {_LONGEST} characters")
    lines, stated = split_lines(text), split_lines(protocol)
    stated = stated if any(map(_says_something, stated)) else []
    if stated and not any(map(_says_something, lines)):
        lines, stated = stated, []
    lists = apply_protocols(lines, stated, text) if stated else read_lists(lines, text)
    lists = _apply_headings(lists, text)
    _infer_protocols(lists, text)
    services = tuple(service for found in lists for service in _iter_services(found, text))
    if not services:
        raise Unreadable(f"no port and no protocol in {quote(text)}")
    parts = (part for found in lists for part in found.parts if part.is_implied)
    implied = frozenset(protocol for part in parts for protocol in part.protocols)
    return _PortReading(tuple(dict.fromkeys(services)), implied)


def _says_something(line: str) -> bool:
    return line.strip(_BLANKS) != ""


def _apply_headings(lists: Sequence[PortList], cell: str) -> list[PortList]:
    """Apply protocol lines to the lists below or, if the first line is not one, above them."""
    heads = [found for found in lists if found.is_heading]
    if not heads or len(heads) == len(lists):
        return list(lists)
    if any(found.explicit for found in lists):
        return list(_drop_repeated_headings(lists, cell))
    ordered = list(lists) if lists[0].is_heading else list(reversed(lists))
    groups = list(_iter_groups(ordered, cell))
    if ordered[0] is not lists[0]:
        _check_groups(groups[::-1], cell)
    for head, group in groups:
        for part in (part for found in group for part in found.parts):
            if contradicts(part.name, head.protocols):
                raise Unreadable(f"{quote(cell)} says two protocols for {part.name}")
            part.protocols = head.protocols
            part.tls = part.tls or head.tls
    return [found for found in lists if not found.is_heading]


def _drop_repeated_headings(lists: Sequence[PortList], cell: str) -> Iterator[PortList]:
    """Yield the lists without lines that repeat the protocol of the list above."""
    above: PortList | None = None
    for found in lists:
        if not found.is_heading:
            above = found
            yield found
        elif found.is_loose or above is None or above.explicit != set(found.protocols):
            raise _build_ambiguity_error(cell, found)


def _iter_groups(
    lists: Sequence[PortList], cell: str
) -> Iterator[tuple[PortList, list[PortList]]]:
    """Yield each protocol line with its lists, up to the next such line: at least one."""
    head: PortList | None = None
    group: list[PortList] = []
    for found in lists:
        if not found.is_heading:
            group.append(found)
            continue
        if head:
            yield _check_group(head, group, cell)
        head, group = found, []
    if head:
        yield _check_group(head, group, cell)


def _check_group(
    head: PortList, group: list[PortList], cell: str
) -> tuple[PortList, list[PortList]]:
    if not group or head.is_loose:
        raise _build_ambiguity_error(cell, head)
    return head, group


def _check_groups(groups: Sequence[tuple[PortList, list[PortList]]], cell: str) -> None:
    """Raise Unreadable for the lines `80`, `TCP`, `443`, `53`, `UDP`: 443 may be TCP or UDP."""
    for (head, group), (next_head, next_group) in pairwise(groups):
        sizes = [sum(len(found.parts) for found in lists) for lists in (group, next_group)]
        if sizes[0] == 1 < sizes[1] and set(head.protocols) != set(next_head.protocols):
            raise _build_ambiguity_error(cell, next_head)


def _build_ambiguity_error(cell: str, head: PortList) -> Unreadable:
    said = "/".join(head.protocols).upper()
    return Unreadable(f"{quote(cell)} does not say which port {said} is for")


def _infer_protocols(lists: Sequence[PortList], cell: str) -> None:
    """Give each port without a protocol the one that its name or number implies.

    Raises Unreadable if there is none, or for a bare number next to another protocol.
    """
    stated = {protocol for found in lists for protocol in found.explicit}
    parts = [part for found in lists for part in found.parts if not part.protocols]
    named = {known for part in parts if (known := find_protocol_of_service(part.name))}
    bare = {part.shown: _find_protocol_by_number(part) for part in parts if not part.name}
    all_known = {known for known in (*stated, *named, *bare.values()) if known}
    for part in parts:
        known = find_protocol_of_service(part.name) if part.name else bare[part.shown]
        if known is None or (not part.name and all_known != {known}):
            shown = f"{quote(part.shown)} in " if part.shown else ""
            raise Unreadable(f"{shown}{quote(cell)} does not say whether it means TCP or UDP")
        part.protocols = (known,)
        part.is_implied = part.name is not None or not stated
        part.is_inferred = part.name is None and not stated


def _find_protocol_by_number(part: PortPart) -> Protocol | None:
    """Return the protocol of a bare well-known port, or None; TLS is never over UDP."""
    first, last = part.ports or (0, 0)
    known = find_protocol_of_port(first) if first == last else None
    return None if part.tls and known == "udp" else known


def _iter_services(found: PortList, cell: str) -> Iterator[Service]:
    """Yield the services of a list; a port that is only implied by its name is inferred."""
    for protocol in found.protocols:
        yield Service(protocol, None, None, found.tls)
    for part in found.parts:
        first, last = part.ports or (find_port_of_service(part.name),) * 2
        if first is None or last is None:
            raise Unreadable(f"no port is known for {quote(part.name or '')} in {quote(cell)}")
        inferred = part.is_inferred or part.ports is None
        for protocol in part.protocols:
            yield Service(protocol, first, last, part.name or part.tls, inferred)


class _StatedProtocols(msgspec.Struct, frozen=True):
    """The content of one line of the protocol cell."""

    protocols: tuple[Protocol, ...]
    names: tuple[str, ...] = ()
    tls: str | None = None
    is_implied: bool = False  # by a service's name, or by TLS
    is_inferred: bool = False  # by TLS alone


def apply_protocols(lines: Sequence[str], stated: Sequence[str], cell: str) -> list[PortList]:
    """Return the lists of the port cell `lines`, with the protocols of the protocol cell.

    If `stated` has as many lines, each applies to the line next to it; otherwise one protocol
    applies to all. Raises Unreadable if they contradict, or if the assignment is uncertain.
    """
    if 1 < len(stated) == len(lines) and len({line.lower() for line in stated}) > 1:
        return [
            found
            for line, own in zip(lines, stated, strict=True)
            for found in _apply_line(line, own, cell)
        ]
    said = " / ".join(stated)
    lists = read_lists(lines, cell)
    whole = list(dict.fromkeys(_read_stated(found, said) for found in read_lists(stated, said)))
    if not whole:
        raise Unreadable(f"no protocol in {quote(said)}")
    if len(whole) > 1:
        whole = [_unite_statements(whole, lists, len(lines), cell, said)]
    _apply_to_parts(lists, whole[0], cell, said)
    return lists


def _apply_line(line: str, own: str, cell: str) -> list[PortList]:
    lists = read_lists([line], cell)
    stated = [_read_stated(found, own) for found in read_lists([own], own)]
    if len(stated) != 1 or not lists or any(found.is_heading for found in lists):
        raise Unreadable(f"{quote(own)} is not certainly the protocol of {quote(line)}")
    _apply_to_parts(lists, stated[0], cell, own)
    return lists


def _read_stated(found: PortList, said: str) -> _StatedProtocols:
    """Return the protocols in a list of the protocol cell. Raises Unreadable for a port."""
    for part in found.parts:
        if part.ports:
            raise Unreadable(f"{quote(part.shown)} in {quote(said)} is not a protocol")
    names = tuple(part.name for part in found.parts if part.name)
    tls = found.tls or next((part.tls for part in found.parts if part.tls), None)
    explicit = found.protocols or tuple(
        dict.fromkeys(p for part in found.parts for p in part.protocols)
    )
    if explicit:
        return _StatedProtocols(explicit, names, tls)
    if names:
        known = (find_protocol_of_service(name) for name in names)
        protocols = tuple(dict.fromkeys(protocol for protocol in known if protocol))
        return _StatedProtocols(protocols, names, tls, is_implied=True)
    return _StatedProtocols(("tcp",), (), tls, is_implied=True, is_inferred=True)


def _unite_statements(
    whole: Sequence[_StatedProtocols],
    lists: Sequence[PortList],
    lines: int,
    cell: str,
    said: str,
) -> _StatedProtocols:
    """Return `TCP` and `UDP`, on two lines next to one port, as the protocols of that port."""
    count = sum(len(found.parts) for found in lists)
    if lines > 1 or count == len(whole) or any(one.names or one.is_implied for one in whole):
        raise Unreadable(
            f"it is not certain which of {quote(said)} is for which port of {quote(cell)}"
        )
    return _StatedProtocols(tuple(dict.fromkeys(p for one in whole for p in one.protocols)))


def _apply_to_parts(
    lists: Sequence[PortList], stated: _StatedProtocols, cell: str, said: str
) -> None:
    """Apply the protocol cell to each port. Raises Unreadable for a contradiction."""
    explicit = {protocol for found in lists for protocol in (*found.protocols, *found.explicit)}
    is_partial = any(not part.protocols for found in lists for part in found.parts)
    is_clear = not is_partial or len(stated.protocols) == 1
    is_by_name = stated.is_implied and not stated.is_inferred  # checked for each port below
    if explicit and not is_by_name and not (explicit == set(stated.protocols) and is_clear):
        raise Unreadable(f"{quote(said)} beside {quote(cell)} names another protocol")
    for part in (part for found in lists for part in found.parts):
        name = part.name or _find_service_of(part, stated.names)
        protocols = part.protocols or _find_protocols_of(name, stated)
        if contradicts(name, protocols):
            raise Unreadable(f"{quote(said)} beside {quote(cell)} says two protocols of {name}")
        if not part.protocols and protocols:
            part.is_implied, part.is_inferred = stated.is_implied, stated.is_inferred
        part.name, part.protocols, part.tls = name, protocols, part.tls or stated.tls


def _find_service_of(part: PortPart, names: Sequence[str]) -> str | None:
    """Return the service that the protocol cell names for this port, or None."""
    if len(names) == 1:
        return names[0]
    first, last = part.ports or (0, 0)
    return next((name for name in names if first == last == find_port_of_service(name)), None)


def _find_protocols_of(name: str | None, stated: _StatedProtocols) -> tuple[Protocol, ...]:
    """Return the protocols for a port with this name; empty if it may have one of several."""
    if not stated.is_implied or len(stated.protocols) == 1:
        return stated.protocols
    known = find_protocol_of_service(name)
    return (known,) if known else ()
