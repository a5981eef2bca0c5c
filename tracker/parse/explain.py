"""What became of each cell: the account of a reading, for `parse -v`. Text in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model import Entry, port_text
from tracker.parse.read import Text, entry_of
from tracker.parse.rows.regions import name_regions
from tracker.parse.rows.rows import TypedRow, rows_of
from tracker.parse.shapes.find import find_grids
from tracker.parse.shapes.grid import Cell
from tracker.sources import Source
from tracker.text import clean, quote


def explain(pages: Sequence[Text], source: Source) -> Iterator[str]:
    """Per table its titles and region; per row each cell and what it was read as."""
    for page in pages:
        found = list(find_grids(page.document, source.vocabulary))
        regions = name_regions(found, source, page.region, page.url)
        yield f"{page.url}: {len(page.document.lines)} lines, {len(found)} tables read"
        for (grid, titles), named in zip(found, regions, strict=True):
            above = quote(titles[0].text) if titles else "nothing"
            yield clean(f"{grid.where}, under {above}: region {named.region or 'not named'}")
            rows, _ = rows_of(grid, grid.where)
            for number, row in enumerate(rows, start=1):
                yield from _row(number, row, entry_of(row, named.region, source))


def _row(number: int, row: TypedRow, entry: Entry) -> Iterator[str]:
    targets = ", ".join(entry.targets)
    yield f"  row {number}: {quote(row.resource.label)} -> {clean(targets)}"
    read = {
        "direction": entry.direction,
        "ports": ", ".join(_service(entry)),
        "protocol": ", ".join(_service(entry)),
        "purpose": f"{entry.requirement or 'no requirement'}, for {entry.only_for or 'all'}",
        "components": " | ".join(entry.components) or "none",
        "region": entry.region or "none",
    }
    for field, cell in row.cells.items():
        if field in read:
            yield f"    {field}: {_said(cell)} -> {clean(read[field])}"


def _service(entry: Entry) -> Iterator[str]:
    for service in entry.services:
        name = f" {service.name}" if service.name else ""
        yield f"{port_text(service)}{name}{' (inferred)' if service.inferred else ''}"


def _said(cell: Cell) -> str:
    return quote(cell.text) if cell.lines else "(blank)"
