"""Turns tables into rows: finds the resource of each row, if there is only one answer.

Pure. The rows of a Grid contain their resources. The columns of a ColumnTable are aligned:
directions, audiences and purposes must allow exactly one assignment. `rows/entries.py` parses
the other cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import msgspec

from tracker.errors import Unreadable
from tracker.model import Direction, Finding
from tracker.parse.cells.resource import Resource, read_resource
from tracker.parse.cells.text_cells import Purpose, check_allows, read_purpose
from tracker.parse.grid import Cell, CellSplit, ColumnTable, Grid, Row
from tracker.parse.vocabulary import direction_of
from tracker.text import quote

EMPTY = Cell(())
_PAIR = 2
_MOST_PAIRS = 100_000_000  # rows times resources; each pair takes two bits of memory
_IN_OR_FOR = re.compile(r"\b(?:in|for)\s+(?:the\s+)?", re.IGNORECASE)
_NUMBER = re.compile(r"\s*\d")
# A set of resources as the bits of a number, so that all are shifted and compared at once.
_Bits = int


class TypedRow(NamedTuple):
    """One row: its resource, its cells, and the parsed direction and purpose."""

    resource: Resource
    cells: Row
    direction: Direction
    purpose: Purpose
    where: str


def read_rows(grid: Grid | ColumnTable, where: str) -> tuple[list[TypedRow], list[Finding]]:
    """Return all rows of a table, and findings for uncertain ones.

    Raises Unreadable if a row's resource, direction or purpose is ambiguous.
    """
    if isinstance(grid, Grid):
        rows = list(_read_grid_rows(grid, where))
        return rows, list(_find_mismatches(rows))
    rows = _read_column_rows(grid, where)
    return rows, list(_check_shared_resources(rows))


def _build_row(resource: Resource, cells: Row, facts: _Facts, where: str) -> TypedRow:
    return TypedRow(resource, cells, facts.direction, facts.purpose, where)


class _Facts(NamedTuple):
    direction: Direction
    purpose: Purpose

    @property
    def of_row(self) -> RowFacts:
        """The values that decide which resource the row belongs to."""
        return RowFacts(self.direction, self.purpose.only_for, self.purpose.text)


def _read_facts(cells: Row, where: str) -> _Facts:
    if "action" in cells:
        check_allows(cells["action"], where)
    direction = direction_of(cells["direction"].text)
    if direction is None:
        said = quote(cells["direction"].text)
        raise Unreadable(
            f"{where}: {said} is neither outbound nor inbound",
            cell=(cells["direction"].text,),
            field="direction",
        )
    return _Facts(direction, read_purpose(cells.get("purpose", EMPTY).text, where))


def _read_grid_rows(grid: Grid, where: str) -> Iterator[TypedRow]:
    """Yield each row with its resource; a blank resource cell continues the one above.

    That requires that both rows have the same direction, audience and purpose, and that no
    resource of the table spans rows: otherwise the resource of the blank cell was lost.
    """
    has_spans = any(a["resource"] is b["resource"] for a, b in pairwise(grid.rows))
    above: Cell | None = None
    facts_above: _Facts | None = None
    resource: Resource | None = None
    for number, cells in enumerate(grid.rows, start=1):
        here = f"{where}, row {number}"
        cell = cells["resource"]
        is_blank = not cell.lines
        if not is_blank and cell is not above:
            above, resource = cell, read_resource(cell, here)
        if resource is None:
            raise Unreadable(f"{here}: its resource cell is empty")
        facts = _read_facts(cells, here)
        if is_blank and (has_spans or not facts_above or facts.of_row != facts_above.of_row):
            other = "others span their rows" if has_spans else "the row above is for another"
            raise Unreadable(f"{here}: its resource cell is empty, and {other}")
        facts_above = facts
        yield _build_row(resource, cells, facts, here)


def _read_column_rows(table: ColumnTable, where: str) -> list[TypedRow]:
    """Return the rows of a table of columns, by the only way in which all columns align."""
    fixed = {
        field: choose_split(ways, table.count, field, where)
        for field, ways in table.columns.items()
        if field != "resource"
    }
    rows: list[Row] = [
        {field: cells[i] for field, cells in fixed.items()} for i in range(table.count)
    ]
    facts = [
        _read_facts(row, f"{where}, row {number}") for number, row in enumerate(rows, start=1)
    ]
    resources, indexes = _align_resources(table, [fact.of_row for fact in facts], where)
    return [
        _build_row(resources[index], row, fact, f"{where}, row {number}")
        for number, (index, row, fact) in enumerate(
            zip(indexes, rows, facts, strict=True), start=1
        )
    ]


def _align_resources(
    table: ColumnTable, facts: Sequence[RowFacts], where: str
) -> tuple[list[Resource], list[int]]:
    """Return the resources and, for each row, the index of its resource.

    Raises Unreadable unless exactly one way to split the resource column fits the rows.
    """
    results: dict[tuple[Resource, ...], tuple[list[Resource], list[int]]] = {}
    problems: list[tuple[int, Unreadable]] = []
    for way in table.columns["resource"]:
        try:
            resources = [read_resource(cell, where) for cell in way]
            indexes = assign_resources(resources, facts, where)
        except Unreadable as problem:
            problems.append((abs(len(facts) - len(way)), problem))
            continue
        results[tuple(resources[index] for index in indexes)] = (resources, indexes)
    if not results:
        raise min(problems, key=lambda ranked: ranked[0])[1]
    if len(results) > 1:
        one, other = (set(key) for key in list(results)[:2])
        differing = sorted(resource.label for resource in one ^ other)
        raise Unreadable(
            f"{where}: the resource column can be split in two ways, around"
            f" {quote(differing[0])}"
        )
    return next(iter(results.values()))


def _find_mismatches(rows: Sequence[TypedRow]) -> Iterator[Finding]:
    """Yield a hold for each label that names an audience other than that of its row."""
    audiences = Audiences(row.purpose.only_for for row in rows)
    seen: set[tuple[str, str | None]] = set()
    for row in rows:
        label, only_for = row.resource.label, row.purpose.only_for
        if only_for is None or (label, only_for) in seen:
            continue
        seen.add((label, only_for))
        if (named := audiences.find_in(label)) and only_for not in named:
            yield Finding(
                name="audience-mismatch",
                verdict="hold",
                message=f"{row.where}: {quote(label)} stands beside a row that is only for"
                f" {quote(only_for)}",
                resource=label,
            )


def _check_shared_resources(rows: Sequence[TypedRow]) -> Iterator[Finding]:
    """Yield a hold if a resource has two rows: the second may have lost its own resource.

    Raises Unreadable if a resource has equal rows: a page does not list a row twice, so a
    resource is missing. In groups of three or more rows a loss would be visible otherwise.
    """
    start = 0
    for at, (row, below) in enumerate(pairwise((*rows, None)), start=1):
        if row is None or (below is not None and below.resource is row.resource):
            continue
        group, start = rows[start:at], at
        beside = [tuple(cell.text for cell in one.cells.values()) for one in group]
        if len(set(beside)) < len(beside):
            raise Unreadable(
                f"{group[0].where}: {quote(row.resource.label)} stands beside the same row"
                " twice; another resource has lost its cell"
            )
        if len(group) == _PAIR:
            yield Finding(
                name="resource-spans-two-rows",
                verdict="hold",
                message=f"{group[0].where}: {quote(row.resource.label)} is read as the resource"
                " of two rows; or the second one has lost its own",
                resource=row.resource.label,
            )


class Audiences:
    """The audiences of a table's rows, which can be searched for in its labels."""

    def __init__(self, names: Iterable[str | None]) -> None:
        self.names = {name.lower(): name for name in names if name}
        self.lengths = sorted({len(name) for name in self.names})

    def find_in(self, label: str) -> set[str]:
        """Return the audiences after "in" or "for" in the label; "Europe 2" is not "Europe"."""
        found: set[str] = set()
        lower = label.lower()
        for match in _IN_OR_FOR.finditer(lower):
            start = match.end()
            for length in self.lengths:
                end = start + length
                name = self.names.get(lower[start:end])
                continues = lower[end : end + 1].isalnum() or _NUMBER.match(lower, end)
                if name and not continues:
                    found.add(name)
        return found


