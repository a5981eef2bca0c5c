"""A page to its tables: every shape asked in turn, none for lines that another one has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.parse.grid import ColumnTable, Grid, Title
from tracker.parse.markup.document import Document
from tracker.parse.markup.markdown import convert_to_html, is_markdown_with_tables
from tracker.parse.markup.plain_text import read_plain
from tracker.parse.shapes.cards import read_cards
from tracker.parse.shapes.columns import read_column_tables
from tracker.parse.shapes.div_tables import find_div_tables
from tracker.parse.shapes.tables import read_table
from tracker.parse.shapes.titles import attach_titles
from tracker.parse.vocabulary import Vocabulary


def read_document(text: str) -> Document:
    """Return markup, Markdown or plain text as a document. Raises NotAPage."""
    if is_markup(text):
        from tracker.parse.markup.html import (  # noqa: PLC0415  Beautiful Soup only for markup
            read_html,
        )

        if not is_markdown_with_tables(text):
            return read_html(text)
        document = read_html(convert_to_html(text))
        document.has_end = not document.left_open  # Markdown has no end tag
        return document
    return read_plain(text)


def is_markup(text: str) -> bool:
    """Return whether the text begins as markup does, or is Markdown around HTML tables."""
    head = text[:4096].lstrip().lower()
    if head.startswith("<") or "<html" in head or "<table" in head or "<body" in head:
        return True
    return is_markdown_with_tables(text)


def find_grids(
    document: Document, vocabulary: Vocabulary
) -> Iterator[tuple[Grid | ColumnTable, tuple[Title, ...]]]:
    """Yield each table of the page, in order, with the titles above it, nearest first."""
    found: list[Grid | ColumnTable] = []
    taken = [False] * len(document.lines)
    for number, table in enumerate(document.tables, start=1):
        if table.holds_tables:  # a table around tables is layout
            continue
        found += _take_lines(taken, read_table(document, table, f"table {number}", vocabulary))
    for number, table in enumerate(find_div_tables(document, taken, vocabulary), start=1):
        found += _take_lines(taken, read_table(document, table, f"boxes {number}", vocabulary))
    found += _take_lines(taken, list(read_cards(document, taken, vocabulary)))
    found += read_column_tables(document, taken, vocabulary)
    yield from attach_titles(document, sorted(found, key=lambda grid: grid.first))


def _take_lines(
    taken: list[bool], found: Sequence[Grid | ColumnTable]
) -> Sequence[Grid | ColumnTable]:
    """Mark the lines of these tables: no other shape looks at them again."""
    for grid in found:
        taken[grid.first : grid.end] = [True] * (grid.end - grid.first)
    return found
