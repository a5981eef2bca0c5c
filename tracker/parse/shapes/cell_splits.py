"""Finds the ways to split a column of lines into cells, by blocks or by grammar.

Markup does not tell whether a line break separates two cells or two lines of one cell. So every
plausible split is kept, and `rows/rows.py` requires that only one fits the other columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tracker.parse.grid import Cell, CellSplit
from tracker.parse.markup.document import Document, PageLine

_DEPTHS_TRIED = 12
# A line in brackets continues the line above, unless it is the start of a cell.
_CONTINUES = re.compile(r"^\((?!required|recommended|optional)", re.IGNORECASE)
_VALUE = re.compile(r"^(\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]+)(/\d+)?$", re.IGNORECASE)


def split_cells(document: Document, lines: Sequence[PageLine]) -> tuple[CellSplit, ...]:
    """Return all distinct ways to split `lines`, each as a tuple of cells in order."""
    found: dict[CellSplit, None] = {}
    for groups in _split_by_blocks(document, lines):
        found[tuple(map(_make_cell, _join_lists(groups)))] = None
    for greedy in (True, False):
        found[tuple(map(_make_cell, split_by_grammar(lines, greedy=greedy)))] = None
    return tuple(found)


def _split_by_blocks(
    document: Document, lines: Sequence[PageLine]
) -> Iterator[list[list[PageLine]]]:
    """Yield, for each level of nesting, the lines grouped by their block at that level."""
    if not lines:
        return
    depths = [document.depths[line.block] for line in lines]
    first, last = min(depths), max(depths)
    common = lines[0].block
    for line in lines:
        common = document.common(common, line.block)
    shallow = document.depths[common] + 1
    for depth in range(min(shallow, first), min(last, shallow + _DEPTHS_TRIED) + 1):
        yield [
            list(group)
            for _, group in groupby(lines, lambda x: document.ancestor(x.block, depth))  # noqa: B023  used at once
        ]


def _join_lists(groups: Iterable[list[PageLine]]) -> list[list[PageLine]]:
    """Return the groups with each list joined to the label before it."""
    joined: list[list[PageLine]] = []
    for group in groups:
        if joined and group[0].bullet:
            joined[-1] += group
        else:
            joined.append(list(group))
    return joined


def split_by_grammar(lines: Iterable[PageLine], *, greedy: bool) -> list[list[PageLine]]:
    """Return cells by the text of the lines.

    An item, a line in brackets, and a line after a comma or a colon continue the cell above.
    With `greedy`, any number of addresses may follow a label with a colon, not only one.
    """
    cells: list[list[PageLine]] = []
    for line in lines:
        if cells and _continues(cells[-1], line, greedy=greedy):
            cells[-1].append(line)
        else:
            cells.append([line])
    return cells


def _continues(cell: list[PageLine], line: PageLine, *, greedy: bool) -> bool:
    above = cell[-1]
    if line.bullet or _CONTINUES.match(line.text) or above.text.endswith((",", ":")):
        return True
    labelled = any(before.text.endswith(":") for before in cell)
    return greedy and labelled and bool(_VALUE.match(above.text) and _VALUE.match(line.text))


def _make_cell(lines: list[PageLine]) -> Cell:
    return Cell(tuple(lines))
