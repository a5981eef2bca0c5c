"""Reads columns in sequence: a header, its values, the next header, its values.

Page builders write such markup, and plain text copied from them has this form. Columns are
found by header words; the direction column is certain, since it contains only directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

import msgspec

from tracker.parse.grid import CellSplit, ColumnTable
from tracker.parse.markup.document import Document, PageLine
from tracker.parse.shapes.cell_splits import split_by_grammar, split_cells
from tracker.parse.vocabulary import COMMON, REQUIRED, Field, Vocabulary, direction_of, field_of

_MARKS_KEPT = 64  # header words that do not form a table yet


class HeaderMark(msgspec.Struct, frozen=True):
    """A line that is a header word; `shape` tells how it is placed in its block."""

    line: int
    field: Field
    shape: tuple[int, int, bool]


class ColumnSpan(NamedTuple):
    """The lines of a column; `bounded` is true if one block contains header and values."""

    start: int
    end: int
    bounded: bool


def read_column_tables(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[ColumnTable]:
    """Yield all column-major tables outside lines that are `taken`, in order."""
    runs = [run for run in _find_runs(document, taken, vocabulary) if _is_table(document, run)]
    for number, run in enumerate(runs, start=1):
        stop = runs[number][0].line if number < len(runs) else len(document.lines)
        yield _build_table(document, run, stop, f"column-major table {number}")


def _find_runs(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[list[HeaderMark]]:
    """Yield runs of header lines; a repeated header starts the next run.

    A value can be a header word too, such as a label "Servers:". It is distinguished from a
    header by its different position in its block.
    """
    run: list[HeaderMark] = []
    for mark in _find_marks(document, taken, vocabulary):
        same = next((old for old in run if old.field == mark.field), None)
        if same is None or not _is_complete(run):
            run.append(mark)
            del run[:-_MARKS_KEPT]
        elif mark.shape == _find_direction(run).shape:
            if same.shape == mark.shape:
                yield _choose_marks(run)
                run = []
            else:
                run.remove(same)
            run.append(mark)
    if _is_complete(run):
        yield _choose_marks(run)


def _find_marks(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[HeaderMark]:
    lines = document.lines
    for at, line in enumerate(lines):
        if taken[at] or line.bullet or line.linked:
            continue
        if field := field_of(line.text, vocabulary):
            near = lines[max(at - 1, 0) : at] + lines[at + 1 : at + 2]
            is_alone = all(other.block != line.block for other in near)
            yield HeaderMark(at, field, (document.depths[line.block], line.heading, is_alone))


def _is_complete(run: Sequence[HeaderMark]) -> bool:
    return set(REQUIRED) <= {mark.field for mark in run}


def _find_direction(run: Sequence[HeaderMark]) -> HeaderMark:
    return [mark for mark in run if mark.field == "direction"][-1]


def _choose_marks(run: Sequence[HeaderMark]) -> list[HeaderMark]:
    """Return one mark per field, preferably the last with the direction header's shape."""
    shape = _find_direction(run).shape
    found: dict[Field, HeaderMark] = {}
    for mark in run:
        if mark.field not in found or mark.shape == shape or found[mark.field].shape != shape:
            found[mark.field] = mark
    return sorted(
        (mark for mark in found.values() if mark.field not in COMMON or mark.shape == shape),
        key=lambda mark: mark.line,
    )


def _is_table(document: Document, run: list[HeaderMark]) -> bool:
    """Return whether a direction is directly below the direction header."""
    below = _find_direction(run).line + 1
    return below < len(document.lines) and direction_of(document.lines[below].text) is not None


def _build_table(
    document: Document, run: list[HeaderMark], stop: int, where: str
) -> ColumnTable:
    columns: dict[Field, tuple[CellSplit, ...]] = {}
    spans = _find_spans(document, run, stop)
    start, end, _ = spans["direction"]
    count = _count_directions(document.lines[start:end])
    for field, (start, end, _) in spans.items():
        columns[field] = split_cells(document, document.lines[start:end])
    last = run[-1].field
    start, end, bounded = spans[last]
    if last != "resource":
        columns[last] = _split_last_column(
            document, document.lines[start:end], count, bounded=bounded
        )
        sizes = [sum(len(cell.lines) for cell in way) for way in columns[last]]
        end = start + max(sizes, default=end - start)
    return ColumnTable(where, run[0].line, end, count, columns)


def _count_directions(lines: Sequence[PageLine]) -> int:
    """Return the number of directions at the start of the lines."""
    count = 0
    while count < len(lines) and direction_of(lines[count].text):
        count += 1
    return count


def _find_spans(
    document: Document, run: list[HeaderMark], stop: int
) -> dict[Field, ColumnSpan]:
    """Return the lines below each header, up to the next header or the end of its block."""
    blocks = [document.lines[mark.line].block for mark in run]
    around = blocks[0]
    for block in blocks:
        around = document.common(around, block)
    level = document.depths[around] + 1
    ends = [mark.line for mark in run[1:]] + [stop]
    spans: dict[Field, ColumnSpan] = {}
    for mark, block, end in zip(run, blocks, ends, strict=True):
        column = document.ancestor(block, level)
        own = _find_end_of_block(document, mark.line + 1, end, column, level)
        if own > mark.line + 1:
            spans[mark.field] = ColumnSpan(mark.line + 1, own, bounded=True)
        else:  # header and values are siblings in one block
            reach = _find_end_of_block(document, mark.line + 1, end, around, level - 1)
            spans[mark.field] = ColumnSpan(mark.line + 1, reach, bounded=False)
    return spans


def _find_end_of_block(
    document: Document, start: int, stop: int, block: int, level: int
) -> int:
    at = start
    while at < stop and document.ancestor(document.lines[at].block, level) == block:
        at += 1
    return at


def _split_last_column(
    document: Document, lines: Sequence[PageLine], count: int, *, bounded: bool
) -> tuple[CellSplit, ...]:
    """Return the ways to split `count` cells from the start of `lines`; prose may follow.

    If no block marks the end of the column, its cells must be either all in the first block or
    each in a separate block: otherwise a line of prose could take the place of a missing cell.
    """
    ways = split_cells(document, lines)
    if bounded:
        return ways
    first_block = list(takewhile(lambda line: line.block == lines[0].block, lines))
    if whole := _keep_fitting(split_cells(document, first_block), count):
        return whole
    return tuple(dict.fromkeys(way[:count] for way in ways if _is_own_blocks(way, count)))


def _keep_fitting(ways: Sequence[CellSplit], count: int) -> tuple[CellSplit, ...]:
    return tuple(way for way in ways if len(way) == count)


def _is_own_blocks(way: CellSplit, count: int) -> bool:
    """Return whether each of the first `count` cells, and the next one, begins a block."""
    again = {cell.text for cell in way[:count]} & {cell.text for cell in way[count : count + 1]}
    blocks = [cell.lines[0].block for cell in way[: count + 1]]
    return (
        len(way) >= count
        and not again
        and len(set(blocks)) == len(blocks)
        and all(len(split_by_grammar(cell.lines, greedy=True)) == 1 for cell in way[:count])
    )
