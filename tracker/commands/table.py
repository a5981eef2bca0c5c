"""Tables that fit a terminal: cells wrap, nothing is cut off, nothing can move the cursor."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from tracker.text import clean

_GAP = "  "
_NARROWEST = 8


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Rows under a header, at most as wide as the terminal (80 columns where there is none)."""
    width = width or shutil.get_terminal_size((80, 24)).columns
    cells = [tuple(clean(cell) for cell in row) for row in (header, *rows)]
    widths = _fitted([max(len(row[i]) for row in cells) for i in range(len(header))], width)
    lines = [_line(row, widths) for row in cells]
    lines.insert(1, _GAP.join("-" * column for column in widths))
    return "\n".join(lines)


def _fitted(widths: list[int], width: int) -> list[int]:
    """Shrink the widest column until all of them fit, or none can shrink more."""
    space = width - len(_GAP) * (len(widths) - 1)
    while sum(widths) > space and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
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
