"""Interprets a response: its status, headers and type, and whether it is complete. Pure.

The body is unpacked in bounded chunks, and its size is limited.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from tracker.errors import (
    FetchError,
    LoginPage,
    Maintenance,
    Moved,
    NotAPage,
    RateLimited,
    Refused,
    TooBig,
    Truncated,
)
from tracker.model import Page
from tracker.text import clean
from tracker.times import parse_retry_after

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _UNAVAILABLE = 401, 403, 429, 503
_GONE = frozenset({404, 410})
# Of pages and feeds. The reader decides whether it is the type that a source expects.
_TEXT_TYPES = frozenset(
    (
        "text/html application/xhtml+xml text/plain text/markdown"
        " application/json text/json text/csv"
    ).split()
)
_JSON_SUFFIX = "+json"  # RFC 6839: application/vnd.example+json
_SHOWN = 200  # characters of a header or reason in an error
_HEADER_BYTES = 65536
_LONGEST_VALIDATOR = 256  # characters; the metadata of a page is published
_OLD = timedelta(minutes=1)
_CHUNK = 65536  # bytes unpacked at a time
_MOST_MEMBERS = 64
# Markup compresses to about a tenth, rarely to a fiftieth; a bomb to a thousandth.
_RATIO, _RATIO_FROM = 100, 2**20


def status_error(url: str, status: int, retry_after: str | None, now: datetime) -> FetchError:
    """Return the error that an HTTP status means; `retry_after` is the header as received."""
    wait = parse_retry_after(retry_after, now)
    error = _error_of_status(url, status, asked_to_wait=wait is not None)
    error.retry_after = wait
    return error


def _error_of_status(url: str, status: int, *, asked_to_wait: bool) -> FetchError:
    if status == _TOO_MANY or (status == _UNAVAILABLE and asked_to_wait):
        return RateLimited(f"{url}: the server asks for fewer requests (HTTP {status})")
    if status == _UNAVAILABLE:
        return Maintenance(
            f"{url}: temporarily out of service (HTTP {status}); maintenance or load"
        )
    if status in _GONE:
        return Moved(f"{url}: there is no such page (HTTP {status}); it may have moved")
    if status == _UNAUTHORIZED:
        return LoginPage(f"{url}: the server asks for a login (HTTP {status})")
    if status == _FORBIDDEN:
        return Refused(f"{url}: access is forbidden (HTTP {status})")
    error = Refused(f"{url}: the server answers HTTP {status}")
    error.retriable = status >= 500  # noqa: PLR2004  server errors may be temporary
    return error


def protocol_error(url: str, received: int, start: bytes, problem: str) -> FetchError:
    """Return the error for an invalid response: `received` bytes, which begin with `start`."""
    if received and not start.startswith(b"HTTP/"[: len(start)]):
        return NotAPage(f"{url}: the server does not speak HTTP")
    if "too long" in problem and received > _HEADER_BYTES:
        return TooBig(f"{url}: more than {_HEADER_BYTES >> 10} KiB of headers")
    return Truncated(f"{url}: the response broke off: {clean(problem)[:_SHOWN]}")


def page_metadata(
    url: str, sha256: str, now: datetime, headers: Mapping[str, str], known: Page | None = None
) -> Page:
    """Return the metadata of a page; after a 304, with the validators known before.

    RFC 9110, 15.4.5: a 304 may leave out unchanged validators. 8.8.2.2: the time of a page that
    changed within the last minute is not a validator, as the page may change again within the
    same second; it is left out. So is a validator that is too long to keep.
    """
    etag = headers.get("etag") or (known.etag if known else None)
    modified = headers.get("last-modified")
    if modified and known is None and not _is_old(modified, headers.get("date")):
        modified = None
    return Page(
        url=url,
        sha256=sha256,
        fetched_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        etag=_drop_long(etag),
        last_modified=_drop_long(modified or (known.last_modified if known else None)),
    )


def _drop_long(validator: str | None) -> str | None:
    return validator if validator and len(validator) <= _LONGEST_VALIDATOR else None


def _is_old(modified: str, date: str | None) -> bool:
    """Return whether a time of change is at least a minute before the response's Date."""
    try:
        age = parsedate_to_datetime(date or "") - parsedate_to_datetime(modified)
    except (TypeError, ValueError):  # not times, or only one of them in UTC
        return False
    return age >= _OLD


