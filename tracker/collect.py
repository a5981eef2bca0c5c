"""A source's pages: the main one and the region pages that it links to, one level deep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from tracker.errors import FetchError, Moved, NothingRead, PageError
from tracker.extract.document import Document, Link
from tracker.fetch import Fetched
from tracker.fetching.decode import decode
from tracker.fetching.judge import site
from tracker.model import Page
from tracker.read import Reading, Text, read_pages, text_of
from tracker.sources import Source

_MOST_PAGES = 40
_PAGE_SUFFIXES = (".html", ".htm", ".php", ".aspx", ".txt", ".md")
_MACHINE_PAGES = frozenset({"feed", "embed", "amp", "print"})


class Collected(msgspec.Struct, frozen=True):
    """All pages of a source in order: facts, bodies by sha256, and texts ready to read."""

    pages: tuple[Page, ...]
    bodies: dict[str, bytes]
    texts: tuple[Text, ...]


class Getter(Protocol):
    """What hands out pages: a fetcher, or the store."""

    def allow(self, url: str) -> None:
        """Take `url` for one that the operator named."""

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """The page at `url`."""


def collect(
    fetcher: Getter, source: Source, url: str, at_hand: Iterable[Fetched] = ()
) -> Collected:
    """Fetch and parse the main page and its region pages. Pages `at_hand` are not asked twice.

    Raises FetchError or PageError: every linked page must be had, or none counts.
    """
    if url != source.url:
        fetcher.allow(url)  # it was named by the operator
    have = {page.url: page for page in at_hand if page.body is not None}
    first = have.get(url) or fetcher.get(url)
    main = _text(first, None)
    fetched, texts = [first], [main]
    for link in region_links(first.url, main.document, source):
        target = have.get(link.href) or fetcher.get(link.href)
        text = _text(target, None)
        region = source.page_region(target.url, (link.text, *_headings(text.document)))
        fetched.append(target)
        texts.append(Text(text.url, text.text, text.document, region))
    return Collected(
        pages=tuple(page.page for page in fetched),
        bodies={page.page.sha256: page.body or b"" for page in fetched},
        texts=tuple(texts),
    )


def read_collected(found: Collected, source: Source, asked: str) -> Reading:
    """What the pages say. `asked` is the address of the main page before redirects.

    Raises PageError, and FetchError where a page in which nothing was read shows what it is
    instead: a challenge, a login, a notice of maintenance, a pointer elsewhere.
    """
    try:
        reading = read_pages(found.texts, source)
    except NothingRead:
        main, *below = found.texts
        evidence = _evidence(main, asked) or _standing_in(below)
        if evidence is None:
            raise
        raise evidence from None
    regions = {entry.region for entry in reading.entries}
    if evidence := _standing_in(text for text in found.texts[1:] if text.region not in regions):
        raise evidence
    return reading


def _standing_in(texts: Iterable[Text]) -> FetchError | None:
    """The failure that a linked page shows; it may point elsewhere, as not all are regions."""
    for text in texts:
        error = _evidence(text, text.url)
        if error and not isinstance(error, Moved):
            return error
    return None


def _evidence(text: Text, asked: str) -> FetchError | None:
    """What the page is instead of ours; its patterns are loaded only for such a page."""
    from tracker.reading.answers import classified  # noqa: PLC0415

    return classified(text.text, text.url, asked)


def region_links(url: str, document: Document, source: Source) -> list[Link]:
    """Links to pages below `url`, absolute, each once, in the order of the page.

    They sit in menus, buttons or cards, so it does not matter in what. Below a server's root
    lies everything: there only links that name a region count.
    """
    found: dict[str, Link] = {}
    for link in document.links:
        target = _below(url, link.href)
        if target is None or not (urlsplit(url).path.strip("/") or _names_region(link, source)):
            continue
        key = target.rstrip("/")
        if key not in found or not found[key].text:
            found[key] = Link(target, link.text)
    if len(found) > _MOST_PAGES:
        raise PageError(
            f"{url}: {len(found)} pages are linked below it, more than the {_MOST_PAGES} that"
            " can be regions"
        )
    return list(found.values())


def _names_region(link: Link, source: Source) -> bool:
    last = urlsplit(link.href).path.rstrip("/").rpartition("/")[2]
    return bool(source.page_prefix) and last.startswith(source.page_prefix)


def _below(url: str, href: str) -> str | None:
    """The absolute address of `href` without query and fragment, if it lies below `url`."""
    try:
        target = urlsplit(urljoin(url, href))
        elsewhere = site(urlunsplit(target)) != site(url)
    except ValueError:  # such as an open bracket where a host should be, or port 99999
        return None
    base = urlsplit(url)
    folder = base.path.rstrip("/") + "/"
    last = target.path.rstrip("/").rpartition("/")[2]
    if (
        target.scheme not in {"http", "https"}
        or elsewhere
        or not target.path.startswith(folder)
        or target.path.rstrip("/") == base.path.rstrip("/")
        or last in _MACHINE_PAGES
        or ("." in last and not last.lower().endswith(_PAGE_SUFFIXES))
    ):
        return None
    # The main page's own scheme and host: `www.` or not is the same site, one connection.
    return urlunsplit((base.scheme, base.netloc, target.path, "", ""))


def _text(fetched: Fetched, region: str | None) -> Text:
    body = decode(fetched.body or b"", fetched.content_type, fetched.url)
    return text_of(fetched.url, body, region)


def _headings(document: Document) -> tuple[str, ...]:
    return (*(line.text for line in document.lines if line.heading), document.title)
