"""The columns of a column-major sample page, found in its source text, to change them.

This is no general reader: it reverses the four column-major markups of `pages`.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final, NamedTuple

from tests.pages.markups.common import COLUMNS

COUNT: Final = ("stacks", "bare", "one-row", "text")


class Column(NamedTuple):
    """The place of one column's cells in the source, the cells, and their separator."""

    start: int
    end: int
    cells: list[str]
    glue: str


def regions(markup: str, page: str) -> list[list[Column]]:
    """Return the five columns of each region, in order."""
    found = [
        [_column(markup, name, match) for match in _bodies(markup, name, page)]
        for name in COLUMNS
    ]
    return [list(columns) for columns in zip(*found, strict=True)]


def rewritten(page: str, changes: list[tuple[Column, list[str]]]) -> str:
    """Return the page with other cells in some columns."""
    for column, cells in sorted(changes, key=lambda change: -change[0].start):
        page = page[: column.start] + column.glue.join(cells) + page[column.end :]
    return page


def without_cell(markup: str, page: str, region: int, column: int, number: int) -> str:
    """Return the page without one cell of one column."""
    found = regions(markup, page)[region][column]
    cells = found.cells[:number] + found.cells[number + 1 :]
    return rewritten(page, [(found, cells)])


def _bodies(markup: str, name: str, page: str) -> list[re.Match[str]]:
    title = re.escape(escape(name, quote=False))
    if markup == "one-row":
        row = r"<tr>\n" + r"<td>.*?</td>\n" * COLUMNS.index(name) + r"<td>(.*?)</td>"
    else:
        row = {
            "stacks": rf'pb-head">{title}</div>\n(.*?)\n</div>',
            "bare": rf"<h4>{title}</h4>\n(.*?)\n</div>",
            "text": rf"\n\n{re.escape(name)}\n\n(.*?)(?=\n\n)",
        }[markup]
    return list(re.finditer(row, page, re.DOTALL))


def _column(markup: str, name: str, match: re.Match[str]) -> Column:
    body = match[1]
    is_words = name in {"Resource", "Required for"}
    if markup == "stacks":
        cells, glue = body.split("\n"), "\n"
    elif markup == "text":
        cell = r"[^\n]+(?:(?<=,)\n[^\n]+|\n  • [^\n]+|\n\([^\n]*only\))*"
        cells, glue = re.findall(cell, body), "\n"
    elif markup == "one-row" and is_words:
        cells, glue = re.findall(r"<p>.*?</p>", body, re.DOTALL), "\n"
    elif markup == "bare" and name == "Resource":
        cells, glue = re.findall(r"[^\n]+(?:\n<ul>[^\n]*)?", body), "\n"
    else:
        cells, glue = body.split("<br>\n"), "<br>\n"
    assert glue.join(cells) == body
    return Column(match.start(1), match.end(1), cells, glue)
