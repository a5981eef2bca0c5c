"""Finds the tables of a page: tries each shape in turn on the lines that are not taken yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tracker.errors import Unreadable
from tracker.parse.grid import ColumnTable, FoundTables, Grid, IgnoredPart
from tracker.parse.markup.document import Document, Table, find_heading
from tracker.parse.markup.markdown import convert_to_html, is_markdown_with_tables
from tracker.parse.markup.page_rules import NO_RULES, PageRules
from tracker.parse.markup.plain_text import read_plain
from tracker.parse.shapes.cards import read_cards
from tracker.parse.shapes.columns import read_column_tables
from tracker.parse.shapes.div_tables import find_div_tables
from tracker.parse.shapes.lists import find_below_headings, read_lists
from tracker.parse.shapes.plans import RowBuilder, TablePlan, TablePlans, build_plan
from tracker.parse.shapes.tables import read_table, read_texts
from tracker.parse.shapes.titles import attach_titles
from tracker.parse.vocabulary import normalize_header
from tracker.sources.definition import Definition, ListRule, TableRule

ANY_PAGE = Definition()
_COMMENTS = re.compile(r"^\s*(?:<!--.*?-->\s*)*", re.DOTALL)


def read_document(text: str, rules: PageRules = NO_RULES) -> Document:
    """Return markup, Markdown or plain text as a document, by the rules of a definition.

    Raises NotAPage, and Unreadable if the rules have selectors but the text has no markup.
    """
    if is_markup(text):
        from tracker.parse.markup.html import (  # noqa: PLC0415  Beautiful Soup only for markup
            read_html,
        )

        if not is_markdown_with_tables(text):
            return read_html(text, rules)
        document = read_html(convert_to_html(text), rules)
        document.has_end = not document.left_open  # Markdown has no end tag
        return document
    if rules.has_selectors:
        raise Unreadable("the page is plain text, in which no CSS selector finds anything")
    return read_plain(text, rules.readings)


def is_markup(text: str) -> bool:
    """Return whether the text begins like markup, or is Markdown around HTML tables."""
    head = _COMMENTS.sub("", text[:4096]).lower()  # Markdown can begin with a comment, too
    if head.startswith("<") or "<html" in head or "<table" in head or "<body" in head:
        return True
    return is_markdown_with_tables(text)


def find_tables(document: Document, definition: Definition = ANY_PAGE) -> FoundTables:
    """Return each table of the page, in order, with the titles above it, nearest first.

    Raises Unreadable for an ambiguous table.
    """
    finder = _Finder(document, definition)
    found = sorted(finder.find(), key=lambda grid: grid.first)
    return FoundTables(list(attach_titles(document, found)), finder.ignored, finder.used)


class _Finder:
    """Tries each shape in turn and marks the lines of tables as taken."""

    def __init__(self, document: Document, definition: Definition) -> None:
        self.document, self.definition = document, definition
        self.taken = [False] * len(document.lines)
        self.ignored: list[IgnoredPart] = []
        self.used: set[str] = set()

    def find(self) -> Iterator[Grid | ColumnTable]:
        """Yield all tables: first those that rules select, last those without markup."""
        document, plan = self.document, build_plan(self.definition)
        yield from self._read_lists(by_css=True)
        for number, table in enumerate(document.tables, start=1):
            if not table.holds_tables:  # a table around tables is layout
                yield from self._read_table(table, f"table {number}", plan)
        yield from self._read_lists(by_css=False)
        usual = TablePlans(plan)
        boxes = find_div_tables(document, self.taken, plan.vocabulary)
        for number, table in enumerate(boxes, start=1):
            yield from self._take(read_table(document, table, f"boxes {number}", usual))
        cards = read_cards(document, self.taken, plan.vocabulary)
        yield from self._take([_apply_plan(grid, plan) for grid in cards])
        yield from read_column_tables(document, self.taken, plan.vocabulary)

    def _take(self, found: Sequence[Grid | ColumnTable]) -> Sequence[Grid | ColumnTable]:
        """Mark the lines of these tables as taken, and return the tables."""
        for grid in found:
            self.taken[grid.first : grid.end] = [True] * (grid.end - grid.first)
        return found

    def _read_table(
        self, table: Table, where: str, usual: TablePlan
    ) -> Sequence[Grid | ColumnTable]:
        plans = TablePlans(usual, tuple(self._iter_options(table, where)))
        chosen = plans.choose_all(read_texts(self.document, table)) if plans.options else []
        rules = [plan.rule for plan in chosen if plan.rule]
        self.used.update(rules)
        ignored = [plan.rule for plan in chosen if plan.is_ignored]
        if ignored and len(ignored) < len(chosen):
            raise Unreadable(
                f"{where}: {ignored[0]} of the definition ignores it, but it has a second"
                " header that another rule reads"
            )
        if ignored:
            self._ignore(ignored[0], table.first_line, table.end_line)
            return ()
        if any(self.taken[table.first_line : table.end_line]):  # read as lists before
            return ()
        try:
            return self._take(read_table(self.document, table, where, plans))
        except Unreadable as error:
            rows = read_texts(self.document, table)
            header = next((tuple(row) for row in rows if len(set(row)) > 1), ())
            heading = find_heading(self.document, table.first_line)
            raise error.at_table(header, heading, "".join(rules[:1])) from None

    def _iter_options(
        self, table: Table, where: str
    ) -> Iterator[tuple[frozenset[str], TablePlan]]:
        """Yield the plans of rules that fit the table, with the columns that they require."""
        for number, rule in enumerate(self.definition.tables):
            if self._fits(rule, table):
                plan = build_plan(self.definition, rule, f"tables[{number}]")
                if rule.region == "heading":
                    plan = self._with_region(plan, table.first_line, where)
                yield frozenset(map(normalize_header, rule.header)), plan

    def _fits(self, rule: TableRule, table: Table) -> bool:
        """Return whether the table is below the heading and within the selector of a rule."""
        if rule.heading is not None:
            titles = (find_heading(self.document, table.first_line), *self._iter_caption(table))
            if not any(re.search(rule.heading, title) for title in titles):
                return False
        return rule.css is None or any(
            first <= table.first_line and table.end_line <= end
            for first, end in self.document.marks.get(rule.css, ())
        )

    def _iter_caption(self, table: Table) -> Iterator[str]:
        """Yield the lines of the table before its first cell."""
        first = next((cell.first_line for row in table.rows for cell in row), table.end_line)
        yield from (line.text for line in self.document.lines[table.first_line : first])

    def _with_region(self, plan: TablePlan, line: int, where: str) -> TablePlan:
        heading = find_heading(self.document, line)
        if not heading:
            raise Unreadable(f"{where}: no heading stands above it that could be its region")
        return msgspec.structs.replace(plan, region=heading)

    def _ignore(self, rule: str, first: int, end: int) -> None:
        """Record the lines that are not taken yet as ignored, and take all of them."""
        start = first
        for at in range(first, end + 1):
            if at == end or self.taken[at]:
                if start < at:
                    self.ignored.append(IgnoredPart(rule, start, at))
                start = at + 1
        self.taken[first:end] = [True] * (end - first)

    def _read_lists(self, *, by_css: bool) -> Iterator[Grid]:
        for number, rule in enumerate(self.definition.lists):
            if (rule.css is not None) != by_css:
                continue
            name = f"lists[{number}]"
            for first, end in self._find_lists(rule):
                self.used.add(name)
                if rule.action == "ignore":
                    self._ignore_lines(name, first, end)
                else:
                    yield from self._read_list(name, rule, first, end)

    def _find_lists(self, rule: ListRule) -> Iterator[tuple[int, int]]:
        """Yield the line ranges of lists that a rule selects; outer ones include inner ones."""
        if rule.css is None:
            yield from find_below_headings(self.document, rule.heading or "")
            return
        seen = 0
        for first, end in sorted(self.document.marks.get(rule.css, ()), key=_outer_first):
            heading = find_heading(self.document, first)
            if first >= seen and (rule.heading is None or re.search(rule.heading, heading)):
                yield first, end
                seen = end

    def _read_list(self, name: str, rule: ListRule, first: int, end: int) -> Iterator[Grid]:
        plan = msgspec.structs.replace(
            build_plan(self.definition), defaults=rule.defaults.over(self.definition.defaults)
        )
        plan = msgspec.structs.replace(plan, rule=name)
        if rule.region == "heading":
            plan = self._with_region(plan, first, "the list")
        taken = self.taken if rule.css is not None else self._list_taken_or_tabular()
        found = list(read_lists(self.document, (first, end), taken, plan))
        self._take(found)
        yield from found

    def _list_taken_or_tabular(self) -> list[bool]:
        """Return for each line whether it is taken or part of a table."""
        taken = list(self.taken)
        for table in self.document.tables:
            if not table.holds_tables:
                lines = table.end_line - table.first_line
                taken[table.first_line : table.end_line] = [True] * lines
        return taken

    def _ignore_lines(self, name: str, first: int, end: int) -> None:
        """Ignore the lines of a range outside tables."""
        start = first
        for table in self.document.tables:
            if first <= table.first_line < end and not table.holds_tables:
                self._ignore(name, start, table.first_line)
                start = table.end_line
        self._ignore(name, start, max(start, end))


def _apply_plan(grid: Grid, plan: TablePlan) -> Grid:
    """Return a grid that is not a `<table>`, with its rows read by the plan."""
    builder = RowBuilder(plan)
    rows = tuple(builder.build(list(row.items())) for row in grid.rows)
    return msgspec.structs.replace(
        grid,
        rows=rows,
        defaults=plan.defaults,
        values=plan.values,
        removed=tuple(builder.removed),
        replaced=frozenset(builder.replaced),
    )


def _outer_first(lines: tuple[int, int]) -> tuple[int, int]:
    return lines[0], -lines[1]
