"""Compares regions announced by links with the reading, so that none is silently missed.

Pure. A link to a region's page announces that region. If the page has no table, or tables of
other regions, the source's page is held, and the finding says what the page has instead: only
by kind, so that the message changes as rarely as possible.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from tracker.errors import Challenged, FetchError, Maintenance
from tracker.model import Finding
from tracker.parse.markup.document import Document, PageLine
from tracker.parse.page import ParsedPage, Reading
from tracker.parse.pages.error_pages import (
    GONE_WORDS,
    LOGIN_WORDS,
    PASSWORD,
    SOON_WORDS,
    classify_page,
    strip_between,
)
from tracker.parse.pages.linked_pages import normalize_url
from tracker.text import comparable, hyphenate, quote

_STEM = 6  # letters that words such as "Europe" and "European" have in common
_LOOKED_AT = 2**20  # characters
_MOST_NAMED = 4
_SHORT = 160  # characters; longer lines do not tell the kind of a page
_FRAMES = ("header", "nav", "footer", "aside", "noscript")
# Variables and elements in which frameworks store the data that their scripts show.
_STATE = re.compile(
    r"__NEXT_DATA__|__NUXT(?:_DATA)?__|\b__next_f\b|__(?:INITIAL|PRELOADED|APOLLO)_STATE__"
    r"|window(?:\.|\[[\"'])(?P<name>__[A-Za-z]\w{2,40})"
)
_JSON = re.compile(
    r"<script\b[^<>]{0,500}?\btype\s{0,5}=\s{0,5}[\"']?application/json\b", re.IGNORECASE
)
_SHELL = re.compile(
    r"<(?:div|main)\b[^<>]{0,300}?\bid\s{0,5}=\s{0,5}[\"']?(?:root|app|__next|__nuxt|svelte)\b"
    r"[^<>]{0,300}>\s{0,200}</(?:div|main)",
    re.IGNORECASE,
)
_LAZY = re.compile(
    r"\bdata-(?:lazy|load|ajax|endpoint|source|fetch|remote|src)[\w-]{0,20}\s{0,5}="
    r"|\b(?:skeleton|shimmer|spinner|lazy-?load(?:ed|ing)?)\b",
    re.IGNORECASE,
)
_WAITING = re.compile(
    r"^loading\b|^please wait\b|\b(?:enable|requires?|needs?|turn on) javascript\b",
    re.IGNORECASE,
)
_ELEMENTS = (
    (re.compile(r"<(?:pre|code|samp|textarea)\b", re.IGNORECASE), "a block of code"),
    (re.compile(r"<(?:iframe|frame|object|embed)\b", re.IGNORECASE), "an iframe"),
    (re.compile(r"<(?:img|picture|canvas|svg)\b|background-image", re.IGNORECASE), "an image"),
)


class LinkedRegion(msgspec.Struct, frozen=True):
    """The regions that links to one page announce, and the result of following them.

    `indexes` are the indexes of the page, and of the pages below it, among the parsed pages; if
    there are none, `instead` is the reason. `is_followed` is false if the page was not
    requested.
    """

    href: str
    regions: tuple[str, ...]
    headings: tuple[str, ...] = ()
    indexes: tuple[int, ...] = ()
    instead: str = ""
    is_followed: bool = True


def check_links(
    links: Sequence[LinkedRegion], pages: Sequence[ParsedPage], reading: Reading
) -> Iterator[Finding]:
    """Yield a hold for each region page without the regions that its links announce.

    Raises FetchError if the page is a challenge or a maintenance notice.
    """
    there = {comparable(entry.region) for entry in reading.entries if entry.region}
    for link in links:
        own = [pages[index] for index in link.indexes]
        if own and not any(reading.tables[index] for index in link.indexes):
            yield _report_without_table(link, own[0])
        elif missing := _find_missing(link.regions, own, there):
            if not own:
                yield _report_unread(link, missing[0])
            elif not any(_names_region(heading, missing[0]) for heading in link.headings):
                yield _report_of_another(link, missing[0])


def _find_missing(
    names: Sequence[str], own: Sequence[ParsedPage], there: Collection[str]
) -> list[str]:
    """Return the announced regions without rows, except other names of the page's region."""
    read = [page.region for page in own if page.region and _is_there(page.region, there)]
    return [
        name
        for name in names
        if not _is_there(name, there) and not any(are_alike(name, region) for region in read)
    ]


def are_alike(name: str, other: str) -> bool:
    """Return whether two names may be of one region.

    For example "UK" and "United Kingdom", "Government" and "US Government", "Europe" and
    "European Union". Names with different numbers are different regions.
    """
    words, others = (re.split(r"[- ]", comparable(each)) for each in (name, other))
    if {*filter(str.isdigit, words)} != {*filter(str.isdigit, others)}:
        return False
    short, long = sorted((words, others), key=len)
    if len(short) > 1:
        return {*short} <= {*long}
    stem = short[0][:_STEM]
    initials = "".join(word[0] for word in long)
    return short[0] in {initials, *long} or (len(stem) == _STEM and long[0].startswith(stem))


