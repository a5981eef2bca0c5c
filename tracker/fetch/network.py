"""Network backends for httpcore that enforce an overall deadline and the address policy.

A timeout of httpx limits a single wait: a server that sends a byte now and then could hold a
request forever, and the system resolver has no timeout at all. Here every wait ends at the
deadline of the request.

A host name is looked up once, every address is checked, and the connection goes to the
address, not the name: a second look-up could give another answer. TLS still verifies the
name. With a proxy, the proxy looks up the page's host and decides what may be reached.
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from tracker.errors import ForbiddenAddress
from tracker.fetch.addresses import ALLOW_HINT, forbidden_reason

LookUp = Callable[..., Any]  # as socket.getaddrinfo
_CHUNK = 16384  # bytes that are sent between two checks of the clock


@dataclass
class RequestDeadline(threading.local):
    """The time when the current request has to end, and what it has received so far.

    Each thread has its own, because threads share the connections of a pool. `trusted_hosts`
    need not be public for this request.
    """

    clock: Callable[[], float] = time.monotonic
    ends: float = math.inf
    url: str = ""
    received: int = 0
    start: bytes = b""
    trusted_hosts: Container[str] = frozenset()

    def begin(self, url: str, trusted_hosts: Container[str] = frozenset()) -> None:
        """Start a request for `url`: reset what was received."""
        self.url, self.received, self.start = url, 0, b""
        self.trusted_hosts = trusted_hosts

    def remaining(self, timeout: float | None) -> float:
        """Return the seconds until `timeout` or the deadline. Raises ReadTimeout after it."""
        left = self.ends - self.clock()
        if left <= 0:
            raise httpcore.ReadTimeout("out of time")
        return left if timeout is None else min(left, timeout)

    def record(self, data: bytes) -> None:
        """Count received bytes, and keep the first eight."""
        self.received += len(data)
        self.start = (self.start + data[:8])[:8]


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects to any host, until the deadline."""

    def __init__(self, deadline: RequestDeadline, look_up: LookUp | None = None) -> None:
        self.deadline, self._look_up = deadline, look_up or socket.getaddrinfo
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to the first address of the host that accepts one."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self.resolve(host, port, timeout):
            left = self.deadline.remaining(timeout)
            try:
                stream = self._sockets.connect_tcp(
                    address, port, left, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self.deadline)
        raise failure

    def resolve(self, host: str, port: int, timeout: float | None) -> list[str]:
        """Return all addresses of a host, each once. Raises ConnectError, ConnectTimeout.

        The system resolver has no timeout, so it runs in a thread. If that still waits at the
        deadline, it is abandoned and ends with the process.
        """
        results: list[Any] = []

        def look_up() -> None:
            """Look up the name, and store the answer or the error."""
            try:
                results.append(self._look_up(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:  # UnicodeError: a label is too long
                results.append(error)

        left = self.deadline.remaining(timeout)
        thread = threading.Thread(target=look_up, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no thread left
            raise httpcore.ConnectError(f"{host} cannot be looked up: {error}") from None
        thread.join(None if left == math.inf else left)
        if not results:
            raise httpcore.ConnectTimeout(f"{host} was not looked up in time")
        answers = results[0]
        if isinstance(answers, list):
            return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        try:
            raise answers
        except (OSError, UnicodeError) as error:  # httpcore drops a cause, but keeps a context
            raise httpcore.ConnectError(str(error)) from error


class GuardedBackend(DeadlineBackend):
    """Connects to the trusted hosts of the request unchecked, to others only if public."""

    def resolve(self, host: str, port: int, timeout: float | None) -> list[str]:
        """Return the addresses of a host. Raises ForbiddenAddress unless all are public."""
        addresses = super().resolve(host, port, timeout)
        if host not in self.deadline.trusted_hosts:
            for address in addresses:
                if reason := forbidden_reason(address):
                    url = self.deadline.url
                    raise ForbiddenAddress(
                        f"{url}: {host} is at {address}, which is {reason}; {ALLOW_HINT}"
                    )
        return addresses


class _DeadlineStream(httpcore.NetworkStream):
    """A connection on which no wait exceeds the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: RequestDeadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the remaining time. Raises ReadTimeout."""
        data = self._stream.read(max_bytes, self._deadline.remaining(timeout))
        self._deadline.record(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send in chunks: a socket's timeout restarts whenever the peer accepts a few bytes."""
        for start in range(0, len(buffer), _CHUNK):
            chunk = buffer[start : start + _CHUNK]
            self._stream.write(chunk, self._deadline.remaining(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the connection under TLS, with the same deadline."""
        left = self._deadline.remaining(timeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return information about the socket or TLS of the connection."""
        return self._stream.get_extra_info(info)
