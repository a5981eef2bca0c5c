"""Markup of any shape to grids. Knows the usual words of firewall tables, and no vendor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.extract.document import Document, Line
from tracker.extract.grid import Grid, Stack
from tracker.extract.stacks import read_stacks
from tracker.extract.tables import read_table
from tracker.extract.words import Vocabulary

_TITLES_KEPT = 24
_TITLE_LENGTH = 120

__all__ = ["find_grids", "read_document"]


def read_document(text: str) -> Document:
    """Markup or plain text, told apart by its first tag."""
    head = text[:4096].lstrip().lower()
    if head.startswith("<") or "<html" in head or "<table" in head or "<body" in head:
        from tracker.extract.html import read_html  # noqa: PLC0415  lxml only for markup

        return read_html(text)
    from tracker.extract.plain import read_plain  # noqa: PLC0415

    return read_plain(text)


def find_grids(
    document: Document, vocabulary: Vocabulary
) -> Iterator[tuple[Grid | Stack, tuple[str, ...]]]:
    """Every table of the page with the titles above it, nearest first, in page order."""
    found: list[Grid | Stack] = []
    taken = [False] * len(document.lines)
    for number, table in enumerate(document.tables, start=1):
        if table.holds_tables:  # a table around tables is layout
            continue
        grids = read_table(document, table, f"table {number}", vocabulary)
        if grids:
            taken[table.first_line : table.end_line] = [True] * (
                table.end_line - table.first_line
            )
        found += grids
    found += read_stacks(document, taken, vocabulary)
    yield from _with_titles(document, sorted(found, key=lambda grid: grid.first))


def _with_titles(
    document: Document, found: list[Grid | Stack]
) -> Iterator[tuple[Grid | Stack, tuple[str, ...]]]:
    titles: list[Line] = []
    at = 0
    for grid in found:
        between = document.lines[at : grid.first]
        _end_sections(titles, between)
        titles += [
            line
            for line in between
            if not line.bullet and not line.linked and len(line.text) <= _TITLE_LENGTH
        ]
        del titles[:-_TITLES_KEPT]
        at = max(at, grid.end)
        yield grid, (*grid.inner_titles, *(line.text for line in reversed(titles)))


def _end_sections(titles: list[Line], between: Sequence[Line]) -> None:
    """A heading ends the section of the last heading of its rank: its words do not go on."""
    top = min((line.heading for line in between if line.heading), default=0)
    for at, line in enumerate(titles):
        if top and line.heading >= top:
            del titles[at:]
            return
