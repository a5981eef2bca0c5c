"""Finds the titles of each table: headings and lines above it, panels around it, tabs.

This module knows no names of regions. Each title has its role, by which `rows/regions.py` can
compare titles that name a region with others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from tracker.parse.grid import ColumnTable, Grid, Title
from tracker.parse.markup.document import Document, PageLine, Panel
from tracker.parse.shapes.tab_rows import TabRow, find_tab_rows, group_side_by_side
from tracker.parse.vocabulary import is_page_button

_MOST_TITLES = 24
_TITLE_LENGTH = 120

Found = Sequence[Grid | ColumnTable]
TitledGrid = tuple[Grid | ColumnTable, tuple[Title, ...]]
PlacedTitle = tuple[int, Title]  # the line number of a title, and the title


def attach_titles(document: Document, found: Found) -> Iterator[TitledGrid]:
    """Yield each table with its titles, nearest first; `found` is in page order."""
    gaps = list(_find_gaps(found))
    rows = find_tab_rows(document, found, gaps)
    tabs = _assign_tabs(document, rows, len(found))
    lists = _assign_list_items(document, gaps)
    kept = _TitleKeeper(document, found, {at for row in rows for at in row.lines})
    for number, grid in enumerate(found):
        titles = kept.find_titles(gaps[number], number)
        near = _merge_titles(titles.near, tabs[number])
        yield (
            grid,
            (*grid.inner_titles, *near, *lists[number], *titles.far, *titles.outside),
        )


def _find_gaps(found: Found) -> Iterator[range]:
    """Yield the lines between each table and the previous one."""
    at = 0
    for grid in found:
        yield range(at, grid.first)
        at = max(at, grid.end)


class _Entry(msgspec.Struct):
    """A title that applies until line `end`, found at line `at` above table `number`."""

    text: str
    role: str
    at: int
    end: int
    number: int
    heading: int = 0
    sure: bool = True
    around: int | None = None  # the block that contains it and the first table below it


class _Titles(msgspec.Struct):
    """The titles of a table: directly above it, further up, and outside the content."""

    near: list[PlacedTitle] = msgspec.field(default_factory=list)
    far: list[Title] = msgspec.field(default_factory=list)
    outside: list[Title] = msgspec.field(default_factory=list)


class _TitleKeeper:
    """Collects the titles down the page, and keeps those that still apply."""

    def __init__(self, document: Document, found: Found, tab_lines: set[int]) -> None:
        self.document, self.found, self.tab_lines = document, found, tab_lines
        starts = [grid.first for grid in found]
        self.panels = [
            panel
            for panel in document.panels
            if bisect_left(starts, panel.first_line) < bisect_left(starts, panel.end_line)
        ]
        self.panel_titles = {panel.title for panel in self.panels}
        self.next_panel = 0
        self.open: list[Panel] = []
        self.entries: list[_Entry] = []
        self.outside: list[Title] = []  # the last titles in menus and the page head

    def find_titles(self, gap: range, number: int) -> _Titles:
        """Collect the titles in the gap above table `number`, and return the table's titles."""
        first = self.found[number].first
        lines = self.document.lines
        self._end_sections([lines[at] for at in gap])
        for at in gap:
            self._open_panels(at, number)
            if at not in self.tab_lines:
                self._keep_title(at, gap, number)
        self._open_panels(first, number)
        self.entries = [entry for entry in self.entries if entry.end > first]
        return self._collect_titles(number)

    def _keep_title(self, at: int, gap: range, number: int) -> None:
        """Keep a line if it may be a title."""
        line = self.document.lines[at]
        if len(line.text) > _TITLE_LENGTH:
            return
        role = self._find_role(at, gap)
        if role == "outside":
            self.outside.append(Title(line.text, role, own=False, sure=False))
            del self.outside[:-_MOST_TITLES]
        elif role:
            is_near = at + 1 == gap.stop
            sure = role != "link" and (role != "item" or is_near)
            end = self.open[-1].end_line if self.open else len(self.document.lines) + 1
            if line.heading:  # a heading ends what a single item applies to
                self.entries = [entry for entry in self.entries if entry.role != "item"]
            entry = _Entry(line.text, role, at, end, number, line.heading, sure)
            self.entries.append(entry)
            del self.entries[:-_MOST_TITLES]

    def _find_role(self, at: int, gap: range) -> str | None:
        """Return the role in which a line may be a title; None if it cannot be one."""
        line = self.document.lines[at]
        is_named = line.control == "bound" and line.text in self.panel_titles
        if line.heading and (line.in_content or (line.heading == 1 and not line.linked)):
            return None if is_named else f"h{line.heading}"
        if not line.in_content:
            is_text = not (line.linked or line.bullet or line.control)
            return "outside" if line.heading or is_text else None
        if line.control:
            is_title = line.control == "loose" and not is_page_button(line.text)
            return "tab" if is_title else None
        return self._find_role_of_words(at, gap)

    def _find_role_of_words(self, at: int, gap: range) -> str | None:
        """Return the role of a line that is neither a heading nor a control."""
        line = self.document.lines[at]
        is_near = at + 1 == gap.stop
        if line.linked:
            return "link" if is_near and not self._has_neighbour(at, gap, "linked") else None
        if line.bullet:
            return None if self._has_neighbour(at, gap, "bullet") else "item"
        return "line"

    def _has_neighbour(self, at: int, gap: range, kind: str) -> bool:
        """Return whether the line above or below is of the same kind, as in a list."""
        lines = self.document.lines
        return any(getattr(lines[other], kind) for other in (at - 1, at + 1) if other in gap)

    def _open_panels(self, at: int, number: int) -> None:
        while self.next_panel < len(self.panels):
            panel = self.panels[self.next_panel]
            if panel.first_line > at:
                break
            self._close_panels(panel.first_line)
            self.open.append(panel)
            self.entries.append(
                _Entry(panel.title, "panel", panel.first_line, panel.end_line, number)
            )
            del self.entries[:-_MOST_TITLES]
            self.next_panel += 1
        self._close_panels(at)

    def _close_panels(self, at: int) -> None:
        while self.open and self.open[-1].end_line <= at:
            self.open.pop()

    def _end_sections(self, gap: Sequence[PageLine]) -> None:
        """Drop the titles of sections that end at a heading in the gap, by its rank."""
        ranks = [line.heading for line in gap if line.heading and line.in_content]
        top = min(ranks, default=0)
        for at, entry in enumerate(self.entries):
            if top and entry.heading >= top:
                self.entries[at:] = [e for e in self.entries[at:] if e.role == "panel"]
                return

    def _collect_titles(self, number: int) -> _Titles:
        lines = self.document.lines
        grid = self.found[number]
        block = lines[min(grid.first, len(lines) - 1)].block
        around = self.document.around(block)
        titles = _Titles(outside=self.outside[::-1])
        for entry in reversed(self.entries):
            if entry.role == "panel":
                title = Title(entry.text, entry.role)
                if titles.far:
                    titles.far.append(title)
                else:
                    titles.near.append((entry.at, title))
            elif entry.number == number:
                entry.around = self.document.common(lines[entry.at].block, block)
                title = Title(entry.text, entry.role, sure=entry.sure)
                titles.near.append((entry.at, title))
            elif entry.role not in {"link", "item"}:  # these apply to the next table only
                sure = entry.around in around
                titles.far.append(Title(entry.text, entry.role, own=False, sure=sure))
        return titles


