"""Columns that come one after the other: a header, its values, the next header, its values.

Markup of page builders, and plain text copied from them. Found by the header words, of
which the direction column is certain: nothing but directions stands under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracker.extract.document import Document, Line
from tracker.extract.grid import Parting, Stack
from tracker.extract.partings import partings
from tracker.extract.words import (
    REQUIRED,
    Field,
    Vocabulary,
    direction_of,
    field_of,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that is a header word."""

    line: int
    field: Field


class Span(NamedTuple):
    """The lines of a column, and whether a block around header and values ends them."""

    start: int
    end: int
    bounded: bool


def read_stacks(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[Stack]:
    """All column-major tables outside the lines that are `taken`, in order."""
    runs = [run for run in _runs(document, taken, vocabulary) if _is_table(document, run)]
    for number, run in enumerate(runs, start=1):
        stop = runs[number][0].line if number < len(runs) else len(document.lines)
        yield _stack(document, run, stop, f"column-major table {number}")


def _runs(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[list[Mark]]:
    """Header lines in sequence; a header seen before starts the next run."""
    run: list[Mark] = []
    for at, line in enumerate(document.lines):
        if taken[at] or line.bullet or line.linked:
            continue
        field = field_of(line.text, vocabulary)
        if field is None:
            continue
        if any(mark.field == field for mark in run):
            yield run
            run = []
        run.append(Mark(at, field))
    yield run


def _is_table(document: Document, run: list[Mark]) -> bool:
    """All required headers, and a direction right below the direction header."""
    if not set(REQUIRED) <= {mark.field for mark in run}:
        return False
    below = next(mark.line for mark in run if mark.field == "direction") + 1
    return below < len(document.lines) and direction_of(document.lines[below].text) is not None


def _stack(document: Document, run: list[Mark], stop: int, where: str) -> Stack:
    columns: dict[Field, tuple[Parting, ...]] = {}
    spans = _spans(document, run, stop)
    start, end, _ = spans["direction"]
    count = _directions(document.lines[start:end])
    for field, (start, end, _) in spans.items():
        columns[field] = partings(document, document.lines[start:end])
    last = run[-1].field
    start, end, bounded = spans[last]
    if last != "resource":
        columns[last] = _cut(columns[last], count, bounded=bounded)
        sizes = [sum(len(cell.lines) for cell in way) for way in columns[last]]
        end = start + max(sizes, default=end - start)
    return Stack(where, run[0].line, end, count, columns)


def _directions(lines: Sequence[Line]) -> int:
    """How many lines from the first on are directions."""
    count = 0
    while count < len(lines) and direction_of(lines[count].text):
        count += 1
    return count


def _spans(document: Document, run: list[Mark], stop: int) -> dict[Field, Span]:
    """The lines below each header: up to the next one, and not out of its own block."""
    blocks = [document.lines[mark.line].block for mark in run]
    around = blocks[0]
    for block in blocks:
        around = document.common(around, block)
    level = document.depths[around] + 1
    ends = [mark.line for mark in run[1:]] + [stop]
    spans: dict[Field, Span] = {}
    for mark, block, end in zip(run, blocks, ends, strict=True):
        column = document.ancestor(block, level)
        own = _end_of_block(document, mark.line + 1, end, column, level)
        if own > mark.line + 1:
            spans[mark.field] = Span(mark.line + 1, own, bounded=True)
        else:  # header and values are neighbours in one block
            reach = _end_of_block(document, mark.line + 1, end, around, level - 1)
            spans[mark.field] = Span(mark.line + 1, reach, bounded=False)
    return spans


def _end_of_block(document: Document, start: int, stop: int, block: int, level: int) -> int:
    at = start
    while at < stop and document.ancestor(document.lines[at].block, level) == block:
        at += 1
    return at


def _cut(ways: tuple[Parting, ...], count: int, *, bounded: bool) -> tuple[Parting, ...]:
    """The first `count` cells of each way, where a block ends right behind them.

    Nothing marks the end of the last column but that its block ends; what follows is prose.
    So its cells share one block or have one each: else a line of prose may stand for a cell
    that is missing.
    """
    kept: dict[Parting, None] = {}
    for way in ways:
        if len(way) < count:
            continue
        ends_here = len(way) == count
        if (ends_here and bounded) or (
            _is_regular(way[:count])
            and (ends_here or way[count - 1].lines[-1].block != way[count].lines[0].block)
        ):
            kept[way[:count]] = None
    return tuple(kept)


def _is_regular(way: Parting) -> bool:
    return len({cell.lines[0].block for cell in way}) in {1, len(way)}
