"""Columns: bare text under a heading, values separated only by line breaks.

A label stands between the list of the resource before it and its own; a label or a port
cell of two lines looks just like two values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, bullets, columns_beside, heading, html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one page."""
    return page(generation, around("".join(map(_section, generation.regions))))


def _section(region: Region) -> str:
    title = heading(region)
    above = f"<h3>{html(title)}</h3>\n" if title else ""
    resources = "\n".join(map(_resource, region.resources))
    others = [_broken(cells) for cells in columns_beside(region)]
    columns = "".join(
        f'<div class="column">\n<h4>{html(name)}</h4>\n{content}\n</div>\n'
        for name, content in zip(COLUMNS, [resources, *others], strict=True)
    )
    return f'{above}<div class="columns">\n{columns}</div>\n'


def _resource(resource: Resource) -> str:
    label = html(resource.printed)
    if resource.listed:
        return f"{label}\n{bullets(resource.listed)}"
    return f"{label}<br>"


def _broken(cells: Iterable[str]) -> str:
    return "<br>\n".join(map(html, cells))
