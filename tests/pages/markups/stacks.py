"""Columns: five stacks of cells per region, as a page builder makes them.

Every value is a box of its own. The resource column has fewer boxes than the others,
because one resource can belong to several rows.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, bullets, columns_beside, heading, html

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one page."""
    numbers = count()
    regions = "".join(_section(region, numbers) for region in generation.regions)
    return page(generation, around(regions))


def _section(region: Region, numbers: Iterator[int]) -> str:
    resources = [_resource(found) for found in region.resources]
    others = [[f"<p>{html(cell)}</p>" for cell in c] for c in columns_beside(region)]
    columns = "".join(
        _column(name, cells, numbers)
        for name, cells in zip(COLUMNS, [resources, *others], strict=True)
    )
    number = next(numbers)
    return (
        f'<div class="pb-section pb-section_{number}">\n{_title(region)}'
        f'<div class="pb-row pb-row_{number} pb-row-full">\n{columns}</div>\n</div>\n'
    )


def _title(region: Region) -> str:
    title = heading(region)
    if not title:
        return ""
    return (
        '<div class="pb-row pb-row-title"><div class="pb-column pb-column_4_4">'
        f"<h2>{html(title)}</h2></div></div>\n"
    )


def _column(name: str, cells: Iterable[str], numbers: Iterator[int]) -> str:
    boxes = "\n".join(
        f'<div class="pb-module pb-text pb-text_{next(numbers)} pb-light">{cell}</div>'
        for cell in cells
    )
    return (
        '<div class="pb-column pb-column_1_5">\n'
        f'<div class="pb-module pb-text pb-head">{html(name)}</div>\n'
        f"{boxes}\n</div>\n"
    )


def _resource(resource: Resource) -> str:
    return f"<p>{html(resource.printed)}</p>{bullets(resource.listed)}"
