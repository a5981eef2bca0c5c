"""Reads lists, preformatted text and lines that a rule selects, with one value per line.

Pure. The values of one list become one row, whose label is the heading above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tracker.errors import Unreadable
from tracker.parse.grid import Cell, Grid, Row
from tracker.parse.markup.document import Document, PageLine, find_heading
from tracker.parse.shapes.plans import RowBuilder, TablePlan
from tracker.parse.values import find_values
from tracker.parse.vocabulary import Field
from tracker.text import quote

_WORD = re.compile(r"[^\W\d_]{2}")

LineRange = tuple[int, int]


def find_below_headings(document: Document, pattern: str) -> Iterator[LineRange]:
    """Yield the lines below each heading that matches `pattern`, up to the next heading."""
    heading = re.compile(pattern)
    starts = [at for at, line in enumerate(document.lines) if line.heading]
    for start, end in zip(starts, [*starts[1:], len(document.lines)], strict=True):
        if heading.search(document.lines[start].text):
            yield start + 1, end


class _Item(NamedTuple):
    """A line of a list: its number, and its lines after the rules."""

    at: int
    lines: tuple[PageLine, ...]


def read_lists(
    document: Document, lines: LineRange, taken: Sequence[bool], plan: TablePlan
) -> Iterator[Grid]:
    """Yield a grid of one row for each run of values in a range of lines.

    Taken lines, and sentences that contain hosts, separate the runs. Raises Unreadable for an
    item with more than values.
    """
    builder, run = RowBuilder(plan), list[_Item]()
    for at in range(*lines):
        line = document.lines[at]
        item = None if taken[at] or line.heading else _read_item(line, at, builder)
        if item is None and (taken[at] or find_values(line.text).hosts):
            yield from _build_grid(document, run, builder)
            run = []
        elif item is not None and item.lines:
            run.append(item)
    yield from _build_grid(document, run, builder)


def _read_item(line: PageLine, at: int, builder: RowBuilder) -> _Item | None:
    """Return a line that consists of values; without values, an item without lines.

    Returns None for a sentence with values. Raises Unreadable if that is an item of a list.
    """
    read = builder.prepare("resource", Cell((line,))).lines
    found = [find_values(each.text) for each in read]
    if not any(one.hosts or one.addresses or one.odd for one in found):
        return _Item(at, ())
    if not any(_WORD.search(one.words) for one in found):
        return _Item(at, read)
    if line.bullet:
        raise Unreadable(f"the item {quote(line.text)} is more than a value")
    return None


def _build_grid(
    document: Document, run: Sequence[_Item], builder: RowBuilder
) -> Iterator[Grid]:
    if not run:
        return
    plan, first, end = builder.plan, run[0].at, run[-1].at + 1
    heading = find_heading(document, first)
    row: Row = {"resource": Cell(tuple(line for item in run for line in item.lines))}
    if heading:
        label: Field = "label"
        row[label] = builder.prepare(label, Cell((PageLine(heading),)))
    removed, builder.removed = tuple(builder.removed), []
    yield Grid(
        where=f"the list below {quote(heading)}" if heading else "the list",
        first=first,
        end=end,
        rows=(builder.fill(row),),
        rule=plan.rule,
        defaults=plan.defaults,
        values=plan.values,
        removed=removed,
        replaced=frozenset(builder.replaced),
    )
