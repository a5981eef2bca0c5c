"""Pages to entries: tables found, rows typed, and the account of every value on them.

Pure: text of pages in, entries and findings out. Regions are named in `regions.py`, rows
lined up in `rows.py`, cells typed in `cells/`, and all is counted again in `account.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.errors import NothingRead, Truncated
from tracker.model import Entry, Finding
from tracker.parse.cells.access import read_region
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.purpose import components_text, read_components
from tracker.parse.completeness import completeness, empty_regions, leftovers
from tracker.parse.markup.cross_check import compare_parsers
from tracker.parse.markup.document import Document
from tracker.parse.rows import out_of_force
from tracker.parse.rows.columns import unknown_columns
from tracker.parse.rows.region_names import region_in_title, usual_spelling
from tracker.parse.rows.regions import Named, name_regions
from tracker.parse.rows.rows import EMPTY, TypedRow, rows_of
from tracker.parse.shapes.find import find_grids, is_markup, read_document
from tracker.parse.shapes.grid import Grid, Row, Stack
from tracker.parse.shapes.words import Field
from tracker.sources import Source
from tracker.text import quote


class Text(msgspec.Struct, frozen=True):
    """One page to read: where it came from, its decoded text, its region if it has one."""

    url: str
    text: str
    document: Document
    region: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """What a source's pages say. `tables` counts the tables that each page gave, in order."""

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    tables: tuple[int, ...] = ()


class _Read(msgspec.Struct):
    """What was read so far, table by table."""

    tables: list[completeness.TableOf] = msgspec.field(default_factory=list)
    named: set[str | None] = msgspec.field(default_factory=set)
    region_titles: list[empty_regions.RegionTitle] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)


def read_pages(pages: Sequence[Text], source: Source) -> Reading:
    """All entries of all pages, in order, each once.

    Raises NothingRead where no page has a table, Unreadable where one cannot be certain.
    """
    read = _Read()
    grids = [_read_page(page, source, read) for page in pages]
    entries = [entry for table in read.tables for entry in table.entries]
    once = tuple(dict.fromkeys(entries))
    if not once:
        raise NothingRead(_nothing(pages))
    if len(once) < len(entries):
        read.findings.append(_repeated(entries, once))
    read.findings += completeness.contradictions(read.tables)
    for page, found in zip(pages, grids, strict=True):  # one page may repeat another's values
        read.findings += leftovers.outside(
            page.document, found, source.vocabulary, once, page.url
        )
        read.findings += leftovers.hidden(page.document, once, page.url)
    has_regions = bool(source.region_titles)
    read.findings += completeness.regions_missing(read.tables, has_regions=has_regions)
    read.findings += empty_regions.without_rows(
        read.region_titles, read.named | {entry.region for entry in once}
    )
    return Reading(once, tuple(read.findings), tuple(map(len, grids)))


def text_of(url: str, text: str, region: str | None = None) -> Text:
    """Decoded text as a page to read; the markup is parsed here, once."""
    return Text(url, text, read_document(text), region)


def _read_page(page: Text, source: Source, read: _Read) -> list[Grid | Stack]:
    """Add the tables of one page, and return them; none where it has no table that we know."""
    document = page.document
    read.findings += _missing_end(document, page.url)
    if is_markup(page.text):
        compare_parsers(page.text, document.strings, page.url)
    found = list(find_grids(document, source.vocabulary))
    regions = name_regions(found, source, page.region, page.url)
    grids = [grid for grid, _ in found]
    ends = out_of_force.ends_of_tables(document, grids)
    for (grid, titles), named in zip(found, regions, strict=True):
        where = f"{page.url}, {named.region or 'no region'}, {grid.where}"
        rows, findings = rows_of(grid, where)
        table = tuple(entry_of(row, named.region, source) for row in rows)
        read.named.add(named.region)
        read.tables.append(completeness.TableOf(f"{page.url}, {_table_name(grid)}", table))
        read.findings += (*named.findings, *_regions_apart(named, rows, table, where))
        read.findings += findings
        read.findings += completeness.every_value(document, grid, table, where)
        read.findings += completeness.struck_out(document, grid, where)
        read.findings += unknown_columns(document, grid, source.vocabulary, where)
        read.findings += out_of_force.find_marks(document, grid, titles, table, ends, where)
    read.region_titles += empty_regions.find_region_titles(
        document, found, source, page.region, page.url
    )
    read.findings += empty_regions.empty_tables(document, grids, source.vocabulary, page.url)
    return grids


def _missing_end(document: Document, url: str) -> Iterator[Finding]:
    """A hold for a page without an end tag: HTML allows it, and so does a cut connection.

    Raises Truncated where it ends inside a table, a list, or a heading.
    """
    if document.has_end:
        return
    if document.left_open:
        raise Truncated(f"{url}: the page ends inside its <{document.left_open[-1]}> element")
    yield Finding("end-tag-missing", "hold", f"{url}: the page arrived whole without </html>")


def _table_name(grid: Grid | Stack) -> str:
    """The name of the table that a grid is, or is a part of; records have none of their own."""
    is_table = grid.where[-1:].isdigit()
    return grid.where if is_table else f"{grid.where} at line {grid.first + 1}"


def entry_of(row: TypedRow, region: str | None, source: Source) -> Entry:
    """One row, all its cells typed. Raises Unreadable for a cell without a certain reading."""
    resource, purpose, cells = row.resource, row.purpose, row.cells
    if "region" in cells:
        name = read_region(cells["region"], row.where)
        region = region_in_title(name, source) or usual_spelling(name)
    return Entry(
        region=region,
        resource=resource.label,
        hosts=resource.hosts,
        addresses=resource.addresses,
        scope=resource.scope,
        direction=row.direction,
        services=read_ports(
            _port_text(cells, "ports"),
            row.where,
            protocol=_port_text(cells, "protocol"),
            row_words=_row_words(row),
        ),
        requirement=purpose.requirement,
        only_for=purpose.only_for,
        components=read_components(components_text(cells.get("components", EMPTY)), row.where),
        purpose=purpose.text,
    )


def _port_text(row: Row, field: Field) -> str:
    """The lines of the row's cell in that column; nothing where there is no such column."""
    return "\n".join(line.text for line in row.get(field, EMPTY).lines)


def _row_words(row: TypedRow) -> Iterator[str]:
    """What the row says beside its ports and targets: it may name another protocol."""
    yield row.resource.label
    others: tuple[Field, ...] = ("purpose", "components", "action")
    for field in others:
        yield row.cells.get(field, EMPTY).text


def _regions_apart(
    named: Named, rows: Sequence[TypedRow], table: Sequence[Entry], where: str
) -> Iterator[Finding]:
    """A hold where the table's title names a region and its region column another one."""
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
