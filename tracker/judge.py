"""What an answer is worth: addresses, redirects, statuses, packing, a page's end.

Pure, and without any HTTP library; `fetch.py` asks here.
"""

from __future__ import annotations

import email.utils
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from tracker.errors import FetchError, NotAPage, RateLimited, Refused, Truncated, UsageError
from tracker.text import clean

PIECE = 65536
_TOO_MANY, _UNAVAILABLE = 429, 503


def checked_url(url: str) -> str:
    """`url`, if it can be the address of a page. Raises UsageError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an open bracket, a port that is no number
        usable = False
    if not usable:
        raise UsageError(f'"{clean(url)}" is no address of a page; give http:// or https://')
    return url


def redirected(url: str, location: str) -> str:
    """Where a redirect leads; only to the same site, and never from https to http."""
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    if site(target) != site(url) or (before.scheme, after.scheme) == ("https", "http"):
        raise Refused(
            f"{url}: it now redirects to {target}, which is another site; if that is where the"
            " page has moved, set the new URL in the configuration"
        )
    return target


def site(url: str) -> tuple[str, int | None]:
    """Host without `www.` and port: what counts as the same place."""
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.port


def refusal(url: str, status: int, retry_after: str | None, now: datetime) -> FetchError:
    """The error that an HTTP status means; `retry_after` is the header as it came."""
    wait = seconds(retry_after, now)
    error: FetchError
    if status == _TOO_MANY or (status == _UNAVAILABLE and wait is not None):
        error = RateLimited(f"{url}: the server asks for fewer requests (HTTP {status})")
    elif status in {404, 410}:
        error = Refused(f"{url}: there is no such page (HTTP {status}); it may have moved")
    elif status in {401, 403}:
        error = Refused(f"{url}: the server does not let us see it (HTTP {status})")
    else:
        error = Refused(f"{url}: the server answers HTTP {status}")
        error.retriable = status >= 500  # noqa: PLR2004  server errors may pass
    error.retry_after = wait
    return error


def seconds(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After as seconds from `now`: a number or an HTTP date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        then = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max((then.astimezone(UTC) - now).total_seconds(), 0.0)


def check_end(url: str, body: bytes) -> None:
    """A page has to show its end: a cut connection looks complete to HTTP/1.0 and proxies."""
    start = body[:1024].lstrip().lower()
    is_markup = start.startswith((b"<!doctype", b"<html", b"\xef\xbb\xbf<"))
    if is_markup and b"</html" not in body[-4096:].lower():
        raise Truncated(f"{url}: the page ends after {len(body)} bytes without </html>")


class Unpacker:
    """gzip or deflate in bounded pieces (zlib's own `max_length`)."""

    def __init__(self) -> None:
        # 47: zlib or gzip header, told apart by zlib itself.
        self._inflate = zlib.decompressobj(47)
        self._started = False

    def pieces(self, url: str, chunk: bytes) -> Iterator[bytes]:
        """The unpacked bytes of `chunk`, at most PIECE at a time. Raises NotAPage."""
        self._started = True
        try:
            while chunk:
                yield self._inflate.decompress(chunk, PIECE)
                chunk = self._inflate.unconsumed_tail
        except zlib.error as error:
            raise NotAPage(f"{url}: broken compression: {error}") from None

    @property
    def complete(self) -> bool:
        """Whether the packed data has shown its end."""
        return not self._started or self._inflate.eof
