"""One table for all regions: a row across it names the region of the rows below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, html
from .table_spans import rows

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region


def render(generation: Generation) -> str:
    """The generation as one page."""
    head = "".join(f"<th>{html(name)}</th>" for name in COLUMNS)
    body = "\n".join(map(_part, generation.regions))
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
    return page(generation, around(table))


def _part(region: Region) -> str:
    name = region.name
    above = f'<tr><th colspan="{len(COLUMNS)}">{html(name)}</th></tr>\n' if name else ""
    return above + "\n".join(row for found in region.resources for row in rows(found))
