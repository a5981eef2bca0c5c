"""Markdown: headings with signs in front, tables of bars and dashes, breaks inside cells."""

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
        "# Firewall Configuration",
        *plain(INTRO),
        *plain(RULES),
        *(part for region in generation.regions for part in _region(region)),
        *plain(NOTE),
        *plain(SUPPORT_LIST),
    ]
    return "\n\n".join(parts) + "\n"


def _region(region: Region) -> Iterator[str]:
    if title := heading(region):
        yield f"## {title}"
    rows = [row for resource in region.resources for row in _rows(resource)]
    yield "\n".join([_row(COLUMNS), _row(["---"] * len(COLUMNS)), *rows])


def _rows(resource: Resource) -> Iterator[str]:
    listed = (f"<br>• `{value}`" for value in resource.listed)
    first = f"**{resource.printed}**{''.join(listed)}" if resource.listed else resource.printed
    for use in resource.uses:
        yield _row([first, *beside(use)])
        first = ""


def _row(cells: Iterable[str]) -> str:
    texts = (cell.replace("\n", "<br>").replace("*.", "\\*.") for cell in cells)
    return f"| {' | '.join(texts)} |"
