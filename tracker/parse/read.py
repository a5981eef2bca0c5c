"""From pages to entries: tables found, rows typed, and every value on the pages accounted for.

Pure. `rows/` names the region of each table and pairs resources with rows, `cells/` types the
cells, and `completeness/` checks by a second reading that nothing was missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.errors import NothingRead, Truncated
from tracker.model import Entry, Finding, port_text
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.text_cells import join_components, read_components, read_region
from tracker.parse.completeness.announced_regions import (
    RegionTitle,
    find_empty_tables,
    find_region_titles,
    find_regions_without_rows,
)
from tracker.parse.completeness.known_values import KnownValues
from tracker.parse.completeness.leftovers import find_hidden_values, find_leftovers
from tracker.parse.completeness.table_checks import (
    TableEntries,
    check_values,
    find_contradictions,
    find_missing_regions,
    find_struck_out,
)
from tracker.parse.grid import Cell, ColumnTable, Grid, Row
from tracker.parse.markup.cross_check import compare_parsers
from tracker.parse.markup.document import Document
from tracker.parse.page import ParsedPage, Reading
from tracker.parse.rows.doubts import (
    find_out_of_force_marks,
    find_table_ends,
    find_unknown_columns,
)
from tracker.parse.rows.region_names import find_region_in_title, normalize_name
from tracker.parse.rows.regions import NamedRegion, name_regions
from tracker.parse.rows.rows import EMPTY, TypedRow, read_rows
from tracker.parse.shapes.find import find_grids, is_markup, read_document
from tracker.parse.vocabulary import Field
from tracker.sources import Source
from tracker.text import clean, quote


class _Findings(msgspec.Struct):
    """The tables read so far, the regions that the page announces, and the findings."""

    tables: list[TableEntries] = msgspec.field(default_factory=list)
    regions: set[str | None] = msgspec.field(default_factory=set)
    region_titles: list[RegionTitle] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)


def read_pages(pages: Sequence[ParsedPage], source: Source) -> Reading:
    """Return the entries of all pages, in page order and each once, with the findings.

    Raises NothingRead if no page has a table, Unreadable if one has no certain reading.
    """
    read = _Findings()
    grids = [_read_tables(page, source, read) for page in pages]
    entries = [entry for table in read.tables for entry in table.entries]
    once = tuple(dict.fromkeys(entries))
    if not once:
        raise NothingRead(_describe_nothing_read(pages))
    if len(once) < len(entries):
        read.findings.append(_report_repeated(entries, once))
    read.findings += find_contradictions(read.tables)
    known = KnownValues(once)  # of all pages: one page may repeat another's values
    for page, found in zip(pages, grids, strict=True):
        read.findings += find_leftovers(
            page.document, found, source.vocabulary, known, page.url
        )
        read.findings += find_hidden_values(page.document, known, page.url)
    has_regions = bool(source.region_titles)
    read.findings += find_missing_regions(read.tables, has_regions=has_regions)
    regions = read.regions | {entry.region for entry in once}
    read.findings += find_regions_without_rows(read.region_titles, regions)
    return Reading(once, tuple(read.findings), tuple(map(len, grids)))


def parse_page(url: str, text: str, region: str | None = None) -> ParsedPage:
    """Parse decoded text, markup or plain, into a page to read."""
    return ParsedPage(url, text, read_document(text), region)


def _read_tables(page: ParsedPage, source: Source, read: _Findings) -> list[Grid | ColumnTable]:
    """Add the tables of one page to `read` and return them."""
    document, url = page.document, page.url
    read.findings += _check_page_end(document, url)
    if is_markup(page.text):
        compare_parsers(page.text, document.strings, url)
    found = list(find_grids(document, source.vocabulary))
    grids = [grid for grid, _ in found]
    ends = find_table_ends(document, grids)
    named_regions = name_regions(found, source, page.region, url)
    for (grid, titles), named in zip(found, named_regions, strict=True):
        where = f"{url}, {named.region or 'no region'}, {grid.where}"
        rows, findings = read_rows(grid, where)
        table = tuple(build_entry(row, named.region, source) for row in rows)
        read.regions.add(named.region)
        read.tables.append(TableEntries(f"{url}, {_name_table(grid)}", table))
        read.findings += (*named.findings, *_check_region_column(named, rows, table, where))
        read.findings += findings
        read.findings += check_values(document, grid, table, where)
        read.findings += find_struck_out(document, grid, where)
        read.findings += find_unknown_columns(document, grid, source.vocabulary, where)
        read.findings += find_out_of_force_marks(document, grid, titles, table, ends, where)
    read.region_titles += find_region_titles(document, found, source, page.region, url)
    read.findings += find_empty_tables(document, grids, source.vocabulary, url)
    return grids


def _check_page_end(document: Document, url: str) -> Iterator[Finding]:
    """Yield a hold for a page without an end tag: valid HTML, but also a cut connection.

    Raises Truncated if the page ends inside a table, a list or a heading.
    """
    if document.has_end:
        return
    if document.left_open:
        raise Truncated(f"{url}: the page ends inside its <{document.left_open[-1]}> element")
    yield Finding("end-tag-missing", "hold", f"{url}: the page arrived whole without </html>")


def _name_table(grid: Grid | ColumnTable) -> str:
    """Return the name of the table that a grid is, or is a part of."""
    is_numbered = grid.where[-1:].isdigit()
    return grid.where if is_numbered else f"{grid.where} at line {grid.first + 1}"


def build_entry(row: TypedRow, region: str | None, source: Source) -> Entry:
    """Return one row with all its cells typed. Raises Unreadable for an uncertain cell."""
    resource, purpose, cells = row.resource, row.purpose, row.cells
    if "region" in cells:
        name = read_region(cells["region"], row.where)
        region = find_region_in_title(name, source) or normalize_name(name)
    return Entry(
        region=region,
        resource=resource.label,
        hosts=resource.hosts,
        addresses=resource.addresses,
        scope=resource.scope,
        direction=row.direction,
        services=read_ports(
            _join_lines(cells, "ports"),
            row.where,
            protocol=_join_lines(cells, "protocol"),
            row_words=_iter_row_words(row),
        ),
        requirement=purpose.requirement,
        only_for=purpose.only_for,
        components=read_components(join_components(cells.get("components", EMPTY)), row.where),
        purpose=purpose.text,
    )


def _join_lines(row: Row, field: Field) -> str:
    """Return the lines of the row's cell in that column; nothing if there is no such column."""
    return "\n".join(line.text for line in row.get(field, EMPTY).lines)


