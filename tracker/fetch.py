"""One URL to bytes and the facts about them. The only file of the tracker that knows httpx.

httpx has no total deadline, looks at no address and unpacks without a limit: `dial.py` makes
its connections and `unpack.py` takes its raw bytes. What an answer is worth says `judge.py`.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from tracker import __version__
from tracker.errors import (
    FetchError,
    RedirectLoop,
    Refused,
    TooSlow,
    Unreachable,
    Untrusted,
)
from tracker.fetching.judge import (
    broken,
    check_end,
    check_target,
    check_type,
    facts,
    redirected,
    refusal,
)
from tracker.fetching.limits import Limits
from tracker.fetching.unpack import PIECE, unpacked
from tracker.model import Page

if TYPE_CHECKING:
    import httpx

    from tracker.fetching.dial import Watch

log = logging.getLogger(__name__)

USER_AGENT = f"fwtracker/{__version__} (watches firewall documentation; python-httpx)"
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html, text/plain;q=0.8",
    "Accept-Encoding": "gzip",
    "Connection": "keep-alive",
}
_OK, _NOT_MODIFIED = 200, 304
_LITTLE = 65536  # bytes of a refusal that are looked at, and
_SOON = 5.0  # the seconds that this may take
_KEPT = 8  # idle connections
_LOADING = threading.Lock()
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came. `body` is None after a 304; `url` is where it came from at last.

    `date` is the server's clock as it sent it, for whoever doubts our own.
    """

    page: Page
    body: bytes | None
    content_type: str | None
    date: str | None = None

    @property
    def url(self) -> str:
        """Where the page came from, redirects followed."""
        return self.page.url


