"""Assigns tables to tabs that are linked to their panels only by their order.

The boxes after a row of tabs can be its panels. If there are as many boxes as tabs, the first
tab belongs to the first box, with any number of tables in it, and so on. If boxes of several
levels fit differently, or none do, the assignment is uncertain.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, pairwise
from typing import NamedTuple

import msgspec

from tracker.parse.grid import ColumnTable, Grid
from tracker.parse.markup.document import Blocks, Document
from tracker.parse.vocabulary import is_page_button

_FEWEST_TABS = 2
_LEVELS = 8  # of boxes, from the one around tabs and tables down to the panels
_MOST_ROWS = 40  # later rows on a page stay uncertain
_PARTS_OF_TABLE = frozenset("thead tbody tfoot tr th td caption".split())
_PANEL_CLASS = re.compile(r"tab(?!le)|pane")
_EVERYTHING = re.compile(r"^(?:view |show )?all(?: \w+)?$", re.IGNORECASE)

Found = Sequence[Grid | ColumnTable]


class TabRow(msgspec.Struct, frozen=True):
    """Adjacent tabs above table number `gap`; `fits` maps table numbers to tab numbers.

    If `fits` is empty, the assignment is uncertain. `in_content` is false in menus.
    """

    lines: tuple[int, ...]
    gap: int
    in_content: bool
    fits: Mapping[int, int] = {}


class _Fit(NamedTuple):
    """Tabs by table, with the boxes of one level as panels.

    `is_full`: each box has a table. `are_alike`: all have the same tag and share a class, if
    they have any. `are_named`: a shared class is named like a panel.
    """

    tabs: dict[int, int]
    is_full: bool
    are_alike: bool
    are_named: bool


def _choose_certain_tabs(
    boxed: Sequence[_Fit], bare: Sequence[_Fit], weak: dict[int, int]
) -> dict[int, int]:
    """Return the tabs by table if all fits agree on them; {} if they are uncertain."""
    named = [fit for fit in boxed if fit.are_named]
    if len(boxed) > 1 and len(named) == 1:
        return named[0].tabs
    if any(fit.tabs != boxed[0].tabs for fit in boxed):
        return {}
    if boxed:
        is_certain = not bare or any(fit.is_full for fit in boxed)
        return boxed[0].tabs if is_certain else {}
    if any(fit.tabs != bare[0].tabs for fit in bare):
        return {}
    return bare[0].tabs if bare else weak


def find_tab_rows(document: Document, found: Found, gaps: Sequence[range]) -> list[TabRow]:
    """Return all rows of tabs above the tables, in order."""
    rows = [
        TabRow(tuple(run), number, document.lines[run[0]].in_content)
        for number, gap in enumerate(gaps)
        for run in _find_runs(document, gap)
    ]
    if not rows:
        return rows
    finder = _Finder(document, found, rows)
    return [finder.fit_row(row) for row in rows[:_MOST_ROWS]] + rows[_MOST_ROWS:]


def _find_runs(document: Document, gap: range) -> Iterator[list[int]]:
    """Yield runs of adjacent clickable lines, without the buttons of the page."""
    beside: list[int] = []
    for at in gap:
        line = document.lines[at]
        if line.control != "loose":
            yield from group_side_by_side(document, beside)
            beside = []
        elif not is_page_button(line.text):
            beside.append(at)
    yield from group_side_by_side(document, beside)


def group_side_by_side(document: Document, numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield runs of adjacent lines that one box contains at the same depth."""
    joined: dict[int, int] = {}  # by line: the box of its run
    links = [(_find_common_box(document, *pair), pair) for pair in pairwise(numbers)]
    known = [(box, pair) for box, pair in links if box is not None]
    for box, pair in sorted(known, key=lambda link: -document.depths[link[0]]):
        if all(joined.get(at, box) == box for at in pair):
            joined.update(dict.fromkeys(pair, box))
    for run_box, run in groupby(numbers, joined.get):
        if run_box is not None:
            yield list(run)


def _find_common_box(document: Document, one: int, other: int) -> int | None:
    """Return the box that contains two lines at the same depth, or None."""
    first, second = document.lines[one], document.lines[other]
    depths = document.depths
    is_alike = depths[first.block] == depths[second.block]
    if not is_alike or first.in_content != second.in_content:
        return None
    return document.common(first.block, second.block)


