"""Grids and stacks to rows: which resource stands beside which cells, and is it certain.

Pure. Columns of a stack are lined up in `align.py`; the other cells are typed by `read.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tracker.errors import Unreadable
from tracker.model import Direction, Finding
from tracker.parse.cells.access import check_allows
from tracker.parse.cells.purpose import Purpose, read_purpose
from tracker.parse.cells.resource import Resource, read_resource
from tracker.parse.rows import align
from tracker.parse.shapes.grid import Cell, Grid, Row, Stack
from tracker.parse.shapes.words import direction_of
from tracker.text import quote

EMPTY = Cell(())
_PAIR = 2


class TypedRow(NamedTuple):
    """One row: its resource, its cells, and of these what tells the resource."""

    resource: Resource
    cells: Row
    direction: Direction
    purpose: Purpose
    where: str


def rows_of(grid: Grid | Stack, where: str) -> tuple[list[TypedRow], list[Finding]]:
    """All rows of a table, and what is not certain about them.

    Raises Unreadable where a row's resource, direction or purpose has no single reading.
    """
    if isinstance(grid, Grid):
        rows = list(_rows_of_grid(grid, where))
        return rows, list(_mismatches(rows))
    rows = _rows_of_stack(grid, where)
    return rows, list(_spans(rows))


def _row(resource: Resource, cells: Row, facts: _Facts, where: str) -> TypedRow:
    return TypedRow(resource, cells, facts.direction, facts.purpose, where)


class _Facts(NamedTuple):
    direction: Direction
    purpose: Purpose

    @property
    def of_row(self) -> align.RowFacts:
        return align.RowFacts(self.direction, self.purpose.only_for, self.purpose.text)


def _facts(cells: Row, where: str) -> _Facts:
    if "action" in cells:
        check_allows(cells["action"], where)
    direction = direction_of(cells["direction"].text)
    if direction is None:
        said = quote(cells["direction"].text)
        raise Unreadable(f"{where}: {said} is neither outbound nor inbound")
    return _Facts(direction, read_purpose(cells.get("purpose", EMPTY).text, where))


def _rows_of_grid(grid: Grid, where: str) -> Iterator[TypedRow]:
    """Each row with its resource; a blank resource cell goes on with the one above.

    But only where both rows are for the same, and where no other resource spans its rows:
    else the blank cell has lost its resource.
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
        facts = _facts(cells, here)
        if is_blank and (has_spans or not facts_above or facts.of_row != facts_above.of_row):
            other = "others span their rows" if has_spans else "the row above is for another"
            raise Unreadable(f"{here}: its resource cell is empty, and {other}")
        facts_above = facts
        yield _row(resource, cells, facts, here)


def _rows_of_stack(stack: Stack, where: str) -> list[TypedRow]:
    """Columns parted and lined up: the only way that all of them agree on."""
    fixed = {
        field: align.pick(ways, stack.count, field, where)
        for field, ways in stack.columns.items()
        if field != "resource"
    }
    rows: list[Row] = [
        {field: cells[i] for field, cells in fixed.items()} for i in range(stack.count)
    ]
    facts = [_facts(row, f"{where}, row {number}") for number, row in enumerate(rows, start=1)]
    resources, indexes = _aligned(stack, [fact.of_row for fact in facts], where)
    return [
        _row(resources[index], row, fact, f"{where}, row {number}")
        for number, (index, row, fact) in enumerate(
            zip(indexes, rows, facts, strict=True), start=1
        )
    ]


def _aligned(
    stack: Stack, facts: Sequence[align.RowFacts], where: str
) -> tuple[list[Resource], list[int]]:
    """The resources and, per row, which one: of all partings exactly one must line up."""
    results: dict[tuple[Resource, ...], tuple[list[Resource], list[int]]] = {}
    problems: list[tuple[int, Unreadable]] = []
    for way in stack.columns["resource"]:
        try:
            resources = [read_resource(cell, where) for cell in way]
            indexes = align.spread(resources, facts, where)
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
            f"{where}: the resource column can be parted in two ways, around"
            f" {quote(differing[0])}"
        )
    return next(iter(results.values()))


def _mismatches(rows: Sequence[TypedRow]) -> Iterator[Finding]:
    """Labels that name another audience than their row does, each once."""
    audiences = align.Audiences(row.purpose.only_for for row in rows)
    seen: set[tuple[str, str | None]] = set()
    for row in rows:
        label, only_for = row.resource.label, row.purpose.only_for
        if only_for is None or (label, only_for) in seen:
            continue
        seen.add((label, only_for))
        if (named := audiences.named_in(label)) and only_for not in named:
            yield Finding(
                name="audience-mismatch",
                verdict="hold",
                message=f"{row.where}: {quote(label)} stands beside a row that is only for"
                f" {quote(only_for)}",
                resource=label,
            )


def _spans(rows: Sequence[TypedRow]) -> Iterator[Finding]:
    """Rows of a stack that share a resource: do they, or has one of them lost its own?

    A page does not list the same row twice, so equal rows have lost one. Of a group that
    shares a resource, a loss shows wherever the group has another cell left. Only two rows
    with one resource look the same with and without a loss.
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
