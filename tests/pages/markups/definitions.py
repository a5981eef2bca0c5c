"""Definition lists: one list for each row, every value with its label."""

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
    return above + "".join(found for one in region.resources for found in _lists(one))


def _lists(resource: Resource) -> Iterator[str]:
    first = f"{html(resource.printed)}{bullets(resource.listed)}"
    for use in resource.uses:
        cells = [first, *map(html, beside(use))]
        values = "".join(
            f"<dt>{html(name)}:</dt><dd>{cell}</dd>"
            for name, cell in zip(COLUMNS, cells, strict=True)
        )
        yield f'<dl class="rule">{values}</dl>\n'
