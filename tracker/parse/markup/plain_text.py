"""Turns plain text and Markdown into a Document, with blocks, items, headings and tables.

Tables are read row by row: cells are separated by bars, tabs or wide gaps. A table is
recognized by the usual words in its header line, or by Markdown's line of dashes. Wide gaps
separate cells only if each cell begins below its header, or if a line has as many cells as the
header; other lines are rows with missing cells, which are refused later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from types import MappingProxyType
from typing import NamedTuple

from tracker.parse.markup.document import Document, PageLine, Table, TableCell
from tracker.parse.vocabulary import REQUIRED, direction_of, field_of
from tracker.text import clean

HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(\S.*?)\s*#*\s*$")
# Below a line of words, this makes it a heading of Markdown.
UNDERLINE = re.compile(r"^ {0,3}(?:={3,}|-{3,})\s*$")
FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
_SUBHEADING = re.compile(r"^ {0,3}#{2,6}\s+\S")
_GAP = re.compile(r"(?:[ \u00a0]{2,}|\t)[ \u00a0\t]*")
_DASHES = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$")
_BAR = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|-])")
_TITLE_LENGTH = 60
_FEWEST = 3
MARKED_LENGTH = 1000  # characters; the search for marks in longer lines takes too long
_NESTED = 3  # levels of marks: bold around code around a value

# A bullet is followed by white space: "*.example.com" is a host.
_BULLET = re.compile(r"^\s*[•◦▪‣·●○■*–-]\s+(?=\S)")

Split = Callable[[str], list[str]]
Row = list[list[str]]


class TextTable(NamedTuple):
    """Rows of cells, as lists of lines; a row of one cell is a full-width title."""

    start: int
    end: int
    rows: list[Row]


def read_plain(text: str, readings: Mapping[str, str] = MappingProxyType({})) -> Document:
    """Return a text as a document: blocks separated by blank lines, and tables.

    `readings` are replacements of cells, and of lines outside tables, by their text.
    """
    document = Document()
    raw = text.splitlines()
    marked = is_markdown(raw)
    at = 0
    for table in find_text_tables(raw):
        _add_paragraphs(document, raw[at : table.start], readings, marked=marked)
        _add_table(document, table, readings)
        at = table.end
    _add_paragraphs(document, raw[at:], readings, marked=marked)
    return document


def _add_paragraphs(
    document: Document, raw: Sequence[str], readings: Mapping[str, str], *, marked: bool
) -> None:
    block = 0
    is_code = False
    for at, line in enumerate(raw):
        is_fence = FENCE.match(line) is not None
        is_code ^= is_fence
        is_marked = marked and not is_code and not is_fence
        if not clean(line):
            block = 0
        elif heading := _read_heading(raw, at, marked=is_marked):
            level, text = heading
            document.lines.append(PageLine(text, heading=level, block=document.add_block(0)))
            block = 0
        elif not _is_underline(raw, at):
            block = block or document.add_block(0)
            first = len(document.lines)
            _add_line(document, strip_markdown(line) if is_marked else line, block)
            _apply_reading(document, first, block, readings)


def _read_heading(raw: Sequence[str], at: int, *, marked: bool) -> tuple[int, str] | None:
    """Return the rank and the words of a heading with signs before it or an underline."""
    if marked and (match := HEADING.match(raw[at])):
        return len(match[1]), clean(strip_markdown(match[2]))
    if at + 1 < len(raw) and _is_underline(raw, at + 1):
        text = strip_markdown(raw[at]) if marked else raw[at]
        return (1 if "=" in raw[at + 1] else 2), clean(text)
    return None


def _is_underline(raw: Sequence[str], at: int) -> bool:
    """Return whether a line of signs underlines a single line of words."""
    if at == 0 or not UNDERLINE.match(raw[at]):
        return False
    above = raw[at - 1]
    is_alone = at == 1 or not clean(raw[at - 2]) or HEADING.match(raw[at - 2]) is not None
    return is_alone and any(map(str.isalnum, above)) and not _BULLET.match(above)


def _add_table(document: Document, found: TextTable, readings: Mapping[str, str]) -> None:
    table = Table(first_line=len(document.lines))
    width = max(len(row) for row in found.rows)
    for row in found.rows:
        cells: list[TableCell] = []
        for cell in row:
            first, block = len(document.lines), document.add_block(0)
            for line in cell:
                _add_line(document, line, block)
            _apply_reading(document, first, block, readings)
            span = width if len(row) == 1 else 1
            cells.append(TableCell(1, span, first, len(document.lines)))
        table.rows.append(cells)
    table.end_line = len(document.lines)
    document.tables.append(table)


def _apply_reading(
    document: Document, first: int, block: int, readings: Mapping[str, str]
) -> None:
    """Replace the lines from `first` on if there is a reading for their text."""
    text = " ".join(line.text for line in document.lines[first:]) if readings else ""
    if text and (reading := readings.get(text)) is not None:
        document.replace_lines(first, reading, block=block)


def _add_line(document: Document, raw: str, block: int) -> None:
    if line := clean(raw):
        marked = _BULLET.match(raw)
        text = clean(raw[marked.end() :]) if marked else line
        document.lines.append(PageLine(text, bullet=marked is not None, block=block))


def find_text_tables(raw: Sequence[str]) -> Iterator[TextTable]:
    """Yield all tables in the lines of a text, in order."""
    at = 0
    while at < len(raw):
        if split := _choose_splitter(raw, at):
            table = _read_table(raw, at, split)
            yield table
            at = table.end
        else:
            at += 1


def is_markdown(raw: Sequence[str]) -> bool:
    """Return whether there is a table's line of dashes, or a heading of rank 2 to 6."""
    return any(("|" in line and _DASHES.match(line)) or _SUBHEADING.match(line) for line in raw)


