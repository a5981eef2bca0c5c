"""The resource cell: a label, the host in its brackets, a list of addresses or hosts."""

from __future__ import annotations

import re
from itertools import dropwhile
from typing import NamedTuple

from tracker.cells.values import find_values, may_name
from tracker.errors import Unreadable
from tracker.extract.grid import Cell
from tracker.model import Scope
from tracker.text import quote

_LAN = re.compile(r"\b(LAN|local (area )?network)\b", re.IGNORECASE)
# Beside a value these words say that it is not meant, or no longer.
_TURNS = re.compile(
    r"\b(?:except|excluding|excludes|not|no longer|formerly|previously|deprecated|obsolete"
    r"|retired|removed|decommissioned|instead of)\b",
    re.IGNORECASE,
)
_STUB = re.compile(r"^[\d.,:/ ]+$")  # what is left of an address that was cut off
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
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
    listed = False
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
        if not is_value and _STUB.match(line.text):
            raise Unreadable(
                f"{where}: {quote(line.text)} in {quote(cell.text)} is no whole address"
            )
        head, _, tail = line.text.rpartition(": ")
        is_whole = head.count("(") == head.count(")")
        is_labelled = not is_value and bool(head) and is_whole and _is_list(tail)
        if not is_value and listed and (is_labelled or line.text.endswith(":")):
            raise Unreadable(f"{where}: two resources stand in one cell, {quote(cell.text)}")
        if not is_value and line.bullet:
            raise Unreadable(
                f"{where}: the item {quote(line.text)} is not just an address or a host name"
            )
        if not is_value:
            label.append(head if is_labelled else line.text)
        listed = listed or is_value or is_labelled
    return _typed(cell, " ".join(label), hosts, addresses, where)


def is_plain_label(label: str) -> bool:
    """Whether the values in a label stand where a label has them: first, or alone in brackets.

    Anywhere else the words around a value may mean anything: "replaces 192.0.2.1".
    """
    if not may_name(label):
        return True
    brackets = map(find_values, _IN_BRACKETS.findall(label))
    if not all(
        _is_marks(inside.words) for inside in brackets if inside.hosts + inside.addresses
    ):
        return False
    outside = _IN_BRACKETS.sub(" ", label)
    if not may_name(outside):
        return True
    words = dropwhile(lambda word: _is_marks(find_values(word).words), outside.split())
    behind = " ".join(words)
    values = find_values(behind)
    return not values.hosts and not values.addresses


def _typed(
    cell: Cell, label: str, hosts: list[str], addresses: list[str], where: str
) -> Resource:
    label = label.strip().removesuffix(":").strip()
    if hosts or addresses:
        if turn := _TURNS.search(label):
            raise Unreadable(
                f"{where}: {quote(turn[0])} in {quote(label)} may exclude what stands beside it"
            )
        once = tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(addresses))
        return Resource(label or ", ".join(once[0] + once[1]), *once, "internet")
    if _LAN.search(label):
        return Resource(label, (), (), "lan")
    raise Unreadable(
        f"{where}: {quote(cell.text)} names no address, no host and no local network"
    )


def _is_list(text: str) -> bool:
    """Whether the text behind a label's colon is nothing but values."""
    values = find_values(text)
    return bool(values.hosts or values.addresses) and _is_marks(values.words)


def _is_marks(words: str) -> bool:
    return bool(_ONLY_MARKS.match(words))