def _merge_titles(near: Sequence[PlacedTitle], tabs: Sequence[PlacedTitle]) -> Iterator[Title]:
    """Yield the titles and tabs of a table by their position, nearest first.

    If it is uncertain which tab of a row applies, all of them are at its position.
    """
    placed = [(-at, 0, title) for at, title in near]
    placed += [(-at, 1, title) for at, title in tabs]
    yield from (title for _, _, title in sorted(placed, key=lambda one: one[:2]))


def _assign_tabs(
    document: Document, rows: Sequence[TabRow], count: int
) -> list[list[PlacedTitle]]:
    """Return for each table the tabs that may be its title; those of menus are uncertain."""
    found: list[list[PlacedTitle]] = [[] for _ in range(count)]
    gaps = sorted({row.gap for row in rows})
    for row in rows:
        texts = [document.lines[at].text for at in row.lines]
        role = "tab" if row.in_content else "menu"
        for number, tab in row.fits.items():
            title = Title(texts[tab], role, sure=row.in_content)
            found[number].append((row.lines[0], title))
        if row.fits or not row.in_content:
            continue
        later = bisect_right(gaps, row.gap)
        stop = gaps[later] if later < len(gaps) else count
        for number in range(row.gap, stop):
            found[number] += (
                (row.lines[0], Title(text, role, sure=False)) for text in texts[:_MOST_TITLES]
            )
    return found


def _assign_list_items(document: Document, gaps: Sequence[range]) -> list[list[Title]]:
    """Return for each table its item, if a list above has as many items as tables follow.

    A script may turn such a list into a row of tabs.
    """
    found: list[list[Title]] = [[] for _ in gaps]
    lines = document.lines
    last: dict[int, list[int]] = {}  # the nearest list in each gap
    for number, gap in enumerate(gaps):
        items = [
            at
            for at in gap
            if lines[at].bullet and not lines[at].linked and not lines[at].control
        ]
        for run in _find_runs(document, items):
            last[number] = run
    for number, stop in pairwise((*last, len(gaps))):
        texts = [lines[at].text for at in last[number]]
        if len(texts) == stop - number and len(set(texts)) == len(texts):
            for offset, text in enumerate(texts):
                found[number + offset].append(Title(text, "list", sure=False))
    return found


def _find_runs(document: Document, numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield runs of consecutive lines in one box."""
    run: list[int] = []
    for at in numbers:
        if run and at != run[-1] + 1:
            yield from group_side_by_side(document, run)
            run = []
        run.append(at)
    yield from group_side_by_side(document, run)