def _choose_splitter(raw: Sequence[str], at: int) -> Split | None:
    """Return the function that splits lines below a header line; None for another line.

    A line above a row with a direction is a header, too, whatever its words are: otherwise rows
    below a broken header would be read as prose.
    """
    line = raw[at]
    if "|" in line:
        split: Split = _split_by_bars(line)
    elif "\t" in line:
        split = _split_by_tabs
    elif _GAP.search(line.strip()):
        split = _split_by_gaps(line)
    else:
        return None
    cells = split(line)
    below = raw[at + 1] if at + 1 < len(raw) else ""
    is_dashed = "|" in line and _DASHES.match(below) is not None
    is_table = is_dashed or _is_header(cells) or _is_above_row(cells, split(below))
    return split if is_table else None


def _is_above_row(cells: Sequence[str], below: Sequence[str]) -> bool:
    is_row = any(direction_of(clean(cell)) for cell in below)
    return _FEWEST <= len(cells) == len(below) and is_row


def _is_header(cells: Sequence[str]) -> bool:
    fields = {field_of(clean(cell)) for cell in cells}
    return len(cells) >= _FEWEST and set(REQUIRED) <= fields


def _read_table(raw: Sequence[str], start: int, split: Split) -> TextTable:
    """Return the rows from the header on; blank lines and titles may be between them."""
    width = len(split(raw[start]))
    rows: list[Row] = []
    waiting: list[Row] = []  # part of the table only if a row follows
    end = start
    is_near = True  # whether there is no blank line since the last row
    is_marked = "|" in raw[start]
    for at in range(start, len(raw)):
        line = raw[at]
        if not clean(line):
            is_near = False
            continue
        if _DASHES.match(line):
            continue
        if HEADING.match(line):
            break
        row = [_split_lines(cell, plain=not is_marked) for cell in split(line)]
        if len(row) == 1 and line[0].isspace() and is_near:
            row.append([])  # it continues a cell above, but it is uncertain which one
        if len(row) > 1 and (len(row) == width or is_near or _has_direction(row)):
            rows += [*waiting, row]
            waiting, end, is_near = [], at + 1, True
        elif len(row) == 1 and len(line.strip()) <= _TITLE_LENGTH and not waiting:
            waiting.append(row)
        else:
            break
    return TextTable(start, end, rows)


def _has_direction(row: Row) -> bool:
    return any(direction_of(clean(line)) for cell in row for line in cell)


def _split_by_bars(header: str) -> Split:
    """Return a function that splits at bars; the header shows if there are outer bars."""
    is_framed = header.lstrip().startswith("|")

    def split(line: str) -> list[str]:
        """Return the cells of a line."""
        cells = _BAR.split(line)
        if is_framed and not cells[0].strip():
            del cells[0]
        if is_framed and cells and not cells[-1].strip():
            del cells[-1]
        return cells or [""]

    return split


def _split_by_tabs(line: str) -> list[str]:
    return line.strip("\r\n").split("\t")


def _split_by_gaps(header: str) -> Split:
    """Return a function that splits at wide gaps, by the columns of the header if possible."""
    starts = [start for start, _ in _split_pieces(header)]

    def split(line: str) -> list[str]:
        """Return the cells of a line."""
        pieces = _split_pieces(line)
        if not {start for start, _ in pieces} <= set(starts) or len(pieces) == 1:
            return [text for _, text in pieces]
        by_start = dict(pieces)
        return [by_start.get(start, "") for start in starts]

    return split


def _split_pieces(line: str) -> list[tuple[int, str]]:
    line = line.rstrip()
    at = len(line) - len(line.lstrip())
    pieces: list[tuple[int, str]] = []
    for gap in _GAP.finditer(line, at):
        pieces.append((at, line[at : gap.start()]))
        at = gap.end()
    return [*pieces, (at, line[at:])]


def _split_lines(cell: str, *, plain: bool) -> list[str]:
    """Return the lines of a cell; unless it is `plain`, without Markdown's marks."""
    if plain:
        return [cell]
    return [strip_markdown(line) for line in _BREAK.split(cell)]


def strip_markdown(text: str) -> str:
    """Return text without Markdown's marks, as a person sees it."""
    if len(text) > MARKED_LENGTH:
        return text
    return unescape(strip_marks(_LINK.sub(r"\1", text)))


def strip_marks(text: str) -> str:
    """Return text without the marks for bold type and code, and without escapes."""
    for _ in range(_NESTED):
        before, text = text, _MARKS.sub(r"\2", text)
        if text == before:
            break
    return _ESCAPED.sub(r"\1", text)
