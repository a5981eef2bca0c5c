"""Plans for reading a table: the names of its columns, which are optional, and defaults.

A definition's rules choose the plan of each table of a page. A table without a rule is read by
the general columns and defaults of the definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from tracker.errors import Unreadable
from tracker.parse.grid import Cell, Removed, Row
from tracker.parse.value_rules import apply_to_cell, list_values, make_cell
from tracker.parse.vocabulary import (
    REQUIRED,
    Field,
    Vocabulary,
    extend_vocabulary,
    field_of,
    normalize_header,
)
from tracker.sources.definition import Defaults, Definition, TableRule, ValueRules
from tracker.text import quote

_PORT_FIELDS: dict[Field, str] = {"tcp_ports": "TCP", "udp_ports": "UDP"}
_SEVERAL: tuple[Field, ...] = ("resource", "ignore")  # columns that may occur several times
_NOTHING = frozenset({"-", "–", "—", "n/a", "none", "not applicable"})
_USUAL_WIDTH = 3  # columns of the narrowest table without defaults

HeaderFields = list[tuple[Field | None, str]]


class TablePlan(msgspec.Struct, frozen=True):
    """How the rows of one table become rows of cells by field.

    `named` lists the headers that the definition names, `rule` is the rule for the table, and
    `region` replaces a column of regions.
    """

    vocabulary: Vocabulary
    defaults: Defaults = Defaults()
    values: ValueRules = ValueRules()
    named: frozenset[str] = frozenset()
    skip_rows: re.Pattern[str] | None = None
    label_prefix: str = ""
    rule: str = ""
    region: str = ""
    is_ignored: bool = False

    @property
    def required(self) -> frozenset[Field]:
        """The columns that the header must have."""
        filled = {
            field
            for field in ("direction", "ports")
            if getattr(self.defaults, field) is not None
        }
        return frozenset(REQUIRED) - filled

    def read_header(self, texts: Sequence[str], where: str) -> HeaderFields | None:
        """Return the field and name of each column, or None if this row is not a header.

        Raises Unreadable if two columns mean the same.
        """
        fields = [field_of(text, self.vocabulary) for text in texts]
        if not self._names_columns(fields, texts):
            return None
        self._check_header(fields, texts, where)
        return list(zip(fields, texts, strict=True))

    def is_header(self, texts: Sequence[str]) -> bool:
        """Return whether a row of these texts names all required columns."""
        return self._names_columns([field_of(text, self.vocabulary) for text in texts], texts)

    def _names_columns(self, fields: Sequence[Field | None], texts: Sequence[str]) -> bool:
        known = {"ports" if field in _PORT_FIELDS else field for field in fields if field}
        if not self.required <= known:
            return False
        if len(self.required) == len(REQUIRED):
            return len(texts) >= _USUAL_WIDTH or not _PORT_FIELDS.keys().isdisjoint(fields)
        return not any(map(list_values, texts))  # a row of values may contain a header word

    def _check_header(
        self, fields: Sequence[Field | None], texts: Sequence[str], where: str
    ) -> None:
        for field in {field for field in fields if field}:
            names = [text for each, text in zip(fields, texts, strict=True) if each == field]
            if len(names) == 1 or (
                field in _SEVERAL
                and all(normalize_header(name) in self.named for name in names)
            ):
                continue
            raise Unreadable(
                f"{where}: two columns of its header mean the same"
                f" ({quote(' | '.join(texts))}); it is not certain which one to read"
            )

    def is_certain(self, header: HeaderFields) -> bool:
        """Return whether this is certainly a firewall table, not only by the defaults."""
        names = dict(header)
        if self.rule or not {"ports", "direction", *_PORT_FIELDS}.isdisjoint(names):
            return True
        return normalize_header(names["resource"]) in self.named

    def skips(self, cells: Sequence[Cell | None]) -> bool:
        """Return whether the definition omits this row, by one of its cells or by all."""
        if self.skip_rows is None:
            return False
        texts = [cell.text if cell else "" for cell in cells]
        return any(self.skip_rows.search(text) for text in (*texts, " | ".join(texts)))


class TablePlans(msgspec.Struct, frozen=True):
    """The plans for one table; the first whose columns are in the header is used.

    `options` are pairs of required columns and plan; a rule for any header requires none.
    `usual` is for a header that fits no rule.
    """

    usual: TablePlan
    options: tuple[tuple[frozenset[str], TablePlan], ...] = ()

    def choose(self, texts: Iterable[str]) -> TablePlan:
        """Return the plan for the rows below a header with these texts."""
        if not self.options:
            return self.usual
        header = frozenset(map(normalize_header, texts))
        fitting = (plan for needed, plan in self.options if needed <= header)
        return next(fitting, self.usual)

    def choose_all(self, rows: Iterable[Sequence[str]]) -> list[TablePlan]:
        """Return the plan of each header in a table; without one, that of the first row."""
        by_header = [needed for needed, _ in self.options if needed]
        plans: list[TablePlan] = []
        first: Sequence[str] = ()
        for texts in rows:
            plan, first = self.choose(texts), first or texts
            header = frozenset(map(normalize_header, texts))
            if any(needed <= header for needed in by_header) or plan.is_header(texts):
                plans += [each for each in (plan,) if each not in plans]
        return plans or [self.choose(first)]


class RowBuilder:
    """Builds the rows of one table by its plan. A cell that spans rows stays one object."""

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan
        self.removed: list[Removed] = []
        self.replaced: set[str] = set()  # lines of cells that the rules changed or removed
        self._prepared: dict[tuple[Field, tuple[int, ...]], tuple[tuple[Cell, ...], Cell]] = {}

    def build(self, columns: Sequence[tuple[Field, Cell]]) -> Row:
        """Return one row: the joined cells of each field, and the defaults."""
        cells: dict[Field, list[Cell]] = {}
        for field, cell in columns:
            if field == "ignore":
                self.remove("an ignored column", cell)
            else:
                cells.setdefault(field, []).append(cell)
        row: Row = {field: self.prepare(field, *each) for field, each in cells.items()}
        self._join_ports(row)
        return self.fill(row)

    def fill(self, row: Row) -> Row:
        """Add default cells for columns that the table lacks; empty cells stay empty."""
        defaults = self.plan.defaults
        if "direction" not in row and defaults.direction:
            row["direction"] = make_cell(defaults.direction)
        if "ports" not in row and defaults.ports:
            row["ports"] = make_cell(*defaults.ports.split("\n"))
        if "components" not in row and defaults.components:
            row["components"] = make_cell(*defaults.components)
        if "region" not in row and self.plan.region:
            row["region"] = make_cell(self.plan.region)
        return row

    def remove(self, how: str, *cells: Cell | None) -> None:
        """Record the values of cells that a rule removes."""
        for cell in cells:
            self._keep_lines(cell)
            for line in cell.lines if cell else ():
                self.removed += (Removed(how, value) for value in list_values(line.text))

    def _keep_lines(self, cell: Cell | None) -> None:
        self.replaced.update(line.text for line in (cell.lines if cell else ()))

    def prepare(self, field: Field, *cells: Cell) -> Cell:
        """Return the cells of one field as one cell, after the rules for values."""
        key = field, tuple(map(id, cells))
        if key not in self._prepared:  # also keeps the cells alive, so that ids stay unique
            self._prepared[key] = cells, self._apply_rules(field, cells)
        return self._prepared[key][1]

    def _apply_rules(self, field: Field, cells: tuple[Cell, ...]) -> Cell:
        is_resource = field == "resource"
        found: list[Cell] = []
        for cell in cells:
            read, gone = apply_to_cell(cell, self.plan.values, is_resource=is_resource)
            self.removed += (Removed("drop", value) for value in gone)
            found.append(read)
            if read is not cell:
                self._keep_lines(cell)
        if field == "label" and found[0].lines:
            return make_cell(self.plan.label_prefix + found[0].text)
        if len(found) == 1:
            return found[0]
        lines = (line for cell in found for line in cell.lines)
        return Cell(tuple(line for line in lines if line.text.lower() not in _NOTHING))

    def _join_ports(self, row: Row) -> None:
        """Move the ports from TCP and UDP columns into the cell of ports."""
        if not _PORT_FIELDS.keys() & row.keys():
            return
        lines = list(row["ports"].lines) if "ports" in row else []
        for field, protocol in _PORT_FIELDS.items():
            texts = (line.text for line in row.pop(field, Cell(())).lines)
            lines += make_cell(*(f"{protocol} {t}" for t in texts if t not in _NOTHING)).lines
        row["ports"] = Cell(tuple(lines))


def build_plan(
    definition: Definition, rule: TableRule | None = None, name: str = ""
) -> TablePlan:
    """Return the plan of a table that `rule` fits, or of a table without a rule."""
    columns = (definition.columns, rule.columns if rule else {})
    return TablePlan(
        vocabulary=extend_vocabulary(*columns),
        defaults=rule.defaults.over(definition.defaults) if rule else definition.defaults,
        values=definition.values,
        named=frozenset(normalize_header(header) for each in columns for header in each),
        skip_rows=re.compile(rule.skip_rows) if rule and rule.skip_rows else None,
        label_prefix=definition.label_prefix,
        rule=name,
        is_ignored=rule is not None and rule.action == "ignore",
    )
