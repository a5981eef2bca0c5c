"""Rows below rows: what responsive tables show of the columns that have no room.

DataTables and its like hide columns and repeat their cells in a full-width row below, as a list
of header and value. Such a row belongs to the one above and is no title of those below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from tracker.parse.markup.document import Line
from tracker.parse.shapes.grid import Cell, Row
from tracker.parse.shapes.words import REQUIRED, Field, Vocabulary, field_of, labelled

_HEADER_WORDS = 5  # of the longest header


def read_details(cell: Cell, known: Collection[Field], vocabulary: Vocabulary) -> Row | None:
    """Return the cells that a full-width row adds to the row above it; None for a title.

    Each is an item of a list, or a label with a colon, for a column that the header lacks.
    """
    found: dict[Field, list[Line]] = {}
    last: list[Line] | None = None
    for line in cell.lines:
        taken = _take_apart(line, vocabulary)
        if taken is None:
            if last is None or line.bullet:
                return None
            last.append(line)
            continue
        field, value = taken
        if field in found or field in known or field in REQUIRED or field == "region":
            return None
        last = found[field] = [replace(line, text=value, bullet=False)]
    return {field: Cell(tuple(lines)) for field, lines in found.items()} or None


def _take_apart(line: Line, vocabulary: Vocabulary) -> tuple[Field, str] | None:
    """A header and the value behind it."""
    if taken := labelled(line.text, vocabulary):
        return taken
    if not line.bullet:
        return None
    return next(_by_words(line.text, vocabulary), None)


def _by_words(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Field, str]]:
    """The longest header first: "Required for (Required) Connection ..."."""
    words = text.split()
    for count in range(min(_HEADER_WORDS, len(words) - 1), 0, -1):
        if field := field_of(" ".join(words[:count]), vocabulary):
            yield field, " ".join(words[count:])
