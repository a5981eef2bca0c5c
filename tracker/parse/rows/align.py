"""Columns of a Stack to rows: only where all columns agree on a single way to line up.

Pure. Knows which resource can stand beside which row, but no markup and no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from tracker.errors import Unreadable
from tracker.model import Direction
from tracker.parse.cells.resource import Resource
from tracker.parse.shapes.grid import Parting
from tracker.text import quote

_MOST_PAIRS = 100_000_000  # of a row and a resource: a bit each, twice
_BESIDE = re.compile(r"\b(?:in|for)\s+(?:the\s+)?", re.IGNORECASE)
_NUMBER = re.compile(r"\s*\d")


class Audiences:
    """The audiences that a table's rows are for, to be found in its labels."""

    def __init__(self, names: Iterable[str | None]) -> None:
        self.names = {name.lower(): name for name in names if name}
        self.lengths = sorted({len(name) for name in self.names})

    def named_in(self, label: str) -> set[str]:
        """The audiences that the label says to be in or for. "Europe 2" is not "Europe"."""
        found: set[str] = set()
        lower = label.lower()
        for match in _BESIDE.finditer(lower):
            start = match.end()
            for length in self.lengths:
                end = start + length
                name = self.names.get(lower[start:end])
                goes_on = lower[end : end + 1].isalnum() or _NUMBER.match(lower, end)
                if name and not goes_on:
                    found.add(name)
        return found


class RowFacts(msgspec.Struct, frozen=True):
    """What the one-value-a-row columns say of a row, as far as it tells its resource."""

    direction: Direction
    only_for: str | None
    purpose: str


def pick(ways: Sequence[Parting], count: int, name: str, where: str) -> Parting:
    """The one parting with `count` cells. Raises Unreadable for none or several."""
    fitting = [way for way in ways if len(way) == count]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        found = " or ".join(str(n) for n in sorted({len(way) for way in ways}))
        found = found or "no certain number of"
        raise Unreadable(
            f"{where}: the {name} column has {found} cells where the direction column has"
            f" {count}"
        )
    one, other = _first_difference(fitting[0], fitting[1])
    raise Unreadable(
        f"{where}: the {name} column can be parted in two ways, with a cell {quote(one)}"
        f" or {quote(other)}"
    )


def _first_difference(one: Parting, other: Parting) -> tuple[str, str]:
    return next((a.text, b.text) for a, b in zip(one, other, strict=True) if a != b)


def spread(resources: Sequence[Resource], rows: Sequence[RowFacts], where: str) -> list[int]:
    """For each row the index of its resource; each resource has one or more rows, in order.

    Raises Unreadable where no way or more than one way exists.
    """
    if not resources or len(rows) * len(resources) > _MOST_PAIRS:
        raise Unreadable(_no_way(resources, rows, where))
    fitting = _fitting(resources, rows)
    result: list[int] = []
    above_below = zip(
        _from_above(fitting, rows), _from_below(fitting, rows, len(resources)), strict=True
    )
    for i, (above, below) in enumerate(above_below):
        alive = above & below
        if not alive:
            raise Unreadable(_no_way(resources, rows, where))
        first = alive.bit_length() - 1
        if other := alive ^ (1 << first):
            one, two = (resources[j].label for j in (other.bit_length() - 1, first))
            raise Unreadable(
                f"{where}: row {i + 1} ({quote(rows[i].purpose, 40)}) can belong to"
                f" {quote(one)} or to {quote(two)};"
                f" {len(resources)} resources for {len(rows)} rows"
            )
        result.append(first)
    return result


def _no_way(resources: Sequence[Resource], rows: Sequence[RowFacts], where: str) -> str:
    return (
        f"{where}: {len(resources)} resources cannot be lined up with {len(rows)} rows so that"
        " directions, audiences and purposes agree; a cell is missing or displaced"
    )


# Resources as the bits of a number: as many as a page has are shifted and compared at once.
_Bits = int


def _from_above(fitting: Sequence[_Bits], rows: Sequence[RowFacts]) -> Sequence[_Bits]:
    """For each row the resources that it can have, given the rows above it."""
    reached: list[_Bits] = []
    for i, fit in enumerate(fitting):
        before = reached[-1] if reached else 0
        same = before if i and _share(rows[i - 1], rows[i]) else 0
        reached.append(fit & (same | before << 1 if i else 1))
    return reached


def _from_below(
    fitting: Sequence[_Bits], rows: Sequence[RowFacts], width: int
) -> Sequence[_Bits]:
    """For each row the resources that it can have, given the rows below it."""
    reached: list[_Bits] = []
    for i in reversed(range(len(fitting))):
        after = reached[-1] if reached else 0
        same = after if reached and _share(rows[i], rows[i + 1]) else 0
        reached.append(fitting[i] & (same | after >> 1 if reached else 1 << (width - 1)))
    return reached[::-1]


def _share(above: RowFacts, below: RowFacts) -> bool:
    """Rows under one resource serve one purpose."""
    return above == below


def _fitting(resources: Sequence[Resource], rows: Sequence[RowFacts]) -> list[_Bits]:
    """For each row the resources that can stand beside it.

    A local network is what inbound rows are about, and only they; a label that names one of
    the table's audiences stands beside the rows for that audience, and only there.
    """
    audiences = Audiences(row.only_for for row in rows)
    named = [audiences.named_in(resource.label) for resource in resources]
    binding = any(named)

    @cache
    def fitting(direction: Direction, only_for: str | None) -> _Bits:
        wanted = {only_for} if only_for else set()
        bits = [
            (resource.scope == "lan") == (direction == "inbound")
            and (not binding or named[j] == wanted)
            for j, resource in enumerate(resources)
        ]
        return int("".join("01"[bit] for bit in reversed(bits)) or "0", base=2)

    return [fitting(row.direction, row.only_for) for row in rows]
