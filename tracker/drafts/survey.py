"""The content of a page that has no definition yet: its headings, tables and lists.

Pure. It is not interpreted here; `page_draft.py` makes a first definition of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tracker.parse.markup.document import Document, PageLine, Table, find_heading
from tracker.parse.shapes.tables import fill_slots
from tracker.parse.values import find_values

_WORD = re.compile(r"[^\W\d_]{2}")
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_MOST_COLUMNS = 40
_HEADER_LENGTH = 60  # characters of the longest cell; a longer one is no header


class FoundTable(msgspec.Struct, frozen=True):
    """A table: the heading above it, its header if the first row is one, and its rows."""

    number: int
    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def has_values(self) -> bool:
        """Return whether any cell contains a host or an address."""
        return any(has_value(cell) for row in self.rows for cell in row)

    def column(self, index: int) -> tuple[str, ...]:
        """Return the cells of a column that are not empty."""
        return tuple(row[index] for row in self.rows if index < len(row) and row[index])


class FoundList(msgspec.Struct, frozen=True):
    """The hosts and addresses below one heading, outside of tables.

    `values` are lines with nothing else, `items` are bullets with further text.
    """

    heading: str
    values: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


class Survey(msgspec.Struct, frozen=True):
    """The tables and lists of one page, in order."""

    title: str
    headings: tuple[str, ...]
    tables: tuple[FoundTable, ...]
    lists: tuple[FoundList, ...]

    @property
    def has_values(self) -> bool:
        """Return whether any table or list has a host or an address."""
        return any(table.has_values for table in self.tables) or any(
            one.values or one.items for one in self.lists
        )


def survey_page(document: Document) -> Survey:
    """Return the tables and lists of a page."""
    tables = [table for table in document.tables if not table.holds_tables]
    return Survey(
        title=document.title,
        headings=tuple(line.text for line in document.lines if line.heading),
        tables=tuple(
            _describe_table(document, table, number)
            for number, table in enumerate(document.tables, start=1)
            if not table.holds_tables
        ),
        lists=tuple(_iter_lists(document, tables)),
    )


def list_values(text: str) -> tuple[str, ...]:
    """Return the hosts and addresses in a text, including those of URLs."""
    found = find_values(_SCHEME.sub("", text))
    return found.hosts + found.addresses


def has_value(text: str) -> bool:
    """Return whether a text contains a host or an address."""
    return bool(list_values(text))


def is_value(text: str) -> bool:
    """Return whether a text consists only of hosts or addresses."""
    return has_value(text) and not _WORD.search(find_values(text).words)


def _describe_table(document: Document, table: Table, number: int) -> FoundTable:
    rows = [
        tuple(cell.text if cell else "" for cell in slots[:_MOST_COLUMNS])
        for slots in fill_slots(document, table)
    ]
    is_header = len(rows) > 1 and not any(
        len(cell) > _HEADER_LENGTH or has_value(cell) for cell in rows[0]
    )
    return FoundTable(
        number=number,
        heading=find_heading(document, table.first_line),
        header=rows[0] if is_header else (),
        rows=tuple(rows[1:] if is_header else rows),
    )


def _iter_lists(document: Document, tables: Sequence[Table]) -> Iterator[FoundList]:
    """Yield the list below each heading, if it has any hosts or addresses."""
    in_tables = {at for table in tables for at in range(table.first_line, table.end_line)}
    found: dict[str, tuple[list[str], list[str], list[str]]] = {}
    heading = ""
    for at, line in enumerate(document.lines):
        if line.heading:
            heading = line.text
        elif at not in in_tables and line.in_content and has_value(line.text):
            found.setdefault(heading, ([], [], []))[_kind_of(line)].append(line.text)
    for heading, lines in found.items():
        yield FoundList(heading, *map(tuple, lines))


def _kind_of(line: PageLine) -> int:
    if is_value(line.text):
        return 0
    return 1 if line.bullet else 2
