"""The two forms in which a table leaves its markup: rows of cells, or columns of lines."""

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
    """The lines of one cell; a spanning cell is the same object in each row it covers."""

    lines: tuple[PageLine, ...]

    @property
    def text(self) -> str:
        """The whole cell on one line."""
        return " ".join(line.text for line in self.lines)


class Title(NamedTuple):
    """Words that may name a table, and in what role they stand on the page.

    `own` says that they are directly at this table; other words are above an earlier table and
    apply to later ones too. `sure` is false if it is not certain that they are this table's.
    """

    text: str
    role: str
    own: bool = True
    sure: bool = True


Row = dict[Field, Cell]
CellSplit = tuple[Cell, ...]  # one way to split a column into cells


class DefinedTable(msgspec.Struct, frozen=True, kw_only=True):
    """How the definition was applied to a table of either form.

    `header` are the names of its columns, `rule` is the rule that took it, `defaults` replace
    columns that it lacks, `values` is how its texts were read, `removed` what was removed from
    them, `replaced` the lines of cells, as on the page, that were read otherwise or ignored.
    `is_certain` is false if only defaults make it a firewall table.
    """

    header: tuple[str, ...] = ()
    rule: str = ""
    defaults: Defaults = Defaults()
    values: ValueRules = ValueRules()
    removed: tuple[Removed, ...] = ()
    replaced: frozenset[str] = frozenset()
    is_certain: bool = True


class Grid(DefinedTable, frozen=True):
    """Rows of cells by field, found at lines `first` to `end` of the document.

    `inner_titles` are full-width rows right above these rows, nearest first. `others` are
    the cells of columns with an unknown header, by that header.
    """

    where: str
    first: int
    end: int
    rows: tuple[Row, ...]
    inner_titles: tuple[Title, ...] = ()
    others: tuple[tuple[str, Cell], ...] = ()


class ColumnTable(DefinedTable, frozen=True):
    """Columns that come one after the other: per field, the ways to split it into cells.

    `count` is the number of rows in the direction column. Which split of each other
    column is right, and which resource spans which rows, is decided in `rows.py`.
    """

    where: str
    first: int
    end: int
    count: int
    columns: dict[Field, tuple[CellSplit, ...]]
    inner_titles: tuple[Title, ...] = ()
    others: tuple[tuple[str, Cell], ...] = ()


def list_named_columns(grid: Grid | ColumnTable) -> tuple[str, ...]:
    """Return the header by which a rule can take the table; nothing for one made of lines."""
    return grid.header if grid.where.startswith("table ") else ()


class IgnoredPart(NamedTuple):
    """Lines that a rule of the definition has ignored."""

    rule: str
    first: int
    end: int


class FoundTables(msgspec.Struct):
    """The tables of one page with the titles above each, and what the definition's rules did.

    `used` are the rules that took something.
    """

    tables: list[tuple[Grid | ColumnTable, tuple[Title, ...]]]
    ignored: list[IgnoredPart] = msgspec.field(default_factory=list)
    used: set[str] = msgspec.field(default_factory=set)

    @property
    def grids(self) -> list[Grid | ColumnTable]:
        """The tables without their titles."""
        return [grid for grid, _ in self.tables]
