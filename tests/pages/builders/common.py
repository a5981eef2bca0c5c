"""What the builders share: the parts of a page, the rows of a table, pages for an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.pages.markups.common import html
from tests.pages.prose import INTRO, NOTE, RULES, SUPPORT, SUPPORT_LIST

if TYPE_CHECKING:
    from tests.pages.facts import Generation, Region, Resource, Use

TITLE: Final = "Firewall Configuration"
CHOOSE: Final = """\
<h2 id="choose">Choose your region</h2>
<p>Every region has a page of its own. Yours is the one that you signed up for; the address
bar of the console names it.</p>
"""


class Row(NamedTuple):
    """One row: its resource where the cell begins here, the rows that this cell spans."""

    resource: Resource | None
    span: int
    use: Use


class Content(NamedTuple):
    """What a page is about. `links` are addresses of regions' pages with the regions' names.

    The parts stand apart because some builders put each into a module of its own.
    """

    title: str
    before: str
    tables: str
    after: str
    links: Mapping[str, str]

    @property
    def body(self) -> str:
        """All parts in order."""
        return self.before + self.tables + self.after


@dataclass(frozen=True)
class Builder:
    """How one builder makes a page: its frame, its tables, and links to regions' pages.

    `cards` makes the links that stand in the content of an index; those in menus are the
    frame's business.
    """

    frame: Callable[[Generation, Content], str]
    regions: Callable[[Sequence[Region]], str]
    cards: Callable[[Mapping[str, str]], str] = field(default=lambda _: "")

    def page(self, generation: Generation) -> str:
        """The whole generation as one page."""
        tables = self.regions(generation.regions)
        content = Content(TITLE, INTRO + RULES, tables, NOTE + SUPPORT, {})
        return self.frame(generation, content)

    def index_pages(self, generation: Generation) -> dict[str, str]:
        """An index without a table, and a page for each region: folder -> page."""
        groups: dict[str, list[Region]] = {}
        for region in generation.regions:
            groups.setdefault(region.page, []).append(region)
        links = {f"{folder}/": _name(regions) for folder, regions in groups.items()}
        index = Content(TITLE, INTRO + CHOOSE, self.cards(links), SUPPORT_LIST, links)
        pages = {"": self.frame(generation, index)}
        beside = {f"../{href}": name for href, name in links.items()}
        for folder, regions in groups.items():
            title = f"{TITLE}: {_name(regions)}"
            tables = self.regions(_named_if_several(regions))
            content = Content(title, RULES, tables, NOTE + SUPPORT, beside)
            pages[folder] = self.frame(generation, content)
        return pages


def spanning_rows(region: Region) -> Iterator[Row]:
    """Rows whose resource cell spans all rows of the resource."""
    for resource in region.resources:
        for number, use in enumerate(resource.uses):
            yield Row(None if number else resource, len(resource.uses), use)


def whole_rows(region: Region) -> Iterator[Row]:
    """Rows for builders without spans: each has its resource cell."""
    for resource in region.resources:
        for use in resource.uses:
            yield Row(resource, 1, use)


def rowspan(row: Row) -> str:
    """The attribute of a resource cell that spans several rows."""
    return f' rowspan="{row.span}"' if row.span > 1 else ""


def anchor(region: Region) -> str:
    """An id for the region's section."""
    return (region.name or "all regions").lower().replace(" ", "-")


def with_headings(fragment: str, make: Callable[[str, str, str], str]) -> str:
    """The fragment, each plain heading rebuilt from its level, its id and its text."""

    def made(match: re.Match[str]) -> str:
        level, name, text = match.groups()
        return make(level, name or re.sub(r"\W+", "-", text.lower()).strip("-"), text)

    return re.sub(r'<h(\d)(?: id="([^"]+)")?>(.*?)</h\d>', made, fragment)


def strong_bracket(use: Use) -> str:
    """The purpose with its bracket in bold, as authors like it."""
    purpose = use.purpose
    bold = f"<strong>{html(purpose.bracket)}</strong> " if purpose.bracket else ""
    return bold + html(purpose.text)


def _name(regions: Sequence[Region]) -> str:
    return html(regions[0].name or "All regions")


def _named_if_several(regions: Sequence[Region]) -> Sequence[Region]:
    """Of a page for one region the address and the title name it, and no heading does."""
    return regions if len(regions) > 1 else [replace(regions[0], name=None)]
