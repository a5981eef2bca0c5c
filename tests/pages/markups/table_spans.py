"""Rows: a real table per region, whose first resource cell spans its rows."""

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
    return page(generation, around("".join(map(section, generation.regions))))


def section(region: Region) -> str:
    """One region: its heading and its table."""
    title = heading(region)
    above = f"<h3>{html(title)}</h3>\n" if title else ""
    return above + table(region)


def table(region: Region) -> str:
    """The table alone."""
    head = "".join(f'<th scope="col">{html(name)}</th>' for name in COLUMNS)
    body = "\n".join(row for found in region.resources for row in rows(found))
    return (
        '<figure class="wp-block-table"><table class="doc-table">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        "</table></figure>\n"
    )


def rows(resource: Resource) -> Iterator[str]:
    """The rows of one resource, whose cell spans them."""
    for number, use in enumerate(resource.uses):
        cells = "".join(f"<td>{html(cell)}</td>" for cell in beside(use))
        first = "" if number else _resource_cell(resource)
        yield f"<tr>{first}{cells}</tr>"


def _resource_cell(resource: Resource) -> str:
    rows = len(resource.uses)
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f"<td{span}>{html(resource.printed)}{bullets(resource.listed)}</td>"
