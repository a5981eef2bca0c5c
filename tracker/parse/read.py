"""Turns pages into entries: finds tables, types rows, accounts for every value on the pages.

Pure. `rows/` finds the region of each table and pairs resources with rows, `cells/` parses the
cells, and `completeness/` reads the pages a second time to check that nothing was missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from tracker.errors import FetchError, NothingRead, PageError, Truncated, Unreadable
from tracker.model import Entry, Finding
from tracker.parse.completeness.announced_regions import (
    RegionTitle,
    find_empty_tables,
    find_region_titles,
    find_regions_without_rows,
)
from tracker.parse.completeness.definition_checks import (
    check_expectations,
    check_rules_used,
    list_removed,
    report_defaults,
    report_ignored,
    report_removed,
    report_replaced,
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
from tracker.parse.grid import (
    Cell,
    ColumnTable,
    FoundTables,
    Grid,
    Removed,
    Row,
    list_named_columns,
)
from tracker.parse.markup.cross_check import compare_parsers
from tracker.parse.markup.document import Document, find_heading
from tracker.parse.markup.page_rules import build_page_rules
from tracker.parse.page import (
    LEFT_OUT,
    ParsedPage,
    Reading,
    UnreadRegion,
    check_chosen,
    leave_out,
    list_outside,
    report_unread,
)
from tracker.parse.rows.doubts import (
    find_out_of_force_marks,
    find_table_ends,
    find_unknown_columns,
)
from tracker.parse.rows.entries import build_entry
from tracker.parse.rows.regions import NamedRegion, name_regions
from tracker.parse.rows.rows import TypedRow, read_rows
from tracker.parse.shapes.find import ANY_PAGE, find_tables, is_markup, read_document
from tracker.parse.shapes.plans import RowBuilder, build_plan
from tracker.parse.value_rules import make_cell
from tracker.parse.vocabulary import extend_vocabulary
from tracker.sources import Source
from tracker.sources.definition import Definition
from tracker.text import quote


class _ReadPage(NamedTuple):
    """A page with the tables that were found on it, and what the definition removed."""

    page: ParsedPage
    found: FoundTables
    removed: tuple[Removed, ...]


class _Findings(msgspec.Struct):
    """The tables read so far, the regions that the page announces, and the findings.

    `unread` lists regions that are not chosen and could not be read.
    """

    tables: list[TableEntries] = msgspec.field(default_factory=list)
    regions: set[str | None] = msgspec.field(default_factory=set)
    region_titles: list[RegionTitle] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)
    unread: list[UnreadRegion] = msgspec.field(default_factory=list)

    def add(self, part: _Findings) -> None:
        """Add the results of a page or a table."""
        self.tables += part.tables
        self.regions |= part.regions
        self.region_titles += part.region_titles
        self.findings += part.findings
        self.unread += part.unread


def read_pages(pages: Sequence[ParsedPage], source: Source) -> Reading:
    """Return the distinct entries of all pages, in page order, with the findings.

    Raises NothingRead if no page has a table, Unreadable if a table is ambiguous.
    """
    read, is_feed = _Findings(), source.definition.is_feed
    read_page = _read_feed if is_feed else _read_tables
    each_page = [_read_or_leave_out(read_page, page, source, read) for page in pages]
    all_pages = [each for each in each_page if each]
    entries = [entry for table in read.tables for entry in table.entries]
    once = tuple(dict.fromkeys(entries))
    check_chosen(read.unread, once, source)
    if not once:
        raise NothingRead(_describe_nothing_read(pages))
    if len(once) < len(entries):
        read.findings.append(_report_repeated(entries, once))
    if not is_feed:
        read.findings += _check_completeness(all_pages, source, read, once)
    read.findings += _check_definition(all_pages, source, once)
    read.findings += report_unread(read.unread)
    return Reading(
        once,
        tuple(read.findings),
        tuple(len(each.found.tables) if each else LEFT_OUT for each in each_page),
        removed=tuple(dict.fromkeys(one.value for each in all_pages for one in each.removed)),
        unread=tuple(dict.fromkeys(each.region for each in read.unread)),
    )


def _read_or_leave_out(
    read_page: Callable[[ParsedPage, Source, _Findings], _ReadPage],
    page: ParsedPage,
    source: Source,
    read: _Findings,
) -> _ReadPage | None:
    """Add a page to `read` and return it; None if it is unreadable and not chosen."""
    part = _Findings()
    try:
        found = read_page(page, source, part)
    except (PageError, FetchError) as error:
        if page.region is None or not source.is_outside(page.region):
            raise
        read.unread.append(UnreadRegion(page.region, error))
        return None
    read.add(part)
    return found


def parse_page(
    url: str, text: str, region: str | None = None, definition: Definition = ANY_PAGE
) -> ParsedPage:
    """Parse decoded text, markup or plain, into a page to read; a feed is not parsed here.

    Raises NotAPage, and Unreadable if a selector of the definition matches no element.
    """
    if definition.is_feed:
        return ParsedPage(url, text, Document(), region)
    try:
        document = read_document(text, build_page_rules(definition))
    except Unreadable as error:
        raise Unreadable(f"{url}: {error}") from None
    return ParsedPage(url, text, document, region)


def _check_completeness(
    pages: Sequence[_ReadPage], source: Source, read: _Findings, entries: tuple[Entry, ...]
) -> Iterator[Finding]:
    """Yield findings about values outside the tables, and about regions without entries."""
    yield from find_contradictions(read.tables)
    known = KnownValues(entries)  # of all pages: a page may repeat values of another one
    for page, found, _ in pages:
        yield from find_leftovers(page.document, found, source, known, page.url)
        yield from find_hidden_values(page.document, known, page.url)
    yield from find_missing_regions(read.tables, has_regions=bool(source.region_titles))
    regions = read.regions | {entry.region for entry in entries}
    yield from find_regions_without_rows(read.region_titles, regions)


def _check_definition(
    pages: Sequence[_ReadPage], source: Source, entries: Sequence[Entry]
) -> Iterator[Finding]:
    """Yield findings about what the definition's rules did on the pages."""
    definition, url = source.definition, pages[0].page.url
    for page, found, removed in pages:
        yield from report_replaced(page.document, page.url)
        yield from report_ignored(page.document, found.ignored, page.url)
        yield from report_removed(removed, page.url)
    used = {rule for each in pages for rule in each.found.used}
    documents = [each.page.document for each in pages]
    yield from check_rules_used(definition, documents, used, url)
    yield from check_expectations(definition.expect, entries, url)


