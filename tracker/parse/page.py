"""A page to read, and the reading of all pages of a source. Pure.

If a region that the operator did not choose cannot be read, the check continues. The whole
region is left out and reported, so that the next version keeps its old entries. If a chosen
region is missing at the same time, it may be the unread one, so the check fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec

from tracker.errors import FwtrackerError
from tracker.model import Entry, Finding
from tracker.parse.grid import Cell, ColumnTable, Grid, Removed, Row
from tracker.parse.markup.document import Document
from tracker.parse.values import find_values
from tracker.sources import Source
from tracker.text import comparable


class ParsedPage(msgspec.Struct, frozen=True):
    """One page to read: its URL, its decoded text, and its region if it has one."""

    url: str
    text: str
    document: Document
    region: str | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in the content of the page."""
        found = (line for line in self.document.lines if line.heading and line.in_content)
        return tuple(line.text for line in found)


LEFT_OUT = -1  # the table count of an unreadable page whose region is not chosen


class Reading(msgspec.Struct, frozen=True):
    """The result of reading a source's pages. `tables` is the table count of each page.

    `removed` lists the values that the definition removed. `unread` lists regions that are not
    chosen and could not be read: their entries are not valid.
    """

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    tables: tuple[int, ...] = ()
    removed: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class UnreadRegion(NamedTuple):
    """A region that is not chosen and could not be read, with the reason."""

    region: str
    error: FwtrackerError


def report_unread(unread: Iterable[UnreadRegion]) -> Iterator[Finding]:
    """Yield a finding, which does not hold the page, for each unread region."""
    for region, error in unread:
        message = (
            f"{region} is not chosen, and could not be read: {error}; what versions say of it"
            " stays as it was"
        )
        yield Finding("region-not-read", "publish", message, region)


def check_chosen(
    unread: Collection[UnreadRegion], entries: Iterable[Entry], source: Source
) -> None:
    """Raise the first error if a chosen region has no entry: it may be the unread one."""
    if unread:
        there = {comparable(entry.region) for entry in entries if entry.region}
        if not there.issuperset(map(comparable, source.definition.regions or ())):
            raise next(iter(unread)).error


def list_outside(grid: Grid | ColumnTable, source: Source) -> list[str]:
    """Return the regions in a table's region column that are not chosen."""
    if not isinstance(grid, Grid) or source.definition.regions is None:
        return []
    names = dict.fromkeys(_name_row(row) for row in grid.rows)
    return [name for name in names if name and source.is_outside(name)]


def leave_out(grid: Grid | ColumnTable, regions: Collection[str]) -> Grid | None:
    """Return a table without the rows of these regions; None if other rows depend on them.

    Values in the omitted rows count as removed.
    """
    if not isinstance(grid, Grid):
        return None
    left = [row for row in grid.rows if _name_row(row) in regions]
    kept = [row for row in grid.rows if _name_row(row) not in regions]
    if not kept or any(_continues(one, other, regions) for one, other in pairwise(grid.rows)):
        return None
    texts = {line.text for row in left for cell in row.values() for line in cell.lines}
    values = {value for text in texts for value in _list_values(text)}
    return msgspec.structs.replace(
        grid,
        rows=tuple(kept),
        removed=(*grid.removed, *(Removed("region", value) for value in sorted(values))),
        replaced=grid.replaced | texts,
    )


def _name_row(row: Row) -> str:
    return row.get("region", Cell(())).text


def _continues(one: Row, other: Row, regions: Collection[str]) -> bool:
    """Return whether two rows share a resource cell and only one of them is left out."""
    is_split = (_name_row(one) in regions) != (_name_row(other) in regions)
    resource = other["resource"]
    return is_split and (not resource.lines or resource is one["resource"])


def _list_values(text: str) -> Iterator[str]:
    values = find_values(text)
    yield from values.hosts
    yield from values.addresses
