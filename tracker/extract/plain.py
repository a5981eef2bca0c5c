"""Plain text to a Document: a blank line ends a block, a bullet sign marks a list item."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracker.extract.document import Document, Line, Table, TableCell
from tracker.extract.text_tables import HEADING, TextTable, is_markdown, text_tables
from tracker.text import clean

# "*.example.com" is a host: a bullet sign counts only with white space behind it.
_BULLET = re.compile(r"^\s*[•◦▪‣·●○■*–-]\s+(?=\S)")


def read_plain(text: str) -> Document:
    """Every line that is not blank, in blocks parted by blank lines; tables cell by cell."""
    document = Document()
    raw = text.splitlines()
    marked = is_markdown(raw)
    at = 0
    for table in text_tables(raw):
        _paragraphs(document, raw[at : table.start], marked=marked)
        _add_table(document, table)
        at = table.end
    _paragraphs(document, raw[at:], marked=marked)
    return document


def _paragraphs(document: Document, raw: Sequence[str], *, marked: bool) -> None:
    block = 0
    for line in raw:
        if not clean(line):
            block = 0
            continue
        heading = HEADING.match(line) if marked else None
        if heading:
            text, block = clean(heading[2]), document.new_block(0)
            document.lines.append(Line(text, heading=len(heading[1]), block=block))
            block = 0
            continue
        block = block or document.new_block(0)
        _add_line(document, line, block)


def _add_table(document: Document, found: TextTable) -> None:
    table = Table(first_line=len(document.lines))
    width = max(len(row) for row in found.rows)
    for row in found.rows:
        cells: list[TableCell] = []
        for cell in row:
            first, block = len(document.lines), document.new_block(0)
            for line in cell:
                _add_line(document, line, block)
            span = width if len(row) == 1 else 1
            cells.append(TableCell(1, span, first, len(document.lines)))
        table.rows.append(cells)
    table.end_line = len(document.lines)
    document.tables.append(table)


def _add_line(document: Document, raw: str, block: int) -> None:
    if line := clean(raw):
        marked = _BULLET.match(raw)
        text = clean(raw[marked.end() :]) if marked else line
        document.lines.append(Line(text, bullet=marked is not None, block=block))
