"""Rows without a table element: divs that ARIA's roles make a table.

A spanning resource is told by `aria-rowspan`, and `aria-colindex` tells each cell's column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, beside, bullets, heading, html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one page."""
    return page(generation, around("".join(map(_section, generation.regions))))


def _section(region: Region) -> str:
    title = heading(region)
    above = f"<h3>{html(title)}</h3>\n" if title else ""
    head = "".join(
        f'<div role="columnheader" aria-colindex="{number}">{html(name)}</div>'
        for number, name in enumerate(COLUMNS, start=1)
    )
    rows = "\n".join(row for found in region.resources for row in _rows(found))
    return (
        f'{above}<div class="grid" role="table">\n<div role="rowgroup"><div role="row">{head}'
        f'</div></div>\n<div role="rowgroup">\n{rows}\n</div>\n</div>\n'
    )


def _rows(resource: Resource) -> Iterator[str]:
    span = len(resource.uses)
    first = (
        f'<div role="rowheader" aria-colindex="1" aria-rowspan="{span}">'
        f"<p>{html(resource.printed)}</p>{bullets(resource.listed)}</div>"
    )
    for use in resource.uses:
        cells = "".join(
            f'<div role="cell" aria-colindex="{number}"><span>{html(cell)}</span></div>'
            for number, cell in enumerate(beside(use), start=2)
        )
        yield f'<div role="row">{first}{cells}</div>'
        first = ""
