"""Turns table elements into grids: spans, header rows of any cells, full-width title rows.

A row whose direction cell lists several directions is a whole column-major table in one row,
and becomes a ColumnTable. A column that contains only protocols is the protocol column,
whatever its header is. Tables without the expected header are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from tracker.errors import Unreadable
from tracker.parse.grid import Cell, ColumnTable, Grid, Row, Title
from tracker.parse.markup.document import Document, PageLine, Table, TableCell
from tracker.parse.shapes.cell_splits import split_cells
from tracker.parse.shapes.plans import HeaderFields, RowBuilder, TablePlan, TablePlans
from tracker.parse.vocabulary import (
    REQUIRED,
    Field,
    Vocabulary,
    direction_of,
    field_of,
    is_protocol,
    split_label,
)
from tracker.text import quote

_HEADER_WORDS = 5  # words of the longest header
_WIDTH_LIMIT = 64
_FEW_FIELDS = 3
_TITLES_KEPT = 24
_NAMES_PROTOCOL = re.compile(r"[a-z]", re.IGNORECASE)  # a word next to a port: "443 HTTPS"

Slots = list[Cell | None]


def read_table(
    document: Document, table: Table, where: str, plans: TablePlans
) -> list[Grid | ColumnTable]:
    """Return the grids of one table, in order; empty if it has no known header.

    Raises Unreadable for rows that do not fit their header, and if a rule of the definition
    selects the table but no row is a header.
    """
    reader = _Reader(document, table, where, plans)
    found = list(reader.read_parts())
    if plans.options and not reader.header:
        raise_without_header(plans.choose(reader.first_row), reader.first_row, where)
    if found:  # lines below the last row have to be accounted for, too
        found[-1] = replace(found[-1], end=table.end_line)
    return found


def raise_without_header(plan: TablePlan, first_row: Sequence[str], where: str) -> None:
    """Raise Unreadable if a rule selects a table without a header."""
    if plan.rule:
        raise Unreadable(
            f"{where}: {plan.rule} of the definition takes it, but no row of it names a"
            f" {' and '.join(sorted(plan.required))} column; its first row is"
            f" {quote(' | '.join(first_row))}"
        )


def read_texts(document: Document, table: Table) -> Iterator[list[str]]:
    """Yield the texts of each row that has any."""
    for slots in fill_slots(document, table):
        texts = [cell.text if cell else "" for cell in slots]
        if any(texts):
            yield texts


def fill_slots(document: Document, table: Table) -> Iterator[Slots]:
    """Yield each row as one cell per column, with spans filled in; None for uncertain cells.

    Those are columns missing in a row, columns with two cells, and columns past the limit.
    """
    pending: dict[int, tuple[Cell, int]] = {}
    for row in table.rows:
        slots: Slots = []
        for raw in row:
            _fill_spanned(slots, pending, raw.column)
            if len(slots) >= _WIDTH_LIMIT or (raw.column or len(slots)) < len(slots):
                slots.append(None)
                break
            cell = Cell(tuple(document.lines[raw.first_line : raw.end_line]))
            _place_cell(slots, pending, raw, cell)
        _fill_spanned(slots, pending, max(pending, default=-1) + 1)
        yield slots


def _fill_spanned(
    slots: Slots, pending: dict[int, tuple[Cell, int]], until: int | None
) -> None:
    """Add the cells that span from rows above, up to the next free column."""
    while len(slots) < _WIDTH_LIMIT:
        column = len(slots)
        if column in pending:
            cell, left = pending.pop(column)
            slots.append(cell)
            if left > 1:
                pending[column] = (cell, left - 1)
        elif until is not None and column < until:
            slots.append(None)
        else:
            return


def _place_cell(
    slots: Slots, pending: dict[int, tuple[Cell, int]], raw: TableCell, cell: Cell
) -> None:
    for _ in range(min(raw.colspan, _WIDTH_LIMIT - len(slots))):
        overlaps = pending.pop(len(slots), None) is not None
        if raw.rowspan > 1:
            pending[len(slots)] = (cell, raw.rowspan - 1)
        slots.append(None if overlaps else cell)


class _Reader:
    """Reads the rows of one table; a header row or a title ends the part before it."""

    def __init__(self, document: Document, table: Table, where: str, plans: TablePlans) -> None:
        self.document, self.table = document, table
        self.where, self.plans = where, plans
        self.plan = plans.usual  # of the part that is being read
        self.builder = RowBuilder(self.plan)
        self.header: HeaderFields = []
        self.first_row: Sequence[str] = ()
        self.is_narrow = all(len(row) == 1 and row[0].colspan == 1 for row in table.rows)
        self.titles = _read_caption(document, table)
        self.first = table.first_line  # of the part that is being read
        self.rows: list[Row] = []
        self.has_skipped = False  # whether a rule omitted rows of this part
        self.others: list[tuple[str, Cell]] = []

    def read_parts(self) -> Iterator[Grid | ColumnTable]:
        """Yield the parts between header rows and titles, in order."""
        for number, slots in enumerate(fill_slots(self.document, self.table), start=1):
            is_title = not self.is_narrow and _is_full_width(slots)
            texts = [cell.text if cell else "" for cell in slots[: 1 if is_title else None]]
            if not any(texts):
                continue
            self.first_row = self.first_row or texts
            first, end = _find_line_range(self.table.rows[number - 1], self.first)
            if is_title and self._adds_details(slots[0]):
                continue
            if is_title:
                yield from self._end_part(first)
                self.titles.insert(0, Title(texts[0], "row"))
                del self.titles[_TITLES_KEPT:]
            elif header := (plan := self.plans.choose(texts)).read_header(texts, self.where):
                yield from self._end_part(first)
                if plan != self.plan:
                    self.plan, self.builder = plan, RowBuilder(plan)
                self.header = header
            elif self.header and self.plan.skips(slots):
                self.builder.remove("skip_rows", *dict.fromkeys(slots))
                self.has_skipped = True
            elif self.header:
                known = len(self.others)
                row = self._read_row(slots, f"row {number} of {self.where}")
                if _is_stacked(row):
                    others, self.others = self.others[known:], self.others[:known]
                    yield from self._end_part(first)
                    yield self._read_column_table(row, others, end)
                    self._mark_titles_used()
                else:
                    self.rows.append(row)
        yield from self._end_part(self.table.end_line)

    def _adds_details(self, cell: Cell | None) -> bool:
        """Add the cells of a full-width row to the row above; return whether they fit."""
        if cell is None or not self.rows:
            return False
        known = {field for field, _ in self.header if field}
        details = read_details(cell, known, self.plan.vocabulary)
        if details is None or not details.keys().isdisjoint(self.rows[-1]):
            return False
        self.rows[-1] = {**self.rows[-1], **details}
        return True

    def _check_details(self) -> None:
        """Raise Unreadable if only some of the rows have details below them."""
        fields = {frozenset(row) for row in self.rows}
        if len(fields) > 1:
            raise Unreadable(f"{self.where}: not all rows have the same cells below them")

    def _read_row(self, slots: Slots, where: str) -> Row:
        if len(slots) != len(self.header):
            raise Unreadable(
                f"{where} has {len(slots)} cells where its header has {len(self.header)}"
            )
        columns: list[tuple[Field, Cell]] = []
        for (field, name), cell in zip(self.header, slots, strict=True):
            if cell is None:
                raise Unreadable(f'{where} has no cell under "{name}"')
            if field:
                columns.append((field, cell))
            else:
                self.others.append((name, cell))
        return self.builder.build(columns)

    def _end_part(self, end: int) -> Iterator[Grid]:
        """Yield the rows since the last header or title as a grid that ends at line `end`.

        If a rule omitted all of them, the grid is empty: its lines are taken nevertheless.
        """
        self._check_details()
        if self.rows or self.has_skipped:
            first, self.first = self.first, end
            self._use_protocol_column()
            yield Grid(
                where=self.where,
                first=first,
                end=end,
                rows=tuple(self.rows),
                inner_titles=tuple(self.titles),
                others=tuple(self.others),
                **self._describe_reading(),
            )
            self._mark_titles_used()
        self.rows, self.others, self.has_skipped = [], [], False

    def _use_protocol_column(self) -> None:
        """Make the only unknown column that contains just protocols the protocol column.

        This is not done if a port cell has words: they may state the protocol themselves.
        """
        unknown = [name for field, name in self.header if field is None] if self.rows else []
        columns = [self.others[at :: len(unknown)] for at in range(len(unknown))]
        found = [at for at, cells in enumerate(columns) if _are_protocols(cells)]
        if len(found) != 1 or not all(_lacks_protocol(row) for row in self.rows):
            return
        for row, (_, cell) in zip(self.rows, columns[found[0]], strict=True):
            row["protocol"] = cell
        self.others = [
            other
            for number, other in enumerate(self.others)
            if number % len(unknown) != found[0]
        ]

    def _mark_titles_used(self) -> None:
        """Record that rows followed the titles so far: they are not directly at later rows."""
        self.titles = [title._replace(own=False) for title in self.titles]

    def _read_column_table(
        self, row: Row, others: list[tuple[str, Cell]], end: int
    ) -> ColumnTable:
        first, self.first = self.first, end
        count = len(row["direction"].lines)
        found = [other for other in others if _are_protocol_lines(other[1], count)]
        if len(found) == 1 and _lacks_protocol(row):
            row["protocol"] = found[0][1]
            others.remove(found[0])
        return ColumnTable(
            where=self.where,
            first=first,
            end=end,
            count=count,
            columns={
                field: split_cells(self.document, cell.lines) for field, cell in row.items()
            },
            inner_titles=tuple(self.titles),
            others=tuple(others),
            **self._describe_reading(),
        )

    def _describe_reading(self) -> dict[str, Any]:
        """Return the fields of a grid about its plan, and the values removed since the last."""
        removed, self.builder.removed = tuple(self.builder.removed), []
        return {
            "header": tuple(name for _, name in self.header),
            "rule": self.plan.rule,
            "defaults": self.plan.defaults,
            "values": self.plan.values,
            "removed": removed,
            "replaced": frozenset(self.builder.replaced),
            "is_certain": self.plan.is_certain(self.header),
        }


def _lacks_protocol(row: Row) -> bool:
    return "protocol" not in row and not _NAMES_PROTOCOL.search(row["ports"].text)


def _are_protocols(column: list[tuple[str, Cell]]) -> bool:
    return all(is_protocol(cell.text) for _, cell in column)


def _are_protocol_lines(cell: Cell, count: int) -> bool:
    return len(cell.lines) == count and all(is_protocol(line.text) for line in cell.lines)


def _find_line_range(row: list[TableCell], default: int) -> tuple[int, int]:
    """Return the first line of a row, and the line after its last."""
    return (row[0].first_line, row[-1].end_line) if row else (default, default)


def _read_caption(document: Document, table: Table) -> list[Title]:
    """Return the lines of the table before its first cell, nearest first."""
    first_cell = next((cell.first_line for row in table.rows for cell in row), table.end_line)
    lines = document.lines[table.first_line : first_cell][:_TITLES_KEPT]
    return [Title(line.text, "caption") for line in reversed(lines)]


def _is_full_width(slots: Slots) -> bool:
    """Return whether one cell spans the whole row."""
    return all(cell is slots[0] for cell in slots)


def _is_stacked(row: Row) -> bool:
    lines = row["direction"].lines
    return len(lines) > 1 and all(direction_of(line.text) for line in lines)


def read_details(cell: Cell, known: Collection[Field], vocabulary: Vocabulary) -> Row | None:
    """Return the cells that a full-width row adds to the row above it; None for a title.

    Each is a list item or a label with a colon, for a column that is not in the header.
    """
    found: dict[Field, list[PageLine]] = {}
    last: list[PageLine] | None = None
    for line in cell.lines:
        taken = _split_item(line, vocabulary)
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


def _split_item(line: PageLine, vocabulary: Vocabulary) -> tuple[Field, str] | None:
    """Return the header and the value in a line, or None."""
    if taken := split_label(line.text, vocabulary):
        return taken
    if not line.bullet:
        return None
    return next(_split_by_words(line.text, vocabulary), None)


def _split_by_words(text: str, vocabulary: Vocabulary) -> Iterator[tuple[Field, str]]:
    """Yield headers and values, the longest header first: "Required for (Required) ..."."""
    words = text.split()
    for count in range(min(_HEADER_WORDS, len(words) - 1), 0, -1):
        if field := field_of(" ".join(words[:count]), vocabulary):
            yield field, " ".join(words[count:])