class _Finder:
    """Finds the panels of each row of tabs among the boxes after it."""

    def __init__(self, document: Document, found: Found, rows: Sequence[TabRow]) -> None:
        self.document, self.blocks = document, Blocks(document)
        self.tables = list(_find_boxes_of_tables(document, found))
        self._paths: dict[int, list[int]] = {}  # by box: its ancestors, from the root down
        self._row_blocks = [document.lines[row.lines[0]].block for row in rows[:_MOST_ROWS]]
        self._rows: dict[int, set[int]] = {}  # by depth: the boxes that contain rows of tabs
        self._places: dict[str, list[int]] = {}  # the line numbers of each text
        self._contents = [0]  # the number of content lines before each line
        for at, line in enumerate(document.lines):
            self._places.setdefault(line.text.lower(), []).append(at)
            is_button = line.control == "loose" and is_page_button(line.text)
            is_content = line.in_content and not is_button
            self._contents.append(self._contents[-1] + is_content)

    def fit_row(self, row: TabRow) -> TabRow:
        """Return the row with the tables that certainly belong to its tabs."""
        texts = [self.document.lines[at].text for at in row.lines]
        if len(set(texts)) < len(texts) or row.gap >= len(self.tables):
            return row
        fits = self._fit_tabs(row, texts)
        if not fits and _EVERYTHING.match(texts[0]) and len(texts) > _FEWEST_TABS:
            fits = {n: tab + 1 for n, tab in self._fit_tabs(row, texts[1:]).items()}
        return msgspec.structs.replace(row, fits=fits)

    def _fit_tabs(self, row: TabRow, texts: Sequence[str]) -> dict[int, int]:
        """Return tabs by table: by the panels of one level, or by the tables themselves.

        Boxes around tables have priority over the tables themselves as panels, but only if each
        box has a table: two tables may be in the first of two boxes and none in the second.
        """
        boxed: list[_Fit] = []
        bare: list[_Fit] = []
        weak: dict[int, int] = {}
        for number, level in enumerate(self._list_levels(row)):
            boxes = self._list_boxes_after(row, level)
            tables = self._find_tables(row, boxes)
            holders = self._drop_copies(boxes, set(tables.values()), texts)
            panels = self._choose_panels(boxes, holders, texts)
            fit = self._judge_panels(tables, panels)
            if any(self.tables[n] == box for n, box in tables.items()):
                bare += [fit] if panels else []
            elif fit.is_full or fit.are_alike:
                boxed += [fit] if panels else []
            if number == 0 and not panels and len(holders) == len(texts):
                weak = _assign_tabs(tables, holders)
        return _choose_certain_tabs(boxed, bare, weak)

    def _judge_panels(self, tables: Mapping[int, int], panels: Sequence[int]) -> _Fit:
        tabs = _assign_tabs(tables, panels)
        looks = [self.document.looks[panel].split() for panel in panels]
        classes = [set(look[1:]) for look in looks]
        shared = set.intersection(*classes) if classes else set()
        same_tag = len({tuple(look[:1]) for look in looks}) == 1
        return _Fit(
            tabs,
            is_full=len(set(tabs.values())) == len(panels),
            are_alike=same_tag and (bool(shared) or not any(classes)),
            are_named=any(_PANEL_CLASS.search(name.lower()) for name in shared),
        )

    def _list_levels(self, row: TabRow) -> list[int]:
        """Return the boxes around the first table, starting with the one around the row."""
        table = self.tables[row.gap]
        block = self.document.lines[row.lines[-1]].block
        top = self.document.common(block, table)
        levels: list[int] = []
        while table != top:
            table = self.document.parents[table]
            levels.append(table)
        return levels[::-1][:_LEVELS]

    def _list_boxes_after(self, row: TabRow, level: int) -> list[int]:
        """Return the direct children of a box that begin after the row."""
        children = self.blocks.children(level)
        block = max(self.document.lines[at].block for at in row.lines)
        return list(children[bisect_right(children, block) :])

    def _find_tables(self, row: TabRow, boxes: list[int]) -> dict[int, int]:
        """Return the box of each table; remove the boxes from the next row on from `boxes`."""
        depth = self.document.depths[boxes[0]] if boxes else 0
        inside = set(boxes)
        found: dict[int, int] = {}
        for number in range(row.gap, len(self.tables)):
            box = self._find_box(self.tables[number], depth)
            if box not in inside:
                break
            found[number] = box
        holders = set(found.values())
        others = self._find_boxes_of_rows(depth) - holders
        is_after_table = False
        for at, box in enumerate(boxes):
            if is_after_table and box in others:
                del boxes[at:]
                break
            is_after_table = is_after_table or box in holders
        kept = set(boxes)
        return {number: box for number, box in found.items() if box in kept}

    def _find_box(self, table: int, depth: int) -> int:
        """Return the box at this depth that contains a table's box, or the table's box."""
        if depth >= self.document.depths[table]:
            return table
        parent = self.document.parents[table]
        if parent not in self._paths:
            path = [parent]
            while path[-1]:
                path.append(self.document.parents[path[-1]])
            self._paths[parent] = path[::-1]
        return self._paths[parent][depth]

    def _find_boxes_of_rows(self, depth: int) -> set[int]:
        if depth not in self._rows:
            ancestor = self.document.ancestor
            self._rows[depth] = {ancestor(block, depth) for block in self._row_blocks}
        return self._rows[depth]

    def _drop_copies(
        self, boxes: list[int], holders: set[int], texts: Sequence[str]
    ) -> list[int]:
        """Return the boxes with tables, without those of a copy for phones.

        They are removed from `boxes`, too. A copy repeats all titles, in one box or in several.
        """
        kept: list[int] = []
        for at, box in enumerate(boxes):
            if len(kept) >= len(texts) and self._is_title(box, texts[0]):
                del boxes[at:]
                break
            if box in holders and not self._has_all(box, texts):
                kept.append(box)
        if len(kept) < len(holders):
            boxes[:] = [box for box in boxes if box in kept or not self._has_all(box, texts)]
        return kept

    def _choose_panels(
        self, boxes: Sequence[int], holders: Sequence[int], texts: Sequence[str]
    ) -> Sequence[int]:
        """Return the boxes, without titles for phones, if they are as many as the tabs."""
        if not holders:
            return ()
        count = len(texts)
        full = list(islice(self._iter_full(boxes, texts), count + 1))
        if len(holders) == count and full[:count] == holders:
            return holders
        drawn = (box for box in boxes if not self.blocks.size(box) or self._has_content(box))
        ways = (list(islice(drawn, count + 1)), full)
        return next((way for way in ways if len(way) == count), ())

    def _iter_full(self, boxes: Sequence[int], titles: Sequence[str]) -> Iterator[int]:
        """Yield the boxes that contain more than a title."""
        for box in boxes:
            if self._has_content(box) and not any(
                self._is_title(box, title) for title in titles
            ):
                yield box

    def _has_content(self, box: int) -> bool:
        """Return whether a box has a line that is neither a button nor in a menu."""
        first, end = self.blocks.first[box], self.blocks.end[box]
        return self._contents[max(end, first)] > self._contents[first]

    def _is_title(self, box: int, title: str) -> bool:
        """Return whether a box contains only this title."""
        first = self.document.lines[self.blocks.first[box]]
        return self.blocks.size(box) == 1 and first.text.lower() == title.lower()

    def _has_all(self, box: int, titles: Sequence[str]) -> bool:
        """Return whether a box has a line with each of these titles, and more lines."""
        first, end = self.blocks.first[box], self.blocks.end[box]
        if end - first <= len(titles):
            return False
        places = (self._places.get(title.lower(), []) for title in titles)
        return all(bisect_left(at, first) < bisect_left(at, end) for at in places)


def _assign_tabs(tables: Mapping[int, int], panels: Sequence[int]) -> dict[int, int]:
    places = {panel: at for at, panel in enumerate(panels)}
    return {number: places[box] for number, box in tables.items() if box in places}


def _find_boxes_of_tables(document: Document, found: Found) -> Iterator[int]:
    """Yield for each table the smallest box that contains it, outside table markup."""
    whole = [table for table in document.tables if not table.holds_tables]
    starts = [table.first_line for table in whole]
    for grid in found:
        first, end = grid.first, grid.end
        at = bisect_right(starts, first) - 1
        if at >= 0 and first < whole[at].end_line:
            first, end = whole[at].first_line, whole[at].end_line
        lines = document.lines
        box = document.common(lines[first].block, lines[max(end - 1, first)].block)
        while document.looks[box].partition(" ")[0] in _PARTS_OF_TABLE:
            box = document.parents[box]
        yield box
