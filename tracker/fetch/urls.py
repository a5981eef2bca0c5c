"""The check of all URLs: accepts only those that every program reads in the same way.

Facts: RFC 3986 (which characters need no escape), RFC 5891 (names in other scripts).
httpx parses. URLs that it accepts but that other programs read differently are refused here:
the same host is looked up, connected to and compared with those that the operator allowed.

A file: URL is for testing a definition on a saved page: `file:///home/ann/page.html` is an
absolute path, `file:page.html` one relative to the folder that fwtracker runs in. Only files
that an operator named are read; a link on a page never leads to a file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from tracker.errors import ForbiddenAddress, Moved, Refused, TooBig, UsageError
from tracker.fetch.addresses import ALLOW_HINT, forbidden_reason, parse_host_address
from tracker.text import clean

if TYPE_CHECKING:
    from collections.abc import Container

    import httpx

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9._-]+")
# Programs read other characters in a redirect differently.
_PLAIN_URL = re.compile(r"[!-\[\]^-~]+")
_SHOWN = 200  # characters of a URL or a reason in an error
_LONGEST_REDIRECT = 2048  # characters; the URL of a page is published
_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".json": "application/json",
    ".csv": "text/csv",
}


def parse_url(text: str, schemes: Container[str] = _DEFAULT_PORTS) -> httpx.URL:
    """Return a URL as it is sent: in ASCII, with its host in lower case.

    Raises ValueError for another scheme, or if it can be read in two ways.
    """
    url = _parse_any_url(text)
    if url.scheme not in schemes:
        raise ValueError("it does not start with a known scheme")
    return url


@lru_cache(maxsize=256)  # each step of a check parses the URLs of its pages
def _parse_any_url(text: str) -> httpx.URL:
    import httpx  # noqa: PLC0415  slow to import, and most commands need no URL

    try:
        url, port = httpx.URL(text), urlsplit(text).port  # urlsplit, as for links
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None
    if port == 0 or (port != url.port and port != _DEFAULT_PORTS.get(url.scheme)):
        raise ValueError("its port is not valid")
    host = url.raw_host.decode("ascii").lower()
    if ":" in host:
        IPv6Address(host)
        return url.copy_with(host=host)
    if not _HOST_NAME.fullmatch(host):
        raise ValueError("its host contains characters that are not allowed")
    return url


def check_page_url(text: str, *, with_files: bool = False) -> str:
    """Return `text` if it can be the URL of a page, or of a file. Raises UsageError."""
    if with_files and is_file_url(text):
        return text
    try:
        url = parse_url(text)
    except ValueError:
        raise UsageError(
            f'"{clean(text)[:_SHOWN]}" is not a valid page URL; start it with https:// or http://'
        ) from None
    if url.userinfo:  # it would be stored with the page's metadata, and shown
        raise UsageError(f"the URL of {url.host} contains a user name; remove it")
    return text


def parse_request_url(text: str) -> httpx.URL:
    """Return the URL to request, without a user name. Raises Refused."""
    try:
        return parse_url(text).copy_with(userinfo=b"")
    except ValueError as error:
        reason = clean(str(error))[:_SHOWN]
        raise Refused(f"{clean(text)[:_SHOWN]}: not a valid page URL: {reason}") from None


def check_untrusted(text: str, url: httpx.URL) -> None:
    """Raise ForbiddenAddress unless `url` is https and, as far as it shows, public.

    Only the URL itself is checked; the addresses of a host name are checked on connecting.
    """
    address = parse_host_address(url.host)
    if address and (reason := forbidden_reason(address)):
        raise ForbiddenAddress(f"{text}: this address is {reason}; {ALLOW_HINT}")
    if url.scheme != "https":
        raise ForbiddenAddress(f"{text}: it is plain http, not https; {ALLOW_HINT}")


def redirect_target(url: str, location: str) -> str:
    """Return the absolute URL of a redirect to the same site.

    Raises ForbiddenAddress for a private address, Moved for another site, Refused for an
    invalid URL and for one that leaves https for http.
    """
    target = _join_location(url, location)
    if len(target) > _LONGEST_REDIRECT:
        raise Refused(
            f"{url}: it redirects to a URL of more than {_LONGEST_REDIRECT} characters"
        )
    before, after, shown = urlsplit(url), urlsplit(target), target[:_SHOWN]
    address = parse_host_address(after.hostname or "")
    if after.hostname != before.hostname and address and (why := forbidden_reason(address)):
        raise ForbiddenAddress(f"{url}: it redirects to {shown}, which is {why}")
    try:
        check_page_url(target)
    except UsageError:
        raise _invalid_redirect(url, location) from None
    if site_of(target) != site_of(url):
        raise Moved(
            f"{url}: it now redirects to {shown}, which is another site; if that is where the"
            " page has moved, set the new URL in the configuration"
        )
    if (before.scheme, after.scheme) == ("https", "http"):
        raise Refused(f"{url}: it redirects from https to http, {shown}")
    return target


def _join_location(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        if _PLAIN_URL.fullmatch(target) and not urlsplit(target).username:
            return target
    except ValueError:  # an open bracket
        pass
    raise _invalid_redirect(url, location)


def _invalid_redirect(url: str, location: str) -> Refused:
    shown = clean(location.rpartition("@")[2])[:_SHOWN]  # without its password
    return Refused(f"{url}: it redirects to an invalid URL: {shown}")


def site_of(url: str) -> tuple[str, int | None]:
    """Return a site's host without `www.`, and its port; None for the scheme's default port."""
    parts = urlsplit(url)
    port = None if parts.port == _DEFAULT_PORTS.get(parts.scheme) else parts.port
    return (parts.hostname or "").removeprefix("www."), port


def is_file_url(text: str) -> bool:
    """Return whether a URL is that of a file."""
    return text[:5].lower() == "file:"


def read_file_url(url: str, most: int) -> tuple[bytes, str | None]:
    """Return a file's bytes and its content type, if its name shows one.

    Raises Refused if it cannot be read, TooBig for more than `most` bytes.
    """
    path = _parse_path(url)
    try:
        if path.exists() and not path.is_file():  # reading a pipe would block
            raise Refused(f"{clean(url)}: cannot be read: it is not a file")
        with path.open("rb") as file:
            body = file.read(most + 1)
    except OSError as error:
        where = "" if path.is_absolute() else f"; it was looked for in {Path.cwd()}"
        raise Refused(f"{clean(url)}: cannot be read: {error.strerror}{where}") from None
    if len(body) > most:
        raise TooBig(f"{clean(url)}: more than {most >> 20} MiB")
    return body, _TYPES.get(path.suffix.lower())


def _parse_path(url: str) -> Path:
    """Return the path of a file: URL. Raises Refused."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(f"{clean(url)}: not a valid file URL") from None
    path = unquote(parts.path)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment:
        raise Refused(
            f"{clean(url)}: not a valid file URL; write file:///folder/page.html, or"
            " file:page.html for the folder that fwtracker runs in, and %23 and %3F for # and ?"
        )
    if not path or "\0" in path:
        raise Refused(f"{clean(url)}: names no file")
    return Path(path)
