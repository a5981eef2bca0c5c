"""The resource cell: a label, the host in its brackets, a list of addresses or hosts."""

from __future__ import annotations

import re
from typing import NamedTuple

from tracker.cells.values import find_values
from tracker.errors import Unreadable
from tracker.extract.grid import Cell
from tracker.model import Scope
from tracker.text import quote

_LAN = re.compile(r"\b(LAN|local (area )?network)\b", re.IGNORECASE)
_ONLY_MARKS = re.compile(r"^[\s,;:.()\[\]•-]*(and|or)?[\s,;:.()\[\]•-]*$", re.IGNORECASE)


class Resource(NamedTuple):
    """What a resource cell names. LAN resources have neither hosts nor addresses."""

    label: str
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    scope: Scope


def read_resource(cell: Cell, where: str) -> Resource:
    """Type a resource cell. Raises Unreadable where a value is broken or nothing is named."""
    label: list[str] = []
    hosts: list[str] = []
    addresses: list[str] = []
    for line in cell.lines:
        values = find_values(line.text)
        if values.odd:
            raise Unreadable(
                f"{where}: {quote(values.odd[0])} in {quote(cell.text)} is neither an address"
                " nor a host name; compare it with the page"
            )
        hosts += values.hosts
        addresses += values.addresses
        is_value = bool(values.hosts or values.addresses) and _is_marks(values.words)
        if not is_value and line.bullet:
            raise Unreadable(
                f"{where}: the item {quote(line.text)} is not just an address or a host name"
            )
        if not is_value:
            label.append(line.text)
    return _typed(cell, " ".join(label), hosts, addresses, where)


def _typed(
    cell: Cell, label: str, hosts: list[str], addresses: list[str], where: str
) -> Resource:
    label = label.strip().removesuffix(":").strip()
    if hosts or addresses:
        once = tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(addresses))
        return Resource(label or ", ".join(once[0] + once[1]), *once, "internet")
    if _LAN.search(label):
        return Resource(label, (), (), "lan")
    raise Unreadable(
        f"{where}: {quote(cell.text)} names no address, no host and no local network"
    )


def _is_marks(words: str) -> bool:
    return bool(_ONLY_MARKS.match(words))
