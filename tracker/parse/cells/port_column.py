"""A column for the protocol beside the one for the ports: which protocol each port has."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tracker.errors import Unreadable
from tracker.model import Protocol
from tracker.parse.cells.port_lists import PortList, read_lists
from tracker.parse.cells.port_names import contradicts, port_of_name, protocol_of_name
from tracker.parse.cells.port_parts import PortPart
from tracker.text import quote


class _Stated(msgspec.Struct, frozen=True):
    """What one line of the protocol cell states."""

    protocols: tuple[Protocol, ...]
    names: tuple[str, ...] = ()
    tls: str | None = None
    is_implied: bool = False  # by a service's name, or by TLS
    is_inferred: bool = False  # by TLS alone


def apply_protocols(lines: Sequence[str], stated: Sequence[str], cell: str) -> list[PortList]:
    """The lists of the port cell `lines` with the protocols of the cell `stated`.

    With as many lines, each line is of the one beside it; else one statement is for all.
    Raises Unreadable where they contradict, or where it is not certain which is for which.
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
        whole = [_unite(whole, lists, len(lines), cell, said)]
    _apply(lists, whole[0], cell, said)
    return lists


def _apply_line(line: str, own: str, cell: str) -> list[PortList]:
    lists = read_lists([line], cell)
    stated = [_read_stated(found, own) for found in read_lists([own], own)]
    if len(stated) != 1 or not lists or any(found.is_heading for found in lists):
        raise Unreadable(f"{quote(own)} is not certainly the protocol of {quote(line)}")
    _apply(lists, stated[0], cell, own)
    return lists


def _read_stated(found: PortList, said: str) -> _Stated:
    """What a list of the protocol cell states. A number in it is no protocol."""
    for part in found.parts:
        if part.ports:
            raise Unreadable(f"{quote(part.shown)} in {quote(said)} is no protocol")
    names = tuple(part.name for part in found.parts if part.name)
    tls = found.tls or next((part.tls for part in found.parts if part.tls), None)
    explicit = found.protocols or tuple(
        dict.fromkeys(p for part in found.parts for p in part.protocols)
    )
    if explicit:
        return _Stated(explicit, names, tls)
    if names:
        known = (protocol_of_name(name) for name in names)
        protocols = tuple(dict.fromkeys(protocol for protocol in known if protocol))
        return _Stated(protocols, names, tls, is_implied=True)
    return _Stated(("tcp",), (), tls, is_implied=True, is_inferred=True)


def _unite(
    whole: Sequence[_Stated], lists: Sequence[PortList], lines: int, cell: str, said: str
) -> _Stated:
    """`TCP` and `UDP` on two lines beside one port: both are for it."""
    count = sum(len(found.parts) for found in lists)
    if lines > 1 or count == len(whole) or any(one.names or one.is_implied for one in whole):
        raise Unreadable(
            f"it is not certain which of {quote(said)} is for which port of {quote(cell)}"
        )
    return _Stated(tuple(dict.fromkeys(p for one in whole for p in one.protocols)))


def _apply(lists: Sequence[PortList], stated: _Stated, cell: str, said: str) -> None:
    """Give each port what its row's protocol cell states; refuse a contradiction."""
    explicit = {protocol for found in lists for protocol in (*found.protocols, *found.explicit)}
    is_partial = any(not part.protocols for found in lists for part in found.parts)
    is_clear = not is_partial or len(stated.protocols) == 1
    is_by_name = stated.is_implied and not stated.is_inferred  # judged port by port below
    if explicit and not is_by_name and not (explicit == set(stated.protocols) and is_clear):
        raise Unreadable(f"{quote(said)} beside {quote(cell)} names another protocol")
    for part in (part for found in lists for part in found.parts):
        name = part.name or _name_of(part, stated.names)
        protocols = part.protocols or _protocols_of(name, stated)
        if contradicts(name, protocols):
            raise Unreadable(f"{quote(said)} beside {quote(cell)} says two protocols of {name}")
        if not part.protocols and protocols:
            part.is_implied, part.is_inferred = stated.is_implied, stated.is_inferred
        part.name, part.protocols, part.tls = name, protocols, part.tls or stated.tls


def _name_of(part: PortPart, names: Sequence[str]) -> str | None:
    """The service that the protocol cell names for this port: the only one, or by its port."""
    if len(names) == 1:
        return names[0]
    first, last = part.ports or (0, 0)
    return next((name for name in names if first == last == port_of_name(name)), None)


def _protocols_of(name: str | None, stated: _Stated) -> tuple[Protocol, ...]:
    """The protocols for a port of this name; of names that differ, only its own tells one."""
    if not stated.is_implied or len(stated.protocols) == 1:
        return stated.protocols
    known = protocol_of_name(name)
    return (known,) if known else ()
