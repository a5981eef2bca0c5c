"""The two forms of a table after its markup is read: rows of cells, or columns of lines."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from tracker.parse.markup.document import PageLine
from tracker.parse.vocabulary import Field
from tracker.sources.definition import Defaults, ValueRules


class Removed(msgspec.Struct, frozen=True):
    """A value that a rule of the definition removed, and the kind of rule."""

    how: str
    value: str


class Cell(msgspec.Struct, frozen=True):
    """The lines of one cell; a spanning cell is the same object in each row that it spans."""

    lines: tuple[PageLine, ...]

    @property
    def text(self) -> str:
        """The whole cell on one line."""
        return " ".join(line.text for line in self.lines)


class Title(NamedTuple):
    """Words that may be the title of a table, and their role on the page.

    `own` is true if they are directly at this table; otherwise they are above an earlier table
    and apply to later ones too. `sure` is false if they may belong to another table.
    """

    text: str
    role: str
    own: bool = True
    sure: bool = True


Row = dict[Field, Cell]
CellSplit = tuple[Cell, ...]  # one way to split a column into cells


class DefinedTable(msgspec.Struct, frozen=True, kw_only=True):
    """How the definition was applied to a table of either form.

    `header` lists the names of its columns, `rule` is the rule that was applied, `defaults`
    replace missing columns, `values` are the rules for its texts, `removed` lists what they
    removed, and `replaced` the cell lines, as on the page, that were replaced or ignored.
    `is_certain` is false if it is a firewall table only by the defaults.
    """

    header: tuple[str, ...] = ()
    rule: str = ""
    defaults: Defaults = Defaults()
    values: ValueRules = ValueRules()
    removed: tuple[Removed, ...] = ()
    replaced: frozenset[str] = frozenset()
    is_certain: bool = True


class Grid(DefinedTable, frozen=True):
    """Rows of cells by field, from lines `first` to `end` of the document.

    `inner_titles` lists full-width rows directly above these rows, nearest first. `others` has
    the cells of columns with an unknown header, by that header.
    """

    where: str
    first: int
    end: int
    rows: tuple[Row, ...]
    inner_titles: tuple[Title, ...] = ()
    others: tuple[tuple[str, Cell], ...] = ()


class ColumnTable(DefinedTable, frozen=True):
    """Columns in sequence on the page: for each field, the ways to split it into cells.

    `count` is the number of rows in the direction column. `rows.py` decides which split of each
    other column is right, and which resource spans which rows.
    """

    where: str
    first: int
    end: int
    count: int
    columns: dict[Field, tuple[CellSplit, ...]]
    inner_titles: tuple[Title, ...] = ()
    others: tuple[tuple[str, Cell], ...] = ()


def list_named_columns(grid: Grid | ColumnTable) -> tuple[str, ...]:
    """Return the header by which a rule can select the table; empty if it has no markup."""
    return grid.header if grid.where.startswith("table ") else ()


class IgnoredPart(NamedTuple):
    """Lines that a rule of the definition ignores."""

    rule: str
    first: int
    end: int


class FoundTables(msgspec.Struct):
    """The tables of one page with the titles above each, and what the definition's rules did.

    `used` lists the rules that were applied to something.
    """

    tables: list[tuple[Grid | ColumnTable, tuple[Title, ...]]]
    ignored: list[IgnoredPart] = msgspec.field(default_factory=list)
    used: set[str] = msgspec.field(default_factory=set)

    @property
    def grids(self) -> list[Grid | ColumnTable]:
        """The tables without their titles."""
        return [grid for grid, _ in self.tables]
