"""Tables that fit a terminal: cells wrap, nothing is cut off, nothing can move the cursor."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from tracker.text import clean

_GAP = "  "
_NARROWEST = 8
_LONGEST_WORD = 36  # a longer one may be broken


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Rows under a header, at most as wide as the terminal (80 columns where there is none)."""
    width = width or shutil.get_terminal_size((80, 24)).columns
    cells = [tuple(clean(cell) for cell in row) for row in (header, *rows)]
    columns = list(zip(*cells, strict=True))
    widths = _fitted(
        [max(map(len, column)) for column in columns], [_least(c) for c in columns], width
    )
    lines = [_line(row, widths) for row in cells]
    lines.insert(1, _GAP.join("-" * column for column in widths))
    return "\n".join(lines)


def _least(column: Sequence[str]) -> int:
    """The width that breaks no word of a column, up to a length."""
    longest = max((len(word) for cell in column for word in cell.split()), default=0)
    return min(max(longest, _NARROWEST), _LONGEST_WORD)


def _fitted(widths: list[int], least: Sequence[int], width: int) -> list[int]:
    """Shrink the widest column until all of them fit; words are broken only if they must."""
    space = width - len(_GAP) * (len(widths) - 1)
    for floor in (least, [_NARROWEST] * len(widths)):
        while sum(widths) > space:
            spare, at = max(
                (have - low, i) for i, (have, low) in enumerate(zip(widths, floor, strict=True))
            )
            if spare <= 0:
                break
            widths[at] -= 1
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    columns = [list(_wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)]
    height = max(len(column) for column in columns)
    return "\n".join(
        _GAP.join(
            (column[i] if i < len(column) else "").ljust(width)
            for column, width in zip(columns, widths, strict=True)
        ).rstrip()
        for i in range(height)
    )


def _wrapped(cell: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
