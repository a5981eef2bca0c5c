"""Finds the pages that a page links to below itself, and which of them belong to regions.

Pure. A link belongs to a region if the last part of its path has the source's prefix, or if
that part or the link's text contains a region of the source or of an earlier version. Links can
also be in attributes, handlers, page builders' data and scripts; the patterns for these are
bounded or stop at the next tag, so that the time is linear in the page's length.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

import msgspec

from tracker.fetch.urls import site_of
from tracker.parse.markup.document import Link
from tracker.parse.pages.error_pages import strip_between
from tracker.sources import PAGE_ENDINGS, Source
from tracker.text import clean

_PAGE_ENDING = re.compile(rf"\.(?:{PAGE_ENDINGS})$")
_MACHINE_PAGES = frozenset({"feed", "embed", "amp", "print"})
_INDEX_FILE = re.compile(r"/(?:index\.(?:html?|php|aspx?)|default\.aspx?)$")
# The link is visible; a click on another element leads there; a script mentions its address.
Sight = Literal["seen", "clicked", "mentioned"]
_SIGHTS: tuple[Sight, ...] = ("seen", "clicked", "mentioned")
_TAG = re.compile(r"<([a-z][a-z0-9-]{0,20})\b([^<>]{0,4000})>?([^<]{0,200})", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"([\w:-]{1,40})\s{0,9}=\s{0,9}(?:\"([^\"]{0,4000})\"|'([^']{0,4000})'|([^\s\"'>]{1,1000}))"
)
_BASE = re.compile(r"<base\b([^<>]{0,1000})>", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_QUOTED = re.compile(r"[\"'`]([^\"'`\s<>]{1,300})[\"'`]")
_GOES = re.compile(r"\blocation\b|\bopen\s{0,3}\(|\bnavigat", re.IGNORECASE)
# An address with the code before it in scripts: `location.href = "..."`, `"url": "..."`.
_ASSIGNED = re.compile(
    r"\b(?:href|url|uri|link|path|permalink|location|assign|replace|open|navigate|push)\b"
    r"[\"']?\s{0,5}[:=(]\s{0,5}[\"'`]([^\"'`\s<>]{1,300})[\"'`]",
    re.IGNORECASE,
)
_DIVI_LINKS = "et_link_options_data"
# Attributes that have an address on any element, and those that have one on some elements.
_ADDRESSES = frozenset({"data-href", "data-url", "data-link", "data-permalink", "formaction"})
_BY_TAG = {
    ("option", "value"),
    ("form", "action"),
    ("area", "href"),
    *((tag, "src") for tag in ("iframe", "frame", "embed")),
    ("iframe", "data-src"),
    ("object", "data"),
}
_TAGS = frozenset(tag for tag, _ in _BY_TAG)
_HINT = re.compile(r"\bdata-|\bon[a-z]|formaction|javascript:", re.IGNORECASE)
_LINKED_DATA = "ld+json"  # for search engines, not for readers
_UNSEEN = (("<!--", "-->"), ("<template", "</template"), ("<noscript", "</noscript"))
_PATH = r"[\w%~.\-]{1,100}(?:/[\w%~.\-]{1,100}){0,5}/?"
_HOST = re.compile(r"(?:https?:)?//[\w.:\[\]-]{1,250}$", re.IGNORECASE)
_BEFORE_PATH = 260


class LinkedPage(msgspec.Struct):
    """One linked page: its absolute address, usually without query and fragment.

    `words` are the texts of links to it. `is_page` is false if it is not to be fetched: for a
    file or feed, and for an address that differs from the linking page only by a query.
    """

    href: str
    words: list[str] = msgspec.field(default_factory=list)
    sight: Sight = "seen"
    is_region: bool = False
    is_page: bool = True


def find_linked_pages(
    url: str,
    links: Iterable[Link],
    text: str,
    source: Source,
    known: Collection[str] = (),
    above: str | None = None,
) -> list[LinkedPage]:
    """Return the pages that the page at `url` links to below `above` or itself, in order.

    Links that differ only in `www.`, case, query or fragment are the same page. All pages are
    below a server's root, so only pages of regions count there.
    """
    above = urlunsplit((*urlsplit(above or url)[:3], "", ""))
    at_root = not urlsplit(above).path.strip("/")
    base = urljoin(url, find_base_url(text) or "")
    found: dict[str, LinkedPage] = {}
    for sight, link in _iter_links(links, text, above):
        page = _resolve_below(above, base, link.href, sight)
        if page is None:
            continue
        names = names_region(page.href, link.text, source, known)
        if (at_root or sight != "seen" or "?" in page.href) and not names:
            continue
        kept = found.setdefault(normalize_url(page.href), page)
        if link.text and not kept.words:
            kept.href = page.href
        kept.words += [link.text] if link.text and link.text not in kept.words else []
        kept.is_region = kept.is_region or names
        kept.sight = min(kept.sight, sight, key=_SIGHTS.index)
    return list(found.values())


def names_region(href: str, words: str, source: Source, known: Collection[str]) -> bool:
    """Return whether a link belongs to a region."""
    if source.is_region_url(href) or source.find_region_in_words(words, known):
        return True
    if source.find_region_in_url(href, known):
        return True
    values = (value for _, value in parse_qsl(urlsplit(href).query))
    return any(source.find_region_in_words(value.replace("-", " "), known) for value in values)


def normalize_url(url: str) -> str:
    """Return a key that is the same for all spellings of a page's address."""
    parts = urlsplit(url)
    path = _INDEX_FILE.sub("/", re.sub(r"/{2,}", "/", unquote(parts.path).lower()))
    host, port = site_of(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}:{port or ''}{path.rstrip('/')}{query}"


