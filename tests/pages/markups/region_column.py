"""One table for all regions: its first column names the region of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import COLUMNS, html
from .table_spans import rows

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region


def render(generation: Generation) -> str:
    """The generation as one page; a generation without regions has no such column."""
    is_named = all(region.name for region in generation.regions)
    names = ("Region", *COLUMNS) if is_named else COLUMNS
    head = "".join(f"<th>{html(name)}</th>" for name in names)
    body = "\n".join(row for region in generation.regions for row in _rows(region))
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
    return page(generation, around(table))


def _rows(region: Region) -> list[str]:
    cell = f"<td>{html(region.name)}</td>" if region.name else ""
    found = [row for resource in region.resources for row in rows(resource)]
    return [row.replace("<tr>", f"<tr>{cell}", 1) for row in found]
