"""Plain text, column by column, as a text extraction gives the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages.prose import INTRO, NOTE, RULES, SUPPORT_LIST

from .common import COLUMNS, columns_beside, heading, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.pages.facts import Generation, Region, Resource


def render(generation: Generation) -> str:
    """The generation as one text."""
    parts = [
        *generation.banner,
        "Action1 5 Documentation 5 Firewall Configuration",
        "Firewall Configuration",
        *plain(INTRO),
        *plain(RULES),
        *(part for region in generation.regions for part in _region(region)),
        *plain(NOTE),
        *plain(SUPPORT_LIST),
    ]
    return "\n\n".join(parts) + "\n"


def _region(region: Region) -> Iterable[str]:
    if title := heading(region):
        yield title
    resources = "\n".join(map(_resource, region.resources))
    others = ["\n".join(column) for column in columns_beside(region)]
    for name, column in zip(COLUMNS, [resources, *others], strict=True):
        yield name
        yield column


def _resource(resource: Resource) -> str:
    return "\n".join([resource.printed, *(f"  • {value}" for value in resource.listed)])
