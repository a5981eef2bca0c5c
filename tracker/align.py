"""Columns of a Stack to rows: only where all columns agree on a single way to line up.

Pure. Knows which resource can stand beside which row, but no markup and no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tracker.cells.resource import Resource
from tracker.errors import Unreadable
from tracker.extract.grid import Parting
from tracker.model import Direction
from tracker.text import quote

_MOST_STEPS = 2_000_000  # so many rows without a resource of their own are no table
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


@dataclass(frozen=True, slots=True)
class RowFacts:
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
    if len(rows) * max(len(rows) - len(resources), 1) > _MOST_STEPS:
        raise Unreadable(_no_way(resources, rows, where))
    fits = _fitting(resources, rows)
    forward = _reach(len(resources), rows, fits)
    backward = _reach(
        len(resources),
        rows[::-1],
        lambda j, i: fits(len(resources) - 1 - j, len(rows) - 1 - i),
    )
    result: list[int] = []
    for i, reached in enumerate(forward):
        mirrored = backward[len(rows) - 1 - i]
        alive = sorted(j for j in reached if len(resources) - 1 - j in mirrored)
        if not alive:
            raise Unreadable(_no_way(resources, rows, where))
        if len(alive) > 1:
            raise Unreadable(
                f"{where}: row {i + 1} ({quote(rows[i].purpose, 40)}) can belong to"
                f" {quote(resources[alive[0]].label)} or to {quote(resources[alive[1]].label)};"
                f" {len(resources)} resources for {len(rows)} rows"
            )
        result.append(alive[0])
    return result


def _no_way(resources: Sequence[Resource], rows: Sequence[RowFacts], where: str) -> str:
    return (
        f"{where}: {len(resources)} resources cannot be lined up with {len(rows)} rows so that"
        " directions, audiences and purposes agree; a cell is missing or displaced"
    )


Fits = Callable[[int, int], bool]


def _reach(width: int, rows: Sequence[RowFacts], fits: Fits) -> list[set[int]]:
    """For each row the resources that it can have, given the rows above it."""
    reached: list[set[int]] = []
    alive: set[int] = set()
    for i, row in enumerate(rows):
        if i == 0:
            after = {0}
        else:
            same = alive if _share(rows[i - 1], row) else set()
            after = same | {j + 1 for j in alive}
        left = len(rows) - 1 - i
        alive = {j for j in after if width - 1 - left <= j < width and fits(j, i)}
        reached.append(alive)
    if alive and (width - 1) not in alive:
        reached[-1] = set()
    return reached


def _share(above: RowFacts, below: RowFacts) -> bool:
    """Rows under one resource serve one purpose."""
    return above == below


def _fitting(resources: Sequence[Resource], rows: Sequence[RowFacts]) -> Fits:
    """Whether a resource can stand beside a row.

    A local network is what inbound rows are about, and only they; a label that names one of
    the table's audiences stands beside the rows for that audience, and only there.
    """
    audiences = Audiences(row.only_for for row in rows)
    named = [audiences.named_in(resource.label) for resource in resources]
    binding = any(named)

    def fits(j: int, i: int) -> bool:
        row = rows[i]
        if (resources[j].scope == "lan") != (row.direction == "inbound"):
            return False
        return not binding or named[j] == ({row.only_for} if row.only_for else set())

    return fits
