"""A source's pages: the main one, and the pages of its regions that it links to below itself.

Pages of regions are followed one level further. What becomes of each link is recorded, so that
no region that a link announces is missed in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Protocol

import msgspec

from tracker.errors import FetchError, FwtrackerError, Moved, NothingRead, PageError, Unreadable
from tracker.fetch.decode import decode
from tracker.fetch.fetcher import Fetched
from tracker.model import Finding, Page
from tracker.parse.markup.document import Document
from tracker.parse.pages.linked_pages import (
    LinkedPage,
    find_linked_pages,
    lies_below,
    list_announced_regions,
    normalize_url,
)
from tracker.parse.pages.linked_regions import LinkedRegion, check_links
from tracker.parse.read import ParsedPage, Reading, parse_page, read_pages
from tracker.parse.shapes.find import find_grids
from tracker.sources import Source

_MOST_PAGES = 40
_NO_BYTES = hashlib.sha256(b"").hexdigest()


class PageSet(msgspec.Struct, frozen=True):
    """All pages of a source in order: facts, bodies by sha256, and texts ready to read.

    `passed_over` are linked pages that are no region's and are not read, as they were. One
    that could not be had is among them with the hash of no bytes.
    """

    pages: tuple[Page, ...]
    bodies: dict[str, bytes]
    texts: tuple[ParsedPage, ...]
    passed_over: tuple[Page, ...] = ()
    linked_regions: tuple[LinkedRegion, ...] = ()
    findings: tuple[Finding, ...] = ()


class PageSource(Protocol):
    """What hands out pages: a fetcher, or the store."""

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """The page at `url`."""


def fetch_pages(
    fetcher: PageSource,
    source: Source,
    url: str,
    at_hand: Iterable[Fetched] = (),
    known_regions: Collection[str] = (),
) -> PageSet:
    """Fetch and parse the main page and its region pages. Pages `at_hand` are not asked twice.

    `known_regions` are those of the last version. Raises FetchError or PageError: every page
    of a region that a person sees linked must be had, or none counts.
    """
    have = {page.url: page for page in at_hand if page.body is not None}
    gathering = _Crawl(fetcher, source, known_regions, have)
    gathering.take_main(url)
    return gathering.collected()


def read_page_set(found: PageSet, source: Source, asked: str) -> Reading:
    """What the pages say. `asked` is the address of the main page before redirects.

    Raises PageError, and FetchError where a page in which nothing was read shows what it is
    instead: a challenge, a login, a notice of maintenance, a pointer elsewhere.
    """
    try:
        reading = read_pages(found.texts, source)
    except NothingRead:
        main, *below = found.texts
        evidence = _explain_failure(main, asked) or _find_stand_in(below)
        if evidence is None:
            raise
        raise evidence from None
    missing = check_links(found.linked_regions, found.texts, reading)
    findings = (*reading.findings, *found.findings, *missing)
    return msgspec.structs.replace(reading, findings=findings)


def _find_stand_in(texts: Iterable[ParsedPage]) -> FetchError | None:
    """The failure that a linked page shows; it may point elsewhere, as not all are regions."""
    for text in texts:
        error = _explain_failure(text, text.url)
        if error and not isinstance(error, Moved):
            return error
    return None


def _explain_failure(text: ParsedPage, asked: str) -> FetchError | None:
    """What the page is instead of ours; its patterns are loaded only for such a page."""
    from tracker.parse.pages.error_pages import classify_page  # noqa: PLC0415

    return classify_page(text.text, text.url, asked)


class _Crawl:
    """The pages so far, and the links of which no page was read."""

    def __init__(
        self,
        fetcher: PageSource,
        source: Source,
        known: Collection[str],
        have: dict[str, Fetched],
    ) -> None:
        self.fetcher, self.source, self.known, self.have = fetcher, source, known, have
        self.main_url = ""
        self.spare = _MOST_PAGES  # how many more pages may be asked for
        self.pages: list[Page] = []
        self.bodies: dict[str, bytes] = {}
        self.texts: list[ParsedPage] = []
        self.urls: dict[str, str] = {}  # of texts, by the page's key and by its hash
        self.asked: set[str] = set()  # keys of the linked pages that were asked for,
        self.had: set[str] = set()  # and of those of regions that came
        self.unread: dict[str, tuple[LinkedPage, str]] = {}  # links to regions, and why
        self.passed_over: list[Page] = []
        self.linked_regions: list[LinkedRegion] = []
        self.findings: list[Finding] = []

    def take_main(self, url: str) -> None:
        """Fetch the main page, and what it links to. Raises FetchError and PageError."""
        fetched = self._get(url)
        self.main_url = fetched.url
        main = self._keep(fetched, None)
        links = self._links(main)
        regions = sum(link.is_region and link.is_page for link in links)
        if regions > _MOST_PAGES:
            raise PageError(
                f"{main.url}: {regions} pages of regions are linked below it, more than the"
                f" {_MOST_PAGES} that there can be"
            )
        self.spare -= regions
        for link in links:
            self._follow(link)

    def collected(self) -> PageSet:
        """All that was gathered, with the links to regions that lead to nothing."""
        for key, (link, why) in self.unread.items():
            if key not in self.had:
                self._announce(link, (), instead=why, is_followed=False)
        return PageSet(
            pages=tuple(self.pages),
            bodies=self.bodies,
            texts=tuple(self.texts),
            passed_over=tuple(self.passed_over),
            linked_regions=tuple(self.linked_regions),
            findings=tuple(self.findings),
        )

    def _links(self, text: ParsedPage) -> list[LinkedPage]:
        links, source = text.document.links, self.source
        return find_linked_pages(text.url, links, text.text, source, self.known, self.main_url)

    def _follow(self, link: LinkedPage, parent: ParsedPage | None = None) -> None:
        """Take one linked page: of the main page, or of the region page `parent`."""
        key = normalize_url(link.href)
        if key in self.asked:
            return
        if not link.is_page or link.sight == "mentioned":
            why = "only a script names it" if link.is_page else "it is no page of its own"
            self._leave(link, why if link.is_region else "a file or a feed")
            return
        if parent or not link.is_region:
            if self.spare <= 0:
                self._leave(link, f"no more than {_MOST_PAGES} linked pages are looked at")
                return
            self.spare -= 1
        self.asked.add(key)
        if link.is_region:
            self._take_region(link, parent)
        else:
            self._look_at(link, parent)

    def _leave(self, link: LinkedPage, why: str) -> None:
        if link.is_region:
            self.unread.setdefault(normalize_url(link.href), (link, why))
        else:
            self._pass_over(link.href, why)

    def _take_region(self, link: LinkedPage, parent: ParsedPage | None) -> None:
        """Fetch a region's page; one that no person sees linked on the main page may fail."""
        try:
            fetched = self._get(link.href)
            twin = self._twin(fetched)
            text = None if twin else self._parse(fetched, link, None)
        except FwtrackerError as error:
            if link.sight == "seen" and parent is None:
                raise
            self._leave(link, f"it cannot be had ({error.name})")
            return
        self.had.add(normalize_url(link.href))
        if text is None:
            self._take_twin(link, fetched, twin or "")
            return
        first = len(self.texts)
        self._add(fetched, text)
        self._follow_below(text, parent)
        self._announce(
            link, tuple(range(first, len(self.texts))), _list_headings(text.document)
        )

    def _take_twin(self, link: LinkedPage, fetched: Fetched, twin: str) -> None:
        """A page that another address gives as well: nothing is read twice."""
        # By its own address, so that the next check sees when it leads elsewhere.
        if all(page.url != link.href for page in self.pages):
            self.pages.append(msgspec.structs.replace(fetched.page, url=link.href))
        is_moved = normalize_url(fetched.url) != normalize_url(link.href)
        why = f"it redirects to {fetched.url}" if is_moved else f"it is the same as {twin}"
        self._announce(link, (), instead=why)

    def _follow_below(self, text: ParsedPage, parent: ParsedPage | None) -> None:
        """The pages below a region's page; those beside it are for the main page to link."""
        for link in self._links(text):
            if parent is None and lies_below(link.href, text.url):
                self._follow(link, text)
            elif link.is_region and normalize_url(link.href) not in self.asked:
                self._leave(link, f"only {text.url} links to it")

    def _look_at(self, link: LinkedPage, parent: ParsedPage | None) -> None:
        """Fetch a page that is no region's by its link: only tables on it are of interest."""
        unknown = Page(link.href, _NO_BYTES, self.pages[0].fetched_at)
        try:
            fetched = self._get(link.href)
            text = None if self._twin(fetched) else self._parse(fetched, link, parent)
        except FwtrackerError as error:
            self._pass_over(link.href, f"it cannot be had: {error.name}", unknown)
            return
        if text is None:
            self._pass_over(link.href, f"it leads to {fetched.url}", fetched.page)
            return
        says = self._says(text)
        if says is None:
            self._pass_over(link.href, "no firewall table is on it", fetched.page)
            return
        if not says:
            self._add(fetched, text)
        self.findings.append(_report_unexpected(text, says))

    def _says(self, text: ParsedPage) -> str | None:
        """None for a page without firewall tables; else why they cannot be read, or nothing."""
        try:
            read_pages((text,), self.source)
        except NothingRead:
            return None
        except Unreadable as error:
            return str(error) if _has_firewall_table(text, self.source) else None
        except FwtrackerError:
            return None
        return ""

    def _pass_over(self, href: str, why: str, page: Page | None = None) -> None:
        message = f"{href}: it is linked below the page, but is no region's; not read: {why}"
        self.findings.append(Finding("linked-page-passed-over", "publish", message))
        if page:
            self.passed_over.append(msgspec.structs.replace(page, url=href))

    def _announce(
        self,
        link: LinkedPage,
        texts: tuple[int, ...],
        headings: tuple[str, ...] = (),
        *,
        instead: str = "",
        is_followed: bool = True,
    ) -> None:
        regions = list_announced_regions(link, headings, self.source, self.known)
        self.linked_regions.append(
            LinkedRegion(link.href, regions, headings, texts, instead, is_followed)
        )

    def _get(self, url: str) -> Fetched:
        return self.have.get(url) or self.fetcher.get(url)

    def _twin(self, fetched: Fetched) -> str | None:
        """The address of a text that is this page."""
        return self.urls.get(normalize_url(fetched.url)) or self.urls.get(fetched.page.sha256)

    def _parse(
        self, fetched: Fetched, link: LinkedPage, parent: ParsedPage | None
    ) -> ParsedPage:
        text = _decode_page(fetched, None)
        region: str | None = self._region_of(link, text)
        if parent and not (
            link.is_region and self.source.region_named(region or "", self.known)
        ):
            region = parent.region  # what a region's page leads to is about that region
        return ParsedPage(text.url, text.text, text.document, region)

    def _region_of(self, link: LinkedPage, text: ParsedPage) -> str:
        """The region as the page spells it; its links name it where its address does not."""
        wordings = (*link.words, *_list_headings(text.document), text.document.title)
        name = self.source.page_region(text.url, wordings, self.known)
        for words in (name, *link.words):
            if region := self.source.region_named(words, self.known):
                return region
        return name

    def _keep(self, fetched: Fetched, region: str | None) -> ParsedPage:
        text = _decode_page(fetched, region)
        self._add(fetched, text)
        return text

    def _add(self, fetched: Fetched, text: ParsedPage) -> None:
        self.pages.append(fetched.page)
        self.bodies[fetched.page.sha256] = fetched.body or b""
        self.urls.setdefault(normalize_url(fetched.url), fetched.url)
        self.urls.setdefault(fetched.page.sha256, fetched.url)
        self.texts.append(text)


def _report_unexpected(text: ParsedPage, problem: str) -> Finding:
    how = f"they cannot be read: {problem}" if problem else f"they are read for {text.region}"
    return Finding(
        name="linked-page-unexpected",
        verdict="hold",
        message=f"{text.url}: firewall tables, but its link names no known region; {how}",
        region=text.region,
    )


def _has_firewall_table(text: ParsedPage, source: Source) -> bool:
    try:
        return any(True for _ in find_grids(text.document, source.vocabulary))
    except Unreadable:
        return True


def _decode_page(fetched: Fetched, region: str | None) -> ParsedPage:
    body = decode(fetched.body or b"", fetched.content_type, fetched.url)
    return parse_page(fetched.url, body, region)


def _list_headings(document: Document) -> tuple[str, ...]:
    return tuple(line.text for line in document.lines if line.heading and line.in_content)
