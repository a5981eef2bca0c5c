"""Network backends for httpcore that keep an overall deadline and the address policy.

A timeout of httpx limits one wait: a server that sends a byte now and then could hold a
request for ever, and the system's resolver has no timeout at all. Here every wait ends with
the request.

The names of a host are looked up once, every answer is checked, and the connection goes to
the address, not the name: a second look-up could answer differently. TLS still verifies the
name. Through a proxy, the proxy looks up the page's host, and what it may reach is up to it.
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
_CHUNK = 16384  # bytes that are sent between two looks at the clock


@dataclass
class RequestDeadline(threading.local):
    """When the request under way has to end, and what has been received for it.

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
        """Count what is received from zero, for a request for `url`."""
        self.url, self.received, self.start = url, 0, b""
        self.trusted_hosts = trusted_hosts

    def remaining(self, timeout: float | None) -> float:
        """Return the seconds until `timeout` or the end. Raises ReadTimeout at the end."""
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

        The system's resolver has no timeout, so it runs in a thread. One that still waits at
        the deadline is left behind and ends with the process.
        """
        results: list[Any] = []

        def look_up() -> None:
            """Look the name up, and leave the answer or the error behind."""
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
        except (OSError, UnicodeError) as error:  # httpcore drops a cause, and keeps a context
            raise httpcore.ConnectError(str(error)) from error


class GuardedBackend(DeadlineBackend):
    """Connects to the request's trusted hosts without a check, to others only if public."""

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
    """A connection on which no wait goes past the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: RequestDeadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within what is left of the deadline. Raises ReadTimeout."""
        data = self._stream.read(max_bytes, self._deadline.remaining(timeout))
        self._deadline.record(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send in chunks: a socket's timeout starts again whenever the peer takes a little."""
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
        """Return what the connection knows of its socket or its TLS."""
        return self._stream.get_extra_info(info)
