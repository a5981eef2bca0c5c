"""The pages that a page links to below itself: which there are, and which are a region's.

Pure. A link counts as a region's when the last part of its path has the source's prefix, or
when that part or the link's words name a region that the source or an earlier version knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

import msgspec

from tracker.fetch.response_checks import site
from tracker.parse.markup.document import Document, Link
from tracker.parse.pages.script_links import ScriptLink, base_of, find_script_links
from tracker.sources import Source

_PAGE_SUFFIXES = (".html", ".htm", ".php", ".aspx", ".txt", ".md")
_MACHINE_PAGES = frozenset({"feed", "embed", "amp", "print"})
_INDEX_FILE = re.compile(r"/(?:index\.(?:html?|php|aspx?)|default\.aspx?)$")

# A person sees the link; a click on something else leads there; a script mentions it.
Sight = Literal["seen", "clicked", "mentioned"]
_SIGHTS: tuple[Sight, ...] = ("seen", "clicked", "mentioned")


class LinkedPage(msgspec.Struct):
    """One page that is linked: its absolute address, without query and fragment but by choice.

    `words` are all that links to it say. `is_page` is false for a file or feed, and for what
    only a query tells apart from the page that links it: it is not to be fetched.
    """

    href: str
    words: list[str] = msgspec.field(default_factory=list)
    sight: Sight = "seen"
    is_region: bool = False
    is_page: bool = True


def linked_pages(
    url: str,
    links: Iterable[Link],
    text: str,
    source: Source,
    known: Collection[str] = (),
    above: str | None = None,
) -> list[LinkedPage]:
    """All pages that the page at `url` links to below `above`, or itself, in its order.

    Each counts once, whatever its links differ in: host with `www.`, case, query, fragment.
    Below a server's root lies everything: only what is a region's counts there.
    """
    above = urlunsplit((*urlsplit(above or url)[:3], "", ""))
    at_root = not urlsplit(above).path.strip("/")
    base = urljoin(url, base_of(text) or "")
    found: dict[str, LinkedPage] = {}
    for sight, link in _all_links(links, text, above):
        page = _below(above, base, link.href, sight)
        if page is None:
            continue
        names = names_region(page.href, link.text, source, known)
        if (at_root or sight != "seen" or "?" in page.href) and not names:
            continue
        kept = found.setdefault(page_key(page.href), page)
        if link.text and not kept.words:
            kept.href = page.href
        kept.words += [link.text] if link.text and link.text not in kept.words else []
        kept.is_region = kept.is_region or names
        kept.sight = min(kept.sight, sight, key=_SIGHTS.index)
    return list(found.values())


def region_links(
    url: str, document: Document, source: Source, known: Collection[str] = ()
) -> list[Link]:
    """The pages below `url` that visible links lead to, with the first words of each."""
    found = linked_pages(url, document.links, "", source, known)
    return [Link(page.href, (page.words or [""])[0]) for page in found if page.is_page]


def names_region(href: str, words: str, source: Source, known: Collection[str]) -> bool:
    """Tell whether a link counts as a region's."""
    if source.is_region_url(href) or source.region_named(words, known):
        return True
    if source.region_of_url(href, known):
        return True
    values = (value for _, value in parse_qsl(urlsplit(href).query))
    return any(source.region_named(value.replace("-", " "), known) for value in values)


def page_key(url: str) -> str:
    """Return what all spellings of a page's address have in common."""
    parts = urlsplit(url)
    path = _INDEX_FILE.sub("/", re.sub(r"/{2,}", "/", unquote(parts.path).lower()))
    host, port = site(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}:{port or ''}{path.rstrip('/')}{query}"


def lies_below(url: str, other: str) -> bool:
    """Tell whether the page at `url` lies below the one at `other`."""
    return page_key(url).startswith(page_key(other) + "/")


def announced_regions(
    page: LinkedPage, headings: Sequence[str], source: Source, known: Collection[str]
) -> tuple[str, ...]:
    """Return the regions that links to this page promise: by their words, else by its URL."""
    named = (source.region_named(words, known) for words in page.words)
    by_words = tuple(dict.fromkeys(name for name in named if name))
    return by_words or (source.page_region(page.href, (*page.words, *headings), known),)


def _all_links(
    links: Iterable[Link], text: str, above: str
) -> Iterator[tuple[Sight, Link | ScriptLink]]:
    for link in links:
        yield "seen", link
    folder = urlsplit(above).path.rstrip("/") + "/"
    for hint in find_script_links(text, folder) if text else ():
        yield ("clicked" if hint.leads_there else "mentioned"), hint


def _below(above: str, base: str, href: str, sight: Sight) -> LinkedPage | None:
    """The page that `href` leads to, if it lies below `above`.

    A query alone makes another page of the same path; only a region's is of interest then.
    """
    try:
        target = urlsplit(urljoin(base, href.strip()))
        elsewhere = site(urlunsplit(target)) != site(above)
    except ValueError:  # such as an open bracket where a host should be, or port 99999
        return None
    if target.scheme not in {"http", "https"} or elsewhere:
        return None
    # The main page's own scheme and host: `www.` or not is the same site, one connection.
    scheme, netloc = urlsplit(above)[:2]
    url = urlunsplit((scheme, netloc, target.path, "", ""))
    if page_key(url) == page_key(above):
        url = f"{above}?{target.query}"
        return LinkedPage(url, sight=sight, is_page=False) if target.query else None
    if not lies_below(url, above):
        return None
    is_page = _is_page(target.path)
    return LinkedPage(url, sight=sight, is_page=is_page) if is_page or sight == "seen" else None


def _is_page(path: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2].lower()
    return last not in _MACHINE_PAGES and ("." not in last or last.endswith(_PAGE_SUFFIXES))
