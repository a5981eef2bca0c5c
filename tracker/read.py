"""Pages to entries: tables found, rows typed, and the account of every value on them.

Pure: text of pages in, entries and findings out. Regions are named in `regions.py`, rows
lined up in `rows.py`, cells typed in `cells/`, and all is counted again in `account.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.cells.access import read_region
from tracker.cells.ports import read_ports
from tracker.cells.purpose import components_text, read_components
from tracker.errors import NothingRead
from tracker.extract import witness
from tracker.extract.document import Document
from tracker.extract.find import find_grids, read_document
from tracker.extract.grid import Row
from tracker.model import Entry, Finding
from tracker.reading import account, unread
from tracker.reading.regions import Named, name_regions
from tracker.reading.rows import EMPTY, TypedRow, rows_of
from tracker.sources import Source
from tracker.text import quote


class Text(msgspec.Struct, frozen=True):
    """One page to read: where it came from, its decoded text, its region if it has one."""

    url: str
    text: str
    document: Document
    region: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """What a source's pages say."""

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


class _Read(msgspec.Struct):
    """What was read so far, table by table."""

    tables: list[tuple[Entry, ...]] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)


def read_pages(pages: Sequence[Text], source: Source) -> Reading:
    """All entries of all pages, in order, each once.

    Raises NothingRead where no page has a table, Unreadable where one cannot be certain.
    """
    read = _Read()
    for page in pages:
        _read_page(page, source, read)
    entries = [entry for table in read.tables for entry in table]
    once = tuple(dict.fromkeys(entries))
    if not once:
        raise NothingRead(_nothing(pages))
    if len(once) < len(entries):
        read.findings.append(_repeated(entries, once))
    read.findings += account.contradictions(read.tables)
    return Reading(once, tuple(read.findings))


def text_of(url: str, text: str, region: str | None = None) -> Text:
    """Decoded text as a page to read; the markup is parsed here, once."""
    return Text(url, text, read_document(text), region)


def _read_page(page: Text, source: Source, read: _Read) -> None:
    """Add the tables of one page; none where it has no table that we know."""
    document = page.document
    witness.compare(page.text, document.strings, page.url)
    found = list(find_grids(document, source.vocabulary))
    entries: list[Entry] = []
    regions = name_regions(found, source, page.region, page.url)
    for (grid, _), named in zip(found, regions, strict=True):
        where = f"{page.url}, {named.region or 'no region'}, {grid.where}"
        rows, findings = rows_of(grid, where)
        table = tuple(entry_of(row, named.region, source) for row in rows)
        read.tables.append(table)
        read.findings += (*named.findings, *_regions_apart(named, rows, table, where))
        read.findings += findings
        read.findings += account.every_value(document, grid, table, where)
        read.findings += account.struck_out(document, grid, where)
        read.findings += account.unknown_columns(grid, where)
        entries += table
    grids = [grid for grid, _ in found]
    read.findings += unread.outside(document, grids, source.vocabulary, page.url)
    read.findings += unread.hidden(document, entries, page.url)


def entry_of(row: TypedRow, region: str | None, source: Source) -> Entry:
    """One row, all its cells typed. Raises Unreadable for a cell without a certain reading."""
    resource, purpose, cells = row.resource, row.purpose, row.cells
    if "region" in cells:
        name = read_region(cells["region"], row.where)
        region = source.region_in(name) or name
    return Entry(
        region=region,
        resource=resource.label,
        hosts=resource.hosts,
        addresses=resource.addresses,
        scope=resource.scope,
        direction=row.direction,
        services=read_ports(_port_text(cells), row.where),
        requirement=purpose.requirement,
        only_for=purpose.only_for,
        components=read_components(components_text(cells.get("components", EMPTY)), row.where),
        purpose=purpose.text,
    )


def _port_text(row: Row) -> str:
    """The port cell, with the protocol cell where that is a column of its own."""
    ports = row["ports"].text
    return f"{ports} {row['protocol'].text}" if "protocol" in row else ports


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
