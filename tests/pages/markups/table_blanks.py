"""Rows: no spans, so that the resource cell of a continued row is blank.

The header is an ordinary row in bold, the region is the table's caption, and addresses
stand on lines of their own: with a bullet character in the first table, bare after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, beside, broken_lines, heading, html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pages.facts import Generation, Region, Resource

BLANK = "&nbsp;"


def render(generation: Generation) -> str:
    """The generation as one page."""
    tables = (
        _table(region, "" if number else "• ")
        for number, region in enumerate(generation.regions)
    )
    return page(generation, around("".join(tables)))


def _table(region: Region, bullet: str) -> str:
    title = heading(region)
    caption = f"<caption>{html(title)}</caption>\n" if title else ""
    head = "".join(f"<td><strong>{html(name)}</strong></td>" for name in COLUMNS)
    rows = "\n".join(row for found in region.resources for row in _rows(found, bullet))
    return (
        f'<table class="doc-table" border="1">\n{caption}<tbody>\n'
        f"<tr>{head}</tr>\n{rows}\n</tbody>\n</table>\n"
    )


def _rows(resource: Resource, bullet: str) -> Iterator[str]:
    first = broken_lines(resource, bullet)
    for use in resource.uses:
        cells = "".join(f"<td>{html(cell)}</td>" for cell in beside(use))
        yield f"<tr><td>{first}</td>{cells}</tr>"
        first = BLANK
