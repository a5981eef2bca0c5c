"""Which region each table of a page is for: by its titles, and by how the others are named.

Pure. A title that the source knows for a region is certain. A title that is no known place
but stands in the same role as one that named a region names its table's region, too; where
a title could be meant as a region and it is not certain, the page is held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from tracker.errors import Unreadable
from tracker.extract.grid import Grid, Stack, Title
from tracker.model import Finding
from tracker.sources import Source
from tracker.text import quote

_SHORT = 60  # no longer title is a name
_MOST_WORDS = 6
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"^[a-z]{2,4}(-[a-z]+)+-?\d*$")  # "ap-southeast-1", as clouds write it
_LONG_WORD = 4  # shorter ones may be "of" or "the"
# Names of parts of a page or a product, where a region's name could stand.
_PARTS_OF_A_PAGE = (
    "access additional address addresses agent agents all allow cloud common configuration"
    " connection connections connectivity console consoles deny deployer details domain domains"
    " download downloads endpoint endpoints example examples firewall general host hosts"
    " inbound introduction ip ips legacy management network note notes optional other outbound"
    " overview port ports protocol protocols recommended reference relay relays remote required"
    " requirements resource resources rule rules server servers service services settings"
    " software support table tables traffic update updates url urls"
)
_NO_PLACE = frozenset(_PARTS_OF_A_PAGE.split())

Titled = tuple[Grid | Stack, tuple[Title, ...]]


class Shape(NamedTuple):
    """How a title that names a region is written: its role, and the words around the name."""

    role: str
    before: str
    after: str


class Named(msgspec.Struct, frozen=True):
    """The region of one table, and what is not certain or new about it."""

    region: str | None
    findings: tuple[Finding, ...] = ()


class _Match(msgspec.Struct, frozen=True):
    at: int  # among the titles, nearest first
    name: str


def name_regions(
    found: Sequence[Titled], source: Source, page_region: str | None, url: str
) -> Iterator[Named]:
    """The region of each table, in order.

    Raises Unreadable for tabs that name regions where it is not certain which tab is whose.
    """
    matches = [_match(titles, source, page_region) for _, titles in found]
    naming = _Naming(page_region)
    for (_, titles), match in zip(found, matches, strict=True):
        if match:
            naming.learn(titles, match)
    for (grid, titles), match in zip(found, matches, strict=True):
        yield naming.named(grid, titles, match, url)


def _match(titles: Sequence[Title], source: Source, page_region: str | None) -> _Match | None:
    for at, title in enumerate(titles):
        if name := source.region_in(title.text, page_region):
            return _Match(at, name)
    return None


class _Naming:
    """What the titles that surely name regions tell of the others."""

    def __init__(self, page_region: str | None) -> None:
        self.page_region = page_region
        self.shapes: dict[Shape, None] = {}
        self.below: set[str] = set()  # roles of titles between a table and its region's name
        self.named_before = False

    def learn(self, titles: Sequence[Title], match: _Match) -> None:
        title = titles[match.at]
        before, _, after = title.text.partition(match.name)
        self.shapes[Shape(title.role, before, after)] = None
        if title.own:
            self.below |= {t.role for t in titles[: match.at] if t.role not in {"line", "list"}}

    def named(
        self, grid: Grid | Stack, titles: Sequence[Title], match: _Match | None, url: str
    ) -> Named:
        nearer = titles[: match.at] if match else titles
        where = f"{url}, {grid.where}"
        place = next(((t, name) for t in nearer if (name := self._place(t))), None)
        if match and (place is None or titles[match.at].own):
            return self._known(titles, match, place and place[1], where)
        if place:
            title, name = place
            self.named_before = True
            if not title.sure:
                return Named(name, (_uncertain(name, quote(title.text), where),))
            return Named(name, (_unknown(name, where),))
        return self._unnamed(titles, where)

    def _known(
        self, titles: Sequence[Title], match: _Match, place: str | None, where: str
    ) -> Named:
        """Of a table with a title that surely names a region."""
        title = titles[match.at]
        self.named_before = True
        if title.role == "tab" and not title.sure:
            raise Unreadable(
                f"{where}: {quote(title.text)} is one of several tabs, and there are not as"
                " many tables as tabs; it is not certain which tab is whose"
            )
        if place or not title.sure:
            doubt = quote(place or title.text)
        elif title.own or not (other := self._rival(titles[: match.at], title)):
            return Named(match.name)
        else:
            doubt = quote(other.text)
        return Named(match.name, (_uncertain(match.name, doubt, where),))

    def _unnamed(self, titles: Sequence[Title], where: str) -> Named:
        """Of a table without any title for a region: the page's, or none."""
        if not self.shapes or (self.page_region and not self.named_before):
            return Named(self.page_region)
        nearest = next((quote(t.text) for t in titles if t.own), "no title")
        return Named(self.page_region, (_uncertain(self.page_region, nearest, where),))

    def _rival(self, nearer: Sequence[Title], title: Title) -> Title | None:
        """A title of the table's own that its region's name, further up, may not reach past.

        What a heading names goes on below smaller headings.
        """
        for other in nearer:
            is_part = _is_heading(title) and _is_heading(other) and other.role > title.role
            is_usual = other.role in self.below - {shape.role for shape in self.shapes}
            if other.own and not is_part and not is_usual and _is_short(other.text):
                return other
        return None

    def _place(self, title: Title) -> str | None:
        """The name in a title that is written like those that name regions."""
        if not title.own:
            return None
        # The longest words around the name first: "Oslo region" is Oslo.
        for role, before, after in sorted(self.shapes, key=_most_words):
            text = title.text
            if title.role != role or not text.startswith(before) or not text.endswith(after):
                continue
            name = text[len(before) : len(text) - len(after)].strip(" :")
            if _is_name(name):
                return name
        return None


def _most_words(shape: Shape) -> tuple[int, Shape]:
    return -len(shape.before) - len(shape.after), shape


def _is_heading(title: Title) -> bool:
    return len(title.role) == 2 and title.role[0] == "h"  # noqa: PLR2004  h1 to h6


def _is_short(text: str) -> bool:
    return len(text) <= _SHORT and not text.endswith((".", "!", "?"))


def _is_name(text: str) -> bool:
    """Whether this can be the name of a place: a few words with capitals, none of ours."""
    if _CODE.match(text):
        return True
    words = _WORD.findall(text)
    return (
        _is_short(text)
        and 0 < len(words) <= _MOST_WORDS
        and words[0][0].isupper()
        and all(len(word) < _LONG_WORD or word[0].isupper() for word in words)
        and not any(word.lower() in _NO_PLACE for word in words)
    )


def _uncertain(region: str | None, doubt: str, where: str) -> Finding:
    return Finding(
        name="region-uncertain",
        verdict="hold",
        message=f"{where}: it is read as {region or 'of no region'}, beside {doubt}",
        region=region,
    )


def _unknown(region: str, where: str) -> Finding:
    return Finding(
        name="region-unknown",
        verdict="publish",
        message=f"{where}: {quote(region)} is no known place, but stands where regions do",
        region=region,
    )
