"""Checks that every value of the tables is in an entry, and that tables do not contradict.

Pure, and independent of the reader: this reads the lines of the page a second time, not its
rows and cells. `leftovers.py` checks the text outside the tables.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from tracker.errors import Unreadable
from tracker.model import Direction, Entry, Finding, Service
from tracker.parse.cells.resource import is_plain_label
from tracker.parse.cells.text_cells import find_values_in_words
from tracker.parse.grid import ColumnTable, Grid
from tracker.parse.markup.document import Document, HiddenText, PageLine
from tracker.parse.rows.doubts import iter_cells
from tracker.parse.settling import settle_exclusion
from tracker.parse.value_rules import apply_value_rules
from tracker.parse.values import find_values
from tracker.text import quote


def check_values(
    document: Document, grid: Grid | ColumnTable, entries: Sequence[Entry], where: str
) -> Iterator[Finding]:
    """Raise Unreadable for a value of the table that is in no entry, or may be two values.

    Yields a hold for values in a cell of words: they are not the target of a rule, but may be
    intended as one.
    """
    read = {value for entry in entries for value in entry.hosts + entry.addresses}
    read |= {removed.value for removed in grid.removed}
    words = {purpose: find_values_in_words(purpose) for purpose in {e.purpose for e in entries}}
    in_words = {value: entry for entry in entries for value in words[entry.purpose]}
    known = {*read, *in_words}
    plain: set[str] = set()  # lines without a value, as they are often repeated
    for at in range(grid.first, grid.end):
        text = document.lines[at].text
        if text not in plain and text not in read:
            said = apply_value_rules(text, grid.values, is_resource=True).lines
            if not _check_line("\n".join(said), known, where):
                plain.add(text)
        _check_words(document, grid, at, where)
    for value, entry in in_words.items():
        if value not in entry.targets:
            yield Finding(
                name="value-in-words",
                verdict="publish" if value in read else "hold",
                message=f"{value} stands in the words of {quote(entry.purpose)}",
                region=entry.region,
                resource=entry.resource,
            )
    for entry in entries:
        if entry.resource not in read and not is_plain_label(entry.resource):
            yield Finding(
                name="value-in-label",
                verdict="hold",
                message=f"{quote(entry.resource)} has a value among its words, which may say"
                " that it is not meant",
                region=entry.region,
                resource=entry.resource,
            )


def _check_words(document: Document, grid: Grid | ColumnTable, at: int, where: str) -> None:
    """Raise Unreadable for words made of several elements that may not be one value."""
    if _is_left_out(document.lines[at].text, grid):
        return
    try:
        for parts in document.word_joins.get(at, ()):
            _check_joint(parts, where)
        for word in document.placeholder_words.get(at, ()):
            _check_placeholder(word, where)
    except Unreadable as error:
        error.cell = _find_cell(grid, document.lines[at])
        raise


def _is_left_out(text: str, grid: Grid | ColumnTable) -> bool:
    """Return whether a rule of the definition removed the values of a line."""
    if text not in grid.replaced:
        return False
    values, removed = find_values(text), {one.value for one in grid.removed}
    return removed.issuperset(values.hosts + values.addresses)


def _find_cell(grid: Grid | ColumnTable, line: PageLine) -> tuple[str, ...]:
    """Return the lines of the cell that contains a line."""
    cells = (cell for cell in iter_cells(grid) if any(each is line for each in cell.lines))
    cell = next(cells, None)
    return tuple(each.text for each in cell.lines) if cell else (line.text,)


def _check_line(text: str, known: Container[str], where: str) -> bool:
    """Return whether the line has a value. Raises Unreadable for an unknown one."""
    values = find_values(text)
    for value in values.hosts + values.addresses:
        if value not in known:
            raise Unreadable(f"{where}: {value} stands in the table but in none of its entries")
    return bool(values.hosts or values.addresses)


def _check_placeholder(word: str, where: str) -> None:
    """Raise Unreadable for a value with a part in italics, which may be a placeholder."""
    values = find_values(word)
    if values.hosts or values.addresses or values.odd:
        raise Unreadable(
            f"{where}: a part of {quote(word)} is set apart, as a placeholder is; it is not"
            " certain that it is one value",
            field="resource",
        )


def _check_joint(parts: Sequence[str], where: str) -> None:
    """Raise Unreadable for values joined from elements that may be displayed separately.

    Bold type inside a value is accepted, because its parts are not values.
    """
    word = "".join(parts)
    values = find_values(word)
    whole = {*values.hosts, *values.addresses}
    for part in parts:
        alone = find_values(part)
        if not {*alone.hosts, *alone.addresses} <= whole:
            raise Unreadable(
                f"{where}: {quote(word)} is put together from {quote(part)} and more; it is not"
                " certain that it is one value",
                field="joined",
            )
    for one, other in pairwise(parts):
        if one[-1:].isdigit() and other[:1].isdigit():
            raise Unreadable(
                f"{where}: {quote(word)} can be one number or two, {quote(one)} and"
                f" {quote(other)}",
                field="joined",
            )


def find_struck_out(
    document: Document, grid: Grid | ColumnTable, where: str
) -> Iterator[Finding]:
    """Yield a hold for struck-out text of the table, which is not read."""
    first = bisect_left(document.struck, grid.first, key=_line_of)
    end = bisect_left(document.struck, grid.end + 1, key=_line_of)
    struck = [
        aside
        for aside in document.struck[first:end]
        # After a table's last cell there may be no further line.
        if aside.tabular or grid.first < aside.line < grid.end
    ]
    if struck:
        shown = ", ".join(quote(aside.text, 40) for aside in struck[:5])
        yield Finding(
            name="struck-out",
            verdict="hold",
            message=f"{where}: struck out and therefore not read: {shown}",
            settle=settle_exclusion("what is struck out"),
        )


def _line_of(aside: HiddenText) -> int:
    return aside.line


class TableEntries(msgspec.Struct, frozen=True):
    """The entries of a table, or of a part of it, and the table's name."""

    name: str
    entries: tuple[Entry, ...]
    is_list: bool = False


