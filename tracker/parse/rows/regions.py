"""Finds the region of each table by its titles, and by the form of the other tables' titles.

Pure. A title that contains a region of the source is certain. A title that is not a known
place, but has the form of one that names a region, is read as a region too. If it is uncertain
whether a title is intended as a region, the page is held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from tracker.model import Finding
from tracker.parse.grid import ColumnTable, Grid, Title
from tracker.parse.rows.region_names import (
    find_place,
    find_place_called_region,
    find_region_in_title,
    has_page_word,
    is_label,
    is_name,
    is_short,
    may_name_region,
    names_several,
    normalize_name,
    strip_title,
)
from tracker.sources import Source
from tracker.text import quote

_SHOWN = 5
_IN_WORDS = frozenset("h1 h2 h3 h4 h5 h6 caption row panel tab".split())
_NO_TITLE = frozenset(
    {"outside", "menu", "link", "item"}
)  # text in these roles is often not a title

Titled = tuple[Grid | ColumnTable, tuple[Title, ...]]


class Shape(NamedTuple):
    """The form of a title that names a region: its role, and the words around the name."""

    role: str
    before: str
    after: str


class NamedRegion(msgspec.Struct, frozen=True):
    """The region of one table, and findings if it is uncertain or new."""

    region: str | None
    findings: tuple[Finding, ...] = ()


class _RegionMatch(msgspec.Struct, frozen=True):
    """The index of a title that names a region, and the region."""

    at: int  # in the table's titles, nearest first
    name: str


def name_regions(
    found: Sequence[Titled], source: Source, page_region: str | None, url: str
) -> Iterator[NamedRegion]:
    """Yield the region of each table, in order, with a hold if it is not certain."""
    named = [(grid, _join_labels(titles)) for grid, titles in found]
    matches = [_match_titles(titles, source, page_region) for _, titles in named]
    naming = _Naming(source, page_region)
    for (_, titles), match in zip(named, matches, strict=True):
        if match:
            naming.learn(titles, match)
    for (grid, titles), match in zip(named, matches, strict=True):
        yield naming.name_region(grid, titles, match, url)


def _join_labels(titles: Sequence[Title]) -> list[Title]:
    """Return the titles, with a bare label such as "Region:" joined to the one below it."""
    joined = list(titles)
    for at in range(len(joined) - 1, 0, -1):
        name = joined[at - 1]
        if is_label(joined[at].text) and name.own and is_name(strip_title(name.text)):
            joined[at - 1] = name._replace(text=f"Region: {name.text}")
    return joined


def _match_titles(
    titles: Sequence[Title], source: Source, page_region: str | None
) -> _RegionMatch | None:
    for at, title in enumerate(titles):
        if title.role == "outside" and page_region:
            continue  # in menus or the page head, and the page has its own region
        in_words = title.role in _IN_WORDS
        if name := find_region_in_title(title.text, source, page_region, in_words=in_words):
            return _RegionMatch(at, name)
    return None


class _Naming:
    """Finds regions in titles by the form of the titles that certainly name regions."""

    def __init__(self, source: Source, page_region: str | None) -> None:
        self.source, self.page_region = source, page_region
        self.shapes: dict[Shape, None] = {}
        self.roles: set[str] = set()  # of titles that name regions
        self.below: set[str] = set()  # roles of titles between a table and its region's name
        self.named_before = False

    def learn(self, titles: Sequence[Title], match: _RegionMatch) -> None:
        """Remember the form of a title that names a region."""
        title = titles[match.at]
        self.roles.add(title.role)
        bare = strip_title(title.text)
        at = bare.lower().find(match.name.lower())
        if at >= 0:
            before, after = bare[:at], bare[at + len(match.name) :]
            self.shapes[Shape(title.role, before, after)] = None
        if title.own:
            self.below |= {t.role for t in titles[: match.at] if t.role not in {"line", "list"}}

    def name_region(
        self,
        grid: Grid | ColumnTable,
        titles: Sequence[Title],
        match: _RegionMatch | None,
        url: str,
    ) -> NamedRegion:
        """Return the region of a table, with a finding if it is uncertain or new."""
        nearer = titles[: match.at] if match else titles
        where = f"{url}, {grid.where}"
        place = next(((t, name) for t in nearer if (name := self._find_place(t))), None)
        if match and (place is None or titles[match.at].own):
            return self._name_known(titles, match, place and place[1], where)
        if place:
            title, name = place
            self.named_before = True
            if title.role == "tab" and not title.sure:
                return self._report_unsure_tab(titles, where)
            if not title.sure:
                return NamedRegion(name, (_report_uncertain(name, quote(title.text), where),))
            return NamedRegion(name, (_report_unknown(name, where),))
        return self._name_without_title(titles, where)

    def _name_known(
        self, titles: Sequence[Title], match: _RegionMatch, place: str | None, where: str
    ) -> NamedRegion:
        """Return the region of a table with a title that certainly names one."""
        title = titles[match.at]
        self.named_before = True
        if title.role == "tab" and not title.sure:
            return self._report_unsure_tab(titles, where)
        doubt = self._find_doubt(titles, match, place)
        if doubt is None:
            return NamedRegion(match.name)
        return NamedRegion(match.name, (_report_uncertain(match.name, quote(doubt), where),))

    def _find_doubt(
        self, titles: Sequence[Title], match: _RegionMatch, place: str | None
    ) -> str | None:
        """Return the words that make the title's region uncertain for this table, or None."""
        title, nearer = titles[match.at], titles[: match.at]
        if place or not title.sure:
            return place or title.text
        if names_several(match.name, self.source):
            return title.text
        if find_place(match.name) and has_page_word(match.name):
            return title.text  # such as "Region: Europe (legacy)"
        other = self._find_other_place(nearer, match.name) or self._find_other_region(
            titles, match
        )
        if other is None and not title.own:
            other = self._find_rival(nearer, title)
        return other and other.text

    def _report_unsure_tab(self, titles: Sequence[Title], where: str) -> NamedRegion:
        """Return the region of a table below tabs that cannot be assigned to tables."""
        tabs = [t.text for t in titles if t.role == "tab" and not t.sure]
        doubt = f"tabs ({', '.join(map(quote, tabs[:_SHOWN]))}) that are not as many as tables"
        return NamedRegion(
            self.page_region, (_report_uncertain(self.page_region, doubt, where),)
        )

    def _name_without_title(self, titles: Sequence[Title], where: str) -> NamedRegion:
        """Return the region of a table without a title for one: the page's region, or none."""
        if other := self._find_other_place(titles, self.page_region):
            region = self.page_region or self._guess_region(other)
            return NamedRegion(region, (_report_uncertain(region, quote(other.text), where),))
        if not self.roles or (self.page_region and not self.named_before):
            return NamedRegion(self.page_region)
        doubt = next((quote(t.text) for t in titles if t.own), "no title")
        return NamedRegion(
            self.page_region, (_report_uncertain(self.page_region, doubt, where),)
        )

    def _guess_region(self, title: Title) -> str | None:
        """Return the region that a title may name, for the operator to approve."""
        name = normalize_name(title.text)
        known = find_region_in_title(title.text, self.source, in_words=True)
        return known or (name if is_name(name) else None)

    def _find_other_place(self, titles: Sequence[Title], region: str | None) -> Title | None:
        """Return a title directly at the table that mentions a place other than its region."""
        if not self.source.region_titles:
            return None
        for at, title in enumerate(titles):
            is_far_line = title.role == "line" and at > 0
            if not title.own or not title.sure or is_far_line or title.role in _NO_TITLE:
                continue
            if is_short(title.text) and self._names_other(title.text, region):
                return title
        return None

    def _names_other(self, text: str, region: str | None) -> bool:
        place = find_place(text)
        if place:
            return place.lower() not in (region or "").lower()
        return region is None and may_name_region(text)

    def _find_other_region(self, titles: Sequence[Title], match: _RegionMatch) -> Title | None:
        """Return a further title of the same role, directly at the table, of another region."""
        title = titles[match.at]
        if not title.own:
            return None
        for other in titles[match.at + 1 :]:
            if other.role != title.role or not other.own or not other.sure:
                continue
            name = find_region_in_title(other.text, self.source, self.page_region)
            if name and name != match.name:
                return other
        return None

    def _find_rival(self, nearer: Sequence[Title], title: Title) -> Title | None:
        """Return a title directly at the table that may end the part `title` applies to.

        A heading also applies below its subheadings.
        """
        for other in nearer:
            is_part = _is_heading(title) and _is_heading(other) and other.role > title.role
            is_usual = other.role in (self.below - self.roles) | _NO_TITLE
            if other.own and not is_part and not is_usual and is_short(other.text):
                return other
        return None

    def _find_place(self, title: Title) -> str | None:
        """Return the name in a title that has the form of those that name regions, or None."""
        if not title.own or title.role == "outside":
            return None
        # Try the longest words around the name first: "Oslo region" is Oslo.
        for role, before, after in sorted(self.shapes, key=_sort_key):
            pattern = rf"{re.escape(before)}(?P<name>.+){re.escape(after)}"
            match = re.fullmatch(pattern, strip_title(title.text), re.IGNORECASE)
            if title.role == role and match:
                name = normalize_name(match["name"])
                if is_name(name):
                    return name
        return find_place_called_region(title.text) if self.source.region_titles else None


def _sort_key(shape: Shape) -> tuple[int, Shape]:
    return -len(shape.before) - len(shape.after), shape


def _is_heading(title: Title) -> bool:
    return len(title.role) == 2 and title.role[0] == "h"  # noqa: PLR2004  h1 to h6


def _report_uncertain(region: str | None, doubt: str, where: str) -> Finding:
    return Finding(
        name="region-uncertain",
        verdict="hold",
        message=f"{where}: it is read as {region or 'of no region'}, beside {doubt}",
        region=region,
    )


def _report_unknown(region: str, where: str) -> Finding:
    return Finding(
        name="region-unknown",
        verdict="publish",
        message=f"{where}: {quote(region)} is no known place, but stands where regions do",
        region=region,
    )
