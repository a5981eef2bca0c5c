"""One URL to bytes and the facts about them, by httpcore: what httpx stands on.

httpx itself has no total deadline, looks at no address, unpacks without a limit and takes a
fifth of a check without news to load, for redirects, cookies and proxies that have to be held
tighter anyway. Here `dial.py` makes the connections, `ways.py` keeps them, `unpack.py` takes
raw bytes, and what an answer is worth says `judge.py`.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import msgspec

from tracker import __version__
from tracker.errors import (
    FetchError,
    RedirectLoop,
    Refused,
    TooSlow,
    Unreachable,
    Untrusted,
)
from tracker.fetch.cookies import Cookies
from tracker.fetch.limits import Limits
from tracker.fetch.response_checks import (
    broken,
    check_end,
    check_target,
    check_type,
    facts,
    redirected,
    refusal,
)
from tracker.fetch.target import Target, target
from tracker.fetch.unpack import unpacked
from tracker.model import Page

if TYPE_CHECKING:
    import httpcore

    from tracker.fetch.dial import Watch
    from tracker.fetch.ways import Ways

log = logging.getLogger(__name__)

USER_AGENT = f"fwtracker/{__version__} (watches firewall documentation; python-httpcore)"
_HEADERS = (
    (b"User-Agent", USER_AGENT.encode()),
    (b"Accept", b"text/html, text/plain;q=0.8"),
    (b"Accept-Encoding", b"gzip"),
    (b"Connection", b"keep-alive"),
)
_OK, _NOT_MODIFIED = 200, 304
_LITTLE = 65536  # bytes of a refusal that are looked at, and
_SOON = 5.0  # the seconds that this may take
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Fetched(msgspec.Struct, frozen=True):
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
    _named: set[str] = field(default_factory=set)
    _cookies: Cookies = field(default_factory=Cookies)
    _open: tuple[Watch, Ways] | None = None
    _making: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on all hosts."""
        if self._open:
            self._open[1].close()

    def allow(self, url: str) -> None:
        """The operator named this URL: its exact host may be private, and plain http."""
        with suppress(Refused):  # a request for it will say so
            self._named.add(target(url).host)

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
        watch, ways = self._started()
        watch.ends = self.clock() + self.limits.total
        at = url
        for _ in range(self.limits.redirects + 1):
            answer = self._request(at, known, watch, ways)
            if isinstance(answer, Fetched):
                return answer
            at = redirected(at, answer)
        raise RedirectLoop(f"{url}: more than {self.limits.redirects} redirects, last to {at}")

    def _request(self, url: str, known: Page | None, watch: Watch, ways: Ways) -> Fetched | str:
        """One request: a page, or the address that it redirects to."""
        from tracker.fetch.ways import TROUBLE  # noqa: PLC0415  loaded by _started

        watch.begin(url)
        wanted, asking = target(url), _conditions(known)
        if wanted.host not in self._named:
            check_target(url, wanted.scheme, wanted.host)
        try:
            request = self._asked(url, wanted, asking)
            with closing(ways.to(wanted).handle_request(request)) as got:
                return self._answer(url, got, known if asking else None, watch)
        except TROUBLE as error:
            raise self._failure(url, error, watch) from None

    def _asked(
        self, url: str, wanted: Target, asking: list[tuple[bytes, bytes]]
    ) -> httpcore.Request:
        """The request as it goes out."""
        import httpcore  # noqa: PLC0415  only for a fetch; loaded by _started

        headers = [(b"Host", wanted.authority.encode()), *_HEADERS, *asking]
        if cookie := self._cookies.of(url):
            headers.append((b"Cookie", cookie.encode("latin-1")))
        at = httpcore.URL(
            scheme=wanted.scheme, host=wanted.host, port=wanted.port, target=wanted.path
        )
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self.limits.silence)
        return httpcore.Request("GET", at, headers=headers, extensions={"timeout": waits})

    def _failure(self, url: str, error: Exception, watch: Watch) -> FetchError:
        """The error for what httpcore could not do."""
        import httpcore  # noqa: PLC0415

        if isinstance(error, httpcore.TimeoutException):
            if self.clock() >= watch.ends:
                return TooSlow(f"{url}: not complete within {self.limits.total:.0f} seconds")
            return Unreachable(f"{url}: no answer within {self.limits.silence:.0f} seconds")
        if isinstance(error, httpcore.RemoteProtocolError):
            return broken(url, watch.received, watch.start, str(error))
        if "certificate verify failed" in str(error).lower():
            return Untrusted(f"{url}: its TLS certificate does not hold: {error}")
        return Unreachable(f"{url}: cannot be reached: {error or type(error).__name__}")

    def _answer(
        self, url: str, response: httpcore.Response, known: Page | None, watch: Watch
    ) -> Fetched | str:
        """`known` is None where the request was not made on condition."""
        status, headers = response.status, self._headers(url, response)
        if status in _REDIRECTS and "location" in headers:
            return headers["location"]
        if status == _NOT_MODIFIED and known is not None:
            for _ in response.iter_stream():  # nothing; a connection is kept once that is read
                pass
            return Fetched(facts(url, known.sha256, self.now(), headers, known), None, None)
        if status != _OK or "cf-mitigated" in headers:
            raise self._refusal(url, response, headers, watch)
        content_type = headers.get("content-type")
        check_type(url, content_type)
        body = b"".join(_pieces(url, response, headers, self.limits.raw, self.limits.decoded))
        check_end(url, body, headers)
        sha256 = hashlib.sha256(body).hexdigest()
        page = facts(url, sha256, self.now(), headers)
        return Fetched(page, body, content_type, headers.get("date"))

    def _headers(self, url: str, response: httpcore.Response) -> dict[str, str]:
        """By lower-case name; of those with one name all values. Cookies are kept.

        Latin-1, in which any byte comes and goes as it is.
        """
        found: dict[str, str] = {}
        for raw_name, raw in response.headers:
            name, value = raw_name.decode("latin-1").lower(), raw.decode("latin-1")
            if name == "set-cookie":
                self._cookies.keep(url, value)
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    def _refusal(
        self, url: str, response: httpcore.Response, headers: Mapping[str, str], watch: Watch
    ) -> FetchError:
        """What an answer that is no page means, by its status, headers and first words."""
        from tracker.fetch.ways import TROUBLE  # noqa: PLC0415
        from tracker.parse.pages.error_pages import refused  # noqa: PLC0415  only for a failure

        error = refusal(url, response.status, headers.get("retry-after"), self.now())
        watch.ends = min(watch.ends, self.clock() + _SOON)
        words = bytearray()
        with suppress(*TROUBLE, FetchError):  # as far as they come soon, and whole
            for piece in _pieces(url, response, headers, _LITTLE, _LITTLE):
                words += piece
        return refused(error, url, headers, words.decode("ascii", "replace"))

    def _started(self) -> tuple[Watch, Ways]:
        """The watch over all connections, and those; loads httpcore at the first fetch."""
        with self._making:
            if self._open is None:
                from tracker.fetch.dial import Watch  # noqa: PLC0415
                from tracker.fetch.ways import Ways  # noqa: PLC0415

                # Its own log shows full URLs; ours says what matters without a query.
                logging.getLogger("httpcore").setLevel(logging.WARNING)
                watch = Watch(self.clock, aside=self.aside)
                self._open = watch, Ways(watch, self._named)
            return self._open


def _pieces(
    url: str, response: httpcore.Response, headers: Mapping[str, str], raw: int, decoded: int
) -> Iterator[bytes]:
    """The body, unpacked, while neither of its forms has more than so many bytes."""
    encoding = headers.get("content-encoding", "identity").lower()
    return unpacked(url, response.iter_stream(), encoding, raw, decoded)


def _conditions(known: Page | None) -> list[tuple[bytes, bytes]]:
    """Headers that let the server say that nothing has changed; none without validators."""
    pairs = (
        (b"If-None-Match", known and known.etag),
        (b"If-Modified-Since", known and known.last_modified),
    )
    return [(name, value.encode("latin-1", "replace")) for name, value in pairs if value]
