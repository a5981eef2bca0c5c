"""Finds values and ports that look like requirements in tables that were not read.

Pure. A table of cookies, resolvers or versions may have such values too: it holds the page
until an operator approves it once.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tracker.model import Finding
from tracker.parse.completeness.known_values import KnownValues, list_values
from tracker.parse.completeness.line_values import LineValues, read_line
from tracker.parse.completeness.line_words import (
    VERSIONS,
    LoneTarget,
    StatedPorts,
    is_reader_label,
    read_stated_ports,
)
from tracker.parse.markup.document import Document, Table, TableCell
from tracker.parse.vocabulary import (
    COMMON,
    Field,
    Vocabulary,
    direction_of,
    field_of,
    split_label,
)
from tracker.text import quote

_HEADER_ROWS = 5  # rows below these are not headers
_HEADERS_SHOWN = 8
_FEWEST_HEADERS = 2
_PORT_HEADER = re.compile(r"\b(?:tcp|udp|ports?)\b", re.IGNORECASE)
_PROTOCOL = re.compile(r"\b(?:tcp/udp|tcp|udp)\b", re.IGNORECASE)


class _OtherColumn(NamedTuple):
    """A column with the text of its header; `field` is None for an unknown header."""

    header: str
    field: Field | None

    @property
    def is_of_ports(self) -> bool:
        """Return whether its cells may have ports; "Service" is such a header too."""
        return self.field == "ports" or self.says_port

    @property
    def says_port(self) -> bool:
        """Return whether a bare number in it is a port."""
        return _PORT_HEADER.search(self.header) is not None

    @property
    def protocol(self) -> str:
        """The protocol in the header, as in `UDP ports`, or ""."""
        found = _PROTOCOL.search(self.header)
        return found[0] if found else ""


class _OtherRow(NamedTuple):
    """The content of one row: all values, new ones to hold or in words, ports without any."""

    targets: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    in_words: tuple[str, ...] = ()
    without_target: tuple[str, ...] = ()


def check_table(
    document: Document,
    table: Table,
    vocabulary: Vocabulary,
    known: KnownValues,
    place: str,
    in_words: list[str],
) -> Iterator[Finding]:
    """Yield a hold if the table has values or ports that are in no entry.

    Values in sentences of its cells are added to `in_words`.
    """
    header_row, columns = _find_columns(document, table, vocabulary)
    rows = [
        _read_row(document, row, columns, known)
        for number, row in enumerate(table.rows)
        if number != header_row
    ]
    in_words += (value for row in rows for value in row.in_words)
    is_like_ours = _is_like_ours(columns)
    held = [value for row in rows for value in (row.targets if is_like_ours else row.held)]
    ports = [value for row in rows for value in row.without_target]
    header = ", ".join(quote(c.header, 40) for c in columns[:_HEADERS_SHOWN] if c.header)
    named = f"a table with the header {header}" if header else "a table without a header"
    if held:
        yield Finding(
            name="table-not-read",
            verdict="hold",
            message=f"{place}: {named} is not read, and has {list_values([*held, *ports])}",
        )
    elif ports:
        yield Finding(
            name="table-without-targets",
            verdict="hold",
            message=f"{place}: {named} is not read: it says no host or address for"
            f" {list_values(ports)}",
        )


def list_headers(document: Document, table: Table, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the names of the columns; empty if the table has no header."""
    return tuple(column.header for column in _find_columns(document, table, vocabulary)[1])


def _is_like_ours(columns: Sequence[_OtherColumn]) -> bool:
    """Return whether a header is similar to that of a firewall table.

    The values of such a table always count, even if they are known from another region.
    """
    fields = {column.field for column in columns if column.field not in COMMON} - {None}
    return len(fields) >= _FEWEST_HEADERS and not fields.isdisjoint({"direction", "ports"})


def _find_columns(
    document: Document, table: Table, vocabulary: Vocabulary
) -> tuple[int, list[_OtherColumn]]:
    """Return the index of the header row and its columns.

    That is the row with most known headers, or else the first one. The index is -1 if there is
    no known header and the first row has values.
    """
    best, most = -1, 0
    for number, row in enumerate(table.rows[:_HEADER_ROWS]):
        fields = {field_of(text, vocabulary) for text in _join_cells(document, row)} - {None}
        if len(fields) > most and not _has_values(document, row):
            best, most = number, len(fields)
    if best < 0 and table.rows and not _has_values(document, table.rows[0]):
        best = 0
    if best < 0:
        return best, []
    texts = _join_cells(document, table.rows[best])
    return best, [_OtherColumn(text, field_of(text, vocabulary)) for text in texts]


def _join_cells(document: Document, row: Sequence[TableCell]) -> list[str]:
    """Return the cells of a row, each on one line and once for each column that it spans."""
    found: list[str] = []
    for cell in row:
        text = " ".join(line.text for line in document.lines[cell.first_line : cell.end_line])
        found += [text] * min(max(cell.colspan, 1), 100)
    return found


