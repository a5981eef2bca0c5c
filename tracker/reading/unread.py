"""What a page says outside the tables that were read: is anything of it a firewall table?

Pure. A table or a row of columns that was passed over although it looks like one is refused;
addresses that stand where none is expected are held. Addresses inside sentences are prose.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from tracker.cells.ports import read_ports
from tracker.cells.values import find_values
from tracker.errors import Unreadable
from tracker.extract.document import Document, Table
from tracker.extract.grid import Grid, Stack
from tracker.extract.words import COMMON, Field, Vocabulary, direction_of, field_of, labelled
from tracker.model import Entry, Finding

_SHOWN = 5
_FEWEST_HEADERS = 2
_HEADER_ROWS = 5  # below these no row is a header any more


def outside(
    document: Document, grids: Sequence[Grid | Stack], vocabulary: Vocabulary, url: str
) -> Iterator[Finding]:
    """Raise Unreadable for a firewall table that was not read.

    Yields a hold for public addresses that stand alone on a line outside all tables.
    """
    inside = bytearray(len(document.lines) + 1)
    for grid in grids:
        inside[grid.first : grid.end] = b"\1" * (grid.end - grid.first)
    for number, table in enumerate(document.tables, start=1):
        if not any(inside[table.first_line : table.end_line]) and not table.holds_tables:
            _check_table(document, table, vocabulary, f"{url}, table {number}")
    _check_columns(document, inside, vocabulary, url)
    alone = [
        line
        for at, line in enumerate(document.lines)
        if line.text[0].isdigit() and not inside[at] and _is_address(line.text)
    ]
    if alone:
        shown = ", ".join(line.text for line in alone[:_SHOWN])
        yield Finding(
            name="address-outside-tables",
            verdict="hold",
            message=f"{url}: {len(alone)} addresses stand outside the tables: {shown}",
        )


def hidden(document: Document, entries: Iterable[Entry], url: str) -> Iterator[Finding]:
    """A hold for values that the markup hides and no entry has.

    A hidden copy of a table for phones has the same values; a panel that a script opens, and
    that nothing in the markup says to be one, has others.
    """
    if not document.hidden:
        return
    read = {value for entry in entries for value in entry.hosts + entry.addresses}
    lost = {
        value: None
        for aside in document.hidden
        for value in _values(aside.text, hosts=aside.tabular)
        if value not in read
    }
    if lost:
        shown = ", ".join(list(lost)[:_SHOWN])
        yield Finding(
            name="hidden-values",
            verdict="hold",
            message=f"{url}: {len(lost)} values are hidden on the page and not read: {shown}",
        )


def _check_table(document: Document, table: Table, vocabulary: Vocabulary, where: str) -> None:
    lines = document.lines[table.first_line : table.end_line]
    public = next((a for line in lines for a in _values(line.text) if _is_public(a)), None)
    if public:
        raise Unreadable(
            f"{where}: it holds {public} but has no header row with resource, direction and"
            " ports"
        )
    if len(headers := _headers(document, table, vocabulary)) < _FEWEST_HEADERS:
        return
    value = next((v for line in lines for v in _values(line.text, hosts=True)), None)
    if value:
        raise Unreadable(
            f"{where}: it has the columns {', '.join(headers)} and holds {value}, but not all"
            " of resource, direction and ports"
        )


def _headers(document: Document, table: Table, vocabulary: Vocabulary) -> list[Field]:
    """The known headers of the row that has most of them."""
    most: list[Field] = []
    for row in table.rows[:_HEADER_ROWS]:
        texts = [
            document.lines[cell.first_line].text
            for cell in row
            if cell.end_line == cell.first_line + 1
        ]
        fields = [field for text in texts if (field := field_of(text, vocabulary))]
        known = [field for field in dict.fromkeys(fields) if field not in COMMON]
        most = max(most, known, key=len)
    return most


def _check_columns(
    document: Document, inside: bytearray, vocabulary: Vocabulary, url: str
) -> None:
    """Refuse headers with their kind of value right below, if they make no table together."""
    seen: dict[Field, str] = {}
    for at, line in enumerate(document.lines[:-1]):
        if inside[at]:
            seen.clear()
            continue
        found = labelled(line.text, vocabulary)
        field = found[0] if found else field_of(line.text, vocabulary)
        below = found[1] if found else document.lines[at + 1].text
        if field is None or line.linked or inside[at + 1] or not _is_of(field, below):
            continue
        seen[field] = below
        if "resource" in seen and len(seen) >= _FEWEST_HEADERS:
            raise Unreadable(
                f"{url}: columns of {', '.join(seen)} stand outside the tables that were read,"
                f" with {seen['resource']}"
            )


def _is_of(field: Field, text: str) -> bool:
    """Whether the text is a value of such a column."""
    if field == "resource":
        return bool(_values(text, hosts=True))
    if field == "direction":
        return direction_of(text) is not None
    if field != "ports" or not any(sign.isdigit() for sign in text):
        return False
    try:
        return bool(read_ports(text, ""))
    except Unreadable:
        return False


def _values(text: str, *, hosts: bool = False) -> tuple[str, ...]:
    if "." not in text and ":" not in text:
        return ()
    values = find_values(text)
    return values.addresses + values.hosts if hosts else values.addresses


def _is_public(address: str) -> bool:
    return ipaddress.ip_network(address).is_global


def _is_address(text: str) -> bool:
    values = find_values(text)
    return bool(values.addresses) and not values.words.strip(" ,;•-")
