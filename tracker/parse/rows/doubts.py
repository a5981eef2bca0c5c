"""Finds text that may change the meaning of rows: out-of-force words, unknown columns.

Pure. Titles, notes, labels and marks in cells may put a table or a row out of force
(`parse/meaning.py` has the words). A column with an unknown header is only reported if it
contains plain words; otherwise it holds the page, as does text between the known columns. An
operator may approve such a finding: "Legacy agents" can be the title of rules in force.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tracker.model import Entry, Finding
from tracker.parse.grid import Cell, ColumnTable, Grid, Title, list_named_columns
from tracker.parse.markup.document import Document, PageLine
from tracker.parse.meaning import (
    DATE,
    classify_cell,
    classify_column,
    find_out_of_force,
    find_out_of_force_in_sentence,
    find_out_of_force_mark,
    is_about_rows,
    is_title,
)
from tracker.parse.settling import settle_columns, settle_rows, settle_table
from tracker.parse.vocabulary import Vocabulary, field_of
from tracker.text import quote

_DATE = re.compile(DATE, re.IGNORECASE)
_SAYS_REQUIRED = re.compile(r"\b(?:required|mandatory|optional)\b")
_SAYS_NO = re.compile(r"no|n|false|off|inactive|disabled|blocked", re.IGNORECASE)
_FAR = 40  # lines above a table that may be about it
_NEAREST = 3  # those of a section's lines that are closest to the table
_KINDS = {"caption": "caption", "row": "row across the table", "panel": "title", "tab": "tab"}
_RANKS = {f"h{rank}": rank for rank in range(1, 7)}
_LOWEST = 7  # lower than every rank of headings
_SHOWN = 6
_CELL_SHOWN = 30
_HEADER_LENGTH = 40
_LABELS_AFTER = 4
_OFTEN_ABOUT_PAGE = (None, "a date", "a port", "an address or a host")
_FEWEST_CELLS = 2  # below a header without table markup
_ROWS_OF_WORDS = ("the records", "the cards")  # `where` of grids that were read from lines
_COLUMNS_OF_LINES = "column-major"


def find_table_ends(document: Document, grids: Iterable[Grid | ColumnTable]) -> list[int]:
    """Return the line numbers at which tables of the page end, in order."""
    ends = {table.end_line for table in document.tables}
    return sorted(ends | {grid.end for grid in grids})


def find_out_of_force_marks(
    document: Document,
    grid: Grid | ColumnTable,
    titles: Sequence[Title],
    entries: Sequence[Entry],
    ends: Sequence[int],
    where: str,
) -> Iterator[Finding]:
    """Yield holds for words that may put the table, or a row of it, out of force.

    `ends` is the result of `find_table_ends`.
    """
    said: set[str] = set()

    def hold(
        place: str, text: str, words: str | None, entry: Entry | None
    ) -> Iterator[Finding]:
        """Yield a hold for out-of-force words, once for each text."""
        if words and text not in said:
            said.add(text)
            yield Finding(
                name="out-of-force",
                verdict="hold",
                message=f"{where}: the {place} {quote(text)} says {quote(words)}",
                region=entry.region if entry else None,
                resource=entry.resource if entry else None,
                settle=_settle_out_of_force(grid, place, text) or UNSET,
            )

    for title in _select_naming_titles(titles):
        place = _KINDS.get(title.role, "heading")
        yield from hold(place, title.text, find_out_of_force(title.text), None)
    for at in find_lines_outside_cells(document, grid):
        text = document.lines[at].text
        yield from hold("line in the table", text, find_out_of_force(text), None)
    for text in _find_lines_above(document, grid, ends):
        found = find_out_of_force_in_sentence(text) or _find_in_introduction(text)
        yield from hold("line above", text, found, None)
    for text in _find_line_below(document, grid):
        yield from hold(
            "line below", text, find_out_of_force_in_sentence(text, back=True), None
        )
    for entry in entries:
        for place, text, find in _iter_words(entry):
            yield from hold(place, text, find(text), entry)


def _settle_out_of_force(grid: Grid | ColumnTable, place: str, text: str) -> str:
    """Return lines that omit the table or row; "" if no rule can select it."""
    header = list_named_columns(grid)
    if not header:
        return ""
    if place in ("heading", "caption"):
        return settle_table(header, text)
    return settle_rows(header, None, text) if place in ("label", "purpose") else ""


def _find_in_introduction(text: str) -> str | None:
    """Return the words of a dated introduction such as `The table until 30 June 2026:`."""
    found = find_out_of_force(text) if text.endswith(":") else None
    return found if found and _DATE.search(found) else None


def _iter_words(entry: Entry) -> Iterator[tuple[str, str, Callable[[str], str | None]]]:
    """Yield the texts of an entry, each with its place and the function that judges it."""
    yield "label", entry.resource, find_out_of_force
    yield "purpose", entry.purpose, find_out_of_force_mark
    if entry.region:
        yield "region", entry.region, find_out_of_force
    if entry.only_for:
        yield "audience", entry.only_for, find_out_of_force_mark
    for component in entry.components:
        yield "component", component, find_out_of_force_mark


def _select_naming_titles(titles: Sequence[Title]) -> Iterator[Title]:
    """Yield the titles that apply to the table: of headings, each of a higher rank."""
    rank = _LOWEST
    for title in titles:
        if title.role in _KINDS:
            yield title
        elif (own := _RANKS.get(title.role, _LOWEST)) < rank:
            rank = own
            yield title


def find_lines_outside_cells(document: Document, grid: Grid | ColumnTable) -> Iterator[int]:
    """Yield the lines of the table outside its cells: captions, notes, full-width rows."""
    texts = {line.text for cell in iter_cells(grid) for line in cell.lines} | grid.replaced
    headers = {name for name, _ in grid.others}
    for at in range(grid.first, grid.end):
        text = document.lines[at].text
        value = text.partition(": ")[2]
        if text not in texts and text not in headers and not (value and value in texts):
            yield at


def iter_cells(grid: Grid | ColumnTable) -> Iterator[Cell]:
    """Yield all cells of a table, including those of unknown columns."""
    for _, cell in grid.others:
        yield cell
    if isinstance(grid, Grid):
        for row in grid.rows:
            yield from row.values()
    else:
        for ways in grid.columns.values():
            for cells in ways[:1]:
                yield from cells


def _find_lines_above(
    document: Document, grid: Grid | ColumnTable, ends: Sequence[int]
) -> Iterator[str]:
    """Yield the lines directly above a table, and the ends of the sections that contain it.

    Lines below the page's main heading count only if no other heading follows them.
    """
    above = bisect_right(ends, grid.first)
    start = max(ends[above - 1] if above else 0, grid.first - _FAR)
    rank = _LOWEST
    section: list[str] = []
    for line in reversed(document.lines[start : grid.first]):
        if line.heading:
            if line.heading < rank and (line.heading > 1 or rank == _LOWEST):
                yield from (*section[:_NEAREST], *section[-1:])
            rank = min(rank, line.heading)
            section = []
        elif line.in_content and not (line.linked or line.control or line.bullet):
            section.append(line.text)
    if rank == _LOWEST:
        yield from section[:_NEAREST]


def _find_line_below(document: Document, grid: Grid | ColumnTable) -> Iterator[str]:
    for line in document.lines[grid.end : grid.end + 1]:
        if not line.heading and not line.control and not is_title(line.text):
            yield line.text


class _UnknownColumn(NamedTuple):
    header: str
    cells: list[str]


def find_unknown_columns(
    document: Document, grid: Grid | ColumnTable, vocabulary: Vocabulary, where: str
) -> Iterator[Finding]:
    """Yield a finding for each unread column; a hold if it contains more than words."""
    columns: dict[str, list[str]] = {}
    for name, cell in grid.others:
        columns.setdefault(name, []).append(cell.text)
    for header, cells in columns.items():
        finding = _judge_column(header, cells, where)
        if finding.verdict == "hold":
            settle = _settle_column(grid, header, cells, vocabulary)
            finding = replace(finding, settle=settle)
        yield finding
    for column in _find_skipped_columns(document, grid, vocabulary):
        finding = _judge_column(column.header, column.cells, where)
        if finding.verdict == "hold":
            yield finding


def _judge_column(header: str, cells: Sequence[str], where: str) -> Finding:
    found = classify_column(header, cells)
    if found is None:
        return _report_column(header, where)
    meaning, _ = found
    return Finding(
        name="unknown-column",
        verdict="hold",
        message=f"{where}: the column {quote(header)} is not read, but {meaning}:"
        f" {_describe_cells(cells)}",
    )


def _settle_column(
    grid: Grid | ColumnTable, header: str, cells: Sequence[str], vocabulary: Vocabulary
) -> str | UnsetType:
    """Return lines that give a column a role, by its content, or ignore it.

    With an ignored column, rows whose cell there is negative or out of force are omitted.
    """
    ours = list_named_columns(grid)
    if not ours:
        return UNSET
    name, kinds = header.lower(), {classify_cell(cell) for cell in cells}
    if "an address or a host" in kinds:
        also = [each for each in ours if field_of(each, vocabulary) == "resource"]
        return settle_columns(ours, None, dict.fromkeys((*also, header), "resource"))
    if "a port" in kinds and ("udp" in name or "tcp" in name):
        role = "udp_ports" if "udp" in name else "tcp_ports"
        return settle_columns(ours, None, {header: role})
    if "yes or no" in kinds and _SAYS_REQUIRED.search(name):
        return settle_columns(ours, None, {header: "requirement"})
    negative = [cell for cell in cells if _SAYS_NO.fullmatch(cell) or find_out_of_force(cell)]
    return settle_columns(ours, None, {header: "ignore"}, skipped=negative)


def _report_column(header: str, where: str) -> Finding:
    return Finding(
        name="unknown-column",
        verdict="publish",
        message=f"{where}: the column {quote(header)} is not read",
    )


def _describe_cells(cells: Sequence[str]) -> str:
    """Return the cells abbreviated, with a checksum: an approval is for these cells only."""
    counts = Counter(cells)
    shown = ", ".join(
        quote(cell, _CELL_SHOWN) + (f" {count} times" if count > 1 else "")
        for cell, count in list(counts.items())[:_SHOWN]
    )
    more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
    return f"{shown}{more} (checksum {zlib.crc32(chr(0).join(cells).encode()):08x})"


def _find_skipped_columns(
    document: Document, grid: Grid | ColumnTable, vocabulary: Vocabulary
) -> Iterator[_UnknownColumn]:
    """Yield possible columns of a table that was read from lines, not from cells."""
    if isinstance(grid, Grid) and grid.where in _ROWS_OF_WORDS:
        yield from _find_labelled(document, grid, vocabulary)
    elif isinstance(grid, ColumnTable) and grid.where.startswith(_COLUMNS_OF_LINES):
        for run in _iter_runs(document, grid, vocabulary):
            yield _UnknownColumn(run[0], run[1:])
        yield from _find_column_after(document, grid)


def _iter_runs(
    document: Document, grid: Grid | ColumnTable, vocabulary: Vocabulary
) -> Iterator[list[str]]:
    """Yield the runs of lines inside a table that are in no cell."""
    known = {line.text for cell in iter_cells(grid) for line in cell.lines}
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


def _is_known(line: PageLine, known: Iterable[str], vocabulary: Vocabulary) -> bool:
    """Return whether the line is a header, or a known label with a known value."""
    label, _, value = line.text.partition(": ")
    return field_of(line.text, vocabulary) is not None or (
        field_of(label, vocabulary) is not None and value in known
    )


def _find_labelled(
    document: Document, grid: Grid, vocabulary: Vocabulary
) -> Iterator[_UnknownColumn]:
    """Yield unknown labels with values, from between the records or in cells of words."""
    texts = [
        text for run in _iter_runs(document, grid, vocabulary) for text in _pair_lines(run)
    ]
    texts += _find_labels_after(document, grid)
    for row in grid.rows:
        for field in ("purpose", "components"):
            cell = row.get(field)
            texts += [line.text for line in cell.lines[1:]] if cell else []
    for text in texts:
        label, colon, value = text.partition(": ")
        if colon and len(label) <= _HEADER_LENGTH:
            yield _UnknownColumn(label, [value])


def _pair_lines(run: list[str]) -> Iterator[str]:
    """Yield lines as `label: value`, also if the value is on the next line."""
    yield from (text for text in run if ": " in text)
    bare = [text for text in run if ": " not in text]
    for label, value in zip(bare[::2], bare[1::2], strict=False):
        yield f"{label.rstrip(':')}: {value}"


def _find_labels_after(document: Document, grid: Grid) -> Iterator[str]:
    """Yield labelled values directly after the last record, as `label: value`.

    A date or number there is usually about the page, such as its last update.
    """
    lines = document.lines[grid.end : grid.end + _LABELS_AFTER]
    texts = [line.text for line in takewhile(lambda line: not line.heading, lines)]
    found = list(takewhile(lambda text: ": " in text, texts))
    if not found and len(texts) > 1 and max(map(len, texts[:2])) <= _HEADER_LENGTH:
        found = [f"{texts[0].rstrip(':')}: {texts[1]}"]
    for text in found:
        label, _, value = text.partition(": ")
        meaning = classify_cell(value)
        if meaning not in _OFTEN_ABOUT_PAGE or is_about_rows(label):
            yield text


def _find_column_after(document: Document, grid: ColumnTable) -> Iterator[_UnknownColumn]:
    """Yield a further column after the last known one, if no cell of it is plain words."""
    lines = document.lines[grid.end : grid.end + 1 + grid.count]
    cells = [line.text for line in lines[1:]]
    if len(cells) < grid.count or not all(map(classify_cell, cells)):
        return
    header, first = lines[0], document.lines[grid.first]
    is_like = document.depths[header.block] == document.depths[first.block]
    is_short = len(header.text) <= _HEADER_LENGTH
    if is_like and is_short and (grid.count >= _FEWEST_CELLS or header.text.endswith(":")):
        yield _UnknownColumn(header.text, cells)