def _read_tables(page: ParsedPage, source: Source, read: _Findings) -> _ReadPage:
    """Add the tables of one page to `read` and return them."""
    document, url = page.document, page.url
    read.findings += _check_page_end(document, url)
    if is_markup(page.text):
        compare_parsers(page.text, document.strings, url)
    found = find_tables(document, source.definition)
    ends = find_table_ends(document, found.grids)
    named_regions = name_regions(found.tables, source, page.region, url)
    for (grid, titles), named in zip(found.tables, named_regions, strict=True):
        heading = find_heading(document, grid.first)
        try:
            table = _read_chosen(page, grid, named, source, read)
        except Unreadable as error:
            raise error.at_table(list_named_columns(grid), heading, grid.rule) from None
        if not table:  # all of its rows were left out
            continue
        where = f"{url}, {named.region or 'no region'}, {grid.where}"
        read.findings += find_out_of_force_marks(document, grid, titles, table, ends, where)
        read.findings += report_defaults(grid, table, where, heading)
    read.region_titles += find_region_titles(document, found.tables, source, page.region, url)
    vocabulary = extend_vocabulary(source.definition.columns)
    read.findings += find_empty_tables(document, found.grids, vocabulary, url)
    return _ReadPage(page, found, tuple(list_removed(document, found)))


def _read_chosen(
    page: ParsedPage,
    grid: Grid | ColumnTable,
    named: NamedRegion,
    source: Source,
    read: _Findings,
) -> tuple[Entry, ...]:
    """Add one table to `read` and return its entries.

    Regions that cannot be read are left out if they are not chosen.
    """
    try:
        return _read_part(page, grid, named, source, read)
    except Unreadable as error:
        if named.region and source.is_outside(named.region) and not _is_held(named):
            read.regions.add(named.region)
            read.unread.append(UnreadRegion(named.region, error))
            return ()
        return _read_other_rows(page, grid, named, source, read, error)