def _iter_row_words(row: TypedRow) -> Iterator[str]:
    """Yield what the row says beside its ports and targets: it may name another protocol."""
    yield row.resource.label
    others: tuple[Field, ...] = ("purpose", "components", "action")
    for field in others:
        yield row.cells.get(field, EMPTY).text


def _check_region_column(
    named: NamedRegion, rows: Sequence[TypedRow], table: Sequence[Entry], where: str
) -> Iterator[Finding]:
    """Yield a hold if the table's title names one region and its region column another."""
    if named.region is None or not rows or "region" not in rows[0].cells:
        return
    other = next((e.region for e in table if e.region != named.region), None)
    if other is not None:
        yield Finding(
            name="region-uncertain",
            verdict="hold",
            message=f"{where}: its column names {quote(other)}",
            region=other,
        )


def _describe_nothing_read(pages: Sequence[ParsedPage]) -> str:
    urls = ", ".join(page.url for page in pages[:3])
    more = f" and {len(pages) - 3} more" if len(pages) > 3 else ""  # noqa: PLR2004
    return (
        f"{urls}{more}: no table with the columns resource, direction and ports was found;"
        " the page has moved, needs a login, or has a new layout"
    )


def _report_repeated(entries: Sequence[Entry], once: Sequence[Entry]) -> Finding:
    return Finding(
        name="repeated-rows",
        verdict="publish",
        message=f"{len(entries) - len(once)} rows stand on the page more than once",
    )


def explain(pages: Sequence[ParsedPage], source: Source) -> Iterator[str]:
    """Yield lines for `parse -v`: the region of each table, and how each cell was read."""
    for page in pages:
        found = list(find_grids(page.document, source.vocabulary))
        regions = name_regions(found, source, page.region, page.url)
        yield f"{page.url}: {len(page.document.lines)} lines, {len(found)} tables read"
        for (grid, titles), named in zip(found, regions, strict=True):
            above = quote(titles[0].text) if titles else "nothing"
            yield clean(f"{grid.where}, under {above}: region {named.region or 'not named'}")
            rows, _ = read_rows(grid, grid.where)
            for number, row in enumerate(rows, start=1):
                yield from _explain_row(number, row, build_entry(row, named.region, source))


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