def lies_below(url: str, other: str) -> bool:
    """Return whether the page at `url` is below the one at `other`."""
    return normalize_url(url).startswith(normalize_url(other) + "/")


def list_announced_regions(
    page: LinkedPage, headings: Sequence[str], source: Source, known: Collection[str]
) -> tuple[str, ...]:
    """Return the regions that links to this page announce, by their words or its URL."""
    named = (source.find_region_in_words(words, known) for words in page.words)
    by_words = tuple(dict.fromkeys(name for name in named if name))
    return by_words or (source.name_page_region(page.href, (*page.words, *headings), known),)


def _iter_links(
    links: Iterable[Link], text: str, above: str
) -> Iterator[tuple[Sight, Link | ScriptLink]]:
    for link in links:
        yield "seen", link
    folder = urlsplit(above).path.rstrip("/") + "/"
    for hint in find_script_links(text, folder) if text else ():
        yield ("clicked" if hint.leads_there else "mentioned"), hint


def _resolve_below(above: str, base: str, href: str, sight: Sight) -> LinkedPage | None:
    """Return the page that `href` leads to if it is below `above`, or None.

    An address that differs from `above` only by a query is not to be fetched.
    """
    try:
        target = urlsplit(urljoin(base, href.strip()))
        elsewhere = site_of(urlunsplit(target)) != site_of(above)
    except ValueError:  # such as an open bracket in place of a host, or port 99999
        return None
    if target.scheme not in {"http", "https"} or elsewhere:
        return None
    # Use the main page's scheme and host: with or without `www.` it is the same site.
    scheme, netloc = urlsplit(above)[:2]
    url = urlunsplit((scheme, netloc, target.path, "", ""))
    if normalize_url(url) == normalize_url(above):
        url = f"{above}?{target.query}"
        return LinkedPage(url, sight=sight, is_page=False) if target.query else None
    if not lies_below(url, above):
        return None
    is_page = _is_page(target.path)
    return LinkedPage(url, sight=sight, is_page=is_page) if is_page or sight == "seen" else None


def _is_page(path: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2].lower()
    return last not in _MACHINE_PAGES and (
        "." not in last or _PAGE_ENDING.search(last) is not None
    )


class ScriptLink(NamedTuple):
    """An address as written, the text next to it, and whether a click leads there.

    Otherwise a script only mentions it.
    """

    href: str
    text: str
    leads_there: bool


def find_base_url(text: str) -> str | None:
    """Return the base URL of relative links from the page's `<base>`, or None."""
    match = _BASE.search(strip_between(text, "<!--", "-->"))
    return _parse_attributes(match[1]).get("href", "").strip() or None if match else None


def find_script_links(text: str, folder: str) -> Iterator[ScriptLink]:
    """Yield the addresses in attributes and scripts, and paths below `folder` in scripts."""
    paths = re.compile(r"(?<![/:])" + re.escape(folder) + _PATH, re.IGNORECASE)
    markup, *scripts = _SCRIPT.split(text)
    parts = [markup]
    for script in scripts:
        code, *after = _SCRIPT_END.split(script, maxsplit=1)
        parts += after
        yield from _links_in_script(code, paths)
    markup = "\n".join(parts)
    for opening, closing in _UNSEEN:
        markup = strip_between(markup, opening, closing)
    for match in _TAG.finditer(markup):
        tag, inside = match[1].lower(), match[2]
        if tag in _TAGS or _HINT.search(inside):  # most have neither
            yield from _links_in_tag(tag, inside, clean(html.unescape(match[3])))


def _links_in_tag(tag: str, inside: str, words: str) -> Iterator[ScriptLink]:
    for name, value in _parse_attributes(inside).items():
        if (tag, name) in _BY_TAG or name in _ADDRESSES:
            yield ScriptLink(value.strip(), words, leads_there=True)
        if name.startswith(("on", "data-")) or value.lower().startswith("javascript:"):
            for href in _links_in_value(name, value):
                yield ScriptLink(href, words, leads_there=True)


def _links_in_value(name: str, value: str) -> Iterator[str]:
    """Yield addresses in a handler or a page builder's settings, except bare words."""
    value = _unescape_slashes(value)
    if name.startswith("data-") and "/" in value and " " not in value.strip():
        yield value.strip()
    goes = not name.startswith("data-") and _GOES.search(value)
    for match in _QUOTED.finditer(value):
        if goes or "/" in match[1]:
            yield match[1]


def _links_in_script(code: str, paths: re.Pattern[str]) -> Iterator[ScriptLink]:
    start, _, code = code.partition(">")
    if _LINKED_DATA in start.lower():
        return
    code = _unescape_slashes(code)
    divi = code.partition(_DIVI_LINKS)[2].partition("]")[0]
    for match in _ASSIGNED.finditer(divi):
        yield ScriptLink(match[1], "", leads_there=True)
    for match in _ASSIGNED.finditer(code):
        yield ScriptLink(match[1], "", leads_there=False)
    for match in paths.finditer(code):
        host = _HOST.search(code[max(0, match.start() - _BEFORE_PATH) : match.start()])
        yield ScriptLink((host[0] if host else "") + match[0], "", leads_there=False)


def _unescape_slashes(text: str) -> str:
    """Return a script's text with its escaped slashes as slashes."""
    return text.replace("\\/", "/").replace("\\u002F", "/").replace("\\u002f", "/")


def _parse_attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a tag by lower-case name; the first one if names repeat."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), html.unescape(double or single or bare))
    return found