class RowFacts(msgspec.Struct, frozen=True):
    """The values of a row that decide which resource it belongs to."""

    direction: Direction
    only_for: str | None
    purpose: str


def choose_split(ways: Sequence[CellSplit], count: int, name: str, where: str) -> CellSplit:
    """Return the only way to split a column into `count` cells.

    Raises Unreadable if there is none or more than one.
    """
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
        f"{where}: the {name} column can be split in two ways, with a cell {quote(one)}"
        f" or {quote(other)}"
    )


def _first_difference(one: CellSplit, other: CellSplit) -> tuple[str, str]:
    return next((a.text, b.text) for a, b in zip(one, other, strict=True) if a != b)


def assign_resources(
    resources: Sequence[Resource], rows: Sequence[RowFacts], where: str
) -> list[int]:
    """Return for each row the index of its resource; a resource has one or more rows.

    Rows and resources are in page order. Raises Unreadable unless exactly one assignment fits.
    """
    if not resources or len(rows) * len(resources) > _MOST_PAIRS:
        raise Unreadable(_describe_misfit(resources, rows, where))
    fitting = _find_fitting(resources, rows)
    result: list[int] = []
    above_below = zip(
        _reach_from_above(fitting, rows),
        _reach_from_below(fitting, rows, len(resources)),
        strict=True,
    )
    for i, (above, below) in enumerate(above_below):
        alive = above & below
        if not alive:
            raise Unreadable(_describe_misfit(resources, rows, where))
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


