"""What the links to pages promise, held against what was read: no region is missed in silence.

Pure. A link to a region's page announces that region; where the page gives no table, or gives
tables of other regions, the source's page is held, and the finding says what came instead.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import msgspec

from tracker.errors import Challenged, FetchError, Maintenance
from tracker.model import Finding
from tracker.parse.pages.error_pages import classified
from tracker.parse.pages.linked_pages import page_key
from tracker.parse.pages.missing_table import describe_missing_table
from tracker.parse.read import Reading, Text
from tracker.text import quote, slug

_STEM = 6  # letters that "Europe" and "European" have in common


class LinkedRegion(msgspec.Struct, frozen=True):
    """What the links to one page promise, and what became of it.

    `texts` are the places of the page and of those that it leads to among the texts; with none,
    `instead` says why. `is_followed` is false where nobody asked for the page.
    """

    href: str
    regions: tuple[str, ...]
    headings: tuple[str, ...] = ()
    texts: tuple[int, ...] = ()
    instead: str = ""
    is_followed: bool = True


def check_links(
    links: Sequence[LinkedRegion], texts: Sequence[Text], reading: Reading
) -> Iterator[Finding]:
    """Yield a hold for each page of a region that does not give what links to it promise.

    Raises FetchError where a challenge or a notice of maintenance came in its place.
    """
    there = {slug(entry.region) for entry in reading.entries if entry.region}
    for link in links:
        own = [texts[place] for place in link.texts]
        if own and not any(reading.tables[place] for place in link.texts):
            yield _without_table(link, own[0])
        elif missing := _missing(link.regions, own, there):
            if not own:
                yield _unread(link, missing[0])
            elif not any(_names(heading, missing[0]) for heading in link.headings):
                yield _of_another(link, missing[0])


def _missing(names: Sequence[str], own: Sequence[Text], there: Collection[str]) -> list[str]:
    """The announced regions without rows. The page's own region may be spelled otherwise."""
    read = [text.region for text in own if text.region and _is_there(text.region, there)]
    return [
        name
        for name in names
        if not _is_there(name, there) and not any(are_alike(name, region) for region in read)
    ]


def are_alike(name: str, other: str) -> bool:
    """Whether two names may be of one region.

    Such as "UK" and "United Kingdom", "Government" and "US Government", "Europe" and "European
    Union"; a number tells regions apart.
    """
    words, others = slug(name).split("-"), slug(other).split("-")
    if {*filter(str.isdigit, words)} != {*filter(str.isdigit, others)}:
        return False
    short, long = sorted((words, others), key=len)
    if len(short) > 1:
        return {*short} <= {*long}
    stem = short[0][:_STEM]
    initials = "".join(word[0] for word in long)
    return short[0] in {initials, *long} or (len(stem) == _STEM and long[0].startswith(stem))


def _is_there(region: str, there: Collection[str]) -> bool:
    """Whether the region, or a further part of it by number, is among those that were read."""
    pattern = re.compile(rf"{re.escape(slug(region))}(?:-\d+)?")
    return any(pattern.fullmatch(name) for name in there)


def _names(heading: str, region: str) -> bool:
    if region.isascii():
        return f"-{slug(region)}-" in f"-{slug(heading)}-"
    return region.casefold() in heading.casefold()


def _without_table(link: LinkedRegion, text: Text) -> Finding:
    region = link.regions[0]
    came = describe_missing_table(text.text, text.document)
    reasons = [f"there is {came}"]
    if error := classified(text.text, text.url):
        if isinstance(error, Challenged | Maintenance):
            raise error
        reasons.insert(0, _without_url(error, text.url))
    if page_key(text.url) != page_key(link.href):
        reasons.insert(0, f"it redirects to {text.url}")
    return _hold(
        "region-page-without-table",
        f"{link.href}: no table for {quote(region)} is on this page: " + "; ".join(reasons),
        region,
    )


def _without_url(error: FetchError, url: str) -> str:
    return str(error).removeprefix(f"{url}: ")


def _unread(link: LinkedRegion, region: str) -> Finding:
    if link.is_followed:
        return _hold(
            "region-page-without-table",
            f"{link.href}: no table for {quote(region)} is on this page: {link.instead}",
            region,
        )
    return _hold(
        "linked-page-not-followed",
        f"{link.href}: it seems to be a page of {quote(region)} and is not read:"
        f" {link.instead}",
        region,
    )


def _of_another(link: LinkedRegion, region: str) -> Finding:
    return _hold(
        "region-page-of-another",
        f"{link.href}: it is linked for {quote(region)}, but its tables and headings"
        " name other regions",
        region,
    )


def _hold(name: str, message: str, region: str) -> Finding:
    return Finding(name=name, verdict="hold", message=message, region=region)
