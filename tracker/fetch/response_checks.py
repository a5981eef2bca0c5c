"""What an answer is worth: addresses, redirects, statuses, a page's end.

Pure, and without any HTTP library; `fetch.py` asks here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from tracker.errors import (
    FetchError,
    ForbiddenAddress,
    LoginPage,
    Maintenance,
    Moved,
    NotAPage,
    RateLimited,
    Refused,
    TooBig,
    Truncated,
    UsageError,
)
from tracker.fetch.addresses import forbidden, literal
from tracker.model import Page
from tracker.text import clean

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _UNAVAILABLE = 401, 403, 429, 503
_GONE = frozenset({404, 410})
_TEXT_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/markdown"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Anything else in a redirect is read one way here and another way by somebody else.
_PLAIN_URL = re.compile(r"[!-\[\]^-~]+")
_SHOWN = 200
_HEADERS = 65536
NAME_IT = "if that is meant, name the page with --url, or as url in the configuration"


def checked_url(url: str) -> str:
    """`url`, if it can be the address of a page. Raises UsageError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an open bracket, a port that is no number
        usable = False
    if not usable:
        raise UsageError(f'"{clean(url)}" is no address of a page; give http:// or https://')
    if parts.username is not None:  # it would be stored with the page's facts, and shown
        raise UsageError(f"the URL of {parts.hostname} holds a user name; leave that out")
    return url


def check_target(url: str, scheme: str, host: str) -> None:
    """A page that the operator did not name is public and https. Raises ForbiddenAddress.

    Judges what the URL itself spells; what a name leads to is judged when dialling.
    """
    address = literal(host)
    if address and (why := forbidden(address)):
        raise ForbiddenAddress(f"{url}: this address is {why}; {NAME_IT}")
    if scheme != "https":
        raise ForbiddenAddress(f"{url}: it is plain http, not https; {NAME_IT}")


def redirected(url: str, location: str) -> str:
    """Where a redirect leads; only to the same site, and never from https to http.

    Raises ForbiddenAddress for a private address, Moved for another site, Refused for none.
    """
    target = _joined(url, location)
    before, after = urlsplit(url), urlsplit(target)
    address = literal(after.hostname or "")
    if after.hostname != before.hostname and address and (why := forbidden(address)):
        raise ForbiddenAddress(f"{url}: it redirects to {target[:_SHOWN]}, which is {why}")
    if site(target) != site(url):
        raise Moved(
            f"{url}: it now redirects to {target[:_SHOWN]}, which is another site; if that is"
            " where the page has moved, set the new URL in the configuration"
        )
    if (before.scheme, after.scheme) == ("https", "http"):
        raise Refused(f"{url}: it redirects from https to http, {target[:_SHOWN]}")
    return target


def _joined(url: str, location: str) -> str:
    """The absolute target of a redirect. Raises Refused for what is no address of a page."""
    try:
        target = urljoin(url, location)
        usable = _PLAIN_URL.fullmatch(target) and checked_url(target)
    except (ValueError, UsageError):
        usable = None
    if not usable:
        said = clean(location.rpartition("@")[2])[:_SHOWN]  # without a password
        raise Refused(f"{url}: it redirects to what is no address of a page: {said}")
    return target


def site(url: str) -> tuple[str, int | None]:
    """Host without `www.` and port, None for the scheme's own: what counts as one place."""
    parts = urlsplit(url)
    port = None if parts.port == _DEFAULT_PORTS.get(parts.scheme) else parts.port
    return (parts.hostname or "").removeprefix("www."), port


def refusal(url: str, status: int, retry_after: str | None, now: datetime) -> FetchError:
    """The error that an HTTP status means; `retry_after` is the header as it came."""
    wait = seconds(retry_after, now)
    error = _of_status(url, status, asked_to_wait=wait is not None)
    error.retry_after = wait
    return error


def _of_status(url: str, status: int, *, asked_to_wait: bool) -> FetchError:
    if status == _TOO_MANY or (status == _UNAVAILABLE and asked_to_wait):
        return RateLimited(f"{url}: the server asks for fewer requests (HTTP {status})")
    if status == _UNAVAILABLE:
        return Maintenance(
            f"{url}: out of service for now (HTTP {status}); maintenance or load"
        )
    if status in _GONE:
        return Moved(f"{url}: there is no such page (HTTP {status}); it may have moved")
    if status == _UNAUTHORIZED:
        return LoginPage(f"{url}: the server asks for a login (HTTP {status})")
    if status == _FORBIDDEN:
        return Refused(f"{url}: the server does not let us see it (HTTP {status})")
    error = Refused(f"{url}: the server answers HTTP {status}")
    error.retriable = status >= 500  # noqa: PLR2004  server errors may pass
    return error


def seconds(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After as seconds from `now`: a number or an HTTP date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  few servers send a date

    try:
        then = parsedate_to_datetime(retry_after)
        return max((then.astimezone(UTC) - now).total_seconds(), 0.0)
    except (ValueError, OverflowError):  # no date, or one at the very end of time
        return None


def broken(url: str, received: int, start: bytes, problem: str) -> FetchError:
    """The error for an answer that is no HTTP: what came (bytes, its beginning) tells which."""
    if received and not start.startswith(b"HTTP/"[: len(start)]):
        return NotAPage(f"{url}: what answers there does not speak HTTP")
    if "too long" in problem and received > _HEADERS:
        return TooBig(f"{url}: more than {_HEADERS >> 10} KiB of headers")
    return Truncated(f"{url}: the server broke off its answer: {clean(problem)[:_SHOWN]}")


def facts(
    url: str, sha256: str, now: datetime, headers: Mapping[str, str], known: Page | None = None
) -> Page:
    """What there is to know of an answer; after a 304 with what was known before.

    RFC 9110, 15.4.5: a 304 may leave out a validator that it does not change.
    """
    return Page(
        url=url,
        sha256=sha256,
        fetched_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        etag=headers.get("etag") or (known.etag if known else None),
        last_modified=headers.get("last-modified") or (known.last_modified if known else None),
    )


def check_type(url: str, content_type: str | None) -> None:
    """A page is text; without a content type its bytes will tell. Raises NotAPage."""
    if content_type and content_type.partition(";")[0].strip().lower() not in _TEXT_TYPES:
        said = clean(content_type)[:_SHOWN]
        raise NotAPage(f"{url}: the answer is {said}, not a page of text")


def check_end(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """A page has to show its end: a cut connection looks complete to HTTP/1.0 and proxies.

    The transfer shows it by a length or chunks, which the HTTP library counts, or by a packed
    body's own end; a document may show it by </html> instead. Where a document has no </html>
    although it arrived whole, the reader looks at what it leaves open. Raises Truncated.
    """
    counted = "content-length" in headers or "transfer-encoding" in headers
    packed = headers.get("content-encoding", "identity").lower() != "identity"
    if not body or counted or packed:
        return
    if not _is_document(body) or b"</html" not in _ascii(body[-16384:])[-4096:]:
        raise Truncated(
            f"{url}: nothing shows that its {len(body)} bytes are all: no length, no </html>"
        )


def _is_document(body: bytes) -> bool:
    start = _ascii(body[:4096]).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\f")
    return start.startswith((b"<!doctype", b"<html", b"<?xml"))


def _ascii(part: bytes) -> bytes:
    """Lower case, and without the NULs that UTF-16 has between letters."""
    return part.replace(b"\0", b"").lower()
