"""Which words name which table: headings and lines above it, panels around it, rows of tabs.

Nothing here knows what a region is called. Each title comes with the role it stands in, so
that the reader can tell a heading that names a place from one that does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import msgspec

from tracker.extract.document import Document, Line, Panel
from tracker.extract.grid import Grid, Stack, Title

_KEPT = 24
_LENGTH = 120
_FEWEST_TABS = 2

Found = Sequence[Grid | Stack]
Titled = tuple[Grid | Stack, tuple[Title, ...]]


def with_titles(document: Document, found: Found) -> Iterator[Titled]:
    """Each table with its titles, nearest first; `found` is in the order of the page."""
    kept = _Kept(document, found)
    gaps = [kept.gap(number) for number in range(len(found))]
    tabs = _tabs(document, gaps)
    for number, grid in enumerate(found):
        near, far = kept.titles[number]
        yield grid, (*grid.inner_titles, *near, *tabs[number], *far)


class _Entry(msgspec.Struct):
    """A title that goes on until `end`, found above table `number` in `block`."""

    text: str
    role: str
    heading: int
    end: int
    number: int
    block: int
    around: int | None = None  # what holds it and the first table below it


class _Kept:
    """Goes down the page from table to table and keeps the titles that still count."""

    def __init__(self, document: Document, found: Found) -> None:
        self.document, self.found = document, found
        starts = [grid.first for grid in found]
        self.panels = [
            panel
            for panel in document.panels
            if bisect_left(starts, panel.first_line) < bisect_left(starts, panel.end_line)
        ]
        self.next_panel = 0
        self.open: list[Panel] = []
        self.entries: list[_Entry] = []
        self.titles: list[tuple[list[Title], list[Title]]] = []
        self.at = 0

    def gap(self, number: int) -> range:
        """The lines between the last table and this one, once all titles in it are kept."""
        grid = self.found[number]
        lines = self.document.lines
        gap = range(self.at, grid.first)
        tabs = {at for run in _runs(self.document, gap) for at in run}
        self._end_sections([lines[at] for at in gap])
        for at in gap:
            self._open_panels(at, number)
            line = lines[at]
            if at not in tabs and _is_title(line):
                self._add(line.text, _role(line), line.heading, number, line.block)
        self._open_panels(grid.first, number)
        self.entries = [entry for entry in self.entries if entry.end > grid.first]
        self.titles.append(self._titles(number))
        self.at = max(self.at, grid.end)
        return gap

    def _open_panels(self, at: int, number: int) -> None:
        while self.next_panel < len(self.panels):
            panel = self.panels[self.next_panel]
            if panel.first_line > at:
                break
            self._close_panels(panel.first_line)
            self.open.append(panel)
            self._add(panel.title, "panel", 0, number, 0)
            self.next_panel += 1
        self._close_panels(at)

    def _close_panels(self, at: int) -> None:
        while self.open and self.open[-1].end_line <= at:
            self.open.pop()

    def _add(self, text: str, role: str, heading: int, number: int, block: int) -> None:
        end = self.open[-1].end_line if self.open else len(self.document.lines) + 1
        self.entries.append(_Entry(text, role, heading, end, number, block))
        del self.entries[:-_KEPT]

    def _end_sections(self, gap: Sequence[Line]) -> None:
        """A heading ends the section of the last heading of its rank."""
        top = min((line.heading for line in gap if line.heading), default=0)
        for at, entry in enumerate(self.entries):
            if top and entry.heading >= top:
                self.entries[at:] = [e for e in self.entries[at:] if e.role == "panel"]
                return

    def _titles(self, number: int) -> tuple[list[Title], list[Title]]:
        """The titles of a table: those right above it, and those from further up."""
        lines = self.document.lines
        grid = self.found[number]
        block = lines[min(grid.first, len(lines) - 1)].block
        around = self.document.around(block)
        near: list[Title] = []
        far: list[Title] = []
        for entry in reversed(self.entries):
            if entry.role == "panel":
                (far or near).append(Title(entry.text, entry.role))
            elif entry.number == number:
                entry.around = self.document.common(entry.block, block)
                near.append(Title(entry.text, entry.role))
            else:
                sure = entry.around in around
                far.append(Title(entry.text, entry.role, own=False, sure=sure))
        return near, far


def _role(line: Line) -> str:
    if line.heading:
        return f"h{line.heading}"
    return "tab" if line.control else "line"


def _is_title(line: Line) -> bool:
    if line.control:
        return line.control == "loose" and len(line.text) <= _LENGTH
    return not line.bullet and not line.linked and len(line.text) <= _LENGTH


def _runs(document: Document, gap: range) -> Iterator[list[int]]:
    """Lines side by side that are there to be clicked: tabs, if they are several."""
    yield from _side_by_side(
        document, [at for at in gap if document.lines[at].control == "loose"]
    )


def _lists(document: Document, gap: range) -> Iterator[list[int]]:
    lines = document.lines
    yield from _side_by_side(
        document,
        [
            at
            for at in gap
            if lines[at].bullet and not lines[at].linked and not lines[at].control
        ],
    )


def _side_by_side(document: Document, numbers: list[int]) -> Iterator[list[int]]:
    """Runs of lines without another line between them, in one block."""

    def key(numbered: tuple[int, int]) -> tuple[int, int]:
        order, at = numbered
        return at - order, document.parents[document.lines[at].block]

    for _, group in groupby(enumerate(numbers), key):
        run = [at for _, at in group]
        if len(run) >= _FEWEST_TABS:
            yield run


def _tabs(document: Document, gaps: Sequence[range]) -> list[list[Title]]:
    """For each table the title that its place in a row of tabs gives it.

    As many tables as tabs: the first tab is the first table's. Otherwise no tab is surely
    anybody's. A list is no row of tabs, but may have been made one by a script.
    """
    found: list[list[Title]] = [[] for _ in gaps]
    for role, runs in (("tab", _runs), ("list", _lists)):
        firsts = [
            (number, run) for number, gap in enumerate(gaps) for run in runs(document, gap)
        ]
        last = dict(firsts)  # of several in one gap the nearest counts
        numbers = [*last, len(gaps)]
        for number, stop in pairwise(numbers):
            texts = [document.lines[at].text for at in last[number]]
            fits = len(texts) == stop - number and len(set(texts)) == len(texts)
            if fits:
                for offset, text in enumerate(texts):
                    found[number + offset].append(Title(text, role, sure=role == "tab"))
            elif role == "tab":
                unsure = [Title(text, role, sure=False) for text in texts[:_KEPT]]
                for grid in range(number, stop):
                    found[grid] += unsure
    return found
