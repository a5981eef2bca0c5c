"""Classifies a page without firewall tables by positive evidence: a challenge, a login, ...

Pure. This is used only for pages on which nothing was read, because each of these signs also
occurs on good pages: a login form in a menu, a script of Cloudflare, the word "maintenance" in
a heading. The patterns were seen on pages of Cloudflare, Imperva, DataDome, HUMAN, AWS,
SiteGround, DDoS-Guard, Sucuri, WordPress and others; their repetitions are bounded, so that a
search cannot become slow.
"""

from __future__ import annotations

import html
import re
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
from tracker.text import clean, quote

CHALLENGE_CODE = re.compile(
    r"_cf_chl_opt|id=[\"']?(?:challenge-form|challenge-running)\b|_Incapsula_Resource"
    r"|px-captcha|captcha-delivery\.com|AwsWafIntegration|/sgcaptcha/|__ddg\d_|sucuri_cloudproxy",
    re.IGNORECASE,
)
CHALLENGE_WORDS = re.compile(
    r"\bverify(?:ing)? (?:that )?you are (?:a )?human|^just a moment\b|^one moment, please"
    r"|checking (?:your browser|if the site connection is secure)|are you a (?:robot|human)"
    r"|^attention required!|robot check|human verification|security check"
    r"|enable javascript and cookies to continue|unusual traffic|not a robot|ddos[ -]guard",
    re.IGNORECASE,
)
CAPTCHA = re.compile(
    r"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|recaptcha/api", re.IGNORECASE
)
PASSWORD = re.compile(r"<input\b[^<>]{0,500}?\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
LOGIN_WORDS = re.compile(
    r"^(?:(?:please |you (?:must|need to) )?(?:sign|log)[ -]?(?:in|on)\b|anmeld"
    r"|authentication required|connexion\b|iniciar sesi|inloggen|login\b)",
    re.IGNORECASE,
)
MAINTENANCE_WORDS = re.compile(
    r"\b(?:under|scheduled|planned|routine|for|down for|site|website|system) maintenance\b"
    r"|\bmaintenance (?:mode|break|page|work|in progress)\b|^maintenance$"
    r"|\bback (?:soon|shortly)\b|^service unavailable\b"
    r"|\btemporarily (?:unavailable|offline|down|closed|out of service)\b"
    r"|\bunavailable for (?:scheduled )?maintenance\b|\bwartungsarbeiten\b",
    re.IGNORECASE,
)
GONE_WORDS = re.compile(
    r"^(?:error )?404\b|\bpage (?:was |could )?not (?:be )?found\b|^not found$"
    r"|\bpage (?:has|was) (?:been )?(?:moved|removed)\b|\bno longer (?:available|exists)\b",
    re.IGNORECASE,
)
SOON_WORDS = re.compile(
    r"\b(?:com(?:es?|ing)|available|online|here|published|added|documented|follows?|ready|live)"
    r" (?:very |quite )?(?:soon|shortly|later)\b|^soon\b|\bsoon[.!…]*$|\bstay tuned\b"
    r"|\bunder construction\b|\bwork in progress\b|\bin preparation\b|\bplaceholder\b"
    r"|\bto be (?:announced|added|confirmed|defined|determined|documented|provided|published)\b"
    r"|\bt\.?b\.?[acd]\b|\bnot (?:yet )?available\b|\bnot (?:yet|published)\b"
    r"|\b(?:launch|open|arriv|start)(?:es|s|ing)\b|\bplanned for\b",
    re.IGNORECASE,
)
TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,500})", re.IGNORECASE)
HEADING = re.compile(r"<h[12]\b[^<>]{0,500}>(.{0,500}?)</h[12]", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<(meta|link)\b([^<>]{0,1000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"([\w-]{1,30})\s*=\s*(?:\"([^\"]{0,800})\"|'([^']{0,800})'|([^\s\"'>]+))"
)
REFRESH = re.compile(r"^\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?[\"']?(.+?)[\"']?\s*$", re.IGNORECASE)
PARTS = re.compile(r"\s[|–—·‹›«»:-]+\s|:\s|[|‹›«»]")
_LOOKED_AT = 2**18  # characters; error pages are small
_FEW_WORDS = 150  # on longer pages a form or a widget is a detail
_SHORT = 40  # characters of a title with a single subject


class _PageSigns(NamedTuple):
    """The evidence: markup without comments, the page's titles, and its number of words.

    `names` are the parts of the title and, on a page with few words, the headings.
    """

    markup: str
    names: tuple[str, ...]
    words: int


def classify_page(text: str, url: str, asked: str | None = None) -> FetchError | None:
    """Return the failure that a page without tables shows, or None without evidence.

    `asked` is the requested address, if it redirected to `url`.
    """
    page = _extract_signs(text)
    return (
        _find_challenge(page, url)
        or _find_login(page, url)
        or _find_maintenance(page, url)
        or _find_move(page, url, asked or url)
    )


def classify_refusal(
    error: FetchError, url: str, headers: Mapping[str, str], text: str
) -> FetchError:
    """Return the error for a response that is not a page, by its headers and its content.

    Cloudflare marks each of its challenges with the header cf-mitigated, with any status.
    """
    if "cf-mitigated" in headers:
        return _challenge_error(url, "cf-mitigated")
    page = _extract_signs(text)
    shown = _find_challenge(page, url) or (
        _find_maintenance(page, url) if isinstance(error, RateLimited | Maintenance) else None
    )
    if shown:
        shown.retry_after = error.retry_after
    return shown or error


def _challenge_error(url: str, mark: str) -> Challenged:
    return Challenged(
        f"{url}: a test for browsers came instead of the page ({mark}); ask the site's owner"
        " to let fwtracker through, or give another address of the page with --url"
    )


def _find_challenge(page: _PageSigns, url: str) -> FetchError | None:
    if match := CHALLENGE_CODE.search(page.markup):
        return _challenge_error(url, quote(match[0]))
    if name := _find_name(page, CHALLENGE_WORDS):
        return _challenge_error(url, quote(name))
    if page.words < _FEW_WORDS and (match := CAPTCHA.search(page.markup)):
        return _challenge_error(url, quote(match[0]))
    return None


def _find_login(page: _PageSigns, url: str) -> FetchError | None:
    name = _find_name(page, LOGIN_WORDS, most=_SHORT)
    if not name and not (page.words < _FEW_WORDS and PASSWORD.search(page.markup)):
        return None
    said = quote(name) if name else "it asks for a password"
    return LoginPage(
        f"{url}: a login came instead of the page ({said}); fwtracker reads public pages only"
    )


def _find_maintenance(page: _PageSigns, url: str) -> FetchError | None:
    name = _find_name(page, MAINTENANCE_WORDS)
    if not name:
        return None
    return Maintenance(f"{url}: the site is out of service ({quote(name)}); try again later")


def _find_move(page: _PageSigns, url: str, asked: str) -> FetchError | None:
    if name := _find_name(page, GONE_WORDS):
        return Moved(f"{url}: there is no such page ({quote(name)}); it may have moved")
    if _normalize_path(url) != _normalize_path(asked):
        return Moved(f"{asked}: it leads to {url}, which has no such tables; find its new URL")
    for target in _find_pointers(page.markup, url):
        if _normalize_path(target) != _normalize_path(url):
            return Moved(
                f"{url}: the page only points to {clean(target)[:200]}; if it has moved there,"
                " set the new URL in the configuration"
            )
    return None


def _extract_signs(text: str) -> _PageSigns:
    markup = strip_between(text[:_LOOKED_AT], "<!--", "-->")
    words = _count_words(markup)
    title = TITLE.search(markup)
    whole = clean(html.unescape(title[1])) if title else ""
    names = [whole, *PARTS.split(whole)]
    if words < _FEW_WORDS:
        names += [
            clean(html.unescape(_strip_tags(match[1]))) for match in HEADING.finditer(markup)
        ]
    return _PageSigns(markup, tuple(filter(None, map(str.strip, dict.fromkeys(names)))), words)


def _find_name(page: _PageSigns, words: Pattern[str], most: int = 200) -> str | None:
    """Return the first part of the title, or heading, with these words, or None."""
    return next((name for name in page.names if len(name) <= most and words.search(name)), None)


def _find_pointers(markup: str, url: str) -> Iterator[str]:
    """Yield the absolute URLs of the page's meta refresh and canonical link."""
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
            except ValueError:  # such as an open bracket in place of a host
                continue


def _normalize_path(url: str) -> str:
    """Return the path that identifies the page; a copy on another host has the same one."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return url
    return path.removesuffix("index.html").rstrip("/").lower()


def _count_words(markup: str) -> int:
    """Return the approximate number of visible words."""
    for opening, closing in (("<script", "</script"), ("<style", "</style")):
        markup = strip_between(markup, opening, closing)
    return len(_strip_tags(markup).split())


def _strip_tags(markup: str) -> str:
    """Return markup without its tags."""
    return strip_between(markup, "<", ">", " ")


def strip_between(text: str, opening: str, closing: str, instead: str = "") -> str:
    """Return text without the parts between two marks, in linear time."""
    first, *rest = text.split(opening)
    return first + "".join(instead + piece.partition(closing)[2] for piece in rest)
