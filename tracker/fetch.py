"""One URL to bytes and the facts about them. The only file of the tracker that knows httpx.

Limits hold for the whole fetch, redirects and retries apart: httpx has no total deadline and
decodes without a limit, so both are done here, on the raw bytes.
"""

from __future__ import annotations

import hashlib
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from tracker import __version__
from tracker.errors import (
    FetchError,
    NotAPage,
    Refused,
    TooBig,
    TooSlow,
    Truncated,
    Unreachable,
)
from tracker.judge import PIECE, Unpacker, check_end, redirected, refusal
from tracker.model import Page

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

USER_AGENT = f"fwtracker/{__version__} (watches firewall documentation; python-httpx)"
_TEXT_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one fetch: seconds and bytes."""

    total: float = 60.0
    silence: float = 15.0
    raw: int = 8 * 2**20
    decoded: int = 32 * 2**20
    redirects: int = 3
    attempts: int = 3
    longest_wait: float = 30.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came. `body` is None after a 304; `url` is where it came from at last."""

    page: Page
    body: bytes | None
    content_type: str | None

    @property
    def url(self) -> str:
        """Where the page came from, redirects followed."""
        return self.page.url


@dataclass
class Fetcher:
    """Fetches pages over kept connections. Time and sleep are given, so tests need neither."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for client in self._clients.values():
            client.close()

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """The page at `url`; a 304 against `known` gives no body.

        Raises a FetchError when attempts, time or size run out, or the answer is no page.
        """
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return self._follow(url, known)
            except FetchError as error:
                wait = self._pause(error, attempt)
                if wait is None:
                    raise
                log.info("attempt %d failed (%s); next in %.1f s", attempt, error, wait)
                self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, error: FetchError, attempt: int) -> float | None:
        """Seconds to wait before the next attempt; None where there is none."""
        if not error.retriable or attempt == self.limits.attempts:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.limits.longest_wait else None
        return 0.5 * 2.0 ** (attempt - 1) * (1 + random.random() / 4)  # noqa: S311  no secret

    def _follow(self, url: str, known: Page | None) -> Fetched:
        deadline = self.clock() + self.limits.total
        at = url
        for _ in range(self.limits.redirects + 1):
            answer = self._request(at, known, deadline)
            if isinstance(answer, Fetched):
                return answer
            at = redirected(at, answer)
        raise Refused(f"{url}: more than {self.limits.redirects} redirects, the last to {at}")

    def _request(self, url: str, known: Page | None, deadline: float) -> Fetched | str:
        """One request: a page, or the address that it redirects to."""
        client = self._client(url)
        import httpx  # noqa: PLC0415  only for a fetch; loaded by _client

        left = max(deadline - self.clock(), 0.1)
        try:
            with client.stream(
                "GET",
                url,
                headers=_headers(known),
                timeout=httpx.Timeout(min(self.limits.silence, left)),
            ) as response:
                return self._answer(url, response, known, deadline)
        except httpx.TimeoutException:
            raise Unreachable(
                f"{url}: no answer within {min(self.limits.silence, left):.0f} seconds"
            ) from None
        except httpx.RemoteProtocolError as error:
            raise Truncated(f"{url}: the server broke off its answer: {error}") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Refused(f"{url}: this is no address of a page: {error}") from None
        except httpx.HTTPError as error:
            raise Unreachable(
                f"{url}: cannot be reached: {error or type(error).__name__}"
            ) from None

    def _answer(
        self, url: str, response: httpx.Response, known: Page | None, deadline: float
    ) -> Fetched | str:
        status = response.status_code
        if status in _REDIRECTS and "location" in response.headers:
            return str(response.headers["location"])
        if status == _NOT_MODIFIED and known is not None:
            return Fetched(self._facts(url, response, known.sha256, known), None, None)
        if status != _OK:
            raise refusal(url, status, response.headers.get("retry-after"), self.now())
        content_type = response.headers.get("content-type")
        if content_type and not content_type.lower().startswith(_TEXT_TYPES):
            raise NotAPage(f"{url}: the answer is {content_type}, not a page of text")
        body = b"".join(self._decoded(url, response, deadline))
        check_end(url, body)
        sha256 = hashlib.sha256(body).hexdigest()
        return Fetched(self._facts(url, response, sha256, None), body, content_type)

    def _facts(
        self, url: str, response: httpx.Response, sha256: str, known: Page | None
    ) -> Page:
        """RFC 9110, 15.4.5: a 304 may leave out a validator that it does not change."""
        return Page(
            url=url,
            sha256=sha256,
            fetched_at=self.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            etag=response.headers.get("etag") or (known.etag if known else None),
            last_modified=response.headers.get("last-modified")
            or (known.last_modified if known else None),
        )

    def _decoded(self, url: str, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        """The body, unpacked piece by piece so that neither form passes its limit."""
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
            raise NotAPage(f"{url}: encoded as {encoding}, which was not asked for")
        unpack = None if encoding == "identity" else Unpacker()
        raw = decoded = 0
        for chunk in response.iter_raw(PIECE):
            raw += len(chunk)
            if self.clock() > deadline:
                raise TooSlow(f"{url}: not complete within {self.limits.total:.0f} seconds")
            if raw > self.limits.raw:
                raise TooBig(f"{url}: more than {self.limits.raw >> 20} MiB")
            for piece in unpack.pieces(url, chunk) if unpack else (chunk,):
                decoded += len(piece)
                if decoded > self.limits.decoded:
                    raise TooBig(f"{url}: more than {self.limits.decoded >> 20} MiB unpacked")
                yield piece
        if unpack and not unpack.complete:
            raise Truncated(f"{url}: the compressed page ends early")

    def _client(self, url: str) -> httpx.Client:
        """One client a scheme: a TLS context costs time, so plain http has none."""
        _load_httpx()
        import httpx  # noqa: PLC0415

        scheme = urlsplit(url).scheme
        if scheme not in self._clients:
            self._clients[scheme] = httpx.Client(
                verify=scheme != "http",
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
                follow_redirects=False,
            )
        return self._clients[scheme]


def _load_httpx() -> None:
    """Import httpx without its own command line.

    httpx imports that on the side, and with it click, pygments and rich wherever they are
    installed: half of its import time. A module set to None makes that import fail at once,
    which httpx expects.
    """
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]  # documented use of None
        import httpx  # noqa: F401, PLC0415

        del sys.modules["httpx._main"]
        # Its own log shows full URLs; ours says what matters without a query or a secret.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("httpcore").setLevel(logging.WARNING)


def _headers(known: Page | None) -> dict[str, str]:
    headers = {"Accept": "text/html, text/plain;q=0.8"}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    return headers
