"""What a page without our tables is instead: told by positive evidence, or not at all.

Pure: decoded text in, the error that it means out. Asked only about pages in which nothing
was read, because each of these marks also occurs on pages that are as they should be: a login
form in a menu, a script of Cloudflare's, the word "maintenance" in a heading.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from re import Pattern
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from tracker.errors import (
    Challenged,
    FetchError,
    LoginPage,
    Maintenance,
    Moved,
    RateLimited,
)
from tracker.parse.pages.error_page_patterns import (
    ATTRIBUTE,
    CAPTCHA,
    CHALLENGE_CODE,
    CHALLENGE_WORDS,
    GONE_WORDS,
    HEADING,
    LOGIN_WORDS,
    MAINTENANCE_WORDS,
    PARTS,
    PASSWORD,
    REFRESH,
    TAG,
    TITLE,
)
from tracker.text import clean, quote

_LOOKED_AT = 2**18  # characters; pages that stand in for another one are small
_FEW_WORDS = 150  # more of them, and a form or a widget is a detail of the page
_SHORT = 40  # characters of a title that is about one thing only


class _Page(NamedTuple):
    """What is looked at: markup without comments, what it is called, how many words it has.

    Headings say what a page is only where there is little else on it.
    """

    markup: str
    names: tuple[str, ...]
    words: int


def classified(text: str, url: str, asked: str | None = None) -> FetchError | None:
    """The failure that a page at `url` shows, in which nothing was read; None without evidence.

    `asked` is the address that was asked for, where redirects led to `url`.
    """
    page = _looked_at(text)
    return (
        _challenged(page, url)
        or _login(page, url)
        or _maintenance(page, url)
        or _moved(page, url, asked or url)
    )


def refused(error: FetchError, url: str, headers: Mapping[str, str], text: str) -> FetchError:
    """The error for an answer that is no page: what its status means, or what it shows.

    Cloudflare marks each of its challenges with a header (cf-mitigated), whatever the status.
    """
    if "cf-mitigated" in headers:
        return _challenge(url, "cf-mitigated")
    page = _looked_at(text)
    shown = _challenged(page, url) or (
        _maintenance(page, url) if isinstance(error, RateLimited | Maintenance) else None
    )
    if shown:
        shown.retry_after = error.retry_after
    return shown or error


def _challenge(url: str, mark: str) -> Challenged:
    return Challenged(
        f"{url}: a test for browsers came instead of the page ({mark}); ask the site's owner"
        " to let fwtracker through, or give another address of the page with --url"
    )


def _challenged(page: _Page, url: str) -> FetchError | None:
    if match := CHALLENGE_CODE.search(page.markup):
        return _challenge(url, quote(match[0]))
    if name := _named(page, CHALLENGE_WORDS):
        return _challenge(url, quote(name))
    if page.words < _FEW_WORDS and (match := CAPTCHA.search(page.markup)):
        return _challenge(url, quote(match[0]))
    return None


def _login(page: _Page, url: str) -> FetchError | None:
    name = _named(page, LOGIN_WORDS, most=_SHORT)
    if not name and not (page.words < _FEW_WORDS and PASSWORD.search(page.markup)):
        return None
    said = quote(name) if name else "it asks for a password"
    return LoginPage(
        f"{url}: a login came instead of the page ({said}); fwtracker reads public pages only"
    )


def _maintenance(page: _Page, url: str) -> FetchError | None:
    name = _named(page, MAINTENANCE_WORDS)
    if not name:
        return None
    return Maintenance(f"{url}: the site is out of service ({quote(name)}); try again later")


def _moved(page: _Page, url: str, asked: str) -> FetchError | None:
    if name := _named(page, GONE_WORDS):
        return Moved(f"{url}: there is no such page ({quote(name)}); it may have moved")
    if _place(url) != _place(asked):
        return Moved(f"{asked}: it leads to {url}, which has no such tables; find its new URL")
    for target in _pointers(page.markup, url):
        if _place(target) != _place(url):
            return Moved(
                f"{url}: the page only points to {clean(target)[:200]}; if it has moved there,"
                " set the new URL in the configuration"
            )
    return None


def _looked_at(text: str) -> _Page:
    markup = strip_between(text[:_LOOKED_AT], "<!--", "-->")
    words = _count(markup)
    title = TITLE.search(markup)
    whole = clean(html.unescape(title[1])) if title else ""
    names = [whole, *PARTS.split(whole)]
    if words < _FEW_WORDS:
        names += [clean(html.unescape(_bare(match[1]))) for match in HEADING.finditer(markup)]
    return _Page(markup, tuple(filter(None, map(str.strip, dict.fromkeys(names)))), words)


def _named(page: _Page, words: Pattern[str], most: int = 200) -> str | None:
    """The first part of the title, or heading, with these words."""
    return next((name for name in page.names if len(name) <= most and words.search(name)), None)


def _pointers(markup: str, url: str) -> Iterator[str]:
    """Where the page says that it really is: meta refresh, canonical link; absolute."""
    for tag, inside in TAG.findall(markup):
        values = {
            name.lower(): html.unescape(double or single or bare)
            for name, double, single, bare in ATTRIBUTE.findall(inside)
        }
        target = None
        if tag.lower() == "link" and values.get("rel", "").lower() == "canonical":
            target = values.get("href")
        elif values.get("http-equiv", "").lower() == "refresh":
            found = REFRESH.match(values.get("content", ""))
            target = found[1] if found else None
        if target:
            try:
                yield urljoin(url, target)
            except ValueError:  # such as an open bracket where a host should be
                continue


def _place(url: str) -> str:
    """The path that says which page it is. A copy elsewhere has the same, so no host."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return url
    return path.removesuffix("index.html").rstrip("/").lower()


def _count(markup: str) -> int:
    """How many words a reader sees, about."""
    for opening, closing in (("<script", "</script"), ("<style", "</style")):
        markup = strip_between(markup, opening, closing)
    return len(_bare(markup).split())


def _bare(markup: str) -> str:
    """Markup without its tags."""
    return strip_between(markup, "<", ">", " ")


def strip_between(text: str, opening: str, closing: str, instead: str = "") -> str:
    """Return text without what stands between two marks; linear, as a lazy pattern is not."""
    first, *rest = text.split(opening)
    return first + "".join(instead + piece.partition(closing)[2] for piece in rest)
