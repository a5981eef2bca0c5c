"""How a definition handled the parts of a page: read, ignored or left, and by which rule.

Pure. A part that is left and has a value is a finding or an error of the reader; here it is
listed. `parse -v` also shows how each cell was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from tracker.drafts.survey import has_value
from tracker.model import Count, Entry, port_text
from tracker.parse.completeness.definition_checks import list_removed
from tracker.parse.grid import Cell, ColumnTable, FoundTables, Grid
from tracker.parse.markup.document import Document, find_heading
from tracker.parse.page import ParsedPage
from tracker.parse.rows.entries import build_entry
from tracker.parse.rows.regions import name_regions
from tracker.parse.rows.rows import TypedRow, read_rows
from tracker.parse.shapes.find import find_tables
from tracker.sources import Source
from tracker.text import clean, quote

Fate = Literal["read", "ignored", "left"]
_HEADING_LENGTH = 60


class Part(msgspec.Struct, frozen=True):
    """A table, a list or a feed's items: where it is, how it was handled, and by which rule.

    `amount` counts the rows if it was read, else the lines.
    """

    page: str
    where: str
    heading: str
    fate: Fate
    rule: str
    amount: Count


class Removal(msgspec.Struct, frozen=True):
    """A kind of rule that took values away, and how many."""

    page: str
    rule: str
    values: Count


def list_parts(pages: Sequence[ParsedPage], source: Source) -> tuple[list[Part], list[Removal]]:
    """Return how the parts of all pages were handled. Raises PageError as a reading does."""
    parts: list[Part] = []
    removals: list[Removal] = []
    for page in pages:
        if source.definition.is_feed:
            found, removed = _list_items(page, source)
        else:
            found, removed = _list_tables(page, source)
        parts += found
        removals += (Removal(page.url, rule, count) for rule, count in removed.items())
    return parts, removals


def describe_parts(parts: Sequence[Part], removals: Sequence[Removal]) -> Iterator[str]:
    """Yield a line for each part, and for each kind of rule that removed values."""
    page = ""
    for part in parts:
        if part.page != page:
            page = part.page
            yield f"{page}:"
        above = f", under {quote(part.heading, _HEADING_LENGTH)}" if part.heading else ""
        yield f"  {part.where}{above}: {_describe_fate(part)}"
    for removal in removals:
        amount = f"{removal.values} values" if removal.values > 1 else "a value"
        yield f"  {removal.rule} takes away {amount}"


def _describe_fate(part: Part) -> str:
    if part.fate == "left":
        return "no rule takes it, and it has values"
    amount = f"{part.amount} {'row' if part.fate == 'read' else 'line'}"
    return f"{part.fate} by {part.rule}, {amount}{'' if part.amount == 1 else 's'}"


def _list_items(page: ParsedPage, source: Source) -> tuple[list[Part], Counter[str]]:
    from tracker.parse.feeds import read_feed  # noqa: PLC0415  few sources are feeds

    feed = read_feed(page.text, source, page.url)
    part = Part(page.url, "the feed", "", "read", "items", len(feed.rows))
    return [part], Counter({"exclude": len(set(feed.removed))} if feed.removed else {})


def _list_tables(page: ParsedPage, source: Source) -> tuple[list[Part], Counter[str]]:
    document = page.document
    found = find_tables(document, source.definition)
    placed = [*_iter_read(page, found), *_iter_ignored(page, found), *_iter_unread(page, found)]
    once = {(one.how, one.value) for one in list_removed(document, found)}
    return [part for _, part in sorted(placed, key=_first_line)], Counter(
        how for how, _ in once
    )


def _first_line(placed: tuple[int, Part]) -> int:
    return placed[0]


def _iter_read(page: ParsedPage, found: FoundTables) -> Iterator[tuple[int, Part]]:
    for grid in found.grids:
        heading = find_heading(page.document, grid.first)
        where = grid.where.partition(" below ")[0]
        rule = grid.rule or "its header"
        yield grid.first, Part(page.url, where, heading, "read", rule, _count_rows(grid))


def _count_rows(grid: Grid | ColumnTable) -> int:
    return grid.count if isinstance(grid, ColumnTable) else len(grid.rows)


def _iter_ignored(page: ParsedPage, found: FoundTables) -> Iterator[tuple[int, Part]]:
    """Yield the ignored parts that have values."""
    for one in found.ignored:
        if not _has_values(page.document, one.first, one.end):
            continue
        heading = find_heading(page.document, one.first)
        where = "the table" if one.rule.startswith("tables") else "lines"
        lines = one.end - one.first
        yield one.first, Part(page.url, where, heading, "ignored", one.rule, lines)


def _iter_unread(page: ParsedPage, found: FoundTables) -> Iterator[tuple[int, Part]]:
    """Yield the tables with values that are neither read nor ignored."""
    taken = [(grid.first, grid.end) for grid in found.grids]
    taken += [(one.first, one.end) for one in found.ignored]
    for number, table in enumerate(page.document.tables, start=1):
        if any(first < table.end_line and table.first_line < end for first, end in taken):
            continue
        first, end = table.first_line, table.end_line
        if not table.holds_tables and _has_values(page.document, first, end):
            heading, where = find_heading(page.document, first), f"table {number}"
            yield first, Part(page.url, where, heading, "left", "", end - first)


def _has_values(document: Document, first: int, end: int) -> bool:
    return any(has_value(line.text) for line in document.lines[first:end])


def explain_cells(pages: Sequence[ParsedPage], source: Source) -> Iterator[str]:
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
