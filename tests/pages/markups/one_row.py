"""Columns inside a table: a header row, then one row whose cells hold whole columns.

The region is a row of its own across the table. Resources and purposes are paragraphs,
the other columns are values parted by line breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, broken_lines, columns_beside, heading, html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.pages.facts import Generation, Region


def render(generation: Generation) -> str:
    """The generation as one page."""
    return page(generation, around("".join(map(_table, generation.regions))))


def _table(region: Region) -> str:
    title = heading(region)
    width = len(COLUMNS)
    above = f'<tr><td colspan="{width}">{html(title)}</td></tr>\n' if title else ""
    head = "".join(f"<th>{html(name)}</th>" for name in COLUMNS)
    row = "\n".join(f"<td>{cell}</td>" for cell in _cells(region))
    return (
        f'<table class="doc-table">\n<tbody>\n{above}<tr>{head}</tr>\n'
        f"<tr>\n{row}\n</tr>\n</tbody>\n</table>\n"
    )


def _cells(region: Region) -> tuple[str, ...]:
    directions, ports, purposes, components = columns_beside(region)
    resources = (broken_lines(resource, "• ") for resource in region.resources)
    return (
        _paragraphs(resources),
        _broken(directions),
        _broken(ports),
        _paragraphs(map(html, purposes)),
        _broken(components),
    )


def _paragraphs(cells: Iterable[str]) -> str:
    return "\n".join(f"<p>{cell}</p>" for cell in cells)


def _broken(cells: Iterable[str]) -> str:
    return "<br>\n".join(map(html, cells))