@dataclass
class Fetcher:
    """Fetches pages over kept connections. Time and sleep are given, so tests need neither.

    Hosts are public and https only, but for those that the operator named (`allow`). Threads
    may share one; each is `aside` while it waits.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    aside: Callable[[], AbstractContextManager[object]] = nullcontext
    _clients: dict[str, httpx.Client] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)
    _watch: Watch | None = None
    _making: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on all hosts."""
        for client in self._clients.values():
            client.close()

    def allow(self, url: str) -> None:
        """The operator named this URL: its exact host may be private, and plain http."""
        if host := _host(url):
            self._named.add(host)

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """The page at `url`; a 304 against `known` gives no body.

        Raises a FetchError when attempts, time or size run out, or the answer is no page.
        """
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return self._follow(url, known)
            except FetchError as error:
                wait = self.limits.pause(error, attempt)
                if wait is None:
                    raise
                log.info("attempt %d failed (%s); next in %.1f s", attempt, error, wait)
                with self.aside():
                    self.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _follow(self, url: str, known: Page | None) -> Fetched:
        watch = self._start()
        watch.ends = self.clock() + self.limits.total
        at = url
        for _ in range(self.limits.redirects + 1):
            answer = self._request(at, known, watch)
            if isinstance(answer, Fetched):
                return answer
            at = redirected(at, answer)
        raise RedirectLoop(f"{url}: more than {self.limits.redirects} redirects, last to {at}")

    def _request(self, url: str, known: Page | None, watch: Watch) -> Fetched | str:
        """One request: a page, or the address that it redirects to."""
        import httpx  # noqa: PLC0415  only for a fetch; loaded by _start

        watch.begin(url)
        try:
            parsed, host = httpx.URL(url), _host(url)
            if host not in self._named:
                check_target(url, parsed.scheme, host)
            client = self._client(parsed.scheme, watch)
            asking = _conditions(known)
            request = httpx.Request(
                "GET",
                parsed,
                headers={**_HEADERS, **asking},
                cookies=client.cookies or None,  # given none, it would look for some that fit
                extensions={"timeout": httpx.Timeout(self.limits.silence).as_dict()},
            )
            with closing(client.send(request, stream=True)) as got:
                return self._answer(url, got, known if asking else None, watch)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # httpx lets some through
            raise self._failure(url, error, watch) from None

    def _failure(self, url: str, error: Exception, watch: Watch) -> FetchError:
        """The error for what httpx could not do."""
        import httpx  # noqa: PLC0415

        if isinstance(error, httpx.TimeoutException):
            if self.clock() >= watch.ends:
                return TooSlow(f"{url}: not complete within {self.limits.total:.0f} seconds")
            return Unreachable(f"{url}: no answer within {self.limits.silence:.0f} seconds")
        if isinstance(error, httpx.RemoteProtocolError):
            return broken(url, watch.received, watch.start, str(error))
        if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
            return Refused(f"{url}: this is no address of a page: {error}")
        if "certificate verify failed" in str(error).lower():
            return Untrusted(f"{url}: its TLS certificate does not hold: {error}")
        return Unreachable(f"{url}: cannot be reached: {error or type(error).__name__}")

    def _answer(
        self, url: str, response: httpx.Response, known: Page | None, watch: Watch
    ) -> Fetched | str:
        """`known` is None where the request was not made on condition."""
        status, headers = response.status_code, response.headers
        if status in _REDIRECTS and "location" in headers:
            return str(headers["location"])
        if status == _NOT_MODIFIED and known is not None:
            for _ in response.iter_raw():  # nothing; a connection is kept once that is read
                pass
            return Fetched(facts(url, known.sha256, self.now(), headers, known), None, None)
        if status != _OK or "cf-mitigated" in headers:
            raise self._refusal(url, response, watch)
        content_type = headers.get("content-type")
        check_type(url, content_type)
        body = b"".join(_pieces(url, response, self.limits.raw, self.limits.decoded))
        check_end(url, body, headers)
        sha256 = hashlib.sha256(body).hexdigest()
        page = facts(url, sha256, self.now(), headers)
        return Fetched(page, body, content_type, headers.get("date"))

    def _refusal(self, url: str, response: httpx.Response, watch: Watch) -> FetchError:
        """What an answer that is no page means, by its status, headers and first words."""
        import httpx  # noqa: PLC0415

        from tracker.reading.answers import refused  # noqa: PLC0415  only for a failure

        error = refusal(
            url, response.status_code, response.headers.get("retry-after"), self.now()
        )
        watch.ends = min(watch.ends, self.clock() + _SOON)
        words = bytearray()
        with suppress(httpx.HTTPError, FetchError):  # as far as they come soon, and whole
            for piece in _pieces(url, response, _LITTLE, _LITTLE):
                words += piece
        return refused(error, url, response.headers, words.decode("ascii", "replace"))

    def _start(self) -> Watch:
        """The watch over all connections of this fetcher; loads httpx at the first fetch."""
        with self._making:
            if self._watch is None:
                _load_httpx()
                from tracker.fetching.dial import Watch  # noqa: PLC0415  with it httpcore

                self._watch = Watch(self.clock, aside=self.aside)
            return self._watch

    def _client(self, scheme: str, watch: Watch) -> httpx.Client:
        """One client a scheme: a TLS context costs time, so plain http has none."""
        import httpx  # noqa: PLC0415

        from tracker.fetching.dial import dial_with  # noqa: PLC0415

        with self._making:
            if scheme not in self._clients:
                client = httpx.Client(
                    verify=scheme != "http",
                    follow_redirects=False,
                    # Of more than are in use at once none is kept: each would be looked at
                    # with each request.
                    limits=httpx.Limits(max_keepalive_connections=_KEPT),
                )
                dial_with(client, watch, self._named)
                self._clients[scheme] = client
            return self._clients[scheme]


def _pieces(url: str, response: httpx.Response, raw: int, decoded: int) -> Iterator[bytes]:
    """The body, unpacked, while neither of its forms has more than so many bytes."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    return unpacked(url, response.iter_raw(PIECE), encoding, raw, decoded)


@lru_cache(256)
def _host(url: str) -> str:
    """The host as it will be dialled: lower case, ASCII, no brackets; empty without one."""
    _load_httpx()
    import httpx  # noqa: PLC0415

    try:
        return httpx.URL(url).raw_host.decode("ascii")
    except httpx.InvalidURL:
        return ""  # a request for it will say so


def _load_httpx() -> None:
    """Import httpx without its own command line.

    httpx imports that on the side, and with it click, pygments and rich wherever they are
    installed: half of its import time. A module set to None makes that import fail at once,
    which httpx expects.
    """
    with _LOADING:
        if "httpx" in sys.modules:
            return
        sys.modules["httpx._main"] = None  # type: ignore[assignment]  # documented use of None
        import httpx  # noqa: F401, PLC0415

        del sys.modules["httpx._main"]
        # Its own log shows full URLs; ours says what matters without a query or a secret.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        logging.getLogger("httpcore").setLevel(logging.WARNING)


def _conditions(known: Page | None) -> dict[str, str]:
    """Headers that let the server say that nothing has changed; none without validators."""
    pairs = (
        ("If-None-Match", known and known.etag),
        ("If-Modified-Since", known and known.last_modified),
    )
    return {name: value for name, value in pairs if value}
