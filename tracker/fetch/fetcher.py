"""Fetches one URL: the bytes and the metadata of the response.

httpx sends the requests, over `client.py`. Redirects are followed here, because each target has
to pass the address policy, and bodies are unpacked here, because httpx does so without a limit.
`response_checks.py` decides what a response means.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import msgspec

from tracker import __version__
from tracker.errors import FetchError, RedirectLoop, Refused, TooSlow, Unreachable, Untrusted
from tracker.fetch.response_checks import (
    check_end,
    check_type,
    page_metadata,
    protocol_error,
    status_error,
    unpack_body,
)
from tracker.fetch.urls import (
    check_untrusted,
    is_file_url,
    parse_request_url,
    read_file_url,
    redirect_target,
)
from tracker.model import Page
from tracker.times import Backoff

if TYPE_CHECKING:
    import httpx

    from tracker.fetch.network import RequestDeadline

log = logging.getLogger(__name__)

USER_AGENT = f"fwtracker/{__version__} (watches firewall documentation; python-httpx)"
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "text/html, text/plain;q=0.8, application/json;q=0.7, text/csv;q=0.7",
    "Accept-Encoding": "gzip",
}
_OK, _NOT_MODIFIED = 200, 304
_REFUSAL_BYTES = 65536  # of an error response that are read, to find its cause
_REFUSAL_SECONDS = 5.0


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one fetch: seconds and bytes. `total` is for one attempt with its redirects."""

    total: float = 60.0
    silence: float = 15.0
    raw: int = 4 * 2**20
    decoded: int = 16 * 2**20
    redirects: int = 3
    attempts: int = 3
    backoff: Backoff = Backoff(first=0.5, longest=30.0, jitter=0.25)

    def retry_delay(self, error: FetchError, attempt: int) -> float | None:
        """Return the seconds until the next attempt; None if there is none.

        If a Retry-After is beyond the longest delay, the next run tries again.
        """
        if not error.retriable or attempt >= self.attempts:
            return None
        if (error.retry_after or 0.0) > self.backoff.longest:
            return None
        return self.backoff.delay(attempt, error.retry_after)


class Fetched(msgspec.Struct, frozen=True):
    """A fetched page. `body` is None after a 304; `date` is the Date header of the server.

    `page.url` is the final URL, after redirects.
    """

    page: Page
    body: bytes | None
    content_type: str | None
    date: str | None = None

    @property
    def url(self) -> str:
        """Return the final URL of the page, after redirects."""
        return self.page.url


Explain = Callable[[FetchError, str, Mapping[str, str], str], FetchError]


def keep_error(error: FetchError, *_: object) -> FetchError:
    """Return the error unchanged: the status of the response is explanation enough."""
    return error


class _Connections:
    """The client of one or several fetchers, and the deadline of its requests."""

    def __init__(self) -> None:
        self._opened: tuple[httpx.Client, RequestDeadline] | None = None
        self._lock = threading.Lock()

    def open(
        self, clock: Callable[[], float], timeout: float
    ) -> tuple[httpx.Client, RequestDeadline]:
        """Return the client and the deadline; the first call imports httpx."""
        with self._lock:
            if self._opened is None:
                self._opened = self._build(clock, timeout)
            return self._opened

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened:
            opened[0].close()

    def _build(
        self, clock: Callable[[], float], timeout: float
    ) -> tuple[httpx.Client, RequestDeadline]:
        import httpx  # noqa: PLC0415  slow to import; commands without a fetch need none

        from tracker.fetch.client import DeadlineTransport  # noqa: PLC0415
        from tracker.fetch.network import GuardedBackend, RequestDeadline  # noqa: PLC0415

        for name in ("httpx", "httpcore"):  # they log whole URLs, with their queries
            logging.getLogger(name).setLevel(logging.WARNING)
        deadline = RequestDeadline(clock)

        def check_redirect(response: httpx.Response) -> None:
            """Check a redirect before httpx does: it would report a bad response."""
            if response.has_redirect_location:
                redirect_target(deadline.url, response.headers["location"])

        client = httpx.Client(
            transport=DeadlineTransport(deadline, GuardedBackend(deadline)),
            headers=_HEADERS,
            timeout=timeout,
            event_hooks={"response": [check_redirect]},
        )
        return client, deadline