_Key = tuple[str | None, str, Direction]
_Facts = frozenset[tuple[tuple[str, ...], tuple[Service, ...]]]


def find_contradictions(tables: Sequence[TableEntries]) -> Iterator[Finding]:
    """Yield holds for resources whose addresses or ports differ between tables of a region.

    A table that repeats another, as for phones, does not contradict it, even if one has more
    rows. Two tables contradict if each states something that the other does not. Several rows
    for one resource in one table are usual.
    """
    first: dict[_Key, tuple[str, _Facts]] = {}
    said: set[_Key] = set()
    for table in tables:
        for key, facts in _group_facts(() if table.is_list else table.entries).items():
            name, before = first.setdefault(key, (table.name, facts))
            if _agree(before, facts, is_one_table=name == table.name):
                first[key] = (name, before | facts)
            elif key not in said:
                said.add(key)
                yield _report_contradiction(key, before, facts, name)


def _agree(one: _Facts, other: _Facts, *, is_one_table: bool) -> bool:
    """Return whether one includes the other; in a table, only common ports count."""
    if is_one_table:
        both = {services for _, services in one} & {services for _, services in other}
        one = frozenset(row for row in one if row[1] in both)
        other = frozenset(row for row in other if row[1] in both)
    return one <= other or other <= one


def _join_parts(tables: Iterable[TableEntries]) -> list[TableEntries]:
    """Return the tables, with the parts of each joined."""
    parts: dict[str, list[Entry]] = {}
    for table in tables:
        parts.setdefault(table.name, []).extend(table.entries)
    return [TableEntries(name, tuple(entries)) for name, entries in parts.items()]


def _group_facts(entries: Sequence[Entry]) -> dict[_Key, _Facts]:
    """Return the targets and ports of each row, by region, resource and direction."""
    found: defaultdict[_Key, set[tuple[tuple[str, ...], tuple[Service, ...]]]]
    found = defaultdict(set)
    for entry in entries:
        if entry.resource == ", ".join(entry.targets):  # it has no label
            continue
        row = tuple(sorted(entry.targets)), entry.services
        found[entry.region, entry.resource, entry.direction].add(row)
    return {key: frozenset(rows) for key, rows in found.items()}


def _report_contradiction(key: _Key, one: _Facts, other: _Facts, first: str) -> Finding:
    region, resource, _ = key
    same_targets = {targets for targets, _ in one} == {targets for targets, _ in other}
    what = "ports" if same_targets else "addresses"
    return Finding(
        name="contradicting-tables",
        verdict="hold",
        message=f"{quote(resource)} has other {what} in another table of"
        f" {region or 'the page'} than in {first}",
        region=region,
        resource=resource,
    )


def find_missing_regions(
    tables: Sequence[TableEntries], *, has_regions: bool
) -> Iterator[Finding]:
    """Yield a hold for two different tables without a region, if the source has regions.

    A single table may be for all regions, and so may its copy for phones.
    """
    bare = [
        (table.name, frozenset(entry for entry in table.entries if entry.region is None))
        for table in _join_parts(tables)
    ]
    bare = [(name, entries) for name, entries in bare if entries]
    if not has_regions or not bare:
        return
    name, most = max(bare, key=lambda found: len(found[1]))
    other = next((name for name, entries in bare if not entries <= most), None)
    if other:
        yield Finding(
            name="region-missing",
            verdict="hold",
            message=f"{name} and {other} differ, and neither names a region",
        )
