"""What the markups share: the column names, escaped text, regions' headings.

Nothing here is the layout of a table; that is what each markup has of its own.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.pages.facts import Region, Resource, Use

COLUMNS: Final = (
    "Resource",
    "Type",
    "Port & Protocol",
    "Required for",
    "Components",
)


def html(text: str) -> str:
    """Text for HTML; a newline is a line break."""
    return escape(text, quote=False).replace("\n", "<br>")


def heading(region: Region) -> str:
    """What the page prints above a region; nothing where it names none."""
    return f"Region: {region.name}" if region.name else ""


def bullets(values: Iterable[str]) -> str:
    """A list as HTML; nothing for no values."""
    items = "".join(f"<li>{html(value)}</li>" for value in values)
    return f"<ul>{items}</ul>" if items else ""


def beside(use: Use) -> tuple[str, str, str, str]:
    """The texts of the four cells beside the resource."""
    return use.direction, use.ports, use.purpose.cell, ", ".join(use.components)


def columns_beside(region: Region) -> list[tuple[str, ...]]:
    """The four columns beside the resource, each from top to bottom."""
    return list(zip(*(beside(use) for use in region.uses), strict=True))


def broken_lines(resource: Resource, bullet: str) -> str:
    """A resource cell without a list element: label and values separated by breaks."""
    values = [f"{bullet}{html(value)}" for value in resource.listed]
    return "<br>\n".join([html(resource.printed), *values])


def plain(fragment: str) -> list[str]:
    """Our own small fragments as paragraphs; no way to read a page in general."""
    blocks = re.findall(r"<(?:h2|p|li)\b[^>]*>(.*?)</(?:h2|p|li)>", fragment, re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", "", b).split())) for b in blocks]
