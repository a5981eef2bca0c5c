"""Finds tables made of boxes by style only: a row of header boxes, then rows or columns.

Three layouts are supported: each row is a box of cells; one row of boxes contains whole
columns; all cells are in one box, with as many per row as there are headers. Each becomes a
Table and is read as one, so that a row with a missing cell is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import msgspec
from msgspec.structs import replace

from tracker.parse.markup.document import Blocks, Document, Table, TableCell
from tracker.parse.values import find_values
from tracker.parse.vocabulary import REQUIRED, Field, Vocabulary, direction_of, field_of

_LEVELS = 4  # from a header's words up to the box of the header row
_WIDTH_LIMIT = 64
_HEADER_LENGTH = 40


def find_div_tables(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[Table]:
    """Yield every table of boxes outside lines that are `taken`, in order."""
    reached = 0
    finder: _Finder | None = None
    for at, line in enumerate(document.lines):
        if at < reached or taken[at] or line.linked:  # items of a menu are not headers
            continue
        if field_of(line.text, vocabulary) != "direction":
            continue
        finder = finder or _Finder(document, Blocks(document), vocabulary)
        if table := finder.find_table(at):
            reached = table.end_line
            yield table


class _Header(msgspec.Struct):
    """The boxes of a header row, and the index of the direction's."""

    row: int  # the box that contains them
    cells: list[int]
    direction: int


class _Finder:
    """Finds the header row around a line, and the rows below it."""

    def __init__(self, document: Document, blocks: Blocks, vocabulary: Vocabulary) -> None:
        self.document, self.blocks, self.vocabulary = document, blocks, vocabulary
        # Boxes without rows for headers of this width and direction column: a cache.
        self._without_rows: set[tuple[int, int, int]] = set()
        self._headers: dict[int, list[int]] = {}

    def find_table(self, at: int) -> Table | None:
        """Return the table whose header row contains line `at`, or None."""
        if header := self._find_header(at):
            rows = self._find_flat_rows(header) or self._find_rows_below(header)
            if rows:
                first = self.blocks.first[header.cells[0]]
                end = max(cell.end_line for cell in rows[-1])
                return Table(first, end, [self._make_cells(header.cells), *rows])
        return None

    def _find_header(self, at: int) -> _Header | None:
        block = self.document.lines[at].block
        for _ in range(_LEVELS):
            row = self.document.parents[block]
            if row <= 0:
                return None
            cells = self._find_header_cells(row)
            if block in cells and self._is_header(cells):
                return _Header(row, cells, cells.index(block))
            block = row
        return None

    def _find_header_cells(self, row: int) -> list[int]:
        """Return the first boxes inside a box, as far as each is one short line."""
        if row in self._headers:
            return self._headers[row]
        cells = self._headers[row] = []
        for cell in self.blocks.children(row)[:_WIDTH_LIMIT]:
            texts = self._read_texts(cell)
            if len(texts) != 1 or len(texts[0]) > _HEADER_LENGTH:
                break
            cells.append(cell)
        is_flat = any(direction_of(self._read_texts(cell)[0]) for cell in cells)
        if is_flat or len(cells) < len(self.blocks.children(row)):  # values in the same box
            cells[:] = takewhile(self._read_field, cells)
        return cells

    def _is_header(self, cells: Sequence[int]) -> bool:
        fields = [field for cell in cells if (field := self._read_field(cell))]
        return set(REQUIRED) <= set(fields) and len(set(fields)) == len(fields)

    def _read_field(self, cell: int) -> Field | None:
        return field_of(self._read_texts(cell)[0], self.vocabulary)

    def _find_flat_rows(self, header: _Header) -> list[list[TableCell]]:
        """Return the rows in the same box as the headers; the last one may be too short."""
        width = len(header.cells)
        cells = self.blocks.children(header.row)[width:]
        rows = [cells[at : at + width] for at in range(0, len(cells), width)]
        if not rows or not self._is_row(rows[0], header):
            return []
        return [self._make_cells(row) for row in rows]

    def _find_rows_below(self, header: _Header) -> list[list[TableCell]]:
        """Return the boxes below the header, from the first row to the last."""
        found: list[list[TableCell]] = []
        behind: list[list[TableCell]] = []  # part of the table only if another row follows
        last = self._find_last_before_rows(header)
        place = (self.document.parents[last], len(header.cells), header.direction)
        if place in self._without_rows:
            return []
        for box in self._iter_boxes_after(last, header):
            cells = self.blocks.children(box)
            if self._is_row(cells, header) or self._is_broken_row(box, cells, header):
                found += [*behind, self._make_cells(cells)]
                behind = []
            elif self._is_next_header(cells):
                behind.append(self._make_cells(cells))
            elif self.blocks.size(box):
                whole = self._make_cell(box)
                behind.append([replace(whole, colspan=len(header.cells))])
        if not found:
            self._without_rows.add(place)
        return found

    def _find_last_before_rows(self, header: _Header) -> int:
        """Return the header's box, or the outer box in which something follows the header."""
        box = header.row
        for _ in range(_LEVELS):
            around = self.document.parents[box]
            if around <= 0 or any(map(self.blocks.size, self.blocks.after(box))):
                break
            box = around
        return box

    def _iter_boxes_after(self, last: int, header: _Header) -> Iterator[int]:
        for box in self.blocks.after(last):
            if self.blocks.size(box):
                yield from self._unwrap_rows(box, header)

    def _unwrap_rows(self, box: int, header: _Header) -> Iterator[int]:
        """Yield the boxes inside a box if rows are among them; otherwise the box itself."""
        inner = [child for child in self.blocks.children(box) if self.blocks.size(child)]
        if not self._is_column_row(self.blocks.children(box), header) and any(
            self._is_row(self.blocks.children(child), header) for child in inner
        ):
            yield from inner
        else:
            yield box

    def _is_row(self, cells: Sequence[int], header: _Header) -> bool:
        return len(cells) == len(header.cells) and self._is_column_row(cells, header)

    def _is_column_row(self, cells: Sequence[int], header: _Header) -> bool:
        """Return whether the cell under the direction header has only directions."""
        if len(cells) <= header.direction:
            return False
        texts = self._read_texts(cells[header.direction])
        return bool(texts) and all(direction_of(text) for text in texts)

    def _is_broken_row(self, box: int, cells: Sequence[int], header: _Header) -> bool:
        """Return whether this looks like a row with missing or wrong cells."""
        width = len(header.cells)
        if not 1 < len(cells) <= width + 1 or width - len(cells) > width // 2:
            return False
        texts = self._read_texts(box)
        return any(direction_of(text) for text in texts) or (
            len(cells) >= width - 1
            and any(v.hosts or v.addresses for v in map(find_values, texts))
        )

    def _is_next_header(self, cells: Sequence[int]) -> bool:
        is_short = all(len(self._read_texts(cell)) == 1 for cell in cells)
        return is_short and self._is_header(cells)

    def _make_cells(self, boxes: Sequence[int]) -> list[TableCell]:
        return [self._make_cell(box) for box in boxes]

    def _make_cell(self, box: int) -> TableCell:
        return TableCell(1, 1, self.blocks.first[box], self.blocks.end[box])

    def _read_texts(self, box: int) -> list[str]:
        lines = self.document.lines[self.blocks.first[box] : self.blocks.end[box]]
        return [line.text for line in lines]
