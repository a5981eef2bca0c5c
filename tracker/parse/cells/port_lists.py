"""Reads the lines of a port cell as lists, and finds the protocol of each port in a list.

A line break or a semicolon ends a list, unless the line clearly continues. An ambiguous list is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from tracker.errors import Unreadable
from tracker.model import Protocol
from tracker.parse.cells.port_parts import PortPart, has_protocols, read_parts
from tracker.parse.cells.port_tokens import (
    BOUNDS,
    COMMA,
    LINKS,
    LOOSE,
    NUMERIC,
    RANGE,
    PortToken,
    find_port_of_service,
    find_protocol_of_service,
    read_tokens,
)
from tracker.text import clean, quote

_LINE_END = re.compile(r"[\n;]")
_BULLET = re.compile(r"^[•·▪‣◦●]\s*")
_HYPHEN = re.compile(r"^[-–—*]\s+")
_OPEN_ENDS = frozenset(["comma", "and", "slash", "dash", "dots", "to"])
_OPEN_STARTS = frozenset(["comma", "and", "slash", "dots", "to"])
_CONTINUES_AFTER = LINKS | BOUNDS
_CONTINUES_BEFORE = frozenset(["over", "via", "using"])


class PortList(msgspec.Struct):
    """One list: its ports and services or, if it has none, its protocols."""

    parts: list[PortPart]
    protocols: tuple[Protocol, ...] = ()
    tls: str | None = None
    is_loose: bool = False  # it announces a range but has none

    @property
    def is_heading(self) -> bool:
        """Return whether the list has only protocols, such as a line with `TCP:`."""
        return not self.parts

    @property
    def explicit(self) -> set[Protocol]:
        """All protocols that the list states for its ports."""
        return {protocol for part in self.parts for protocol in part.protocols}


def split_lines(text: str) -> list[str]:
    """Return the lines of a cell, cleaned and without bullets; a semicolon also ends a line."""
    lines = [_BULLET.sub("", clean(line)) for line in _LINE_END.split(text)]
    lines = [line for line in lines if line]
    if len(lines) > 1 and all(map(_HYPHEN.match, lines)):
        return [_HYPHEN.sub("", line) for line in lines]
    return lines


def read_lists(lines: Sequence[str], cell: str) -> list[PortList]:
    """Return all lists of a cell. Raises Unreadable for an ambiguous one."""
    read = [read_tokens(line, cell) for line in lines]
    lists = [found for line in _join_lines(read) if (found := read_list(line, cell))]
    if lists and read[-1] and _is_qualifier(read[-1]):
        _qualify_all(lists)
    has_ports = any(part.ports for found in lists for part in found.parts)
    for part in (part for found in lists for part in found.parts):
        if has_ports and not part.ports:
            raise Unreadable(f"{quote(part.name or '')} in {quote(cell)} stands without a port")
    return lists


def _qualify_all(lists: Sequence[PortList]) -> None:
    """Apply a qualifier on the last line to the lists above, as if they were one list.

    For example `22543 TCP`, `443 TCP` and below them `TLS 1.2`. It applies to all ports of the
    same protocol, unless a line above has its own qualifier.
    """
    parts = [part for found in lists for part in found.parts]
    if not parts or any(part.tls for part in parts if part not in lists[-1].parts):
        return
    for part in parts:
        if part.protocols == parts[-1].protocols:
            part.tls = part.tls or parts[-1].tls


def _join_lines(lines: Sequence[list[PortToken]]) -> list[list[PortToken]]:
    """Return the lines, with continuation lines appended to the line above."""
    joined: list[list[PortToken]] = []
    opened = 0
    is_waiting = False  # only qualifiers so far: they apply to the lines below
    above: list[PortToken] = []
    for line in lines:
        is_qualifier = _is_qualifier(line)
        if joined and (opened > 0 or is_waiting or is_qualifier or _continues(above, line)):
            joined[-1] += _separate_qualifier(above, line, is_qualifier=is_qualifier)
            is_waiting = is_waiting and is_qualifier
        else:
            joined.append(list(line))
            opened, is_waiting = 0, is_qualifier
        above = line
        opened += sum((token.kind == "open") - (token.kind == "close") for token in line)
    return joined


def _separate_qualifier(
    above: Sequence[PortToken], line: Sequence[PortToken], *, is_qualifier: bool
) -> list[PortToken]:
    """Return the line to append, with a comma before a qualifier of the whole line above."""
    is_open = above[-1].kind in _OPEN_ENDS or line[0].kind in _OPEN_STARTS
    return [COMMA, *line] if is_qualifier and not is_open else [*line]


def _continues(above: Sequence[PortToken], line: Sequence[PortToken]) -> bool:
    """Return whether the line continues the list above it."""
    last, first = above[-1], line[0]
    return (
        last.kind in _OPEN_ENDS
        or last.is_word(_CONTINUES_AFTER)
        or first.kind in _OPEN_STARTS
        or first.is_word(_CONTINUES_BEFORE)
        or lacks_range(above)
        or _is_bracket(line)
        or _is_name_of(line, above)
    )


def _is_qualifier(line: Sequence[PortToken]) -> bool:
    """Return whether the line qualifies other ports: `TLS 1.2 over TCP`, `proprietary`."""
    kinds = {token.kind for token in line}
    return bool(kinds & {"tls", "owner"}) and not kinds & {*NUMERIC, "name", "protocol"}


def _is_bracket(line: Sequence[PortToken]) -> bool:
    kinds = [token.kind for token in line]
    is_whole = kinds[0] == "open" and kinds[-1] == "close" and kinds.count("open") == 1
    return is_whole and not NUMERIC & set(kinds)


def _is_name_of(line: Sequence[PortToken], above: Sequence[PortToken]) -> bool:
    """Return whether the line is the name of the only port above: `HTTPS` below `443`."""
    names = [token for token in line if token.kind == "name"]
    ports = [token for token in above if token.kind in NUMERIC]
    if len(names) != 1 or len(ports) != 1 or any(token.kind == "name" for token in above):
        return False
    is_named_only = not NUMERIC & {token.kind for token in line}
    return is_named_only and ports[0].first == ports[0].last == find_port_of_service(
        names[0].name
    )


def read_list(tokens: Sequence[PortToken], cell: str) -> PortList | None:
    """Return one list, with a protocol for each port if possible; None if it is empty."""
    parts = read_parts(tokens, cell)
    if not parts:
        return None
    is_loose = any(token.is_word(LOOSE) for token in tokens)
    if not any(part.is_target for part in parts):
        protocols = tuple(dict.fromkeys(p for part in parts for p in part.protocols))
        return PortList([], protocols, next((p.tls for p in parts if p.tls), None), is_loose)
    _check_lone_protocol(parts, cell)
    _check_sides(parts, cell)
    targets = _apply_qualifiers(parts, cell)
    _share_protocols(targets, cell)
    return PortList(targets)


def _check_lone_protocol(parts: Sequence[PortPart], cell: str) -> None:
    """Raise Unreadable for a protocol between separators: `80 TCP, UDP, 443`."""
    lone = next((part for part in parts if not part.is_target and not part.tls), None)
    if lone:
        said = "/".join(lone.protocols).upper()
        raise Unreadable(f"{quote(cell)} does not say which port {said} is for")


def _check_sides(parts: Sequence[PortPart], cell: str) -> None:
    """Raise Unreadable if a protocol can belong to the port on either side.

    `80 TCP, UDP 53` is clear. `80 TCP, UDP 53, 123 UDP` is not: 80 may have UDP as well. Nor is
    `TCP 80, 443 UDP`: TCP may also apply to 443.
    """
    has_turned = False
    for above, part in pairwise(part for part in parts if part.is_target):
        if above.is_before and part.is_after and above.protocols != part.protocols:
            raise Unreadable(f"{quote(cell)} does not say which protocol {part.shown} has")
        has_turned = has_turned or (above.is_after and part.is_before)
        if has_turned and part.is_after:
            raise Unreadable(f"{quote(cell)} does not say which port each protocol is for")


def _apply_qualifiers(parts: Sequence[PortPart], cell: str) -> list[PortPart]:
    """Return the ports, with `TLS 1.2 over TCP` applied to those before or after it."""
    kept: list[PortPart] = []
    targets = [part for part in parts if part.is_target]
    for part in parts:
        if part.is_target:
            kept.append(part)
            continue
        _qualify(kept or targets, part, cell)
    return targets


def _qualify(parts: Sequence[PortPart], qualifier: PortPart, cell: str) -> None:
    """Qualify the ports of the same protocol; if none has one, use the qualifier's."""
    stated = set(qualifier.protocols)
    if not any(part.protocols for part in parts):
        parts[-1].protocols = qualifier.protocols
        parts[-1].order += "P" if stated else ""
    fitting = [part for part in parts if not part.protocols or stated <= set(part.protocols)]
    if not any(part.protocols for part in fitting) and stated:
        raise Unreadable(f"{quote(cell)} does not say which port {qualifier.tls} is for")
    for part in fitting:
        part.tls = part.tls or qualifier.tls


