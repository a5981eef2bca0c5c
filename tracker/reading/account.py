"""The account: every value inside a table is in an entry, and nothing there means more.

Pure, and by another way than the reader's: it goes over the lines of the page again. What
stands outside the tables is the business of `unread.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise

from tracker.cells.access import forbids
from tracker.cells.purpose import values_in_words
from tracker.cells.resource import is_plain_label
from tracker.cells.values import find_values
from tracker.errors import Unreadable
from tracker.extract.document import Aside, Document
from tracker.extract.grid import Grid, Stack
from tracker.model import Direction, Entry, Finding, Service
from tracker.text import quote


def every_value(
    document: Document, grid: Grid | Stack, entries: Sequence[Entry], where: str
) -> Iterator[Finding]:
    """Raise Unreadable for a value of the table that is in no entry, or that is two values.

    Yields a hold for values that stand in a cell of words: they are no target of a rule, but
    the vendor may have meant them so.
    """
    read = {value for entry in entries for value in entry.hosts + entry.addresses}
    words = {purpose: values_in_words(purpose) for purpose in {e.purpose for e in entries}}
    said = {value: entry for entry in entries for value in words[entry.purpose]}
    known = {*read, *said}
    plain: set[str] = set()  # lines without a value: most of a page says the same again
    for at in range(grid.first, grid.end):
        text = document.lines[at].text
        if text not in plain and text not in read and not _check_line(text, known, where):
            plain.add(text)
        for parts in document.joints.get(at, ()):
            _check_joint(parts, where)
    for value, entry in said.items():
        if value not in entry.targets:
            yield Finding(
                name="value-in-words",
                verdict="hold",
                message=f"{value} stands in the words of {quote(entry.purpose)}",
                region=entry.region,
                resource=entry.resource,
            )
    for entry in entries:
        if not is_plain_label(entry.resource):
            yield Finding(
                name="value-in-label",
                verdict="hold",
                message=f"{quote(entry.resource)} has a value among its words, which may say"
                " that it is not meant",
                region=entry.region,
                resource=entry.resource,
            )


def _check_line(text: str, known: Container[str], where: str) -> bool:
    """Whether a value stands in the line. Raises Unreadable for one that is not known."""
    values = find_values(text)
    for value in values.hosts + values.addresses:
        if value not in known:
            raise Unreadable(f"{where}: {value} stands in the table but in none of its entries")
    return bool(values.hosts or values.addresses)


def _check_joint(parts: Sequence[str], where: str) -> None:
    """Elements side by side may be lines to a reader; what they make up together is no word.

    Bold type inside a value is: then no part is a value of its own.
    """
    word = "".join(parts)
    values = find_values(word)
    whole = {*values.hosts, *values.addresses}
    for part in parts:
        alone = find_values(part)
        if not {*alone.hosts, *alone.addresses} <= whole:
            raise Unreadable(
                f"{where}: {quote(word)} is put together from {quote(part)} and more; it is not"
                " certain that it is one value"
            )
    for one, other in pairwise(parts):
        if one[-1:].isdigit() and other[:1].isdigit():
            raise Unreadable(
                f"{where}: {quote(word)} can be one number or two, {quote(one)} and"
                f" {quote(other)}"
            )


def struck_out(document: Document, grid: Grid | Stack, where: str) -> Iterator[Finding]:
    """A hold for text of the table that is struck out: it is left out, as it says."""
    first = bisect_left(document.struck, grid.first, key=_line)
    end = bisect_left(document.struck, grid.end + 1, key=_line)
    struck = [
        aside
        for aside in document.struck[first:end]
        # Of a table's last cell there may be no line left behind it.
        if aside.tabular or grid.first < aside.line < grid.end
    ]
    if struck:
        shown = ", ".join(quote(aside.text, 40) for aside in struck[:5])
        yield Finding(
            name="struck-out",
            verdict="hold",
            message=f"{where}: struck out and therefore not read: {shown}",
        )


def _line(aside: Aside) -> int:
    return aside.line


def unknown_columns(grid: Grid | Stack, where: str) -> Iterator[Finding]:
    """What columns were not read, by name; a hold for one that may forbid its rows."""
    columns: dict[str, bool] = {}
    for name, cell in grid.others:
        columns[name] = columns.get(name, False) or forbids(cell.text)
    for name, is_forbidding in columns.items():
        yield Finding(
            name="unknown-column",
            verdict="hold" if is_forbidding else "publish",
            message=f"{where}: the column {quote(name)} is not read"
            + (", but may say that rows do not hold" if is_forbidding else ""),
        )


_Key = tuple[str | None, str, Direction, tuple[Service, ...]]


def contradictions(parts: Sequence[Sequence[Entry]]) -> Iterator[Finding]:
    """Holds for a region's resources that have other values in another of its tables.

    The same table twice, as for phones, is one table; two that differ are not.
    """
    if len(parts) == 1:
        return
    first: dict[_Key, tuple[int, set[tuple[str, ...]]]] = {}
    said: set[_Key] = set()
    for number, entries in enumerate(parts):
        here: defaultdict[_Key, set[tuple[str, ...]]] = defaultdict(set)
        for entry in entries:
            key = (entry.region, entry.resource, entry.direction, entry.services)
            here[key].add(tuple(sorted(entry.targets)))
        for key, targets in here.items():
            _, before = first.setdefault(key, (number, targets))
            if before != targets and key not in said:
                said.add(key)
                yield Finding(
                    name="contradicting-tables",
                    verdict="hold",
                    message=f"{quote(key[1])} has other addresses in another table of"
                    f" {key[0] or 'the page'}",
                    region=key[0],
                    resource=key[1],
                )
