"""Plain text, row by row: a line for each row, its cells separated by tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.prose import INTRO, NOTE, RULES, SUPPORT_LIST

from .common import COLUMNS, beside, heading, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one text."""
    parts = [
        *generation.banner,
        "Firewall Configuration",
        *plain(INTRO),
        *plain(RULES),
        *(part for region in generation.regions for part in _region(region)),
        *plain(NOTE),
        *plain(SUPPORT_LIST),
    ]
    return "\n\n".join(parts) + "\n"


def _region(region: Region) -> Iterator[str]:
    if title := heading(region):
        yield title
    rows = [row for resource in region.resources for row in _rows(resource)]
    yield "\n".join(["\t".join(COLUMNS), *rows])


def _rows(resource: Resource) -> Iterable[str]:
    cell = " ".join([resource.printed, ", ".join(resource.listed)])
    for use in resource.uses:
        cells = (text.replace("\n", " ").strip() for text in (cell, *beside(use)))
        yield "\t".join(cells)
