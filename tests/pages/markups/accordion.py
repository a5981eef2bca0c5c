"""Accordions: each region's table folds away below its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import html
from .table_spans import table

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region


def render(generation: Generation) -> str:
    """The generation as one page."""
    return page(generation, around("".join(map(_toggle, generation.regions))))


def _toggle(region: Region) -> str:
    if not region.name:
        return table(region)
    return f"<details>\n<summary>{html(region.name)}</summary>\n{table(region)}</details>\n"
