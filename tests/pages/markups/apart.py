"""Columns apart from their headers: a row of header boxes, then a row of whole columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, bullets, columns_beside, heading, html

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one page."""
    return page(generation, around("".join(map(_section, generation.regions))))


def _section(region: Region) -> str:
    title = heading(region)
    above = f'<div class="row"><h3>{html(title)}</h3></div>\n' if title else ""
    head = "".join(f'<div class="col"><h5>{html(name)}</h5></div>' for name in COLUMNS)
    others = [[f"<p>{html(cell)}</p>" for cell in c] for c in columns_beside(region)]
    columns = "".join(
        '<div class="col">\n' + "\n".join(cells) + "\n</div>\n"
        for cells in [[_resource(found) for found in region.resources], *others]
    )
    return (
        f'<section>\n{above}<div class="row">{head}</div>\n<div class="row">\n{columns}</div>\n'
        "</section>\n"
    )


def _resource(resource: Resource) -> str:
    return f"<div>{html(resource.printed)}{bullets(resource.listed)}</div>"