def check_type(url: str, content_type: str | None) -> None:
    """Raise NotAPage for a content type other than text; it may be missing."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if content_type and kind not in _TEXT_TYPES and not kind.endswith(_JSON_SUFFIX):
        said = clean(content_type)[:_SHOWN]
        raise NotAPage(f"{url}: the response is {said}, not a page of text, JSON or CSV")


def check_end(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Raise Truncated if nothing shows that the page is complete; HTTP/1.0 itself does not.

    A length or chunks show it (the HTTP library counts them), or the end of compressed data, or
    </html> in a document. If a document arrived completely but lacks </html>, the reader looks
    at the elements that it leaves open.
    """
    counted = "content-length" in headers or "transfer-encoding" in headers
    packed = headers.get("content-encoding", "identity").lower() != "identity"
    if not body or counted or packed:
        return
    if not _is_document(body) or b"</html" not in _ascii_lower(body[-16384:])[-4096:]:
        raise Truncated(
            f"{url}: nothing shows that its {len(body)} bytes are complete: no length, no"
            " </html>"
        )


def _is_document(body: bytes) -> bool:
    start = _ascii_lower(body[:4096]).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\f")
    return start.startswith((b"<!doctype", b"<html", b"<?xml"))


def _ascii_lower(part: bytes) -> bytes:
    """Return the bytes in lower case, without the NULs between the letters of UTF-16."""
    return part.replace(b"\0", b"").lower()


def unpack_body(
    url: str, chunks: Iterable[bytes], encoding: str, most_raw: int, most_decoded: int
) -> Iterator[bytes]:
    """Yield the unpacked bytes of a body, while neither form exceeds its limit (in bytes).

    Raises TooBig, Truncated, or NotAPage if it cannot be unpacked.
    """
    if encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise NotAPage(f"{url}: encoded as {encoding[:40]}, which was not requested")
    unpack = None if encoding == "identity" else _Unpacker()
    raw = decoded = 0
    for chunk in chunks:
        raw += len(chunk)
        if raw > most_raw:
            raise TooBig(f"{url}: more than {most_raw >> 20} MiB; a firewall page is smaller")
        for piece in unpack.feed(url, chunk) if unpack else (chunk,):
            decoded += len(piece)
            if decoded > most_decoded:
                raise TooBig(f"{url}: more than {most_decoded >> 20} MiB unpacked")
            if decoded > max(_RATIO_FROM, _RATIO * raw):
                raise TooBig(f"{url}: unpacked, it is more than {_RATIO} times its size")
            yield piece
    if unpack and not unpack.complete:
        raise Truncated(f"{url}: the compressed page ends early")


class _Unpacker:
    """Unpacks gzip or deflate in bounded pieces (zlib's `max_length`).

    There may be several gzip members (RFC 1952, 2.2), and zeros after the last one; anything
    else after the packed data is refused, since it may be the rest of the page.
    """

    def __init__(self) -> None:
        self._inflate = _new_inflater()
        self._members = 0  # started so far

    def feed(self, url: str, chunk: bytes) -> Iterator[bytes]:
        """Yield the unpacked bytes of `chunk`, at most _CHUNK at a time. Raises NotAPage."""
        try:
            while chunk := self._packed_part(url, chunk):
                yield self._inflate.decompress(chunk, _CHUNK)
                chunk = self._inflate.unconsumed_tail or self._inflate.unused_data
        except zlib.error as error:
            raise NotAPage(f"{url}: broken compression: {error}") from None

    def _packed_part(self, url: str, chunk: bytes) -> bytes:
        """Return the packed data in `chunk`; start a new member if the last one has ended."""
        if self._inflate.eof:
            chunk = chunk.lstrip(b"\0")
        if chunk and (self._inflate.eof or not self._members):
            self._inflate = _new_inflater()
            self._members += 1
            if self._members > _MOST_MEMBERS:
                raise NotAPage(f"{url}: compressed in more than {_MOST_MEMBERS} parts")
        return chunk

    @property
    def complete(self) -> bool:
        """Return whether the end of the packed data was reached."""
        return not self._members or self._inflate.eof


def _new_inflater() -> zlib._Decompress:
    return zlib.decompressobj(47)  # 32 + 15: zlib detects a zlib or gzip header
