"""The pages of a source: the main ones, and the region pages that they link to below them.

Links on region pages are followed one level further. The result of each link is recorded, so
that a region that a link announces is never silently missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from tracker.errors import FetchError, FwtrackerError, Moved, NothingRead, PageError, Unreadable
from tracker.fetch.decode import decode
from tracker.model import Finding, Page
from tracker.parse.page import (
    LEFT_OUT,
    ParsedPage,
    Reading,
    UnreadRegion,
    check_chosen,
    report_unread,
)
from tracker.parse.pages.error_pages import classify_page
from tracker.parse.pages.linked_pages import (
    LinkedPage,
    find_linked_pages,
    lies_below,
    list_announced_regions,
    normalize_url,
)
from tracker.parse.pages.linked_regions import LinkedRegion, check_links, report_unexpected
from tracker.parse.pages.refusals import name_settling, settle_refusal
from tracker.parse.pages.selectors import check_selectors
from tracker.parse.read import parse_page, read_pages
from tracker.parse.settling import name_source
from tracker.parse.shapes.find import find_tables
from tracker.sources import Source
from tracker.text import comparable

if TYPE_CHECKING:
    from tracker.fetch.fetcher import Fetched

_MOST_PAGES = 40
_NO_BYTES = hashlib.sha256(b"").hexdigest()


class PageSet(msgspec.Struct, frozen=True):
    """All pages of a source in order: metadata, bodies by SHA-256, and parsed pages.

    `passed_over` lists linked pages that belong to no region and are not read; one that could
    not be fetched has the hash of an empty body. `removed` lists the values that the definition
    removed from the pages. `unread` lists regions that are not chosen with a page that could
    not be fetched, and the reasons; if there are any, the reading is incomplete.
    """

    pages: tuple[Page, ...]
    bodies: dict[str, bytes]
    parsed: tuple[ParsedPage, ...]
    passed_over: tuple[Page, ...] = ()
    linked_regions: tuple[LinkedRegion, ...] = ()
    findings: tuple[Finding, ...] = ()
    removed: tuple[str, ...] = ()
    unread: tuple[UnreadRegion, ...] = ()
    is_whole: bool = True


class PageSource(Protocol):
    """Where pages come from: a fetcher, or the store."""

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """Return the page at `url`. Raises FetchError."""


def fetch_pages(
    fetcher: PageSource,
    source: Source,
    urls: Sequence[str],
    at_hand: Iterable[Fetched] = (),
    known_regions: Collection[str] = (),
) -> PageSet:
    """Fetch and parse the pages at `urls` and their region pages.

    Pages `at_hand` are not fetched again. `known_regions` are those of the last version. Raises
    FetchError or PageError, also if just one visibly linked region page cannot be fetched.
    Raises UsageError for an invalid selector or path of the definition.
    """
    check_selectors(source.definition, source.place)
    pages = {page.url: page for page in at_hand if page.body is not None}
    crawl = _Crawl(fetcher, source, known_regions, pages)
    mains = [crawl.fetch_main(url) for url in urls]
    for main in mains if source.definition.follow else ():
        crawl.follow_links(main)
    return crawl.finish()


def read_page_set(found: PageSet, source: Source, asked: str) -> Reading:
    """Return the reading of the pages. `asked` is the main page's address before redirects.

    Raises PageError with the definition lines that settle it. Raises FetchError if nothing was
    read and a page turns out to be a challenge, a login, a maintenance notice or a pointer to
    another page.
    """
    try:
        return name_settling(_read_pages(found, source, asked), source)
    except PageError as error:
        settle = settle_refusal(error, found.parsed, source.definition)
        error.settle = name_source(settle, source)
        raise


def _read_pages(found: PageSet, source: Source, asked: str) -> Reading:
    try:
        reading = read_pages(found.parsed, source)
    except NothingRead:
        main, *below = found.parsed
        evidence = classify_page(main.text, main.url, asked) or _find_failure(below)
        if evidence is None:
            raise
        raise evidence from None
    check_chosen(found.unread, reading.entries, source)
    left_out = {index for index, table in enumerate(reading.tables) if table == LEFT_OUT}
    links = [link for link in found.linked_regions if left_out.isdisjoint(link.indexes)]
    missing = check_links(links, found.parsed, reading)
    unread = report_unread(found.unread)
    return msgspec.structs.replace(
        reading,
        findings=(*reading.findings, *found.findings, *missing, *unread),
        unread=(*reading.unread, *(each.region for each in found.unread)),
    )


def _find_failure(pages: Iterable[ParsedPage]) -> FetchError | None:
    """Return the failure that a linked page shows, if any; a page that has moved is not one."""
    for page in pages:
        error = classify_page(page.text, page.url, page.url)
        if error and not isinstance(error, Moved):
            return error
    return None


class _TableCheck(NamedTuple):
    """Whether a page has firewall tables; `problem` says why they cannot be read."""

    found: bool
    problem: str = ""


class _Crawl:
    """Fetches the pages of a source and records the links for which no page was read."""

    def __init__(
        self,
        fetcher: PageSource,
        source: Source,
        known_regions: Collection[str],
        at_hand: Mapping[str, Fetched],
    ) -> None:
        self.fetcher, self.source = fetcher, source
        self.known_regions, self.at_hand = known_regions, at_hand
        self.main_url = ""
        self.pages_left = _MOST_PAGES  # how many more pages may be fetched
        self.pages: list[Page] = []
        self.bodies: dict[str, bytes] = {}
        self.parsed: list[ParsedPage] = []
        # URLs of the parsed pages, by their normalized form and by the hash of the page.
        self.urls: dict[str, str] = {}
        self.requested: set[str] = set()
        self.fetched_regions: set[str] = set()
        self.unread_links: dict[str, tuple[LinkedPage, str]] = {}  # links to regions; reasons
        self.passed_over: list[Page] = []
        self.linked_regions: list[LinkedRegion] = []
        self.unread: list[UnreadRegion] = []
        self.findings: list[Finding] = []

    def fetch_main(self, url: str) -> ParsedPage:
        """Fetch a page that the definition names. Raises FetchError and PageError."""
        fetched = self._get(url)
        main = _decode_page(fetched, self.source)
        self._add(fetched, main)
        return main

    def follow_links(self, main: ParsedPage) -> None:
        """Fetch the pages of regions that a page links to. Raises FetchError and PageError."""
        self.main_url = main.url
        links = self._find_links(main)
        regions = sum(link.is_region and link.is_page for link in links)
        if regions > _MOST_PAGES:
            raise PageError(
                f"{main.url}: {regions} pages of regions are linked below it, more than the"
                f" {_MOST_PAGES} that there can be"
            )
        self.pages_left -= regions
        for link in links:
            self._follow(link)

    def finish(self) -> PageSet:
        """Record the links to regions for which no page was read, and return all pages."""
        for key, (link, why) in self.unread_links.items():
            if key not in self.fetched_regions:
                self._record_region(link, (), instead=why, is_followed=False)
        return PageSet(
            pages=tuple(self.pages),
            bodies=self.bodies,
            parsed=tuple(self.parsed),
            passed_over=tuple(self.passed_over),
            linked_regions=tuple(self.linked_regions),
            findings=tuple(self.findings),
            unread=tuple(self.unread),
        )

    def _find_links(self, page: ParsedPage) -> list[LinkedPage]:
        links, source = page.document.links, self.source
        return find_linked_pages(
            page.url, links, page.text, source, self.known_regions, self.main_url
        )

    def _follow(self, link: LinkedPage, parent: ParsedPage | None = None) -> None:
        """Process a link of the main page, or of the region page `parent`."""
        key = normalize_url(link.href)
        if key in self.requested:
            return
        if not link.is_page or link.sight == "mentioned":
            why = "only a script names it" if link.is_page else "it is no page of its own"
            self._skip(link, why if link.is_region else "a file or a feed")
            return
        if parent or not link.is_region:
            if self.pages_left <= 0:
                self._skip(link, f"no more than {_MOST_PAGES} linked pages are looked at")
                return
            self.pages_left -= 1
        self.requested.add(key)
        if link.is_region:
            self._fetch_region(link, parent)
        else:
            self._check_other_page(link, parent)

    def _skip(self, link: LinkedPage, why: str) -> None:
        if link.is_region:
            self.unread_links.setdefault(normalize_url(link.href), (link, why))
        else:
            self._report_passed_over(link.href, why)

    def _fetch_region(self, link: LinkedPage, parent: ParsedPage | None) -> None:
        """Fetch a region's page. A failure counts only for visible links of the main page."""
        try:
            fetched = self._get(link.href)
            twin = self._find_twin(fetched)
            page = None if twin else self._parse_linked(fetched, link, None)
        except FwtrackerError as error:
            if link.sight == "seen" and parent is None:
                self._leave_out(link, error)
                return
            self._skip(link, f"it cannot be had ({error.name})")
            return
        self.fetched_regions.add(normalize_url(link.href))
        if page is None:
            self._record_twin(link, fetched, twin or "")
            return
        first = len(self.parsed)
        self._add(fetched, page)
        self._follow_below(page, parent)
        self._record_region(link, tuple(range(first, len(self.parsed))), page.headings)

    def _leave_out(self, link: LinkedPage, error: FwtrackerError) -> None:
        """Record a region page that was not fetched; raise `error` if the region is chosen."""
        names = list_announced_regions(link, (), self.source, self.known_regions)
        if not names or not all(map(self.source.is_outside, names)):
            raise error
        known = {comparable(region): region for region in self.known_regions}
        self.unread += (UnreadRegion(known.get(comparable(n), n), error) for n in names)

    def _record_twin(self, link: LinkedPage, fetched: Fetched, twin: str) -> None:
        """Record a page that was read under another URL already, and is not read again."""
        # The link's own URL is kept, so that the next check notices if it leads elsewhere.
        if all(known.url != link.href for known in self.pages):
            self.pages.append(msgspec.structs.replace(fetched.page, url=link.href))
        is_moved = normalize_url(fetched.url) != normalize_url(link.href)
        why = f"it redirects to {fetched.url}" if is_moved else f"it is the same as {twin}"
        self._record_region(link, (), instead=why)

    def _follow_below(self, page: ParsedPage, parent: ParsedPage | None) -> None:
        """Follow a region page's links to pages below it; record links to other regions."""
        for link in self._find_links(page):
            if parent is None and lies_below(link.href, page.url):
                self._follow(link, page)
            elif link.is_region and normalize_url(link.href) not in self.requested:
                self._skip(link, f"only {page.url} links to it")

    def _check_other_page(self, link: LinkedPage, parent: ParsedPage | None) -> None:
        """Fetch a page that its link does not assign to a region: only its tables matter."""
        unknown = Page(link.href, _NO_BYTES, self.pages[0].fetched_at)
        try:
            fetched = self._get(link.href)
            page = (
                None if self._find_twin(fetched) else self._parse_linked(fetched, link, parent)
            )
        except FwtrackerError as error:
            self._report_passed_over(link.href, f"it cannot be had: {error.name}", unknown)
            return
        if page is None:
            self._report_passed_over(link.href, f"it leads to {fetched.url}", fetched.page)
            return
        tables = self._check_tables(page)
        if not tables.found:
            self._report_passed_over(link.href, "no firewall table is on it", fetched.page)
            return
        if not tables.problem:
            self._add(fetched, page)
        self.findings.append(report_unexpected(page, tables.problem))

    def _check_tables(self, page: ParsedPage) -> _TableCheck:
        """Return whether the page has firewall tables, and why they cannot be read, if any."""
        try:
            read_pages((page,), self.source)
        except NothingRead:
            return _TableCheck(found=False)
        except Unreadable as error:
            return _TableCheck(_has_firewall_table(page, self.source), str(error))
        except FwtrackerError:  # such as a page that is cut off
            return _TableCheck(found=False)
        return _TableCheck(found=True)

    def _report_passed_over(self, href: str, why: str, fetched: Page | None = None) -> None:
        message = f"{href}: it is linked below the page, but is no region's; not read: {why}"
        self.findings.append(Finding("linked-page-passed-over", "publish", message))
        if fetched:
            self.passed_over.append(msgspec.structs.replace(fetched, url=href))

    def _record_region(
        self,
        link: LinkedPage,
        indexes: tuple[int, ...],
        headings: tuple[str, ...] = (),
        *,
        instead: str = "",
        is_followed: bool = True,
    ) -> None:
        regions = list_announced_regions(link, headings, self.source, self.known_regions)
        self.linked_regions.append(
            LinkedRegion(link.href, regions, headings, indexes, instead, is_followed)
        )

    def _get(self, url: str) -> Fetched:
        return self.at_hand.get(url) or self.fetcher.get(url)

    def _find_twin(self, fetched: Fetched) -> str | None:
        """Return the URL of the same page if it was read before, or None."""
        return self.urls.get(normalize_url(fetched.url)) or self.urls.get(fetched.page.sha256)

    def _parse_linked(
        self, fetched: Fetched, link: LinkedPage, parent: ParsedPage | None
    ) -> ParsedPage:
        page = _decode_page(fetched, self.source)
        region: str | None = self._find_region(link, page)
        if parent and not (
            link.is_region
            and self.source.find_region_in_words(region or "", self.known_regions)
        ):
            region = parent.region  # a page linked from a region page belongs to that region
        return msgspec.structs.replace(page, region=region)

    def _find_region(self, link: LinkedPage, page: ParsedPage) -> str:
        """Return the page's region, preferably as the page spells it, else as its links do."""
        wordings = (*link.words, *page.headings, page.document.title)
        name = self.source.name_page_region(page.url, wordings, self.known_regions)
        for words in (name, *link.words):
            if region := self.source.find_region_in_words(words, self.known_regions):
                return region
        return name

    def _add(self, fetched: Fetched, page: ParsedPage) -> None:
        self.pages.append(fetched.page)
        self.bodies[fetched.page.sha256] = fetched.body or b""
        self.urls.setdefault(normalize_url(fetched.url), fetched.url)
        self.urls.setdefault(fetched.page.sha256, fetched.url)
        self.parsed.append(page)


def _has_firewall_table(page: ParsedPage, source: Source) -> bool:
    try:
        return bool(find_tables(page.document, source.definition).tables)
    except Unreadable:
        return True


def _decode_page(fetched: Fetched, source: Source) -> ParsedPage:
    text = decode(fetched.body or b"", fetched.content_type, fetched.url)
    return parse_page(fetched.url, text, definition=source.definition)
