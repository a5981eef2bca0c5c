"""The account: every value inside a table is in an entry, and what is outside is named.

Pure, and by another way than the reader's: it goes over the lines of the page again.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from tracker.cells.purpose import values_in_words
from tracker.cells.values import find_values
from tracker.errors import Unreadable
from tracker.extract.document import Document, Line
from tracker.extract.grid import Grid, Stack
from tracker.model import Entry, Finding
from tracker.text import quote

_SHOWN = 5


def every_value(
    document: Document, grid: Grid | Stack, entries: Sequence[Entry], where: str
) -> Iterator[Finding]:
    """Raise Unreadable for a value of the table that is in no entry.

    Yields a hold for values that stand in a cell of words: they are no target of a rule, but
    the vendor may have meant them so.
    """
    read = {value for entry in entries for value in entry.hosts + entry.addresses}
    said = {value: entry for entry in entries for value in values_in_words(entry.purpose)}
    for line in document.lines[grid.first : grid.end]:
        values = find_values(line.text)
        for value in values.hosts + values.addresses:
            if value not in read and value not in said:
                raise Unreadable(
                    f"{where}: {value} stands in the table but in none of its entries"
                )
    for value, entry in said.items():
        if value not in entry.targets:
            yield Finding(
                name="value-in-words",
                verdict="hold",
                message=f"{value} stands in the words of {quote(entry.purpose)}",
                region=entry.region,
                resource=entry.resource,
            )


def outside(document: Document, grids: Sequence[Grid | Stack], url: str) -> Iterator[Finding]:
    """What looks like part of a firewall table but stands in none that was read.

    Raises Unreadable for an unread table with public addresses; yields a hold for public
    addresses that stand alone on a line. Addresses inside sentences are prose.
    """
    inside = _Inside(grids)
    for number, table in enumerate(document.tables, start=1):
        lines = document.lines[table.first_line : table.end_line]
        if not inside.overlaps(table.first_line, table.end_line) and (found := _public(lines)):
            raise Unreadable(
                f"{url}, table {number}: it holds {found[0]} but has no header row with"
                " resource, direction and ports"
            )
    alone = [
        line
        for at, line in enumerate(document.lines)
        if line.text[0].isdigit() and not inside.covers(at) and _is_address(line.text)
    ]
    if alone:
        shown = ", ".join(line.text for line in alone[:_SHOWN])
        yield Finding(
            name="address-outside-tables",
            verdict="hold",
            message=f"{url}: {len(alone)} addresses stand outside the tables: {shown}",
        )


class _Inside:
    """Which lines are part of a grid."""

    def __init__(self, grids: Sequence[Grid | Stack]) -> None:
        self.lines = {at for grid in grids for at in range(grid.first, grid.end)}

    def covers(self, at: int) -> bool:
        return at in self.lines

    def overlaps(self, first: int, end: int) -> bool:
        return any(at in self.lines for at in range(first, end))


def _public(lines: Sequence[Line]) -> list[str]:
    return [
        address
        for line in lines
        for address in find_values(line.text).addresses
        if ipaddress.ip_network(address).is_global
    ]


def _is_address(text: str) -> bool:
    values = find_values(text)
    return bool(values.addresses) and not values.words.strip(" ,;•-")
