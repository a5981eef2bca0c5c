"""Grids to entries, and the account of what became of every value on the page.

Pure: text of pages in, entries and findings out. Cells are typed in `cells/`, columns lined
up in `align.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracker import account, align
from tracker.cells.ports import read_ports
from tracker.cells.purpose import read_components, read_purpose
from tracker.cells.resource import Resource, read_resource
from tracker.errors import NothingRead, Unreadable
from tracker.extract import find_grids, read_document
from tracker.extract.document import Document
from tracker.extract.grid import Cell, Grid, Row, Stack
from tracker.extract.words import Field, direction_of
from tracker.model import Direction, Entry, Finding
from tracker.sources import Source
from tracker.text import quote

_EMPTY = Cell(())


@dataclass(frozen=True, slots=True)
class Text:
    """One page to read: where it came from, its decoded text, its region if it has one."""

    url: str
    text: str
    document: Document
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source's pages say."""

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


def read_pages(pages: Sequence[Text], source: Source) -> Reading:
    """All entries of all pages, in order, each once.

    Raises NothingRead where no page has a table, Unreadable where one cannot be certain.
    """
    entries: list[Entry] = []
    findings: list[Finding] = []
    for page in pages:
        reading = read_page(page, source)
        entries += reading.entries
        findings += reading.findings
    once = tuple(dict.fromkeys(entries))
    if not once:
        raise NothingRead(_nothing(pages))
    if len(once) < len(entries):
        findings.append(_repeated(entries, once))
    return Reading(once, tuple(findings))


def read_page(page: Text, source: Source) -> Reading:
    """The entries of one page; none where it has no table that we know."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    grids = list(find_grids(page.document, source.vocabulary))
    for grid, titles in grids:
        region = source.region_of(titles, page.region)
        where = f"{page.url}, {region or 'no region'}, {grid.where}"
        found = list(_entries(grid, region, where))
        findings += account.every_value(page.document, grid, found, where)
        entries += found
    findings += account.outside(page.document, [grid for grid, _ in grids], page.url)
    return Reading(tuple(entries), tuple(findings))


def text_of(url: str, text: str, region: str | None = None) -> Text:
    """Decoded text as a page to read; the markup is parsed here, once."""
    return Text(url, text, read_document(text), region)


def _entries(grid: Grid | Stack, region: str | None, where: str) -> Iterator[Entry]:
    rows = _rows_of_grid(grid, where) if isinstance(grid, Grid) else _rows_of_stack(grid, where)
    for number, (resource, row) in enumerate(rows, start=1):
        yield _entry(resource, row, region, f"{where}, row {number}")


def _entry(resource: Resource, row: Row, region: str | None, where: str) -> Entry:
    purpose = read_purpose(row.get("purpose", _EMPTY).text, where)
    return Entry(
        region=region,
        resource=resource.label,
        hosts=resource.hosts,
        addresses=resource.addresses,
        scope=resource.scope,
        direction=_direction(row["direction"], where),
        services=read_ports(_port_text(row), where),
        requirement=purpose.requirement,
        only_for=purpose.only_for,
        components=read_components(row.get("components", _EMPTY).text, where),
        purpose=purpose.text,
    )


def _port_text(row: Row) -> str:
    """The port cell, with the protocol cell where that is a column of its own."""
    ports = row["ports"].text
    return f"{ports} {row['protocol'].text}" if "protocol" in row else ports


def _direction(cell: Cell, where: str) -> Direction:
    direction = direction_of(cell.text)
    if direction is None:
        raise Unreadable(f"{where}: {quote(cell.text)} is neither outbound nor inbound")
    return direction


def _rows_of_grid(grid: Grid, where: str) -> Iterator[tuple[Resource, Row]]:
    """Each row with its resource; a blank resource cell goes on with the one above."""
    above: Cell | None = None
    resource: Resource | None = None
    for number, row in enumerate(grid.rows, start=1):
        cell = row["resource"]
        if cell.lines and cell is not above:
            above, resource = cell, read_resource(cell, f"{where}, row {number}")
        if resource is None:
            raise Unreadable(f"{where}, row {number}: its resource cell is empty")
        yield resource, row


def _rows_of_stack(stack: Stack, where: str) -> Iterator[tuple[Resource, Row]]:
    """Columns parted and lined up: the only way that all of them agree on."""
    fixed = {
        field: align.pick(ways, stack.count, field, where)
        for field, ways in stack.columns.items()
        if field != "resource"
    }
    rows: list[Row] = [
        {field: cells[i] for field, cells in fixed.items()} for i in range(stack.count)
    ]
    resources, indexes = _aligned(stack, [_facts(row, where) for row in rows], where)
    for index, row in zip(indexes, rows, strict=True):
        yield resources[index], row


def _facts(row: dict[Field, Cell], where: str) -> align.RowFacts:
    purpose = read_purpose(row.get("purpose", _EMPTY).text, where)
    return align.RowFacts(_direction(row["direction"], where), purpose.only_for, purpose.text)


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


def _nothing(pages: Sequence[Text]) -> str:
    urls = ", ".join(page.url for page in pages[:3])
    more = f" and {len(pages) - 3} more" if len(pages) > 3 else ""  # noqa: PLR2004
    return (
        f"{urls}{more}: no table with the columns resource, direction and ports was found;"
        " the page has moved, needs a login, or has a new layout"
    )


def _repeated(entries: Sequence[Entry], once: Sequence[Entry]) -> Finding:
    return Finding(
        name="repeated-rows",
        verdict="publish",
        message=f"{len(entries) - len(once)} rows stand on the page more than once",
    )