def _share_protocols(parts: Sequence[PortPart], cell: str) -> None:
    """Give each port its protocol: `UDP 80, 443` to the right, `80, 443 TCP` to the left."""
    sizes = _count_group_sizes(parts)
    left: list[int | None] = []
    last: int | None = None
    for at, part in enumerate(parts):
        left.append(last)
        last = at if part.protocols else last
    right: PortPart | None = None
    carried: dict[int, tuple[Protocol, ...]] = {}
    for at in range(len(parts) - 1, -1, -1):
        part, index = parts[at], left[at]
        if part.protocols:
            right = part
            continue
        before = None if index is None else parts[index]
        is_alone = index is not None and sizes[index] == 1
        carried[at] = _find_carried_protocols(part, before, right, cell, is_alone=is_alone)
    for at, protocols in carried.items():
        parts[at].protocols = protocols


def _count_group_sizes(parts: Sequence[PortPart]) -> dict[int, int]:
    """Return, by the index of each part with a protocol, the number of parts it completes."""
    sizes: dict[int, int] = {}
    start = 0
    for at, part in enumerate(parts):
        if part.protocols:
            sizes[at], start = at + 1 - start, at + 1
    return sizes


def _find_carried_protocols(
    part: PortPart, left: PortPart | None, right: PortPart | None, cell: str, *, is_alone: bool
) -> tuple[Protocol, ...]:
    """Return the protocols that apply to a part without any from its neighbours, if any.

    Raises Unreadable if those on its left and right differ: `80 TCP, 443, 53 UDP`.
    """
    before = left.protocols if left and left.is_before else ()
    behind = right.protocols if right and right.is_after else ()
    found = before or behind
    differ = before and behind and set(before) != set(behind)
    if not before and behind and left and is_alone and part.name is None:
        differ = not has_protocols(left, behind)
    known = find_protocol_of_service(part.name)
    if differ or (found and known and set(found) != {known}):
        shown = part.shown or part.name or ""
        raise Unreadable(f"{quote(cell)} does not say which protocol {quote(shown)} has")
    return found


def lacks_range(tokens: Sequence[PortToken]) -> bool:
    """Return whether words announce a range and no number follows."""
    words = LOOSE | RANGE | BOUNDS
    return any(token.is_word(words) for token in tokens) and not any(
        token.kind in NUMERIC for token in tokens
    )
