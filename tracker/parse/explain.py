"""What became of each cell of a page, for `parse -v`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model import Entry, port_text
from tracker.parse.grid import Cell
from tracker.parse.page import ParsedPage
from tracker.parse.rows.entries import build_entry
from tracker.parse.rows.regions import name_regions
from tracker.parse.rows.rows import TypedRow, read_rows
from tracker.parse.shapes.find import find_tables
from tracker.sources import Source
from tracker.text import clean, quote


def explain(pages: Sequence[ParsedPage], source: Source) -> Iterator[str]:
    """Yield lines for `parse -v`: the region of each table, and how each cell was read."""
    for page in pages:
        found = find_tables(page.document, source.definition)
        regions = name_regions(found.tables, source, page.region, page.url)
        yield f"{page.url}: {len(page.document.lines)} lines, {len(found.tables)} tables read"
        for (grid, titles), named in zip(found.tables, regions, strict=True):
            above = quote(titles[0].text) if titles else "nothing"
            yield clean(f"{grid.where}, under {above}: region {named.region or 'not named'}")
            rows, _ = read_rows(grid, grid.where)
            for number, row in enumerate(rows, start=1):
                yield from _explain_row(
                    number, row, build_entry(row, named.region, source, grid.defaults)
                )


def _explain_row(number: int, row: TypedRow, entry: Entry) -> Iterator[str]:
    targets = ", ".join(entry.targets)
    yield f"  row {number}: {quote(row.resource.label)} -> {clean(targets)}"
    read = {
        "direction": entry.direction,
        "ports": ", ".join(_describe_services(entry)),
        "protocol": ", ".join(_describe_services(entry)),
        "purpose": f"{entry.requirement or 'no requirement'}, for {entry.only_for or 'all'}",
        "components": " | ".join(entry.components) or "none",
        "region": entry.region or "none",
    }
    for field, cell in row.cells.items():
        if field in read:
            yield f"    {field}: {_quote_cell(cell)} -> {clean(read[field])}"


def _describe_services(entry: Entry) -> Iterator[str]:
    for service in entry.services:
        name = f" {service.name}" if service.name else ""
        yield f"{port_text(service)}{name}{' (inferred)' if service.inferred else ''}"


def _quote_cell(cell: Cell) -> str:
    return quote(cell.text) if cell.lines else "(blank)"
