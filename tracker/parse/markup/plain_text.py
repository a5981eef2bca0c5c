"""Plain text to a Document: a blank line ends a block, a bullet sign marks a list item."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tracker.parse.markup.document import Document, Line, Table, TableCell
from tracker.parse.markup.text_tables import (
    FENCE,
    HEADING,
    UNDERLINE,
    TextTable,
    find_text_tables,
    is_markdown,
    strip_markdown,
)
from tracker.text import clean

# "*.example.com" is a host: a bullet sign counts only with white space behind it.
_BULLET = re.compile(r"^\s*[•◦▪‣·●○■*–-]\s+(?=\S)")


def read_plain(text: str) -> Document:
    """Return all lines, in blocks separated by blank lines; tables cell by cell."""
    document = Document()
    raw = text.splitlines()
    marked = is_markdown(raw)
    at = 0
    for table in find_text_tables(raw):
        _add_paragraphs(document, raw[at : table.start], marked=marked)
        _add_table(document, table)
        at = table.end
    _add_paragraphs(document, raw[at:], marked=marked)
    return document


def _add_paragraphs(document: Document, raw: Sequence[str], *, marked: bool) -> None:
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
            document.lines.append(Line(text, heading=level, block=document.add_block(0)))
            block = 0
        elif not _is_underline(raw, at):
            block = block or document.add_block(0)
            _add_line(document, strip_markdown(line) if is_marked else line, block)


def _read_heading(raw: Sequence[str], at: int, *, marked: bool) -> tuple[int, str] | None:
    """Return the rank and the words of a heading: one with signs before it, or underlined."""
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


def _add_table(document: Document, found: TextTable) -> None:
    table = Table(first_line=len(document.lines))
    width = max(len(row) for row in found.rows)
    for row in found.rows:
        cells: list[TableCell] = []
        for cell in row:
            first, block = len(document.lines), document.add_block(0)
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