def _is_there(region: str, there: Collection[str]) -> bool:
    """Return whether the region, or a numbered part of it, is in `there`."""
    pattern = re.compile(rf"{re.escape(comparable(region))}(?:[- ]\d+)?")
    return any(pattern.fullmatch(name) for name in there)


def _names_region(heading: str, region: str) -> bool:
    if region.isascii():
        return f"-{hyphenate(region)}-" in f"-{hyphenate(heading)}-"
    return region.casefold() in heading.casefold()


def _report_without_table(link: LinkedRegion, page: ParsedPage) -> Finding:
    region = link.regions[0]
    came = describe_missing_table(page.text, page.document)
    reasons = [f"there is {came}"]
    if error := classify_page(page.text, page.url):
        if isinstance(error, Challenged | Maintenance):
            raise error
        reasons.insert(0, _strip_url(error, page.url))
    if normalize_url(page.url) != normalize_url(link.href):
        reasons.insert(0, f"it redirects to {page.url}")
    return _build_hold(
        "region-page-without-table",
        f"{link.href}: no table for {quote(region)} is on this page: " + "; ".join(reasons),
        region,
    )


def _strip_url(error: FetchError, url: str) -> str:
    return str(error).removeprefix(f"{url}: ")


def _report_unread(link: LinkedRegion, region: str) -> Finding:
    if link.is_followed:
        return _build_hold(
            "region-page-without-table",
            f"{link.href}: no table for {quote(region)} is on this page: {link.instead}",
            region,
        )
    return _build_hold(
        "linked-page-not-followed",
        f"{link.href}: it seems to be a page of {quote(region)} and is not read:"
        f" {link.instead}",
        region,
    )


def _report_of_another(link: LinkedRegion, region: str) -> Finding:
    return _build_hold(
        "region-page-of-another",
        f"{link.href}: it is linked for {quote(region)}, but its tables and headings"
        " name other regions",
        region,
    )


def _build_hold(name: str, message: str, region: str) -> Finding:
    return Finding(name=name, verdict="hold", message=message, region=region)


def describe_missing_table(text: str, document: Document) -> str:
    """Return the content of a page without a table in words: "a list and an image"."""
    found = list(dict.fromkeys(_find_contents(text[:_LOOKED_AT], document)))[:_MOST_NAMED]
    if found:
        return " and ".join(found)
    return "nothing that a script could not still fill" if "<script" in text else "nothing"


def _find_contents(text: str, document: Document) -> Iterator[str]:
    lines = [line for line in document.lines if line.in_content and not line.linked]
    titles = [document.title, *(line.text for line in lines if line.heading)]
    markup = strip_between(text, "<!--", "-->")
    content = _strip_frames(markup)
    yield from _find_words("no such page", GONE_WORDS, titles)
    yield from _find_words("a login", LOGIN_WORDS, titles)
    yield from _find_words("a promise of it", SOON_WORDS, (line.text for line in lines))
    if PASSWORD.search(markup):
        yield "a form that asks for a password"
    yield from _find_tables(document)
    if any(line.bullet for line in lines):
        yield "a list"
    for pattern, name in _ELEMENTS:
        if pattern.search(content):
            yield name
    yield from _find_scripts(markup, content, lines)


def _find_words(name: str, pattern: re.Pattern[str], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if len(text) <= _SHORT and pattern.search(text):
            yield f"{name} ({quote(text)})"
            return


def _find_tables(document: Document) -> Iterator[str]:
    for table in document.tables:
        cells = [cell for row in table.rows[1:] for cell in row]
        is_filled = any(cell.end_line > cell.first_line for cell in cells)
        yield "a table of other columns" if is_filled else "an empty table"


def _find_scripts(markup: str, content: str, lines: Sequence[PageLine]) -> Iterator[str]:
    """Yield a description of a page that a script fills, with the place of its data."""
    if match := _STATE.search(markup):
        yield f"what a script fills, with data in {match[match.lastgroup or 0]}"
    elif _JSON.search(markup):
        yield "what a script fills, with data in a script of application/json"
    elif (
        _SHELL.search(content)
        or _LAZY.search(content)
        or any(len(line.text) <= _SHORT and _WAITING.search(line.text) for line in lines)
    ):
        yield "what a script fills"


def _strip_frames(markup: str) -> str:
    """Return markup without scripts, menus, headers and footers."""
    for tag in ("script", "style", *_FRAMES):
        markup = strip_between(markup, f"<{tag}", f"</{tag}")
    return markup


def report_unexpected(page: ParsedPage, problem: str) -> Finding:
    """Return the finding for a linked page with firewall tables but without a known region."""
    how = f"they cannot be read: {problem}" if problem else f"they are read for {page.region}"
    return Finding(
        name="linked-page-unexpected",
        verdict="hold",
        message=f"{page.url}: firewall tables, but its link names no known region; {how}",
        region=page.region,
    )
