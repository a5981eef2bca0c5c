"""What takes a table or some of its rows out of force: titles, notes, labels, marks in cells.

Pure. Each is a hold that names the place and quotes the words; the words are in
`cells/force.py`. Somebody may approve one: "Legacy agents" can be a title of rules in force.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from tracker.model import Entry, Finding
from tracker.parse.cells.force import (
    DATE,
    is_title,
    marked_out_of_force,
    out_of_force,
    sentence_out_of_force,
)
from tracker.parse.markup.document import Document
from tracker.parse.shapes.grid import Cell, Grid, Stack, Title
from tracker.text import quote

_DATE = re.compile(DATE, re.IGNORECASE)
_FAR = 40  # lines above a table that may still be about it
_NEAREST = 3  # of these where no heading stands between
_KINDS = {"caption": "caption", "row": "row across the table", "panel": "title", "tab": "tab"}
_RANKS = {f"h{rank}": rank for rank in range(1, 7)}
_LOWEST = 7  # below the lowest rank of headings


def ends_of_tables(document: Document, grids: Iterable[Grid | Stack]) -> list[int]:
    """The lines behind which a page has a table, in order; for `find_marks`."""
    ends = {table.end_line for table in document.tables}
    return sorted(ends | {grid.end for grid in grids})


def find_marks(
    document: Document,
    grid: Grid | Stack,
    titles: Sequence[Title],
    entries: Sequence[Entry],
    ends: Sequence[int],
    where: str,
) -> Iterator[Finding]:
    """Holds for a table of which words say that it, or a row of it, is not in force."""
    said: set[str] = set()

    def hold(
        place: str, text: str, words: str | None, entry: Entry | None
    ) -> Iterator[Finding]:
        if words and text not in said:
            said.add(text)
            yield Finding(
                name="out-of-force",
                verdict="hold",
                message=f"{where}: the {place} {quote(text)} says {quote(words)}",
                region=entry.region if entry else None,
                resource=entry.resource if entry else None,
            )

    for title in _naming(titles):
        place = _KINDS.get(title.role, "heading")
        yield from hold(place, title.text, out_of_force(title.text), None)
    for at in lines_beside_cells(document, grid):
        text = document.lines[at].text
        yield from hold("line in the table", text, out_of_force(text), None)
    for text in _lines_above(document, grid, ends):
        found = sentence_out_of_force(text) or _dated_introduction(text)
        yield from hold("line above", text, found, None)
    for text in _line_below(document, grid):
        yield from hold("line below", text, sentence_out_of_force(text, back=True), None)
    for entry in entries:
        for place, text, find in _cells(entry):
            yield from hold(place, text, find(text), entry)


def _dated_introduction(text: str) -> str | None:
    """`This is how the table looked until 30 June 2026:` is about the table right below it."""
    found = out_of_force(text) if text.endswith(":") else None
    return found if found and _DATE.search(found) else None


def _cells(entry: Entry) -> Iterator[tuple[str, str, Callable[[str], str | None]]]:
    """The words of an entry, and how each is to be judged."""
    yield "label", entry.resource, out_of_force
    yield "purpose", entry.purpose, marked_out_of_force
    if entry.region:
        yield "region", entry.region, out_of_force
    if entry.only_for:
        yield "audience", entry.only_for, marked_out_of_force
    for component in entry.components:
        yield "component", component, marked_out_of_force


def _naming(titles: Sequence[Title]) -> Iterator[Title]:
    """The titles that name the table: of the headings above it, each of a higher rank."""
    rank = _LOWEST
    for title in titles:
        if title.role in _KINDS:
            yield title
        elif (own := _RANKS.get(title.role, _LOWEST)) < rank:
            rank = own
            yield title


def lines_beside_cells(document: Document, grid: Grid | Stack) -> Iterator[int]:
    """Lines inside the table that are in none of its cells: rows across it, captions, notes."""
    texts = {line.text for cell in cells_of(grid) for line in cell.lines}
    headers = {name for name, _ in grid.others}
    for at in range(grid.first, grid.end):
        text = document.lines[at].text
        value = text.partition(": ")[2]
        if text not in texts and text not in headers and not (value and value in texts):
            yield at


def cells_of(grid: Grid | Stack) -> Iterator[Cell]:
    """All cells of a table, those of unknown columns included."""
    for _, cell in grid.others:
        yield cell
    if isinstance(grid, Grid):
        for row in grid.rows:
            yield from row.values()
    else:
        for ways in grid.columns.values():
            for cells in ways[:1]:
                yield from cells


def _lines_above(document: Document, grid: Grid | Stack, ends: Sequence[int]) -> Iterator[str]:
    """The lines right above a table, and those at either end of the sections it stands in.

    Those of the page as a whole count only where no other heading stands below them.
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


def _line_below(document: Document, grid: Grid | Stack) -> Iterator[str]:
    for line in document.lines[grid.end : grid.end + 1]:
        if not line.heading and not line.control and not is_title(line.text):
            yield line.text