def _has_values(document: Document, row: Sequence[TableCell]) -> bool:
    lines = (line for c in row for line in document.lines[c.first_line : c.end_line])
    said = (read_line(line.text, is_item=True) for line in lines)
    return any(said.targets for said in said)


def _read_row(
    document: Document,
    row: Sequence[TableCell],
    columns: Sequence[_OtherColumn],
    known: KnownValues,
) -> _OtherRow:
    texts = _join_cells(document, row)
    if texts and is_reader_label(texts[0]):
        return _OtherRow()
    held: list[str] = []
    in_words: list[str] = []
    targets: list[LoneTarget] = []
    for said, column in _iter_lines(document, row, _align_columns(columns, len(texts))):
        targets += said.targets
        for target in said.targets:
            if not known.has(target):
                is_held = said.is_alone or _is_public(target) or column.field == "resource"
                (held if is_held else in_words).append(target.text)
        if said.is_alone and not column.is_of_ports:
            held += (ports.text for ports in said.ports if not known.has_ports(ports))
    ports = _read_row_ports(texts, _align_columns(columns, len(texts)))
    if targets:
        held += (p.text for p in ports if not all(known.has_both(t, p) for t in targets))
        ports = []
    seen = tuple(target.text for target in targets)
    return _OtherRow(seen, tuple(held), tuple(in_words), tuple(p.text for p in ports))


def _align_columns(columns: Sequence[_OtherColumn], width: int) -> Sequence[_OtherColumn]:
    """Return the last `width` columns, for a row whose first cells span from above."""
    return columns[max(len(columns) - width, 0) :]


def _iter_lines(
    document: Document, row: Sequence[TableCell], columns: Sequence[_OtherColumn]
) -> Iterator[tuple[LineValues, _OtherColumn]]:
    """Yield the values of each line of the row, without versions that look like addresses."""
    first = document.lines[row[0].first_line].text if row and _is_filled(row[0]) else ""
    at = 0
    for number, cell in enumerate(row):
        column = columns[at] if at < len(columns) else _OtherColumn("", None)
        is_version = VERSIONS.search(column.header) or (number and VERSIONS.search(first))
        for line in document.lines[cell.first_line : cell.end_line]:
            said = read_line(line.text, is_item=True)
            if is_version:
                kept = (t for t in said.targets if not t.is_address or "/" in t.text)
                said = said._replace(targets=tuple(kept))
            yield said, column
        at += min(max(cell.colspan, 1), 100)


def _is_filled(cell: TableCell) -> bool:
    return cell.end_line > cell.first_line


def _is_public(target: LoneTarget) -> bool:
    return target.is_address and ipaddress.ip_interface(target.text).is_global


def _read_row_ports(texts: Sequence[str], columns: Sequence[_OtherColumn]) -> list[StatedPorts]:
    """Return the ports in the row, with the protocols of its protocol column."""
    cells = list(zip(texts, columns, strict=False))
    if len(cells) > 1 and len(set(texts)) == 1:  # a full-width row
        return []
    protocols = " ".join(text for text, column in cells if column.field == "protocol")
    found = [
        read_stated_ports(
            f"{text} {protocols or column.protocol}".strip(), about_ports=column.says_port
        )
        for text, column in cells
        if column.is_of_ports and any(sign.isdigit() for sign in text)
    ]
    return [ports for ports in found if ports.ranges]


def check_columns(
    document: Document, inside: bytearray, vocabulary: Vocabulary, url: str
) -> Iterator[Finding]:
    """Yield a hold for headers outside tables that have matching values directly below.

    This is the form of columns in sequence, one of which has a misspelt header.
    """
    seen: dict[Field, str] = {}
    for at, line in enumerate(document.lines[:-1]):
        if inside[at] or not line.in_content:
            seen.clear()
            continue
        found = split_label(line.text, vocabulary)
        field = found[0] if found else field_of(line.text, vocabulary)
        below = found[1] if found else document.lines[at + 1].text
        if field is None or line.linked or inside[at + 1] or not _is_value_of(field, below):
            continue
        seen[field] = below
        if "resource" in seen and len(seen) >= _FEWEST_HEADERS:
            yield Finding(
                name="table-not-read",
                verdict="hold",
                message=f"{url}: columns of {', '.join(seen)} stand outside the tables that"
                f" were read, with {quote(seen['resource'], 60)}",
            )
            return


def _is_value_of(field: Field, text: str) -> bool:
    """Return whether the text is a value for a column with this role."""
    if field == "resource":
        return bool(read_line(text, is_item=True).targets)
    if field == "direction":
        return direction_of(text) is not None
    return field == "ports" and bool(read_stated_ports(text).ranges)