def _read_other_rows(
    page: ParsedPage,
    grid: Grid | ColumnTable,
    named: NamedRegion,
    source: Source,
    read: _Findings,
    error: Unreadable,
) -> tuple[Entry, ...]:
    """Add a table with a region column, without the rows of regions that are not chosen.

    Raises `error`, the reason why the whole table is unreadable, if that leaves no table.
    """
    outside = list_outside(grid, source)
    rest = leave_out(grid, outside) if outside else None
    if rest is None:
        raise error
    table = _read_part(page, rest, named, source, read)
    read.regions |= {*outside}
    read.unread += (UnreadRegion(region, error) for region in outside)
    return table


def _is_held(named: NamedRegion) -> bool:
    return any(finding.verdict == "hold" for finding in named.findings)


def _read_part(
    page: ParsedPage,
    grid: Grid | ColumnTable,
    named: NamedRegion,
    source: Source,
    read: _Findings,
) -> tuple[Entry, ...]:
    """Add one table to `read` and return its entries; if it fails, `read` is unchanged."""
    part = _Findings()
    table = _read_table(page, grid, named, source, part)
    read.add(part)
    return table


def _read_table(
    page: ParsedPage,
    grid: Grid | ColumnTable,
    named: NamedRegion,
    source: Source,
    read: _Findings,
) -> tuple[Entry, ...]:
    """Add one table to `read` and return its entries."""
    document, url = page.document, page.url
    where = f"{url}, {named.region or 'no region'}, {grid.where}"
    rows, findings = read_rows(grid, where)
    table = tuple(build_entry(row, named.region, source, grid.defaults) for row in rows)
    read.regions.add(named.region)
    is_list = grid.rule.startswith("lists")
    read.tables.append(TableEntries(f"{url}, {_name_table(grid)}", table, is_list))
    read.findings += (*named.findings, *_check_region_column(named, rows, table, where))
    read.findings += findings
    read.findings += check_values(document, grid, table, where)
    read.findings += find_struck_out(document, grid, where)
    vocabulary = extend_vocabulary(source.definition.columns)
    read.findings += find_unknown_columns(document, grid, vocabulary, where)
    return table


def _read_feed(page: ParsedPage, source: Source, read: _Findings) -> _ReadPage:
    """Add the items of one feed to `read` and return them."""
    from tracker.parse.feeds import read_feed  # noqa: PLC0415  few sources are feeds

    definition, url = source.definition, page.url
    feed = read_feed(page.text, source, url)
    grid = _build_feed_grid(feed.rows, definition)
    rows, findings = read_rows(grid, url)
    items = tuple(build_entry(row, None, source, grid.defaults) for row in rows)
    read.tables.append(TableEntries(url, items))
    read.findings += (*feed.findings, *findings)
    removed = (*grid.removed, *(Removed("exclude", value) for value in feed.removed))
    return _ReadPage(page, FoundTables([(grid, ())]), removed)


def _build_feed_grid(rows: Sequence[Row], definition: Definition) -> Grid:
    """Return the rows of a feed as a grid, after the rules of the definition."""
    plan = build_plan(definition)
    builder = RowBuilder(plan)
    readings = build_page_rules(definition).readings
    built = [
        builder.build([(field, _apply_reading(cell, readings)) for field, cell in row.items()])
        for row in rows
    ]
    return Grid(
        where="the feed",
        first=0,
        end=0,
        rows=tuple(built),
        defaults=plan.defaults,
        values=plan.values,
        removed=tuple(builder.removed),
    )


def _apply_reading(cell: Cell, readings: Mapping[str, str]) -> Cell:
    reading = readings.get(cell.text) if readings else None
    return cell if reading is None else make_cell(*reading.split("\n"))


def _check_page_end(document: Document, url: str) -> Iterator[Finding]:
    """Yield a hold for a page without `</html>`: it is valid, but may have been cut off.

    Raises Truncated if the page ends inside a table, a list or a heading.
    """
    if document.has_end:
        return
    if document.left_open:
        raise Truncated(f"{url}: the page ends inside its <{document.left_open[-1]}> element")
    yield Finding("end-tag-missing", "hold", f"{url}: the page arrived whole without </html>")


def _name_table(grid: Grid | ColumnTable) -> str:
    """Return a name for the table that the grid was read from."""
    is_numbered = grid.where[-1:].isdigit()
    return grid.where if is_numbered else f"{grid.where} at line {grid.first + 1}"


def _check_region_column(
    named: NamedRegion, rows: Sequence[TypedRow], table: Sequence[Entry], where: str
) -> Iterator[Finding]:
    """Yield a hold if the table's title and its region column name different regions."""
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