def _advise_on_network(error: BaseException) -> str:
    """Return what to check if a host could not be connected to."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, socket.gaierror):
        seen = seen.__cause__ or seen.__context__
    if seen is None:
        return "check this machine's network and firewall, and HTTPS_PROXY if it needs a proxy"
    return (
        "the name does not resolve here: check the spelling, this machine's resolvers"
        " (/etc/resolv.conf), and HTTPS_PROXY if a proxy looks names up"
    )


@dataclass
class Fetcher:
    """Fetches pages over connections that are kept open. Threads may share one.

    Hosts have to be public and https, except those that the operator named (`allow`). `explain`
    may return a more exact error for a refusal, from its URL, headers and first text. `clock`
    and `sleep` are fields so that tests can replace them.
    """

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    explain: Explain = keep_error
    _trusted_hosts: set[str] = field(default_factory=set)
    _files: set[str] = field(default_factory=set)
    _connections: _Connections = field(default_factory=_Connections)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        self._connections.close()

    def allow(self, url: str) -> None:
        """Allow the host of a URL that the operator named to be private and to use plain http.

        For a file: URL, allow the file to be read.
        """
        if is_file_url(url):
            self._files.add(url)
            return
        with suppress(Refused):  # its request will report the error
            self._trusted_hosts.add(parse_request_url(url).raw_host.decode("ascii"))

    def with_trust(self, urls: Iterable[str]) -> Fetcher:
        """Return a fetcher that allows these URLs too, which an operator named.

        The two share their connections; this one allows no more than before.
        """
        made = replace(self, _trusted_hosts=set(self._trusted_hosts), _files=set(self._files))
        for url in urls:
            made.allow(url)
        return made

    def get(self, url: str, known: Page | None = None) -> Fetched:
        """Return the page at `url`; without a body if it is the same as `known`.

        Raises FetchError after the last attempt, or for a response that is not a page.
        """
        if url in self._files:
            return self._read_file(url)
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return self._follow_redirects(url, known)
            except FetchError as error:
                delay = self.limits.retry_delay(error, attempt)
                if delay is None:
                    raise
                log.info("attempt %d failed (%s); next in %.1f s", attempt, error, delay)
                self.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    def _read_file(self, url: str) -> Fetched:
        body, content_type = read_file_url(url, self.limits.decoded)
        page = page_metadata(url, hashlib.sha256(body).hexdigest(), self.now(), {})
        return Fetched(page, body, content_type)

    def _follow_redirects(self, url: str, known: Page | None) -> Fetched:
        _, deadline = self._open()
        deadline.ends = self.clock() + self.limits.total
        target = url
        for _ in range(self.limits.redirects + 1):
            result = self._request(target, known)
            if isinstance(result, Fetched) and _names_other_page(result, known):
                result = self._request(target, None)  # we do not know what that 304 is about
            if isinstance(result, Fetched):
                size = "not modified" if result.body is None else f"{len(result.body)} bytes"
                log.info("fetched %s: %s", target, size)
                return result
            log.info("redirected from %s to %s", target, result)
            target = result
        raise RedirectLoop(
            f"{url}: more than {self.limits.redirects} redirects, last to {target}"
        )

    def _request(self, url: str, known: Page | None) -> Fetched | str:
        """Send one request; return a page, or the URL that it redirects to."""
        import httpx  # noqa: PLC0415  slow to import; commands without a fetch need none

        client, deadline = self._open()
        deadline.begin(url, self._trusted_hosts)
        request_url, conditions = parse_request_url(url), _conditions(known)
        if request_url.raw_host.decode("ascii") not in self._trusted_hosts:
            check_untrusted(url, request_url)
        try:
            with client.stream("GET", request_url, headers=conditions) as response:
                return self._read(url, response, known if conditions else None)
        except (httpx.TransportError, OSError) as error:
            raise self._map_error(url, error, deadline) from None

    def _map_error(self, url: str, error: Exception, deadline: RequestDeadline) -> FetchError:
        """Return our error for an error of httpx."""
        import httpx  # noqa: PLC0415

        if isinstance(error, httpx.TimeoutException):
            if self.clock() >= deadline.ends:
                return TooSlow(f"{url}: not complete within {self.limits.total:.0f} seconds")
            return Unreachable(f"{url}: no answer within {self.limits.silence:.0f} seconds")
        if isinstance(error, httpx.RemoteProtocolError):
            return protocol_error(url, deadline.received, deadline.start, str(error))
        if "certificate verify failed" in str(error).lower():
            return Untrusted(f"{url}: its TLS certificate is not valid: {error}")
        reason = f"{url}: cannot be reached: {error or type(error).__name__}"
        return Unreachable(f"{reason}; {_advise_on_network(error)}")

    def _read(self, url: str, response: httpx.Response, known: Page | None) -> Fetched | str:
        """Return the page or the redirect. `known` is None after an unconditional request."""
        headers, status = response.headers, response.status_code
        headers.encoding = "latin-1"  # preserves every byte of a validator
        if response.has_redirect_location:
            return redirect_target(url, headers["location"])
        if status == _NOT_MODIFIED and known is not None:
            for _ in response.iter_raw():  # needed to reuse the connection
                pass
            return Fetched(
                page_metadata(url, known.sha256, self.now(), headers, known), None, None
            )
        if status != _OK or "cf-mitigated" in headers:
            raise self._refusal(url, response)
        content_type = headers.get("content-type")
        check_type(url, content_type)
        body = b"".join(_chunks(url, response, self.limits.raw, self.limits.decoded))
        check_end(url, body, headers)
        page = page_metadata(url, hashlib.sha256(body).hexdigest(), self.now(), headers)
        return Fetched(page, body, content_type, headers.get("date"))

    def _refusal(self, url: str, response: httpx.Response) -> FetchError:
        """Return the error for a response that is not a page."""
        import httpx  # noqa: PLC0415

        headers = response.headers
        error = status_error(url, response.status_code, headers.get("retry-after"), self.now())
        _, deadline = self._open()
        deadline.ends = min(deadline.ends, self.clock() + _REFUSAL_SECONDS)
        text = bytearray()
        with suppress(httpx.TransportError, OSError, FetchError):  # as much as arrives soon
            for chunk in _chunks(url, response, _REFUSAL_BYTES, _REFUSAL_BYTES):
                text += chunk
        return self.explain(error, url, headers, text.decode("ascii", "replace"))

    def _open(self) -> tuple[httpx.Client, RequestDeadline]:
        return self._connections.open(self.clock, self.limits.silence)


def _chunks(url: str, response: httpx.Response, raw: int, decoded: int) -> Iterator[bytes]:
    """Yield the unpacked body, while neither form exceeds its limit (in bytes)."""
    encoding = response.headers.get("content-encoding", "identity").lower()
    return unpack_body(url, response.iter_raw(), encoding, raw, decoded)


def _conditions(known: Page | None) -> list[tuple[bytes, bytes]]:
    """Return the header that requests a page only if it changed; none without a validator.

    If there is an entity tag, only that is sent: of two conditions a server may use either.
    """
    if known and known.etag:
        return [(b"If-None-Match", known.etag.encode("latin-1", "replace"))]
    if known and known.last_modified:
        return [(b"If-Modified-Since", known.last_modified.encode("latin-1", "replace"))]
    return []


def _names_other_page(answer: Fetched, known: Page | None) -> bool:
    """Return whether a 304 has the entity tag of another page than the known one.

    RFC 9110, 8.8.3.2: tags are compared without the prefix of weak ones.
    """
    if answer.body is not None or known is None or known.etag is None:
        return False
    return (answer.page.etag or "").removeprefix("W/") != known.etag.removeprefix("W/")
