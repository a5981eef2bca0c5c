"""Tabs: all titles in one row, then a panel for each; all panels but the first are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.chrome import page
from tests.pages.prose import around

from .common import html
from .table_spans import table

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region


def render(generation: Generation) -> str:
    """The generation as one page; a generation without regions needs no tabs."""
    named = [region for region in generation.regions if region.name]
    if not named:
        return page(generation, around("".join(map(table, generation.regions))))
    titles = "\n".join(
        f'<li><a role="tab" id="tab-{region.page}-{number}" href="#">{html(region.name or "")}'
        "</a></li>"
        for number, region in enumerate(named)
    )
    panels = "".join(_panel(region, number) for number, region in enumerate(named))
    tabs = f'<div class="tabs">\n<ul role="tablist">\n{titles}\n</ul>\n{panels}</div>\n'
    return page(generation, around(tabs))


def _panel(region: Region, number: int) -> str:
    hidden = ' style="display: none"' if number else ""
    return (
        f'<div role="tabpanel" aria-labelledby="tab-{region.page}-{number}"{hidden}>\n'
        f"{table(region)}</div>\n"
    )