def _describe_misfit(
    resources: Sequence[Resource], rows: Sequence[RowFacts], where: str
) -> str:
    return (
        f"{where}: {len(resources)} resources cannot be lined up with {len(rows)} rows so that"
        " directions, audiences and purposes agree; a cell is missing or displaced"
    )


def _reach_from_above(fitting: Sequence[_Bits], rows: Sequence[RowFacts]) -> Sequence[_Bits]:
    """Return for each row the resources that are possible, given the rows above it."""
    reached: list[_Bits] = []
    for i, fit in enumerate(fitting):
        before = reached[-1] if reached else 0
        same = before if i and _share_resource(rows[i - 1], rows[i]) else 0
        reached.append(fit & (same | before << 1 if i else 1))
    return reached


def _reach_from_below(
    fitting: Sequence[_Bits], rows: Sequence[RowFacts], width: int
) -> Sequence[_Bits]:
    """Return for each row the resources that are possible, given the rows below it."""
    reached: list[_Bits] = []
    for i in reversed(range(len(fitting))):
        after = reached[-1] if reached else 0
        same = after if reached and _share_resource(rows[i], rows[i + 1]) else 0
        reached.append(fitting[i] & (same | after >> 1 if reached else 1 << (width - 1)))
    return reached[::-1]


def _share_resource(above: RowFacts, below: RowFacts) -> bool:
    """Return whether two adjacent rows can have the same resource."""
    return above == below


def _find_fitting(resources: Sequence[Resource], rows: Sequence[RowFacts]) -> list[_Bits]:
    """Return for each row the resources that it can have, regardless of other rows.

    Inbound rows, and only they, are about a local network. If labels name audiences of the
    table, a row has only resources whose label names exactly its audience.
    """
    audiences = Audiences(row.only_for for row in rows)
    named = [audiences.find_in(resource.label) for resource in resources]
    binding = any(named)

    @cache
    def fitting(direction: Direction, only_for: str | None) -> _Bits:
        """Return the resources, as bits, that such a row can have."""
        wanted = {only_for} if only_for else set()
        bits = [
            (resource.scope == "lan") == (direction == "inbound")
            and (not binding or named[j] == wanted)
            for j, resource in enumerate(resources)
        ]
        return int("".join("01"[bit] for bit in reversed(bits)) or "0", base=2)

    return [fitting(row.direction, row.only_for) for row in rows]
