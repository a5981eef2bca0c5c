"""Cards: a box for each row, with the resource as its heading and a label for each value."""

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
    cards = "\n".join(card for found in region.resources for card in _cards(found))
    return f'{above}<div class="card-grid">\n{cards}\n</div>\n'


def _cards(resource: Resource) -> Iterator[str]:
    for use in resource.uses:
        values = "".join(
            f"<p><strong>{html(name)}:</strong> {html(cell)}</p>"
            for name, cell in zip(COLUMNS[1:], beside(use), strict=True)
        )
        yield (
            f'<div class="card"><h4>{html(resource.printed)}</h4>{bullets(resource.listed)}'
            f"{values}</div>"
        )
