"""Rows of plain boxes: a row of headers, then a box for each row; style makes the columns.

A continued row has an empty box where its resource would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, beside, bullets, heading, html

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one page."""
    return page(generation, around("".join(map(_section, generation.regions))))


def _section(region: Region) -> str:
    title = heading(region)
    above = f"<h3>{html(title)}</h3>\n" if title else ""
    rows = "\n".join(row for found in region.resources for row in _rows(found))
    return (
        f'<div class="rules">\n{above}<div class="rules__head">{_boxes(map(html, COLUMNS))}'
        f'</div>\n<div class="rules__body">\n{rows}\n</div>\n</div>\n'
    )


def _rows(resource: Resource) -> Iterator[str]:
    first = f"<p>{html(resource.printed)}</p>{bullets(resource.listed)}"
    for use in resource.uses:
        yield f'<div class="rule">{_boxes([first, *map(html, beside(use))])}</div>'
        first = ""


def _boxes(cells: Iterable[str]) -> str:
    return "".join(f'<div class="rule__cell">{cell}</div>' for cell in cells)
