"""Checks that each region announced on a page has rows somewhere on the source's pages.

Pure. A heading, tab, panel title or link within the page with a region's name announces its
table, but below it there may be only an image or an empty table. Regions in sentences, or in
links to other pages, are not announcements here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urldefrag

import msgspec

from tracker.model import Finding
from tracker.parse.grid import ColumnTable, Grid, Title
from tracker.parse.markup.document import Document, PageLine, Table
from tracker.parse.rows.doubts import find_lines_outside_cells
from tracker.parse.rows.region_names import find_region_in_title, is_place, strip_title
from tracker.parse.vocabulary import REQUIRED, Vocabulary, field_of
from tracker.sources import Source
from tracker.text import comparable, quote

_TITLE_LENGTH = 80
_REGION = re.compile(r"^region\s*[:–—-]\s*(?P<name>\S.*?)\s*:?$", re.IGNORECASE)
# Words that may be next to links within the page: "Jump to: Europe | Australia".
_NEXT_TO_LINKS = re.compile(
    r"^(?:\W|\b(?:jump|go|skip|to|regions?|on|this|page|contents|and|or|your|select|choose)\b)*$",
    re.IGNORECASE,
)
_LINE_OF_LINKS = 300
_MOST_LINKS = 200  # with names of regions; no page has more regions
_THE = re.compile(r"^the\s+", re.IGNORECASE)
_FEWEST_HEADERS = 3
_HEADINGS_FROM = 40  # lines above a table that may be its heading

Titled = tuple[Grid | ColumnTable, tuple[Title, ...]]


class RegionTitle(msgspec.Struct, frozen=True):
    """A region, the words that announce it, and their place; `empty` if it has no content."""

    region: str
    text: str
    where: str
    empty: bool = False


def find_region_titles(
    document: Document, found: Sequence[Titled], source: Source, region: str | None, url: str
) -> Iterator[RegionTitle]:
    """Yield all announcements of regions on a page, in no particular order."""
    finder = _TitleFinder(document, found, source, region, url)
    for at, line in enumerate(document.lines):
        if line.in_content:
            yield from finder.find_in_line(at)
    for panel in document.panels:
        empty = panel.first_line == panel.end_line
        yield from finder.find_announced(panel.title, "tab", "title of a panel", empty=empty)


class _TitleFinder:
    """Finds the region titles among the lines of one page."""

    def __init__(
        self,
        document: Document,
        found: Sequence[Titled],
        source: Source,
        region: str | None,
        url: str,
    ) -> None:
        self.document, self.source, self.region, self.url = document, source, region, url
        self.names: dict[tuple[str, str], str | None] = {}  # a cache
        grids = [grid for grid, _ in found]
        self.starts = {grid.first for grid in grids}
        self.inside = {at for grid in grids for at in range(grid.first, grid.end)}
        self.beside = {at for grid in grids for at in find_lines_outside_cells(document, grid)}
        self.roles = {
            title.role
            for _, titles in found
            for title in titles
            if title.own and find_region_in_title(title.text, source, region)
        }
        self.links = _find_links_within(document, url)
        naming = [text for text in self.links if self._region_in(text, "tab")]
        self.naming = sorted(naming, key=len, reverse=True)[:_MOST_LINKS]

    def find_in_line(self, at: int) -> Iterator[RegionTitle]:
        """Yield the regions that a line announces."""
        line = self.document.lines[at]
        if line.control or line.text in self.links:
            yield from self.find_announced(line.text, "tab", "tab or link within the page")
        elif line.linked:
            return
        elif line.heading:
            empty = self._is_empty(at)
            yield from self.find_announced(
                line.text, f"h{line.heading}", "heading", empty=empty
            )
        elif self._may_title(at, line):
            yield from self.find_announced(line.text, "line", "line")
        elif self.naming:
            for text in self._find_links_on(line.text):
                yield from self.find_announced(text, "tab", "link within the page")

    def find_announced(
        self, text: str, role: str, place: str, *, empty: bool = False
    ) -> Iterator[RegionTitle]:
        """Yield a region title if the words contain a region in this role."""
        if name := self._region_in(text, role):
            yield RegionTitle(name, text, f"{self.url}, {place}", empty)

    def _region_in(self, text: str, role: str) -> str | None:
        """Return the region in a title; cached, as titles are often repeated on a page."""
        if (text, role) not in self.names:
            self.names[text, role] = self._find_region(text, role)
        return self.names[text, role]

    def _find_region(self, text: str, role: str) -> str | None:
        """Return the region in a title, or the place if titles of this role name regions."""
        if len(text) > _TITLE_LENGTH or not self.source.region_titles:
            return None
        in_words = role != "line"
        if name := find_region_in_title(text, self.source, self.region, in_words=in_words):
            return name
        bare = strip_title(text)
        if match := _REGION.match(bare):
            return match["name"]
        is_role = bool(self.roles & ({"tab", "panel"} if role == "tab" else {role}))
        return bare if is_role and is_place(bare) else None

    def _may_title(self, at: int, line: PageLine) -> bool:
        """Return whether a line that is not a heading may be a title.

        Inside a table that is a caption or a full-width row; outside, a line such as "Region:
        Europe", or any line if other lines name regions.
        """
        if at in self.inside:
            return at in self.beside
        says_region = _REGION.match(line.text) is not None
        return says_region or ("line" in self.roles and not line.bullet)

    def _is_empty(self, at: int) -> bool:
        """Return whether a heading is followed by another one of its rank or a higher one.

        A heading with the same region does not count: it is a repeated title for phones.
        """
        lines = self.document.lines
        if at + 1 == len(lines) or at + 1 in self.starts:
            return at + 1 == len(lines)
        line, below = lines[at], lines[at + 1]
        role = f"h{line.heading}"
        return 0 < below.heading <= line.heading and (
            self._region_in(below.text, role) != self._region_in(line.text, role)
        )

    def _find_links_on(self, text: str) -> Iterator[str]:
        """Yield the links with regions, on a line that consists of such links."""
        if len(text) > _LINE_OF_LINKS:
            return
        found = [link for link in self.naming if link in text]
        rest = text
        for link in found:
            rest = rest.replace(link, " ")
        if _NEXT_TO_LINKS.match(rest):
            yield from found


def find_regions_without_rows(
    titles: Iterable[RegionTitle], regions: Iterable[str | None]
) -> Iterator[Finding]:
    """Yield a hold for each announced region without a row."""
    known = {_region_key(region) for region in regions if region}
    said: set[str] = set()
    for one in titles:
        key = _region_key(one.region)
        if (key in known and not one.empty) or key in said:
            continue
        said.add(key)
        yield Finding(
            name="region-without-rows",
            verdict="hold",
            message=f"{one.where}: {quote(one.text)} announces {quote(one.region)}, but there"
            " is no row below it",
            region=one.region,
        )


def find_empty_tables(
    document: Document, grids: Sequence[Grid | ColumnTable], vocabulary: Vocabulary, url: str
) -> Iterator[Finding]:
    """Yield holds for tables with the header of a firewall table but no rows."""
    starts = sorted(grid.first for grid in grids)
    for number, table in enumerate(document.tables, start=1):
        at = bisect_left(starts, table.first_line)
        is_read = at < len(starts) and starts[at] < table.end_line
        if is_read or table.holds_tables or not _is_bare(document, table, vocabulary):
            continue
        yield Finding(
            name="region-without-rows",
            verdict="hold",
            message=f"{url}, table {number}: it has the columns of a firewall table, but no"
            f" rows{_describe_heading_above(document, table)}",
        )


def _region_key(region: str) -> str:
    return comparable(_THE.sub("", region))


def _find_links_within(document: Document, url: str) -> set[str]:
    """Return the texts of links to a part of the same page."""
    page = urldefrag(url)[0]
    found: set[str] = set()
    for link in document.links:
        target, hash_sign, fragment = link.href.partition("#")
        if hash_sign and fragment.strip() and target in {"", page} and link.text:
            found.add(link.text)
    return found


def _is_bare(document: Document, table: Table, vocabulary: Vocabulary) -> bool:
    """Return whether the table has a firewall table's header, but no rows of several cells."""
    rows = [row for row in table.rows if any(c.end_line > c.first_line for c in row)]
    if not rows or len(rows[0]) < _FEWEST_HEADERS:
        return False
    fields: set[object] = set()
    for cell in rows[0]:
        lines = document.lines[cell.first_line : cell.end_line]
        fields.add(field_of(" ".join(line.text for line in lines), vocabulary))
    return set(REQUIRED) <= fields and all(len(row) == 1 for row in rows[1:])


def _describe_heading_above(document: Document, table: Table) -> str:
    start = max(table.first_line - _HEADINGS_FROM, 0)
    for line in reversed(document.lines[start : table.first_line]):
        if line.heading:
            return f", below {quote(line.text)}"
    return ""
