"""Columns of a table whose headers are not known: which of them may turn what its rows say.

Pure. A column of plain words is told of; any other holds the page. What stands between the
known columns and in none of them is a column as well.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from tracker.model import Finding
from tracker.parse.cells.columns import is_about_rows, meaning_of_cell, meaning_of_column
from tracker.parse.markup.document import Document, Line
from tracker.parse.rows.out_of_force import cells_of
from tracker.parse.shapes.grid import Grid, Stack
from tracker.parse.shapes.words import Vocabulary, field_of
from tracker.text import quote

_SHOWN = 6
_CELL_SHOWN = 30
_HEADER_LENGTH = 40
_LABELS_BEHIND = 4
_OFTEN_THE_PAGE_S = (None, "a date", "a port", "an address or a host")
_FEWEST_CELLS = 2  # below a header that no markup ties to the table
_ROWS_OF_WORDS = ("the records", "the cards")  # how such grids say where they are
_COLUMNS_OF_LINES = "column-major"


class _Column(NamedTuple):
    header: str
    cells: list[str]


def unknown_columns(
    document: Document, grid: Grid | Stack, vocabulary: Vocabulary, where: str
) -> Iterator[Finding]:
    """Return what columns were not read, by name; a hold for one of more than words."""
    columns: dict[str, list[str]] = {}
    for name, cell in grid.others:
        columns.setdefault(name, []).append(cell.text)
    for header, cells in columns.items():
        yield _judge(header, cells, where)
    for column in _passed_over(document, grid, vocabulary):
        finding = _judge(column.header, column.cells, where)
        if finding.verdict == "hold":
            yield finding


def _judge(header: str, cells: Sequence[str], where: str) -> Finding:
    found = meaning_of_column(header, cells)
    if found is None:
        return _told(header, where)
    meaning, _ = found
    return Finding(
        name="unknown-column",
        verdict="hold",
        message=f"{where}: the column {quote(header)} is not read, but {meaning}:"
        f" {_shown(cells)}",
    )


def _told(header: str, where: str) -> Finding:
    return Finding(
        name="unknown-column",
        verdict="publish",
        message=f"{where}: the column {quote(header)} is not read",
    )


def _shown(cells: Sequence[str]) -> str:
    """The cells in short, with a checksum: an approval counts for these cells only."""
    counts = Counter(cells)
    shown = ", ".join(
        quote(cell, _CELL_SHOWN) + (f" {count} times" if count > 1 else "")
        for cell, count in list(counts.items())[:_SHOWN]
    )
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    return f"{shown}{more} (checksum {zlib.crc32(chr(0).join(cells).encode()):08x})"


def _passed_over(
    document: Document, grid: Grid | Stack, vocabulary: Vocabulary
) -> Iterator[_Column]:
    """What may be columns among the lines of a table that came without cells of its own."""
    if isinstance(grid, Grid) and grid.where in _ROWS_OF_WORDS:
        yield from _labelled(document, grid, vocabulary)
    elif isinstance(grid, Stack) and grid.where.startswith(_COLUMNS_OF_LINES):
        for run in _runs(document, grid, vocabulary):
            yield _Column(run[0], run[1:])
        yield from _column_behind(document, grid)


def _runs(
    document: Document, grid: Grid | Stack, vocabulary: Vocabulary
) -> Iterator[list[str]]:
    """The lines inside a table that are in none of its cells, by where they stand."""
    known = {line.text for cell in cells_of(grid) for line in cell.lines}
    run: list[str] = []
    for line in document.lines[grid.first : grid.end]:
        if line.text not in known and not _is_known(line, known, vocabulary):
            run.append(line.text)
            continue
        if run:
            yield run
        run = []
    if run:
        yield run


def _is_known(line: Line, known: Iterable[str], vocabulary: Vocabulary) -> bool:
    """Whether the line is a header, or a label with its value behind it."""
    label, _, value = line.text.partition(": ")
    return field_of(line.text, vocabulary) is not None or (
        field_of(label, vocabulary) is not None and value in known
    )


def _labelled(document: Document, grid: Grid, vocabulary: Vocabulary) -> Iterator[_Column]:
    """Unknown labels with their values, between the records or in a cell of words."""
    texts = [text for run in _runs(document, grid, vocabulary) for text in _pairs(run)]
    texts += _labels_behind(document, grid)
    for row in grid.rows:
        for field in ("purpose", "components"):
            cell = row.get(field)
            texts += [line.text for line in cell.lines[1:]] if cell else []
    for text in texts:
        label, colon, value = text.partition(": ")
        if colon and len(label) <= _HEADER_LENGTH:
            yield _Column(label, [value])


def _pairs(run: list[str]) -> Iterator[str]:
    """Lines as `label: value`, also where the value stands on the next line."""
    yield from (text for text in run if ": " in text)
    bare = [text for text in run if ": " not in text]
    for label, value in zip(bare[::2], bare[1::2], strict=False):
        yield f"{label.rstrip(':')}: {value}"


def _labels_behind(document: Document, grid: Grid) -> Iterator[str]:
    """Labelled values right behind the last record that are of its kind, as `label: value`.

    A date or a number there is more often the page's: when it was updated, whom to call.
    """
    lines = document.lines[grid.end : grid.end + _LABELS_BEHIND]
    texts = [line.text for line in takewhile(lambda line: not line.heading, lines)]
    found = list(takewhile(lambda text: ": " in text, texts))
    if not found and len(texts) > 1 and max(map(len, texts[:2])) <= _HEADER_LENGTH:
        found = [f"{texts[0].rstrip(':')}: {texts[1]}"]
    for text in found:
        label, _, value = text.partition(": ")
        meaning = meaning_of_cell(value)
        if meaning not in _OFTEN_THE_PAGE_S or is_about_rows(label):
            yield text


def _column_behind(document: Document, grid: Stack) -> Iterator[_Column]:
    """A further column behind the last known one, if all its cells are of one meaning."""
    lines = document.lines[grid.end : grid.end + 1 + grid.count]
    cells = [line.text for line in lines[1:]]
    if len(cells) < grid.count or not all(map(meaning_of_cell, cells)):
        return
    header, first = lines[0], document.lines[grid.first]
    is_like = document.depths[header.block] == document.depths[first.block]
    is_short = len(header.text) <= _HEADER_LENGTH
    if is_like and is_short and (grid.count >= _FEWEST_CELLS or header.text.endswith(":")):
        yield _Column(header.text, cells)
